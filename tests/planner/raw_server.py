"""A model server on loopback that answers with the bytes that it is given, or behaves as badly as it is told to."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Sequence
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

Behaviour = bytes | Callable[[socket.socket, threading.Event], None]
"""A whole HTTP response, or what is done with the connection; the event is set when the server closes."""


def response(body: bytes | str, status: str = "200 OK", *headers: str) -> bytes:
    """An HTTP response with its length."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(data)}", "connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + data


def chat(text: str | None, finish: str | None = "stop", **more: Any) -> bytes:
    """A chat completion with one choice."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish} | more
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return response(json.dumps({"choices": [choice], "usage": usage}))


def probable(top: Any) -> bytes:
    """A chat completion with these likeliest first tokens."""
    return chat("yes", "length", logprobs={"content": [{"token": "yes", "top_logprobs": top}]})


class RawServer:
    """Gives ``answers`` to chat requests, one after the other, the last of them again and again.

    ``models`` is the response to ``GET /models``; ``requests`` are the bodies of the chat requests that were received
    whole, and ``heads`` their first lines and headers.
    """

    def __init__(self, *answers: Behaviour) -> None:
        self.answers: Sequence[Behaviour] = answers
        self.models = response('{"data": [{"id": "tiny"}]}')
        self.requests: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self.listed = 0
        closing, lock = threading.Event(), threading.Lock()
        owner = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):  # the other end may hang up at any time
                    behaviour = self._behaviour()
                    if isinstance(behaviour, bytes):
                        self.connection.sendall(behaviour)
                    else:
                        behaviour(self.connection, closing)

            def _behaviour(self) -> Behaviour:
                if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":  # somebody wants to talk TLS
                    return response("", "400 Bad Request")
                head = b"".join(iter(self.rfile.readline, b"\r\n")).decode("latin-1")
                if not head.startswith("POST "):
                    owner.listed += 1
                    return owner.models
                length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
                body = self.rfile.read(int(length[1]) if length else 0)
                with lock:
                    owner.heads.append(head)
                    owner.requests.append(json.loads(body))
                    return owner.answers[min(len(owner.requests), len(owner.answers)) - 1]

        self._closing = closing
        self._tcp = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._tcp.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._tcp.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._tcp.serve_forever, args=(0.01,))

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._tcp.shutdown()
        self._thread.join()
        self._tcp.server_close()


def silent(connection: socket.socket, closing: threading.Event) -> None:
    """Never answers."""
    closing.wait()


def dripping(beginning: bytes, drop: bytes = b" ") -> Behaviour:
    """Says ``beginning``, and then a little more again and again, without end."""

    def drip(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(beginning)
        while not closing.wait(0.01):
            connection.sendall(drop)

    return drip


def endless(beginning: bytes) -> Behaviour:
    """Says ``beginning``, and then as much as the other end takes."""

    def pour(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(beginning)
        while not closing.is_set():
            connection.sendall(b" " * 65536)

    return pour
