"""Shots and scenes by their numbers: 'shot 3', 'the last shot but one', 'scenes 2 and 3', '끝에서 두 번째 컷'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planner.edit.read.reach import Stretch
from planner.edit.read.words import NUMBERS, number
from planner.story.patch import Scope
from planner.story.story import Scene, Shot, Story

_ORDINALS = [w for w, n in NUMBERS.items() if n == int(n) and re.fullmatch(r"[a-z -]+", w) and not w.startswith("a")]
NUMBER = rf"(?:\d+(?:st|nd|rd|th)?|{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})"
_UNIT = r"(?P<unit>shots?|scenes?|cuts?(?= \d)|clips?|images?)"
_KOREAN_UNITS = r"(?:샷|숏|쇼트|컷|장면|씬|신(?![가-힣]))"
_KOREAN_COUNT = r"(?:\d+|한|두|둘|세|셋|네|넷|다섯|여섯|일곱|여덟|아홉|열)"
_KOREAN_NTH = (
    rf"(?:(?:끝|뒤|마지막)에서 ?{_KOREAN_COUNT} ?번?째|(?:맨|제일|가장) ?(?:처음|첫|앞|마지막|끝|뒤)"
    rf"|마지막|오프닝|엔딩|라스트|(?<![가-힣])끝|첫(?: ?번?째)?|{_KOREAN_COUNT} ?번?째|\d+번?)"
)
_SHOTS = frozenset({"shot", "cut", "clip", "image", "샷", "숏", "쇼트", "컷"})
_LISTED = (
    rf"{NUMBER}(?:(?:,? ?(?:and|&|,|or|와|과|이랑|랑|하고) ?)(?:shots? |scenes? )?{NUMBER}(?! (?:seconds?|minutes?)))*"
)

_RANGE = re.compile(
    rf"(?:from )?\b{_UNIT} (?P<a>{NUMBER}) ?(?:-|–|to|through|thru|till|until)(?: (?:shots?|scenes?))?"
    rf" ?(?P<b>{NUMBER})(?! ?(?:s|sec|seconds?|minutes?)\b)(?![\w.])"
    rf"|(?P<ka>\d+)번? ?(?:부터|에서|~|-) ?(?P<kb>\d+)번? ?(?:째 ?)?(?P<kunit>{_KOREAN_UNITS})(?: ?까지(?:는|만)?)?",
    re.I,
)
_ONWARDS = re.compile(
    rf"(?:from|after|starting (?:with|from|at)) (?:the )?{_UNIT} (?P<n>{NUMBER}) (?:on(?:wards?)?|to the end|forward)\b"
    rf"|(?P<kn>\d+)번?(?:째)? ?(?P<kunit>{_KOREAN_UNITS})(?:부터)",
    re.I,
)
_NUMBERED = re.compile(rf"\b{_UNIT} (?:number |no\.? ?|#)?(?P<list>{_LISTED})(?![\w.]*\w)", re.I)
_ORDINAL = re.compile(
    rf"(?:the |its |my )?\b(?P<list>(?:very )?{NUMBER}(?:(?:,| and|, and) (?:the )?{NUMBER})*) {_UNIT}\b", re.I
)
_KOREAN_NUMBERED = re.compile(
    rf"(?P<list>{_KOREAN_NTH}(?: ?{_KOREAN_UNITS}? ?(?:,|와|과|하고|이랑|랑|이나|나|(?<=번)(?= \d+번))"
    rf" ?{_KOREAN_NTH})*) ?(?P<unit>{_KOREAN_UNITS})들?"
    rf"|(?P<unit2>{_KOREAN_UNITS}) ?(?P<list2>\d+(?: ?(?:,|와|과|하고|이랑|랑) ?\d+)*)(?! ?[초분])번?"
)
_FROM_END = re.compile(
    r"(?:the )?\b(?P<n>second|third|fourth) (?P<unit>shot|scene) (?:from|to) (?:the )?(?:last|end)\b"
    r"|(?:the )?(?:last|final) (?P<unit2>shot|scene) but (?P<n2>one|two)\b"
    r"|(?:the )?(?P<unit3>shot|scene) before (?:the )?last\b(?: one)?",
    re.I,
)
_NUMBERS = re.compile(
    r"(?<![\w.:])(?:numbers? |no\. ?|#)(?P<list>\d+(?:(?:, ?| and | & )\d+)*)(?![\w.])"
    r"|(?<![\w.:])(?P<korean>\d+번(?: ?(?:,|와|과|하고|이랑|랑) ?\d+번)*)(?=[은는을를도만에] ?)"
    r"|(?<![\w.:])(?P<list2>\d+(?:, ?\d+)*(?:,? and | & )\d+)(?! ?(?:s|sec|seconds?|min|minutes?)\b)(?![\w.])",
    re.I,
)
_ELLIPTIC = re.compile(
    r"\b(?:in|for|during) the (?P<n>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|last)(?: one)?(?=\s*(?:$|[,.;!?]|and\b|too\b))",
    re.I,
)


def ranges(text: str, story: Story) -> Iterator[Stretch]:
    for match in _RANGE.finditer(text):
        unit = match["unit"] or match["kunit"]
        first = _nth(story, unit, number(match["a"] or match["ka"]))
        last = _nth(story, unit, number(match["b"] or match["kb"]))
        yield match.start(), match.end(), _span(story, first, last)
    for match in _ONWARDS.finditer(text):
        first = _nth(story, match["unit"] or match["kunit"], number(match["n"] or match["kn"]))
        yield match.start(), match.end(), _span(story, first, Scope(where="shot", id=story.shots[-1][1].id))


def numbered(text: str, story: Story) -> Iterator[Stretch]:
    for match in _FROM_END.finditer(text):
        count = number(match["n"] or "") or (number(match["n2"]) or 0) + 1 if match["n"] or match["n2"] else 2
        nth = _nth(story, match["unit"] or match["unit2"] or match["unit3"], -count)
        yield match.start(), match.end(), (nth,) if nth else ()
    for expression in (_NUMBERED, _ORDINAL, _KOREAN_NUMBERED):
        for match in expression.finditer(text):
            groups = match.groupdict()
            unit = groups["unit"] or groups.get("unit2") or ""
            listed = groups["list"] or groups.get("list2") or ""
            parts = re.split(
                r",? ?(?:and|&|,|or|와|과|이랑|랑|하고|이나|나) ?|(?<=번) (?=\d)",
                re.sub(rf"\b(?:shots?|scenes?|the) | ?{_KOREAN_UNITS}", "", listed, flags=re.I),
            )
            numbers = [_counted(part.strip()) for part in parts if part.strip()]
            scopes = [scope for n in numbers if (scope := _nth(story, unit, n))]
            yield match.start(), match.end(), tuple(scopes)


def bare_numbers(text: str, story: Story) -> Iterator[Stretch]:
    """Numbers alone are of shots: 'make 1 and 2 close-ups'."""
    for match in _NUMBERS.finditer(text):
        numbers = [number(n) for n in re.findall(r"\d+", match.group())]
        scopes = [scope for n in numbers if (scope := _nth(story, "shot", n))]
        yield match.start(), match.end(), tuple(scopes)
    unit = "scene" if re.search(r"\bscene", text, re.I) and not re.search(r"\bshot", text, re.I) else "shot"
    for match in _ELLIPTIC.finditer(text):
        nth = _nth(story, unit, number(match["n"]))
        yield match.start(), match.end(), (nth,) if nth else ()


def _nth(story: Story, unit: str, count: float | None) -> Scope | None:
    """The shot or scene of a number, counted from 1, from the end where it is negative; 0 is the middle."""
    if count is None or count != int(count):
        return None
    shot = unit.lower().rstrip("s") in _SHOTS
    items: list[Shot] | list[Scene] = [s for _, s in story.shots] if shot else list(story.scenes)
    at = int(count) - 1 if count > 0 else len(items) + int(count) if count else len(items) // 2
    return Scope(where="shot" if shot else "scene", id=items[at].id) if 0 <= at < len(items) else None


def _span(story: Story, first: Scope | None, last: Scope | None) -> tuple[Scope, ...]:
    if first is None or last is None:
        return ()
    ids = [shot.id for _, shot in story.shots]
    starts, ends = (_shot_ids(story, scope) for scope in (first, last))
    if ids.index(starts[0]) > ids.index(ends[-1]):
        return ()
    return (Scope(where="shots", id=f"{starts[0]}..{ends[-1]}"),)


def _shot_ids(story: Story, scope: Scope) -> list[str]:
    return [shot.id for scene, shot in story.shots if scope.id in (scene.id if scope.where == "scene" else "", shot.id)]


def _counted(words: str) -> float | None:
    """'두 번째' is 2, '끝에서 두 번째' is -2, '맨 끝' is -1."""
    if found := re.fullmatch(r"(?:끝|뒤|마지막)에서 ?(.+?) ?번?째", words):
        return -(number(found[1]) or 0)
    if re.fullmatch(r"(?:(?:맨|제일|가장) ?)?(?:마지막|끝|뒤|엔딩|라스트)", words):
        return -1
    if re.fullmatch(r"(?:맨|제일|가장) ?(?:처음|첫|앞)|오프닝", words):
        return 1
    return number(re.sub(r" ?번?째$|번$", "", words))
