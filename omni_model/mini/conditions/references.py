"""References: the plate and the sheets, far before the targets in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from omni_model.mini.conditions.state import LatentState
from omni_model.mini.rows import reference_rows


class Picture(NamedTuple):
    """A reference's latent [B, C, h, w], and how much it counts in each sample, [B]: a weight, or whether it does."""

    latent: Tensor
    weight: Tensor


@dataclass(frozen=True)
class ReferenceCondition:
    """By slot, the plate (0) and the sheet of each subject (1..S)."""

    pictures: Mapping[int, Picture]

    def apply(self, state: LatentState) -> LatentState:
        for slot, picture in self.pictures.items():
            state = state.with_rows(reference_rows(picture.latent, slot, state.slots, picture.weight))
        return state
