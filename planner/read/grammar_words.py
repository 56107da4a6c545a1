"""What the reader without a language model knows of words: the lists beside this file."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import cast

import yaml

from planner.language.english_words import words_of
from planner.language.korean_morphemes import korean_words


@lru_cache(maxsize=1)
def _lists() -> dict[str, object]:
    text = resources.files(__package__).joinpath("grammar_words.yaml").read_text(encoding="utf-8")
    return cast("dict[str, object]", yaml.safe_load(text))


@lru_cache(maxsize=64)
def known_words(name: str) -> frozenset[str]:
    """A list of words, in dictionary form. Raises KeyError for a list that there is not."""
    return frozenset(map(str, cast("list[str]", _lists()[name])))


def word_values(name: str) -> dict[str, object]:
    """A list that says something of each word."""
    return cast("dict[str, object]", _lists()[name])


@lru_cache(maxsize=16)
def body_parts() -> frozenset[str]:
    """Parts of bodies, and what a Korean sentence says of somebody as a subject of its own."""
    return words_of("body") | frozenset(korean_words()["attributes"])


@lru_cache(maxsize=16)
def hours() -> frozenset[str]:
    """Hours, days and seasons."""
    return words_of("hours") | frozenset(korean_words()["hours"]) | known_words("times")


@lru_cache(maxsize=16)
def garments() -> frozenset[str]:
    """What is worn."""
    return words_of("garments") | known_words("garments")
