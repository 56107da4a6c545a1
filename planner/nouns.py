"""Noun phrases and names that film grammar does not know, found by the words around them.

No tagger: an article, a possessive or a number opens a phrase, what cannot stand inside one ends it, and the last word
is its head. A capitalised word is a name where only a name can stand.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from planner.grammar import grammar
from planner.ground import find, stem
from planner.text import NOUNS, has_predicate, is_adjective, is_function, lexicon, sentences, stem_of, tags, verbs

_TOKEN = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*|[^\w\s]")
_CAPITAL = re.compile(r"(?<![^\W\d_’'-])[A-Z][^\W\d_]+(?:[-’'][^\W\d_]{2,})*")
_PLACED = re.compile(
    r"\b(?:in|at|near|around|across|over|above|through|throughout|outside|inside|into|on|station|ship|planet)\s+$"
)
_PERSONAL = re.compile(r"\b(?:and|with|to|from|by|for|of|named|called|on|at)\s+$")
_TITLE = re.compile(
    r"^(?:Mr|Mrs|Ms|Dr|Sir|Lord|Lady|Count|Countess|Duke|Baron|Saint|Aunt|Uncle|Coach|Commander|Judge|Major)$"
)


class Phrase(NamedTuple):
    """An unknown noun with its modifiers: where it begins, where its head stands, and the head."""

    start: int
    at: int
    end: int
    head: str


@lru_cache(maxsize=512)
def phrases(text: str) -> tuple[Phrase, ...]:
    """Noun phrases whose head no list of film grammar holds, in order."""
    if re.search("[가-힣]", text):
        return ()
    tokens = list(_TOKEN.finditer(text))
    acts = {v.start for v in verbs(text)}
    known = [(t.start, t.end) for t in tags(text) if t.kind != "colour" or not has_predicate(text[t.end :] or "a")]
    found = []
    for i, opener in enumerate(tokens):
        if opener.group().lower() not in lexicon("openers") and not re.search(r"[’']s$", opener.group()):
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


def _phrase(opener: re.Match[str], inside: list[re.Match[str]], known: list[tuple[int, int]]) -> Phrase | None:
    head = inside[-1]
    word = head.group().lower()
    if len(inside) > 1 and re.search(r"[^s]s$", word) and find("species", inside[-2].group()):
        return None
    if any(a <= head.start() < b for a, b in known) or word in lexicon("adjectives") or len(word) < 3:
        return None
    if stem(word) in _stems("pictureless") or re.search(r"[aeiouy].*ing$", word):
        return None
    return Phrase(opener.start(), head.start(), head.end(), re.sub(r"[’']s?$", "", word))


def is_inanimate(head: str) -> bool:
    """Whether a noun names a thing even where it acts ('the radio says')."""
    return stem(head) in _stems("inanimate")


@lru_cache(maxsize=4)
def _stems(name: str) -> frozenset[str]:
    return frozenset(stem(word) for word in lexicon(name))


def names(text: str) -> tuple[str, ...]:
    """Words that can only be somebody's name, as written, each once."""
    found: dict[str, None] = {}
    for line in text.splitlines():
        for sentence in sentences(line):
            for match in _CAPITAL.finditer(sentence):
                if _is_name(sentence, match):
                    found.setdefault(re.sub(r"[’']s$", "", match.group()))
    return tuple(found)


def _is_name(sentence: str, match: re.Match[str]) -> bool:
    """Inside a sentence a capital is a name unless a place is named; at its start the verb must follow."""
    word, before, after = match.group(), sentence[: match.start()], sentence[match.end() :]
    if is_function(word) or any(find(kind, word) for kind in (*NOUNS, "time", "weather", "colour", "mood", "style")):
        return False
    if _TITLE.match(word):
        return False
    opens = not re.search(r"\w", before) or bool(re.search(r"[.!?:][\"”’']?\s*[\"“‘']?$", before))
    if not opens:
        return not _PLACED.search(before)
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
