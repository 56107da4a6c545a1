"""The tokenizer of the caption language: words, punctuation, entity handles, and bytes for all the rest.

A word costs one token and implies the space before it. Whatever is not a known word is spelt in UTF-8
bytes, so nothing is lost: ``decode(encode(text))`` is ``normalise(text)``. The handle ``@mia`` becomes the
slot token of the entity ``mia``, which ties the words about her to her reference image by number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from omni_model.spec.conditioning import canonical_json, sha256
from omni_model.spec.instructions import Instruction, render_instruction
from omni_model.spec.vocabulary import VOCABULARY

PAD, BEGIN, JOIN = 0, 1, 2
"""Padding; the first token of every text; 'no space here' between two words."""
_PUNCTUATION = (",", ";", ":", ".", "!", "?")
_GRAMMAR = (
    "a an and at by character empty falling fog in left mood of plate rain right sheet shot snow style the "
    "thick to with toward away "
    "add change dress edit everything from give into instead it its keep make move now off on put remove "
    "replace same scene set swap take turn wear wears without camera colour light place season time weather"
)
_PIECE = re.compile(r"@[a-z0-9_-]+|[a-z0-9]+| |.", re.DOTALL)


def _words() -> tuple[str, ...]:
    phrases = [word for words in VOCABULARY.values() for word in words]
    return (*_PUNCTUATION, *sorted({word for phrase in [*phrases, _GRAMMAR] for word in phrase.split()}))


WORDS = _words()


class PromptTokens(NamedTuple):
    """Token ids [B, L] (0 = padding) and the slot that each token speaks of [B, L] (0 = none)."""

    ids: Tensor
    slots: Tensor

    def to(self, device: torch.device | str) -> PromptTokens:
        return PromptTokens(self.ids.to(device), self.slots.to(device))


def normalise(text: str) -> str:
    """What encoding keeps: lower case, single spaces."""
    return " ".join(text.lower().split())


def prompt(caption: str, instruction: Instruction | None = None) -> str:
    """The one text that a model reads for a caption and, when something is edited, its instruction."""
    return f"edit: {render_instruction(instruction)}; {caption}" if instruction else caption


class Tokenizer:
    """``words`` decides the ids and is stored with the weights, so that the vocabulary may grow later."""

    def __init__(self, words: Sequence[str] = WORDS, slots: int = 3) -> None:
        self.words = tuple(words)
        self.slots = slots
        self._bytes = JOIN + 1 + slots
        self._ids = {word: self._bytes + 256 + i for i, word in enumerate(self.words)}

    @property
    def size(self) -> int:
        """The number of ids."""
        return self._bytes + 256 + len(self.words)

    @property
    def digest(self) -> str:
        """Changes when, and only when, an id would mean something else."""
        return sha256(canonical_json([list(self.words), self.slots]))

    def tokens(self, text: str, entities: Sequence[str] = ()) -> Iterator[int]:
        """The ids of a text of any length, without BEGIN. ``entities[s - 1]`` has slot s."""
        handles = {f"@{name}": JOIN + s for s, name in enumerate(entities[: self.slots], 1)}
        gap, after_word = False, False
        for piece in _PIECE.findall(normalise(text)):
            if piece == " ":
                gap = True
                continue
            known = self._ids.get(piece, handles.get(piece))
            implied = after_word and known is not None and piece not in _PUNCTUATION
            if gap and not implied:
                yield self._bytes + ord(" ")
            elif implied and not gap:
                yield JOIN
            yield from self._spell(piece) if known is None else (known,)
            gap, after_word = False, known is not None

    def _spell(self, piece: str) -> Iterator[int]:
        return (self._bytes + byte for byte in piece.encode("utf-8", "replace"))

    def encode(self, text: str, entities: Sequence[str] = (), length: int | None = None) -> PromptTokens:
        """Ids and slots [L] of one text, begun by BEGIN; cut or padded to ``length`` when it is given."""
        ids = [BEGIN, *self.tokens(text, entities)][:length]
        padding = [0] * ((length or len(ids)) - len(ids))
        return PromptTokens(torch.tensor(ids + padding), torch.tensor(self._slots_of(ids) + padding))

    def batch(self, texts: Sequence[str], entities: Sequence[Sequence[str]], limit: int) -> PromptTokens:
        """Ids and slots [B, L] of several texts, L being the longest, at most ``limit``."""
        ids = [[BEGIN, *self.tokens(text, names)] for text, names in zip(texts, entities, strict=True)]
        length = min(max(map(len, ids)), limit)
        rows = [self.encode(text, names, length) for text, names in zip(texts, entities, strict=True)]
        return PromptTokens(torch.stack([row.ids for row in rows]), torch.stack([row.slots for row in rows]))

    def _slots_of(self, ids: Sequence[int]) -> list[int]:
        """A subject's phrase runs from its handle to the next handle, comma or semicolon."""
        ends = {self._ids.get(","), self._ids.get(";")}
        slot, slots = 0, []
        for token in ids:
            if JOIN < token < self._bytes:
                slot = token - JOIN
            elif token in ends:
                slot = 0
            slots.append(slot)
        return slots

    def decode(self, ids: Sequence[int], entities: Sequence[str] = ()) -> str:
        """The text of ids; padding and BEGIN are skipped."""
        text, after_word = bytearray(), False
        for token in ids:
            if token in (PAD, BEGIN):
                continue
            if token == JOIN or self._bytes <= token < self._bytes + 256:
                text += b"" if token == JOIN else bytes([token - self._bytes])
                after_word = False
                continue
            word = self.words[token - self._bytes - 256] if token >= self._bytes else f"@{entities[token - JOIN - 1]}"
            text += (" " if after_word and word not in _PUNCTUATION else "").encode() + word.encode()
            after_word = True
        return text.decode("utf-8", "replace")
