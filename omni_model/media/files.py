"""What goes wrong with media, and files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from av.error import FFmpegError


class MediaError(Exception):
    """A picture or film cannot be read or written; one line says why."""


def reason(error: Exception) -> str:
    """What the system says, without its error numbers and paths."""
    return getattr(error, "strerror", None) or str(error)


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``target`` when the block ends well. Raises MediaError."""
    aside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield aside
            os.replace(aside, target)
        finally:
            aside.unlink(missing_ok=True)
    except (OSError, FFmpegError) as error:
        raise MediaError(f"cannot write {target}: {reason(error)}") from error
