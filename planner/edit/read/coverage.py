"""Which words of a sentence took part in what was read of it, and what is asked about those that did not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from planner.language.document import Document, Span, Word
from planner.story.patch import Operation
from planner.story.story import Story

MOST = 4
"""Words that a question names at most."""


@lru_cache(maxsize=1)
def tables() -> dict[str, Any]:
    """What ``asks.yaml`` holds, read once."""
    text = resources.files("planner.edit.read").joinpath("asks.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


@lru_cache(maxsize=32)
def listed(*path: str) -> frozenset[str]:
    """The words of one list of ``asks.yaml``."""
    found: Any = tables()
    for key in path:
        found = found[key]
    return frozenset(map(str, found))


def uncovered(document: Document, spans: Iterable[Span]) -> list[Word]:
    """The words with a meaning that lie in none of the spans and are more than courtesy; quotations are told apart."""
    known = (*spans, *(quote.span for quote in document.quotes))
    return [w for w in document.covered(known) if w.lemma.lower() not in listed("idle") and len(w.text) > 1]


def doubt(words: Sequence[Word], operations: Sequence[Operation], story: Story) -> str:
    """The question about words that took part in nothing, with what can be done without them as the choices."""
    named = ", ".join(f"“{word.text}”" for word in list(dict.fromkeys(words))[:MOST])
    told = "; ".join(dict.fromkeys(described(o, story) for o in operations[:MOST]))
    if not told:
        return f"What should {named} change, and where? Say it as one change, with a shot or scene."
    return f"I could not tell what {named} should mean here. Should I do only this: {told}? Or what is meant?"


def described(operation: Operation, story: Story) -> str:
    """One operation in words: 'set the mood of scene-2 to sad'."""
    scope = operation.scope
    name = next((e.name for e in story.entities if e.id == scope.entity), "")
    where = "the film" if scope.where == "film" else scope.id or f"the {scope.where}"
    whose = f" of {name}" if name else ""
    value = "" if operation.value is None else f": {operation.value}"
    return f"{operation.op} {operation.field}{whose} in {where}{value}"
