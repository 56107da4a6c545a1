"""What is in the air when a clip ends goes on falling: it is found, its flight is fitted, and it is staged.

Before a still camera whose place is known, a thing in flight is what differs from the place, belongs to nobody who is
staged, and was seen, frame after frame, where a throw would take it. It is cut out as a sheet, and its track is the
rest of the same throw. Pixels are rows and columns of the frame; speeds are pixels a frame unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.boxes import boxes
from omni_model.conditioning import SHEET_FOOT, SHEET_GROUND, SHEET_HEIGHT, CameraKey, Conditioning, Track
from omni_model.world.props import prop_track
from omni_model.world.spec import PropSpec

ENTITY = "in-flight"
_SEEN = 5
"""Frames that are looked at, and the fewest that tell a throw."""
_UNLIKE = 0.12
"""Largest channel's difference, 0..1, from which on a pixel is not the place's."""
_LEAST, _MOST = 24, 900
"""Pixels of a thing in flight."""
_FASTEST = 7
_LEAST_WAY, _SCATTER = 1.5, 0.8
"""Least way of what flies, and most that it may be off the throw (root mean square), in pixels."""
_GROUND, _BOUNCE = 0.925, 0.5
"""Where things land (stage heights), and how much of their speed they keep: a clip in the air shows neither."""
_SHEET = 64


@dataclass(frozen=True)
class Flight:
    """A thing that was seen in the last frame of a clip: its sheet, uint8 [3, 64, 64], and where it will be."""

    sheet: Tensor
    track: Track


def in_flight(asked: Conditioning, before: Tensor, place: Tensor) -> Flight | None:
    """The thing that flies at the end of ``before`` (uint8 [T, 3, H, W]), which the request goes on from.

    ``place``: the empty place in the same frame, [3, H, W] in 0..1. None where nothing flies, or the camera moves.
    """
    start = asked.camera.keys[0]
    if len(before) < _SEEN or any((k.x, k.y, k.zoom) != (start.x, start.y, start.zoom) for k in asked.camera.keys):
        return None
    frames = before[-_SEEN:].float() / 255.0
    found = (_followed(frames, thing, asked, start) for thing in _things(frames[-1], place, asked))
    return next((flight for flight in found if flight is not None), None)


def _things(frame: Tensor, place: Tensor, asked: Conditioning) -> list[Tensor]:
    """Masks bool [H, W] of what is not the place and nobody staged, the largest first."""
    strange = ((frame - place).abs().amax(0, keepdim=True) > _UNLIKE).float()
    strange = F.avg_pool2d(strange, 3, 1, 1)[0] > 0.5  # flakes and drops are small
    height, width = strange.shape
    y, x = (torch.arange(height) + 0.5)[:, None] / height, (torch.arange(width) + 0.5)[None] / width
    for track in asked.tracks:
        x0, y0, x1, y1 = boxes(asked, track.entity)[0].tolist()
        strange &= ~((x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1))
    labels = torch.arange(1.0, height * width + 1).view(height, width) * strange
    for _ in range(height + width):
        grown = F.max_pool2d(labels[None, None], 3, 1, 1)[0, 0] * strange
        if torch.equal(grown, labels):
            break
        labels = grown
    names, sizes = torch.unique(labels[labels > 0], return_counts=True)
    order = sizes.argsort(descending=True)
    return [labels == names[i] for i in order.tolist() if _LEAST <= int(sizes[i]) <= _MOST]


def _followed(frames: Tensor, mask: Tensor, asked: Conditioning, camera: CameraKey) -> Flight | None:
    """The flight of the masked thing of the last frame, if it was thrown or falls."""
    ys, xs = mask.nonzero(as_tuple=True)
    top, bottom, left, right = int(ys.min()), int(ys.max()) + 1, int(xs.min()), int(xs.max()) + 1
    cut, seen = frames[-1, :, top:bottom, left:right], mask[top:bottom, left:right]
    places = _places(frames, cut, seen, (top, left))
    spec = PropSpec(entity=ENTITY, kind="ball", colour="red", motion="falls", ground=_GROUND, restitution=_BOUNCE)
    height, width = mask.shape
    fall = spec.gravity * height * camera.zoom / asked.fps**2
    time = torch.arange(1.0 - _SEEN, 1.0)
    straight = places - 0.5 * fall * time[:, None] ** 2 * torch.tensor([1.0, 0.0])
    terms = torch.stack([torch.ones_like(time), time], 1)
    fitted = torch.linalg.lstsq(terms, straight).solution
    way = float((places[-1] - places[0]).norm())
    if way < _LEAST_WAY or float((terms @ fitted - straight).square().mean().sqrt()) > _SCATTER:
        return None
    (y, x), (vy, vx) = fitted.tolist()
    foot, middle = y + (bottom - top), x + (right - left) / 2
    flying = spec.model_copy(
        update={
            "x": camera.x + (middle / width - 0.5) / camera.zoom,
            "y": camera.y + (foot / height - 0.5) / camera.zoom,
            "vx": vx / width / camera.zoom * asked.fps,
            "vy": vy / height / camera.zoom * asked.fps,
            "height": (bottom - top) / height / camera.zoom,
        }
    )
    seconds = (torch.arange(min(asked.frames, 64)) + 1) / asked.fps
    return Flight(_sheet(cut, seen), prop_track(flying, seconds))


def _places(frames: Tensor, cut: Tensor, mask: Tensor, last: tuple[int, int]) -> Tensor:
    """Top and left, to a fraction, of the cut in every frame, [T, 2], followed backwards from the ``last``."""
    weight = mask.float().expand(1, 3, -1, -1)
    found, (y, x) = [torch.tensor([float(last[0]), float(last[1])])], last
    cost = F.conv2d(frames**2, weight) - 2 * F.conv2d(frames, weight * cut)
    for plane in cost[:-1, 0].flip(0):
        top, left = max(y - _FASTEST, 0), max(x - _FASTEST, 0)
        near = plane[top : y + _FASTEST + 1, left : x + _FASTEST + 1]
        y, x = top + int(near.argmin()) // near.shape[1], left + int(near.argmin()) % near.shape[1]
        found.append(torch.tensor([y + _tip(plane[:, x], y), x + _tip(plane[y], x)]))
    return torch.stack(found[::-1])


def _tip(line: Tensor, at: int) -> float:
    """How far the tip of the parabola through a minimum and its neighbours lies from it, -0.5..0.5."""
    if not 0 < at < len(line) - 1:
        return 0.0
    bend = float(line[at - 1] - 2 * line[at] + line[at + 1])
    return 0.5 * float(line[at - 1] - line[at + 1]) / bend if bend > 0 else 0.0


def _sheet(cut: Tensor, mask: Tensor) -> Tensor:
    """The cut [3, h, w] standing on the ground of a sheet."""
    sheet = torch.tensor(SHEET_GROUND)[:, None, None].repeat(1, _SHEET, _SHEET)
    height = round(SHEET_HEIGHT * _SHEET)
    size = height, min(max(round(height * cut.shape[2] / cut.shape[1]), 1), _SHEET - 4)
    large, shown = (
        F.interpolate(t[None], size, mode="bilinear", align_corners=False)[0] for t in (cut, mask[None].float())
    )
    foot, left = round(SHEET_FOOT * _SHEET), (_SHEET - size[1]) // 2
    part = sheet[:, foot - height : foot, left : left + size[1]]
    part.copy_(torch.where(shown > 0.5, large, part))
    return (sheet * 255).round().to(torch.uint8)
