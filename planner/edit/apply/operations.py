"""A patch applied to a story: a new story, and the fate of every operation. Pure; the same in, the same out.

What is locked or protected is never changed. What an operation cannot do is refused with a reason, as the
directives of a plan are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omni_model.spec.conditioning import Capabilities, Frozen
from planner.check.lint import lint, repair
from planner.edit.apply import cast as bodies
from planner.edit.apply import film, prose
from planner.edit.apply import look as picture
from planner.edit.apply import shots as parts
from planner.edit.apply.refusal import CannotApply
from planner.edit.apply.undo import restored
from planner.edit.apply.work import Work
from planner.film.lowering import Lowering, Outcome
from planner.story.patch import Patch, shots_matching
from planner.story.story import Story

#: Looks that are the same in the whole film.
_STATIC = frozenset({"colour", "kind", "name"})
#: Faults that a change of staging, length or words may leave, and that its author did not ask for.
_MENDED = frozenset({"whole-frames", "dialogue-too-long", "overlap", "off-stage", "goes-nowhere", "teleport"})
ROUNDS = 4


class Applied(Frozen):
    """The story after a patch. ``lowering`` has an entry for each operation."""

    story: Story
    lowering: tuple[Lowering, ...]
    assumptions: tuple[str, ...] = ()


def apply(story: Story, patch: Patch, capabilities: Capabilities, before: Sequence[Story] = ()) -> Applied:
    """The story as ``patch`` wants it. ``before`` are the versions that led to it, the latest first."""
    now, lowering, assumptions = story, [], []
    for operation in patch.operations:
        work = Work(operation, patch, now, capabilities, before)
        outcome: Outcome = "honoured"
        detail = ""
        try:
            done = _done(work)
            detail = "" if done != now else "it is so already"
            now = done
            assumptions += work.assumptions
        except CannotApply as error:
            outcome, detail = "refused", str(error)
        lowering.append(_fate(work, outcome, detail))
    timed = any(o.field in ("duration", "pace") for o in patch.operations)
    sound, left = _sound(story, now, capabilities, _MENDED - {"dialogue-too-long"} if timed else _MENDED)
    return Applied(story=sound, lowering=tuple(lowering), assumptions=tuple(dict.fromkeys((*assumptions, *left))))


def _done(work: Work) -> Story:
    operation = work.operation
    if operation.op == "undo":
        return restored(work)
    if not work.asked and operation.field not in ("title", "style", "name"):
        raise CannotApply(f"the film has nothing like {operation.scope}")
    if not work.ids and operation.field not in ("title", "style", "name"):
        raise CannotApply("everything there is locked or protected")
    whole = operation.field in (*_STATIC, "style", "title")
    if whole and (work.kept or len(work.asked) < _extent(work)):
        raise CannotApply(f"the {operation.field} is the same in the whole film: it cannot change in a part of it")
    return _HANDLERS[operation.field](work)


def _extent(work: Work) -> int:
    """In how many shots something that cannot differ between shots is seen."""
    if work.operation.field in ("style", "title"):
        return len(work.story.shots)
    return sum(any(s.entity == work.entity for s in shot.staging) for _, shot in work.story.shots)


def _fate(work: Work, outcome: Outcome, detail: str) -> Lowering:
    operation = work.operation
    if outcome == "honoured" and work.kept and operation.op != "undo":
        detail = f"without {', '.join(sorted(work.kept))}: locked or protected"
    words = f"{operation.op} {operation.scope} {operation.field}"
    value = "" if operation.value is None else f": {operation.value}"
    return Lowering(directive=words + value, outcome=outcome, detail=detail)


def _sound(old: Story, new: Story, capabilities: Capabilities, rules: frozenset[str]) -> tuple[Story, list[str]]:
    """The new story, valid, with the faults of some ``rules`` mended that the change itself made; what is left."""
    new = Story.model_validate(new.model_dump())
    was = {shot.id: (scene.location, shot) for scene, shot in old.shots}
    changed = {shot.id for scene, shot in new.shots if was.get(shot.id) != (scene.location, shot)}
    for _ in range(ROUNDS):
        found = tuple(
            f for f in lint(new, capabilities)
            if f.rule in rules and f.changes and all(c.shot in changed for c in f.changes)
        )  # fmt: skip
        if not found:
            break
        new = repair(new, found)
    total = round(new.duration, 6)
    if new.target_duration not in (None, total):
        new = new.model_copy(update={"target_duration": total})
    left = [
        f
        for f in lint(new, capabilities)
        if f.rule == "dialogue-too-long" and any(c.shot in changed for c in f.changes)
    ]
    return new, [f"{f.place}: {f.message}" for f in left]


def _title(work: Work) -> Story:
    return work.story.model_copy(update={"title": work.text[:120]})


def _style(work: Work) -> Story:
    return work.story.model_copy(update={"style": work.text[:80]})


def _static(work: Work) -> Story:
    """Colour, kind and name of somebody or something."""
    field, words = work.operation.field, work.text
    if field == "kind":
        return bodies.recast(work.story, work.one(), lambda c: bodies.become(c, words))
    return bodies.recast(work.story, work.one(), lambda _: {field: words[:80]})


def _wardrobe(work: Work) -> Story:
    entity = work.one()
    return bodies.dressed(work.story, entity, work.ids, work.text, off=work.operation.op == "remove")


def _cast(work: Work) -> Story:
    if work.operation.op == "remove":
        return bodies.leave(work.story, work.one(), work.ids)
    kind = work.operation.field
    limit = work.capabilities.max_subjects
    ids = work.ids if work.operation.scope.where != "film" else _with_people(work)
    if work.entity is not None:
        return bodies.staged(work.story, work.one(), ids, limit)
    return bodies.enter(work.story, work.text, ids, limit, kind=kind)


def _with_people(work: Work) -> tuple[str, ...]:
    """The shots that show somebody; all, where none does."""
    people = {c.id for c in work.story.cast}
    shown = {shot.id for _, shot in work.story.shots if people & {s.entity for s in shot.staging}}
    work.assumptions.append("no place is named: in every shot that shows somebody")
    return tuple(i for i in work.ids if i in shown) or work.ids


def _action(work: Work) -> Story:
    entity, story = work.one(), work.story
    shown = {shot.id for _, shot in shots_matching(story, work.operation.scope)}
    if not shown & set(work.ids):
        work.assumptions.append(f"{entity} was not there: it comes into {', '.join(work.ids)}")
        story = bodies.staged(story, entity, work.ids, work.capabilities.max_subjects)
    return prose.retold(bodies.acting(story, entity, work.ids, work.text), entity, work.ids, work.text)


def _position(work: Work) -> Story:
    return bodies.placed(work.story, work.one(), work.ids, work.text)


def _dialogue(work: Work) -> Story:
    speaker = work.one() if work.entity else None
    if work.operation.op == "remove":
        return bodies.hush(work.story, speaker, work.ids)
    shown = [s.id for _, s in shots_matching(work.story, work.operation.scope) if s.id in work.ids] or list(work.ids)
    if len(shown) > 1:
        work.assumptions.append(f"no shot is named: it is said in {shown[0]}")
    return bodies.speak(work.story, speaker, shown[:1], work.text, instead=work.operation.op == "set")


def _caption(work: Work) -> Story:
    text = "" if work.operation.op == "remove" else work.text
    return film.on_shots(work.story, _captioned(work), lambda _, s: {"caption": text})


def _captioned(work: Work) -> tuple[str, ...]:
    """Of a part with several shots those that have a caption; without any, the first, or the last of the film's end."""
    if work.operation.scope.where in ("shot", "shots"):
        return work.ids
    there = tuple(s.id for _, s in work.story.shots if s.id in work.ids and s.caption)
    edge = work.ids[-1:] if work.operation.scope.where == "ending" else work.ids[:1]
    return there or edge


_HANDLERS: dict[str, Callable[[Work], Story]] = {
    "title": _title, "style": _style, "colour": _static, "kind": _static, "name": _static, "wardrobe": _wardrobe,
    "cast": _cast, "prop": _cast, "action": _action, "position": _position, "dialogue": _dialogue, "caption": _caption,
    "shot": parts.changed, "scene": parts.changed, "features": prose.features, "picture": prose.picture,
    "sound": prose.sound,
    **dict.fromkeys(("mood", "time", "weather", "light", "location", "pace", "duration", "camera", "size", "angle",
                     "transition"), picture.changed),
}  # fmt: skip
