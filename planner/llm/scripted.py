"""A language model that says what it was told to say: for tests, demonstrations and replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from planner.llm.base import LanguageModelError, Message, T, refuse_if_blind
from planner.llm.chat import split_lines
from planner.llm.completion import parse
from planner.llm.usage import Usage

Answer = str | Sequence[str] | BaseModel | Mapping[str, Any] | LanguageModelError
"""JSON or plain text, lines, an object, its fields, the probabilities of words, or the failure to raise."""


class ScriptedModel:
    """Answers in order, or by the first key that occurs in the last message.

    ``requests`` keeps every list of messages, so that a test can look at what a model was told.
    """

    backend = "scripted"
    model = "scripted"

    def __init__(self, answers: Iterable[Answer] | Mapping[str, Answer], *, sees: bool = False) -> None:
        self.sees = sees
        self.usage = Usage()
        self.requests: list[tuple[Message, ...]] = []
        self._by_key: dict[str, Answer] = dict(answers) if isinstance(answers, Mapping) else {}
        self._queue: list[Answer] = [] if isinstance(answers, Mapping) else list(answers)

    def generate_object(
        self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0
    ) -> T:
        """The next answer as an object. Raises LanguageModelError when it does not fit or none is left."""
        with self.usage.call():
            answer = self._next(messages)
            if isinstance(answer, schema):
                return answer
            if isinstance(answer, str):
                return parse(answer, schema)
            if isinstance(answer, Mapping):
                return parse(to_json(answer), schema)
            raise LanguageModelError(f"the script has {type(answer).__name__}, asked for {schema.__name__}")

    def generate_lines(
        self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0
    ) -> list[str]:
        """The next answer as lines. Raises LanguageModelError when it is none or none is left."""
        with self.usage.call():
            answer = self._next(messages)
            if isinstance(answer, str):
                return split_lines(answer)
            if isinstance(answer, Sequence):
                return list(answer)
            raise LanguageModelError(f"the script has {type(answer).__name__}, asked for lines")

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        """The next answer as probabilities; what it leaves out has none. Raises LanguageModelError."""
        with self.usage.call():
            answer = self._next(messages)
            if isinstance(answer, Mapping):
                return {word: float(answer.get(word, 0.0)) for word in words}
            raise LanguageModelError(f"the script has {type(answer).__name__}, asked for probabilities")

    def _next(self, messages: Sequence[Message]) -> Answer:
        refuse_if_blind(self, messages)
        self.requests.append(tuple(messages))
        answer: Answer = self._queue.pop(0) if self._queue else self._keyed(messages[-1].text)
        if isinstance(answer, LanguageModelError):
            raise answer
        return answer

    def _keyed(self, text: str) -> Answer:
        for key, answer in self._by_key.items():
            if key in text:
                return answer
        raise LanguageModelError(f"the script has no answer number {len(self.requests)}")
