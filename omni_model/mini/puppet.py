"""A sheet as a puppet: its figure, cut out of the ground, with limbs and head where an action has them.

The joints are found on the sheet itself: a figure that stands shows its hands as the widest points of its sides. Arms
turn about the shoulders, the right one before the body and the left one behind it, feet are sheared away from the
hips, and the head follows the gaze. Body units: heights of the figure, x in its facing direction, y down from its feet.

Shapes: B sheets of s pixels a side, P pixels of pictures in which their figures are seen.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.spec.conditioning import SHEET_FOOT, SHEET_HEIGHT

_BODY_SINKS, _HEAD_SINKS = 0.16, 0.08
"""How far a full crouch lowers the torso, and the head on it."""
_NECK, _NAPE = 0.40, 0.12
"""Height above which the head begins, and over which it comes to follow the gaze wholly."""
_NOD = 0.06
"""How far it follows."""
_SHOULDER, _REACH, _ARM, _HANGING = -0.41, 0.25, 0.055, 0.25
"""Height of the shoulders; length, half the thickness, and angle of an arm that hangs."""
_HAND_AT = (_REACH * math.sin(_HANGING), _REACH * math.cos(_HANGING))
"""A hand that hangs, from its shoulder, outwards and down."""
_HANDS, _HAND = (-0.27, -0.16), 0.104
"""Heights between which hands hang, and how far outside of their shoulders."""
_NARROW, _WIDE, _BROAD = 0.12, 0.24, 0.82
"""Shoulders that a body may have, and shoulders over half the width of a torso."""
_TORSO = (-0.33, 0.25)
"""Middle and half the height of a torso."""
_HIP, _SOLE, _LEG, _APART = -0.18, -0.045, 0.05, 0.55
"""Heights of hips and feet; half the thickness of a leg, and its distance from the middle over a shoulder's."""
_KNEE = -0.10
"""Height below which a sheet shows legs beside the torso."""
_SOFT = 0.03
"""Of the edges of limbs."""
_STILL = 0.06
"""Most that a limb moves and may be left as it is: radians of an arm, heights of a leg."""
_UNLIKE = 0.10
"""Least difference of two sheets, 0..1, that shows something more."""
_PLAIN = 0.055
"""Most that the plain ground of a sheet differs from its border's median, of 2."""


def matte(sheets: Tensor) -> Tensor:
    """How much of each pixel is the character and not the plain ground: [B, 1, s, s] in 0..1 of [B, 3, s, s] in -1..1.

    The ground is what is as plain as the border and connected to it; a white belly inside an outline is no ground.
    """
    border = torch.ones_like(sheets[:, :1], dtype=torch.bool)
    border[..., 1:-1, 1:-1] = False
    ground = sheets.masked_select(border).view(*sheets.shape[:2], -1).median(-1).values[..., None, None]
    smooth = F.avg_pool2d(sheets, 3, 1, 1, count_include_pad=False)
    plain = (smooth - ground).abs().amax(1, keepdim=True) < _PLAIN
    outside = plain & border
    for _ in range(sheets.shape[-1]):
        outside = _grown(outside) & plain
    return 1.0 - _grown(outside).to(sheets)  # the blurred rim goes with the ground


def _grown(mask: Tensor) -> Tensor:
    """bool [..., s, s] with every pixel beside one of it."""
    for dim in (-2, -1):
        some, grown = mask.shape[dim] - 1, mask.clone()
        grown.narrow(dim, 1, some).logical_or_(mask.narrow(dim, 0, some))
        grown.narrow(dim, 0, some).logical_or_(mask.narrow(dim, 1, some))
        mask = grown
    return mask


def difference(plain: Tensor, dressed: Tensor) -> Tensor:
    """A sheet that shows only what ``dressed`` has beyond ``plain``, where it is worn; uint8 [3, s, s] each."""
    off = ((dressed.float() - plain.float()).abs().amax(0) > _UNLIKE * 255)[None].float()
    here = F.max_pool2d((F.avg_pool2d(off, 3, 1, 1) > 1 / 3).float(), 3, 1, 1)[0] > 0
    ground = torch.cat([dressed[:, 0], dressed[:, -1]], 1).median(1).values
    return torch.where(here, dressed, ground[:, None, None])


