"""How people ask for changes: the patterns of ``edits.yaml``, numbers in words, and what stands between parts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from planner.language.korean import conjugated

#: Numbers in words, up to what people count shots with.
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "ninety": 90, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "opening": 1, "final": -1, "last": -1, "closing": -1, "penultimate": -2,
    "second to last": -2, "second-to-last": -2, "next to last": -2, "very first": 1, "very last": -1,
    "한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
    "첫": 1, "첫번째": 1, "마지막": -1, "맨 마지막": -1, "맨 처음": 1,
    "middle": 0, "third to last": -3, "third-to-last": -3, "둘": 2, "셋": 3, "넷": 4,
    "a": 1, "an": 1, "another": 1, "half a": 0.5, "a couple of": 2, "couple of": 2, "a few": 3,
}  # fmt: skip
_SECONDS = re.compile(
    r"(?<![\w.])(?P<n>\d+(?:\.\d+)?(?=[ -]?(?:s|m)(?![a-z]))|(?:\d+(?:\.\d+)?|half a|a couple of|a few|[a-z]+)"
    r"(?=(?: more| extra| full| whole)?[ -]?(?:sec|min)))(?: more| extra| full| whole)?[ -]?"
    r"(?P<unit>seconds?|secs?|s|minutes?|mins?|m)(?![a-z])(?: flat| tops| max)?"
    r"(?:(?: and)? ?(?P<rest>\d+) ?(?:seconds?|secs?|s)?(?![\w번]))?|"
    r"(?<![가-힣])(?P<kn>\d+(?:\.\d+)?|[한두세네열]|다섯|여섯) ?(?P<kunit>초|분)(?!위)"
    r"(?: ?(?P<krest>\d+) ?초)?(?P<khalf> ?반)?",
    re.IGNORECASE,
)


QUOTE = re.compile(
    r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|「([^」]+)」|(?<!\w)'([^']+(?:'[A-Za-z][^']*)*)'(?![A-Za-z0-9])|(?<!\w)‘([^’]+)’"
)
"""Words in quotation marks of any kind."""


class Pattern(NamedTuple):
    """What a stretch of a sentence may be: a signal, or a value of a field."""

    kind: str
    value: str
    expression: re.Pattern[str]


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    """What ``edits.yaml`` holds, read once."""
    text = resources.files("planner.edit.read").joinpath("edits.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


@lru_cache(maxsize=1)
def deeds() -> tuple[Pattern, ...]:
    """How people tell what happens in a shot, in both languages."""
    return tuple(Pattern("deed", deed, expression(ways)) for deed, ways in _tables()["deeds"].items())


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    """Every pattern of signals, fields and values."""
    data = _tables()
    found = [Pattern(kind, "", expression(ways)) for kind, ways in data["signals"].items()]
    found += [Pattern("field", field, expression(ways)) for field, ways in data["fields"].items()]
    for field, values in data["values"].items():
        found += [Pattern(field, value, expression(ways)) for value, ways in values.items()]
    return tuple(found)


def expression(ways: Iterable[str]) -> re.Pattern[str]:
    """Any of several ways to say something, the longest first: English ones as whole words, Korean ones anywhere."""
    ways = sorted((re.sub(r"\s+", " ", way) for way in ways), key=len, reverse=True)
    whole = "|".join(w for w in ways if not re.search("[가-힣]", w))
    anywhere = "|".join(conjugated(w) for w in ways if re.search("[가-힣]", w))
    both = [rf"(?<![\w'’])(?:{whole})(?![\w])" if whole else "", anywhere]
    return re.compile("|".join(part for part in both if part), re.IGNORECASE)


def number(text: str) -> float | None:
    """A number in digits or words; -1 is the last one."""
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", " ".join(text.lower().split()))
    if re.fullmatch(r"\d+(?:\.\d+)?", plain):
        return float(plain)
    return NUMBERS.get(plain)


def seconds(text: str) -> list[tuple[int, int, float]]:
    """Lengths of time in a text: start, end and seconds of each."""
    found = []
    for match in _SECONDS.finditer(text):
        count = number(match["n"] or match["kn"])
        if count is None or count < 0:
            continue
        unit = (match["unit"] or match["kunit"]).lower()
        minute = unit.startswith("m") or unit == "분"
        total = count * (60 if minute else 1) + float(match["rest"] or match["krest"] or 0)
        total += (30 if minute else 0.5) if match["khalf"] else 0
        found.append((match.start(), match.end(), total))
    return found


@lru_cache(maxsize=1)
def idle() -> frozenset[str]:
    """Words of film grammar that are said in passing when people ask for a change."""
    return frozenset(_tables()["idle"])
