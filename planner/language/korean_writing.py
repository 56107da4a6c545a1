"""Korean as it is written: particles by the sound before them, verbs with their endings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from planner.language.korean_morphemes import analyser

#: A particle after a consonant -> after a vowel.
_AFTER_VOWEL = {
    "이": "가", "은": "는", "을": "를", "과": "와", "으로": "로", "이나": "나", "이랑": "랑", "아": "야",
    "이라는": "라는", "이라고": "라고", "이다": "다", "이며": "며",
}  # fmt: skip
_SLOT = re.compile(rf"\{{(\w+)\}}({'|'.join(sorted(_AFTER_VOWEL, key=len, reverse=True))})?(?![가-힣])|\{{(\w+)\}}")
_RIEUL = 8
"""The place of ㄹ among the final consonants; 로 stands after it as after a vowel."""
#: How a digit ends when it is said: nothing, ㄹ or another consonant; those with a zero at the end are 십, 백, 천, 만.
_DIGITS = {"0": 1, "1": _RIEUL, "2": 0, "3": 1, "4": 0, "5": 0, "6": 1, "7": _RIEUL, "8": _RIEUL, "9": 0}
_LETTERS = {"L": _RIEUL, "M": 1, "N": 1, "R": _RIEUL}
_SHORT = re.compile(r"(?:^|[^aeiouy])[aeiouy](?:p|t|k|c|ck|b)$")


def write_korean(template: str, words: Mapping[str, str]) -> str:
    """A template with its slots filled; a particle right after a slot fits it: '{who}이' -> '여우가'."""

    def fill(match: re.Match[str]) -> str:
        slot, particle, alone = match.groups()
        return words[alone] if alone else with_particle(words[slot], particle or "")

    return _SLOT.sub(fill, template)


def with_particle(word: str, particle: str) -> str:
    """A word with a particle, given as after a consonant: ('Tom', '을') -> 'Tom을', ('Mia', '을') -> 'Mia를'."""
    final = _final(word)
    fits = not final or (particle == "으로" and final == _RIEUL)
    return word + (_AFTER_VOWEL.get(particle, particle) if fits else particle)


def listing(words: Sequence[str]) -> str:
    """'여우와 곰과 Tom'."""
    return " ".join([*(with_particle(word, "과") for word in words[:-1]), *words[-1:]])


def conjugate(verb: str, *endings: tuple[str, str]) -> str:
    """A verb with endings, each with its tag: ('돕다', ('었', 'EP'), ('다', 'EF')) -> '도왔다'."""
    stem = verb.removesuffix("다")
    found: Any = analyser().tokenize(verb)
    tag = next((token.tag for token in found if token.form == stem), "VV")
    return str(analyser().join([(stem, tag), *endings]))


def finite(verb: str, adjective: bool = False, past: bool = False) -> str:
    """A verb as a plain sentence ends with it: '짓다' -> '짓는다', '작다' -> '작다', of the past '지었다'."""
    if past:
        return conjugate(verb, ("었", "EP"), ("다", "EF"))
    return verb if adjective or verb in ("있다", "없다", "이다", "아니다") else conjugate(verb, ("는다", "EF"))


def _final(word: str) -> int:
    """The final consonant of a word as it is said: 0 for none, 8 for ㄹ, something else for others."""
    last = next((c for c in reversed(word) if c.isalnum()), "")
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28
    if last.isdigit():
        return _DIGITS.get(last, 0)
    ending = re.split(r"[^A-Za-z]", word.rstrip(" .!?)\"'”’"))[-1]
    if len(ending) <= 1 or ending.isupper():
        return _LETTERS.get(last.upper(), 0)
    return _latin_final(ending.lower())


def _latin_final(word: str) -> int:
    """How a Latin name ends as Koreans say it: 톰, 핍 and 잭 with a consonant; 볼트 and 케이트 with a vowel."""
    if word.endswith("l") or word.endswith("le"):
        return _RIEUL
    if word.endswith(("m", "n", "ng", "me", "ne")):
        return 1
    return 1 if _SHORT.search(word) else 0
