"""The values of a clause as changes: what is to be set, added, removed or lowered, and on whom."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planner.edit.read import lengths
from planner.edit.read.clause import ValueChange
from planner.edit.read.clauses import EditClause
from planner.edit.read.looks import Looks
from planner.edit.read.mentions import Mention
from planner.edit.read.presence import Presence
from planner.edit.read.who import People
from planner.story.story import Story

#: Words that deny the one value after them.
GONE = re.compile(
    r"no|not|nothing|does(?:n['’]?t| not)|without|no more|minus|none of|never|less|free of|isn['’]?t|too|덜|너무|"
    r"stop(?: the)?|lose|(?:a |not |way |quite |that |so |as |bit |little |touch |tad |overly |less |much )+",
    re.I,
)
#: 'All shots with Bolt': a part of the film told by who is in it.
_SHOWING = re.compile(
    r"\b(?:every|each|all|any|those|the)(?: the| of the)? (?:shots?|scenes?|times?) "
    r"(?:with|of|where|in which|that|featuring|showing)\b"
    r"|\b(?:every|each|all)(?: of)? [\w'’]+['’]s (?:shots?|scenes?)\b"
    r"|\b(?:wherever|whenever|every time|each time)\b|나오는 (?:모든 )?(?:샷|장면|컷)|나올 때",
    re.I,
)


def changes(
    clause: EditClause, inherited: Mention | None, who: list[str], people: People, story: Story
) -> Iterator[ValueChange]:
    """Every change that a clause asks for. ``inherited`` is the verb of the clause before."""
    reading = _Values(clause, inherited, who, people, story)
    if length := lengths.asked(clause):
        yield ValueChange("set", "duration", length)
    yield from reading.looks()
    showing = who[0] if who and _SHOWING.search(clause.text) else None
    framed = _framed(clause)
    for change in reading.plain():
        yield change._replace(entity=showing or (framed if change.field in ("camera", "size", "angle") else None))
    yield from reading.bodies()
    yield from reading.deeds()


def _framed(clause: EditClause) -> str | None:
    """Whom the camera is on: 'push in on Ann', 'from Ann'."""
    for mention in clause.of("who"):
        lead = clause.text[: max(0, clause.text.find(mention.text))]
        if re.search(r"\b(?:on|of|from|at|to|towards?|around)\s+(?:the\s+)?$", lead, re.I):
            return mention.value
    return None


class _Values(Looks, Presence):
    """Everything that a clause holds."""
