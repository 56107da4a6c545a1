"""Continuity that a viewer would miss: what the shots tell against each other, and a broken axis of action."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from planner.check.deeds import world_words
from planner.check.finding import Finding, end_of, moves, once, place_of
from planner.check.ledger import contradictions
from planner.story.story import Scene, Shot, Staging, Story

#: Stage widths that count as standing on another side.
APART = 0.12


def told(story: Story) -> Iterator[Finding]:
    """What the shots tell against each other, and what they tell of no story at all."""
    places = {shot.id: place_of(scene, shot) for scene, shot in story.shots}
    why = "it is told so: only its author can say which of the two holds"
    for clash in contradictions(story):
        yield Finding(
            rule=clash.rule, place=places[clash.shot], message=clash.message, severity="warning", unrepaired=why
        )
    for scene, shot in story.shots:
        if phrase := next((m for p in world_words()["generic"] if (m := re.search(p, shot.description, re.I))), None):
            yield Finding(
                rule="generic-phrase",
                place=place_of(scene, shot),
                message=f"{phrase.group().strip()!r} could stand in any story",
                severity="warning",
                unrepaired="say who does what",
            )


def axis(story: Story) -> Iterator[Finding]:
    """Two who are seen together in one scene keep their sides, unless they change them before our eyes."""
    cast = {c.id: c.name for c in story.cast}
    for scene in story.scenes:
        sides: dict[tuple[str, str], bool] = {}
        for shot in scene.shots:
            seen = sorted((s for s in once(shot) if s.entity in cast), key=lambda s: s.entity)
            crossed = [(a, b) for a, b in combinations(seen, 2) if _has_crossed(a, b, sides) and not shot.continues]
            if crossed:
                names = " and ".join(cast[s.entity] for s in crossed[0])
                yield _crossed(scene, shot, f"{names} have changed sides since the last shot", fixable=len(seen) == 2)
            for a, b in combinations(seen, 2):
                sides[a.entity, b.entity] = (end_of(a)[0] < end_of(b)[0]) != (bool(crossed) and len(seen) == 2)


def _has_crossed(a: Staging, b: Staging, sides: dict[tuple[str, str], bool]) -> bool:
    left = sides.get((a.entity, b.entity))
    return left is not None and left != (a.x < b.x) and abs(a.x - b.x) >= APART


def _crossed(scene: Scene, shot: Shot, message: str, *, fixable: bool) -> Finding:
    """The repair mirrors a shot of two, so that the camera is back on its side of the line."""
    mirrored = [
        change
        for s in once(shot)
        for change in moves(
            shot, s, {"x": round(1 - s.x, 3)} | ({} if s.to_x is None else {"to_x": round(1 - s.to_x, 3)})
        )
    ]
    return Finding(
        rule="broken-axis",
        place=place_of(scene, shot),
        message=message,
        severity="error" if fixable else "warning",
        changes=tuple(mirrored) if fixable else (),
        unrepaired="" if fixable else "with three in the shot any side is wrong for somebody",
    )
