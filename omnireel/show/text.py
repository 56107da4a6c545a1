"""Text of others on a terminal, and what its colours mean."""

from __future__ import annotations

from rich import markup

from omnireel.show.printable import printable

COLOUR = {
    "honoured": "green",
    "approximated": "yellow",
    "refused": "red",
    "accept": "green",
    "revise": "yellow",
    "note": "yellow",
    "change": "bold",
    "assumed": "bold",
}


def escape(text: str) -> str:
    """Text of others, safe inside rich's markup and safe to print."""
    return markup.escape(printable(text))
