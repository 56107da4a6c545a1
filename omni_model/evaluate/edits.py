"""Instruction edit: a clip and a sentence; what is asked is changed, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from omni_model.evaluate.cases import Bench, EvaluationCase, HeldOutScene, case_of, scenes
from omni_model.evaluate.reading import LEAST_CHANGED, is_nearer, psnr, things_right, visible_changes
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.eyes.perception import SCENE_HEADS
from omni_model.spec.conditioning import ContextClip
from omni_model.world.edits import Edit, edit_of
from omni_model.world.render import Rendering, render

KEPT = 22.0
"""dB, from which on pixels that the edit does not touch count as kept."""
NO_CAPTION = " "


@dataclass(frozen=True)
class EditedScene:
    """A held-out scene, one edit of it, and the exact clips before and after."""

    before: HeldOutScene
    edit: Edit
    truth: Rendering

    @property
    def visible(self) -> bool:
        """False where the edit changes next to nothing that can be seen (rain in a room, a subject out of view)."""
        return int(self.touched.sum()) >= LEAST_CHANGED * len(self.truth.frames)

    @property
    def touched(self) -> Tensor:
        """Pixels that the edit changes, bool [T, H, W]."""
        return visible_changes(self.before[1].frames, self.truth.frames)


def edited(scene: HeldOutScene, edit: Edit) -> EditedScene:
    return EditedScene(scene, edit, render(edit.after))


def rows(bench: Bench) -> list[TableRow]:
    """Three rows over the eight kinds of edits, drawn evenly; the JSON has each kind's figure."""
    names = "asked change present", "everything else kept", "PSNR, dB"
    present, kept, alike = tallies = [MeasureTally("instruction edit", name) for name in names]
    for number, scene in enumerate(scenes(bench.cases, bench.seed)):
        edit = edit_of(scene[0], bench.seed + number, lambda _: True)
        done = None if edit is None else edited(scene, edit)
        if done is None or not done.visible:
            for tally in tallies:
                tally.skipped += 1
        elif (frames := bench.painted(instructed(done, bench.seed + number), *tallies)) is not None:
            kind = done.edit.kind
            present.add({kind: is_present(bench, frames, done)}, {kind: is_present(bench, done.truth.frames, done)})
            kept.add({kind: share_kept(bench, frames, done)}, {kind: share_kept(bench, done.truth.frames, done)})
            alike.add({kind: psnr(frames, done.truth.frames)})
        bench.tick()
    return [present.shares(), kept.shares(), alike.exact()]


def instructed(done: EditedScene, seed: int) -> EvaluationCase:
    """The clip before and the instruction, without caption or references. Tracks and camera are those of the scene as
    it is to be: a plan that removes a character no longer stages it."""
    case = case_of(done.edit.after, done.truth.frames, seed, references=False)
    source = ContextClip(clip=case.with_clip(done.before[1].frames), role="edit")
    case.ask(caption=NO_CAPTION, instruction=done.edit.instruction, context=(source,))
    return case


def is_present(bench: Bench, frames: Tensor, done: EditedScene) -> bool:
    """For light, weather, mood and style: the examiner reads the asked word. For what is worn, added, removed or
    replaced: where the exact clips before and after differ, the clip is nearer to the one after."""
    if done.edit.kind in SCENE_HEADS:
        return bool(bench.examiner.scene(frames).best(done.edit.kind)[0] == getattr(done.edit.after, done.edit.kind))
    return bool(is_nearer(frames, done.truth.frames, done.before[1].frames))


def things_kept(bench: Bench, frames: Tensor, done: EditedScene) -> list[bool]:
    """Whether each other thing stayed: every other scene head, and species and colour of every untouched subject, are
    read as on the exact edited clip; and the pixels that the edit does not touch, where it leaves a quarter of them,
    reach ``KEPT`` against it."""
    right = things_right(
        bench.examiner, frames, (done.edit.after, done.truth), _concerned(done), seen_as=done.truth.frames
    )
    kept = [value == 1.0 for kind, value in right.items() if kind != done.edit.kind]
    rest = ~done.touched
    if float(rest.float().mean()) >= 0.25:
        kept.append(psnr(frames, done.truth.frames, rest) >= KEPT)
    return kept


def share_kept(bench: Bench, frames: Tensor, done: EditedScene) -> float:
    kept = things_kept(bench, frames, done)
    return sum(kept) / len(kept)


def _concerned(done: EditedScene) -> list[int]:
    """Indices of the subjects of the scene after that the edit itself changes."""
    before = done.before[0].subjects
    return [i for i, s in enumerate(done.edit.after.subjects) if s not in before]
