"""What goes wrong with media."""

from __future__ import annotations


class MediaError(Exception):
    """A picture or film cannot be read or written; one line says why."""


def reason(error: Exception) -> str:
    """What the system says, without its error numbers and paths."""
    return getattr(error, "strerror", None) or str(error)
