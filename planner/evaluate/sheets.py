"""A story as what each shot effectively has, field by field, so that two versions can be compared shot by shot.

A *sheet* maps (field, entity) to a value; entity is '' for what the shot as a whole has. Fields are named as the edit
sets name them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planner.edit.apply.film import worn
from planner.evaluate.evidence import bodies, looks
from planner.story.story import Character, Prop, Scene, Shot, Staging, Story

Key = tuple[str, str]
Sheet = Mapping[Key, Any]

_WHERE = ("x", "y", "to_x", "to_y", "height")


def sheets(story: Story) -> dict[str, Sheet]:
    """The sheet of every shot, by its id, in film order."""
    clothes = {c.id: worn(story, c) for c in story.cast}
    entities = {e.id: e for e in bodies(story)}
    return {shot.id: dict(_fields(story, scene, shot, entities, clothes)) for scene, shot in story.shots}


def _fields(
    story: Story, scene: Scene, shot: Shot, entities: Mapping[str, Character | Prop], clothes: Mapping[str, Any]
) -> Iterator[tuple[Key, Any]]:
    place = next(p for p in story.locations if p.id == scene.location)
    yield ("style", ""), f"{story.style} {story.style_notes}".strip()
    yield ("title", ""), story.title
    yield ("place", ""), " ".join(looks(place))
    yield ("time", ""), scene.time
    yield ("weather", ""), scene.weather
    yield ("mood", ""), shot.mood or scene.mood
    for field in ("size", "angle", "camera", "transition", "caption", "duration", "description"):
        yield (field, ""), getattr(shot, field)
    for field in ("picture", "sound", "light", "pace"):  # stories that have such say so here
        yield (field, ""), str(getattr(shot, field, "") or getattr(scene, field, "") or "")
    for staging in shot.staging:
        yield from _body(staging, entities[staging.entity], clothes.get(staging.entity, {}).get(shot.id, ()))
    for speaker in dict.fromkeys(line.speaker for line in shot.dialogue):
        said = tuple(line.text for line in shot.dialogue if line.speaker == speaker)
        yield ("dialogue", speaker), "\n".join(said)


def _body(staging: Staging, entity: Character | Prop, garments: Any) -> Iterator[tuple[Key, Any]]:
    at = staging.entity
    yield ("cast" if isinstance(entity, Character) else "prop", at), entity.id
    yield ("name", at), entity.name
    yield ("kind", at), entity.kind
    yield ("colour", at), entity.colour
    yield ("action", at), staging.action
    yield ("position", at), tuple(getattr(staging, name) for name in _WHERE)
    if isinstance(entity, Character):
        yield ("features", at), entity.features
        yield ("wardrobe", at), ", ".join(f"{g.colour} {g.item}".strip() for g in garments)


def changed(before: Sheet, after: Sheet) -> set[Key]:
    """The fields in which two sheets differ."""
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}
