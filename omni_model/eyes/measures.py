"""Plain measures of pixels: what a critic can say about a clip without a learned network.

Every function is pure and takes frames as uint8 ``[T, 3, H, W]`` (sRGB) unless it says otherwise. A
measure that is not defined for its input (one frame has no flicker, a subject outside the frame has
no motion) raises :class:`Unmeasurable`; it never answers 0 in place of "I do not know".
Luma is BT.709 on gamma-coded values, 0 (black) .. 1 (white).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

_LUMA = (0.2126, 0.7152, 0.0722)
_PIXELS_AT_ONCE = 256 * 64 * 112
"""Of a long clip, that are measured together: what bounds the memory of floats."""
_FOUND = 0.35
"""Least correlation at which a thing counts as found again."""


class Unmeasurable(ValueError):
    """The measure is not defined for this input; the message says why."""


def luma(frames: Tensor) -> Tensor:
    """BT.709 luma of every pixel: float ``[T, H, W]``, 0..1."""
    return torch.einsum("tchw,c->thw", frames.float() / 255.0, torch.tensor(_LUMA, device=frames.device))


def brightness(frames: Tensor, where: Tensor | None = None) -> float:
    """Mean luma of the clip, 0..1; of the pixels ``where`` (bool ``[T, H, W]``) only, when given."""
    return float(_mean(frames, where, luma))


def warmth(frames: Tensor, where: Tensor | None = None) -> float:
    """Colour temperature as the balance of red over blue, (R - B) / (R + B): -1 (cold) .. 1 (warm).

    A ratio of the mean channels: it does not change when the light is dimmed, and it stays defined for
    the strongly coloured light of night and dusk, where a correlated temperature in kelvin does not.
    """
    red, _, blue = _mean(frames, where, lambda part: part.float().movedim(1, -1)).tolist()
    return float((red - blue) / max(red + blue, 1e-6))


def frame_steps(frames: Tensor) -> Tensor:
    """Mean absolute change from each frame to the next: float ``[T - 1]``, 0..1."""
    _need(frames, 2, "change between frames")
    pairs = zip(parts_of(frames[1:]), parts_of(frames[:-1]), strict=True)
    steps = [(after.float() / 255.0 - before.float() / 255.0).abs().mean(dim=(1, 2, 3)) for after, before in pairs]
    return torch.cat(steps)


def frozen_share(frames: Tensor, tolerance: float = 2e-4) -> float:
    """Share of steps on which nothing moves (mean change at most ``tolerance``), 0..1."""
    return float((frame_steps(frames) <= tolerance).float().mean())


def flicker(frames: Tensor) -> float:
    """Mean absolute second difference of the frames' brightness, 0..1: pumping light, not slow fades."""
    _need(frames, 3, "flicker")
    light = torch.cat([luma(part).mean(dim=(1, 2)) for part in parts_of(frames)])
    return float((light[2:] - 2 * light[1:-1] + light[:-2]).abs().mean())


def jump(before: Tensor, after: Tensor) -> float:
    """How much more the picture changes across a boundary than within the clips, 0 (as smooth) upwards.

    Mean absolute change from the last frame of ``before`` to the first of ``after``, less the median change
    from frame to frame of both, in standard deviations of the picture: a dark or flat picture jumps as
    visibly as a bright one.
    """
    if before.shape[1:] != after.shape[1:]:
        sizes = " and ".join(f"{clip.shape[-1]}x{clip.shape[-2]}" for clip in (before, after))
        raise Unmeasurable(f"clips of sizes {sizes} do not join")
    across = frame_steps(torch.cat([before[-1:], after[:1]]))
    within = [frame_steps(clip) for clip in (before, after) if len(clip) > 1]
    usual = torch.cat(within).median() if within else 0.0
    contrast = (before[-1].float() / 255.0).std().clamp_min(0.01)
    return float(((across[0] - usual) / contrast).clamp_min(0.0))


def crops(frames: Tensor, boxes: Tensor, size: tuple[int, int] = (24, 24)) -> Tensor:
    """What the boxes show: float ``[T, 3, *size]``, 0..1; ``size`` is height and width.

    ``boxes`` is float ``[T, 4]``: x0, y0, x1, y1 in frame coordinates (0..1, y down). A box may lie partly
    outside; there the edge pixels are repeated.
    """
    some = zip(parts_of(frames), torch.split(boxes, frames_at_once(frames)), strict=True)
    return torch.cat([_crops(part, box, size) for part, box in some])


