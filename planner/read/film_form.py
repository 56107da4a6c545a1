"""How a text wants the film made: its length, its shots, its shape, its camera, its silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import NamedTuple, cast

import yaml

from planner.language.document import Document, Span
from planner.language.korean_morphemes import korean_words
from planner.read.grammar_words import word_values
from planner.story.brief import Rule

_ENGLISH = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_TENS = dict(zip(["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(30, 100, 10), strict=True))
_OTHER = {"a dozen": 12, "half a dozen": 6, "a couple of": 2, "a half": 0.5, "half a": 0.5, "single": 1}
_FILM_AFTER = (
    r"(?:\s+(?:film|movie|video|clip|piece|for|about|of|in|that|to|with|at|set|sung|called)\b|\s*[.,:;!]|\s*$)"
)


class FormDemand(NamedTuple):
    words: Span
    rule: Rule
    value: str


def forms(doc: Document) -> list[FormDemand]:
    """Every demand of form in a text, in its order; of those of one rule that meet the longest."""
    masked = _masked(doc)
    found = [*_by_pattern(masked), *_kinds(masked)]
    kept = [f for f in found if not any(_beats(g, f) for g in found)]
    return sorted(dict.fromkeys(kept), key=lambda f: f.words)


def _beats(one: FormDemand, other: FormDemand) -> bool:
    """Whether another demand says more of the same words: a length of each shot is none of the film."""
    if one is other or not one.words.meets(other.words):
        return False
    near = one.rule == other.rule or {one.rule, other.rule} in _RIVALS
    longer = one.words.end - one.words.start > other.words.end - other.words.start
    return near and (longer or (one.words == other.words and one < other))


_RIVALS = (
    {"seconds", "pace"}, {"shots", "one take"}, {"shots", "scenes"}, {"camera", "framing"},
    {"one take", "one shot each"}, {"shots", "one shot each"}, {"pace", "one shot each"}, {"people", "speech"},
    {"kind of film", "speech"}, {"seconds", "hours"}, {"seasons", "one shot each"}, {"hours", "one shot each"},
    {"kind of film", "pace"}, {"kind of film", "other"}, {"hours", "seasons"}, {"scenes", "acts"},
)  # fmt: skip


def _masked(doc: Document) -> str:
    """The text with blanks for what is quoted."""
    text = doc.text
    for quote in doc.quotes:
        text = text[: quote.span.start] + " " * (quote.span.end - quote.span.start) + text[quote.span.end :]
    return text


def _by_pattern(text: str) -> Iterator[FormDemand]:
    for rule, pattern, value in _patterns():
        for match in pattern.finditer(text):
            said = match.group().strip(" ,;")
            start = match.start() + match.group().index(said) if said else match.start()
            if said:
                yield FormDemand(Span(start, start + len(said)), rule, _value(value, match, said))


def _value(value: str, match: re.Match[str], said: str) -> str:
    number = next((n for n in match.groupdict().values() if n), None)
    plain = value.replace("{n}", _figure(number)) if number else value.replace("{0}", said)
    minutes = re.fullmatch(r"([\d.]+) minutes", plain)
    return f"{float(minutes.group(1)) * 60:g}" if minutes else plain[:200]


def _figure(number: str) -> str:
    plain = " ".join(number.lower().split())
    known = figures().get(plain)
    return f"{known:g}" if known is not None else plain


@lru_cache(maxsize=1)
def figures() -> dict[str, float]:
    """Words of number and what they count, in English and Korean."""
    numbers: dict[str, float] = {**{w: n for n, w in enumerate(_ENGLISH)}, **_TENS, **_OTHER}
    numbers |= {
        f"{ten}-{unit}": value + n
        for ten, value in (("twenty", 20), *_TENS.items())
        for n, unit in enumerate(_ENGLISH[1:10], 1)
    }
    korean = korean_words()["numbers"]
    native = {w: n for w, n in korean.items() if (n < 100 and len(w) > 1) or w in ("한", "두", "세", "네")}
    return numbers | native | {f"열{w}": 10 + n for w, n in native.items() if n < 10}


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[Rule, re.Pattern[str], str], ...]:
    text = resources.files(__package__).joinpath("film_form.yaml").read_text(encoding="utf-8")
    words = "|".join(re.escape(w) for w in sorted(figures(), key=len, reverse=True))
    number = rf"(?P<n>(?<![\w.:])\d+(?:\.\d+)?|(?<![\w가-힣])(?:{words}))"
    return tuple(
        (cast("Rule", rule), re.compile(_numbered(pattern, number), re.I), str(value))
        for rule, rows in yaml.safe_load(text).items()
        for row in rows
        for pattern, value in row.items()
    )


def _numbered(pattern: str, number: str) -> str:
    """A pattern with a group of its own for each of its numbers."""
    parts = pattern.split("{n}")
    groups = (number.replace("<n>", f"<n{place}>", 1) for place in range(len(parts) - 1))
    return parts[0] + "".join(group + part for group, part in zip(groups, parts[1:], strict=True))


def _kinds(text: str) -> Iterator[FormDemand]:
    """'a trailer for', 'do it like a silent film', 'found footage': what kind of film it is to be."""
    for word, kind in word_values("kinds_of_film").items():
        korean = not word.isascii()
        edges = rf"{re.escape(word)}" if korean else rf"(?<![\w-]){re.escape(word)}{_FILM_AFTER}"
        for match in re.finditer(edges, text, re.I):
            start = match.start()
            yield FormDemand(Span(start, start + len(word)), "kind of film", str(kind))
