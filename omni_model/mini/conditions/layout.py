"""The layout: references where the staging puts them, and the clip that is edited, beside each target row.

Shapes: B samples, F latent frames of h x w cells, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from omni_model.mini.conditions.state import LatentState
from omni_model.mini.layout import layout_rows
from omni_model.mini.vae import VideoVAE


@dataclass(frozen=True)
class LayoutCondition:
    """``pictures``: the collages [B, 4F, 3, H, W] of the place and of the cast; ``source`` [B, F, C, h, w]: the
    latents of the clip that is edited, where there is one."""

    vae: VideoVAE
    pictures: Sequence[Tensor]
    source: Tensor | None = None

    def apply(self, state: LatentState) -> LatentState:
        return replace(state, layout=layout_rows(self.vae, self.pictures, self.source))
