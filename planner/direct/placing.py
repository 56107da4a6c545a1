"""Placing: where everybody stands in each shot of a scene and which way they go; the picture keeps its sides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from planner.direct.brief_index import BriefIndex
from planner.direct.coverage import View
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.story.draft import Figure

WIDTH, EDGE, FAR, NEAR = 0.64, 0.08, 0.4, 0.16
"""Shares of the stage: over which people stand, free at its edges, and how far one goes alone and beside others."""
HELD = 0.07
"""How far from who holds it a thing is."""
_GOING = frozenset({"arrive", "chase", "part", "meet"})
_WAY = re.compile(r"\b(?:through|along|down|up|into|towards?|out of|past)\b")
_SPOTS = (0.5, 0.32, 0.68, 0.18, 0.82, 0.42, 0.58, 0.08, 0.92)


class Placing:
    """Places the figures of shot after shot of one scene. ``forward``: 1 where those who move go to the right."""

    def __init__(self, index: BriefIndex, random: Random) -> None:
        self.index = index
        self.forward = random.choice((-1, 1))
        self._rank: dict[str, int] = {}
        self._side: dict[str, float] = {}

    def figures(self, view: View, size: str) -> tuple[Figure, ...]:
        """Everybody and everything in a shot, what is held beside who holds it."""
        people = [i for i in view.figures if i in self.index.people]
        self._ordered(view, people)
        ranked = sorted(people, key=lambda i: self._rank[i])
        placed = {i: self._person(i, ranked, view, size) for i in ranked}
        figures = [placed[i] for i in people]
        for thing in self.things(view, size):
            figures.append(self._thing(thing, view, figures))
        return tuple(figures[:16])

    def things(self, view: View, size: str) -> list[str]:
        """The things of a shot: its own and, where whole figures are seen, what they carry."""
        whole = size != "close" or view.part in ("event", "portrait")
        carried = [t.id for i in view.figures if whole and i in self.index.people
                   for t in self.index.carried(i, view.during)]  # fmt: skip
        return [i for i in dict.fromkeys((*view.figures, *carried)) if i in self.index.things]

    def _ordered(self, view: View, people: Sequence[str]) -> None:
        """Who stands left of whom, for the whole scene: who pursues comes behind, others in their order."""
        ahead = [i for i in people if i not in view.actions] if self._kind(view) == "chase" else []
        for person in sorted(people, key=lambda i: i in ahead):
            self._rank.setdefault(person, self.forward * len(self._rank))

    def _person(self, person: str, ranked: Sequence[str], view: View, size: str) -> Figure:
        at = ranked.index(person)
        gap = WIDTH / max(len(ranked), 2)
        x = 0.5 + (at - (len(ranked) - 1) / 2) * gap if len(ranked) > 1 else self._alone(person)
        action = view.actions.get(person, "")
        start, end = self._way(x, action, view, len(ranked), size)
        return Figure(entity=person, x=start, to_x=end if end != start else None, action=action[:80])

    def _alone(self, person: str) -> float:
        """Alone in the frame one keeps one's side, with room to look into."""
        others = [rank for i, rank in self._rank.items() if i != person]
        if not others:
            return 0.5 - 0.12 * self.forward
        return 0.36 if self._rank[person] < sum(others) / len(others) else 0.64

    def _way(self, x: float, action: str, view: View, count: int, size: str) -> tuple[float, float]:
        """From where to where somebody goes: in from behind, out to the front, else on."""
        kind = self._kind(view)
        on_way = kind in _GOING or (_speed(action) > 0 and bool(_WAY.search(view.happens)))
        if not (action or kind == "chase") or not on_way or view.part not in ("event", "portrait") or size == "close":
            return round(x, 3), round(x, 3)
        far = (FAR if count == 1 else NEAR) * self.forward
        start, end = (
            (x - far, x)
            if kind in ("arrive", "meet")
            else (x - far / 2, x + far / 2)
            if kind != "part"
            else (x, x + far)
        )
        return tuple(round(min(max(v, EDGE), 1 - EDGE), 3) for v in (start, end))  # type: ignore[return-value]

    def _thing(self, thing: str, view: View, figures: Sequence[Figure]) -> Figure:
        holder = next((f for f in figures if f.entity == self.index.holder(thing, view.during)), None)
        if holder:
            to_x = None if holder.to_x is None else _beside(holder.to_x, self.forward)
            return Figure(entity=thing, x=_beside(holder.x, self.forward), to_x=to_x)
        taken = [f.x for f in figures] + [f.to_x for f in figures if f.to_x is not None]
        free = sorted(_SPOTS, key=lambda x: (min((abs(x - t) for t in taken), default=1.0) < 0.13, _SPOTS.index(x)))
        return Figure(entity=thing, x=self._side.setdefault(thing, free[0]) if not taken else free[0])

    def _kind(self, view: View) -> str:
        return self.index.kinds.get(view.during, "") if view.during is not None else ""


def _beside(x: float, forward: int) -> float:
    return round(min(max(x + HELD * forward, 0.02), 0.98), 3)


def _speed(action: str) -> float:
    """Stage widths a second."""
    known = find("action", action)
    return grammar().travel.get(known[0].word, 0.0) if known else 0.0
