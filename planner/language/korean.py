"""Foreign names as Koreans write them (브루노 is Bruno, compared by sound, roughly), and nouns with long endings."""

from __future__ import annotations

import re
from functools import lru_cache

from planner.film.ground import find

_INITIALS = ("k", "k", "n", "t", "t", "l", "m", "p", "p", "s", "s", "", "c", "c", "c", "k", "t", "p", "h")
#: Vowels in the order of Unicode; those that Korean and English mix up are the same.
_VOWELS = ("a", "e", "a", "e", "o", "e", "o", "e", "o", "oe", "oe", "oe", "o", "u", "uo", "ue", "ui", "u", "", "i", "i")
#: Final consonants; no foreign name ends in two.
_FINALS: tuple[str, ...] = ("", *"kk?n??tl???????mp?t?nccktp?")
_LATIN = (
    (r"^(?:mr|mrs|ms|dr)\.? ", ""), (r"^wr", "r"), (r"^kn", "n"),
    (r"ph", "p"), (r"ck|c(?!h)|[gqx]", "k"), (r"sh", "s"), (r"ch|[jz]", "c"),
    (r"th", "t"), (r"[bfv]", "p"), (r"d", "t"), (r"r", "l"), (r"oo|w", "u"), (r"ee|y", "i"),
)  # fmt: skip

#: Endings of nouns that ask for something, and that are no particles: '다람쥐였으면'.
_LONG_ENDING = re.compile(
    r"([가-힣]+?)((?:이었|였)으면|이면|이라면|이라도|인 걸로|인데|에다가?|(?:에서)?부터(?:는|도)?|까지(?:는|만|도)?|쯤"
    r"|정도|풍|톤|스타일|느낌|분위기|처럼|같이"
    r"|쪽)"
    r"(?=[^가-힣]|으로|로|은|는|에|의|을|이|$)"
)


_NAMING = ("species", "prop", "wardrobe", "setting", "colour", "time", "weather", "style")


def set_apart(text: str) -> str:
    """A text with a space between nouns that film grammar knows and long endings."""
    return _LONG_ENDING.sub(lambda m: f"{m[1]} {m[2]}" if any(find(k, m[1]) for k in _NAMING) else m[0], text)


#: Finals that an ending may put under the last vowel of a stem: ㄴ, ㄹ, ㅁ, ㅂ, ㅆ.
_ENDINGS = (0, 4, 8, 16, 17, 20)
#: Last vowel of a stem -> the vowels it becomes with the one of an ending: 리 + 어 is 려, 하 + 여 is 해.
_MERGED = {0: (1,), 8: (9,), 13: (14,), 18: (0, 4), 20: (6,)}
_B_FINAL, _L_FINAL = 17, 8


def conjugated(stem: str) -> str:
    """A pattern of a Korean stem in the shapes that endings give its last syllable: '다가가' also finds 다가갔."""
    last = ord(stem[-1]) - ord("가")
    if not 0 <= last < 11172:
        return stem
    lead, vowel, final = last // 588, last % 588 // 28, last % 28
    if final == _B_FINAL:
        return f"{stem[:-1]}(?:{stem[-1]}|{chr(ord(stem[-1]) - _B_FINAL)}[우운울움워웠])"
    if final:
        return stem
    shapes = "".join(
        chr(ord("가") + lead * 588 + v * 28 + f) for v in (vowel, *_MERGED.get(vowel, ())) for f in _ENDINGS
    )
    grown = ""
    if stem[-1] == "르" and "가" <= stem[-2:-1] <= "힣" and (ord(stem[-2]) - ord("가")) % 28 == 0:
        grown = f"|{stem[:-2]}{chr(ord(stem[-2]) + _L_FINAL)}[라랐러렀]"
    return f"(?:{stem[:-1]}[{shapes}]{grown})"


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
