"""Grounding: open words to what a generator can draw.

>>> from omni_model.spec.vocabulary import VOCABULARY
>>> ground("species", "a grey wolf", VOCABULARY).word
'dog'
>>> ground("setting", "the night forest", VOCABULARY).outcome
'honoured'

An exact or inflected word and a true synonym are honoured, the nearest picture is approximated, and what
has no picture is refused, or drawn as the default where a generator cannot do without a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from omni_model.spec.conditioning import Frozen
from planner.film.grammar import Synonyms, grammar
from planner.film.lowering import Outcome

#: A generator must have a value of these kinds; its first word is the default.
REQUIRED = frozenset(
    {
        "species",
        "colour",
        "setting",
        "time",
        "weather",
        "mood",
        "style",
        "action",
        "prop_motion",
        "camera",
        "size",
    }
)
#: In these kinds a phrase ends in its head ('cat burglar' is a burglar); elsewhere the first word rules.
HEAD_LAST = frozenset({"species", "setting", "prop", "wardrobe", "colour"})
#: What a compiler also reads from a phrase of a kind ('night forest', 'red fox'): it is not lost.
ALSO_READ = {
    "species": ("colour",),
    "prop": ("colour",),
    "wardrobe": ("colour",),
    "setting": ("time", "weather"),
}
LONGEST_KEY = 4
#: Hangul letters by number: the silent initial ㅇ, the finals ㄴ, ㄹ and ㅆ; a vowel of the past -> those of the stem.
_SILENT, _NIEUN, _RIEUL, _PAST = 11, 4, 8, 20
_GROWN = {0: (0, 18), 1: (0, 1), 4: (4, 18), 6: (20, 6), 9: (8,), 10: (11,), 14: (13,)}
_TOKEN = re.compile(r"[가-힣]+|[^\W_가-힣]+(?:['’][^\W_]+)?")
#: How an inflected English word goes back to its base; the first that fits is used.
_ENDINGS = tuple(
    (re.compile(pattern), base)
    for pattern, base in (
        (r"(\w{2,})(?:ies|ied)", r"\1y"),
        (r"(\w*(?:s|x|z|ch|sh))es", r"\1"),
        (r"(\w+[^su])s", r"\1"),
        (r"(\w*[aeiouy])([bdgmnprt])\2(?:ing|ed)", r"\1\2"),
        # one syllable whose consonant did not double: the base ends in e (waving, hiding)
        (r"([^aeiou]*[aeiou][b-df-hj-np-tvz])(?:ing|ed)", r"\1e"),
        (r"(?=\w{3,}(?:ing|ed)$)(\w*[aeiouy]\w*)(?:ing|ed)", r"\1"),
    )
)

Fit = Literal["exact", "same", "near"]
Vocabulary = Mapping[str, Sequence[str]]


class Grounded(Frozen):
    """What an open word became. ``word`` is None only when it is refused."""

    word: str | None
    outcome: Outcome
    detail: str = ""


class WordMatch(NamedTuple):
    """A word of a kind found in a text, at characters ``start`` to ``end``."""

    word: str
    start: int
    end: int
    text: str
    fit: Fit


class _Token(NamedTuple):
    text: str
    start: int
    end: int


def ground(kind: str, words: str, vocabulary: Vocabulary) -> Grounded:
    """The word of ``vocabulary[kind]`` that draws ``words``.

    A vocabulary without ``kind`` can draw anything: the words are honoured as they are. ``kind`` is a key
    of :data:`omni_model.spec.vocabulary.VOCABULARY`. Empty words take the default, which honours them.
    """
    known = tuple(vocabulary.get(kind, ()))
    words = " ".join(words.split())
    if not words:
        return Grounded(word=known[0] if known and kind in REQUIRED else "", outcome="honoured")
    if not known:
        return Grounded(word=words, outcome="honoured")
    if not (found := find(kind, words, known)):
        return _unknown(kind, words, known)
    best = _best(kind, words, found, known[0])
    return _explain(kind, words, best, found)


def find(kind: str, text: str, known: Sequence[str] | None = None) -> tuple[WordMatch, ...]:
    """Every word of ``kind`` that ``text`` mentions, in order, longest match first.

    ``known`` restricts and extends the words to a generator's own; None: all that the grammar knows.
    """
    index = _index(kind, None if known is None else tuple(known))
    tokens = _tokens(text)
    stems = [_keys(t.text) for t in tokens]
    found, at = [], 0
    while at < len(tokens):
        length, hit = _match(index, stems, at)
        if hit:
            start, end = tokens[at].start, tokens[at + length - 1].end
            word, fit = hit
            found.append(WordMatch(word, start, end, text[start:end], _exactness(word, text[start:end], fit)))
        at += length
    return tuple(found)


def _match(
    index: Mapping[tuple[str, ...], tuple[str, Fit]], stems: Sequence[Sequence[str]], at: int
) -> tuple[int, tuple[str, Fit] | None]:
    for length in range(min(LONGEST_KEY, len(stems) - at), 1, -1):
        if hit := index.get(tuple(keys[0] for keys in stems[at : at + length])):
            return length, hit
    return 1, next((index[(key,)] for key in stems[at] if (key,) in index), None)


def _exactness(word: str, text: str, fit: Fit) -> Fit:
    return "exact" if fit == "same" and stem_phrase(word) == stem_phrase(text) else fit


@lru_cache(maxsize=256)
def _index(kind: str, known: tuple[str, ...] | None) -> dict[tuple[str, ...], tuple[str, Fit]]:
    """Stemmed phrase -> (word, fit). A better fit is entered first and stays."""
    entries = grammar().words.get(kind, {})
    chosen = entries if known is None else {word: entries.get(word, Synonyms()) for word in known}
    index: dict[tuple[str, ...], tuple[str, Fit]] = {}
    for word in chosen:
        index.setdefault(stem_phrase(word), (word, "exact"))
    for word, synonyms in chosen.items():
        for phrase in synonyms.same:
            index.setdefault(stem_phrase(phrase), (word, "same"))
    for word, synonyms in chosen.items():
        for phrase in synonyms.near:
            index.setdefault(stem_phrase(phrase), (word, "near"))
    return index


def _best(kind: str, words: str, found: Sequence[WordMatch], default: str) -> WordMatch:
    """The mention that a phrase is about."""
    if kind in HEAD_LAST:
        cut = len(head(words))
        return ([m for m in found if m.end <= cut] or [found[0]])[-1]
    return next((m for m in found if m.word != default), found[0])


def head(words: str) -> str:
    """A phrase up to its first preposition after the first word: 'ghost' of 'ghost of a bear'."""
    later = [t for t in _tokens(words)[1:] if t.text.lower() in grammar().prepositions]
    return words[: later[0].start] if later else words


def _explain(kind: str, words: str, best: WordMatch, found: Sequence[WordMatch]) -> Grounded:
    lost = _lost(kind, words, found)
    beside = [m.text for m in found if m.word != best.word]
    if best.fit == "near":
        detail = f"'{best.text}' is drawn as '{best.word}', the nearest this generator knows"
    else:
        detail = "" if best.fit == "exact" else f"'{best.text}' is '{best.word}' here"
    if without := [*beside, *lost]:
        detail = f"{detail or repr(best.word)}, without '{', '.join(without)}'"
    outcome: Outcome = "approximated" if best.fit == "near" or without else "honoured"
    return Grounded(word=best.word, outcome=outcome, detail=detail)


def _lost(kind: str, words: str, found: Sequence[WordMatch]) -> list[str]:
    """Words with a picture of their own that nothing took up."""
    spans = [(m.start, m.end) for m in found]
    for other in ALSO_READ.get(kind, ()):
        spans += [(m.start, m.end) for m in find(other, head(words))]
    free = (t for t in _tokens(words) if not any(a <= t.start < b for a, b in spans))
    return [t.text for t in free if t.text.lower() not in grammar().empty]


def _unknown(kind: str, words: str, known: Sequence[str]) -> Grounded:
    if kind in REQUIRED:
        detail = f"'{words}' is unknown to this generator: drawn as '{known[0]}'"
        return Grounded(word=known[0], outcome="approximated", detail=detail)
    nearest = ", ".join(known[:8])
    return Grounded(word=None, outcome="refused", detail=f"'{words}' cannot be drawn; what can: {nearest}")


def _tokens(text: str) -> list[_Token]:
    return [_Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def stem_phrase(phrase: str) -> tuple[str, ...]:
    """A phrase as its stems; Korean stems keep the ``*`` that marks a conjugated one."""
    if phrase.endswith("*"):
        return (phrase,)
    return tuple(_keys(t.text)[0] for t in _tokens(phrase))


@lru_cache(maxsize=16384)
def _keys(token: str) -> tuple[str, ...]:
    """What a token may be looked up as, the most specific first."""
    token = unicodedata.normalize("NFC", token)
    if not "가" <= token[0] <= "힣":
        return (stem(token),)
    keys = [token]
    for cut in range(len(token), 0, -1):
        if token[cut:] in grammar().particles:
            keys.append(token[:cut])
        keys.append(token[:cut] + "*")
    return (*keys, *(f"{stem}*" for stem in _korean_stems(token)))


def _korean_stems(token: str) -> Iterator[str]:
    """The stems that a Korean verb may have whose ending has grown into it: 훔쳤다 -> 훔치, 했다 -> 하, 연다 -> 열."""
    for at, syllable in enumerate(token):
        lead, vowel, final = _letters(syllable)
        if final == _PAST and syllable not in "있겠":
            if lead == _SILENT and vowel in (0, 4) and at:
                yield token[:at]
            yield from (token[:at] + _syllable(lead, v) for v in _GROWN.get(vowel, ()))
        elif final == _NIEUN and token[at + 1 :].startswith("다"):
            yield from (token[:at] + _syllable(lead, vowel, f) for f in (0, _RIEUL))


def _letters(syllable: str) -> tuple[int, int, int]:
    """Initial, vowel and final of a Hangul syllable by their Unicode numbers; the final is 0 where there is none."""
    code = ord(syllable) - ord("가")
    return code // 588, code % 588 // 28, code % 28


def _syllable(lead: int, vowel: int, final: int = 0) -> str:
    return chr(ord("가") + lead * 588 + vowel * 28 + final)


@lru_cache(maxsize=16384)
def stem(token: str) -> str:
    """An English word without case, possessive, plural or verb ending: 'Running' and 'runs' -> 'run'."""
    word = re.sub(r"['’]s?$", "", token.lower())
    word = grammar().irregular.get(word) or _inflected(word)
    word = re.sub(r"(?<=..)y$", "i", word)
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def _inflected(word: str) -> str:
    for pattern, base in _ENDINGS:
        if found := pattern.fullmatch(word):
            return found.expand(base)
    return word
