"""What goes wrong with media, files that are read, and files that appear whole or not at all."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from av.error import FFmpegError

_ASIDE = re.compile(r"\..+\.(\d+)\.tmp")
_NO_FILES = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class MediaError(ValueError):
    """A picture or film cannot be read or written; one line says which and why."""


def reason(error: Exception) -> str:
    """What the system says, without its error numbers and paths."""
    return getattr(error, "strerror", None) or str(error)


def printable(text: str) -> str:
    """``text`` on one line of a terminal: what would move its cursor is spelt out."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def called(source: str | Path | bytes, name: str = "") -> str:
    """How errors call what a person gives: by ``name``, an entity's say, and by its path where it has one."""
    path = "" if isinstance(source, bytes) else printable(str(source))
    return f"{name}: {path}" if name and path else name or path or "the picture"


@contextmanager
def opened(source: str | Path | bytes, name: str) -> Iterator[tuple[BinaryIO, int]]:
    """A plain file, or bytes, to read, and its size. ``name`` is told of it. Raises MediaError."""
    if isinstance(source, bytes):
        yield io.BytesIO(source), len(source)
        return
    try:
        # A pipe blocks whoever opens it until somebody writes, unless told not to.
        descriptor = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        kind = _no_file(source)
        raise MediaError(f"{name} is {kind}, not a file" if kind else f"cannot read {name}: {reason(error)}") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise MediaError(f"{name} is {_kind(found.st_mode)}, not a file")
    with open(descriptor, "rb") as file:
        yield file, found.st_size


def _no_file(path: str | Path) -> str:
    try:
        return _kind(os.stat(path).st_mode)
    except (OSError, ValueError):
        return ""


def _kind(mode: int) -> str:
    return next((word for test, word in _NO_FILES if test(mode)), "")


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``target`` when the block ends well. Raises MediaError.

    What killed processes left beside ``target`` is swept away.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sweep(target.parent)
        try:
            yield aside
            os.replace(aside, target)
        finally:
            aside.unlink(missing_ok=True)
    except (OSError, FFmpegError) as error:
        raise MediaError(f"cannot write {printable(str(target))}: {reason(error)}") from error


def sweep(folder: Path) -> None:
    """Delete the files ``.NAME.PID.tmp`` in ``folder`` whose process lives no more."""
    for path in folder.glob(".*.tmp"):
        writer = _ASIDE.fullmatch(path.name)
        if writer and not path.is_dir() and not _lives(int(writer[1])):
            path.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
