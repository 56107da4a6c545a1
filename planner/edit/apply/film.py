"""Changes of a story's shots and scenes by shot id. Pure functions; what they do not name stays as it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

from planner.story.story import Character, Scene, Shot, Story, WardrobeState

Ids = Collection[str]
#: Shortest shot in seconds that a change of pace or length leaves.
SHORTEST = 0.75
LONGEST = 600.0


def on_shots(story: Story, ids: Ids, change: Callable[[Scene, Shot], Mapping[str, Any]]) -> Story:
    """The story with the fields that ``change`` gives for each of the shots."""
    scenes = tuple(
        scene.model_copy(
            update={
                "shots": tuple(s.model_copy(update=dict(change(scene, s))) if s.id in ids else s for s in scene.shots)
            }
        )
        for scene in story.scenes
    )
    return story.model_copy(update={"scenes": scenes})


def on_scenes(story: Story, ids: Ids, change: Callable[[Scene], Mapping[str, Any]]) -> Story:
    """The story with new fields for the scenes of the shots; a scene that only partly takes part is parted."""
    scenes: list[Scene] = []
    taken = {scene.id for scene in story.scenes}
    for scene in story.scenes:
        runs = [(inside, tuple(run)) for inside, run in groupby(scene.shots, key=lambda s: s.id in ids)]
        for number, (inside, shots) in enumerate(runs):
            identity = scene.id if number == 0 else free(scene.id, taken)
            taken.add(identity)
            part = scene.model_copy(update={"id": identity, "shots": shots})
            scenes.append(part.model_copy(update=dict(change(part))) if inside else part)
        if not runs:
            scenes.append(scene)
    return story.model_copy(update={"scenes": tuple(scenes)})


def free(base: str, taken: Ids) -> str:
    """An id that nothing has yet: 'scene-2', 'scene-2-b', 'scene-2-c'."""
    letters = [*"bcdefghijklmnopqrstuvwxyz", *(f"n{i}" for i in range(1, 1000))]
    return next(i for i in (base, *(f"{base[:58]}-{letter}" for letter in letters)) if i not in taken)


def without(story: Story, ids: Ids) -> Story:
    """The story without some shots; scenes without any go, and clothes are changed at the next shot that is left."""
    scenes = tuple(
        scene.model_copy(update={"shots": tuple(s for s in scene.shots if s.id not in ids)}) for scene in story.scenes
    )
    left = story.model_copy(update={"scenes": tuple(s for s in scenes if s.shots)})
    kept = {shot.id for _, shot in left.shots}
    left = on_shots(left, kept, lambda _, s: _cut_loose(s) if s.continues and s.continues not in kept else {})
    return dress(left, {c.id: {k: v for k, v in worn(story, c).items() if k in kept} for c in story.cast})


def insert(story: Story, shot: Shot, after: str | None, scene: Scene | None = None) -> Story:
    """The story with a new shot behind another (None: before all), in a ``scene`` of its own or in that one's."""
    clothes = {c.id: worn(story, c) for c in story.cast}
    anchor = after or story.shots[0][1].id
    scenes: list[Scene] = []
    for old in story.scenes:
        at = next((i for i, s in enumerate(old.shots) if s.id == anchor), None)
        if at is None:
            scenes.append(old)
            continue
        cut = at + 1 if after else 0
        ahead, behind = old.shots[:cut], old.shots[cut:]
        if scene is None:
            scenes.append(old.model_copy(update={"shots": (*ahead, shot, *behind)}))
            continue
        parts = [old.model_copy(update={"shots": ahead})] if ahead else []
        parts.append(scene.model_copy(update={"shots": (shot,)}))
        rest = old.id if not ahead else free(old.id, {s.id for s in story.scenes})
        parts += [old.model_copy(update={"id": rest, "shots": behind})] if behind else []
        scenes += parts
    grown = story.model_copy(update={"scenes": tuple(scenes)})
    order = [s.id for _, s in grown.shots]
    before = order[order.index(shot.id) - 1] if after else order[1]
    return dress(grown, {i: {**states, shot.id: states.get(before, ())} for i, states in clothes.items()})


