"""What every chat backend shares: messages as JSON, an answer as text, a text as a typed object."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from planner.llm.base import Message, T, refuse_if_blind
from planner.llm.completion import Choice, answer_text, completion, first_tokens, parse, token_counts
from planner.llm.pictures import content_parts, data_url
from planner.llm.scoring import MOST_TOKENS, word_probabilities
from planner.llm.usage import Usage

Body = dict[str, Any]


class Lines(BaseModel):
    """Lines of text, for servers that can enforce a JSON schema but no grammar."""

    model_config = ConfigDict(extra="forbid")

    lines: list[str]


class ChatModel(ABC):
    """A language model behind the OpenAI chat format; a backend says how a request is answered."""

    backend: str
    model: str

    def __init__(self) -> None:
        self.usage = Usage()

    @property
    @abstractmethod
    def sees(self) -> bool:
        """See :class:`planner.llm.base.LanguageModel`."""

    @abstractmethod
    def _answer(self, body: Body) -> bytes | str:
        """The JSON response to a chat request, an error object included. Raises LanguageModelError."""

    def _accepts_grammar(self) -> bool:
        return True

    def generate_object(
        self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0
    ) -> T:
        """See :class:`planner.llm.base.LanguageModel`."""
        with self.usage.call():
            return self._object(messages, schema, max_tokens, seed)

    def generate_lines(
        self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0
    ) -> list[str]:
        """See :class:`planner.llm.base.LanguageModel`."""
        with self.usage.call():
            if not self._accepts_grammar():
                return self._object(messages, Lines, max_tokens, seed).lines
            return split_lines(answer_text(self._choice(messages, max_tokens, seed, grammar=grammar)))

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        """See :class:`planner.llm.base.LanguageModel`; a word that is not among the likeliest tokens counts 0."""
        with self.usage.call():
            choice = self._choice(messages, 1, 0, logprobs=True, top_logprobs=MOST_TOKENS)
            return word_probabilities(first_tokens(choice), words)

    def _object(self, messages: Sequence[Message], schema: type[T], max_tokens: int, seed: int) -> T:
        choice = self._choice(messages, max_tokens, seed, response_format=response_format(schema))
        return parse(answer_text(choice), schema)

    def _choice(self, messages: Sequence[Message], max_tokens: int, seed: int, **options: Any) -> Choice:
        """The answer to a question; its tokens are counted."""
        refuse_if_blind(self, messages)
        body = chat_request(self.model, messages, max_tokens=max_tokens, seed=seed) | options
        found, choice = completion(self._answer(body))
        counts = token_counts(found)
        self.usage.add_tokens(counts.prompt_tokens, counts.completion_tokens)
        return choice


def chat_request(model: str, messages: Sequence[Message], *, max_tokens: int, seed: int) -> Body:
    """A greedy chat request in the OpenAI format, images as data URLs."""
    return {
        "model": model,
        "messages": [{"role": m.role, "content": _content(m)} for m in messages],
        "max_tokens": max_tokens,
        "temperature": 0.0,
        "seed": seed,
    }


def response_format(schema: type[BaseModel]) -> Body:
    """Constrains an answer to the schema. Not ``strict``: that dialect forbids optional fields."""
    described = {"name": schema.__name__, "schema": schema.model_json_schema(), "strict": False}
    return {"type": "json_schema", "json_schema": described}


def _content(message: Message) -> str | list[Body]:
    if not (message.images or message.clip):
        return message.text
    return content_parts(message, lambda image: {"type": "image_url", "image_url": {"url": data_url(image)}})


def split_lines(text: str) -> list[str]:
    """The lines that say something, without surrounding white space."""
    return [line.strip() for line in text.splitlines() if line.strip()]
