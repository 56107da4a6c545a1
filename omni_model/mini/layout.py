"""The layout: references laid where the staging puts them, as a rough collage for every latent frame.

The staging says where each pixel of each frame lies on the plate and on each sheet, so the references can be
pulled into place: the plate under the camera, the sheets on their tracks, lifted, leaning, crouching and with their
limbs as the action says (:mod:`omni_model.mini.puppet`), unlit; before a clip that is edited, where there is one. The
network sees the collages beside the noisy latent of each target row; what is left to learn is the drawing: bodies,
light, weather, depth. A clip that is edited lies on the target just as exactly, and is told in the same way. The
network may also copy: its last layer says, row by row, what of each layer goes straight into the picture.

Shapes: B samples, T frames, F latent frames, S subject slots, H x W pixels, C latent channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.mini.puppet import puppet
from omni_model.mini.rows import coordinates, to_rows, upright
from omni_model.mini.vae import GROUP, SPATIAL, VideoVAE
from omni_model.motion.poses import BODY, CROUCHED

FRAMES_AT_ONCE = 128
"""Frames of a clip that are worked on together: what bounds the memory of long ones."""
LAYERS = 3
"""Of a layout: the place, the subjects before it, and the clip that is edited."""


def collages(
    plate: Tensor | None,
    sheets: list[Tensor | None],
    tracks: Tensor,
    camera: Tensor,
    size: tuple[int, int],
    source: Tensor | None = None,
    nearness: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Two pictures in -1..1 per frame, each [B, T, 3, H, W], 0 where nothing is known: the place alone, and the cast,
    cut out of their sheets, before the place or before the clip that is edited, ``source`` [B, T, 3, H, W].

    ``plate`` [B, 3, h, w] and ``sheets`` (one per slot) [B, 3, s, s] in -1..1; ``tracks`` [B, T, S, TRACK] (height 0:
    not staged) and ``camera`` [B, T, 3] as for anchors; ``size`` is H and W. Whoever stands farther down is nearer;
    ``nearness`` [B, S] is that of the whole clip, where these are some of its frames.
    """
    nearness = nearness_of(tracks) if nearness is None else nearness
    parts = [
        _collage(plate, sheets, tracks[:, at], camera[:, at], size, None if source is None else source[:, at], nearness)
        for at in frame_chunks(camera.shape[1])
    ]
    place, cast = (join_chunks(part, 1) for part in zip(*parts, strict=True))
    return place, cast


def nearness_of(tracks: Tensor) -> Tensor:
    """How near whoever has each slot stands on the mean of a clip, [B, S], of tracks [B, T, S, TRACK]."""
    return tracks[..., 1].mean(1)


def _collage(
    plate: Tensor | None,
    sheets: list[Tensor | None],
    tracks: Tensor,
    camera: Tensor,
    size: tuple[int, int],
    source: Tensor | None,
    nearness: Tensor,
) -> tuple[Tensor, Tensor]:
    """Some frames of :func:`collages`."""
    height, width = size
    place = torch.zeros(*camera.shape[:2], 3, height, width, device=camera.device)
    standing = upright(tracks).clone()
    standing[..., 3 + BODY] = 0.0  # a crouch is the puppet's affair
    uv = coordinates(camera, standing, height, width, width / height)
    if plate is not None:
        place = _pulled(plate, uv[..., 0, :])
    cast = place if source is None else source
    cast = cast.movedim(2, -1).contiguous().clone()
    for nearer in nearness.argsort(dim=1, stable=True).unbind(1):
        for slot, sheet in enumerate(sheets):
            if sheet is not None:
                at, track = uv[..., slot + 1, :], tracks[:, :, slot]
                staged = (track[..., 2] > 0) & (nearer == slot)[:, None]
                seen = ((at - 0.5).abs() <= 0.5).all(-1) & staged[..., None, None]
                which, frame, _, _ = seen.nonzero(as_tuple=True)
                pose = track[which, frame, 3 + BODY :]
                figure = puppet(sheet, which, at[seen], pose[:, 0] / CROUCHED, pose[:, 1:])
                cast[seen] = torch.lerp(cast[seen], figure[:, :3], figure[:, 3:])
    return place, cast.movedim(-1, 2)


def frame_chunks(frames: int, most: int = FRAMES_AT_ONCE) -> Iterator[slice]:
    """The frames of a clip in order, at most so many at once."""
    return (slice(at, min(at + most, frames)) for at in range(0, frames, most))


def join_chunks(parts: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The parts one after the other; one alone as it lies in memory, which sums over it depend on in their last bit."""
    return torch.cat(list(parts), dim) if len(parts) > 1 else parts[0]


def _pulled(image: Tensor, uv: Tensor) -> Tensor:
    """Pixels of images [B, C, h, w] at uv [B, F, H, W, 2] (0..1) -> [B, F, C, H, W]."""
    batch, frames, height, width = uv.shape[:4]
    flat = F.grid_sample(image, uv.flatten(1, 2) * 2 - 1, padding_mode="border", align_corners=False)
    return flat.view(batch, -1, frames, height, width).transpose(1, 2)


def layout_rows(vae: VideoVAE, pictures: Sequence[Tensor], source: Tensor | None) -> Tensor:
    """What each target row is told, [B, F h w, LAYERS C]: the latents of its cells of the collages [B, 4F, 3, H, W] and
    of the clip that is edited, ``source`` [B, F, C, h, w]; 0 where there is nothing."""
    layers = [vae.project(picture) * _known(picture) for picture in pictures]
    layers.append(torch.zeros_like(layers[0]) if source is None else source)
    return torch.cat([to_rows(layer) for layer in layers], -1)


def _known(picture: Tensor) -> Tensor:
    """Cells in which a collage [B, 4F, 3, H, W] shows anything, [B, F, 1, h, w]."""
    shown = (picture != 0).any(2).view(len(picture), -1, GROUP, *picture.shape[3:]).any(2)
    return F.max_pool2d(shown.float(), SPATIAL)[:, :, None]


def grouped_frames(latent_frames: Tensor) -> Tensor:
    """The frames [..., 4 F] that latent frames [..., F] of a clip show: 4k - 3 to 4k, and for 0 the first repeated."""
    frames = GROUP * latent_frames[..., None] - torch.arange(GROUP - 1, -1, -1, device=latent_frames.device)
    return frames.clamp_min(0).flatten(-2)
