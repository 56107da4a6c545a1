"""The brief, as grammar reads it: without a language model, from the analysed text and short lists of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from planner.language.analysis import analyse
from planner.language.document import Document, Span
from planner.read.belongings import Belongings
from planner.read.conditions import SettingSpan, conditions
from planner.read.exclusions import Exclusion, Exclusions
from planner.read.film_form import FormDemand, forms
from planner.read.grammar_words import known_words
from planner.read.happenings import Happening, Happenings
from planner.read.referent import Referent
from planner.read.referents import Referents
from planner.read.utterances import Utterance, Utterances
from planner.story.brief import (
    Brief,
    Demand,
    Ending,
    Form,
    Garb,
    Never,
    Person,
    Place,
    Setting,
    Speech,
    StoryEvent,
    Thing,
)

_LANGUAGES = {"en": "English", "ko": "Korean", "other": ""}
_TITLE = re.compile(r"(?:titled|entitled|title is|제목은?)\W{0,3}[\"“‘'「『《](?P<title>[^\"”’'」』》\n]{1,120})", re.I)
_ENDS = re.compile(
    "|".join(rf"(?<![\w]){re.escape(w)}" for w in sorted(known_words("endings"), key=len, reverse=True)), re.I
)
_CLOSED = re.compile(r"끝[.!]?\s*$")


def read(text: str, document: Document | None = None) -> Brief:
    """What ``text`` asks for. ``document`` is its analysis, where it is there already."""
    return _Reading(document or analyse(text)).brief()


class _Draft(NamedTuple):
    """A demand that waits for its number: its words, and what makes it."""

    words: Span | None
    make: Callable[[dict[str, Any]], Demand]
    event: Happening | None = None


class _Reading:
    """One text being read."""

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.quoted = tuple(q.span for q in doc.quotes)
        self.referents = Referents(doc)
        self.form = forms(doc)
        self.exclusions = Exclusions(self.referents, self._free())
        self.speech = Utterances(self.referents)
        self.belongings = Belongings(self.referents)
        barred = (*self.quoted, *self.exclusions.spans)
        self.form += list(self._rules_of_the_film())
        described = frozenset(self._described())
        told = self.belongings.told | self.exclusions.clauses | described | self._formal()
        self.events = [e for e in Happenings(self.referents, told, barred).all if not self._only_says(e)]
        self.conditions = conditions(self.referents, (*barred, *(f.words for f in self.form)))
        self.present = [r for r in self.referents.all if self._is_present(r)]
        self.ids = {r.id for r in self.present}

    # ---- what is form

    def _free(self) -> tuple[Span, ...]:
        """What denies a rule of the film is form: 'no dialogue', '대사 없이'; 'no people' is both."""
        return (*self.quoted, *(f.words for f in self.form if f.rule != "people"))

    def _rules_of_the_film(self) -> Iterator[FormDemand]:
        """Clauses and pieces that say of shots, acts and cards what they are, in their own words."""
        for clause in self.doc.clauses:
            if any(self.referents.roles[p] == "film" for p in clause.subjects) and clause.link in ("main", "and"):
                first = min(self.doc.phrases[p].core.start for p in clause.subjects)
                words = _trimmed(self.doc, Span(max(clause.span.start, first), clause.span.end))
                if (
                    not self._is_said(words)
                    and not any(f.words.meets(words) for f in self.form)
                    and words.end > words.start
                ):
                    yield FormDemand(words, "other", self.doc.at(words)[:200])

    def _is_said(self, span: Span) -> bool:
        return any(span.meets(s) for s in (*self.quoted, *self.exclusions.spans))

    def _formal(self) -> frozenset[int]:
        """Clauses whose verb is part of a demand of form."""
        spans = [f.words for f in self.form]
        return frozenset(n for n, c in enumerate(self.doc.clauses) if any(c.verb.span.meets(s) for s in spans))

    # ---- who and what there is

    def _described(self) -> Iterator[int]:
        """Clauses that only say how somebody looks; the looks are noted."""
        roles = self.referents.roles
        for number, clause in enumerate(self.doc.clauses):
            whom = (clause.of,) if clause.of is not None else clause.subjects
            found = [r for p in whom if p is not None for r in self.referents.whom(p)]
            bodies = [p for p in (*clause.subjects, *clause.objects) if roles[p] == "body"]
            state = clause.verb.part == "ADJ" or (clause.verb.lemma in known_words("being") and bool(bodies))
            state = state or (clause.passive and len(self.doc.at(clause.span).split()) == 1)
            if clause.link == "relative" and found and state:
                for one in found:
                    one.add(self.doc.at(clause.span), one.looks)
                yield number
            elif clause.verb.lemma == "be" and clause.complement and not clause.complements and not clause.negated:
                for one in found:
                    one.add(clause.complement, one.looks)

    def _only_says(self, event: Happening) -> bool:
        """Whether an event is no more than that a line is said."""
        quoting = {self._sentence(u.words) for u in self.speech.all}
        if self._sentence(event.words) not in quoting or event.verb not in known_words("saying"):
            return False
        said = self.doc.at(event.words)
        for quote in self.doc.quotes:
            said = said.replace(self.doc.at(quote.span), " ")
        return len(said.split()) <= 4

    def _is_present(self, referent: Referent) -> bool:
        """Whether somebody or something is asked for, and not only named by what must not be or by the form."""
        if referent.heading or any(u.speaker is referent for u in self.speech.all):
            return True
        away = (*(f.words for f in self.form), *self.quoted)
        places = [self.doc.phrases[m].head.span for m in referent.mentions]
        places = [p for p in places if not any(p.meets(s) for s in away)]
        free = [p for p in places if not any(p.meets(s) for s in self.exclusions.spans)]
        if free:
            return not self._only_worn(referent)
        return referent.sort == "person" and bool(places) and self._is_hidden(referent)

    def _is_hidden(self, referent: Referent) -> bool:
        """Somebody who is in the story and never in the picture: 'in which the ghost is never shown'."""
        phrases = [self.doc.phrases[m] for m in referent.mentions]
        return any(p.determiner == "the" or p.kind == "name" for p in phrases)

    def _only_worn(self, referent: Referent) -> bool:
        worn = {w.phrase for w in self.belongings.worn}
        garments = [m for m in referent.mentions if self.referents.roles[m] == "garment"]
        return bool(garments) and any(m in worn for m in referent.mentions)

    # ---- writing it down

    def brief(self) -> Brief:
        self.events = [e for e in self.events if e.words.end > e.words.start][:2000]
        drafts = list(self._drafts())
        numbered = list(enumerate(sorted(drafts, key=_place_of), 1))
        for number, draft in numbered:
            if draft.event:
                draft.event.number = number
        made = [draft.make(self._common(number, draft.words)) for number, draft in numbered]
        spans = tuple(Span(d.start, d.end) for d in made if d.words)
        order = {e.number: place for place, e in enumerate(self.events)}
        events = sorted((d for d in made if isinstance(d, StoryEvent)), key=lambda e: order[e.number])
        return Brief(
            text=self.doc.text,
            language=self._language(),
            title=self._title(),
            people=tuple(d for d in made if isinstance(d, Person))[:64],
            things=tuple(d for d in made if isinstance(d, Thing))[:128],
            places=tuple(d for d in made if isinstance(d, Place))[:128],
            events=tuple(events),
            settings=tuple(d for d in made if isinstance(d, Setting))[:500],
            speech=tuple(d for d in made if isinstance(d, Speech))[:1000],
            form=tuple(d for d in made if isinstance(d, Form))[:64],
            never=tuple(d for d in made if isinstance(d, Never))[:64],
            ending=next((d for d in made if isinstance(d, Ending)), None),
            unread=self._unread(spans),
        )

    def _common(self, number: int, words: Span | None) -> dict[str, Any]:
        if words is None:
            return {"number": number, "origin": "implied"}
        words = _exact(self.doc, Span(words.start, min(words.end, words.start + 2000)))
        return {"number": number, "words": self.doc.at(words), "start": words.start}

    def _drafts(self) -> Iterator[_Draft]:
        self.present = [
            *_first(self.present, "person", 64),
            *_first(self.present, "thing", 128),
            *_first(self.present, "place", 128),
        ]
        self.ids = {r.id for r in self.present}
        yield from (_Draft(self._words(r), self._entity(r)) for r in self.present)
        yield from (_Draft(e.words, self._happening(e), e) for e in self.events)
        yield from (_Draft(c.words, self._setting(c)) for c in self.conditions[:500])
        yield from (_Draft(f.words, _formed(f)) for f in self.form[:64])
        yield from self._lines()
        yield from self._nevers()
        if ending := self._ending():
            yield ending

    def _words(self, referent: Referent) -> Span | None:
        if referent.heading:
            return referent.heading.place
        spoken = [m for m in referent.mentions if self.doc.phrases[m].kind != "pronoun"] or referent.mentions
        return _whole(self.doc, spoken[0]) if spoken else None

    def _entity(self, r: Referent) -> Callable[[dict[str, Any]], Demand]:
        looks = tuple(r.looks[:16])
        if r.sort == "person":
            return lambda common: Person(
                **common, id=r.id, name=r.name, kind=r.kind, looks=looks, wears=self._wears(r), count=r.count,
                crowd=r.crowd, aliases=tuple(r.aliases[:16]), seen=self._is_seen(r),
            )  # fmt: skip
        if r.sort == "thing":
            by = self.belongings.carried.get(r)
            carrier = by.id if by and by.id in self.ids else None
            return lambda common: Thing(
                **common, id=r.id, name=r.name, kind=r.kind or r.name, looks=looks, carried_by=carrier, count=r.count
            )
        return lambda common: Place(
            **common, id=r.id, name=r.name, kind=r.kind or r.name, looks=looks, inside=_is_inside(r)
        )

    def _wears(self, referent: Referent) -> tuple[Garb, ...]:
        by_clause = {e.clause: e.number for e in self.events}
        numbered = [
            Garb(item=w.item, since=by_clause.get(w.since or -1), until=by_clause.get(w.until or -1))
            for w in self.belongings.worn
            if w.who is referent
        ]
        return tuple(numbered[:16])

    def _is_seen(self, referent: Referent) -> bool:
        hidden = [e for e in self.exclusions.all if referent.id in e.ids and self._hides(e.words, referent)]
        return not hidden and referent.id != "narrator"

    def _hides(self, words: Span, referent: Referent) -> bool:
        """Whether an exclusion is of somebody as such, and not of what somebody does."""
        verbs = [c for c in self.doc.clauses if words.holds(c.verb.span)]
        if any(c.verb.lemma not in known_words("showing") for c in verbs):
            return False
        said = [p for n, p in enumerate(self.doc.phrases) if words.holds(p.core) and referent in self.referents.whom(n)]
        owning = [self.referents.uses[n].owns for n, p in enumerate(self.doc.phrases) if p in said]
        return bool(said) and not any(owning)

    def _happening(self, e: Happening) -> Callable[[dict[str, Any]], Demand]:
        place = e.place if e.place in self.ids else None
        return lambda common: StoryEvent(
            **common, does=e.does, verb=e.verb, who=self._kept(e.who), whom=self._kept(e.whom), place=place,
            earlier=e.earlier, part=e.part,
        )  # fmt: skip

    def _kept(self, ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(i for i in ids if i in self.ids)[:16]

    def _setting(self, c: SettingSpan) -> Callable[[dict[str, Any]], Demand]:
        return lambda common: Setting(**common, kind=c.kind, value=c.value, events=self._holds_for(c))

    def _holds_for(self, condition: SettingSpan) -> tuple[int, ...]:
        """From its sentence on, until another of its kind is named; everywhere where there is one alone."""
        if re.search(r"\bago\b|\bearlier\b|\S\s전$", condition.value):
            here = self._sentence(condition.words)
            return tuple(sorted(e.number for e in self.events if self._sentence(e.words) == here))
        same = sorted({self._sentence(c.words) for c in self.conditions if c.kind == condition.kind})
        if len(same) < 2:
            return ()
        start = self._sentence(condition.words)
        end = next((s for s in same if s > start), len(self.doc.text) + 1)
        return tuple(sorted(e.number for e in self.events if start <= e.words.start < end))[:400]

    def _sentence(self, words: Span) -> int:
        return next((s.span.start for s in self.doc.sentences if words.start in s.span), words.start)

    def _lines(self) -> Iterator[_Draft]:
        by_clause = {e.clause: e for e in self.events}
        for line in self.speech.all[:1000]:
            if line.speaker.id in self.ids:
                yield _Draft(line.words, _spoken(line, by_clause.get(-1 if line.clause is None else line.clause)))

    def _nevers(self) -> Iterator[_Draft]:
        for one in self.exclusions.all[:64]:
            yield _Draft(one.words, _forbidden(one, self._kept(one.ids)))

    def _ending(self) -> _Draft | None:
        """The last words that say how the film closes: from the cue to the end of the sentence."""
        for sentence in reversed(self.doc.sentences):
            said = self.doc.at(sentence.span)
            cues = [
                m
                for m in _ENDS.finditer(said)
                if not self._is_said(Span(sentence.span.start + m.start(), sentence.span.start + m.end()))
            ]
            start = 0 if _CLOSED.search(said) else cues[0].start() if cues else None
            if start is None:
                continue
            words = _trimmed(self.doc, Span(sentence.span.start + start, sentence.span.end))
            if words.end <= words.start:
                continue
            return _Draft(words, self._closing(words))
        return None

    def _closing(self, words: Span) -> Callable[[dict[str, Any]], Demand]:
        event = next((e for e in reversed(self.events) if e.words.meets(words)), None)
        what = self.doc.at(words)[:2000]
        return lambda common: Ending(**common, what=what, event=event.number if event else None)

    def _language(self) -> str:
        languages = [s.language for s in self.doc.sentences]
        return _LANGUAGES[max(dict.fromkeys(languages), key=languages.count)] if languages else ""

    def _title(self) -> str:
        match = _TITLE.search(self.doc.text)
        return match.group("title").strip()[:200] if match else ""

    def _unread(self, spans: tuple[Span, ...]) -> tuple[str, ...]:
        idle = known_words("film") | known_words("directing") | known_words("wanting")
        found = [w for w in self.doc.covered((*spans, *self.quoted)) if w.lemma not in idle]
        return tuple(dict.fromkeys(w.text[:200].strip() for w in found if w.text.strip()))[:500]


def _place_of(draft: _Draft) -> int:
    return draft.words.start if draft.words else 0


def _formed(form: FormDemand) -> Callable[[dict[str, Any]], Demand]:
    return lambda common: Form(**common, rule=form.rule, value=form.value)


def _forbidden(one: Exclusion, ids: tuple[str, ...]) -> Callable[[dict[str, Any]], Demand]:
    return lambda common: Never(**common, what=one.what, ids=ids)


def _spoken(line: Utterance, event: Happening | None) -> Callable[[dict[str, Any]], Demand]:
    return lambda common: Speech(
        **common, speaker=line.speaker.id, text=line.text, manner=line.manner, event=event.number if event else None
    )


def _first(referents: Sequence[Referent], sort: str, most: int) -> list[Referent]:
    return [r for r in referents if r.sort == sort][:most]


def _whole(doc: Document, number: int) -> Span:
    """A phrase with the nouns and adjectives that stand before it and belong to it."""
    phrase = doc.phrases[number]
    start = phrase.span.start
    for word in reversed((*phrase.adjectives, *phrase.compounds)):
        before = doc.text[:start].rstrip()
        if before.endswith(word) and start - len(before) < 3:
            start = len(before) - len(word)
    return Span(start, phrase.span.end)


def _is_inside(referent: Referent) -> bool | None:
    if referent.heading:
        return referent.heading.inside
    kind = referent.kind.split()[-1].lower() if referent.kind else ""
    return True if kind in known_words("indoors") else False if kind in known_words("outdoors") else None


def _trimmed(doc: Document, span: Span) -> Span:
    said = doc.at(span)
    edges = " \t\r\n,;:."
    start = span.start + len(said) - len(said.lstrip(edges))
    return Span(start, max(start, span.end - (len(said) - len(said.rstrip(edges)))))


def _exact(doc: Document, span: Span) -> Span:
    """Without white space around, of any script's."""
    said = doc.at(span)
    start = span.start + len(said) - len(said.lstrip())
    return Span(start, start + len(said.strip()))
