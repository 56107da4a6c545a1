"""Typing errors: an unknown English word that is one slip away from a word that edits know."""

from __future__ import annotations

import re
from functools import lru_cache

from planner.edit.read.words import NUMBERS, QUOTE, idle, patterns
from planner.film.grammar import grammar
from planner.film.ground import find, stem
from planner.language.text import is_function, lexicon, words
from planner.story.story import Character, Location, Prop, Story

#: Shorter words are too close to too many others.
SHORTEST = 4


def mended(text: str, story: Story) -> tuple[str, list[str]]:
    """The text with its slips corrected, and what was assumed of each."""
    named: tuple[Character | Prop | Location, ...] = (*story.cast, *story.props, *story.locations)
    own = {w.lower() for item in named for w in words(f"{item.name} {item.kind}")}
    assumed: list[str] = []
    quoted = [m.span() for m in QUOTE.finditer(text)]
    for match in list(re.finditer(r"(?<![\w'’-])[A-Za-z]{4,}(?![\w'’-])", text))[::-1]:
        word = match.group()
        a_name = bool(word[0].isupper() and match.start()) or any(a <= match.start() < b for a, b in quoted)
        if a_name or _is_known(word, own):
            continue
        if meant := _nearest(word.lower(), own):
            text = text[: match.start()] + meant + text[match.end() :]
            assumed.insert(0, f"'{word}' is read as '{meant}'")
    return text, assumed


def _is_known(word: str, own: set[str]) -> bool:
    low = word.lower()
    if low.endswith("s") and low[:-1] in _lexicon() | _COMMON | own:
        return True
    if low in own or low in NUMBERS or low in idle() or is_function(low) or low in _lexicon():
        return True
    if any({low, stem(low)} & lexicon(name) for name in ("inanimate", "pictureless", "adjectives", "roles")):
        return True
    if any(p.expression.search(low) for p in patterns()):
        return True
    return any(find(kind, low) for kind in grammar().words)


@lru_cache(maxsize=1)
def _lexicon() -> frozenset[str]:
    """Every English word of the edit patterns and of film grammar."""
    sources = [p.expression.pattern for p in patterns()]
    sources += [w for kind in grammar().words.values() for word, s in kind.items() for w in (word, *s.same)]
    plain = (re.sub(r"\(\?[:=!<][=!]?|\\[a-zA-Z]|\[[^\]]*\]", " ", s) for s in sources)
    return frozenset(w.lower() for s in plain for w in re.findall(r"[A-Za-z]{4,}", s))


def _nearest(word: str, own: set[str]) -> str:
    near = [
        w
        for w in sorted(own | _lexicon() | _COMMON)
        if len(w) >= SHORTEST and w[0] == word[0] and _ending(w) == _ending(word) and _one_slip(word, w)
    ]
    return near[0] if len(near) >= 1 else ""


_COMMON = frozenset(
    {
        "scarier",
        "sadder",
        "happier",
        "calmer",
        "darker",
        "brighter",
        "scene",
        "shot",
        "ending",
        "mysterious",
        "spookier",
    }
)


def _ending(word: str) -> str:
    """The ending of a verb, which is no slip."""
    return next((e for e in ("ing", "ed") if word.endswith(e)), "")


def _one_slip(a: str, b: str) -> bool:
    """One letter too many, too few, wrong, or two exchanged."""
    if a == b or abs(len(a) - len(b)) > 1:
        return a == b
    i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        swapped = a[:i] + a[i + 1 : i + 2] + a[i : i + 1] + a[i + 2 :]
        return a[i + 1 :] == b[i + 1 :] or swapped == b
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[:i] + longer[i + 1 :] == shorter
