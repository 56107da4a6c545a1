"""The causal video autoencoder: pixels <-> latents, eight times smaller each way and four in time.

``torch.nn.Conv3d`` is slow on CPUs, so time lives in the channels: four frames make one group, and a
group is what a 2D network sees. Group 0 is the first frame repeated, a group without motion; an image is
therefore a video of one frame and one network serves both.

The encoder is one linear map of a group's 8x8 patches, their principal components: it costs nothing, it can
never collapse, and latents stay what they are however long the decoder trains. The posterior's deviation is
one constant. The decoder is a network beside the inverse map; it sees a group's latent and the one before it,
so it is causal and can stream.

Shapes: B clips, T = 4k + 1 frames, G = k + 1 groups, z latent channels, H x W pixels (multiples of 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, cast

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from omni_model.spec.conditioning import Frozen

GROUP = 4
"""Frames in a group."""
SPATIAL = 8
"""Pixels a side of one latent cell."""
_PATCH = 4
"""Pixels folded into channels before the first convolution; the other factor of two is learned."""


class VAEConfig(Frozen):
    """Sizes, and the statistics that bring latents to zero mean and unit deviation per channel."""

    channels: Annotated[int, Field(ge=1, le=64)] = 64
    width: Annotated[int, Field(ge=8, le=1024)] = 112
    inner_width: Annotated[int, Field(ge=8, le=1024)] = 192
    depth: Annotated[int, Field(ge=1, le=16)] = 3
    """Residual blocks at a quarter of the resolution."""
    inner_depth: Annotated[int, Field(ge=1, le=16)] = 2
    """Residual blocks at an eighth of the resolution."""
    latents_mean: tuple[float, ...] = ()
    latents_std: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _one_statistic_per_channel(self) -> VAEConfig:
        for name, values in (("latents_mean", self.latents_mean), ("latents_std", self.latents_std)):
            if values and len(values) != self.channels:
                raise ValueError(f"{name} has {len(values)} values for {self.channels} latent channels")
        return self


def group_frames(values: Tensor) -> Tensor:
    """[B, 4k+1, ...] per frame -> [B, k+1, 4, ...] per group; group 0 repeats the first frame."""
    if values.shape[1] % GROUP != 1:
        raise ValueError(f"a clip has 4k + 1 frames, this one has {values.shape[1]}")
    first = values[:, :1].expand(-1, GROUP, *values.shape[2:])
    return torch.cat([first, values[:, 1:]], 1).view(len(values), -1, GROUP, *values.shape[2:])


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.second(F.silu(self.first(F.silu(x)))))


def _blocks(width: int, depth: int) -> list[nn.Module]:
    return [_Residual(width) for _ in range(depth)]


class VideoVAE(nn.Module):
    """Frames in [-1, 1] as [B, 4k+1, 3, H, W] <-> normalised latents [B, k+1, z, H/8, W/8]."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        outer, inner, z, pixels = config.width, config.inner_width, config.channels, GROUP * 3 * _PATCH**2
        self.decoder = nn.Sequential(
            nn.Conv2d(2 * z, inner, 3, padding=1),
            *_blocks(inner, config.inner_depth),
            nn.Conv2d(inner, 4 * outer, 1),
            nn.PixelShuffle(2),
            *_blocks(outer, config.depth),
            nn.SiLU(),
            nn.Conv2d(outer, pixels, 3, padding=1),
            nn.PixelShuffle(_PATCH),
        )
        self.analysis = nn.Conv2d(GROUP * 3, z, SPATIAL, stride=SPATIAL)
        self.synthesis = nn.ConvTranspose2d(z, GROUP * 3, SPATIAL, stride=SPATIAL)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.register_buffer("mean", torch.empty(z, 1, 1, device="cpu"), persistent=False)
        self.register_buffer("std", torch.empty(z, 1, 1, device="cpu"), persistent=False)
        self.config = config
        self.set_statistics(config.latents_mean or (0.0,) * z, config.latents_std or (1.0,) * z)

    def set_statistics(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Takes new statistics of the raw latents, per channel; they become part of ``config``."""
        statistics = {"latents_mean": tuple(mean), "latents_std": tuple(std)}
        self.config = VAEConfig.model_validate(self.config.model_dump() | statistics)
        self.mean.copy_(torch.tensor(mean, device=self.mean.device).view(-1, 1, 1))
        self.std.copy_(torch.tensor(std, device=self.std.device).view(-1, 1, 1))

    def encode(self, frames: Tensor) -> Tensor:
        """The most likely normalised latents of frames."""
        height, width = frames.shape[-2:]
        if width % SPATIAL or height % SPATIAL:
            raise ValueError(f"frames of {width}x{height}: sizes are multiples of {SPATIAL}")
        return self.project(group_frames(frames).flatten(1, 2))

    def project(self, frames: Tensor) -> Tensor:
        """Whole groups of frames [B, 4G, 3, H, W] in normalised latents [B, G, z, H/8, W/8]."""
        groups = frames.view(len(frames), -1, GROUP, *frames.shape[2:])
        raw: Tensor = self.analysis(groups.flatten(0, 1).flatten(1, 2))
        return ((raw - self.mean) / self.std).view(*groups.shape[:2], *raw.shape[1:])

    @torch.no_grad()
    def colours(self) -> Tensor:
        """What multiplying the colours of a patch by a 3 x 3 matrix does to its normalised latent, [9, z, z].

        Both maps of patches are linear: of a latent z and that of mid-grey, g, each entry of the matrix, row by row,
        adds ``(z - g) @ colours[entry]``.
        """
        std = self.std.flatten()
        size = self.config.channels, GROUP, 3, SPATIAL**2
        known, drawn = (maps.weight.view(size) for maps in (self.analysis, self.synthesis))
        entries = torch.einsum("cgip,dgjp->ijdc", known / std[:, None, None, None], drawn * std[:, None, None, None])
        return entries.flatten(0, 1)

    def decode(self, latents: Tensor, previous: Tensor | None = None) -> Tensor:
        """Frames of normalised latents [B, G, z, h, w].

        Without ``previous`` the first group is a still and gives one frame: [B, 4G-3, 3, H, W]. With
        ``previous``, the latent [B, z, h, w] of the group before, decoding goes on: [B, 4G, 3, H, W].
        """
        before = latents[:, 0] if previous is None else previous
        pairs = torch.cat([latents, torch.cat([before[:, None], latents[:, :-1]], 1)], 2)
        std, mean = self.std.repeat(2, 1, 1), self.mean.repeat(2, 1, 1)
        raw = (pairs * std + mean).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        out: Tensor = self.decoder(raw) + self.synthesis(raw[:, : self.config.channels])
        groups = out.view(*latents.shape[:2], GROUP, 3, *out.shape[2:])
        if previous is not None:
            return groups.flatten(1, 2)
        still = groups[:, 0].mean(1, keepdim=True)
        return torch.cat([still, groups[:, 1:].flatten(1, 2)], 1)


def pixels_of(frames: Tensor) -> Tensor:
    """uint8 pixels of frames in -1..1."""
    return ((frames + 1.0) * 127.5).round().clamp(0.0, 255.0).to(torch.uint8)
