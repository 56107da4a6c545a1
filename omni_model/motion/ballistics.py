"""What is in the air when a clip ends goes on falling: it is found, its flight is fitted, and it is staged.

Before a still camera whose place is known, every throw is tried on the last frames (track before detect): pulled along
it, a thing in flight looks alike in all of them, and like neither the place nor what stands still. Where a throw fits
best, the thing is cut out as a sheet, and its track is the rest of that throw. Pixels are rows and columns of frames
that are 64 high, speeds are pixels a frame unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.motion.boxes import boxes
from omni_model.motion.physics import Projectile, prop_track
from omni_model.spec.conditioning import SHEET_FOOT, SHEET_GROUND, SHEET_HEIGHT, CameraKey, Conditioning, Track

FLYING = "in-flight"
_HIGH = 64
"""Rows of a frame as it is looked at."""
_SEEN = 5
"""Frames that are looked at, and the fewest that tell a throw."""
_UPWARDS, _DOWNWARDS, _SIDEWAYS = -4.0, 7.0, 3.0
"""Fastest throws."""
_COARSE, _FINE = 0.5, 0.1
"""Between the throws that are tried."""
_LEAST_WAY = 1.5
_FAINT = 0.06
"""Difference of colours, 0..1, that counts half."""
_THING = 9
"""Side of a square that a thing in flight fills about."""
_REACH = 10
"""Most rows and columns of it from its middle."""
_LEAST = 16
"""Pixels of it."""
_CLEAR, _LIKE = 0.05, 0.45
"""Least gain of a throw where it fits best, and least share of what is not the place that the thing explains."""
_LIMBS = 0.3
"""How far somebody staged may reach above his box, in its heights."""
_GROUND, _BOUNCE = 0.925, 0.5
"""Where things land (stage heights), and how much of their speed they keep: a clip in the air shows neither."""
_IN_THE_AIR = Projectile(motion="falls", ground=_GROUND, restitution=_BOUNCE)
"""What flies, before it is known where and how fast."""
_SHEET, _BROADEST = 64, 1.15
"""Pixels a side, and how much broader than high figures may be to stand as high as others."""


@dataclass(frozen=True)
class Flight:
    """A thing that was seen in the last frame of a clip: its sheet, uint8 [3, 64, 64], and where it will be."""

    sheet: Tensor
    track: Track


def in_flight(asked: Conditioning, before: Tensor, place: Tensor) -> Flight | None:
    """The thing that flies at the end of ``before`` (uint8 [T, 3, H, W]), which the request goes on from.

    ``place``: the empty place in the same frame, [3, H, W] in 0..1. None where nothing flies, or the camera moves.
    """
    camera = asked.camera.keys[0]
    if len(before) < _SEEN or any((k.x, k.y, k.zoom) != (camera.x, camera.y, camera.zoom) for k in asked.camera.keys):
        return None
    size = _HIGH, round(_HIGH * before.shape[-1] / before.shape[-2])
    frames, empty = (F.interpolate(p, size, mode="area") for p in (before[-_SEEN:].float() / 255.0, place[None]))
    calm, still, free = _calm(frames), _calm(empty), _free(asked, size)
    fall = _IN_THE_AIR.gravity * _HIGH * camera.zoom / asked.fps**2
    gains = _gains(calm, still, free, fall)
    mask = _thing((frames[-1] - empty[0]).norm(dim=0) * free, divmod(int(gains.argmax()), size[1]))
    if float(gains.max()) < _CLEAR or int(mask.sum()) < _LEAST:
        return None
    velocity, explained = _thrown(calm, still, mask, fall)
    if explained < _LIKE:
        return None
    (top, bottom), (left, right) = _extent(mask)
    cut = frames[-1, :, top:bottom, left:right], mask[top:bottom, left:right]
    share = min(_BROADEST * (bottom - top) / (right - left), 1.0)
    return Flight(_sheet(*cut, share), _track(asked, camera, mask, velocity, share))


def _calm(frames: Tensor) -> Tensor:
    """Without rain and snow, which are narrow."""
    return F.pad(frames, (2, 2, 0, 0), mode="replicate").unfold(-1, 5, 1).median(-1).values


def _free(asked: Conditioning, size: tuple[int, int]) -> Tensor:
    """Where nobody is staged, or was in the frames before: float [H, W]."""
    y, x = ((torch.arange(n) + 0.5) / n for n in size)
    free = torch.ones(size)
    for track in asked.tracks:
        now = boxes(asked, track.entity)[:2]
        x0, y0, x1, y1 = torch.stack([now[0], now[0] - _SEEN * (now[-1] - now[0])]).unbind(1)
        high = y0.amin() - _LIMBS * (y1.amax() - y0.amin())
        inside = ((x0.amin() <= x) & (x <= x1.amax())) & ((high <= y) & (y <= y1.amax()))[:, None]
        free[inside] = 0.0
    return free


def _throws(step: float, fall: float) -> tuple[Tensor, Tensor]:
    """Speeds down and to the right in the last frame, [N, 2], and how far from there each throw was in the frames
    before and is then, [T, N, 2]."""
    down, right = torch.arange(_UPWARDS, _DOWNWARDS + 0.01, step), torch.arange(-_SIDEWAYS, _SIDEWAYS + 0.01, step)
    speeds, time = torch.cartesian_prod(down, right), torch.arange(1.0 - _SEEN, 1.0)[:, None, None]
    ways = speeds * time + 0.5 * fall * time**2 * torch.tensor([1.0, 0.0])
    far = ways[0].norm(dim=1) >= _LEAST_WAY
    return speeds[far], ways[:, far]


def _gains(frames: Tensor, place: Tensor, free: Tensor, fall: float) -> Tensor:
    """How much better the best throw that ends there explains the frames than a place where nothing moves, for the
    surroundings of every pixel of the last frame, [H, W] in -1..1."""
    still = torch.minimum((frames - place).square().sum(1), (frames - frames.median(0).values).square().sum(1)) * free
    seen, scale = torch.cat([frames, still[:, None]], 1), _FAINT**2 + still.mean()
    grid = torch.stack(torch.meshgrid(*(torch.arange(n) + 0.5 for n in free.shape), indexing="ij"), -1)
    best = torch.full_like(free, -1.0)
    for way in _throws(_COARSE, fall)[1].unbind(1):
        at = ((grid + way[:, None, None]) / torch.tensor(free.shape) * 2 - 1).flip(-1)
        pulled = F.grid_sample(seen, at, align_corners=False)
        off = (pulled[:, :3] - pulled[:, :3].mean(0)).square().sum(1)
        gain = (pulled[:, 3] - off).mean(0)
        around = F.avg_pool2d((gain / (gain.abs() + scale))[None], _THING, 1, _THING // 2)[0]
        best = torch.maximum(best, around)
    return best


def _thing(strange: Tensor, middle: tuple[int, int]) -> Tensor:
    """Mask bool [H, W] of what hangs together around a pixel and is as unlike the place as it."""
    y, x = ((torch.arange(n) - at).abs() for n, at in zip(strange.shape, middle, strict=True))
    away = torch.maximum(y[:, None], x)
    near = (strange > 0.5 * strange[away <= 2].quantile(0.75)) & (away <= _REACH)
    thing = near & (away <= 2)
    for _ in range(2 * _REACH):
        thing = (F.max_pool2d(thing[None].float(), 3, 1, 1)[0] > 0) & near
    return thing


def _extent(mask: Tensor) -> list[tuple[int, int]]:
    """First row and column of a mask, and those after the last."""
    return [(int(at.min()), int(at.max()) + 1) for at in mask.nonzero(as_tuple=True)]


def _thrown(frames: Tensor, place: Tensor, mask: Tensor, fall: float) -> tuple[Tensor, float]:
    """Speed down and to the right of the masked thing of the last frame, [2], and how much of what is not the place
    it explains on its way there, ..1. What is beyond the edge says nothing."""
    (top, bottom), (left, right) = _extent(mask)
    weight = mask[top:bottom, left:right].float().expand(1, 3, -1, -1)
    cut = frames[-1:, :, top:bottom, left:right]
    beyond = int((_SEEN - 1) * _DOWNWARDS)
    wide, strange, inside = (F.pad(p, (beyond,) * 4) for p in (frames, frames - place, torch.ones_like(frames[:1])))
    unlike = F.conv2d(wide**2, weight) - 2 * F.conv2d(wide, weight * cut) + F.conv2d(inside, weight * cut**2)
    costs = torch.cat([unlike, F.conv2d(strange**2, weight)], 1)[:-1]
    speeds, ways = _throws(_FINE, fall)
    at = ways[:-1] + torch.tensor([top, left]) + beyond + 0.5
    grid = (at / torch.tensor(costs.shape[-2:]) * 2 - 1).flip(-1)[:, None]
    as_thing, as_place = F.grid_sample(costs, grid, padding_mode="border", align_corners=False).sum(0)[:, 0]
    best = int((as_thing - as_place).argmin())
    return speeds[best], 1 - float(as_thing[best] / as_place[best].clamp_min(1e-6))


def _track(asked: Conditioning, camera: CameraKey, mask: Tensor, velocity: Tensor, share: float) -> Track:
    """The rest of a throw of a thing that has a ``share`` of the height of figures on its sheet."""
    (top, bottom), (left, right) = _extent(mask)
    (height, width), (down, along) = mask.shape, velocity.tolist()
    flying = _IN_THE_AIR.model_copy(
        update={
            "x": camera.x + ((left + right) / 2 / width - 0.5) / camera.zoom,
            "y": camera.y + (bottom / height - 0.5) / camera.zoom,
            "vx": along / width / camera.zoom * asked.fps,
            "vy": down / height / camera.zoom * asked.fps,
            "height": (bottom - top) / height / camera.zoom / share,
        }
    )
    return prop_track(FLYING, flying, (torch.arange(min(asked.frames, 64)) + 1) / asked.fps)


def _sheet(cut: Tensor, mask: Tensor, share: float) -> Tensor:
    """The cut [3, h, w] standing on the ground of a sheet, a ``share`` as high as figures are."""
    sheet = torch.tensor(SHEET_GROUND)[:, None, None].repeat(1, _SHEET, _SHEET)
    height = round(share * SHEET_HEIGHT * _SHEET)
    size = height, max(round(height * cut.shape[2] / cut.shape[1]), 1)
    large, shown = (
        F.interpolate(t[None], size, mode="bilinear", align_corners=False)[0] for t in (cut, mask[None].float())
    )
    foot, left = round(SHEET_FOOT * _SHEET), (_SHEET - size[1]) // 2
    part = sheet[:, foot - height : foot, left : left + size[1]]
    part.copy_(torch.where(shown > 0.5, large, part))
    return (sheet * 255).round().to(torch.uint8)