def puppet(sheets: Tensor, which: Tensor, at: Tensor, crouch: Tensor, limbs: Tensor) -> Tensor:
    """The figures of sheets [B, 3, s, s] in -1..1 as the limbs say, at single pixels: colours and coverage [P, 4].

    ``which`` [P] names the sheet of each pixel, and ``at`` [P, 2] where on it the pixel lies, 0..1, for the body as a
    whole, before it crouches; ``crouch`` [P] in 0..1 and ``limbs`` [P, LIMBS] are those of its moment.
    """
    cut = torch.cat([sheets, matte(sheets)], 1)
    pixels, shoulder = _Pixels(cut, which), _shoulders(cut[:, 3])[which]
    stride, left, right, gaze, alive = limbs.unbind(-1)
    x, y = (at[:, 0] - 0.5) / SHEET_HEIGHT, (at[:, 1] - SHEET_FOOT) / SHEET_HEIGHT
    sunk = y - _BODY_SINKS * crouch
    head = ((-_NECK - sunk) / _NAPE).clamp(0.0, 1.0)
    torso = pixels(x - _NOD * gaze * alive * head, sunk - _HEAD_SINKS * crouch * head)
    beside = ((x * _BROAD / shoulder) ** 2 + ((sunk - _TORSO[0]) / _TORSO[1]) ** 2 > 1.0).float()
    strode = _moved(torch.maximum(stride.abs(), crouch)) * alive
    gone = strode * (sunk > _KNEE)
    for side, angle in ((-1.0, left), (1.0, right)):
        arm = _capsule(*_from_shoulder(x, sunk, shoulder, side), *_HAND_AT, _ARM)
        gone = torch.maximum(gone, arm * _moved(angle - _HANGING) * alive)
    torso = _shown(torso, 1.0 - gone * beside)
    legs = [_shown(_leg(pixels, x, y, shoulder, stride, crouch, side), strode) for side in (-1.0, 1.0)]
    behind, before = (
        _shown(_arm(pixels, x, sunk, shoulder, angle, side), alive) for side, angle in ((-1.0, left), (1.0, right))
    )
    drawn = behind
    for part in (*legs, torso, before):
        drawn = _over(part, drawn)
    return drawn


class _Pixels:
    """Looks up pixels of pictures [B, C, s, s]: of ``which`` [P] of them, at body coordinates [P] -> [P, C]."""

    def __init__(self, pictures: Tensor, which: Tensor) -> None:
        self._count, self._which, self._edge = len(pictures), which, 0.5 / pictures.shape[-1]
        self._stack = pictures.transpose(0, 1).flatten(1, 2)[None]

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        u, v = 0.5 + SHEET_HEIGHT * x, SHEET_FOOT + SHEET_HEIGHT * y
        v = (self._which + v.clamp(self._edge, 1.0 - self._edge)) / self._count
        grid = torch.stack([u, v], -1)[None, None] * 2 - 1
        return F.grid_sample(self._stack, grid, padding_mode="border", align_corners=False)[0, :, 0].T


def _shoulders(cover: Tensor) -> Tensor:
    """[B]: how far from the middle the shoulders are, by how far hands reach out; from coverage [B, s, s]."""
    side = cover.shape[-1]
    high, low = (round((SHEET_FOOT + SHEET_HEIGHT * y) * side) for y in _HANDS)
    across = ((torch.arange(side, device=cover.device) + 0.5) / side - 0.5) / SHEET_HEIGHT
    reach = (cover[:, high:low] * across).amax((1, 2))
    return (reach - _HAND).clamp(_NARROW, _WIDE)


def _from_shoulder(x: Tensor, y: Tensor, shoulder: Tensor, side: float) -> tuple[Tensor, Tensor]:
    """Outwards and down from a shoulder."""
    return side * x - shoulder, y - _SHOULDER


def _moved(by: Tensor) -> Tensor:
    """0 for a limb that is where it is on the sheet, 1 for one that is elsewhere."""
    return (by.abs() / _STILL - 0.5).clamp(0.0, 1.0)


def _shown(part: Tensor, share: Tensor) -> Tensor:
    """A share [P] of what a part [P, 4] covers."""
    return torch.cat([part[:, :3], part[:, 3:] * share[:, None]], 1)


def _capsule(x: Tensor, y: Tensor, ex: Tensor | float, ey: Tensor | float, radius: float) -> Tensor:
    """How much of each pixel a limb covers that goes from the origin to (ex, ey)."""
    along = ((x * ex + y * ey) / (ex * ex + ey * ey + 1e-6)).clamp(0.0, 1.0)
    return ((radius - torch.hypot(x - along * ex, y - along * ey)) / _SOFT + 0.5).clamp(0.0, 1.0)


def _arm(pixels: _Pixels, x: Tensor, y: Tensor, shoulder: Tensor, angle: Tensor, side: float) -> Tensor:
    """An arm cut out of the sheet and turned about its shoulder."""
    turn = angle - _HANGING
    dx, dy = _from_shoulder(x, y, shoulder, side)
    rx, ry = dx * turn.cos() - dy * turn.sin(), dx * turn.sin() + dy * turn.cos()
    return _shown(pixels(side * (rx + shoulder), ry + _SHOULDER), _capsule(rx, ry, *_HAND_AT, _ARM))


def _leg(
    pixels: _Pixels, x: Tensor, y: Tensor, shoulder: Tensor, stride: Tensor, crouch: Tensor, side: float
) -> Tensor:
    """A leg from the hip to where its foot strides, in the colour of the foot on the sheet."""
    hip, apart = (_HIP + _BODY_SINKS * crouch).clamp(max=_SOLE), _APART * shoulder
    foot = pixels(side * apart, torch.full_like(apart, _SOLE))
    return _shown(foot, _capsule(side * x - apart, y - hip, stride, _SOLE - hip, _LEG))


def _over(top: Tensor, below: Tensor) -> Tensor:
    """Colours and coverage of one part before another (Porter and Duff)."""
    lower = below[:, 3:] * (1.0 - top[:, 3:])
    cover = top[:, 3:] + lower
    colour = (top[:, :3] * top[:, 3:] + below[:, :3] * lower) / cover.clamp_min(1e-6)
    return torch.cat([colour, cover], 1)
