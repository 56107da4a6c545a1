"""Prompts as embeddings: each encoded once, alone, and kept by its digest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from omni_model.spec.conditioning import sha256

_KEPT = 256
"""Prompts: a few hundred MB at most."""


class PromptEmbedding(NamedTuple):
    """Embeddings [L, D] and which of them are words [L]."""

    embeddings: Tensor
    words: Tensor

    def to(self, device: torch.device) -> PromptEmbedding:
        return PromptEmbedding(self.embeddings.to(device), self.words.to(device))


class Texts:
    """Prompts that were read are not read again. ``read`` is told those that are new."""

    def __init__(self, read: Callable[[list[str]], list[PromptEmbedding]]) -> None:
        self._read = read
        self._known: OrderedDict[str, PromptEmbedding] = OrderedDict()

    def embed(self, prompts: Iterable[str], device: torch.device) -> dict[str, PromptEmbedding]:
        """Prompt -> its text, on ``device``."""
        wanted = dict.fromkeys(prompts)
        if fresh := [prompt for prompt in wanted if sha256(prompt) not in self._known]:
            texts = [text.to(torch.device("cpu")) for text in self._read(fresh)]
            self._known |= dict(zip(map(sha256, fresh), texts, strict=True))
        found = {prompt: self._known[sha256(prompt)].to(device) for prompt in wanted}
        while len(self._known) > max(_KEPT, len(wanted)):
            self._known.popitem(last=False)
        return found


def tokenized(tokenizer: Any, prompt: str, length: int) -> Any:
    """``length`` tokens of a prompt, padded: ids and mask [1, L]."""
    return tokenizer(prompt, padding="max_length", max_length=length, truncation=True, return_tensors="pt")


def encoded(encoder: Any, tokens: Any, blank: bool) -> PromptEmbedding:
    """The encoder's last layer; ``blank``: what follows the words is zeroed."""
    words = tokens.attention_mask.bool()
    hidden = encoder(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state
    return PromptEmbedding((hidden * words[..., None] if blank else hidden)[0], words[0])
