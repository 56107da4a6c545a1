"""How long something is to last: 'two seconds longer', 'to 1.5 seconds', 'half as long', 'too short'."""

from __future__ import annotations

import re

from planner.edit.read.clauses import EditClause
from planner.edit.read.mentions import Mention

#: What there is to be less of, and what that leaves more of.
OPPOSITE = {"darker": "brighter", "brighter": "darker", "faster": "slower", "slower": "faster", "longer": "shorter",
            "shorter": "longer"}  # fmt: skip


def asked(clause: EditClause) -> float | str:
    """The length that a clause asks for: seconds, '+1', 'x0.5', 'longer'; empty where it asks for none."""
    words = clause.of("duration")
    if length := next(iter(clause.of("seconds")), None):
        sign = _sign(clause, length, [w.value for w in words])
        return f"{sign}{length.number:g}" if sign else length.number
    if factor := next((w.value for w in words if w.value.startswith("x")), ""):
        return f"x{float(factor[1:]):g}"
    if not words:
        return ""
    return OPPOSITE[words[0].value] if _is_too(clause, words[0]) else words[0].value


def _is_too(clause: EditClause, length: Mention) -> bool:
    return any(re.fullmatch(r"(?:way )?too|너무", m.text.lower()) and m.end <= length.start for m in clause.said)


def _sign(clause: EditClause, length: Mention, words: list[str]) -> str:
    """Whether a length is to be added ('+'), taken off ('-') or reached ('')."""
    around = clause.text.lower()
    at = around.find(length.text.lower())
    reached = re.search(
        r"\b(?:to|than|at most|under|within)\s+(?:a |just |only |exactly |about |around )*$", around[:at]
    )
    if reached or re.match(
        r"\s?(?:으로|로|까지|안으로|안에|이내|이하|미만|짜리|만 쓰|만에)", around[at + len(length.text) :]
    ):
        return ""
    taken = r"\b(?:chop|shave|trim|cut|take|lose|snip|knock|lop|drop|remove|slice|clip)\b[^,.]*$"
    if (
        "shorter" in words
        or (re.search(taken, around[:at]) and " from " in around[at:])
        or re.search(r"\boff\b|\bless\b|\breduce|\bdecrease|\bcut\b.*\bby\b|빼|줄[이여인였임일]|깎|덜", around)
    ):
        return "-"
    return "+" if "longer" in words or re.search(r"\bmore\b|\bextra\b|\badd\b|\banother\b|더|늘", around) else ""
