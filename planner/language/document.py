"""A text, read once: who and what its sentences mention, what they say happens, and what hangs on what.

Parsers of single languages make a :class:`Document` (:mod:`planner.language.analysis`); everything that reads words
reads it, in any language. Words are where they stand in the text: a span is ``[start, end)`` in characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

Language = Literal["en", "ko", "other"]
Kind = Literal["noun", "name", "pronoun"]
Link = Literal["main", "and", "when", "relative", "inner", "said"]
"""How a clause hangs on another: not at all; beside it ('and waves'); as its circumstance ('once the fox leaves');
as a description of a phrase ('who limps', 'wearing a coat'); as what somebody wants, sees or begins ('to fly',
'her dance'); as what somebody says or thinks ('that it rains')."""


class Span(NamedTuple):
    start: int
    end: int

    def __contains__(self, other: object) -> bool:
        """Whether a span, or a place in the text, lies within."""
        if isinstance(other, int):
            return self.start <= other < self.end
        return isinstance(other, tuple) and self.start <= other[0] and other[1] <= self.end

    def holds(self, other: Span) -> bool:
        """Whether all of another span lies within."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Whether both share a character."""
        return self.start < other.end and other.start < self.end


class Word(NamedTuple):
    """One word, or one morpheme of a language that joins them."""

    span: Span
    text: str
    lemma: str
    """Its form in a dictionary, in lower case; of a name, the name."""
    part: str
    """Part of speech in the terms of Universal Dependencies: NOUN, PROPN, VERB, ADJ, ..."""


class Attachment(NamedTuple):
    """A phrase that a preposition or particle hangs on another phrase or on a clause: 'in a green raincoat'."""

    by: str
    """The preposition; of a Korean particle the English one that says the same: 'in', 'with', 'to', 'from', 'on'.
    'except' for who is left out of a group ('everyone but the owl'), 'instead of' for who is not meant ('not the fox
    but the bear'), 'later', 'ago' or 'before' for a time from another one ('an hour later'), '' for a mere time or
    measure."""
    phrase: int


class Phrase(NamedTuple):
    """A mention of somebody, something, somewhere or some time: 'an old clockmaker with a long grey beard'."""

    span: Span
    """All of it, without relative clauses and what is joined by 'and'."""
    core: Span
    """From its first determiner or adjective to its noun: 'an old clockmaker'."""
    head: Word
    kind: Kind
    determiner: str = ""
    """'a', 'the', 'this', 'every', 'no', 'another', ...; of a Korean phrase its English match, mostly ''."""
    count: int | None = None  # type: ignore[assignment]  # a tuple has a method of that name
    """The number that is named, in figures or in words."""
    plural: bool = False
    adjectives: tuple[str, ...] = ()
    """As they are written, with their adverbs: 'very old'."""
    compounds: tuple[str, ...] = ()
    """Nouns before the noun: 'street' of 'street market'."""
    owner: int | None = None
    """Whose it is: 'his', 'the fox's'."""
    attached: tuple[Attachment, ...] = ()
    alias: int | None = None
    """Another name of the same, in apposition: 'Pip, a mouse'."""
    joined: tuple[int, ...] = ()
    """The others of 'a fox, an owl and a cat', at the first of them."""


class Clause(NamedTuple):
    """One predicate with those who take part.

    Subjects are always those who do it and objects those to whom it is done, whatever stands first: of 'the key is
    lost by Mia', Mia and the key. Of a relative clause they are filled in with the phrase that it describes.
    """

    span: Span
    """The whole of it, with the clauses that hang on it."""
    verb: Word
    """Of a copula, the verb 'be'."""
    particle: str = ""
    """'up' of 'picks up'."""
    subjects: tuple[int, ...] = ()
    """Phrases, with those that are joined by 'and'. Where none is said and the language lets one be left out: those
    of the clause beside it."""
    objects: tuple[int, ...] = ()
    receivers: tuple[int, ...] = ()
    """'her' of 'gives her a key'."""
    complement: str = ""
    """What the subject is said to be or become: 'tired', 'a king', as written."""
    complements: tuple[int, ...] = ()
    """The phrases of the complement."""
    attached: tuple[Attachment, ...] = ()
    adverbs: tuple[str, ...] = ()
    negated: bool = False
    passive: bool = False
    """Whether what it is done to stood first, or stands alone: 'the letter was stolen', 'hidden under an oak'."""
    order: bool = False
    """Whether it tells somebody to do it: 'make it darker'."""
    past: bool = False
    modal: str = ""
    """'can', 'must', 'should', ..."""
    link: Link = "main"
    marker: str = ""
    """What the link says: 'and', 'but', 'then', 'when', 'until', 'because', 'if', 'who', ..."""
    parent: int | None = None
    """The clause on which it hangs."""
    of: int | None = None
    """The phrase that a relative clause describes."""


class Quote(NamedTuple):
    """Words in quotation marks."""

    span: Span
    """With the marks."""
    text: str
    """Without them."""


class Sentence(NamedTuple):
    span: Span
    words: tuple[int, ...]
    clauses: tuple[int, ...]
    phrases: tuple[int, ...]
    language: Language


class Parse(NamedTuple):
    """What a parser found in a sentence; phrases and clauses number each other by their places here."""

    words: tuple[Word, ...]
    phrases: tuple[Phrase, ...]
    clauses: tuple[Clause, ...]


class Document(NamedTuple):
    """The whole text and what it is made of; numbers name words, phrases and clauses by their places here."""

    text: str
    sentences: tuple[Sentence, ...]
    words: tuple[Word, ...]
    phrases: tuple[Phrase, ...]
    clauses: tuple[Clause, ...]
    quotes: tuple[Quote, ...]

    def at(self, span: Span) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]

    def members(self, phrase: int) -> tuple[int, ...]:
        """A phrase and those that are joined to it."""
        return (phrase, *self.phrases[phrase].joined)

    def hanging(self, clause: int) -> Iterator[int]:
        """The clauses that hang on one, in the order of the text."""
        return (i for i, other in enumerate(self.clauses) if other.parent == clause)

    def describing(self, phrase: int) -> Iterator[int]:
        """The clauses that describe a phrase: 'who limps', 'wearing a coat'."""
        return (i for i, other in enumerate(self.clauses) if other.of == phrase)

    def covered(self, spans: tuple[Span, ...]) -> tuple[Word, ...]:
        """Words that lie in none of the spans and carry a meaning: nouns, names, verbs, adjectives, numbers."""
        open_words = {"NOUN", "PROPN", "VERB", "ADJ", "NUM"}
        return tuple(w for w in self.words if w.part in open_words and not any(w.span.meets(s) for s in spans))
