"""Where in a film a sentence holds: its circumstances, parts and places, resolved against what the shots tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from planner.edit.read.coverage import listed, tables
from planner.edit.read.moments import Moments, forms
from planner.edit.read.numbers import numbered, ranges
from planner.language.document import Clause, Document, Phrase, Span
from planner.story.patch import Scope, shots_matching

_KOREAN_AFTER = (
    (re.compile(r"(?:에서)?부터"), "from"), (re.compile("까지"), "through"),
    (re.compile(r"(?:하기|기)? ?전(?:에|까지)"), "until"),
    (re.compile(r"(?:만|은|는|을|를)? ?(?:빼고|제외)"), "except"),
    (re.compile(r"(?:한|은|ㄴ)? ?(?:후|뒤|다음)(?:에|로)?"), "after"),
)  # fmt: skip
_SEVERAL = re.compile(r"\b(?:shots|scenes|moments|whenever|every|each|all|both|any)\b|마다|모든|나오는", re.I)
_SEEN = re.compile(
    r"\b(?:with|of|is|are|in|appears?|shows?|showing|see|sees|alone|by (?:him|her|it)self|on (?:his|her|its) own)\b"
    r"|나오|보이|있는|혼자",
    re.I,
)
_ALONE = re.compile(r"\balone\b|\bby (?:him|her|it)self\b|\bon (?:his|her|its) own\b|혼자", re.I)
#: How far before a phrase the word stands that says how it bounds.
_AHEAD = 32


class Whereabouts(NamedTuple):
    """Where something holds, in film order; the words that say so; why that cannot be told, if it cannot."""

    shots: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    doubt: str = ""


class PlaceReader:
    """Finds the circumstances of a sentence."""

    def __init__(self, document: Document, moments: Moments) -> None:
        self.document, self.moments = document, moments

    def of(self, span: Span, people: Sequence[str], leave: Span | None = None) -> Whereabouts:
        """Where all that a stretch of the sentence says holds; nothing where it names no part of the film.

        Several circumstances hold together: 'on the bridge once the police are there'.
        """
        shots, spans, doubt = list(self.moments.order), list[Span](), ""
        for found in self._circumstances(span, people, leave):
            if any(found.spans[0].meets(s) for s in spans):
                continue
            both = [i for i in shots if i in found.shots]
            doubt = doubt or found.doubt or ("" if both else "no shot is all that is named")
            shots, spans = both or shots, [*spans, *found.spans]
        return Whereabouts(tuple(shots) if spans else (), tuple(spans), doubt)

    def _circumstances(self, span: Span, people: Sequence[str], leave: Span | None) -> Iterator[Whereabouts]:
        yield from self._numbered(span)
        for clause in self.document.clauses:
            if span.holds(clause.span) and not (leave and clause.span.holds(leave)):
                yield from self._clause(clause, people)
        for phrase in self.document.phrases:
            if span.holds(phrase.span) and not (leave and phrase.core.meets(leave)):
                yield from self._phrase(phrase, people)

    def _numbered(self, span: Span) -> Iterator[Whereabouts]:
        text, story = self.document.text, self.moments.story
        for finder in (ranges, numbered):
            for start, end, scopes in finder(text, story):
                place = Span(start, end)
                if span.holds(place) and scopes:
                    shots = [shot.id for s in scopes for _, shot in shots_matching(story, s)]
                    yield self._bounded(place, shots)

    def _clause(self, clause: Clause, people: Sequence[str]) -> Iterator[Whereabouts]:
        """'Once the drinks are poured', 'when she finds the note', 'the moment the dog opens its eye'."""
        relation = _relation(clause.marker, self._before(clause.span))
        if clause.link not in ("when", "main", "relative") or not (relation or self._describes_part(clause)):
            return
        if clause.link == "main" and clause.marker == "":
            return
        if clause.link == "relative" and not self._describes_part(clause):
            return
        yield from self._told(clause.span, clause.span, people)

    def _describes_part(self, clause: Clause) -> bool:
        return clause.of is not None and self._is_part(self.document.phrases[clause.of])

    def _is_part(self, phrase: Phrase) -> bool:
        return phrase.head.lemma in listed("parts")

    def _phrase(self, phrase: Phrase, people: Sequence[str]) -> Iterator[Whereabouts]:
        lemma, story = phrase.head.lemma, self.moments.story
        for words, edge in (("openings", "opening"), ("endings", "ending")):
            if lemma in listed(words) and phrase.determiner in ("", "the"):
                shots = [shot.id for _, shot in shots_matching(story, Scope.model_validate(edge))]
                yield self._bounded(phrase.core, shots)
                return
        words = self.document.at(phrase.span)
        if self._is_part(phrase) and (set_in := self.moments.set_in(" ".join(phrase.compounds))):
            yield self._bounded(phrase.span, set_in)
        elif self._is_part(phrase) and (len(words.split()) > 1 or any(self.document.describing(self._number(phrase)))):
            described = next(
                (self.document.clauses[c].span for c in self.document.describing(self._number(phrase))), phrase.span
            )
            both = Span(min(phrase.span.start, described.start), max(phrase.span.end, described.end))
            yield from self._told(both, both, people)
        elif phrase.kind != "pronoun" and phrase.determiner in ("", "the", "that") and phrase.owner is None:
            yield from self._place_or_event(phrase, people)

    def _number(self, phrase: Phrase) -> int:
        return self.document.phrases.index(phrase)

    def _place_or_event(self, phrase: Phrase, people: Sequence[str]) -> Iterator[Whereabouts]:
        """'On the bridge', 'the shattering': a place of the film, or what happens in it."""
        core = self.document.at(phrase.core)
        if shots := self.moments.set_in(core):
            yield self._bounded(phrase.core, shots)
        elif not self.moments.called(self.document, phrase) and self._is_deed(phrase):
            yield from self._told(phrase.span, phrase.span, people)

    def _is_deed(self, phrase: Phrase) -> bool:
        """Whether a noun is one of what is done: 'the chase', 'the rowing'."""
        verbs = {f for s in self.moments.order for f in self.moments.deeds(s)}
        return bool(forms(phrase.head.lemma.lower()) & verbs)

    def _told(self, words: Span, place: Span, people: Sequence[str]) -> Iterator[Whereabouts]:
        text = self.document.at(words)
        shots = self.moments.telling(text, people) or self._showing(words)
        if not shots:
            return
        if re.search(r"\bscene\b|장면|씬", text, re.I):
            shots = self._scene_of(shots)
        several = len(shots) > 1 and not _SEVERAL.search(
            f"{self.document.text[max(0, words.start - 12) : words.start]}{text}"
        )
        doubt = f"Which shot is meant by “{text.strip()}”: {', '.join(shots)}?" if several else ""
        found = self._bounded(place, shots)
        yield found._replace(doubt=found.doubt or doubt)

    def _scene_of(self, shots: Sequence[str]) -> list[str]:
        """All of a scene where all that is told lies in one."""
        scenes = [s for s in self.moments.story.scenes if any(shot.id in shots for shot in s.shots)]
        return [shot.id for shot in scenes[0].shots] if len(scenes) == 1 else list(shots)

    def _showing(self, words: Span) -> list[str]:
        """The shots in which all who are named are seen; with 'alone', nobody else."""
        text = self.document.at(words)
        if not _SEEN.search(text):
            return []
        named = [i for p in self.document.phrases if words.holds(p.core) for i in self._named(p)]
        people = {c.id for c in self.moments.story.cast}
        found = [i for i in self.moments.order if named and set(named) <= self.moments.present([i])]
        return [i for i in found if self.moments.present([i]) & people <= set(named)] if _ALONE.search(text) else found

    def _named(self, phrase: Phrase) -> list[str]:
        if phrase.kind == "pronoun":
            return []
        found = self.moments.called(self.document, phrase)
        return found if len(found) == 1 else []

    def _bounded(self, place: Span, shots: Sequence[str]) -> Whereabouts:
        """A part of the film, or all from it on, or up to it, as the words around it say."""
        order = self.moments.order
        relation = _relation("", self._before(place)) or self._korean(place) or "at"
        first, last = order.index(shots[0]), order.index(shots[-1])
        on = re.match(r"\s+on(?:wards?)?\b", self.document.text[place.end :])
        match "from" if on and relation != "until" else relation:
            case "from":
                chosen = order[first:]
            case "until":
                chosen = order[:first]
            case "through":
                chosen = order[: last + 1]
            case "after":
                chosen = order[last + 1 :]
            case "except":
                chosen = [i for i in order if i not in shots]
            case _:
                chosen = list(shots)
        doubt = "" if chosen else "there is no shot of that kind"
        return Whereabouts(tuple(chosen), (place,), doubt)

    def _before(self, span: Span) -> tuple[str, str]:
        """The words before a stretch, and the stretch."""
        return self.document.text[max(0, span.start - _AHEAD) : span.start], self.document.at(span)

    def _korean(self, place: Span) -> str:
        after = self.document.text[max(place.start, place.end - 6) : place.end + 10]
        return next((told for way, told in _KOREAN_AFTER if re.search("[가-힣]", after) and way.search(after)), "")


@lru_cache(maxsize=8)
def _ways() -> tuple[tuple[str, tuple[re.Pattern[str], re.Pattern[str]]], ...]:
    """How each relation is said right before what it bounds, or as its first words."""
    article = r"(?:the |that |this |an? |his |her |their |its )?"
    found = []
    for relation, ways in tables()["relations"].items():
        any_ = "|".join(map(re.escape, sorted(ways, key=len, reverse=True)))
        found.append((relation, (re.compile(rf"\b(?:{any_}) {article}$", re.I), re.compile(rf"(?:{any_})\b", re.I))))
    return tuple(found)


def _relation(marker: str, around: tuple[str, str]) -> str:
    """How a circumstance bounds: 'from', 'until', 'through', 'after', 'at'; empty where nothing says so."""
    for relation, way in _ways():
        if way[0].search(around[0]) or way[1].match(around[1]):
            return relation
    return next((r for r, ways in tables()["relations"].items() if marker in ways), "") if marker else ""
