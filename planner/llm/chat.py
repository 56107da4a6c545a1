"""What every chat backend shares: messages as JSON, an answer as text, a text as a typed object."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from planner.llm.base import LanguageModelError, Message, T, refuse_if_blind
from planner.llm.pictures import content_parts, data_url
from planner.llm.scoring import MOST_TOKENS, word_probabilities

Body = dict[str, Any]


class Lines(BaseModel):
    """Lines of text, for servers that can enforce a JSON schema but no grammar."""

    model_config = ConfigDict(extra="forbid")

    lines: list[str]


class ChatModel(ABC):
    """A language model behind the OpenAI chat format; a backend says how a request is answered."""

    backend: str
    model: str

    @property
    @abstractmethod
    def sees(self) -> bool:
        """See :class:`planner.llm.base.LanguageModel`."""

    @abstractmethod
    def _answer(self, body: Body) -> Any:
        """The decoded JSON response to a chat request, an error object included."""

    def _accepts_grammar(self) -> bool:
        return True

    def generate_object(
        self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0
    ) -> T:
        """See :class:`planner.llm.base.LanguageModel`."""
        body = self._body(messages, max_tokens, seed) | {"response_format": response_format(schema)}
        return parse(answer_text(self._answer(body)), schema)

    def generate_lines(
        self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0
    ) -> list[str]:
        """See :class:`planner.llm.base.LanguageModel`."""
        if not self._accepts_grammar():
            return self.generate_object(messages, Lines, max_tokens=max_tokens, seed=seed).lines
        body = self._body(messages, max_tokens, seed) | {"grammar": grammar}
        return split_lines(answer_text(self._answer(body)))

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        """See :class:`planner.llm.base.LanguageModel`; a word that is not among the likeliest tokens counts 0."""
        body = self._body(messages, 1, 0) | {"logprobs": True, "top_logprobs": MOST_TOKENS}
        return word_probabilities(first_tokens(self._answer(body)), words)

    def _body(self, messages: Sequence[Message], max_tokens: int, seed: int) -> Body:
        refuse_if_blind(self, messages)
        return request(self.model, messages, max_tokens=max_tokens, seed=seed)


def request(model: str, messages: Sequence[Message], *, max_tokens: int, seed: int) -> Body:
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
    if not message.images:
        return message.text
    images = [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in message.images]
    return content_parts(message.text, images)


def answer_text(response: Any) -> str:
    """The text of a chat response. Raises LanguageModelError for an error, a refusal or a cut-off answer."""
    first = choice(response)
    try:
        text, finish = first["message"]["content"], first["finish_reason"]
    except (KeyError, TypeError):
        raise LanguageModelError(f"not a chat completion: {one_line(response)}") from None
    if finish == "length":
        raise LanguageModelError("the answer was cut off: raise max_tokens or ask for less")
    if not isinstance(text, str):
        raise LanguageModelError(f"the language model gave no text (finish reason {finish!r})")
    return text


def first_tokens(response: Any) -> list[tuple[str, float]]:
    """The likeliest first tokens of a chat response with their probabilities. Raises LanguageModelError."""
    first = choice(response)
    try:
        likeliest = first["logprobs"]["content"][0]["top_logprobs"]
        return [(str(entry["token"]), math.exp(entry["logprob"])) for entry in likeliest]
    except (KeyError, IndexError, TypeError):
        raise LanguageModelError("the language model gives no token probabilities (logprobs)") from None


def choice(response: Any) -> Any:
    """The first choice of a chat response. Raises LanguageModelError."""
    if isinstance(response, dict) and "error" in response:
        error = response["error"]
        detail = error.get("message", error) if isinstance(error, dict) else error
        raise LanguageModelError(f"the language model refused the request: {one_line(detail)}")
    try:
        return response["choices"][0]
    except (KeyError, IndexError, TypeError):
        raise LanguageModelError(f"not a chat completion: {one_line(response)}") from None


def parse(text: str, schema: type[T]) -> T:
    """JSON text as an object of ``schema``. Raises LanguageModelError."""
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise LanguageModelError(f"not a valid {schema.__name__}: {place}: {first['msg']}") from None


def split_lines(text: str) -> list[str]:
    """The lines that say something, without surrounding white space."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def one_line(value: Any, limit: int = 200) -> str:
    """Any value as one bounded line, for an error message."""
    return " ".join(str(value).split())[:limit]
