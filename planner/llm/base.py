"""The LanguageModel protocol: messages (with images and clips) in, a validated object out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, Field

from omni_model.spec.conditioning import Frozen
from planner.llm.usage import Usage

T = TypeVar("T", bound=BaseModel)


class TimedFrame(Frozen):
    """A frame of a clip: PNG or JPEG bytes, and when it is seen, in seconds from the beginning."""

    image: bytes
    seconds: Annotated[float, Field(ge=0)]


class Message(Frozen):
    """One turn. ``images`` are PNG or JPEG bytes; they are shown first, then the frames of ``clip``, each after its
    time, then the text."""

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[bytes, ...] = ()
    clip: tuple[TimedFrame, ...] = ()


class LanguageModelError(Exception):
    """The model did not give a valid answer: unreachable, blind, cut off, or not of the schema."""


class ModelUnavailable(LanguageModelError):
    """The model is away and is not asked again in this run: every later question fails at once, with the same words."""


@runtime_checkable
class LanguageModel(Protocol):
    """A model with structured output. Greedy or seeded: same messages and seed, same answer."""

    backend: str
    model: str
    usage: Usage

    @property
    def sees(self) -> bool:
        """Whether messages may hold pictures; a model that cannot see refuses them. Raises LanguageModelError."""
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
    """A picture is never dropped silently. Raises LanguageModelError for pictures to a model that cannot see."""
    if any(message.images or message.clip for message in messages) and not llm.sees:
        raise LanguageModelError(f"{llm.model} cannot see images")
