"""Any OpenAI-compatible server over HTTP: vLLM, llama.cpp, hosted services."""

from __future__ import annotations

import math
import os
from functools import cached_property

from planner.llm.base import LanguageModelError, Message, ModelUnavailable
from planner.llm.chat import Body, ChatModel, chat_request
from planner.llm.completion import ModelList, completion, parse
from planner.llm.pictures import probe_image
from planner.llm.server import ModelServer

API_KEY_VARIABLE = "OPENAI_API_KEY"
TIMEOUT_VARIABLE = "OMNIREEL_LLM_TIMEOUT"

ANSWER_SECONDS = 180.0
"""For an answer from first to last: four at a time of 320 tokens each, from a server that makes ten a second."""

LIST_SECONDS = 15.0
"""For the list of models, which no server has to think about."""


class OpenAICompatible(ChatModel):
    """Chat completions constrained by ``response_format`` (json_schema), and by GBNF on llama.cpp servers."""

    backend = "openai"
    slots = 4
    """Requests at a time; a server queues what it cannot answer at once."""

    def __init__(self, base_url: str, model: str = "", *, api_key: str | None = None) -> None:
        """``base_url`` ends before ``/chat/completions``; without ``model`` the server's first one is used.

        ``api_key`` defaults to the variable OPENAI_API_KEY; how many seconds an answer may take is set by
        OMNIREEL_LLM_TIMEOUT. Raises LanguageModelError when the server must be asked for its model and does not
        answer.
        """
        super().__init__()
        key = api_key if api_key is not None else os.environ.get(API_KEY_VARIABLE, "")
        self._server = ModelServer(base_url, key, answer_seconds())
        self.model = model or self._first_model()

    @cached_property
    def sees(self) -> bool:
        """Whether the server takes images: it is shown one, for no list of models says so.

        Raises LanguageModelError when it does not answer a question without one either.
        """
        question = Message(role="user", text="Which colour is this?", images=(probe_image(),))
        try:
            self._try(question)
        except LanguageModelError:
            self._try(question.model_copy(update={"images": ()}))
            return False
        return True

    def _try(self, message: Message) -> None:
        """Raises LanguageModelError when the server does not answer with as much as a token."""
        completion(self._answer(chat_request(self.model, [message], max_tokens=1, seed=0)))

    def _answer(self, body: Body) -> bytes:
        return self._server.post("/chat/completions", body)

    def _accepts_grammar(self) -> bool:
        return self._is_llamacpp

    @cached_property
    def _is_llamacpp(self) -> bool:
        """Whether the server says so; one that lists no models does not."""
        try:
            return any(entry.owned_by == "llamacpp" for entry in self._models().data)
        except ModelUnavailable:
            raise
        except LanguageModelError:
            return False

    def _first_model(self) -> str:
        try:
            served = self._models().data
        except ModelUnavailable:
            raise
        except LanguageModelError as error:
            raise LanguageModelError(f"{error}; name the model as openai:URL#MODEL") from None
        if not served:
            raise LanguageModelError(f"{self._server.address} lists no models: name one as openai:URL#MODEL")
        return served[0].id

    def _models(self) -> ModelList:
        return parse(self._server.get("/models", seconds=LIST_SECONDS), ModelList, "list of models")


def answer_seconds() -> float:
    """How long an answer may take, from the environment. Raises LanguageModelError."""
    text = os.environ.get(TIMEOUT_VARIABLE) or str(ANSWER_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise LanguageModelError(f"{TIMEOUT_VARIABLE} is a number of seconds above 0, not {text!r}")
    return seconds
