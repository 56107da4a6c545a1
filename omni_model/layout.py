"""The layout: references laid where the staging puts them, as a rough collage for every latent frame.

The anchors say where each cell lies on the plate and on each sheet. Read at pixel resolution they are a map
from the frame to the references, so the references can be pulled into place: the plate under the camera, the
sheets on their tracks, unlit, unposed, ground and all. The network sees both collages beside the noisy latent
of each target row; what is left to learn is the drawing: pose, light, weather, depth.

Shapes: B samples, F latent frames, S subject slots, H x W pixels, C latent channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.rows import to_rows
from omni_model.vae import VideoVAE

COLLAGES = 2
"""The place, and the subjects on it."""


def _pulled(image: Tensor, uv: Tensor) -> Tensor:
    """Pixels of images [B, 3, h, w] at uv [B, F, H, W, 2] (0..1) -> [B, F, 3, H, W]."""
    batch, frames, height, width = uv.shape[:4]
    flat = F.grid_sample(image, uv.flatten(1, 2) * 2 - 1, padding_mode="border", align_corners=False)
    return flat.view(batch, 3, frames, height, width).transpose(1, 2)


def collages(plate: Tensor | None, sheets: list[Tensor | None], anchors: Tensor) -> tuple[Tensor, Tensor]:
    """Two still pictures in -1..1 per latent frame, each [B, F, 3, H, W], 0 where nothing is known.

    ``plate`` [B, 3, h, w] and ``sheets`` (one per slot) [B, 3, s, s] in -1..1; ``anchors`` [B, F, H, W, S+1, 6]
    at pixel resolution. Later slots cover earlier ones.
    """
    shape = (*anchors.shape[:2], 3, *anchors.shape[2:4])
    place, cast = torch.zeros(shape), torch.zeros(shape)
    if plate is not None:
        place = _pulled(plate, anchors[..., 0, :2])
    for slot, sheet in enumerate(sheets, 1):
        if sheet is not None:
            u, v, near = anchors[..., slot, 0], anchors[..., slot, 1], anchors[..., slot, 5]
            on_sheet = ((u - 0.5).abs() <= 0.5) & ((v - 0.5).abs() <= 0.5) & (near > 0)
            cast = torch.where(on_sheet[:, :, None], _pulled(sheet, anchors[..., slot, :2]), cast)
    return place, cast


@torch.no_grad()
def layout_rows(vae: VideoVAE, place: Tensor, cast: Tensor) -> Tensor:
    """Collages [B, F, 3, H, W] as stills through the autoencoder -> [B, F h w, 2 C], one row per target row."""
    batch, frames = place.shape[:2]
    stills = torch.cat([place, cast]).flatten(0, 1)[:, None]
    latents = vae.encode(stills)[:, 0]
    parts = latents.view(COLLAGES, batch, frames, *latents.shape[1:])
    return torch.cat([to_rows(part) for part in parts], -1)
