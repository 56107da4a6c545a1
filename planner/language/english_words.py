"""What the model of English does not know of words, as short lists."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Any

import yaml


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = yaml.safe_load(
        resources.files("planner.language").joinpath("english_words.yaml").read_text("utf-8")
    )
    return lists


@lru_cache(maxsize=32)
def words_of(name: str) -> frozenset[str]:
    """One list of ``english_words.yaml``."""
    return frozenset(_lists()[name])


def is_grammar(word: str) -> bool:
    """Whether a word carries grammar alone and no meaning: 'the', 'while', 'her'."""
    return word in words_of("grammar")
