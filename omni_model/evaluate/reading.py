"""What a clip shows, against what it should: read by the examiner, or told by the nearest exact rendering."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from torch import Tensor

from omni_model.evaluate.cases import HeldOutScene, in_view
from omni_model.eyes.perception import SUBJECT_HEADS, Perception
from omni_model.train.tasks.perception import seen_kinds

VISIBLE_CHANGE = 0.1
"""Largest channel's difference, 0..1, from which on two exact pictures differ in a pixel."""
LEAST_CHANGED = 3
"""Pixels a frame that must differ, for a difference to be judged."""
_SAME = 60.0
"""dB of equal pictures: rounding to 8 bits alone is 59."""


def things_right(
    examiner: Perception,
    frames: Tensor,
    scene: HeldOutScene,
    but: Sequence[int] = (),
    *,
    seen_as: Tensor | None = None,
) -> dict[str, float]:
    """Per kind, the share that the examiner reads as it should.

    Scene heads see the frames (of a room no weather is seen), subject heads the true box of every subject in view but
    those at the indices ``but``. What should be read is what the scene holds or, with ``seen_as``, what is read on that
    clip.
    """
    spec, truth = scene
    reading, model = examiner.scene(frames), None if seen_as is None else examiner.scene(seen_as)
    right = {k: [reading.best(k)[0] == (model.best(k)[0] if model else getattr(spec, k))] for k in seen_kinds(spec)}
    for i, subject in enumerate(spec.subjects):
        if i in but or not in_view(truth, i):
            continue
        boxes = truth.boxes[:, i]
        found, wanted = examiner.subject(frames, boxes), None if seen_as is None else examiner.subject(seen_as, boxes)
        for k in SUBJECT_HEADS:
            right.setdefault(k, []).append(found.best(k)[0] == (wanted.best(k)[0] if wanted else getattr(subject, k)))
    return {k: fmean(values) for k, values in right.items()}


def psnr(frames: Tensor, truth: Tensor, where: Tensor | None = None) -> float:
    """Peak signal-to-noise ratio in dB of uint8 clips ``[T, 3, H, W]``, of the pixels ``where`` (bool
    ``[T, H, W]``) only when given; at most 60. ValueError where no pixel is left."""
    error = ((frames.float() - truth.float()) / 255.0).square().mean(1)
    if where is not None:
        if not where.any():
            raise ValueError("no pixel is left to compare")
        error = error[where]
    return min(float(-10 * error.mean().clamp_min(1e-12).log10()), _SAME)


def visible_changes(before: Tensor, after: Tensor) -> Tensor:
    """Pixels that differ visibly in two exact clips: bool ``[T, H, W]``."""
    return (before.float() - after.float()).abs().amax(1) > VISIBLE_CHANGE * 255


def is_nearer(frames: Tensor, wanted: Tensor, other: Tensor) -> bool | None:
    """Whether a clip is nearer to one exact clip than to another, where those two differ; None if they do not."""
    where = visible_changes(wanted, other)
    if int(where.sum()) < LEAST_CHANGED * len(frames):
        return None
    return psnr(frames, wanted, where) > psnr(frames, other, where)
