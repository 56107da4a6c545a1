"""The causal video autoencoder: pixels <-> latents, eight times smaller each way and four in time.

``torch.nn.Conv3d`` is slow on CPUs, so time lives in the channels: four frames make one group, and a
group is what a 2D network sees. Group 0 is the first frame repeated, a group without motion; an image is
therefore a video of one frame and one network serves both. The encoder sees each group alone. The decoder
sees a group's latent and the one before it, so it is causal and can stream. Beside each network runs one
linear map of 8x8 patches, so that training can start from the principal components of the data.

Shapes: B clips, T = 4k + 1 frames, G = k + 1 groups, z latent channels, H x W pixels (multiples of 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, cast

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from omni_model.conditioning import Frozen

GROUP = 4
"""Frames in a group."""
SPATIAL = 8
"""Pixels a side of one latent cell."""
_PATCH = 4
"""Pixels folded into channels before the first convolution; the other factor of two is learned."""


class VAEConfig(Frozen):
    """Sizes, and the statistics that bring latents to zero mean and unit deviation per channel."""

    channels: Annotated[int, Field(ge=1, le=64)] = 32
    width: Annotated[int, Field(ge=8, le=1024)] = 96
    inner_width: Annotated[int, Field(ge=8, le=1024)] = 160
    depth: Annotated[int, Field(ge=1, le=16)] = 1
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
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(_PATCH),
            nn.Conv2d(pixels, outer, 3, padding=1),
            *_blocks(outer, config.depth),
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * outer, inner, 1),
            *_blocks(inner, config.inner_depth),
            nn.SiLU(),
            nn.Conv2d(inner, 2 * z, 3, padding=1),
        )
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
        self.register_buffer("mean", torch.empty(z, 1, 1), persistent=False)
        self.register_buffer("std", torch.empty(z, 1, 1), persistent=False)
        self.config = config
        self.set_statistics(config.latents_mean or (0.0,) * z, config.latents_std or (1.0,) * z)

    def set_statistics(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Takes new statistics of the raw latents, per channel; they become part of ``config``."""
        statistics = {"latents_mean": tuple(mean), "latents_std": tuple(std)}
        self.config = VAEConfig.model_validate(self.config.model_dump() | statistics)
        self.mean.copy_(torch.tensor(mean).view(-1, 1, 1))
        self.std.copy_(torch.tensor(std).view(-1, 1, 1))

    def posterior(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the raw latents, each [B, k+1, z, H/8, W/8]. For training."""
        height, width = frames.shape[-2:]
        if width % SPATIAL or height % SPATIAL:
            raise ValueError(f"frames of {width}x{height}: sizes are multiples of {SPATIAL}")
        groups = group_frames(frames)
        folded = groups.flatten(0, 1).flatten(1, 2).contiguous(memory_format=torch.channels_last)
        mean, logvar = self.encoder(folded).chunk(2, 1)
        mean = mean + self.analysis(folded)
        shape = (*groups.shape[:2], *mean.shape[1:])
        return mean.view(shape), logvar.reshape(shape).clamp(-20.0, 10.0)

    def encode(self, frames: Tensor) -> Tensor:
        """The most likely normalised latents of frames."""
        mean, _ = self.posterior(frames)
        return (mean - self.mean) / self.std

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
