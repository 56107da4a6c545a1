"""The studio's door: who comes in, by which name, to which routes. What is not needed by the page is not there."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
"""Bytes of a request; the longest sentence is far below."""
_YEAR = 365 * 24 * 3600
_READ = re.compile(
    r"/|/config/?|/(assets|static|svelte)/.*|/(favicon\.ico|manifest\.json|robots\.txt|theme\.css)"
    r"|/gradio_api/(info/?|app_id/?|startup-events|theme\.css|queue/data|heartbeat/\w+)"
)
_WRITE = re.compile(r"/gradio_api/(queue/join|cancel|reset)/?")
_FILE = "/gradio_api/file="
_SAFETY = {
    # The page loads nothing from elsewhere, and no other page may hold it in a frame.
    "content-security-policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'; "
    "base-uri 'self'; form-action 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True)
class Keys:
    """The token of a studio, and the cookies that it is changed for: a secret number a browser, signed."""

    token: str
    cookie: str

    def issue(self, cookies: Mapping[str, str]) -> str:
        """A cookie for a browser that showed the token; it stays who it was, also when the studio starts anew."""
        held = cookies.get(self.cookie, "").partition(".")[0]
        person = held if re.fullmatch("[0-9a-f]{32}", held) else secrets.token_hex(16)
        return f"{person}.{self._signature(person)}"

    def person(self, cookies: Mapping[str, str]) -> str | None:
        """Whose browser it is; None without a cookie of this studio."""
        person, _, signature = cookies.get(self.cookie, "").partition(".")
        return person if _same(signature, self._signature(person)) else None

    def fits(self, token: str) -> bool:
        """Whether it is the studio's token."""
        return _same(token, self.token)

    def _signature(self, person: str) -> str:
        return hmac.new(self.token.encode(), person.encode(), hashlib.sha256).hexdigest()


class Door:
    """Lets a request through to the page, or answers it with one line that says why not."""

    def __init__(self, app: ASGIApp, keys: Keys, names: Collection[str], files: Path) -> None:
        """``names`` are the host names that the studio answers to; ``files`` is the only folder it serves from."""
        self._app, self._keys, self._files = app, keys, files
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(Request(scope, receive), scope, receive, send)

    async def _answer(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._stranger(request) or self._locked(request) or self._absent(request)
        body = None if answer else await _body(request)
        if answer is None and body is None:
            answer = _line(413, f"a request has at most {LARGEST_BODY:,} bytes")
        if answer is not None or body is None:
            await (answer or _line(413, ""))(scope, receive, _safely(send))
        else:
            await self._app(scope, _replayed(body, receive), _safely(send))

    def _stranger(self, request: Request) -> Response | None:
        """Refuses other names (a page elsewhere whose name was turned to this address) and other pages' requests."""
        host = request.headers.get("host", "")
        name = _host_name(host)
        if name not in self._names and not _is_address(name):
            return _line(403, "this studio does not answer to that name: start it with --name to allow one")
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return _line(403, "another page may not use this studio")
        return None

    def _locked(self, request: Request) -> Response | None:
        """Changes the token of a link for a cookie, and refuses whoever has neither."""
        token = request.query_params.get("token")
        if request.url.path == "/" and token is not None and self._keys.fits(token):
            answer = RedirectResponse("./", status_code=303)
            cookie = self._keys.issue(request.cookies)
            answer.set_cookie(self._keys.cookie, cookie, max_age=_YEAR, httponly=True, samesite="lax")
            return answer
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if self._keys.person(request.cookies) or (scheme.lower() == "bearer" and self._keys.fits(given.strip())):
            return None
        return _line(401, "open the link that `omnireel studio` printed: it has the token")

    def _absent(self, request: Request) -> Response | None:
        """Refuses what the page does not need; no upload, no proxy, no file but the page's own."""
        path: str = request.scope["path"]
        if request.method == "POST":
            there = _WRITE.fullmatch(path) is not None
        elif request.method in ("GET", "HEAD"):
            there = _READ.fullmatch(path) is not None or self._is_own_file(path)
        else:
            there = False
        return None if there else _line(404, "there is nothing here")

    def _is_own_file(self, path: str) -> bool:
        if not path.startswith(_FILE) or "\0" in path:
            return False
        return Path(path.removeprefix(_FILE)).resolve().is_relative_to(self._files.resolve())


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    """Whether a host is a number, which no name server can turn elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _line(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status)


async def _body(request: Request) -> bytes | None:
    """What was sent, whole; None when it is too large."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > LARGEST_BODY:
        return None
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            return None
    return data


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A receiver that gives the body once, and then whatever comes."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _safely(send: Send) -> Send:
    """A sender that adds the headers of safety."""
    headers = [(name.encode(), value.encode()) for name, value in _SAFETY.items()]

    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return add
