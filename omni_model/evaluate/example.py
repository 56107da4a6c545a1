"""In-context example: two clips show an edit, and the same is to be done to a third."""

from __future__ import annotations

from torch import Tensor

from omni_model.evaluate.cases import Bench, EvaluationCase, case_of, scenes
from omni_model.evaluate.edits import NO_CAPTION, EditedScene, edited, is_present, things_kept
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.eyes.perception import SCENE_HEADS
from omni_model.spec.conditioning import ContextClip
from omni_model.world.edits import Edit, edit_of
from omni_model.world.spec import SceneSpec, SubjectSpec

_SHOWING = 250_000
"""Seeds between the scenes that are edited and those that show how."""


def rows(bench: Bench) -> list[TableRow]:
    """The change is present and every other thing is kept, both as for an instruction; by kind of edit.

    Skipped where the edit cannot be done again (it is so already) or changes nothing that can be seen.
    """
    tally = MeasureTally("in-context example", "change present and rest kept")
    drawn = (scenes(bench.cases, bench.seed, subjects=1, skip=skip) for skip in (_SHOWING, 0))
    for number, (shown, scene) in enumerate(zip(*drawn, strict=True)):
        edit = edit_of(shown[0], bench.seed + number, lambda _: True)
        again = None if edit is None else same_edit(edit, scene[0])
        pair = None if edit is None or again is None else (edited(shown, edit), edited(scene, again))
        if pair is None or not all(done.visible for done in pair):
            tally.skipped += 1
        elif (frames := bench.painted(case := by_example(*pair, bench.seed + number), tally)) is not None:
            seen, real = (_done(bench, clip, pair[1]) for clip in (frames, case.wanted))
            tally.add({pair[1].edit.kind: seen}, {pair[1].edit.kind: real})
        bench.tick()
    return [tally.shares()]


def _done(bench: Bench, frames: Tensor, done: EditedScene) -> bool:
    return is_present(bench, frames, done) and all(things_kept(bench, frames, done))


def by_example(shown: EditedScene, wanted: EditedScene, seed: int) -> EvaluationCase:
    """The clips before and after of one scene, and the clip before of another with its tracks and camera: no
    instruction, no caption, no references. Where something is added its track is told too: no example shows where."""
    scene, truth = wanted.before
    staged = wanted.edit.after if wanted.edit.kind == "add" else scene
    case = case_of(staged, wanted.truth.frames, seed, references=False)
    before, after, source = (case.with_clip(seen.frames) for seen in (shown.before[1], shown.truth, truth))
    context = ContextClip(clip=before, role="example"), ContextClip(clip=after, role="example")
    case.ask(caption=NO_CAPTION, context=(*context, ContextClip(clip=source, role="edit")))
    return case


def same_edit(edit: Edit, scene: SceneSpec) -> Edit | None:
    """The edit done to another scene, to its first subject where it concerns one; None where it changes nothing."""
    if edit.kind in SCENE_HEADS or edit.kind == "add":
        name = "props" if edit.kind == "add" else edit.kind
        after = scene.model_copy(update={name: getattr(edit.after, name)})
    else:
        after = scene.model_copy(update={"subjects": _cast(edit, scene)})
    if after == scene or (edit.kind == "add" and scene.props):
        return None
    return Edit(kind=edit.kind, instruction=edit.instruction, after=after)


def _cast(edit: Edit, scene: SceneSpec) -> tuple[SubjectSpec, ...]:
    who = scene.subjects[0]
    if edit.kind == "remove":
        return scene.subjects[1:]
    like = edit.after.subjects[0]
    if edit.kind == "replace":
        changed = who.model_copy(update={"species": like.species, "colour": like.colour})
    elif like.wardrobe[-1].item in {g.item for g in who.wardrobe}:
        changed = who
    else:
        changed = who.model_copy(update={"wardrobe": (*who.wardrobe, like.wardrobe[-1])})
    return (changed, *scene.subjects[1:])
