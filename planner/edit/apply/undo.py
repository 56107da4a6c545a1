"""Going back: a part of the film, or one field of it, as an earlier version had it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.edit.apply.cast import recast
from planner.edit.apply.film import dress, on_scenes, on_shots, worn
from planner.edit.apply.refusal import CannotApply
from planner.story.story import Story

if TYPE_CHECKING:
    from planner.edit.apply.work import Work

_SCENE = ("time", "weather", "mood", "location")
_SHOT = ("duration", "size", "angle", "camera", "dialogue", "caption", "transition", "mood", "staging", "description",
         "picture", "sound")  # fmt: skip
_OF_BODIES = frozenset({"colour", "kind", "name", "features"})
#: Which fields of scenes and shots hold what people ask back.
_HELD = {
    "light": ("time",),
    "pace": ("duration",),
    "action": ("staging",),
    "cast": ("staging",),
    "prop": ("staging",),
    "position": ("staging",),
    "all": (*_SCENE, *_SHOT),
}


def restored(work: Work) -> Story:
    """The shots of the scope as they were in the version before; with a number, so many versions ago."""
    steps = int(work.operation.value) if isinstance(work.operation.value, float) else 1
    if len(work.before) < steps:
        raise CannotApply("there is no earlier version to go back to")
    old, field = work.before[steps - 1], work.operation.field
    if field == "all" and work.operation.scope.where == "film":
        return old
    if field in ("title", "style"):
        return work.story.model_copy(update={field: getattr(old, field)})
    if field in _OF_BODIES:
        return _as_it_was(work.story, old, work.one(), field)
    held = _HELD.get(field, (field,))
    was = {shot.id: (scene, shot) for scene, shot in old.shots}
    ids = [i for i in work.ids if i in was]
    places = {p.id: p for p in (*work.story.locations, *old.locations)}
    people = {c.id: c for c in (*old.cast, *work.story.cast)}
    things = {p.id: p for p in (*old.props, *work.story.props)}
    story = work.story.model_copy(
        update={"locations": (*places.values(),), "cast": (*people.values(),), "props": (*things.values(),)}
    )
    for i in ids:
        past: dict[str, Any] = {f: getattr(was[i][0], f) for f in _SCENE if f in held}
        now = next(scene for scene, shot in story.shots if shot.id == i)
        if past and any(getattr(now, f) != value for f, value in past.items()):
            story = on_scenes(story, [i], lambda _, p=past: p)  # type: ignore[misc]
    story = on_shots(story, ids, lambda _, s: {f: getattr(was[s.id][1], f) for f in _SHOT if f in held})
    return _in_old_clothes(story, old, ids) if field in ("all", "wardrobe") else story


def _as_it_was(story: Story, old: Story, entity: str, field: str) -> Story:
    """Somebody or something with a look that is the same in the whole film, as it was."""
    was = next((e for e in old.entities if e.id == entity), None)
    if was is None:
        raise CannotApply(f"{entity} was not there")
    fields = ("kind", "name", "colour", "features") if field == "kind" else (field,)
    return recast(story, entity, lambda _: {f: getattr(was, f) for f in fields if hasattr(was, f)})


def _in_old_clothes(story: Story, old: Story, ids: list[str]) -> Story:
    before = {c.id: worn(old, c) for c in old.cast}
    clothes = {c.id: {**worn(story, c), **{i: before[c.id][i] for i in ids}} for c in story.cast if c.id in before}
    return dress(story, clothes)
