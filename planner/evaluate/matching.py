"""When two patches ask for the same: operations compared by meaning, not by spelling.

Words count as what a generator draws for them ('midnight' is 'night'). Operations with the same value on
several shots are one operation on all of them. In fields that concern a picture as a whole, an entity in
the scope only says which shots are meant. A garment put on is the same whether it is new or replaces one.
"""

from __future__ import annotations

from collections.abc import Iterable

from planner.evaluate.bench import BENCH
from planner.film.ground import find, ground, stem
from planner.language.text import words
from planner.story.patch import Operation, shots_matching
from planner.story.story import Story

Meaning = tuple[str, str, str | None, object]
"""Operation, field, entity, value."""

_GROUNDED = {
    **{kind: kind for kind in ("mood", "time", "weather", "style", "action", "colour", "prop")},
    "location": "setting",
    "kind": "species",
    "cast": "species",
}
_OF_PICTURES = frozenset(
    {
        "mood",
        "time",
        "weather",
        "light",
        "location",
        "pace",
        "camera",
        "size",
        "angle",
        "transition",
        "duration",
        "style",
    }
)
_OF_FILMS = frozenset({"title", "style"})
#: Least overlap of words (Dice) of two descriptions of a new shot that count as the same.
ALIKE = 0.6


class Asked:
    """What a patch asks for, by meaning: where each thing is to happen."""

    def __init__(self, operations: Iterable[Operation], story: Story) -> None:
        self.where: dict[Meaning, frozenset[str]] = {}
        for operation in operations:
            meaning, shots = _meaning(operation, story)
            self.where[meaning] = self.where.get(meaning, frozenset()) | shots

    def __len__(self) -> int:
        return len(self.where)

    def common(self, other: Asked) -> int:
        """How many operations both ask for, at the same place."""
        left, found = dict(other.where), 0
        for meaning, shots in self.where.items():
            same = next((m for m, s in left.items() if _same(meaning, m) and s == shots), None)
            if same is not None:
                del left[same]
                found += 1
        return found


def _meaning(operation: Operation, story: Story) -> tuple[Meaning, frozenset[str]]:
    field, value = operation.field, operation.value
    entity = None if field in _OF_PICTURES else operation.scope.entity
    comes = operation.op == "add" and field in ("cast", "prop")
    shots = [shot.id for _, shot in shots_matching(story, operation.scope.of(None) if comes else operation.scope)]
    if operation.op == "add" and field in ("shot", "scene"):
        told = frozenset(stem(w) for w in words(str(value)))
        order = [shot.id for _, shot in story.shots]
        at = -1 if operation.scope.where == "opening" else max((order.index(i) for i in shots), default=len(order))
        return ("add", field, None, told), frozenset({f"after {min(at, len(order) - 1)}"})
    if comes and value is None:
        kinds = {c.id: c.kind for c in story.cast} | {p.id: p.kind for p in story.props}
        value, entity = kinds.get(entity or ""), None
    op = "add" if field == "wardrobe" and operation.op == "set" else operation.op
    where = frozenset() if field in _OF_FILMS else frozenset(shots)
    return (op, field, entity, _plain(field, value)), where


def _plain(field: str, value: object) -> object:
    if value is None or (field == "duration" and not isinstance(value, str)):
        return value
    text = str(value)
    if field == "wardrobe":
        colours = [m.word for m in find("colour", text) if m.fit != "near"]
        return ground("wardrobe", text, BENCH.vocabulary).word, tuple(colours[:1])
    if field in _GROUNDED:
        return ground(_GROUNDED[field], text, BENCH.vocabulary).word
    return " ".join(words(text.lower())) or text


def _same(a: Meaning, b: Meaning) -> bool:
    told, other = a[3], b[3]
    if not (isinstance(told, frozenset) and isinstance(other, frozenset)):
        return a == b
    overlap = 2 * len(told & other) / max(1, len(told) + len(other))
    return a[:3] == b[:3] and overlap >= ALIKE
