"""What a clause asks for no longer: one value in the place of another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.edit.read.clauses import EditClause
from planner.edit.read.mentions import Mention

#: Fields that concern a picture as a whole.
PLAIN = ("mood", "time", "weather", "style", "light", "pace", "camera", "size", "angle", "transition")


_NAMED = ("setting", "wardrobe", "colour", "species", "who", "thing", "action", "prop")


def dropped(clause: EditClause) -> set[Mention]:
    """What is replaced: after 'instead of', before '대신', between 'from' and 'to', first of a swap."""
    values = [
        m
        for m in clause.said
        if m.kind in (*PLAIN, "setting", "wardrobe", "colour", "species", "who", "thing", "action", "prop")
    ]
    gone: set[Mention] = set()
    for mark in clause.said:
        after = [v for v in values if v.start >= mark.end]
        before = [v for v in values if v.end <= mark.start]
        if mark.kind == "drop_next" or (mark.kind == "than" and re.search(r"\brather\b", clause.text, re.I)):
            gone |= set(after[:1])
            gone |= {v for v in after if v.kind == "action" and after[0].kind == "action" and v.text.endswith("ing")}
        elif mark.kind == "drop_before":
            gone |= {v for v in before if (v.kind, v.value) == (before[-1].kind, before[-1].value)}
        elif mark.kind == "become":
            gone |= {v for v in before if v.kind in PLAIN and any(v.kind == new.kind for new in after)}
        elif mark.kind == "replace":
            later = [v for v in after if v.kind != "colour"]
            pair = later[1:] or clause.of("one")
            gone |= set(_replaced(later, clause) if pair else [])
    prefers = re.search(r"\bprefer", clause.text, re.I)
    for first in values:
        lead = clause.text[: max(0, clause.text.find(first.text))]
        to = re.match(r"\s+to\s", clause.text[len(lead) + len(first.text) :])
        if (to or re.search(r"\bfrom (?:\w+ )?$", lead)) and any(
            v.kind == first.kind and v.start > first.end for v in values
        ):
            gone.add(next(v for v in values if v.kind == first.kind and v.start > first.end) if prefers else first)
    return gone


def _replaced(values: Sequence[Mention], clause: EditClause) -> list[Mention]:
    """The first thing after 'replace'; of 'Ann's hat' the hat."""
    first = values[0]
    if first.kind == "who" and len(values) > 1 and values[1].kind in ("wardrobe", "thing"):
        return [values[1]]
    return [first]
