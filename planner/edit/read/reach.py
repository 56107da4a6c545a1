"""How far a part of the film reaches: 'from the beach on', 'everything after shot 6', 'the last two shots'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from planner.edit.read.words import number
from planner.story.patch import Scope, shots_matching
from planner.story.story import Story

Stretch = tuple[int, int, tuple[Scope, ...]]

_ALL = (
    r"(?:everything|all(?: of)?(?: the)?(?: shots| scenes)?|the rest|rest|anything|whatever"
    r"|(?:the |all |every )?shots?)"
)
_FROM = re.compile(r"(?:\b(?:from|starting|beginning|as of|since)(?: with| from| at)?\s+)(?:the\s+)?$", re.I)
_ON = re.compile(r"\s+(?:on(?:wards?)?|(?:un)?till? the (?:very )?end|to the (?:very )?end|forwards?)\b(?! the)", re.I)
_UNTIL = re.compile(r"^\s+(?:to|until|till|up to|through|and ending with)\s+(?:the\s+)?$", re.I)
_AFTER = re.compile(
    rf"\b{_ALL}(?: that| which)?(?: comes?| follows?| is)? (?:after|following|behind|past)\s+(?:the\s+)?$", re.I
)
_LEFT = re.compile(
    r"\b(?:once|when|after|as soon as) (?:\w+ )?\w+ (?:leaves?|left|exits?|(?:is|are|gets?) (?:out of|past|through))"
    r"\s+(?:the\s+)?$",
    re.I,
)
_BEFORE = re.compile(rf"\b{_ALL}(?: that| which)?(?: comes?| is)? (?:before|ahead of|preceding)\s+(?:the\s+)?$", re.I)
_UP_TO = re.compile(rf"\b(?:{_ALL} )?(?:up to|up until|until|till)(?: and including)?\s+(?:the\s+)?$", re.I)
_SINCE_KOREAN = re.compile(r"^\s?부터(?: 끝까지| 마지막까지| 쭉| 계속)?")
_UNTIL_KOREAN = re.compile(r"^\s?까지(?:는|만)?")
_AFTER_KOREAN = re.compile(
    r"^\s?(?:이후(?:로|에|의)?|다음부터|뒤로는|뒤부터)(?:는)?"
    r"|^(?:을|를)? (?:벗어나|벗어난|지나|떠나|떠난)[가-힣]*(?: (?:뒤|후)[가-힣]*)?"
)
_SOME = re.compile(
    r"(?:(?:in|for|of|over|during) )?(?:the |its )?\b(?P<edge>first|last|opening|final|closing) (?P<n>two|three"
    r"|four|five|six|couple of|few|\d)"
    r" (?P<unit>shots|scenes)\b"
    r"|(?P<kedge>처음|첫|마지막|앞|뒤|맨 앞|맨 뒤)(?:의)? ?(?P<kn>두|세|네|다섯|\d)(?: ?개(?:의)?)? ?"
    r"(?P<kunit>샷|숏|컷|장면|씬)",
    re.I,
)
_REST = re.compile(
    r"(?:(?:in|for|over) )?(?:all |everything in |everywhere in )?(?:the |every "
    r"|all )?\b(?:rest(?! of (?:the )?(?:\w+ )?(?:scene|shot|act)\b)(?: of (?:the |this )?(?:film|movie|story|it"
    r"|them|shots|scenes))?"
    r"|(?:remaining|other) (?:shots|scenes|shot|scene|ones)|everything else|everywhere else)\b"
    r"|나머지(?! ?(?:는 그대로|그대로))(?: ?(?:샷|장면|컷|씬|부분))?(?:들)?(?:은|는|에|에서|을|를)?",
    re.I,
)


_BEFORE_KOREAN = re.compile(r"^(?:이|가|에)? ?(?:(?:나오|가|도착하|시작하|되)기 ?)?전(?:까지)?(?:는|만|에)?(?![가-힣])")


def some(text: str, story: Story) -> Iterator[Stretch]:
    """Several shots or scenes at an end of the film: 'the last three shots'."""
    for match in _SOME.finditer(text):
        count = int(number(match["n"] or match["kn"]) or 0) or (3 if match["n"] == "few" else 2)
        parts: list[Scope] = [Scope(where="shot", id=shot.id) for _, shot in story.shots]
        if (match["unit"] or match["kunit"]) in ("scenes", "장면", "씬"):
            parts = [Scope(where="scene", id=scene.id) for scene in story.scenes]
        early = (match["edge"] or match["kedge"]).lower() in ("first", "opening", "처음", "첫", "앞", "맨 앞")
        chosen = parts[:count] if early else parts[-count:]
        ids = [shot.id for scope in chosen for _, shot in shots_matching(story, scope)]
        yield match.start(), match.end(), runs(story, ids)


def rest(text: str, story: Story, others: Sequence[Stretch]) -> Iterator[Stretch]:
    """What the sentence does not name besides: 'make shot 2 dark and the rest bright'."""
    named = {
        shot.id for _, _, scopes in others for s in scopes if s.where != "film" for _, shot in shots_matching(story, s)
    }
    for match in _REST.finditer(text) if named else ():
        yield match.start(), match.end(), runs(story, [s.id for _, s in story.shots if s.id not in named])


def is_bound(text: str, start: int, end: int) -> bool:
    """Whether words around a stretch say that it is where something begins or ends."""
    before, after = text[:start], text[end:]
    return bool(
        (_FROM.search(before) and (_ON.match(after) or _UNTIL.search(after)))
        or any(way.search(before) for way in (_AFTER, _LEFT, _BEFORE, _UP_TO))
        or _SINCE_KOREAN.search(after)
        or _UNTIL_KOREAN.search(after)
        or _AFTER_KOREAN.search(after)
        or _BEFORE_KOREAN.search(after)
    )


def widened(text: str, story: Story, found: Sequence[Stretch]) -> list[Stretch]:
    """The parts that a sentence names, each as far as it reaches."""
    order = [shot.id for _, shot in story.shots]
    wide: list[Stretch] = []
    for place in sorted(found):
        start, end, scopes = place
        if wide and start < wide[-1][1]:
            continue
        ids = [order.index(shot.id) for scope in scopes for _, shot in shots_matching(story, scope)]
        last = wide[-1] if wide else None
        opened = last and _FROM.search(text[: last[0] + len(_lead(text[last[0] : last[1]]))])
        ranged = last and re.fullmatch(r"\s*", text[last[1] : start]) and _UNTIL_KOREAN.search(text[end:])
        if not ids:
            wide.append(place)
        elif last and opened and last[2] and _UNTIL.search(text[last[1] : start]):
            first = min(order.index(shot.id) for scope in last[2] for _, shot in shots_matching(story, scope))
            wide[-1] = (opened.start(), end, runs(story, order[first : max(ids) + 1]))
        elif last and ranged and last[2] and text[: last[1]].endswith(("부터", "에서")):
            first = min(order.index(shot.id) for scope in last[2][:1] for _, shot in shots_matching(story, scope))
            wide[-1] = (last[0], end + ranged.end(), runs(story, order[first : max(ids) + 1]))
        else:
            reaching = _reaching(text, story, place, order, ids)
            wide = [*(p for p in wide if p[1] <= reaching[0]), reaching]
    return wide


def _reaching(text: str, story: Story, place: Stretch, order: list[str], ids: list[int]) -> Stretch:
    start, end, _ = place
    before, after = text[:start], text[end:]
    if since := _SINCE_KOREAN.search(after):
        return start, end + since.end(), runs(story, order[min(ids) :])
    if later := _AFTER_KOREAN.search(after):
        return start, end + later.end(), runs(story, order[max(ids) + 1 :])
    if ahead := _BEFORE_KOREAN.search(after):
        return start, end + ahead.end(), runs(story, order[: min(ids)])
    if until := _UNTIL_KOREAN.search(after):
        return start, end + until.end(), runs(story, order[: max(ids) + 1])
    opened, on = _FROM.search(text[: start + len(_lead(text[start:end]))]), _ON.match(after)
    if opened and on:
        return opened.start(), end + on.end(), runs(story, order[min(ids) :])
    if opened and opened.start() == 0 and after.startswith(","):
        return 0, end, runs(story, order[min(ids) :])
    if found := _AFTER.search(before) or _LEFT.search(before):
        return found.start(), end, runs(story, order[max(ids) + 1 :])
    if found := _BEFORE.search(before):
        return found.start(), end, runs(story, order[: min(ids)])
    if found := _UP_TO.search(before):
        denied = re.search(r"n['’]t\b|\bnot\b|\bnever\b|\bno\b", before[: found.start()])
        return found.start(), end, runs(story, order[: min(ids) if denied else max(ids) + 1])
    return place


def _lead(words: str) -> str:
    """The preposition that a place begins with."""
    found = re.match(r"from (?:the )?", words, re.I)
    return found.group() if found else ""


def runs(story: Story, ids: Sequence[str]) -> tuple[Scope, ...]:
    """Shots as scopes, those that follow each other as one."""
    order = [shot.id for _, shot in story.shots]
    chosen = [i in ids for i in order]
    scopes, at = [], 0
    for inside, run in groupby(chosen):
        size = len(list(run))
        first, last = order[at], order[at + size - 1]
        if inside:
            scopes.append(Scope(where="shot", id=first) if size == 1 else Scope(where="shots", id=f"{first}..{last}"))
        at += size
    return tuple(scopes)
