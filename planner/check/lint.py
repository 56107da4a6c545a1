"""Lint of a story before a frame is rendered, and the repairs that need no judgement. Pure; no model.

What is locked is never changed: its findings stand without a repair.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations, groupby

from omni_model.spec.conditioning import Capabilities
from planner.check.continuity import axis, told
from planner.check.deeds import changes_clothes
from planner.check.finding import FieldChange, Finding, end_of, moves, once, place_of
from planner.compile.stage import cast_of
from planner.film.grammar import grammar
from planner.film.ground import ground
from planner.story.story import Scene, Shot, Staging, Story

__all__ = ["JUMP", "FieldChange", "Finding", "lint", "mend", "repair"]

#: Longest run of shots with one size and one camera move.
MAX_ALIKE = 3
#: Reading speed of a subtitle.
WORDS_A_SECOND, CHARACTERS_A_SECOND = 2.5, 15.0
#: Stage widths that two characters keep apart, and that one may jump between continuing shots.
APART, JUMP = 0.12, 0.05
#: Nearer to the edge than this a character is cut off; feet above LOFT leave no room for the body.
EDGE, LOFT = 0.06, 0.2
GROUND = 0.85
#: Slower than this (in stage widths a second) one may also stay in place.
WALKING = 0.1
#: Least and most travel that a repair gives to a character that should go somewhere.
STRIDE = (0.1, 0.35)
MAX_SECONDS = 600.0
ROUNDS = 12


def lint(story: Story, capabilities: Capabilities) -> tuple[Finding, ...]:
    """Everything that is wrong with a story for one generator, in film order."""
    locked = {shot.id for scene, shot in story.shots if shot.lock or scene.lock}
    found = [*_scenes(story), *_wardrobe(story), *_repetition(story), *told(story), *axis(story)]
    for scene, shot in story.shots:
        cast = cast_of(story, shot, capabilities.max_subjects)
        carried = _carried(story, shot)
        found += _time(scene, shot, capabilities)
        found += _subjects(story, scene, shot, capabilities)
        found += _continuity(story, scene, shot, carried)
        found += _off_stage(scene, shot, cast, carried)
        found += _overlap(scene, shot, cast, carried)
        found += _going(scene, shot, cast, capabilities)
    return tuple(_locked(f) if any(c.shot in locked for c in f.changes) else f for f in found)


def _locked(finding: Finding) -> Finding:
    return finding.model_copy(update={"changes": (), "unrepaired": "the shot is locked"})


def repair(story: Story, findings: tuple[Finding, ...]) -> Story:
    """The story with the changes of ``findings``; those that have none are left as they are."""
    drops = {f.drop for f in findings if f.drop}
    changes: dict[str, list[FieldChange]] = {}
    for change in (change for finding in findings for change in finding.changes):
        changes.setdefault(change.shot, []).append(change)
    scenes = tuple(
        scene.model_copy(update={"shots": tuple(_changed(shot, changes) for shot in scene.shots)})
        for scene in story.scenes
        if scene.id not in drops
    )
    return Story.model_validate(story.model_copy(update={"scenes": scenes}).model_dump())


def mend(story: Story, capabilities: Capabilities) -> tuple[Story, tuple[Finding, ...]]:
    """Lint and repair by turns until nothing can be repaired: the story and what is left to a person."""
    for _ in range(ROUNDS):
        findings = lint(story, capabilities)
        if not any(f.fixable for f in findings):
            return story, findings
        story = repair(story, findings)
    return story, lint(story, capabilities)


def _changed(shot: Shot, changes: Mapping[str, list[FieldChange]]) -> Shot:
    if not (mine := changes.get(shot.id)):
        return shot
    staging = tuple(s.model_copy(update={c.field: c.value for c in mine if c.entity == s.entity}) for s in shot.staging)
    return shot.model_copy(update={"staging": staging, **{c.field: c.value for c in mine if not c.entity}})


def _scenes(story: Story) -> Iterator[Finding]:
    filled = [scene for scene in story.scenes if scene.shots]
    for scene in story.scenes:
        if not scene.shots:
            drop = scene.id if filled and not scene.lock else ""
            why = "" if drop else "it is locked, or the only scene"
            place = f"scenes.{scene.id}"
            yield Finding(rule="empty-scene", place=place, message="has no shots", drop=drop, unrepaired=why)


def _wardrobe(story: Story) -> Iterator[Finding]:
    told = {shot.id: shot.description for _, shot in story.shots}
    for character in story.cast:
        for state in character.wardrobe:
            if state.from_shot is not None and not state.reason and not changes_clothes(told[state.from_shot]):
                message = f"{character.name} changes clothes at shot {state.from_shot!r} without a reason"
                place = f"cast.{character.id}.wardrobe"
                why = "only the author knows why"
                yield Finding(
                    rule="unexplained-wardrobe", place=place, message=message, severity="warning", unrepaired=why
                )


def _repetition(story: Story) -> Iterator[Finding]:
    told: dict[str, str] = {}
    for scene, shot in story.shots:
        words = " ".join(shot.description.lower().split())
        if words and words in told:
            message = f"tells the same as shot {told[words]!r}"
            place = place_of(scene, shot)
            why = "say what is new in it"
            yield Finding(rule="repeated-description", place=place, message=message, severity="warning", unrepaired=why)
        told.setdefault(words, shot.id)
    for look, run in groupby(story.shots, key=lambda pair: (pair[1].size, pair[1].camera)):
        for scene, shot in list(run)[MAX_ALIKE :: MAX_ALIKE + 1]:
            yield _monotonous(scene, shot, look[0])


def _monotonous(scene: Scene, shot: Shot, size: str) -> Finding:
    other = {"wide": "medium", "medium": "close", "close": "wide"}[size]
    changes = () if shot.continues else (FieldChange(shot=shot.id, field="size", value=other),)
    message = f"is the {MAX_ALIKE + 1}th {size} shot with one camera move in a row"
    return Finding(
        rule="monotonous-coverage",
        place=place_of(scene, shot),
        message=message,
        severity="warning",
        changes=changes,
        unrepaired="" if changes else "it goes on without a cut",
    )


def _time(scene: Scene, shot: Shot, capabilities: Capabilities) -> Iterator[Finding]:
    fps = capabilities.fps
    if abs(shot.duration * fps - round(shot.duration * fps)) > 1e-6 or round(shot.duration * fps) < 1:
        frames = max(1, round(shot.duration * fps))
        yield Finding(
            rule="whole-frames",
            place=place_of(scene, shot),
            message=f"{shot.duration:g} s is no whole number of frames at {fps:g} a second",
            changes=(FieldChange(shot=shot.id, field="duration", value=_seconds(frames, fps)),),
        )
    said = " ".join(line.text for line in shot.dialogue)
    needed = max(len(said.split()) / WORDS_A_SECOND, len(said) / CHARACTERS_A_SECOND)
    if needed > shot.duration + 1e-6:
        frames = math.ceil(needed * fps - 1e-9)
        change = FieldChange(shot=shot.id, field="duration", value=_seconds(frames, fps))
        yield Finding(
            rule="dialogue-too-long",
            place=place_of(scene, shot),
            message=f"its dialogue needs {needed:.1f} s and it lasts {shot.duration:g} s",
            changes=(change,) if needed < MAX_SECONDS - 1 else (),
            unrepaired="" if needed < MAX_SECONDS - 1 else "no shot lasts so long: part the speech",
        )


def _seconds(frames: int, fps: float) -> float:
    return min(frames, math.floor(MAX_SECONDS * fps)) / fps


def _subjects(story: Story, scene: Scene, shot: Shot, capabilities: Capabilities) -> Iterator[Finding]:
    staged = cast_of(story, shot, len(shot.staging))
    if len(staged) > capabilities.max_subjects:
        message = f"stages {len(staged)} characters; {capabilities.max_subjects} can be drawn"
        why = "name fewer, or part the shot"
        yield Finding(
            rule="too-many-subjects", place=place_of(scene, shot), message=message, severity="warning", unrepaired=why
        )


def _before(story: Story, shot: Shot) -> tuple[Scene, Shot] | None:
    at = None if shot.continues is None else story.order.get(shot.continues)
    return None if at is None else story.shots[at]


def _carried(story: Story, shot: Shot) -> dict[str, tuple[float, float]]:
    """Where each entity must start, because the shot before without a cut ended there."""
    before = _before(story, shot)
    return {s.entity: end_of(s) for s in once(before[1])} if before else {}


def _continuity(story: Story, scene: Scene, shot: Shot, carried: dict[str, tuple[float, float]]) -> Iterator[Finding]:
    before = _before(story, shot)
    if before and before[0].location != scene.location:
        cut = (("continues", None), ("transition", "cut"))
        yield Finding(
            rule="continues-elsewhere",
            place=place_of(scene, shot),
            message=f"continues {before[1].id!r} without a cut, but in another location",
            changes=tuple(FieldChange(shot=shot.id, field=field, value=value) for field, value in cut),
        )
        return
    for staging in once(shot):
        start = carried.get(staging.entity)
        if start and math.dist(start, (staging.x, staging.y)) > JUMP:
            yield _teleport(scene, shot, staging, start)


def _teleport(scene: Scene, shot: Shot, staging: Staging, start: tuple[float, float]) -> Finding:
    """The repair starts where the last shot ended and goes to where this one wanted it."""
    end = end_of(staging)
    values = {"x": start[0], "y": start[1], "to_x": end[0], "to_y": end[1]}
    was, now = (f"({x:g}, {y:g})" for x, y in (start, (staging.x, staging.y)))
    return Finding(
        rule="teleport",
        place=place_of(scene, shot),
        message=f"{staging.entity!r} ended at {was} and starts at {now}",
        changes=moves(shot, staging, values),
    )


def _off_stage(
    scene: Scene, shot: Shot, cast: tuple[Staging, ...], carried: dict[str, tuple[float, float]]
) -> Iterator[Finding]:
    for staging in cast:
        values = _on_stage(staging, free=staging.entity not in carried)
        if values:
            message = f"{staging.entity!r} cannot be seen whole where it is staged"
            changes = moves(shot, staging, values)
            yield Finding(rule="off-stage", place=place_of(scene, shot), message=message, changes=changes)


def _on_stage(staging: Staging, *, free: bool) -> dict[str, float]:
    """New values that bring a character into the picture; a start that is carried over stays."""
    values: dict[str, float] = {}
    end = end_of(staging)
    if all(not EDGE <= x <= 1 - EDGE for x in (staging.x, end[0])):
        values["x" if free and staging.to_x is None else "to_x"] = min(max(end[0], EDGE), 1 - EDGE)
    if staging.y < LOFT and free:
        values["y"] = GROUND
    if staging.to_y is not None and staging.to_y < LOFT:
        values["to_y"] = LOFT
    if staging.height > (head := max(values.get("y", staging.y), LOFT)):
        values["height"] = head
    return values


def _overlap(
    scene: Scene, shot: Shot, cast: tuple[Staging, ...], carried: dict[str, tuple[float, float]]
) -> Iterator[Finding]:
    for a, b in combinations(cast, 2):
        if abs(a.x - b.x) < APART - 1e-9 and (free := [s for s in (b, a) if s.entity not in carried]):
            yield _apart(scene, shot, cast, free[0], "x")
        elif abs(end_of(a)[0] - end_of(b)[0]) < APART - 1e-9:
            moving = [s for s in (b, a) if s.to_x is not None] or [b]
            yield _apart(scene, shot, cast, moving[0], "to_x")


def _apart(scene: Scene, shot: Shot, cast: tuple[Staging, ...], staging: Staging, field: str) -> Finding:
    """Moves one end of a path to the nearest place that nobody else takes."""
    at = staging.x if field == "x" else end_of(staging)[0]
    taken = [s.x if field == "x" else end_of(s)[0] for s in cast if s is not staging]
    places = [EDGE + i * 0.02 for i in range(round((1 - 2 * EDGE) / 0.02) + 1)]
    free = [p for p in places if all(abs(p - t) >= APART for t in taken)]
    nearest = min(free, key=lambda p: abs(p - at), default=None)
    return Finding(
        rule="overlap",
        place=place_of(scene, shot),
        message=f"{staging.entity!r} stands in somebody else's place at x {at:g}",
        changes=() if nearest is None else moves(shot, staging, {field: round(nearest, 2)}),
        unrepaired="no place is free" if nearest is None else "",
    )


def _going(scene: Scene, shot: Shot, cast: tuple[Staging, ...], capabilities: Capabilities) -> Iterator[Finding]:
    for staging in cast:
        action = ground("action", staging.action, capabilities.vocabulary).word or ""
        speed = grammar().travel.get(action, 0.0)
        if speed >= WALKING and staging.to_x is None and staging.to_y is None:
            least, most = STRIDE
            step = min(max(speed * shot.duration, least), most)
            end = staging.x + (step if staging.x <= 0.5 else -step)
            message = f"{staging.entity!r} {action} but does not go anywhere"
            changes = moves(shot, staging, {"to_x": round(end, 3)})
            yield Finding(
                rule="goes-nowhere",
                place=place_of(scene, shot),
                message=message,
                severity="warning",
                changes=changes,
            )
