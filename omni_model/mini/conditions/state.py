"""What is known of targets before they are drawn: conditions apply themselves to it, one after the other.

Shapes: B samples, F latent frames of h x w cells, C channels, S subject slots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from torch import Tensor

from omni_model.mini.rows import Rows
from omni_model.mini.tokenizer import PromptTokens


@dataclass(frozen=True)
class LatentState:
    """The conditions of B samples, for a network of so many subject ``slots``."""

    slots: int
    text: PromptTokens | None = None
    rows: tuple[Rows, ...] = ()
    """Condition rows, in the order in which they were applied."""
    anchors: Tensor | None = None
    """[B, F, h, w, S + 1, 6]: where the targets lie on the plate and on the sheets."""
    layout: Tensor | None = None
    """[B, F h w, LAYERS C]: what is laid beside each target row."""
    clean: Tensor | None = None
    """[B, F h w, C]: what rows that are kept show."""
    keep: Tensor | None = None
    """[B, F h w] bool: rows that are kept."""

    def with_rows(self, rows: Rows) -> LatentState:
        """The same with more condition rows."""
        return replace(self, rows=(*self.rows, rows))

    @property
    def condition_rows(self) -> Rows | None:
        """All of them as one; None where there are none."""
        return Rows.cat(*self.rows) if self.rows else None


class LatentCondition(Protocol):
    """A conditioning role."""

    def apply(self, state: LatentState) -> LatentState:
        """The state with this condition in it."""
        ...


def conditioned(state: LatentState, *conditions: LatentCondition) -> LatentState:
    """The state with every condition in it, in order."""
    for condition in conditions:
        state = condition.apply(state)
    return state
