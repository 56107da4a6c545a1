"""Rows: every condition and the target itself as tokens of one sequence.

A reference image, an earlier clip, a given last frame: each becomes :class:`Rows`, latent
cells with their own noise level, place in space-time and role. The network knows rows only; no kind of
conditioning is a special case in it.

Staging is dense: every row carries, for the plate (index 0) and for each subject (1..S), its coordinates
*on that reference image*. A sheet shows its entity at x = 0.5 with the feet at y = 0.92 and 0.8 of the
square tall, so a target row that lies on a staged body knows which part of the sheet it must look like.

Shapes: B samples, N rows, F latent frames of h x w cells, T = 4F - 3 frames, C latent channels, S slots.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import torch
from torch import Tensor

from omni_model.mini.vae import group_frames
from omni_model.motion.poses import BODY, INERT, LIMBS
from omni_model.spec.conditioning import SHEET_FOOT, SHEET_HEIGHT

TRACK = 4 + BODY + LIMBS
"""Numbers of a track at one moment: x, y, height, facing, the body's motion, and its limbs."""
ANCHOR = 6
"""Numbers of an anchor: u, v (0..1 on the reference), their change over the latent frame, log2 of the
scale (image heights here per image height there), and nearness (0 = unknown or elsewhere .. 1)."""
_SPAN = 8.0
"""The height of any picture in position units; one cell at 64 pixels."""
_FAR, _APART = -24.0, -8.0
"""Times of the plate, and between one reference and the next."""
_MARGIN, _SOFTNESS = 0.15, 0.2


class Role(IntEnum):
    """What a row is to the target."""

    REFERENCE = 0
    CONTEXT = 1
    STILL = 2
    TARGET = 3


@dataclass(frozen=True)
class Rows:
    """N rows of B samples."""

    latent: Tensor
    """[B, N, C], at noise level ``sigma``."""
    sigma: Tensor
    """[B, N], 0 (clean) .. 1 (noise)."""
    position: Tensor
    """[B, N, 3]: time in latent frames (target >= 0, before it < 0, references far before), y, x."""
    role: Tensor
    """[B, N] long, a :class:`Role`."""
    anchors: Tensor
    """[B, N, S + 1, 6], see ``ANCHOR``."""
    valid: Tensor
    """[B, N]: bool, or float as a weight of attention; nothing attends to rows of 0, which are padding, and a
    row of weight 2 counts as if it were there twice."""

    @staticmethod
    def cat(*parts: Rows) -> Rows:
        """The rows of all parts, in order, for the same samples."""
        return Rows(*(torch.cat([getattr(part, f.name) for part in parts], 1) for f in fields(Rows)))

    def to(self, device: torch.device | str) -> Rows:
        return Rows(*(getattr(self, f.name).to(device) for f in fields(Rows)))


def to_rows(latents: Tensor) -> Tensor:
    """[B, F, C, h, w] -> [B, F h w, C]."""
    return latents.permute(0, 1, 3, 4, 2).flatten(1, 3)


def from_rows(rows: Tensor, height: int, width: int) -> Tensor:
    """[B, F h w, C] -> [B, F, C, h, w]."""
    return rows.view(len(rows), -1, height, width, rows.shape[-1]).permute(0, 1, 4, 2, 3)


