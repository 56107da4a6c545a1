"""What a chat server answers, in the OpenAI format, checked: nothing that comes from a server is believed."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from planner.llm.base import LanguageModelError, T

A = TypeVar("A")

_ROUNDING = 0.01
"""How much more than 1 probabilities that were rounded may add up to."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("is not printable")
    return text


class _Served(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
    owned_by: Any = None


class ModelList(BaseModel):
    """What ``GET /models`` answers."""

    data: list[_Served]


class _Turn(BaseModel):
    content: str | None = None


class Choice(BaseModel):
    """One answer of a completion."""

    message: _Turn
    finish_reason: str | None = None
    logprobs: Any = None


class ChatCompletion(BaseModel):
    """What ``POST /chat/completions`` answers; some servers answer an error object with status 200."""

    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None


class TokenCounts(BaseModel):
    """The tokens of a completion; servers that do not tell them count none."""

    prompt_tokens: Annotated[int, Field(ge=0)] = 0
    completion_tokens: Annotated[int, Field(ge=0)] = 0


class _Token(BaseModel):
    token: str
    logprob: Annotated[float, Field(le=_ROUNDING, allow_inf_nan=False)]


class _Position(BaseModel):
    top_logprobs: list[_Token]


class _TokenProbabilities(BaseModel):
    content: Annotated[list[_Position], Field(min_length=1)]


def completion(answer: bytes | str) -> tuple[ChatCompletion, Choice]:
    """A chat answer and the first of its choices. Raises LanguageModelError for what is none, an error included."""
    found = parse(answer, ChatCompletion, "chat completion")
    if found.error:
        detail = found.error.get("message", found.error) if isinstance(found.error, dict) else found.error
        raise LanguageModelError(f"the language model refused the request: {one_line(detail)}")
    if not found.choices:
        raise LanguageModelError("not a chat completion: it has no choices")
    return found, found.choices[0]


def token_counts(found: ChatCompletion) -> TokenCounts:
    """The tokens that a completion cost."""
    try:
        return TokenCounts.model_validate(found.usage or {})
    except ValidationError:
        return TokenCounts()


def answer_text(choice: Choice) -> str:
    """The text of an answer. Raises LanguageModelError for one that is cut off, withheld, empty, or no text."""
    if choice.finish_reason == "length":
        raise LanguageModelError("the answer was cut off: raise max_tokens or ask for less")
    text = choice.message.content
    if choice.finish_reason == "content_filter" or text is None or not text.strip():
        raise LanguageModelError(f"the language model gave no text (finish reason {one_line(choice.finish_reason)})")
    return text


def first_tokens(choice: Choice) -> list[tuple[str, float]]:
    """The likeliest first tokens of an answer with their probabilities. Raises LanguageModelError."""
    if choice.logprobs is None:
        raise LanguageModelError("the language model gives no token probabilities (logprobs)")
    try:
        tokens = _TokenProbabilities.model_validate(choice.logprobs).content[0].top_logprobs
    except ValidationError as error:
        raise LanguageModelError(f"no token probabilities (logprobs): {first_fault(error)}") from None
    likeliest = [(entry.token, math.exp(min(entry.logprob, 0.0))) for entry in tokens]
    if (total := sum(probability for _, probability in likeliest)) > 1 + _ROUNDING:
        raise LanguageModelError(f"no token probabilities (logprobs): they add up to {total:.3g}")
    return likeliest


def parse(text: bytes | str, schema: type[T], what: str = "") -> T:
    """JSON text as an object of ``schema``, called ``what`` where it is not one. Raises LanguageModelError."""
    try:
        return validate_json(text, TypeAdapter(schema))
    except ValidationError as error:
        raise LanguageModelError(f"not a valid {what or schema.__name__}: {first_fault(error)}") from None
    except ValueError as error:
        raise LanguageModelError(f"the language model did not answer with JSON: {one_line(error)}") from None


def validate_json(text: bytes | str, form: TypeAdapter[A]) -> A:
    """JSON text as an object of a form. Raises ValueError for what is no JSON (numbers that are infinite or none
    included, which pydantic would let through), and its ValidationError for what is not of the form."""
    json.dumps(from_json(text), allow_nan=False)
    return form.validate_json(text)


def first_fault(error: ValidationError) -> str:
    """The first thing that is wrong with an object, and where."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the answer"
    return one_line(f"{place}: {first['msg']}")


def one_line(value: Any, limit: int = 200) -> str:
    """Any value as one bounded line that a terminal prints as it is, for an error message."""
    line = " ".join(str(value)[: 4 * limit].split())[:limit]
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
