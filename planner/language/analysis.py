"""Reads a text once, in whatever languages its sentences are, into one :class:`Document`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from planner.language.document import (
    Attachment,
    Clause,
    Document,
    Language,
    Parse,
    Phrase,
    Quote,
    Sentence,
    Span,
    Word,
)
from planner.language.languages import languages
from planner.language.segments import Stretch, quotes, stretches

_BESIDE = ("main", "and")


@lru_cache(maxsize=64)
def analyse(text: str) -> Document:
    """Everything that the sentences of a text mention and say."""
    quoted = quotes(text)
    cut = stretches(text, quoted)
    spoken = languages([stretch.text for stretch in cut])
    parses = _parses([stretch.text for stretch in cut], spoken)
    joined = _Joining(text, quoted)
    for stretch, language, parse in zip(cut, spoken, parses, strict=True):
        joined.add(stretch, language, parse)
    return joined.document()


def _parses(texts: Sequence[str], spoken: Sequence[Language]) -> list[Parse]:
    """The parse of each sentence by the parser of its language, all of one language in one go."""
    found: dict[int, Parse] = {}
    for language in sorted(set(spoken)):
        numbers = [n for n, other in enumerate(spoken) if other == language]
        found.update(zip(numbers, _parser(language)([texts[n] for n in numbers]), strict=True))
    return [found[n] for n in range(len(texts))]


def _parser(language: Language) -> Callable[[Sequence[str]], list[Parse]]:
    """A parser is imported when the first sentence of its language is read."""
    if language == "en":
        from planner.language import english_parser

        return english_parser.parse
    if language == "ko":
        from planner.language import korean_parser

        return korean_parser.parse
    return lambda texts: [_words_alone(text) for text in texts]


def _words_alone(text: str) -> Parse:
    """Of a language without a parser: its words."""
    words, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        words.append(Word(Span(start, start + len(word)), word, word.lower(), "X"))
        start += len(word)
    return Parse(tuple(words), (), ())


class _Joining:
    """Puts the parses of sentences one after the other; spans become those of the whole text."""

    def __init__(self, text: str, quoted: Sequence[Quote]) -> None:
        self.text, self.quoted = text, tuple(quoted)
        self.sentences: list[Sentence] = []
        self.words: list[Word] = []
        self.phrases: list[Phrase] = []
        self.clauses: list[Clause] = []
        self.before: tuple[int, ...] = ()
        """Who acted last in the Korean sentence right before."""

    def document(self) -> Document:
        return Document(
            self.text,
            tuple(self.sentences),
            tuple(self.words),
            tuple(self.phrases),
            tuple(self.clauses),
            self.quoted,
        )

    def add(self, stretch: Stretch, language: Language, parse: Parse) -> None:
        """Adds a sentence; the neutral words that stand for quotations are left out."""
        masked = [q.span for q in self.quoted if q.span.meets(stretch.span) and stretch.masks(q.span)]
        whole = _Placing(stretch, masked, len(self.phrases), len(self.clauses), parse)
        if language != "ko":
            self.before = ()
        words = [whole.word(w) for w in parse.words if not whole.is_masked(w)]
        phrases, clauses = whole.phrases(), whole.clauses()
        if language == "ko":
            clauses = [self._with_subject(clause) for clause in clauses]
            self.before = next((c.subjects for c in reversed(clauses) if c.link in _BESIDE and c.subjects), ())
        self.sentences.append(
            Sentence(
                stretch.span,
                tuple(range(len(self.words), len(self.words) + len(words))),
                tuple(range(len(self.clauses), len(self.clauses) + len(clauses))),
                tuple(range(len(self.phrases), len(self.phrases) + len(phrases))),
                language,
            )
        )
        self.words += words
        self.phrases += phrases
        self.clauses += clauses

    def _with_subject(self, clause: Clause) -> Clause:
        """A Korean clause that says nobody: who acted in the sentence before still acts."""
        whole = bool(clause.subjects or clause.passive or clause.order or clause.verb.part == "AUX")
        return clause if whole or clause.link not in _BESIDE else clause._replace(subjects=self.before)


class _Placing:
    """One sentence's parse in the terms of the whole text."""

    def __init__(self, stretch: Stretch, masked: Sequence[Span], phrases: int, clauses: int, parse: Parse) -> None:
        self.stretch, self.masked, self.parse, self.first_clause = stretch, masked, parse, clauses
        said = [n for n, phrase in enumerate(parse.phrases) if not self.is_masked(phrase.head)]
        self.number = {old: phrases + new for new, old in enumerate(said)}

    def is_masked(self, word: Word) -> bool:
        place = self.stretch.place(word.span)
        return place in self.masked

    def word(self, word: Word) -> Word:
        return word._replace(span=self.stretch.place(word.span))

    def phrases(self) -> list[Phrase]:
        return [
            phrase._replace(
                span=self.stretch.place(phrase.span),
                core=self.stretch.place(phrase.core),
                head=self.word(phrase.head),
                owner=self._one(phrase.owner),
                attached=self._attached(phrase.attached),
                alias=self._one(phrase.alias),
                joined=self._several(phrase.joined),
            )
            for n, phrase in enumerate(self.parse.phrases)
            if n in self.number
        ]

    def clauses(self) -> list[Clause]:
        return [
            clause._replace(
                span=self.stretch.place(clause.span),
                verb=self.word(clause.verb),
                subjects=self._several(clause.subjects),
                objects=self._several(clause.objects),
                receivers=self._several(clause.receivers),
                complements=self._several(clause.complements),
                attached=self._attached(clause.attached),
                parent=None if clause.parent is None else self.first_clause + clause.parent,
                of=self._one(clause.of),
            )
            for clause in self.parse.clauses
        ]

    def _one(self, phrase: int | None) -> int | None:
        return None if phrase is None else self.number.get(phrase)

    def _several(self, phrases: Sequence[int]) -> tuple[int, ...]:
        return tuple(self.number[p] for p in phrases if p in self.number)

    def _attached(self, attached: Sequence[Attachment]) -> tuple[Attachment, ...]:
        return tuple(Attachment(a.by, self.number[a.phrase]) for a in attached if a.phrase in self.number)
