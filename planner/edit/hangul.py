"""Foreign names as Koreans write them (브루노 is Bruno, compared by sound, roughly), and nouns with long endings."""

from __future__ import annotations

import re
from functools import lru_cache

from planner.grammar import grammar
from planner.ground import find

_INITIALS = ("k", "k", "n", "t", "t", "l", "m", "p", "p", "s", "s", "", "c", "c", "c", "k", "t", "p", "h")
#: Vowels in the order of Unicode; those that Korean and English mix up are the same.
_VOWELS = ("a", "e", "a", "e", "o", "e", "o", "e", "o", "oe", "oe", "oe", "o", "u", "uo", "ue", "ui", "u", "", "i", "i")
#: Final consonants; no foreign name ends in two.
_FINALS: tuple[str, ...] = ("", *"kk?n??tl???????mp?t?nccktp?")
_LATIN = (
    (r"^(?:mr|mrs|ms|dr)\.? ", ""), (r"ph", "p"), (r"ck|c(?!h)|[gqx]", "k"), (r"sh", "s"), (r"ch|[jz]", "c"),
    (r"th", "t"), (r"[bfv]", "p"), (r"d", "t"), (r"r", "l"), (r"oo|w", "u"), (r"ee|y", "i"),
)  # fmt: skip

#: Endings of nouns that ask for something, and that are no particles: '다람쥐였으면'.
_LONG_ENDING = re.compile(
    r"([가-힣]+?)((?:이었|였)으면|이면|이라면|이라도|인 걸로|인데|에다가?|쯤|정도|풍|톤|스타일|느낌|분위기|처럼|같이"
    r"|쪽)"
    r"(?=[^가-힣]|으로|로|은|는|에|의|을|이|$)"
)


def set_apart(text: str) -> str:
    """A text with a space between nouns that film grammar knows and long endings."""
    return _LONG_ENDING.sub(lambda m: f"{m[1]} {m[2]}" if any(find(k, m[1]) for k in grammar().words) else m[0], text)


@lru_cache(maxsize=4096)
def sound(name: str) -> str:
    """How a Korean or English name sounds, in few letters. An English a is ㅐ in one syllable, else ㅏ or ㅐ."""
    korean = bool(re.search("[가-힣]", name))
    said = "".join(_syllable(c) for c in name) if korean else _latin(name.lower())
    said = said.replace("a", "e") if len(name) > 1 or not korean else said
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[^a-z?]", "", said))


def _syllable(character: str) -> str:
    at = ord(character) - ord("가")
    if not 0 <= at < 11172:
        return ""
    return _INITIALS[at // 588] + _VOWELS[at % 588 // 28] + _FINALS[at % 28]


def _latin(name: str) -> str:
    name = re.sub(r"(?<=[^aeiou ])e$", "", name)
    for pattern, sounds in _LATIN:
        name = re.sub(pattern, sounds, name)
    return name
