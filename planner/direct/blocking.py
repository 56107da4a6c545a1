"""Blocking: where everybody stands and goes, from shot to shot, so that the picture keeps its sides.

Positions are stage coordinates. Within a scene everybody starts where the last shot left them.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from planner.film.grammar import grammar
from planner.film.ground import find
from planner.story.story import Character, Prop, Staging

GROUND = 0.86
#: Height of a body as a share of the stage; a person's where nothing is said.
HEIGHT = {"mouse": 0.34, "frog": 0.35, "rabbit": 0.36, "cat": 0.36, "owl": 0.37, "penguin": 0.38, "dog": 0.39,
          "fox": 0.40, "ghost": 0.42, "robot": 0.44, "person": 0.45, "bear": 0.49}  # fmt: skip
PROP_HEIGHT, PROP_GROUND = 0.17, 0.9
#: Farthest that one goes in a shot, alone and beside others, and least that counts as going.
FAR, NEAR, STEP = 0.36, 0.14, 0.1
EDGE = 0.1
#: How a kind of body walks.
GAIT = {"ghost": "floats"}


class Blocking:
    """Stages shot after shot; ``random`` decides the side from which the film is seen."""

    def __init__(self, cast: Sequence[Character], props: Sequence[Prop], random: Random) -> None:
        self._species = {c.id: _species(c) for c in cast}
        self._props = {p.id for p in props}
        self._side = random.choice((-1, 1))
        self._depth = {c.id: round(GROUND + random.uniform(-0.03, 0.03), 3) for c in cast}
        self._at: dict[str, float] = {}
        self._rank: dict[str, float] = {}
        """Who stands left of whom, for the whole scene."""

    def new_scene(self) -> None:
        """Everybody may enter anew."""
        self._at.clear()
        self._rank.clear()

    def stage(self, who: Sequence[str], actions: dict[str, str], kind: str, seconds: float) -> tuple[Staging, ...]:
        """Characters in one shot, the most important first; ``kind`` is the event's."""
        slots = self._slots(who)
        return tuple(self._one(i, actions[i], kind, slots, seconds, len(who)) for i in who)

    def put(self, prop: str, motion: str, staged: Sequence[Staging]) -> Staging:
        """A prop beside those who are staged; it stays where the scene once had it."""
        taken = [v for s in staged for v in (s.x, s.x if s.to_x is None else s.to_x)]
        taken += [x for i, x in self._at.items() if i in self._props and i != prop]
        free = [0.5, 0.35, 0.65, 0.2, 0.8, 0.92, 0.08]
        gap = {x: min((abs(x - t) for t in taken), default=1.0) for x in free}
        x = self._at.get(prop) or next((x for x in free if gap[x] >= 0.14), max(free, key=lambda x: gap[x]))
        self._at[prop] = x
        return Staging(entity=prop, x=x, y=PROP_GROUND, height=PROP_HEIGHT, action=motion)

    def walk(self, entity: str, action: str) -> str:
        """The action as this body does it: a ghost does not walk."""
        return GAIT.get(self._species.get(entity, ""), action) if action == "walks" else action

    def _slots(self, who: Sequence[str]) -> dict[str, float]:
        """Places side by side; who stood left of somebody stays left."""
        for turn, i in enumerate(who):
            self._rank.setdefault(i, self._at.get(i, 0.5 + self._side * (0.2 * bool(self._rank) + 0.01 * turn)))
        if len(who) == 1:
            return {who[0]: self._at.get(who[0], 0.5 - 0.16 * self._side)}
        ranked = sorted(who, key=lambda i: self._rank[i])
        gap = 0.62 / len(who)
        return {i: 0.5 + (n - (len(who) - 1) / 2) * gap for n, i in enumerate(ranked)}

    def _one(self, entity: str, action: str, kind: str, slots: dict[str, float], seconds: float, count: int) -> Staging:
        x = slots[entity]
        speed = speed_of(action)
        far = min(max(speed * seconds, STEP), FAR if count == 1 else NEAR) if speed else 0
        start, end = x, x
        if far and kind in ("arrive", "meet"):
            outward = self._outward(x, count)
            start = x + far * outward
        elif far and kind == "part":
            end = x + far * self._outward(x, count)
        elif far:
            ahead = self._ahead(slots, far)
            end = x + far * ahead
        start, end = (round(min(max(v, EDGE), 1 - EDGE), 3) for v in (start, end))
        self._at[entity] = end
        return Staging(
            entity=entity,
            x=start,
            y=self._depth[entity],
            height=HEIGHT.get(self._species[entity], HEIGHT["person"]),
            to_x=end if end != start else None,
            action=action,
        )

    def _outward(self, x: float, count: int) -> int:
        return self._side if count == 1 and abs(x - 0.5) < 0.2 else (1 if x >= 0.5 else -1)

    def _ahead(self, slots: dict[str, float], far: float) -> int:
        """One direction for all, so that nobody runs into another; back when there is no room."""
        left, right = min(slots.values()), max(slots.values())
        if self._side > 0:
            return 1 if right + far <= 1 - EDGE else -1
        return -1 if left - far >= EDGE else 1


def _species(character: Character) -> str:
    return next((m.word for m in reversed(find("species", character.kind))), "person")


def motion(text: str) -> str:
    """How a prop moves in an event, in the author's word; it rests where nothing is said."""
    moving = [m for m in find("prop_motion", text) if m.word != "rests"]
    return moving[0].text if moving else "rests"


def is_wearable(prop: Prop) -> bool:
    """Whether a prop can become wardrobe."""
    return bool(find("wardrobe", prop.kind))


def speed_of(action: str) -> float:
    """Stage widths a second."""
    known = find("action", action)
    return grammar().travel.get(known[0].word, 0.0) if known else 0.0


def goes(action: str) -> bool:
    """Whether who does this gets anywhere."""
    return speed_of(action) > 0


def draws(action: str) -> bool:
    """Whether an author's verb names a picture of its own, so that no other need stand for it."""
    return any(m.fit != "near" for m in find("action", action))
