"""Drafting: the shots of one scene, written down: figures, prose, sound, and the demands that each one serves."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from planner.direct.brief_index import BriefIndex
from planner.direct.coverage import View
from planner.direct.english_phrases import clipped
from planner.direct.framing import Framing
from planner.direct.outlining import SceneSpan, mood_word
from planner.direct.placing import Placing
from planner.direct.wording import Where, Wording
from planner.story.brief import Number
from planner.story.draft import Figure, ShotDraft


class Shooting:
    """Writes the shots of one scene."""

    def __init__(
        self, index: BriefIndex, wording: Wording, framing: Framing, stretch: SceneSpan, random: Random
    ) -> None:
        self.index, self.wording, self.framing = index, wording, framing
        self.stretch, self.random = stretch, random
        self.placing = Placing(index, random)
        self._first = random.randrange(3)
        self._seen: dict[tuple[str, ...], int] = {}

    def shots(self, views: Sequence[View], lasts: Sequence[float], entered: str, final: bool) -> list[ShotDraft]:
        """One shot a view. ``entered``: how the first one begins."""
        found = list[ShotDraft]()
        sizes = self.framing.sizes(views, mood_word(self.stretch.mood))
        for n, (view, seconds, size) in enumerate(zip(views, lasts, sizes, strict=True)):
            figures = self.placing.figures(view, size)
            camera = self.framing.camera(view, figures, mood_word(self.stretch.mood), self.random)
            found.append(
                ShotDraft(
                    seconds=seconds,
                    happens=clipped(view.happens, 200),
                    size=size,
                    angle=self.framing.angle(size, camera, mood_word(self.stretch.mood)),
                    camera=camera,
                    picture=self._picture(view, size, figures),
                    figures=figures,
                    speech=tuple(line.number for line in view.lines)[:8],
                    sound=self._sound(view),
                    caption=self.framing.caption(not n and entered == "first", final and n == len(views) - 1),
                    transition=self.framing.follows(n, entered),
                    serves=self._serves(view, size, figures),
                )
            )
        return found

    def _picture(self, view: View, size: str, figures: Sequence[Figure]) -> str:
        """Prose of the frame, told apart from those before it in the scene."""
        part = size if view.part in ("event", "line", "reaction", "portrait", "ending") else view.part
        part = "place" if part == "without" else part
        part = size if self.framing.is_locked else part
        people = [f.entity for f in figures if f.entity in self.index.people]
        alone = [f.entity for f in figures if f.entity in self.index.things and not self._held(f.entity, people, view)]
        shown = [] if part == "thing" else [*people, *alone]
        part = "wide" if part == "place" and shown else part if shown else "thing" if view.what else "place"
        stretch = self.stretch
        during = view.during or (stretch.events[0] if stretch.events else None)
        turn = self._turn(part, shown, view.what)
        where = Where(stretch.place, stretch.time, stretch.weather, stretch.mood, during, self._first, turn)
        trace = view.part == "place" and bool(self.index.hidden) and self.index.place(stretch.place) is None
        told = view.part in ("event", "line", "reaction", "ending") or trace
        happens = self._unspoken(view) if told else ""
        return self.wording.picture(happens, part, shown, view.what, where)

    def _turn(self, part: str, shown: Sequence[str], what: str) -> int:
        """How often the scene has shown the same, or any detail, before; one locked frame is not composed anew."""
        if self.framing.is_locked:
            return 0
        key = (part,) if what else (part, *shown)
        self._seen[key] = self._seen.get(key, -1) + 1
        return self._seen[key]

    def _unspoken(self, view: View) -> str:
        """What happens, without the words of a line, which are heard and not seen."""
        if view.part != "line" or not view.lines:
            return view.happens
        return self.wording.speaks(view.lines[0].speaker, [i for i in view.figures if i != view.lines[0].speaker])

    def _held(self, thing: str, people: Sequence[str], view: View) -> bool:
        return self.index.holder(thing, view.during) in people

    def _sound(self, view: View) -> str:
        """The sounds that the brief asks for, and none that nobody named."""
        return "; ".join(setting.value for setting in self.index.holds("sound", view.during))

    def _serves(self, view: View, size: str, figures: Sequence[Figure]) -> tuple[Number, ...]:
        """The demands that are seen or heard in a shot."""
        index, found = self.index, {*view.events, *view.others}
        found |= {(index.people.get(f.entity) or index.things[f.entity]).number for f in figures}
        place = index.place(self.stretch.place)
        if place and (size != "close" or view.part == "place" or view.key[:2] == ("detail", place.id)):
            found.add(place.number)
        held = [s for s in index.brief.settings if s not in index.periods]
        found |= {s.number for s in held if not s.events or {*s.events} & {*view.events}}
        found |= {s.number for s in index.periods if s.value == self.stretch.time}
        ending = index.brief.ending
        if ending and ending.event in view.events:
            found.add(ending.number)
        return tuple(sorted(found))[:64]
