"""Noun phrases and names that film grammar does not know, found by the words around them.

No tagger: an article, a possessive or a number opens a phrase, what cannot stand inside one ends it, and the last word
is its head. A capitalised word is a name where only a name can stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from planner.film.grammar import grammar
from planner.film.ground import find, stem
from planner.language.english import is_noun
from planner.language.text import (
    NOUNS,
    SENTENCES,
    has_predicate,
    is_adjective,
    is_function,
    lexicon,
    sentences,
    stem_of,
    tags,
    verbs,
)

_TOKEN = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*|[^\w\s]")
_CAPITAL = re.compile(r"(?<![^\W\d_’'-])[A-Z][^\W\d_]+(?:[-’'][^\W\d_]{2,})*")
_PLACED = re.compile(
    r"\b(?:in|at|near|around|across|over|above|through|throughout|outside|inside|into|on|station|ship|planet)\s+$"
)
_GOING = re.compile(r"\b(?:mov|go|travel|fl[iye]|sail|driv|return|walk|rid|com|leav)\w*\s+(?:\w+\s+)?(?:to|for)\s+$")
_PERSONAL = re.compile(r"\b(?:and|with|to|from|by|for|of|named|called|on|at)\s+$")
#: What is done with things, so that a bare noun may follow: 'brings tea', 'puts on gloves'.
_GRASPING = frozenset({"take", "give", "consume", "make", "wear", "lose"})
#: Korean particles that people take, the longest first.
_PERSONS = ("에게", "한테", "은", "는", "이", "가", "의", "도")
_TITLE = re.compile(
    r"^(?:Mr|Mrs|Ms|Dr|Sir|Lord|Lady|Count|Countess|Duke|Baron|Saint|Aunt|Uncle|Coach|Commander|Judge|Major)$"
)


class NounText(NamedTuple):
    """An unknown noun with its modifiers: where it begins, where its head stands, and the head."""

    start: int
    at: int
    end: int
    head: str


@lru_cache(maxsize=SENTENCES)
def phrases(text: str) -> tuple[NounText, ...]:
    """Noun phrases whose head no list of film grammar holds, in order."""
    if re.search("[가-힣]", text):
        return ()
    tokens = list(_TOKEN.finditer(text))
    acts = {v.start for v in verbs(text)}
    grasps = {v.end for v in verbs(text) if v.mention.word in _GRASPING}
    known = [(t.start, t.end) for t in tags(text) if t.kind != "colour" or not has_predicate(text[t.end :] or "a")]
    found = []
    for i, opener in enumerate(tokens):
        opens = opener.group().lower() in lexicon("openers") or re.search(r"[’']s$", opener.group())
        if not opens and opener.end() not in grasps:
            continue
        inside = []
        for token in tokens[i + 1 : i + 6]:
            if _ends_phrase(token, acts):
                break
            inside.append(token)
        if inside and (phrase := _phrase(opener, inside, known)):
            found.append(phrase)
    return tuple(found)


def _ends_phrase(token: re.Match[str], acts: set[int]) -> bool:
    word = token.group().lower()
    if not word[0].isalpha() or token.start() in acts:
        return True
    if is_adjective(word):
        return False
    return is_function(word) or word in grammar().prepositions or word.endswith("ly") or token.group()[0].isupper()


def _phrase(opener: re.Match[str], inside: list[re.Match[str]], known: list[tuple[int, int]]) -> NounText | None:
    head = inside[-1]
    word = head.group().lower()
    if len(inside) > 1 and re.search(r"[^s]s$", word) and find("species", inside[-2].group()):
        return None
    if any(a <= head.start() < b for a, b in known) or word in lexicon("adjectives") or len(word) < 3:
        return None
    if not is_noun(word):
        return None
    if stem(word) in _stems("pictureless") or re.search(r"[aeiouy].*ing$", word):
        return None
    return NounText(opener.start(), head.start(), head.end(), re.sub(r"[’']s?$", "", word))


def is_inanimate(head: str) -> bool:
    """Whether a noun names a thing even where it acts ('the radio says')."""
    return stem(head) in _stems("inanimate")


@lru_cache(maxsize=4)
def _stems(name: str) -> frozenset[str]:
    return frozenset(stem(word) for word in lexicon(name))


def names(text: str) -> tuple[str, ...]:
    """Words that can only be somebody's name, as written, each once."""
    found: dict[str, None] = dict.fromkeys(_korean_names(text))
    for line in text.splitlines():
        for sentence in sentences(line):
            for match in _CAPITAL.finditer(sentence):
                if _is_name(sentence, match):
                    found.setdefault(re.sub(r"[’']s$", "", match.group()))
    return tuple(found)


def _korean_names(text: str) -> Iterator[str]:
    """Words that nobody knows and that take the particles of people, or that are first names."""
    forms: dict[str, set[str]] = {}
    for word in re.findall(r"[가-힣]{3,}", text):
        particle = next((p for p in _PERSONS if word.endswith(p) and len(word) - len(p) in (2, 3)), "")
        if particle:
            forms.setdefault(word.removesuffix(particle), set()).add(particle)
    for word, particles in forms.items():
        known = any(find(kind, word) for kind in grammar().words)
        given = word in lexicon("female_names") or word in lexicon("male_names")
        if given or (not known and len(particles) > 1 and particles & {"에게", "한테", "은", "는"}):
            yield word


def _is_name(sentence: str, match: re.Match[str]) -> bool:
    """Inside a sentence a capital is a name unless a place is named; at its start the verb must follow."""
    word, before, after = match.group(), sentence[: match.start()], sentence[match.end() :]
    if is_function(word) or any(find(kind, word) for kind in (*NOUNS, "time", "weather", "colour", "mood", "style")):
        return False
    if _TITLE.match(word) or re.search(r"\bthe\s+(?:[A-Z]\w+\s+)*$", before):
        return False
    if re.search(r"\ban?\s+$", before, re.I) and re.match(r"\s+[a-z]", after):
        return False
    opens = not re.search(r"\w", before) or bool(re.search(r"[.!?:][\"”’']?\s*[\"“‘']?$", before))
    if not opens:
        return not (_PLACED.search(before) or _GOING.search(before))
    if word.lower() in lexicon("pictureless"):
        return False
    if find("event", word) or is_adjective(word.lower()) or word.endswith("ly"):
        return bool(re.match(r"\s+(?:and\s+[A-Z]|is\b|was\b|has\b)|['’]s\b", after))
    follower = re.match(r"\s+([a-z]+)\b", after)
    if re.search(r"[^s]s$", word) and follower and follower.group(1) == stem_of(follower.group(1)):
        return False
    nexts = [v.start for v in verbs(sentence) if v.start >= match.end()]
    adjacent = nexts and re.fullmatch(r"\s+(?:\w+ly\s+|then\s+|never\s+|also\s+)?", sentence[match.end() : nexts[0]])
    return bool(
        adjacent
        or re.match(r",\s|\s+(?:and\s+[A-Z]|(?:is|was|has|had|does|will|must|can|and)\b)|['’]s\b|\s+\w+s\b", after)
    )
