"""Drafting: the shots of one scene, written down: figures, prose, sound, and the demands that each one serves."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from planner.direct.coverage import View
from planner.direct.draft import Figure, ShotDraft
from planner.direct.english_phrases import clipped
from planner.direct.framing import Framing
from planner.direct.material import Material
from planner.direct.outlining import Stretch, mood_word
from planner.direct.placing import Placing
from planner.direct.wording import Where, Wording
from planner.story.brief import Number


class Shooting:
    """Writes the shots of one scene."""

    def __init__(
        self, material: Material, wording: Wording, framing: Framing, stretch: Stretch, random: Random
    ) -> None:
        self.material, self.wording, self.framing, self.stretch, self.random = (
            material,
            wording,
            framing,
            stretch,
            random,
        )
        self.placing = Placing(material, random)
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
        people = [f.entity for f in figures if f.entity in self.material.people]
        alone = [
            f.entity for f in figures if f.entity in self.material.things and not self._held(f.entity, people, view)
        ]
        shown = [] if part == "thing" else [*people, *alone]
        part = "wide" if part == "place" and shown else part if shown else "thing" if view.what else "place"
        stretch = self.stretch
        during = view.during or (stretch.events[0] if stretch.events else None)
        turn = self._turn(part, shown, view.what)
        where = Where(stretch.place, stretch.time, stretch.weather, stretch.mood, during, self._first, turn)
        trace = view.part == "place" and bool(self.material.hidden) and self.material.place(stretch.place) is None
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
        return self.material.holder(thing, view.during) in people

    def _sound(self, view: View) -> str:
        """The sounds that the brief asks for, and none that nobody named."""
        return "; ".join(setting.value for setting in self.material.holds("sound", view.during))

    def _serves(self, view: View, size: str, figures: Sequence[Figure]) -> tuple[Number, ...]:
        """The demands that are seen or heard in a shot."""
        material, found = self.material, {*view.events, *view.others}
        found |= {(material.people.get(f.entity) or material.things[f.entity]).number for f in figures}
        place = material.place(self.stretch.place)
        if place and (size != "close" or view.part == "place" or view.key[:2] == ("detail", place.id)):
            found.add(place.number)
        held = [s for s in material.brief.settings if s not in material.periods]
        found |= {s.number for s in held if not s.events or {*s.events} & {*view.events}}
        found |= {s.number for s in material.periods if s.value == self.stretch.time}
        ending = material.brief.ending
        if ending and ending.event in view.events:
            found.add(ending.number)
        return tuple(sorted(found))[:64]
