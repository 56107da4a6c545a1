"""The state of a production between two steps: ids and a round. Everything else is in memory."""

from __future__ import annotations

from typing import Annotated, TypedDict


def union(known: list[int], more: list[int]) -> list[int]:
    """The numbers of both, each once, in order: what several tasks of one step report adds up in any order."""
    return sorted({*known, *more})


class State(TypedDict, total=False):
    """What LangGraph keeps in its checkpoints; a node returns the keys that it changes."""

    rendition: int
    """The one that is filmed, as memory counts them."""
    round: int
    """The batch under way; 0 when nothing is left to render."""
    reviewed: Annotated[list[int], union]
    """Attempts, as memory counts them, whose takes were looked at in this run of the graph."""


class ReviewTask(TypedDict):
    """What one review is sent: the rendition and the attempt."""

    rendition: int
    attempt: int