def _centres(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cell centres as shares of the picture, y and x, [h, w] each."""
    y, x = ((torch.arange(n, device=device) + 0.5) / n for n in (height, width))
    return y[:, None].expand(height, width), x[None].expand(height, width)


def _positions(times: Tensor, height: int, width: int) -> Tensor:
    """[B, F] -> [B, F, h, w, 3]; the picture's middle is the origin, its height is ``_SPAN``."""
    y, x = _centres(height, width, times.device)
    place = torch.stack([(y - 0.5) * _SPAN, (x - 0.5) * _SPAN * width / height], -1)
    place = place.expand(*times.shape, height, width, 2)
    return torch.cat([times[..., None, None, None].expand(*times.shape, height, width, 1), place], -1)


def _rows(latents: Tensor, sigma: Tensor, times: Tensor, role: Role, anchors: Tensor, valid: Tensor | None) -> Rows:
    """``sigma`` [B]; ``times`` [F] or [B, F]; ``anchors`` [B, F, h, w, S+1, 6]; ``valid`` [B]."""
    batch, frames, _, height, width = latents.shape
    latent = to_rows(latents)
    times = times.to(latent).expand(batch, frames)
    valid = torch.ones(batch, dtype=torch.bool, device=latent.device) if valid is None else valid
    return Rows(
        latent=latent,
        sigma=sigma.to(latent)[:, None].expand(latent.shape[:2]),
        position=_positions(times, height, width).flatten(1, 3),
        role=torch.full(latent.shape[:2], role, device=latent.device),
        anchors=anchors.flatten(1, 3),
        valid=valid[:, None].expand(latent.shape[:2]),
    )


def reference_rows(latents: Tensor, slot: int, slots: int, valid: Tensor | None = None) -> Rows:
    """A plate (``slot`` 0) or a subject's sheet (1..S) from its latent [B, C, h, w].

    ``valid`` [B], bool or a weight, says which samples have this reference; others carry padding.
    """
    batch, _, height, width = latents.shape
    device = latents.device
    y, x = _centres(height, width, device)
    anchors = torch.zeros(batch, 1, height, width, slots + 1, ANCHOR, device=device)
    anchors[..., slot, 0], anchors[..., slot, 1], anchors[..., slot, 5] = x, y, 1.0
    clean, time = torch.zeros(batch, device=device), torch.tensor([_FAR + _APART * slot], device=device)
    return _rows(latents[:, None], clean, time, Role.REFERENCE, anchors, valid)


def context_rows(
    latents: Tensor,
    times: Tensor,
    slots: int,
    role: Role = Role.CONTEXT,
    anchors: Tensor | None = None,
    valid: Tensor | None = None,
) -> Rows:
    """Clean latents [B, F, C, h, w] at known times [F] or [B, F], in latent frames of the target.

    What came before has times ..., -2, -1. A still, the given last frame or the first of the clip that follows,
    has the time of the latent frame that it ends, or would begin, and ``Role.STILL``.
    """
    batch, frames, _, height, width = latents.shape
    if anchors is None:
        anchors = torch.zeros(batch, frames, height, width, slots + 1, ANCHOR, device=latents.device)
    return _rows(latents, torch.zeros(batch, device=latents.device), times, role, anchors, valid)


def target_rows(latents: Tensor, sigma: Tensor, anchors: Tensor, start: Tensor | None = None) -> Rows:
    """Latents [B, F, C, h, w] at noise level ``sigma`` [B], with their anchors, at times ``start`` [B]
    (default 0) to start + F - 1 of their shot."""
    times = torch.arange(latents.shape[1], device=latents.device).expand(latents.shape[:2])
    if start is not None:
        times = times + start[:, None]
    return _rows(latents, sigma, times, Role.TARGET, anchors, None)


def sample_keys(keys: Tensor, times: Tensor) -> Tensor:
    """Values [T, D] at ``times`` [T] of keys [K, 1 + D] (time first, ascending): linear between keys,
    constant outside them."""
    moments, values = keys[:, 0].contiguous(), keys[:, 1:]
    after = torch.searchsorted(moments, times.contiguous()).clamp(max=len(moments) - 1)
    before = (after - 1).clamp(min=0)
    span = moments[after] - moments[before]
    share = ((times - moments[before]) / span.clamp(min=1e-9)).clamp(0.0, 1.0)
    return torch.lerp(values[before], values[after], share[:, None])


def _moments(values: Tensor, weight: Tensor) -> Tensor:
    """Per-frame [B, T, ..., D] -> per latent frame [B, F, 3, ..., D]: its mean, its first and its last
    frame. ``weight`` [B, T, ...] says which frames count."""
    groups, weight = group_frames(values), group_frames(weight)[..., None]
    mean = (groups * weight).sum(2) / weight.sum(2).clamp(min=1.0)
    return torch.stack([mean, groups[:, :, 0], groups[:, :, -1]], 2)


def _nearness(u: Tensor, v: Tensor) -> Tensor:
    """1 on the reference image and a margin around it, falling softly to 0."""
    outside = ((u - 0.5).abs() - 0.5 - _MARGIN).clamp(min=0), ((v - 0.5).abs() - 0.5 - _MARGIN).clamp(min=0)
    return torch.exp(-(outside[0] ** 2 + outside[1] ** 2) / _SOFTNESS**2)


def coordinates(camera: Tensor, tracks: Tensor, height: int, width: int, aspect: float) -> Tensor:
    """Where every cell lies on the plate and on each sheet: [..., 3], [..., S, TRACK] -> [..., h, w, S+1, 2].

    A sheet shows its entity upright; the body's lift, lean, shift and sink are undone on the way to it.
    """
    fy, fx = _centres(height, width, camera.device)
    cx, cy, zoom = camera[..., None, None, :].unbind(-1)
    stage_x, stage_y = cx + (fx - 0.5) / zoom, cy + (fy - 0.5) / zoom
    plate = torch.stack([stage_x, stage_y], -1)[..., None, :]
    x, y, tall, facing, lift, lean, shift, sink = tracks[..., None, None, :, : 4 + BODY].unbind(-1)
    across = torch.where(facing < 0, -1.0, 1.0) * aspect * (stage_x[..., None] - x) / tall + shift
    down = (stage_y[..., None] - y) / tall + lift
    down = torch.where(down < 0, down - sink, down)  # what is below the feet stays below them
    cosine, sine = lean.cos(), lean.sin()
    u = 0.5 + SHEET_HEIGHT * (across * cosine + down * sine)
    v = SHEET_FOOT + SHEET_HEIGHT * (down * cosine - across * sine)
    return torch.cat([plate, torch.stack([u, v], -1)], -2)


def upright(tracks: Tensor) -> Tensor:
    """Tracks [..., TRACK] with those that are not staged (height 0) standing somewhere: nothing divides by 0."""
    return torch.where(tracks[..., 2:3] > 0, tracks, torch.tensor((0.0, 0.0, 1.0, 1.0, *INERT), device=tracks.device))


def target_anchors(tracks: Tensor, camera: Tensor, height: int, width: int, aspect: float) -> Tensor:
    """Anchors [B, F, h, w, S + 1, 6] of a grid of ``height`` x ``width`` cells.

    ``tracks`` [B, T, S, TRACK] in stage coordinates at each frame; a height of 0 means that it is not staged
    there. ``camera`` [B, T, 3]: x, y, zoom. ``aspect``: the picture's width over its height. A latent frame takes
    its middle from its frames' mean and its motion from its first to its last frame.
    """
    staged = tracks[..., 2] > 0
    present = group_frames(staged).float()
    subjects = upright(_moments(upright(tracks), staged.float()))
    window = _moments(camera, torch.ones_like(camera[..., 0]))
    middle, first, last = coordinates(window, subjects, height, width, aspect).unbind(2)
    moves = torch.cat([torch.ones_like(present[:, :, 0, :1]), present[:, :, 0] * present[:, :, -1]], -1)
    near = torch.cat([torch.ones_like(present[:, :, 0, :1]), present.mean(2)], -1)[:, :, None, None]
    zoom, tall = window[:, :, 0, 2:], subjects[:, :, 0, :, 2]
    scale = torch.cat([zoom, tall * zoom / SHEET_HEIGHT], -1).log2()[:, :, None, None]
    return torch.cat(
        [
            middle,
            (last - first) * moves[:, :, None, None, :, None],
            scale.expand(middle.shape[:-1])[..., None],
            (_nearness(*middle.unbind(-1)) * near)[..., None],
        ],
        -1,
    )


def drop_anchors(anchors: Tensor, keep: Tensor) -> Tensor:
    """``anchors`` [B, ..., S + 1, 6] with those forgotten that ``keep`` [B, S + 1] (bool) does not hold."""
    middle = (1,) * (anchors.dim() - 3)
    return anchors * keep.view(keep.shape[0], *middle, keep.shape[1], 1)
