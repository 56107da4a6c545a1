"""What is said, letter by letter, and by whom."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, cast

from planner.language.document import Clause, Document, Quote, Span
from planner.read.grammar_words import known_words, word_values
from planner.read.referent import Referent
from planner.read.referents import Referents

Manner = Literal["", "voice over", "off screen", "thought", "sung", "phone"]
_NEAR = 60
"""Characters around a quotation in which its manner is said."""


class Utterance(NamedTuple):
    words: Span
    text: str
    speaker: Referent
    manner: Manner
    clause: int | None


class Utterances:
    """All of a text; ``written`` are quotations that are read and not heard."""

    def __init__(self, referents: Referents) -> None:
        self.referents, self.doc = referents, referents.doc
        self.all: list[Utterance] = []
        self.written: list[Quote] = []
        for quote in self.doc.quotes:
            self._add(quote)

    def _add(self, quote: Quote) -> None:
        text = quote.text.strip()
        if not text or self._is_written(quote):
            self.written.append(quote)
            return
        clause = self._clause(quote)
        speaker = self._speaker(quote, clause) or self._answering()
        if speaker is None:
            speaker = self._somebody(quote)
        self.all.append(Utterance(quote.span, text[:2000], speaker, self._manner(quote), clause))

    def _is_written(self, quote: Quote) -> bool:
        """A word that is spoken of, a title or a sign."""
        before = self.doc.text[max(0, quote.span.start - 24) : quote.span.start].lower()
        after = self.doc.text[quote.span.end : quote.span.end + 12].lower()
        said = re.search(r"(?:say|said|ask|whisper|shout|cri|repl|yell)\w*\s*[,:]?\s*$", before) is not None
        closed = quote.text.strip()[-1:] in ".!?,…。！？" or len(quote.text.split()) > 3
        names = re.search(
            r"(?:called|titled|named|title|sign|label\w*|card|read\w*|reads|word\w*|제목|자막|간판)\W*$", before
        )
        if names:
            return True
        spoken = said or closed or re.match(r"\s*,?\s*(?:라고|하고|이라고|하며|says|asks|said|하니|하자)", after)
        return not spoken and not self._stands_alone(quote)

    def _stands_alone(self, quote: Quote) -> bool:
        """Whether a quotation is a whole line."""
        before, after = self.doc.text[: quote.span.start], self.doc.text[quote.span.end :]
        return before.rpartition("\n")[2].strip(" -–") == "" and after.partition("\n")[0].strip() == ""

    def _clause(self, quote: Quote) -> int | None:
        """The clause that says it: the one that holds it, or that ends where it begins."""
        held = [n for n, c in enumerate(self.doc.clauses) if quote.span.meets(c.span)]
        saying = [n for n in held if self.doc.clauses[n].verb.lemma in known_words("saying")]
        near = sorted(saying or held, key=lambda n: _gap(self.doc.clauses[n], quote.span))
        return near[0] if near else None

    def _announced(self, quote: Quote) -> Referent | None:
        """Who is said to speak by the sentence that ends where a quotation begins."""
        for clause in self.doc.clauses:
            gap = self.doc.text[clause.verb.span.end : quote.span.start]
            if (
                clause.verb.lemma in known_words("saying")
                and re.fullmatch(r"[\w가-힣]{0,4}[.:,]?\s*", gap)
                and len(gap) < 8
            ):
                who = [r for p in clause.subjects for r in self.referents.whom(p) if r.sort == "person"]
                if who and clause.verb.span.end <= quote.span.start:
                    return who[0]
        return None

    def _speaker(self, quote: Quote, clause: int | None) -> Referent | None:
        if announced := self._announced(quote):
            return announced
        if clause is not None:
            who = [r for p in self.doc.clauses[clause].subjects for r in self.referents.whom(p)]
            people = [r for r in who if r.sort == "person"] or [r for r in who if r.sort == "thing"]
            if people:
                return people[0]
        return self._labelled(quote) or self._told_before(quote)

    def _labelled(self, quote: Quote) -> Referent | None:
        """'Mia: "Hello"', '이리나 왈, "…"': the last mention right before it."""
        before = [
            (p.core.end, n)
            for n, p in enumerate(self.doc.phrases)
            if p.core.end <= quote.span.start and self.referents.whom(n)
        ]
        if not before:
            return None
        end, number = max(before)
        between = self.doc.text[end : quote.span.start]
        near = re.fullmatch(r"(?:이|가|은|는)?\s*(?:왈)?\s*[:,]?\s*", between)
        found = self.referents.whom(number)[0]
        return found if near and found.sort == "person" else None

    def _told_before(self, quote: Quote) -> Referent | None:
        """Who acted in the sentence before, on the same line, or after a quotation that opens a line."""
        line = self.doc.text.rfind("\n", 0, quote.span.start) + 1
        acting = [
            r
            for c in self.doc.clauses
            if line <= c.verb.span.start < quote.span.start
            for p in c.subjects
            for r in self.referents.whom(p)
            if r.sort == "person"
        ]
        return acting[-1] if acting else None

    def _answering(self) -> Referent | None:
        """Two who talk take turns."""
        people = [r for r in self.referents.all if r.sort == "person"]
        said = [u.speaker for u in self.all]
        others = [r for r in people if not said or r is not said[-1]]
        return others[0] if others else people[0] if people else None

    def _somebody(self, quote: Quote) -> Referent:
        """Whoever speaks in a text without anybody."""
        found = Referent("person", kind="narrator", id="narrator")
        self.referents.all.append(found)
        return found

    def _manner(self, quote: Quote) -> Manner:
        around = self.doc.text[max(0, quote.span.start - _NEAR) : quote.span.start]
        around = re.split(r"[.!?\n]\s", around)[-1]
        around += " " + self.doc.text[quote.span.end : quote.span.end + _NEAR // 2].partition("\n")[0]
        for manner, cues in word_values("manners").items():
            if any(re.search(rf"(?<![\w]){re.escape(cue)}", around, re.I) for cue in cast("list[str]", cues)):
                return cast("Manner", manner)
        return ""


def _gap(clause: Clause, span: Span) -> int:
    return min(abs(clause.verb.span.end - span.start), abs(clause.verb.span.start - span.end))


def quoted(doc: Document) -> tuple[Span, ...]:
    """Where words are quoted."""
    return tuple(q.span for q in doc.quotes)
