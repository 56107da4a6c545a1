"""Why an operation cannot be done."""

from __future__ import annotations


class CannotApply(Exception):
    """An operation asks for what this story or generator does not have; one line says what."""
