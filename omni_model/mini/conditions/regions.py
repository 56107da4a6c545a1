"""Regions: boxes of the frame that are drawn anew while the rest of the clip that is edited is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from omni_model.mini.conditions.state import LatentState
from omni_model.mini.rows import to_rows
from omni_model.spec.conditioning import Region


@dataclass(frozen=True)
class RegionCondition:
    """What is outside of the ``regions`` stays ``source`` [B, F, C, h, w]; without regions everything is drawn."""

    source: Tensor
    regions: Sequence[Region] = ()

    def apply(self, state: LatentState) -> LatentState:
        samples, frames, _, height, width = self.source.shape
        if not self.regions:
            return replace(state, clean=to_rows(self.source))
        outside = ~inside(self.regions, height, width, self.source.device)
        return replace(state, clean=to_rows(self.source), keep=outside.flatten().repeat(samples, frames))


def inside(regions: Sequence[Region], height: int, width: int, device: torch.device | str | None = None) -> Tensor:
    """bool [height, width]: cells of a frame whose centre a region holds."""
    y, x = ((torch.arange(n, device=device) + 0.5) / n for n in (height, width))
    found = torch.zeros(height, width, dtype=torch.bool, device=device)
    for box in regions:
        found |= ((box.x0 <= x) & (x <= box.x1))[None] & ((box.y0 <= y) & (y <= box.y1))[:, None]
    return found
