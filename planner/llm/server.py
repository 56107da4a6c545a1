"""A model server over HTTP that may be away, slow, busy, broken or hostile: bounded in time, size and tries."""

from __future__ import annotations

import asyncio
import email.utils
import math
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

from planner.llm.base import LanguageModelError, ModelUnavailable
from planner.llm.completion import one_line

MOST_BYTES = 4 * 2**20
"""Of an answer; the longest lists of models are a quarter of it."""

CONNECT_SECONDS = 10.0
BACKOFF = (0.5, 1.0, 2.0)
"""Seconds before another try where a busy server does not say how long to wait."""

MOST_WAIT = 30.0
"""Seconds that a busy server may ask us to wait before a try."""

R = TypeVar("R")


class ModelServer:
    """Asks one server. One that is away, silent or busy is given up: from then on every question fails at once."""

    def __init__(self, base_url: str, api_key: str, seconds: float) -> None:
        """``seconds`` is how long an answer may take from first to last, tries and waits included.

        Raises LanguageModelError for an address that is none and a key that no header can hold.
        """
        key = api_key.strip()
        if not (key.isascii() and key.isprintable()):
            raise LanguageModelError("the API key holds what no HTTP header can hold: set it again")
        try:
            self._base = httpx.URL(base_url.rstrip("/"))
        except (httpx.InvalidURL, UnicodeError) as error:
            raise LanguageModelError(f"not the address of a model server: {one_line(error)}") from None
        self.address = one_line(self._base.copy_with(username=None, password=None))
        self._headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._tls = httpx.create_ssl_context()
        self._seconds = seconds
        self._given_up = ""

    def get(self, path: str, *, seconds: float) -> bytes:
        """What lies at a path below the address. Raises LanguageModelError."""
        return self._ask("GET", path, None, min(seconds, self._seconds))

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        """The answer to a JSON body. Raises LanguageModelError."""
        return self._ask("POST", path, body, self._seconds)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, seconds: float) -> bytes:
        if self._given_up:
            raise ModelUnavailable(self._given_up)
        try:
            return _run(self._within(seconds, method, path, body))
        except ModelUnavailable as error:
            self._given_up = str(error)
            raise

    async def _within(self, seconds: float, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        timeout = httpx.Timeout(None, connect=min(CONNECT_SECONDS, seconds))
        try:
            async with (
                asyncio.timeout(seconds),
                httpx.AsyncClient(headers=self._headers, timeout=timeout, verify=self._tls) as client,
            ):
                return await self._tried(client, client.build_request(method, f"{self._base}{path}", json=body))
        except TimeoutError:
            raise ModelUnavailable(f"{self.address} did not answer within {seconds:g} s") from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.ProxyError) as error:
            raise ModelUnavailable(f"cannot reach {self.address}: {one_line(error) or 'no answer'}") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise LanguageModelError(f"{self.address} broke off its answer: {one_line(error)}") from None

    async def _tried(self, client: httpx.AsyncClient, request: httpx.Request) -> bytes:
        """The answer after as many tries as a busy server needs. Raises ModelUnavailable for one that stays busy."""
        for backoff in (*BACKOFF, None):
            response, answer = await self._sent(client, request)
            wait = waiting(response, backoff)
            if wait is None:
                return self._checked(response, answer)
            if backoff is None or wait > MOST_WAIT:
                break
            await asyncio.sleep(wait)
        raise ModelUnavailable(f"{self.address} is too busy: it {self._status(response, answer)}")

    async def _sent(self, client: httpx.AsyncClient, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """A response and its body. Compression was not asked for: a small body could become a large one."""
        response = await client.send(request, stream=True)
        try:
            if (coding := response.headers.get("content-encoding", "identity").lower()) != "identity":
                raise LanguageModelError(f"{self.address} compresses its answer ({one_line(coding, 40)}) unasked")
            answer = bytearray()
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > MOST_BYTES:
                    raise LanguageModelError(f"{self.address} answers with more than {MOST_BYTES:,} bytes")
        finally:
            await response.aclose()
        return response, bytes(answer)

    def _checked(self, response: httpx.Response, answer: bytes) -> bytes:
        if response.has_redirect_location:
            target = one_line(response.headers["location"])
            raise LanguageModelError(f"{self.address} sends us on to {target}: name that address if you trust it")
        if not response.is_success:
            raise LanguageModelError(f"{self.address} {self._status(response, answer)}")
        return answer

    def _status(self, response: httpx.Response, answer: bytes) -> str:
        detail = one_line(answer.decode("utf-8", "replace")) or one_line(response.reason_phrase)
        return f"answered {response.status_code}: {detail}"


def waiting(response: httpx.Response, backoff: float | None) -> float | None:
    """Seconds to wait before another try; None where the answer stands.

    A server says that it is busy with status 429, or with 503 and how long to wait.
    """
    asked = retry_after(response.headers.get("retry-after", ""))
    if response.status_code == 429:
        return asked if asked is not None else (backoff or 0.0)
    return asked if response.status_code == 503 else None


def retry_after(header: str) -> float | None:
    """The seconds of a Retry-After header, which holds a number or a date; None: neither."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(header).timestamp() - time.time()
        except (ValueError, OverflowError, OSError):
            return None
    return None if math.isnan(seconds) else max(0.0, seconds)


def _run(work: Coroutine[Any, Any, R]) -> R:
    """The result of a coroutine, whether or not the caller runs in an event loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
