"""Text: what is written of the targets, a caption and, where something is edited, its instruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from omni_model.mini.conditions.state import LatentState
from omni_model.mini.tokenizer import Tokenizer


@dataclass(frozen=True)
class TextCondition:
    """One text a sample, of at most ``length`` tokens; ``entities[b][s - 1]`` has slot s."""

    tokenizer: Tokenizer
    length: int
    texts: Sequence[str]
    entities: Sequence[Sequence[str]]
    device: torch.device | str = "cpu"

    def apply(self, state: LatentState) -> LatentState:
        return replace(state, text=self.tokenizer.batch(self.texts, self.entities, self.length).to(self.device))
