"""Prompts as embeddings: each encoded once, alone, and kept by its digest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from omni_model.adapters.parts import Parts
from omni_model.conditioning import sha256

_KEPT = 256
"""Prompts: a few hundred MB at most."""


class Text(NamedTuple):
    """Embeddings [L, D] and which of them are words [L]."""

    embeddings: Tensor
    words: Tensor


class Texts:
    """``length`` tokens a prompt. ``blank``: what follows the words is zeroed (Wan), not encoded padding (LTX)."""

    def __init__(self, parts: Parts, length: int, blank: bool) -> None:
        self._parts, self._length, self._blank = parts, length, blank
        self._known: OrderedDict[str, Text] = OrderedDict()

    def embed(self, prompts: Iterable[str], device: torch.device) -> dict[str, Text]:
        """Prompt -> its text, on ``device``. The encoder is loaded only where a prompt is new."""
        wanted = dict.fromkeys(prompts)
        if fresh := [prompt for prompt in wanted if sha256(prompt) not in self._known]:
            self._encode(fresh, device)
        found = {prompt: self._known[sha256(prompt)] for prompt in wanted}
        while len(self._known) > max(_KEPT, len(wanted)):
            self._known.popitem(last=False)
        return {prompt: Text(text.embeddings.to(device), text.words.to(device)) for prompt, text in found.items()}

    def _encode(self, prompts: list[str], device: torch.device) -> None:
        tokenizer = self._parts.tokenizer()
        with self._parts.use("text_encoder") as encoder:
            for prompt in prompts:
                tokens = tokenizer(
                    prompt, padding="max_length", max_length=self._length, truncation=True, return_tensors="pt"
                ).to(device)
                words = tokens.attention_mask.bool()
                hidden = encoder(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state
                if self._blank:
                    hidden = hidden * words[..., None]
                self._known[sha256(prompt)] = Text(hidden[0].cpu(), words[0].cpu())
