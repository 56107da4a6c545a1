"""The layout: references laid where the staging puts them, as a rough collage for every latent frame.

The staging says where each pixel of each frame lies on the plate and on each sheet, so the references can be
pulled into place: the plate under the camera, the sheets on their tracks, lifted, leaning and crouching as the
action says, cut out of their ground, unlit. A third picture shows the pose: a mannequin's limbs and face, a colour for
each, where the action has them. The network sees the collages beside the noisy
latent of each target row; what is left to learn is the drawing: bodies, light, weather, depth. A clip that is edited
lies on the target just as exactly, and is told in the same way. The network may also copy: its last layer opens
gates, channel by channel, through which a layer of the layout goes straight into the picture.

Shapes: B samples, T frames, F latent frames, S subject slots, H x W pixels, C latent channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.choreography import BODY
from omni_model.conditioning import SHEET_FOOT, SHEET_HEIGHT
from omni_model.rows import coordinates, to_rows, upright
from omni_model.vae import GROUP, VideoVAE

_REACH = 0.25
"""Length of an arm."""
_SOFT = 0.04
"""How gradually a limb ends."""
_LIMB_COLOURS = ((-1.0, -1.0, 1.0), (-1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (1.0, 1.0, -1.0), (1.0, 1.0, 1.0))
_PLAIN = 0.055
"""Most that the plain ground of a sheet differs from its border's median, of 2."""
LAYERS = 4
"""Of a layout: the place, the subjects before it, their poses, and the clip that is edited."""
_Point = tuple[Tensor | float, Tensor | float]


def _pulled(image: Tensor, uv: Tensor) -> Tensor:
    """Pixels of images [B, C, h, w] at uv [B, F, H, W, 2] (0..1) -> [B, F, C, H, W]."""
    batch, frames, height, width = uv.shape[:4]
    flat = F.grid_sample(image, uv.flatten(1, 2) * 2 - 1, padding_mode="border", align_corners=False)
    return flat.view(batch, -1, frames, height, width).transpose(1, 2)


def matte(sheets: Tensor) -> Tensor:
    """How much of each pixel is the character and not the plain ground: [B, 1, s, s] in 0..1 of [B, 3, s, s] in -1..1.

    The ground is what is as plain as the border and connected to it; a white belly inside an outline is no ground.
    """
    border = torch.ones_like(sheets[:, :1], dtype=torch.bool)
    border[..., 1:-1, 1:-1] = False
    ground = sheets.masked_select(border).view(*sheets.shape[:2], -1).median(-1).values[..., None, None]
    smooth = F.avg_pool2d(sheets, 3, 1, 1, count_include_pad=False)
    plain = ((smooth - ground).abs().amax(1, keepdim=True) < _PLAIN).float()
    outside = plain * border
    for _ in range(sheets.shape[-1]):
        outside = F.max_pool2d(outside, 3, 1, 1) * plain
    return 1.0 - F.max_pool2d(outside, 3, 1, 1)  # the blurred rim goes with the ground


def collages(
    plate: Tensor | None, sheets: list[Tensor | None], tracks: Tensor, camera: Tensor, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Two pictures in -1..1 per frame, each [B, T, 3, H, W], 0 where nothing is known: the place alone, and the
    place with the cast before it, cut out of their sheets.

    ``plate`` [B, 3, h, w] and ``sheets`` (one per slot) [B, 3, s, s] in -1..1; ``tracks`` [B, T, S, TRACK] (height 0:
    not staged) and ``camera`` [B, T, 3] as for anchors; ``size`` is H and W. Later slots cover earlier ones.
    """
    height, width = size
    place = torch.zeros(*camera.shape[:2], 3, height, width)
    uv = coordinates(camera, upright(tracks), height, width, width / height)
    if plate is not None:
        place = _pulled(plate, uv[..., 0, :])
    cast = place
    for slot, sheet in enumerate(sheets):
        if sheet is not None:
            at = uv[..., slot + 1, :]
            on_sheet = ((at - 0.5).abs() <= 0.5).all(-1) & (tracks[:, :, slot, 2, None, None] > 0)
            figure = _pulled(torch.cat([sheet, matte(sheet)], 1), at)
            cast = torch.lerp(cast, figure[:, :, :3], figure[:, :, 3:] * on_sheet[:, :, None])
    return place, cast


def poses(tracks: Tensor, camera: Tensor, size: tuple[int, int]) -> Tensor:
    """Mannequins of the cast, [B, T, 3, H, W] in -1..1, 0 where there is none; arguments as for :func:`collages`.

    Whatever the species, limbs hang where those of most of them do. Each limb has a colour of its own, and later slots
    cover earlier ones.
    """
    height, width = size
    uv = coordinates(camera, upright(tracks), height, width, width / height)[..., 1:, :]
    x, y = (uv[..., 0] - 0.5) / SHEET_HEIGHT, (uv[..., 1] - SHEET_FOOT) / SHEET_HEIGHT
    stride, left, right, gaze, awake, alive = tracks[..., None, None, :, 4 + BODY :].unbind(-1)
    there = alive * (tracks[..., None, None, :, 2] > 0)
    picture = torch.zeros(*uv.shape[:4], 3)
    limbs = (
        _limb(x, y, (-0.09, -0.18), (stride - 0.09, -0.045), 0.055),
        _limb(x, y, (0.09, -0.18), (stride + 0.09, -0.045), 0.055),
        _limb(x, y, (-0.16, -0.42), (-0.16 - _REACH * left.sin(), -0.42 + _REACH * left.cos()), 0.05),
        _limb(x, y, (0.16, -0.42), (0.16 + _REACH * right.sin(), -0.42 + _REACH * right.cos()), 0.05),
        _limb(x, y, (0.04 + 0.1 * gaze, -0.66), (0.04 + 0.1 * gaze, -0.66), 0.11) * awake,
    )
    for slot in range(tracks.shape[2]):
        for limb, colour in zip(limbs, _LIMB_COLOURS, strict=True):
            cover = (limb * there)[..., slot, None]
            picture = torch.lerp(picture, torch.tensor(colour), cover)
    return picture.movedim(-1, 2)


def _limb(x: Tensor, y: Tensor, top: _Point, end: _Point, radius: float) -> Tensor:
    """How much of each pixel a limb from ``top`` to ``end`` covers, 0..1; lengths in heights of the body."""
    dx, dy, ex, ey = x - top[0], y - top[1], end[0] - top[0], end[1] - top[1]
    along = ((dx * ex + dy * ey) / (ex * ex + ey * ey + 1e-6)).clamp(0.0, 1.0)
    away = torch.hypot(dx - along * ex, dy - along * ey)
    return ((radius - away) / _SOFT + 0.5).clamp(0.0, 1.0)


def layout_rows(vae: VideoVAE, pictures: Sequence[Tensor], source: Tensor | None) -> Tensor:
    """What each target row is told, [B, F h w, LAYERS C]: its cells of the collages [B, 4F, 3, H, W] in units of
    latents, and the latent of the clip that is edited, ``source`` [B, F, C, h, w]; 0 where there is nothing."""
    layers = [vae.project(picture) for picture in pictures]
    layers.append(torch.zeros_like(layers[0]) if source is None else source)
    return torch.cat([to_rows(layer) for layer in layers], -1)


def grouped_frames(latent_frames: Tensor) -> Tensor:
    """The frames [..., 4 F] that latent frames [..., F] of a clip show: 4k - 3 to 4k, and for 0 the first repeated."""
    frames = GROUP * latent_frames[..., None] - torch.arange(GROUP - 1, -1, -1)
    return frames.clamp_min(0).flatten(-2)
