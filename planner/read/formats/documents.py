"""Documents: the values of a YAML or JSON text with their places, and what is wrong in it, all of it at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MAX_DEPTH = 32
MAX_VALUES = 100_000
MOST_FAULTS = 10


class Position(NamedTuple):
    """Where something stands in a text, both counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Fault(NamedTuple):
    """Something wrong in a document, where, and what to do."""

    place: Position
    text: str


class FaultyDocument(Exception):
    """A text cannot be read; the message is one line that lists its faults."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__(listed(self.faults))


def listed(faults: list[Fault]) -> str:
    """Faults in one line: the only one as it is, several counted, at most MOST_FAULTS of them."""
    alike: dict[str, list[str]] = {}
    for fault in faults[:MOST_FAULTS]:
        alike.setdefault(fault.text, []).append(str(fault.place))
    told = "; ".join(f"{' and '.join(places)}: {text}" for text, places in alike.items())
    more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
    return told if len(faults) < 2 else f"{len(faults)} faults: {told}{more}"


@dataclass(frozen=True, slots=True)
class Surprise:
    """A value written plainly that some programs read as something else: a date, a clock time, an octal number."""

    written: str
    kind: str
    """What it may be read as."""
    number: float | None = None
    """As a number, where it can be one."""


@dataclass(slots=True)
class DocumentNode:
    """A value of a document: a dict of nodes, a list of nodes, or a scalar, and how and where it is written."""

    value: Any
    place: Position
    written: str = ""
    keys: dict[str, Position] = field(default_factory=dict)
    """Of a dict: where its keys stand."""

    def plain(self, booleans: frozenset[str], key: str = "") -> Any:
        """The value without its places; true and false only under the keys that may hold them."""
        if isinstance(self.value, dict):
            return {k: node.plain(booleans, k) for k, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain(booleans) for node in self.value]
        if isinstance(self.value, bool) and key not in booleans:
            return Surprise(self.written, str(self.value).lower())
        return self.value

    def find(self, location: Iterable[int | str]) -> tuple[DocumentNode, Position]:
        """The node at a path of keys and indices, or the last one on the way to it; and where its key stands."""
        node, place = self, self.place
        for step in location:
            if isinstance(node.value, dict) and step in node.value:
                node, place = node.value[step], node.keys[str(step)]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                place = node.place
            elif isinstance(node.value, dict | list):
                break
        return node, place


class Remarks:
    """What was forgiven while reading, each kind once with how often and where first."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, Position] = {}

    def add(self, what: str, place: Position) -> None:
        """Counts one more of a kind."""
        self._counts[what] += 1
        self._first.setdefault(what, place)

    def lines(self) -> list[str]:
        """A line a kind."""
        return [
            f"{self._first[what]}: {what}" + (f" ({count} times)" if count > 1 else "")
            for what, count in self._counts.items()
        ]


@dataclass(frozen=True)
class SourceDocument:
    """What a text holds, and what was forgiven while it was read."""

    root: DocumentNode
    remarks: tuple[str, ...] = ()


class LineIndex:
    """Lines and columns of a text by index."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def of(self, index: int) -> Position:
        """The place of the character at an index."""
        line = bisect_right(self._starts, index)
        return Position(line, index - self._starts[line - 1] + 1)
