"""What one clause holds, and how its words bear on each other: which verb rules a value, which is denied."""

from __future__ import annotations

import re
from typing import NamedTuple

from planner.edit.read.clauses import VERBS, EditClause
from planner.edit.read.mentions import Mention
from planner.edit.read.replacements import dropped
from planner.edit.read.who import People
from planner.film.ground import find
from planner.language.text import noun
from planner.story.patch import Aspect, Op, PatchValue
from planner.story.story import Story

TAKES = frozenset({"remove", "unwear"})
GIVES = frozenset({"add", "wear"})
#: Korean words for less that stand before what there is to be less of.
_ADVERB = re.compile(r"덜$|너무|지나치|과하|과한|심하|심한")
#: What joins two values that are denied together: 'no rain or fog'.
_AND = re.compile(r"\s*(?:,|or|nor|and)\s*(?!more)", re.I)
#: What may stand between a denial and what it denies.
_PASSED = frozenset({"place", "stage", "who", "thing", "pronoun", "more", "less", "make"})
_SOOTHES = re.compile("calm|settle|quiet", re.I)
_KOREAN = re.compile("[가-힣]")


class ValueChange(NamedTuple):
    op: Op
    field: Aspect
    value: PatchValue
    entity: str | None = None


class ClauseReading:
    def __init__(
        self, clause: EditClause, inherited: Mention | None, who: list[str], people: People, story: Story
    ) -> None:
        self.clause, self.inherited, self.who, self.people, self.story = clause, inherited, who, people, story
        self.dropped = dropped(clause)
        """Values that another takes the place of."""
        self.used: set[Mention] = set()

    def _verb(self, mention: Mention) -> str:
        """The kind of verb that rules a value: the last before it, or the next, or that of the clause before."""
        verbs = [m for m in self.clause.said if m.kind in VERBS]
        before = [m for m in verbs if m.start < mention.start]
        after = [m for m in verbs if m.start >= mention.end]
        ordered = [*after, *before[::-1]] if _KOREAN.search(self.clause.text) else [*before[::-1], *after]
        telling = [m for m in ordered if m.kind not in ("make", "should", "stage", "move", "less")]
        if telling:
            return telling[0].kind
        if ordered:
            return ordered[0].kind
        return self.inherited.kind if self.inherited else ""

    def _gone(self, mention: Mention) -> bool:
        """Whether a value is denied: by the word right before it, or by the verb of its clause."""
        if _KOREAN.search(self.clause.text):
            marks = [m for m in self.clause.said if m.kind == "less" and m.start < mention.start]
            after = [
                m for m in self.clause.said
                if m.start >= mention.end
                and (m.kind in (*TAKES, "dislike") or (m.kind == "less" and not _ADVERB.match(m.text)))
            ]  # fmt: skip
            return bool(marks or after)
        deny = [
            m for m in self.clause.said if m.kind in (*TAKES, "less", "neither", "dislike") and m.start < mention.start
        ]
        if not deny:
            after = [m for m in self.clause.said if m.start >= mention.end]
            return any(
                m.kind == "remove"
                or (m.kind == "less" and m.text.startswith("down") and not _SOOTHES.match(mention.text))
                for m in after
            )
        last = deny[-1]
        between = [m for m in self.clause.said if last.end <= m.start < mention.start]
        return all(m.kind in _PASSED or (m.kind == mention.kind and self._goes_on(m)) for m in between)

    def _goes_on(self, value: Mention) -> bool:
        """Whether another value is denied with it: 'no rain or fog'."""
        return bool(_AND.match(self.clause.text[self.clause.text.find(value.text) + len(value.text) :]))

    def _denied(self, mention: Mention) -> bool:
        """Whether the words right before a value say that it is not so: 'isn't red any more'."""
        return any(m.kind == "neither" and 0 <= mention.start - m.end < 2 for m in self.clause.said)

    def _adjacent(self, colour: Mention, noun: Mention) -> bool:
        between = [m for m in self.clause.said if colour.end <= m.start < noun.start]
        return not between and noun.start - colour.end < 12


def word(text: str, kind: str = "species") -> str:
    """A noun without article and Korean endings."""
    found = noun(kind, re.sub(r"^(?:the|an?|his|her|its|their)\s+", "", text.strip(), flags=re.I))
    return (
        found[:-1] if kind in ("species", "prop") and re.search(r"[^s]s$", found) and find(kind, found[:-1]) else found
    )
