"""Locked parts: scenes and shots that stay as they are when the rest of a story is planned again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from omni_model.spec.conditioning import Capabilities
from planner.story.story import Character, Location, Prop, Scene, Shot, Story

Entity = TypeVar("Entity", bound=Character | Prop | Location)


def keep_locked(story: Story, old: Story, capabilities: Capabilities) -> Story:
    """The new story with the locked scenes and shots of the old one, each in its place and unchanged.

    Who and what they show is kept as well. The other shots make room, so that the film stays as long as it was
    planned, as far as each of them keeps a frame.
    """
    if not any(shot.lock or scene.lock for scene, shot in old.shots):
        return story
    scenes = [_merged(scene, old) for scene in story.scenes]
    for at, scene in enumerate(old.scenes):
        held = scene if scene.lock else scene.model_copy(update={"shots": tuple(s for s in scene.shots if s.lock)})
        if held.shots and all(scene.id != new.id for new in scenes):
            scenes.insert(min(at, len(scenes)), held)
    joined = story.model_copy(
        update={
            "cast": _with(story.cast, old.cast, _shown(old)),
            "props": _with(story.props, old.props, _shown(old)),
            "locations": _with(story.locations, old.locations, {s.location for s in old.scenes if _is_held(s)}),
            "scenes": tuple(_renamed(scenes)),
        }
    )
    return Story.model_validate(fitted(_undressed(joined), story.duration, capabilities).model_dump())


def _is_held(scene: Scene) -> bool:
    return scene.lock or any(shot.lock for shot in scene.shots)


def _merged(scene: Scene, old: Story) -> Scene:
    """A new scene with what is locked in the old one of its id; a place where something is locked stays as it was."""
    before = next((s for s in old.scenes if s.id == scene.id and _is_held(s)), None)
    if before is None:
        return scene
    if before.lock:
        return before
    locked = {i: shot for i, shot in enumerate(before.shots) if shot.lock}
    ids = {shot.id for shot in locked.values()}
    shots = [shot for shot in scene.shots if shot.id not in ids]
    for at, shot in sorted(locked.items()):
        shots.insert(min(at, len(shots)), shot)
    light = {"location": before.location, "time": before.time, "weather": before.weather, "mood": before.mood}
    return scene.model_copy(update={"shots": tuple(shots), **light})


def _shown(old: Story) -> set[str]:
    """Everybody and everything in a locked shot."""
    held = [shot for scene, shot in old.shots if shot.lock or scene.lock]
    return {s.entity for shot in held for s in shot.staging} | {line.speaker for shot in held for line in shot.dialogue}


def _with(new: Sequence[Entity], old: Sequence[Entity], held: set[str]) -> tuple[Entity, ...]:
    """The new entities; those of locked parts as they were."""
    kept = {e.id: e for e in old if e.id in held}
    known = {e.id for e in new}
    return (*[kept.get(e.id, e) for e in new], *[e for i, e in kept.items() if i not in known])


def _renamed(scenes: Sequence[Scene]) -> list[Scene]:
    """The scenes with every shot's id unique: a new shot gives way to a locked one."""
    locked = {shot.id for scene in scenes for shot in scene.shots if shot.lock or scene.lock}
    taken, names = set(locked), dict[str, str]()
    for shot in (shot for scene in scenes for shot in scene.shots if not (shot.lock or scene.lock)):
        name = next(i for i in (shot.id, *(f"{shot.id}-{n}" for n in range(2, 1000))) if i not in taken)
        names[shot.id] = name
        taken.add(name)
    return [
        scene if scene.lock else scene.model_copy(update={"shots": tuple(_as(shot, names) for shot in scene.shots)})
        for scene in scenes
    ]


def _as(shot: Shot, names: dict[str, str]) -> Shot:
    return (
        shot
        if shot.lock
        else shot.model_copy(update={"id": names[shot.id], "continues": names.get(shot.continues or "")})
    )


def _undressed(story: Story) -> Story:
    """Without changes of clothes at shots that are gone, and without takes that go on from a shot that is gone."""
    order = [shot.id for _, shot in story.shots]
    cast = tuple(
        c.model_copy(update={"wardrobe": tuple(w for w in c.wardrobe if w.from_shot is None or w.from_shot in order)})
        for c in story.cast
    )
    seen: set[str] = set()
    scenes = []
    for scene in story.scenes:
        shots = []
        for shot in scene.shots:
            loose = shot.continues is not None and shot.continues not in seen
            shots.append(shot.model_copy(update={"continues": None, "transition": "cut"}) if loose else shot)
            seen.add(shot.id)
        scenes.append(scene.model_copy(update={"shots": tuple(shots)}))
    return story.model_copy(update={"cast": cast, "scenes": tuple(scenes)})


def fitted(story: Story, seconds: float, capabilities: Capabilities) -> Story:
    """The shots that are not locked, shortened or lengthened by turns until the film lasts ``seconds``."""
    frames = {shot.id: round(shot.duration * capabilities.fps) for _, shot in story.shots}
    free = [shot.id for scene, shot in story.shots if not (shot.lock or scene.lock)]
    over = sum(frames.values()) - round(seconds * capabilities.fps)
    while over and (able := [i for i in free if over < 0 or frames[i] > 1]):
        for i in able[: abs(over)]:
            frames[i] -= 1 if over > 0 else -1
        over -= len(able[: abs(over)]) * (1 if over > 0 else -1)
    scenes = tuple(
        scene.model_copy(
            update={
                "shots": tuple(
                    s.model_copy(update={"duration": frames[s.id] / capabilities.fps}) if s.id in free else s
                    for s in scene.shots
                )
            }
        )
        for scene in story.scenes
    )
    total = sum(frames.values()) / capabilities.fps
    return story.model_copy(update={"scenes": scenes, "target_duration": total})
