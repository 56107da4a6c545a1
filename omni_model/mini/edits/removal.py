"""Somebody taken out of a clip: whom an instruction means, the hole that they leave, and what is known of the place
behind them, because other frames show it.

Shapes: T frames of H x W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from omni_model.eyes.captioner import Captioner
from omni_model.eyes.perception import Perception
from omni_model.eyes.tracking import within
from omni_model.mini.edits.recast import likeness
from omni_model.mini.pictures import held
from omni_model.motion.boxes import boxes
from omni_model.spec.conditioning import Conditioning
from omni_model.spec.instructions import NamedSubject, RemoveSubject

_LEAST = 0.002
"""Least likeness of whom an instruction means."""
_BODY = (0.10, 0.15, 0.10, 0.10)
"""What a hole has beyond a box left of it, above, right and below, in widths and heights of the box: people are found a
little off, and an outline belongs to them."""
_SHADOW = (0.75, -0.85, 0.75, 0.60)
"""The same of their shadow, which no box holds: light comes from aside and from behind."""


class RemovalTarget(NamedTuple):
    """Who is taken out of a clip, among those whom it shows: boxes [T, 4], x0, y0, x1, y1 in shares of the frame."""

    box: Tensor
    seen: list[Tensor]


def find_removal_target(
    asked: Conditioning, source: Tensor, captioner: Callable[[], Captioner], critic: Callable[[], Perception]
) -> RemovalTarget | None:
    """Whom the instruction takes out of a clip uint8 [T, 3, H, W]; None where it takes nobody, or nobody is found.

    It is the one who looks most like the words, of those who are staged no longer.
    """
    match asked.instruction:
        case RemoveSubject(who=NamedSubject() as who):
            seen = [track.corners(len(source)) for track in captioner().figures(source)]
        case _:
            return None
    if not seen:
        return None
    stay = [held(boxes(asked, track.entity), len(source)) for track in asked.tracks]

    def alike(box: Tensor) -> float:
        free = min((_apart(box, other) for other in stay), default=1.0)
        return likeness(critic().subject(source, box), who) * free

    shares = [alike(box) for box in seen]
    best = max(shares)
    return RemovalTarget(seen[shares.index(best)], seen) if best > _LEAST else None


def holes(boxes: Sequence[Tensor], height: int, width: int) -> Tensor:
    """bool [T, H, W]: the pixels of whoever is in one of the boxes [T, 4]."""
    return torch.stack([_hole(box, height, width) for box in boxes]).any(0)


def _apart(box: Tensor, other: Tensor) -> float:
    """How far the middles of two boxes [T, 4] are apart, in sizes of the first, 0..1."""
    way = (box[:, :2] + box[:, 2:] - other[:, :2] - other[:, 2:]).abs() / 2 / (box[:, 2:] - box[:, :2])
    return float(way.amax(1).mean().clamp(max=1.0))


def _hole(box: Tensor, height: int, width: int) -> Tensor:
    """bool [T, H, W]: the pixels of whoever is in a box [T, 4], and of their shadow."""
    return within(box, _BODY, height, width) | within(box, _SHADOW, height, width)


def behind(clip: Tensor, gone: Tensor, hidden: Tensor, camera: Tensor) -> Tensor:
    """A clip [T, 3, H, W] in whose pixels ``gone`` is what the frame nearest in time shows of the place there, under
    the camera [T, 3], where it is not ``hidden``; 0 where none shows it. Both are bool [T, H, W]."""
    count, _, height, width = clip.shape
    device = clip.device
    size, times = torch.tensor([width, height], device=device), torch.arange(count, device=device)
    filled = clip.clone()
    for t, missing in enumerate(gone):
        rows, columns = missing.nonzero(as_tuple=True)
        stage = camera[t, :2] + ((torch.stack([columns, rows], 1) + 0.5) / size - 0.5) / camera[t, 2]
        at = ((stage[None] - camera[:, None, :2]) * camera[:, None, 2:] + 0.5) * size
        shown = ((at >= 0) & (at < size)).all(-1)
        x, y = at.long().clamp_min(0).minimum(size - 1).unbind(-1)
        shown &= ~hidden[times[:, None], y, x]
        apart = (times - t).abs()[:, None] + count * ~shown
        nearest = apart.argmin(0)
        which = torch.arange(len(rows), device=device)
        pixels = clip[nearest, :, y[nearest, which], x[nearest, which]] * shown.any(0)[:, None]
        filled[t, :, rows, columns] = pixels.T
    return filled


def inpaint_hole(frames: Tensor, gone: Tensor, hidden: Tensor, place: Tensor) -> Tensor:
    """Frames [..., 3, H, W] in whose pixels ``gone`` is the ``place`` [..., 3, H, W], where that is known, and else
    what lies beside them and is not ``hidden``. Both are bool [..., H, W]."""
    known = (place != 0).any(-3)
    missing = (gone | hidden) & ~known
    missing = torch.where(missing.all(-1, keepdim=True), gone & ~known, missing)
    drawn = across(torch.where(known[..., None, :, :], place, frames), missing)
    return torch.where(gone[..., None, :, :], drawn, frames)


def across(frames: Tensor, missing: Tensor) -> Tensor:
    """Frames [..., 3, H, W] whose ``missing`` pixels, bool [..., H, W], are drawn in along their rows, from the nearest
    that are there: skies, hills and floors lie across. A row of which nothing is there is 0."""
    width = frames.shape[-1]
    columns = torch.arange(width, device=missing.device).expand(missing.shape)
    left = torch.where(missing, -1, columns).cummax(-1).values
    right = torch.where(missing, width, columns).flip(-1).cummin(-1).values.flip(-1)
    before, after = left >= 0, right < width
    left, right = torch.where(before, left, right), torch.where(after, right, left)
    share = ((columns - left) / (right - left).clamp_min(1)).clamp(0.0, 1.0)
    ends = (end.clamp(0, width - 1)[..., None, :, :].expand(frames.shape) for end in (left, right))
    first, last = (frames.gather(-1, end) for end in ends)
    drawn = torch.lerp(first, last, share[..., None, :, :])
    drawn = drawn * (before | after)[..., None, :, :]
    return torch.where(missing[..., None, :, :], drawn, frames)
