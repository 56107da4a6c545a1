"""The ending: a still of the last frame, or of the first of the clip that follows."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from omni_model.mini.conditions.state import LatentState
from omni_model.mini.rows import Role, context_rows


@dataclass(frozen=True)
class EndingCondition:
    """``latent`` [B, 1, C, h, w] at ``time`` [B, 1]: of the latent frame that it ends, or would begin."""

    latent: Tensor
    time: Tensor

    def apply(self, state: LatentState) -> LatentState:
        return state.with_rows(context_rows(self.latent, self.time, state.slots, Role.STILL))