def reordered(story: Story, order: Sequence[str]) -> Story:
    """The shots in a new order, each in the place and light it had; what continued another shot is cut loose."""
    clothes = {c.id: worn(story, c) for c in story.cast}
    home = {shot.id: (scene, shot) for scene, shot in story.shots}
    scenes: list[Scene] = []
    for scene, run in groupby((home[i] for i in order), key=lambda pair: pair[0]):
        taken = {s.id for s in scenes}
        shots = tuple(shot for _, shot in run)
        scenes.append(scene.model_copy(update={"id": free(scene.id, taken), "shots": shots}))
    moved = story.model_copy(update={"scenes": tuple(scenes)})
    seen: set[str] = set()
    late = []
    for shot_id in order:
        shot = home[shot_id][1]
        late += [shot_id] if shot.continues and shot.continues not in seen else []
        seen.add(shot_id)
    return dress(on_shots(moved, late, lambda _, s: _cut_loose(s)), clothes)


def _cut_loose(shot: Shot) -> dict[str, Any]:
    return {"continues": None, "transition": "cut" if shot.transition == "continue" else shot.transition}


Worn = Mapping[str, tuple[Any, ...]]
"""Shot id -> the garments worn in it."""


def worn(story: Story, character: Character) -> dict[str, tuple[Any, ...]]:
    """What a character wears in every shot of the film."""
    begins = {state.from_shot: state.garments for state in character.wardrobe}
    now: tuple[Any, ...] = begins.get(None, ())
    clothes = {}
    for _, shot in story.shots:
        now = begins.get(shot.id, now)
        clothes[shot.id] = now
    return clothes


def dress(story: Story, clothes: Mapping[str, Worn], reason: str = "") -> Story:
    """The story with its characters dressed as told by shot; a state begins where the clothes change."""
    cast = tuple(_dressed(story, c, clothes[c.id], reason) if c.id in clothes else c for c in story.cast)
    return story.model_copy(update={"cast": cast})


def _dressed(story: Story, character: Character, clothes: Worn, reason: str) -> Character:
    known = {(state.from_shot, state.garments): state.reason for state in character.wardrobe}
    reasons = {state.garments: state.reason for state in character.wardrobe if state.reason}
    states: list[WardrobeState] = []
    for number, (_, shot) in enumerate(story.shots):
        garments = clothes.get(shot.id, states[-1].garments if states else ())
        if (states and states[-1].garments == garments) or (not states and not garments):
            continue
        start = None if number == 0 else shot.id
        why = known.get((start, garments)) or reasons.get(garments) or reason or "asked for"
        states.append(WardrobeState(garments=garments, from_shot=start, reason="" if start is None else why[:80]))
    if not states and character.wardrobe and not any(clothes.values()):
        return character.model_copy(update={"wardrobe": ()})
    if _same(states, character):
        return character
    return character.model_copy(update={"wardrobe": tuple(states)})


def _same(states: Sequence[Any], character: Character) -> bool:
    return [(s.from_shot, s.garments) for s in states] == [(s.from_shot, s.garments) for s in character.wardrobe]


def lasting(story: Story, ids: Ids, seconds: float, fps: float) -> Story:
    """The shots made to last ``seconds`` together, to the frame, each in proportion."""
    lengths = {shot.id: shot.duration for _, shot in story.shots if shot.id in ids}
    total = max(len(lengths), round(seconds * fps))
    exact = {i: d / sum(lengths.values()) * total for i, d in lengths.items()}
    frames = {i: max(1, math.floor(x)) for i, x in exact.items()}
    order = sorted(exact, key=lambda i: math.floor(exact[i]) - exact[i])
    spare = total - sum(frames.values())
    for i in [*order * (1 + abs(spare) // len(order))][: max(spare, 0)]:
        frames[i] += 1
    for i in [i for i in sorted(frames, key=lambda i: -frames[i]) if frames[i] > 1][: max(-spare, 0)]:
        frames[i] -= 1
    return on_shots(story, ids, lambda _, s: {"duration": min(frames[s.id] / fps, LONGEST)})


def paced(story: Story, ids: Ids, factor: float, fps: float) -> Story:
    """Each of the shots ``factor`` times as long, in whole frames, but not shorter than SHORTEST."""

    def change(_: Scene, shot: Shot) -> dict[str, Any]:
        wanted = max(shot.duration * factor, min(SHORTEST, shot.duration))
        return {"duration": min(max(1, round(wanted * fps)) / fps, LONGEST)}

    return on_shots(story, ids, change)
