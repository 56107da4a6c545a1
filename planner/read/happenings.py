"""What happens in a text, in the order in which it is to be seen, each as a sentence that can stand alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from planner.language.document import Clause, Span
from planner.read.grammar_words import known_words
from planner.read.headings import headings
from planner.read.referent import Referent
from planner.read.referents import Referents

_AFTER = frozenset({"before", "until", "till"})
"""A clause with one of these is seen after the one on which it hangs."""
_FOLDED = frozenset(
    {"to", "so that", "if", "unless", "as if", "although", "though", "because", "than", "like", "whether"}
)
"""What follows one of these does not happen by itself: it stays in the sentence that holds it."""
_POSSIBLE = frozenset({"could", "would", "might", "may", "should"})
_SUBJECT = {True: "이", False: "가"}
"""The particle of a Korean subject, after a consonant and after a vowel."""


@dataclass(eq=False)
class Happening:
    """A clause that is an event."""

    clause: int
    words: Span
    does: str
    verb: str
    who: tuple[str, ...] = ()
    whom: tuple[str, ...] = ()
    place: str | None = None
    earlier: bool = False
    part: int = 0
    follows: list[Happening] = field(default_factory=list)
    number: int = 0


class Happenings:
    """The events of a text; ``told`` says which clauses are told already, as clothes, exclusions or form."""

    def __init__(self, referents: Referents, told: frozenset[int], barred: tuple[Span, ...]) -> None:
        self.referents, self.doc = referents, referents.doc
        self.barred = barred
        self.chosen = [n for n in range(len(self.doc.clauses)) if n not in told and self._is_event(n)]
        by_clause = {n: self._event(n) for n in self.chosen}
        self._set_places(by_clause)
        self.all = self._ordered(by_clause)

    # ---- choosing

    def _is_event(self, number: int) -> bool:
        clause = self.doc.clauses[number]
        if any(clause.verb.span.meets(span) for span in self.barred):
            return False
        if clause.link == "said" or (clause.link == "inner" and not self._stands_alone(clause)):
            return False
        if clause.link == "when" and clause.marker in _FOLDED and not clause.subjects:
            return False
        if clause.verb.lemma == "be" and _THERE.search(self.doc.at(clause.span)):
            return False
        if self._is_about_the_film(clause) or (clause.link == "relative" and clause.modal in _POSSIBLE):
            return False
        return not self._only_is(clause)

    def _stands_alone(self, clause: Clause) -> bool:
        """What somebody begins or wants to do is one event with that; a Korean clause before another is its own."""
        if clause.parent is None:
            return bool(clause.subjects) and clause.marker not in _FOLDED
        parent = self.doc.clauses[clause.parent]
        return (
            bool(clause.subjects) and clause.marker not in _FOLDED and not set(clause.subjects) & set(parent.subjects)
        )

    def _is_about_the_film(self, clause: Clause) -> bool:
        """'Film what it says', 'I want to be scared', 'the camera moves'."""
        roles = self.referents.roles
        named = [roles[p] for p in clause.subjects]
        if clause.order and clause.verb.lemma in known_words("directing"):
            return True
        if any(r == "film" for r in named):
            return True
        words = {self.doc.phrases[p].head.text.lower() for p in clause.subjects}
        if words & {"i", "we", "나", "저"} and clause.verb.lemma in known_words("wanting") | {"see", "hear"}:
            return True
        about = [p for p in (*clause.objects, *clause.complements) if roles[p] == "film"]
        return bool(about) and clause.verb.lemma in known_words("directing") | known_words("being")

    def _only_is(self, clause: Clause) -> bool:
        """Whether a clause says what somebody is, or that somebody is there, and not what happens."""
        if clause.verb.lemma not in known_words("being"):
            return False
        if clause.link == "relative" or not clause.subjects:
            return True
        roles = self.referents.roles
        if any(roles[p] in ("time", "weather", "film", "mood", "look", "nothing") for p in clause.subjects):
            return not clause.complement
        if clause.complements:
            return True
        there = clause.verb.lemma in ("be", "exist", "있다", "없다") and not clause.complement and not clause.attached
        return there or clause.verb.lemma in ("have", "없다", "seem")

    # ---- making

    def _event(self, number: int) -> Happening:
        clause, referents = self.doc.clauses[number], self.referents
        pieces = self._own(number)
        hull = Span(min(p.start for p in pieces), max(p.end for p in pieces))
        words = _trimmed(self.doc.text, hull)
        who = referents.ids(self.subjects(number))
        whom = tuple(i for i in referents.ids((*clause.objects, *clause.receivers)) if i not in who)
        return Happening(
            number,
            words,
            self._sentence(clause._replace(subjects=self.subjects(number)), pieces),
            f"{clause.verb.lemma} {clause.particle}".strip()[:200],
            who,
            whom,
            self._place(clause),
            self._is_earlier(clause, words),
            self.doc.text.count("\n\n", 0, words.start),
        )

    def subjects(self, number: int) -> tuple[int, ...]:
        """Who does it: where nobody is named, whoever did what is told beside it or, in Korean, before it."""
        clause = self.doc.clauses[number]
        if clause.subjects or clause.passive or clause.order:
            return clause.subjects
        korean = not clause.verb.lemma.isascii()
        if not korean and clause.link != "and":
            return ()
        before = [c for c in self.doc.clauses[:number] if c.subjects and c.link != "relative" and self._acts(c)]
        start = next((s.span.start for s in self.doc.sentences if number in s.clauses), 0)
        near = [c for c in before if c.span.start >= start] or (before if korean else [])
        return near[-1].subjects if near else ()

    def _acts(self, clause: Clause) -> bool:
        return any(r.sort == "person" for p in clause.subjects for r in self.referents.whom(p))

    def _own(self, number: int) -> list[Span]:
        """The pieces of a clause without the events that hang on it."""
        clause = self.doc.clauses[number]
        others = [self.doc.clauses[n].span for n in self.chosen if n != number]
        inside = [s for s in others if clause.span.holds(s) and s != clause.span and clause.verb.span.start not in s]
        pieces = [Span(self._after_quotes(clause), clause.span.end)]
        for cut in inside:
            pieces = [part for piece in pieces for part in _without(piece, cut)]
        kept = [p for p in map(lambda p: _trimmed(self.doc.text, p), pieces) if p.end > p.start]
        return kept or [clause.verb.span]

    def _after_quotes(self, clause: Clause) -> int:
        """Where a clause begins behind lines that stand before it as sentences of their own."""
        start = clause.span.start
        for quote in self.doc.quotes:
            if (
                start <= quote.span.start < clause.verb.span.start
                and not self.doc.text[start : quote.span.start].strip()
            ):
                closed = quote.text.rstrip()[-1:] in ".!?…"
                start = quote.span.end if closed and quote.span.end < clause.verb.span.start else start
        return start

    def _is_earlier(self, clause: Clause, words: Span) -> bool:
        start = max((s.span.start for s in self.doc.sentences if words.start in s.span), default=words.start)
        said = self.doc.text[start : words.end].lower()
        return any(re.search(rf"(?<!\w){re.escape(cue)}", said) for cue in known_words("flashbacks"))

    def _place(self, clause: Clause) -> str | None:
        near = [p for by, p in clause.attached if by in known_words("where")]
        near += [p for q in (*clause.objects, *clause.subjects) for by, p in self.doc.phrases[q].attached]
        near += list(clause.objects)
        found = (r.id for p in near for r in self.referents.whom(p) if r.sort == "place")
        return next(found, None)

    def _set_places(self, events: dict[int, Happening]) -> None:
        """What is told after somewhere was named happens there, until somewhere else is named; headings name too."""
        named = [(self.doc.phrases[n].core.start, r) for n, r in self.referents.of.items() if r.sort == "place"]
        attached = {p for c in self.doc.clauses for _, p in c.attached} | {
            p for c in self.doc.clauses for p in c.objects
        }
        free = sorted(
            (at, r.id) for at, r in named if not any(n in attached for n in r.mentions if n in self.referents.of)
        )
        scenes = {r.kind: r.id for r in self.referents.all if r.heading}
        free += [
            (h.place.start, scenes[kind])
            for h in headings(self.doc.text)
            if (kind := " ".join(self.doc.at(h.place).lower().split())[:200]) in scenes
        ]
        free.sort()
        here: str | None = None
        for event in sorted(events.values(), key=lambda e: e.words.start):
            while free and free[0][0] < event.words.end:
                here = free.pop(0)[1]
            event.place = here = event.place or here

    def _ordered(self, events: dict[int, Happening]) -> list[Happening]:
        """In the order of the text, but for 'before' and what is told after what it precedes."""
        order = sorted(events, key=lambda n: (self.doc.clauses[n].verb.span.start, n))
        for number in sorted(events):
            clause = self.doc.clauses[number]
            parent = clause.parent
            if clause.link != "when" or parent not in events or number not in order:
                continue
            order.remove(number)
            at = order.index(parent)
            first = clause.marker not in _AFTER
            if clause.marker in ("while", "as", "면서"):
                first = clause.verb.span.start < self.doc.clauses[parent].verb.span.start
            order.insert(at if first else at + 1, number)
        return [events[n] for n in order]

    # ---- writing

    def _sentence(self, clause: Clause, pieces: list[Span]) -> str:
        """The clause with names for pronouns and a subject of its own, in the words of the text."""
        said = " ".join(_plain(self._named(piece, clause)) for piece in pieces)
        korean = bool(re.search("[가-힣]", said))
        said = _without_connective(said) if not korean else said.strip(" ,.;:")
        missing = [p for p in clause.subjects if not any(piece.holds(self.doc.phrases[p].core) for piece in pieces)]
        names = [name for p in missing for r in self.referents.whom(p) if (name := self.designation(r))]
        if korean and clause.link == "relative" and clause.of is not None and clause.of in missing:
            return f"{said} {self.doc.at(self.doc.phrases[clause.of].core)}"[:2000]
        if names and len(missing) == len(clause.subjects):
            said = _with_subject(names, said, korean)
        said = " ".join(said.split())
        return (said[:1].upper() + said[1:])[:2000]

    def _named(self, span: Span, clause: Clause) -> str:
        """The text of a span with those for whom its pronouns stand, but for 'her' of who acts."""
        text, parts, at = self.doc.text, [], span.start
        acting = {r for p in clause.subjects for r in self.referents.whom(p)}
        for number, phrase in enumerate(self.doc.phrases):
            place = phrase.core
            if phrase.kind != "pronoun" or not span.holds(place) or place.start < at:
                continue
            meant = self.referents.whom(number)
            if not meant or (set(meant) <= acting and number not in clause.subjects):
                continue
            if any(span.start <= self.doc.phrases[m].core.start < place.start for r in meant for m in r.mentions):
                continue
            names = " and ".join(name for r in meant if (name := self.designation(r)))
            if not names or names == "I":
                continue
            owning = self.referents.uses[number].owns and names.isascii()
            parts += [text[at : place.start], names + ("'s" if owning else "")]
            at = place.end
            if fitting := _particle(names, text[at : at + 1]):
                parts.append(fitting)
                at += 1
        return "".join(parts) + text[at : span.end]

    def designation(self, referent: Referent) -> str:
        """How a sentence that stands alone calls somebody: by the name, or as at the first mention with 'the'."""
        if referent.name:
            return referent.name
        first = next((m for m in referent.mentions if self.doc.phrases[m].kind != "pronoun"), None)
        if first is None:
            return ""
        words = self.doc.at(self.doc.phrases[first].core)
        owner = self.doc.phrases[first].owner
        if owner is not None and self.doc.phrases[owner].kind == "pronoun":
            words = words[len(self.doc.at(self.doc.phrases[owner].core)) :].strip()
            words = f"the {words}" if words.isascii() else words
        return re.sub(r"^(?:an?)\s", "the ", words, flags=re.I) if words[:4].lower() != "the " else "the " + words[4:]


def _with_subject(names: list[str], said: str, korean: bool) -> str:
    if not korean:
        return f"{' and '.join(names)} {said}"
    last = names[-1][-1]
    closed = "가" <= last <= "힣" and (ord(last) - ord("가")) % 28 > 0
    return f"{', '.join(names)}{_SUBJECT[closed]} {said}"


def _particle(name: str, particle: str) -> str:
    """The form that a Korean particle has after another word: '그는' -> '노인은'; empty for what is none."""
    pair = next((p for p in ("은는", "이가", "을를", "과와") if particle and particle in p), "")
    if not pair or not "가" <= name[-1] <= "힣":
        return ""
    return pair[0] if (ord(name[-1]) - ord("가")) % 28 else pair[1]


def _without(piece: Span, cut: Span) -> Iterator[Span]:
    if not piece.meets(cut):
        yield piece
        return
    if piece.start < cut.start:
        yield Span(piece.start, cut.start)
    if cut.end < piece.end:
        yield Span(cut.end, piece.end)


def _trimmed(text: str, span: Span) -> Span:
    """Without white space, marks and connectives around."""
    said = text[span.start : span.end]
    edges = " \t\r\n,;:.–—-…"
    start = span.start + len(said) - len(said.lstrip(edges))
    end = max(start, span.end - (len(said) - len(said.rstrip(edges))))
    while match := _OPENER.match(text, start, end):
        start = match.end()
    if match := _CLOSER.search(text[start:end]):
        end = start + match.start()
    return Span(start, max(start, end))


_OPENER = re.compile(r"(?:and then|and|but|then|so|or)\b[\s,]*", re.I)
_CLOSER = re.compile(r"[\s,]+(?:and then|and|but|then|so|or|while|when|once|after|before|until|as)$", re.I)
_THERE = re.compile(
    r"^(?:\W*(?:and|but|because|since|so|in|at|on|the|once)\b)*\W*there(?:['’]s|\s+(?:is|are|was|were)\b)", re.I
)
_LINKS = re.compile(
    r"^(?:and|but|then|so|when|once|after|before|until|while|as soon as|who|which|that|just as|as)\s+", re.I
)


def _plain(said: str) -> str:
    return said.strip()


def _without_connective(said: str) -> str:
    stripped = said.strip(" ,.;:–—-")
    shorter = _LINKS.sub("", stripped)
    return _LINKS.sub("", shorter) if shorter != stripped else stripped
