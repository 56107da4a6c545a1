"""What every chat backend shares: messages as JSON, an answer as text, a text as a typed object."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from planner.llm.base import LanguageModelError, Message, T

Body = dict[str, Any]


class Lines(BaseModel):
    """Lines of text, for servers that can enforce a JSON schema but no grammar."""

    model_config = ConfigDict(extra="forbid")

    lines: list[str]


class ChatModel(ABC):
    """A language model behind the OpenAI chat format; a backend says how a request is answered."""

    backend: str
    model: str

    @abstractmethod
    def _answer(self, body: Body) -> Any:
        """The decoded JSON response to a chat request, an error object included."""

    def _accepts_grammar(self) -> bool:
        return True

    def complete(self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0) -> T:
        """See :class:`planner.llm.base.LanguageModel`."""
        body = request(self.model, messages, max_tokens=max_tokens, seed=seed)
        body["response_format"] = response_format(schema)
        return parse(answer_text(self._answer(body)), schema)

    def lines(self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0) -> list[str]:
        """See :class:`planner.llm.base.LanguageModel`."""
        if not self._accepts_grammar():
            return self.complete(messages, Lines, max_tokens=max_tokens, seed=seed).lines
        body = request(self.model, messages, max_tokens=max_tokens, seed=seed)
        body["grammar"] = grammar
        return split_lines(answer_text(self._answer(body)))


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
    return [*images, {"type": "text", "text": message.text}]


def data_url(image: bytes) -> str:
    """PNG or JPEG bytes as a ``data:`` URL."""
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def answer_text(response: Any) -> str:
    """The text of a chat response. Raises LanguageModelError for an error, a refusal or a cut-off answer."""
    if isinstance(response, dict) and "error" in response:
        error = response["error"]
        detail = error.get("message", error) if isinstance(error, dict) else error
        raise LanguageModelError(f"the language model refused the request: {one_line(detail)}")
    try:
        choice = response["choices"][0]
        text, finish = choice["message"]["content"], choice["finish_reason"]
    except (KeyError, IndexError, TypeError):
        raise LanguageModelError(f"not a chat completion: {one_line(response)}") from None
    if finish == "length":
        raise LanguageModelError("the answer was cut off: raise max_tokens or ask for less")
    if not isinstance(text, str):
        raise LanguageModelError(f"the language model gave no text (finish reason {finish!r})")
    return text


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
