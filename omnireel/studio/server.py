"""The studio as a server: its address, its token, its temporary files, and its end."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
import uvicorn
from fastapi import FastAPI

from agent.session import Session
from memory import on_disk
from omnireel.studio.door import Door, Keys
from omnireel.studio.jobs import Jobs
from omnireel.studio.page import Page, build

MOST_CONNECTIONS = 256
_MOST_QUEUED = 128
_PREFIX = "omnireel-studio-"
Opening = Callable[[Path, int], Session]


class AddressTaken(Exception):
    """The studio cannot listen where it should."""


def serve(
    out: Path, opening: Opening, *, makers: str, host: str, port: int, names: Sequence[str], tell: Callable[[str], None]
) -> None:
    """Serves the page until SIGINT or SIGTERM, then raises KeyboardInterrupt.

    ``names`` are more host names that it answers to, and ``tell`` is told its link. Raises AddressTaken, StoreError.
    """
    with on_disk(out):
        out.mkdir(parents=True, exist_ok=True)
    with _listening(host, port) as listener, _page_files() as files:
        keys = Keys(secrets.token_hex(24), f"omnireel-{port}")
        page = build(Page(out, Jobs(out, opening), keys, makers)).queue(max_size=_MOST_QUEUED)
        app = gr.mount_gradio_app(FastAPI(openapi_url=None), page, "/", ssr_mode=False, footer_links=[])
        door = Door(app, keys, {"localhost", socket.gethostname(), host, *names}, files)
        for line in _welcome(host, port, keys.token):
            tell(line)
        _run(door, listener)


def _run(door: Door, listener: socket.socket) -> None:
    config = uvicorn.Config(
        door, log_level="warning", access_log=False, timeout_graceful_shutdown=1, limit_concurrency=MOST_CONNECTIONS
    )
    # The server ends well on either signal, and raises it again.
    signal.signal(signal.SIGTERM, _interrupt)
    uvicorn.Server(config).run(sockets=[listener])


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _welcome(host: str, port: int, token: str) -> Iterator[str]:
    shown = f"[{host}]" if ":" in host else host
    yield f"omnireel studio: http://{shown}:{port}/?token={token}"
    yield "Whoever has this link can make films here. Ctrl-C stops the studio."
    if not _is_loopback(host):
        yield (
            f"Other machines reach {host}, and what is sent is not encrypted: on a network that is not your own, "
            f"listen on 127.0.0.1 and use `ssh -L {port}:127.0.0.1:{port}` or a proxy with TLS and --name."
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens on the address. Raises AddressTaken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressTaken(f"{host} is no address of this machine: {error.strerror}") from None
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            told = f"cannot listen on {host}, port {port} ({error.strerror})"
            raise AddressTaken(f"{told}: choose another with --port or --host") from None
        yield listener


@contextmanager
def _page_files() -> Iterator[Path]:
    """A folder for the copies that the page shows, gone at the end; those of killed studios are removed first."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.environ["GRADIO_TEMP_DIR"] = os.environ["GRADIO_EXAMPLES_CACHE"] = str(folder)
            yield folder
        finally:
            os.close(descriptor)


def _remove_if_left(folder: Path) -> None:
    """Removes the folder of a studio that is no more: a living one holds a lock on it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass
    finally:
        os.close(descriptor)
