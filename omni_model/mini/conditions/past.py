"""The past: the latent frame before the targets, of a clip that goes on, a given first frame or a window before."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from omni_model.mini.conditions.state import LatentState
from omni_model.mini.rows import Role, context_rows


@dataclass(frozen=True)
class PastCondition:
    """``latent`` [B, 1, C, h, w] at ``time`` [B, 1] of the shot with its ``anchors`` [B, 1, h, w, S + 1, 6];
    ``valid`` [B] says which samples have one."""

    latent: Tensor
    time: Tensor
    anchors: Tensor
    valid: Tensor | None = None

    def apply(self, state: LatentState) -> LatentState:
        return state.with_rows(
            context_rows(self.latent, self.time, state.slots, Role.CONTEXT, self.anchors, self.valid)
        )
