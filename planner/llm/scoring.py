"""Answers as probabilities: how likely a model begins its answer with one word rather than another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planner.llm.base import LanguageModel, LanguageModelError, Message

MOST_TOKENS = 20
"""The likeliest next tokens that are asked of a server: the most that the OpenAI format allows."""

LEAST_MASS = 0.01
"""What both words together must reach. A model that would say something else 99 times in 100 answers another
question, and the share of one word in what is left says nothing."""


def share(llm: LanguageModel, messages: Sequence[Message], word: str = "yes", other: str = "no") -> float:
    """p(word) / (p(word) + p(other)) of the answer's first token, 0..1: what an answer constrained to the two
    words would be drawn with. Raises LanguageModelError where neither has probability mass."""
    mass = llm.first_token_probabilities(messages, (word, other))
    total = mass[word] + mass[other]
    if not total >= LEAST_MASS:
        raise LanguageModelError(f"{llm.model} answers neither {word!r} nor {other!r} (probability {total:.2g})")
    return mass[word] / total


def word_probabilities(tokens: Iterable[tuple[str, float]], words: Sequence[str]) -> dict[str, float]:
    """The probabilities of tokens, added up by the word that they spell."""
    found = dict.fromkeys(words, 0.0)
    for token, probability in tokens:
        if (word := token_word(token)) in found:
            found[word] += probability
    return found


def token_word(token: str) -> str:
    """The word that a token spells: in lower case, without the space before it, however tokenizers write that."""
    return token.strip("Ġ▁ \n").lower()
