"""Any OpenAI-compatible server over HTTP: vLLM, llama.cpp, hosted services."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

import httpx

from planner.llm.base import LanguageModelError, Message
from planner.llm.chat import Body, ChatModel, choice, one_line, request
from planner.llm.pictures import probe_image

API_KEY_VARIABLE = "OPENAI_API_KEY"


class OpenAICompatible(ChatModel):
    """Chat completions constrained by ``response_format`` (json_schema), and by GBNF on llama.cpp servers."""

    backend = "openai"
    slots = 4
    """Requests at a time; a server queues what it cannot answer at once."""

    def __init__(self, base_url: str, model: str = "", *, api_key: str | None = None, timeout: float = 300.0) -> None:
        """``base_url`` ends before ``/chat/completions``; without ``model`` the server's first one is used.

        ``api_key`` defaults to the variable OPENAI_API_KEY; ``timeout`` is in seconds an answer.
        Raises LanguageModelError when the server must be asked for its model and does not answer.
        """
        key = api_key if api_key is not None else os.environ.get(API_KEY_VARIABLE, "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._base_url = base_url.rstrip("/")
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(timeout, connect=10.0))
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
        choice(self._answer(request(self.model, [message], max_tokens=1, seed=0)))

    def _answer(self, body: Body) -> Any:
        return self._ask("POST", "/chat/completions", body)

    def _accepts_grammar(self) -> bool:
        return self._is_llamacpp

    @cached_property
    def _is_llamacpp(self) -> bool:
        return any(entry.get("owned_by") == "llamacpp" for entry in self._models())

    def _first_model(self) -> str:
        entries = self._models()
        if not entries or "id" not in entries[0]:
            raise LanguageModelError(f"{self._base_url} lists no models: name one as openai:URL#MODEL")
        return str(entries[0]["id"])

    def _models(self) -> list[dict[str, Any]]:
        listed = self._ask("GET", "/models")
        return listed.get("data") or [] if isinstance(listed, dict) else []

    def _ask(self, method: str, path: str, body: Body | None = None) -> Any:
        url = self._base_url + path
        try:
            response = self._client.request(method, url, json=body)
        except httpx.TimeoutException:
            raise LanguageModelError(f"{url} did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LanguageModelError(f"cannot reach {url}: {one_line(error)}") from None
        if response.is_error:
            detail = one_line(response.text) or response.reason_phrase
            raise LanguageModelError(f"{url} answered {response.status_code}: {detail}")
        try:
            return response.json()
        except ValueError:
            raise LanguageModelError(f"{url} did not answer with JSON") from None

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()
