"""The LanguageModel protocol: messages (with images) in, a validated object out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel

from omni_model.spec.conditioning import Frozen

T = TypeVar("T", bound=BaseModel)


class Message(Frozen):
    """One turn. ``images`` are PNG or JPEG bytes, shown before the text."""

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[bytes, ...] = ()


class LanguageModelError(Exception):
    """The model did not give a valid answer: unreachable, blind, cut off, or not of the schema."""


@runtime_checkable
class LanguageModel(Protocol):
    """A model with structured output. Greedy or seeded: same messages and seed, same answer."""

    backend: str
    model: str

    @property
    def sees(self) -> bool:
        """Whether messages may hold images; a model that cannot see refuses them. Raises LanguageModelError."""
        ...

    def generate_object(
        self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0
    ) -> T:
        """The answer as an object of ``schema``. Raises LanguageModelError."""
        ...

    def generate_lines(
        self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0
    ) -> list[str]:
        """The answer as lines of text that obey a GBNF ``grammar`` where the backend can enforce one
        (the caller validates each line in any case). Raises LanguageModelError."""
        ...

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        """How likely the answer begins with each of ``words`` (lower case; capitals and a space before it count
        as the same word): probabilities of the next token over all that the model could say, so that they add
        up to at most 1. Raises LanguageModelError."""
        ...


def slots_of(llm: LanguageModel) -> int:
    """How many questions at a time a model answers, each as if it were asked alone: one, unless it has ``slots``."""
    return int(getattr(llm, "slots", 1))


def refuse_if_blind(llm: LanguageModel, messages: Sequence[Message]) -> None:
    """A picture is never dropped silently. Raises LanguageModelError for images to a model that cannot see."""
    if any(message.images for message in messages) and not llm.sees:
        raise LanguageModelError(f"{llm.model} cannot see images")
