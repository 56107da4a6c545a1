"""Words compared by their lemmas, in English and Korean: whether a text says a sign, and in which content words.

A *sign* is a word or phrase ('take down', 'Mount Cinder', '앉다'). Its words stand in the text in any inflection, in
this order, with at most :data:`GAP` others between two of them, and within one sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from lemminflect import getAllLemmas

from planner.language.english_reading import pipeline

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

GAP = 3
Signs = Sequence[Sequence[str]]
"""Groups of synonyms: of each group one is meant to be there."""

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.:,]\d+)*|[.!?;:。！？…]+|\n")
_HANGUL = re.compile("[가-힣]")
_OPEN = ("NN", "NP", "NR", "SL", "SN", "SH", "V", "XR", "MAG", "MM")
_NOUNS = ("NNG", "NNP", "SL", "XR")
_DENIES = frozenset({"no", "not", "never", "without", "nobody", "nothing", "none", "neither", "nor", "안", "못"})
_DENIES_AFTER = frozenset({"없다", "않다", "못하다", "말다", "아니다", "없이", "금지"})
_DENIAL = 5
"""Words between a denial and what it denies, at most."""


class Token(NamedTuple):
    """One word or Korean morpheme: its possible lemmas, none for the end of a sentence, and what it is."""

    lemmas: frozenset[str]
    noun: bool = False
    content: bool = False


@lru_cache(maxsize=20_000)
def tokens(text: str) -> tuple[Token, ...]:
    """The words of a text in order."""
    return tuple(_korean(text) if _HANGUL.search(text) else _english(text))


@lru_cache(maxsize=200_000)
def says(text: str, sign: str) -> bool:
    """Whether a text says a sign."""
    return bool(text and sign) and (any(_places(text, sign)) or _is_spelt(text, sign))


def says_all(texts: Iterable[str], signs: Signs) -> bool:
    """Whether the texts together say one sign of each group."""
    known = tuple(texts)
    return all(any(says(text, sign) for text in known for sign in group) for group in signs)


@lru_cache(maxsize=50_000)
def asserts(text: str, sign: str) -> bool:
    """Whether a text says a sign without denying it: 'no silhouette' does not assert a silhouette."""
    said = tokens(text)
    places = list(_places(text, sign)) if text and sign else []
    if not places:
        return bool(text and sign) and _is_spelt(text, sign) and not any(t.lemmas & _DENIES_AFTER for t in said)
    return any(not _is_denied(said, first, last) for first, last in places)


@lru_cache(maxsize=20_000)
def content(text: str) -> tuple[str, ...]:
    """The content words of a text, each by the first of its lemmas: nouns, verbs, adjectives, numbers."""
    if _HANGUL.search(text):
        return tuple(min(t.lemmas, key=len) for t in tokens(text) if t.content)
    parts = ("NOUN", "PROPN", "VERB", "ADJ", "NUM")
    return tuple(t.lemma_.lower() for t in pipeline()(text) if t.pos_ in parts and (not t.is_stop or t.pos_ == "NUM"))


@lru_cache(maxsize=20_000)
def nouns(text: str) -> tuple[str, ...]:
    """The nouns and names of a text, by lemma."""
    if _HANGUL.search(text):
        return tuple(min(t.lemmas, key=len) for t in tokens(text) if t.noun)
    return tuple(t.lemma_.lower() for t in pipeline()(text) if t.pos_ in ("NOUN", "PROPN"))


def _places(text: str, sign: str) -> Iterator[tuple[int, int]]:
    """First and last word of each place where a sign stands."""
    said, wanted = tokens(text), _wanted(sign)
    for start in range(len(said) if wanted else 0):
        at = start
        for number, lemmas in enumerate(wanted):
            found = _next(said, at, lemmas, GAP if number else 0)
            if found is None:
                break
            at = found + 1
        else:
            yield start, at - 1


@lru_cache(maxsize=20_000)
def _wanted(sign: str) -> tuple[frozenset[str], ...]:
    """The lemmas of a sign, word by word. A Korean verb stands there as in a dictionary, which is its lemma."""
    if not _HANGUL.search(sign):
        return tuple(t.lemmas for t in tokens(sign) if t.lemmas)
    *before, last = sign.split()
    verb = [frozenset({last})] if last.endswith("다") else []
    rest = " ".join(before) if verb else sign
    return (*(t.lemmas for t in tokens(rest) if t.content), *verb) or (frozenset({sign}),)


def _next(said: Sequence[Token], at: int, lemmas: frozenset[str], gap: int) -> int | None:
    for place in range(at, min(at + gap + 1, len(said))):
        if not said[place].lemmas:
            return None
        if said[place].lemmas & lemmas:
            return place
    return None


def _is_spelt(text: str, sign: str) -> bool:
    """Whether a Korean sign of two syllables or more stands in a text letter by letter, as within '헌책방에서'."""
    return len(sign) > 1 and bool(_HANGUL.search(sign)) and sign in text


def _is_denied(said: Sequence[Token], first: int, last: int) -> bool:
    before = _run(said[max(0, first - _DENIAL) : first][::-1])
    after = _run(said[last : last + _DENIAL])
    return any(t.lemmas & _DENIES for t in before) or any(t.lemmas & _DENIES_AFTER for t in after)


def _run(some: Sequence[Token]) -> Iterator[Token]:
    """Tokens up to the end of their sentence."""
    for token in some:
        if not token.lemmas:
            return
        yield token


def _english(text: str) -> Iterator[Token]:
    for word in _TOKEN.findall(plain(text)):
        lemmas = _lemmas(word.lower())
        yield Token(lemmas, content=bool(lemmas))


@lru_cache(maxsize=20_000)
def _lemmas(word: str) -> frozenset[str]:
    if not re.match(r"\w", word):
        return frozenset()
    if word.endswith("n't"):
        return frozenset({word, "not"})
    bare = word.removesuffix("'s")
    known = getAllLemmas(bare)  # type: ignore[no-untyped-call]
    return frozenset({bare, *(lemma for forms in known.values() for lemma in forms)})


def _korean(text: str) -> Iterator[Token]:
    for token in _kiwi().tokenize(plain(text)):
        if token.tag in ("SF", "SE"):
            yield Token(frozenset())
        elif token.tag == "SL":
            yield Token(_lemmas(token.form.lower()), noun=True, content=True)
        elif token.tag.startswith(_OPEN):
            noun = token.tag in _NOUNS
            yield Token(frozenset({token.form, token.lemma} if noun else {token.lemma}), noun=noun, content=True)


@lru_cache(maxsize=1)
def _kiwi() -> Kiwi:
    from kiwipiepy import Kiwi

    return Kiwi()


def plain(text: str) -> str:
    """A text with straight quotation marks and Latin letters without accents."""
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    split = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in split if not "\u0300" <= c <= "\u036f"))
