"""Time of telling: stories tell things late that happened early; a film shows them when they happened.

A sentence goes back by its opening ('an hour earlier', 'in a flashback') or its tense ('he had hidden'); the story
comes back with another tense, or by saying so ('now'). What was told late is shown before the scene that it explains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from planner.film.grammar import grammar
from planner.language.clauses import TextClause, is_past
from planner.language.text import lexicon, verbs
from planner.story.outline import OutlineEvent

WHY = "it happened before what is told first, so it is shown first"

_SPAN = (
    r"(?:a|an|one|two|three|four|five|ten|many|some|several|few|the|that|shortly|long|much|just|only|not|so|"
    r"minutes?|hours?|days?|nights?|evenings?|mornings?|weeks?|months?|years?|summers?|winters?|time|while|little|moments?)"
)
_BACK = re.compile(
    rf"^\W*(?:(?:{_SPAN}\s+)*(?:(?:earlier|ago|previously|beforehand)\b(?:\s+(?:that|the same)\s+\w+)?|before(?=,))"
    r"|(?:the\s+previous|last)\s+(?:day|night|week|month|year|summer|winter|evening)\b|yesterday\b"
    r"|(?:in\s+(?:a|the)\s+)?flash-?back\b|in\s+(?:his|her|their|a)\s+(?:memory|memories|youth|childhood)\b|back\s+then\b"
    r"|그\s?전에|전날(?:\s?밤)?|어제|지난\s?(?:밤|주|해|여름|겨울)|그날\s?(?:아침|새벽)|(?:며칠|몇\s?\S+|\S+\s?(?:시간|년|달|주|분|일|해))\s?전에?(?=\s)"
    r"|오래\s?전에?|회상(?:\s?속에서)?)[\s,:]*",
    re.I,
)
_BACK_AT_END = re.compile(rf",?\s+(?:{_SPAN}\s+)+(?:earlier|before|ago)(?=[\s.!?]*$)", re.I)
_RETURN = re.compile(r"^\W*(?:now|today|meanwhile|back (?:in|at|to)|in the present|이제|지금|현재)\b", re.I)
_PAST_AUXILIARY = re.compile(r"\b(?:was|were|had|did)\b", re.I)


def opening(text: str) -> tuple[str, str]:
    """What sends a sentence back in time, and the sentence without it; ('', text) where nothing does."""
    for pattern in (_BACK, _BACK_AT_END):
        if (found := pattern.search(text)) and re.search(r"\w", text[: found.start()] + text[found.end() :]):
            return found.group(), text[: found.start()] + text[found.end() :]
    return "", text


def goes_back(told: Sequence[TextClause]) -> bool:
    """Whether a sentence as a whole tells what had happened: nothing in it is of the present of the story."""
    return bool(told) and all(is_past(clause.text) or clause.link == "and" for clause in told)


def comes_back(text: str, past: str, present: str) -> bool:
    """Whether a sentence is told in the story's own time again, where the past is told in another tense or not."""
    return bool(_RETURN.match(text)) or past == present or tense(text) != past


def tense(text: str) -> str:
    """'past' or 'present' by the first verb; empty where it does not say."""
    if re.search("[가-힣]", text):
        return "past" if re.search(r"[가-힣]*[았었했갔왔났렸쳤겼졌봤](?:다|고|으며|지만)", text) else "present"
    first = next((v.mention.text.split()[0].lower() for v in verbs(text)), "")
    irregular = first in grammar().irregular and first not in lexicon("unchanged")
    if _PAST_AUXILIARY.search(text) or first.endswith("ed") or (irregular and not first.endswith("s")):
        return "past"
    return "present" if first.endswith("s") or re.search(r"\b(?:is|are|has|have)\b", text) else ""


def in_order(events: Sequence[OutlineEvent]) -> list[OutlineEvent]:
    """The events as they happened: those told late go back before the sentence that they explain, or before its
    scene where they happen elsewhere."""
    film: list[OutlineEvent] = []
    for earlier, run in groupby(events, key=lambda e: e.earlier):
        told = list(run)
        at = _explained(film, told) if earlier and film else len(film)
        film[at:at] = [e.model_copy(update={"why": WHY}) for e in told] if at < len(film) else told
    return film


def _explained(film: Sequence[OutlineEvent], told: Sequence[OutlineEvent]) -> int:
    """Where in the film what is told late belongs."""
    here = told[0].place == film[-1].place
    same = [event.sentence == film[-1].sentence if here else event.place == film[-1].place for event in film]
    return next((i + 1 for i in range(len(film) - 1, -1, -1) if not same[i]), 0)
