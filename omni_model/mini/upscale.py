"""The upscaler: a base clip becomes four times larger each way, with crisp edges and the right faces.

It works at the base resolution, where convolutions are cheap, and unfolds its last layer into pixels. Each
frame sees its neighbours, so that what moves stays steady, and the layout: the plate and the sheets pulled to
where they lie in the frame, which know more of a small face than the base clip does.

Shapes: T frames, H x W base pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from omni_model.mini.vae import pixels_of
from omni_model.spec.conditioning import Frozen
from omni_model.weights.io import load_network, save_weights
from omni_model.weights.precision import autocast

SCALE = 4
HINT_SCALE = 2
"""The layout is pulled at this multiple of the base resolution."""
HINTS = 2
"""Pictures of the layout that are seen: the place, and the cast before it."""
_NEIGHBOURS = 3
_CHUNK = 8
"""Frames enlarged at once."""


class UpscalerConfig(Frozen):
    width: Annotated[int, Field(ge=8, le=512)] = 48
    depth: Annotated[int, Field(ge=1, le=32)] = 5
    """Residual blocks."""


class UpscalerNet(nn.Module):
    """Neighbouring frames and hints in -1..1 -> the frame, enlarged."""

    def __init__(self, config: UpscalerConfig) -> None:
        super().__init__()
        self.config = config
        width, seen = config.width, 3 * _NEIGHBOURS + 3 * HINTS * HINT_SCALE**2
        self.read = nn.Conv2d(seen, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1))
            for _ in range(config.depth)
        )
        self.write = nn.Conv2d(width, 3 * SCALE**2, 3, padding=1)
        nn.init.zeros_(self.write.weight)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, frames: Tensor, hints: Tensor) -> Tensor:
        """``frames`` [B, 3, 3, H, W] (before, this, after), ``hints`` [B, 6, 2H, 2W] -> [B, 3, 4H, 4W]."""
        folded = F.pixel_unshuffle(hints, HINT_SCALE)
        x = self.read(torch.cat([frames.flatten(1, 2), folded], 1).contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            x = x + block(F.relu(x))
        smooth = F.interpolate(frames[:, 1], scale_factor=SCALE, mode="bilinear", align_corners=False)
        detail: Tensor = F.pixel_shuffle(self.write(F.relu(x)), SCALE)
        return smooth + detail


def neighbours(frames: Tensor, at: slice = slice(None)) -> Tensor:
    """Of the frames ``at`` some place in [T, 3, H, W], [t, 3, 3, H, W]: the frame before, the frame and the one after;
    the ends of the clip repeat."""
    now = torch.arange(len(frames), device=frames.device)[at]
    return torch.stack([frames[(now + by).clamp(0, len(frames) - 1)] for by in (-1, 0, 1)], 1)


class Upscaler:
    """A trained network that finishes clips. ``digest`` names its weights."""

    def __init__(self, net: UpscalerNet, digest: str = "") -> None:
        self.net = net.eval().requires_grad_(False)
        self.digest = digest

    @classmethod
    def load(cls, path: Path) -> Upscaler:
        """Raises WeightsError, and MissingWeights without the file."""
        net, _, digest = load_network(path, UpscalerConfig, UpscalerNet)
        return cls(net, digest)

    def save(self, path: Path) -> None:
        """Writes what :meth:`load` reads."""
        save_weights(path, self.net, self.net.config)

    @torch.inference_mode()
    def enlarge(self, frames: Tensor, hints: Tensor) -> Tensor:
        """uint8 [T, 3, H, W] and hints [T, 6, 2H, 2W] in -1..1 (0: nothing known) -> uint8 [T, 3, 4H, 4W]."""
        return torch.cat(list(self.pieces(frames, [hints])))

    def pieces(self, frames: Tensor, hints: Iterable[Tensor]) -> Iterator[Tensor]:
        """The same, a few frames at a time, with the hints of some frames at a time."""
        begin = 0
        for some in hints:
            for at in range(0, len(some), _CHUNK):
                yield self._enlarged(frames, begin + at, some[at : at + _CHUNK])
            begin += len(some)

    @torch.inference_mode()
    def _enlarged(self, frames: Tensor, begin: int, hints: Tensor) -> Tensor:
        """As many frames as there are hints, from ``begin`` on."""
        device = next(self.net.parameters()).device
        seen = neighbours(frames, slice(begin, begin + len(hints))).to(device).float() / 127.5 - 1.0
        with autocast(device=device.type):
            out = self.net(seen, hints.to(device))
        return pixels_of(out.float()).cpu()
