"""References to earlier edits: 'undo that but only at the end', 'a bit less', 'the same in shot 4'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from planner.edit.read.clauses import EditClause
from planner.edit.read.lengths import OPPOSITE
from planner.story.patch import FILM, Operation, Patch, Scope

_ALSO = re.compile(r"\b(?:also|too|as well|likewise)\b|[샷컷면]도", re.I)
#: Values that stand for their field when they are taken back: 'undo the snow'.
_VALUES = ("mood", "time", "weather", "style", "light", "pace", "camera", "size", "duration", "wardrobe", "colour",
           "action", "transition")  # fmt: skip
#: What a clause that only says how much may hold.
_DEGREE = frozenset({"less", "more", "make", "pronoun", "place", "stage", "should"})


def taken_back(clause: EditClause, places: Sequence[Scope]) -> list[Operation]:
    """What is undone: everything, or one field, in the film or in a part of it."""
    named = [m.value for m in clause.of("field")] + [m.kind for m in clause.of(*_VALUES)]
    fields = [*dict.fromkeys(named)] or ["all"]
    return [
        Operation(op="undo", scope=scope, field=field, reason=clause.text)  # type: ignore[arg-type]
        for scope in places or (FILM,)
        for field in fields
    ]


def again(
    clause: EditClause, places: Sequence[Scope], past: Sequence[Patch], who: Sequence[str] = ()
) -> list[Operation]:
    """The last edit once more: elsewhere, on others, stronger or weaker; nothing when the clause asks itself."""
    last = past[-1].operations
    bare = all(m.kind == "place" for m in clause.said) and _ALSO.search(clause.text)
    same = clause.has("same", "do_that") or bare
    if same and not places:
        return [o.model_copy(update={"scope": o.scope.of(i), "reason": clause.text}) for o in last for i in who]
    if same:
        return [
            o.model_copy(update={"scope": s.of(o.scope.entity), "reason": clause.text}) for o in last for s in places
        ]
    halved = not places and {m.value for m in clause.of("duration")} == {"x0.5"}
    if (
        halved
        and not any(o.field == "duration" for o in last)
        and all(m.kind in {*_DEGREE, "duration"} for m in clause.said)
    ):
        return list(_weaker(clause, places, last))
    if not all(m.kind in _DEGREE for m in clause.said):
        asked = {(m.kind, m.value) for m in clause.said}
        named = [o for o in last if (o.field, o.value) in asked and not places]
        return list(_weaker(clause, places, named) if clause.has("less") else _stronger(clause, named))
    if clause.has("less"):
        return list(_weaker(clause, places, last))
    if clause.has("more"):
        return [_moved(o, places, clause) for o in last]
    return []


def _stronger(clause: EditClause, last: Sequence[Operation]) -> Iterator[Operation]:
    """'Even faster', where the last edit worked."""
    if clause.has("more") and len([m for m in clause.said if m.kind not in _DEGREE]) == 1:
        yield from (o.model_copy(update={"reason": clause.text}) for o in last)


def _weaker(clause: EditClause, places: Sequence[Scope], last: Sequence[Operation]) -> Iterator[Operation]:
    for operation in last:
        if operation.field == "mood" and operation.op == "set":
            yield _moved(operation.model_copy(update={"op": "lower"}), places, clause)
        elif operation.field == "size":
            yield _moved(operation.model_copy(update={"value": "medium"}), places, clause)
        elif isinstance(operation.value, str) and operation.value in OPPOSITE:
            opposite = operation.model_copy(update={"value": OPPOSITE[operation.value]})
            yield _moved(opposite, places, clause)


def _moved(operation: Operation, places: Sequence[Scope], clause: EditClause) -> Operation:
    scope = places[0].of(operation.scope.entity) if places else operation.scope
    return operation.model_copy(update={"scope": scope, "reason": clause.text})
