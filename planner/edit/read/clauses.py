"""A sentence cut into clauses: each asks for one thing, or says what must stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from planner.edit.read.mentions import Mention

#: Signals that begin a clause of their own, and those that end one.
_OPENS = frozenset({"protect", "except", "reason"})
_CLOSES = frozenset({"except_after"})
_STAYS = frozenset({"protect", "except", "protect_after"}) | _CLOSES
#: Signals that tell what is done with the values of a clause.
VERBS = frozenset({"add", "remove", "wear", "unwear", "replace", "make", "less", "move", "stage", "should", "become"})
#: What a clause is about without asking for anything yet.
_TOPICS = frozenset(
    {"place", "stage", "who", "thing", "pronoun", "everyone", "field", "make", "should", "more", "setting",
     "rename", "line", "caption"}
)  # fmt: skip
_LISTED = frozenset({"wardrobe", "thing", "who", "pronoun", "place", "field"})
_SEPARATOR = re.compile(
    r"(?P<stop>(?<!\bMr)(?<!\bDr)(?<!\bMrs)[.!?;]+(?:\s+|$))|[:—]\s*|\s-\s|,\s*(?:(?:and|but|then|so|also)\s+)*"
    r"|\s(?:and(?!(?<=ing and) \w+ing\b)|but|then|also|plus|while|yet|so(?= (?:that|he|she|they|the|make"
    r"|it(?! (?:comes|goes|plays|sits|lands|follows))|let|please)\b))\s+(?:(?:then|also)\s+)?|,?\s(?=which\s)"
    r"|(?<=[가-힣][고되며])(?<![^지] 말고)\s+|(?<=지만|없이)\s+|(?<=는데)\s+|\s(?:그리고|하지만|그런데|단)\s+",
    re.IGNORECASE,
)


class EditClause(NamedTuple):
    text: str
    said: tuple[Mention, ...]
    stays: bool = False
    """It says what must not change."""
    excepts: bool = False
    """It says who or what is left out of the clause before it."""
    opens: bool = True
    """It begins a sentence."""

    def of(self, *kinds: str) -> list[Mention]:
        """Its mentions of some kinds, in order."""
        return [m for m in self.said if m.kind in kinds]

    @property
    def states(self) -> bool:
        """It says how something is: 'it's murky'."""
        return bool(
            re.match(r"(?:it|they|that|this|he|she)(?:['’]s| is|['’]re| are| looks?| feels?)\b", self.text, re.I)
        )

    @property
    def complains(self) -> bool:
        """It says what is wrong, which another clause may answer."""
        return self.has("dislike") or bool(
            re.search(r"\btoo\b(?! *$)|n['’]t (?:be |feel |look )?(?:so|that)\b|너무", self.text, re.I)
        )

    def has(self, *kinds: str) -> bool:
        return bool(self.of(*kinds))


def clauses(text: str, found: Sequence[Mention]) -> list[EditClause]:
    """The clauses of a text; one that only names a topic belongs to the next."""
    cuts = _cuts(text, found)
    parts = []
    for (start, opens), (end, _) in pairwise(cuts):
        said = tuple(m for m in found if start <= m.start < end)
        stays = any(m.kind in _STAYS for m in said)
        excepts = any(m.kind in ("except", "except_after") for m in said)
        if said:
            parts.append(EditClause(text[start:end].strip(" ,;:."), said, stays, excepts, opens))
    return _joined(parts)


def _cuts(text: str, found: Sequence[Mention]) -> list[tuple[int, bool]]:
    """Where clauses begin, and whether a sentence begins there."""
    cuts = {0: True, len(text): True}
    for match in _SEPARATOR.finditer(text):
        if not any(m.start < match.end() and match.start() < m.end and m.kind != "than" for m in found):
            cuts.setdefault(match.end(), bool(match["stop"]))
    for mention in found:
        if mention.kind in _OPENS:
            cuts.setdefault(mention.start, False)
        elif mention.kind in _CLOSES:
            cuts.setdefault(mention.end, False)
    for mention in (m for m in found if m.kind == "except"):
        cuts.setdefault(_after_exception(mention, found), False)
    return sorted(cuts.items())


def _after_exception(exception: Mention, found: Sequence[Mention]) -> int:
    """Where the sentence goes on after 'except Bruno'; a place after him is where all of it happens."""
    end = exception.end
    for mention in found:
        after_who = any(m.kind in ("who", "thing") and exception.end <= m.start < mention.start for m in found)
        placed = any(m.kind == "place" and m.start < exception.start for m in found)
        given = mention.kind in ("wardrobe", "colour") and any(m.kind in ("add", "wear") for m in found)
        if after_who and ((mention.kind == "place" and not placed) or (given and mention.start >= end)):
            return mention.start
        if mention.start >= end and mention.kind not in (
            "place",
            "stage",
            "who",
            "thing",
            "setting",
            "field",
            "wardrobe",
        ):
            return mention.start
        end = max(end, mention.end) if mention.start >= exception.start else end
    return end


def _joined(parts: list[EditClause]) -> list[EditClause]:
    joined: list[EditClause] = []
    for at, part in enumerate(parts):
        last = joined[-1] if joined else None
        ends = at + 1 == len(parts) or parts[at + 1].opens
        while len(joined) > 0 and part.has("protect_after") and _is_list(joined[-1]) and not part.opens:
            part = _both(joined.pop(), part)._replace(stays=True)
        last = joined[-1] if joined else None
        if last and last.stays and not last.excepts and not part.stays and not part.opens and _is_list(part):
            joined[-1] = _both(last, part)
        elif last and part.stays and not part.opens and _is_place(last) and not last.stays and not part.has("place"):
            joined[-1] = _both(last, part)._replace(stays=True, excepts=part.excepts)
        elif (last and not last.stays and not part.stays and _is_topic(last) and not part.opens) or (
            last and last.stays and not last.excepts and _is_topic(part) and not part.opens and not part.has("make")
        ):
            joined[-1] = _both(last, part)
        elif last and last.excepts and not part.opens and len(joined) > 1 and (_is_open(joined[-2]) or _is_place(part)):
            joined[-2] = _both(joined[-2], part)
        elif last and not last.stays and not part.stays and not part.opens and _is_topic(part) and ends:
            joined[-1] = _both(last, part)
        else:
            joined.append(part)
    return joined


def _is_list(clause: EditClause) -> bool:
    """Whether it only names things: one of several that are kept."""
    return not clause.stays and all(m.kind in _LISTED for m in clause.said)


def _is_open(clause: EditClause) -> bool:
    """Whether it says nothing yet of what is to be: 'give everyone'."""
    return all(m.kind in _TOPICS | VERBS for m in clause.said)


def _is_place(clause: EditClause) -> bool:
    return all(m.kind == "place" or (m.kind == "setting" and m.scopes) for m in clause.said)


def _both(first: EditClause, second: EditClause) -> EditClause:
    return first._replace(text=f"{first.text}, {second.text}", said=(*first.said, *second.said))


def _is_topic(clause: EditClause) -> bool:
    return all(m.kind in _TOPICS and (m.kind != "setting" or m.scopes) for m in clause.said)