def _crops(frames: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Some frames of :func:`crops`."""
    x0, y0, x1, y1 = boxes.to(frames.device, torch.float32).unbind(-1)
    rows, columns = ((torch.arange(n, device=frames.device) + 0.5) / n for n in size)
    x = (x0[:, None] + (x1 - x0)[:, None] * columns)[:, None, :].expand(-1, size[0], -1)
    y = (y0[:, None] + (y1 - y0)[:, None] * rows)[:, :, None].expand(-1, -1, size[1])
    grid = torch.stack([x, y], dim=-1) * 2 - 1
    pixels = frames.float() / 255.0
    sampled: Tensor = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    return sampled


def correlation(a: Tensor, b: Tensor) -> Tensor:
    """Correlation of the shapes in two batches of crops, each channel about its mean: ``[T]``, -1..1."""
    x, y = (c - c.mean((2, 3), keepdim=True) for c in (a, b))
    x, y = x.flatten(1), y.flatten(1)
    scale = x.square().sum(1).sqrt() * y.square().sum(1).sqrt()
    return (x * y).sum(1) / scale.clamp_min(1e-6)


def track_progress(frames: Tensor, boxes: Tensor, stay: Tensor, candidates: int = 13) -> float:
    """How much of its planned way the thing in the boxes goes: 0 stays, 1 follows its track.

    Looks, in the last third of the clip, for what stands in the first box, at 0..1.2 of the way from ``stay``
    to ``boxes``, and answers the share at which it is found best. Both as in :func:`crops`: where it is to
    be, and where it would be if it did not move (the camera may).
    """
    _need(frames, 3, "motion")
    way = boxes - stay
    if way.abs().amax() < 0.02 or not _visible(boxes[:1]).all():
        raise Unmeasurable("the track does not move, or it starts outside the frame")
    late = torch.arange(2 * len(boxes) // 3, len(boxes))
    late = late[_visible(boxes[late])]
    if len(late) == 0:
        raise Unmeasurable("the track ends outside the frame")
    template = crops(frames[:1], _core(boxes[:1])).expand(len(late), -1, -1, -1)
    shares = torch.linspace(0.0, 1.2, candidates)
    found = [correlation(crops(frames[late], _core(stay[late] + s * way[late])), template).mean() for s in shares]
    # In doubt it follows its track: a flat maximum must not read as a fault.
    return float(shares[_surest(torch.stack(found), 0.1 * (shares - 1.0).abs())])


def drift(frames: Tensor, boxes: Tensor, reach: float = 1.5, candidates: int = 31) -> float:
    """How far the thing in the boxes leaves its planned place by the end, in widths of its box, 0..reach.

    For what should keep to its boxes (it stands, or only the camera moves). Sideways only: jumping and
    bobbing in place are not drift.
    """
    _need(frames, 3, "drift")
    if not _visible(boxes[[0, -1]]).all():
        raise Unmeasurable("the boxes are outside the frame")
    first, last = _core(boxes[:1]), _core(boxes[-1:])
    offsets = torch.linspace(-reach, reach, candidates)
    aside = torch.zeros(candidates, 4)
    aside[:, ::2] = (offsets * (boxes[-1, 2] - boxes[-1, 0]))[:, None]
    places = crops(frames[-1:].expand(candidates, -1, -1, -1), last + aside)
    found = correlation(places, crops(frames[:1], first).expand(candidates, -1, -1, -1))
    return float(offsets[_surest(found, 0.1 * offsets.abs())].abs())


def paste(frames: Tensor, boxes: Tensor, still: Tensor, still_box: Tensor) -> float:
    """How much the boxes look like a still pasted in, ground and all: 1 is the still itself, 0 something else.

    One less the median difference (mean of pixels and channels), in units of the still's own contrast. ``still`` is
    uint8 ``[3, H, W]`` and ``still_box`` float ``[4]`` the part of it that would be pasted. A character that was
    drawn stands on other ground than that of its sheet; a pasted one brings it along.
    """
    source = crops(still[None], still_box[None])
    contrast = (source - source.mean((2, 3), keepdim=True)).abs().mean().clamp_min(0.01)
    apart = (crops(frames, boxes) - source).abs().mean((1, 2, 3)).median()
    return float((1 - apart / contrast).clamp_min(0.0))


def _visible(boxes: Tensor, share: float = 0.6) -> Tensor:
    """Of which boxes at least ``share`` of the area lies in the frame: bool ``[T]``."""
    size = boxes[:, 2:] - boxes[:, :2]
    inside = (boxes[:, 2:].clamp(0, 1) - boxes[:, :2].clamp(0, 1)) / size
    return inside.prod(dim=1) >= share


def _core(boxes: Tensor, share: float = 0.6) -> Tensor:
    """The middle of boxes ``[T, 4]``: the body without the ground beside it."""
    inset = (boxes[:, 2] - boxes[:, 0]) * (1 - share) / 2
    return boxes + torch.stack([inset, inset * 0, -inset, inset * 0], dim=1)


def _surest(likeness: Tensor, doubt: Tensor) -> int:
    """Index of the likeliest of several places, less the doubt that each must overcome."""
    if likeness.amax() < _FOUND:
        raise Unmeasurable("what stood in the first box is not found again")
    return int((likeness - doubt).argmax())


def frames_at_once(frames: Tensor) -> int:
    """How many frames of a clip ``[T, 3, H, W]`` are measured together."""
    return max(1, _PIXELS_AT_ONCE // (frames.shape[-2] * frames.shape[-1]))


def parts_of(frames: Tensor) -> tuple[Tensor, ...]:
    """The clip in parts that are measured one after another."""
    return torch.split(frames, frames_at_once(frames))


def _mean(frames: Tensor, where: Tensor | None, values: Callable[[Tensor], Tensor]) -> Tensor:
    """Mean of ``values`` ``[t, H, W, ...]`` of the frames over every pixel, or over those ``where``: ``[...]``."""
    total, count = torch.zeros(()), 0
    for at, part in zip(itertools.count(0, frames_at_once(frames)), parts_of(frames), strict=False):
        seen = values(part)
        pixels = seen.flatten(0, 2) if where is None else seen[where[at : at + len(part)]]
        if len(pixels):
            total, count = total + pixels.mean(0).double() * len(pixels), count + len(pixels)
    if not count:
        raise Unmeasurable("no pixel is left to look at")
    return total / count


def _need(frames: Tensor, count: int, what: str) -> None:
    if len(frames) < count:
        raise Unmeasurable(f"{what} needs {count} frames, the clip has {len(frames)}")
