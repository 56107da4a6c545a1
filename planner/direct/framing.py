"""Framing: size, angle, camera and transition of each shot, as form demands them, else by coverage and mood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from planner.direct.brief_index import BriefIndex
from planner.direct.coverage import View
from planner.direct.outlining import hours
from planner.film.craft import craft
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.story.draft import Figure
from planner.story.story import Angle, ShotSize, Transition
from planner.story.treatment import SceneOutline

OWN_MOVE = 0.35
"""How often a shot takes a camera move of its mood instead of that of its event."""
TAKE = 3
"""A take without a cut that tells more events than this is written as several shots, each going on from the last."""
_PARTS: dict[str, ShotSize] = {
    "line": "close", "place": "wide", "thing": "close", "detail": "close", "reaction": "close",
    "without": "wide", "portrait": "medium", "ending": "wide",
}  # fmt: skip
_MIRROR = {"pan right": "pan left", "pan left": "pan right"}
_UNMOVED = ("static", "locked off", "fixed", "still")


def is_bare(index: BriefIndex) -> bool:
    """Whether the film shows what is told and no further view of it: one framing, or one take."""
    return bool(_same_size(index) or index.form("one take"))


def is_even(index: BriefIndex) -> bool:
    """Whether all shots last alike: one view through the hours."""
    return bool(hours(index)) and (bool(_same_size(index)) or is_still(index))


def is_still(index: BriefIndex) -> bool:
    """Whether a demand of form forbids the camera to move."""
    return any(word in index.form("camera") for word in _UNMOVED) or _asked_camera(index) == "static"


def _asked_camera(index: BriefIndex) -> str:
    """The camera that form asks for all shots; empty for none."""
    asked = index.form("camera")
    found = next((match for match in find("camera", asked) if match.fit != "near"), None) if asked else None
    return found.word if found else asked[:80]


def _same_size(index: BriefIndex) -> ShotSize | None:
    """The size of all shots, where they are framed alike."""
    asked = index.form("framing")
    if not asked or asked in ("none", "free"):
        return None
    sizes: dict[str, ShotSize] = {"wide": "wide", "medium": "medium", "close": "close"}
    return next((sizes[match.word] for match in find("size", asked)), "wide")


class Framing:
    """Frames the shots of one film."""

    def __init__(self, index: BriefIndex) -> None:
        self.index = index
        self._size = _same_size(index)
        self._still = is_still(index)
        self._asked = _asked_camera(index)
        self._kind = index.form("kind of film")

    @property
    def is_locked(self) -> bool:
        """Whether all shots of the film are framed alike."""
        return self._size is not None

    def sizes(self, views: Sequence[View], mood: str) -> list[ShotSize]:
        """The size of each shot of a scene; the same people are not seen twice in a row at one size."""
        if self._size:
            return [self._size] * len(views)
        if self.index.form("one take"):
            return ["wide" if any(len(v.figures) > 1 or v.part == "place" for v in views) else "medium"] * len(views)
        found = list[ShotSize]()
        for n, view in enumerate(views):
            size = self._usual(view, not any(v.part in ("event", "place") for v in views[:n]))
            same = n > 0 and found[-1] == size and set(views[n - 1].figures) == set(view.figures)
            if same or (view.part == "event" and found[-2:] == [size, size]):
                size = self._other(view, size, mood)
            found.append(size)
        return found

    def _usual(self, view: View, first: bool) -> ShotSize:
        """Of an event what its coverage says; of the first one in a scene wide, so that everybody is placed."""
        if view.part != "event":
            several = view.part in ("portrait", "line") and len(view.figures) > 1
            return "wide" if several and len(view.figures) > 2 else "medium" if several else _PARTS[view.part]
        kind = self._kind_of(view)
        size = grammar().coverage[kind][0].size if kind in grammar().coverage else "wide"
        people = sum(i in self.index.people for i in view.figures)
        return (
            "wide"
            if first and (size != "close" or people > 1)
            else "medium"
            if people > 1 and size == "close"
            else size
        )

    def _other(self, view: View, size: ShotSize, mood: str) -> ShotSize:
        known = grammar().moods.get(mood)
        wanted = [s for s in (known.sizes if known else ()) if s != size]
        nearer: dict[ShotSize, ShotSize] = {"wide": "medium", "medium": "close", "close": "medium"}
        return wanted[0] if wanted and view.part == "event" else nearer[size]

    def camera(self, view: View, figures: Sequence[Figure], mood: str, random: Random) -> str:
        """As form asks; else the move of the event or, now and then, that of the mood; it goes with those who move."""
        own, choice = random.random() < OWN_MOVE, random.random()
        if self._still:
            return "static"
        if self._asked:
            return self._asked
        known = grammar().moods.get(mood)
        if own and known and view.part in ("event", "place", "reaction"):
            return known.cameras[int(choice * len(known.cameras))]
        if view.part == "place":
            return ("static", "pan right", "pan left")[int(choice * 3)]
        if view.part in ("reaction", "ending", "portrait", "without"):
            slow = {"without": "pull out", "ending": "pull out"}.get(view.part, "push in")
            return slow if choice < 0.4 else "static"
        if view.part != "event":
            return "static"
        move = (
            grammar().coverage[self._kind_of(view)][0].camera if self._kind_of(view) in grammar().coverage else "static"
        )
        way = next(((f.to_x > f.x) for f in figures if f.to_x is not None), None)
        if way is None:
            return "static" if move in _MIRROR else move
        return (
            "pan right"
            if way and choice < 0.6
            else "pan left"
            if choice < 0.6
            else move
            if move not in _MIRROR
            else "static"
        )

    def angle(self, size: ShotSize, camera: str, mood: str) -> Angle:
        """The angle of the mood, for near shots by an unmoved camera."""
        asked = self.index.form("camera")
        if any(words in asked for words in ("from above", "overhead", "high angle", "bird")):
            return "high"
        if any(words in asked for words in ("from below", "low angle", "worm")):
            return "low"
        known = grammar().angles.get(mood)
        free = known and camera == "static" and size != "wide" and not self._size
        return known.angle if known and free else "eye"

    def entered(self, before: SceneOutline | None, now: SceneOutline) -> str:
        """How a scene follows the one before; 'first' for the first."""
        if before is None:
            return "first"
        if self.index.form("one take"):
            return "continue"
        kinds = craft()
        if before.act != now.act or any(kind in self._kind for kind in kinds.fading):
            return "fade"
        if self._looks_back(before) != self._looks_back(now) or any(kind in self._kind for kind in kinds.dissolving):
            return "dissolve"
        return "dissolve" if before.time != now.time and before.time and now.time else "cut"

    def _looks_back(self, scene: SceneOutline) -> bool:
        events = self.index.events
        return any(events[n].earlier for n in scene.events if n in events)

    def follows(self, at: int, entered: str) -> Transition:
        """How a shot follows the one before it, in a scene that is entered in some way."""
        if at == 0:
            ways: dict[str, Transition] = {"continue": "continue", "fade": "fade", "dissolve": "dissolve"}
            return ways.get(entered, "cut")
        return "continue" if self.index.form("one take") else "cut"

    def caption(self, first: bool, last: bool) -> str:
        """Letters that form asks for, on the first shot or, where its words speak of the end, on the last."""
        for form in self.index.brief.form:
            if form.rule != "text" or form.value.lower() in ("none", "no", ""):
                continue
            ends = bool(re.search(r"\b(?:end|ends|last|close|closing|final)\b|마지막|끝", form.words.lower()))
            if last if ends else first:
                return form.value
        return ""

    def _kind_of(self, view: View) -> str:
        return self.index.kinds.get(view.during, "") if view.during is not None else ""
