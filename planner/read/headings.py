"""Headings of scenes, as scripts write them: 'INT. KITCHEN - NIGHT'."""

from __future__ import annotations

import re
from typing import NamedTuple

from planner.language.document import Span

_HEADING = re.compile(
    r"^[ \t]*(?:\d+[.)]?\s+)?(?P<side>INT\.?/EXT|EXT\.?/INT|INT|EXT|I/E)[. ]\s*(?P<place>[^\n]*?[^\W_][^\n]*?)"
    r"(?:\s*[-–—]\s*(?P<time>[A-Za-z ]+))?[ \t.]*$",
    re.M,
)


class Heading(NamedTuple):
    """Where and when a scene is."""

    span: Span
    place: Span
    time: Span | None
    inside: bool | None


def headings(text: str) -> list[Heading]:
    """Every heading of a text, in order."""
    return [
        Heading(
            Span(*match.span()),
            Span(*match.span("place")),
            Span(*match.span("time")) if match["time"] else None,
            {"INT": True, "EXT": False}.get(match["side"]),
        )
        for match in _HEADING.finditer(text)
    ]
