"""What the words around one mention say of it: its colour, its features, whether it is a thing, or lost."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.film.grammar import grammar
from planner.film.ground import find
from planner.language.text import Tag, determined, has_verb, lexicon, preceding

NUMBER = {"two": 2, "three": 3, "both": 2, "두": 2, "세": 3}
ORDINAL = {"first": 0, "second": 1, "third": 2}
_DETERMINERS = frozenset(
    {"a", "an", "the", "its", "his", "her", "their", "my", "our", "this", "that", "another", "two", "three", "some"}
)
LOST = re.compile(r"(?:lost|missing|stolen|잃어버린|잃은)\s+(?:([\w-]+)\s+)?$", re.I)
_APPOSED = re.compile(r"^\s*,\s+(?:an?|the)\s", re.I)
_KOREAN_MODIFIER = re.compile(r"([가-힣]+(?:은|운|한|린|픈))\s*$")


def restated(text: str, tag: Tag, found: Sequence[Tag]) -> bool:
    """Whether a noun only says what the next one is to somebody: 'her friend, a mouse'."""
    if tag.mention.text.lower() not in lexicon("roles") or not _APPOSED.match(text[tag.end :]):
        return False
    return any(t.kind == "species" and t.start > tag.end for t in found)


def word_at(text: str, at: int) -> str:
    return text[at:].split()[0].rstrip(".,;!?") if text[at:].split() else ""


def is_lost(word: str) -> bool:
    """Whether a word says that a thing is lost."""
    return bool(LOST.fullmatch(word + " "))


def singular(head: str) -> str:
    known = next((m.word for m in find("species", head) if m.fit == "exact"), head)
    return re.sub(r"(?<=[^siu\W])s$", "", known)


def is_several(name: str) -> bool:
    """Whether a name takes a verb of several: 'soldiers', 'men'."""
    last = name.split()[-1].lower() if name else ""
    return last != singular(last) or last in lexicon("several")


def is_thing(text: str, tag: Tag) -> bool:
    """English names a thing with an article, a possessive, a number or a plural; a bare word is none."""
    bare = tag.mention.text.isascii() and not tag.mention.text.lower().endswith("s") and tag.mention.word != ""
    return determined(text, tag.start) or not bare


def colour_of(text: str, tag: Tag) -> str:
    """The colour that stands right before a noun, with at most one word between."""
    near = preceding(text, tag.start, 100)
    before = find("colour", near)
    if before and re.fullmatch(r"\s+(?:[\w'-]+\s+)?", near[before[-1].end :]):
        return before[-1].text
    return ""


def features_of(text: str, tag: Tag, colour: str) -> str:
    """Adjectives of a character beyond its colour."""
    before = preceding(text, tag.start).split()
    korean = _KOREAN_MODIFIER.search(preceding(text, tag.start))
    if korean:
        return korean.group(1) if korean.group(1) != colour else ""
    adjectives: list[str] = []
    while before and len(adjectives) < 4:
        word = before.pop().strip(",")
        if word.lower() in _DETERMINERS or word.endswith(("'s", "’s")):
            return ", ".join(w for w in reversed(adjectives) if w.lower() not in skipped(colour))
        if word.lower() in grammar().prepositions or has_verb(word):
            return ""
        adjectives.append(word)
    return ""


def skipped(colour: str) -> set[str]:
    return {*colour.lower().split(), *ORDINAL, *NUMBER, "other"}
