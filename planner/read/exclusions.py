"""What a text says must not be seen, heard or happen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from planner.language.document import Clause, Document, Span
from planner.read.grammar_words import known_words
from planner.read.referents import Referents

_KOREAN_MARK = re.compile("|".join(map(re.escape, sorted(known_words("forbidding"), key=len, reverse=True))))
_KOREAN_NOBODY = re.compile(r"(?:아무도|아무것도|누구도)\s.*(?:않|안\s|못|없)")
_PAUSE = re.compile(r"[,，]|(?<=고)\s|(?<=데)\s")
_PREDICATE = re.compile(r"(?:다|요|고|며|데|면|서|니|게|자|함|음)$")
_LONE_NEVER = re.compile(r"(?:never|no|not|nobody|nothing|without|not even|not one|don['’]t|do not|please no)\b", re.I)
_CARE = re.compile(r"\b(?:without|free of|instead of)\s+", re.I)
_NONE = frozenset({"nobody", "no one", "nothing", "none", "noone"})
_PIECE = re.compile(r",\s*(?:and\s+|or\s+)?|\s+(?:and|or|nor)\s+|;\s*|:\s*|\s+—\s+")
_AGAIN = re.compile(r"[,:;]\s*(?:and\s+|or\s+)?(?:no|not|never|nobody|nothing)\b", re.I)
_END = re.compile(r"[.!?…]+$")


class Exclusion(NamedTuple):
    words: Span
    what: str
    ids: tuple[str, ...]


class Exclusions:
    """All of a text; ``clauses`` are told by them and are no events; ``free`` spans are not looked at."""

    def __init__(self, referents: Referents, free: tuple[Span, ...] = ()) -> None:
        self.referents, self.doc, self.free = referents, referents.doc, free
        spans = _outermost(sorted({*self._english(), *self._korean()}))
        self.all = [self._exclusion(span) for span in spans if not any(span.meets(f) for f in free)]
        self.spans = tuple(e.words for e in self.all)
        self.clauses = frozenset(
            n for n, c in enumerate(self.doc.clauses) if any(c.verb.span.meets(span) for span in self.spans)
        )

    def _is_free(self, chunk: Span) -> bool:
        """Whether a piece of a list says how the film is made or how it feels, and names nothing."""
        heads = {p.head.lemma for p in self.doc.phrases if chunk.holds(p.core)}
        return any(chunk.meets(span) for span in self.free) or bool(
            heads & (known_words("moods") | known_words("looks"))
        )

    def _exclusion(self, span: Span) -> Exclusion:
        inside = tuple(n for n, p in enumerate(self.doc.phrases) if span.holds(p.core))
        ids = list(self.referents.ids(inside))
        said = {p.head.lemma for n, p in enumerate(self.doc.phrases) if n in inside}
        ids += [r.id for r in self.referents.all if r.id not in ids and r.kind and r.kind.split()[-1] in said]
        return Exclusion(span, " ".join(self.doc.at(span).split())[:200], tuple(ids[:16]))

    # ---- English

    def _english(self) -> Iterator[Span]:
        for sentence in (s for s in self.doc.sentences if s.language == "en"):
            clauses = [self.doc.clauses[n] for n in sentence.clauses]
            yield from (s for c in clauses if self._forbids(c) for s in self._parts(c))
            for number in sentence.phrases:
                yield from self._denied(number)
            yield from self._lone(sentence.span)
            yield from self._without(sentence.span)

    def _forbids(self, clause: Clause) -> bool:
        """A denied order, what never happens, what nobody does, what is not seen."""
        subjects = {self.doc.phrases[p].head.text.lower() for p in clause.subjects}
        denied = any(self.doc.phrases[p].determiner == "no" for p in clause.subjects)
        own = self.doc.at(clause.span).lower()
        nobody = bool(subjects & _NONE) or denied or re.match(r"(?:nobody|no one|nothing|not a|not one)\b", own)
        if nobody and clause.verb.lemma not in ("have",):
            return clause.link in ("main", "and") or denied
        if not clause.negated:
            return False
        never = "never" in clause.adverbs or re.search(r"\bnever\b", self._before_verb(clause))
        seen = clause.verb.lemma in known_words("showing") and (clause.passive or clause.link == "main")
        wants = clause.verb.lemma in known_words("wanting")
        return bool(clause.order or never or clause.modal in ("must", "should", "may") or seen or wants)

    def _before_verb(self, clause: Clause) -> str:
        return self.doc.text[clause.span.start : clause.verb.span.start].lower()

    def _parts(self, clause: Clause) -> Iterator[Span]:
        """A forbidden clause in one piece; a list of objects in as many."""
        whole = _ended(self.doc, self._own(clause))
        objects = [self.doc.phrases[p] for p in clause.objects]
        if len(objects) < 2 or not all(whole.holds(o.core) for o in objects):
            yield whole
            return
        first, *rest = sorted(objects, key=lambda o: o.core.start)
        yield Span(whole.start, first.span.end)
        yield from (o.core for o in rest)

    def _own(self, clause: Clause) -> Span:
        """A clause without what is told before it in the same sentence, up to the next denial."""
        verbs = [c.verb.span.start for c in self.doc.clauses if c.verb.span.start in clause.span]
        start, end = clause.span
        if any(v < clause.verb.span.start for v in verbs):
            near = [self.doc.phrases[p].core.start for p in clause.subjects] + [clause.verb.span.start]
            start = min(n for n in near if n >= start) if any(n >= start for n in near) else start
        again = _AGAIN.search(self.doc.text, clause.verb.span.end, end)
        return Span(start, again.start() if again else end)

    def _denied(self, number: int) -> Iterator[Span]:
        """'no people, no wands', and what is joined to them."""
        phrase = self.doc.phrases[number]
        said = self.doc.at(phrase.span)
        if phrase.determiner != "no" and not re.match(r"(?:no|not an?|not one|not even)\s", said, re.I):
            return
        uses = self.referents.uses[number]
        if any(self._forbids(self.doc.clauses[c]) for c in uses.acts):
            return
        span = _ended(self.doc, Span(phrase.core.start, max(phrase.span.end, phrase.core.end)))
        yield span
        yield from (self.doc.phrases[j].core for j in phrase.joined if self.doc.phrases[j].core.start > span.end)

    def _lone(self, sentence: Span) -> Iterator[Span]:
        """Pieces of a sentence that begin with a denial: 'never the ball, never the players'."""
        at = sentence.start
        said = self.doc.at(sentence)
        cuts = [m for m in _PIECE.finditer(said)]
        ends = [*(m.start() for m in cuts), len(said)]
        starts = [0, *(m.end() for m in cuts)]
        for start, end in zip(starts, ends, strict=True):
            piece = said[start:end]
            if re.match(
                r"(?:please\s+)?(?:never|no|not even|not a single|not one|don['’]?t show|dont show)\s", piece, re.I
            ):
                yield _ended(self.doc, Span(at + start, at + end))

    def _without(self, sentence: Span) -> Iterator[Span]:
        for match in re.finditer(r"\bwithout\s+", self.doc.at(sentence), re.I):
            start, end = sentence.start + match.start(), sentence.start + match.end()
            near = [p.span.end for p in self.doc.phrases if p.core.start == end and p.kind != "pronoun"]
            near += [
                c.span.end for c in self.doc.clauses if c.span.start in (start, end) and c.verb.text.endswith("ing")
            ]
            if near:
                yield _ended(self.doc, Span(start, max(near)))

    # ---- Korean

    def _korean(self) -> Iterator[Span]:
        for sentence in (s for s in self.doc.sentences if s.language == "ko"):
            yield from self._korean_chunks(sentence.span)

    def _korean_chunks(self, sentence: Span) -> Iterator[Span]:
        """A chunk that forbids, and the names before it that share its predicate: '사람도, 자동차도 나오면 안 된다'."""
        said = self.doc.at(sentence)
        starts = [0, *(m.end() for m in _PAUSE.finditer(said))]
        ends = [*(m.start() for m in _PAUSE.finditer(said)), len(said)]
        chunks = [Span(a, b) for a, b in zip(starts, ends, strict=True)]
        waiting: list[Span] = []
        for chunk in chunks:
            words = said[chunk.start : chunk.end].strip()
            if self._is_free(Span(sentence.start + chunk.start, sentence.start + chunk.end)):
                waiting = []
                continue
            if _KOREAN_MARK.search(words) or _KOREAN_NOBODY.search(words):
                for one in (*waiting, chunk):
                    span = Span(sentence.start + one.start, sentence.start + one.end)
                    if self.doc.at(span).strip():
                        yield _ended(self.doc, span)
                waiting = []
            elif words and not _PREDICATE.search(words):
                waiting.append(chunk)
            else:
                waiting = []


def _ended(doc: Document, span: Span) -> Span:
    """Without white space and marks around."""
    said = doc.at(span)
    end = span.start + len(_END.sub("", said.rstrip()).rstrip(" ,;:"))
    start = span.start + len(said) - len(said.lstrip(" ,;:\n\t"))
    return Span(start, max(start, end))


def _outermost(spans: list[Span]) -> list[Span]:
    """Spans that lie in no other; one that holds several is left for these."""
    real = [s for s in spans if s.end > s.start]
    real = [s for s in real if sum(s.holds(o) and s != o and o.start > s.start for o in real) < 2]
    return [s for s in real if not any(o.holds(s) and s != o for o in real)]
