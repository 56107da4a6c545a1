"""Which part of a film a sentence speaks of: shots and scenes by number or content, the ending, all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from planner.edit import reach
from planner.edit.told import deeds, told
from planner.edit.words import NUMBERS, number
from planner.ground import find, stem
from planner.patch import Scope
from planner.story import Scene, Shot, Story
from planner.text import words

_ORDINALS = [w for w, n in NUMBERS.items() if n == int(n) and re.fullmatch(r"[a-z -]+", w) and not w.startswith("a")]
_NUM = rf"(?:\d+(?:st|nd|rd|th)?|{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})"
_UNIT = r"(?P<unit>shots?|scenes?|cuts?(?= \d)|clips?)"
_KOREAN_UNIT = r"(?P<unit>샷|숏|쇼트|컷|장면|씬|신(?![가-힣]))"
_KOREAN_ORDINAL = r"(?:첫|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_SHOTS = frozenset({"shot", "cut", "clip", "샷", "숏", "쇼트", "컷"})
_LISTED = (
    rf"{_NUM}(?:(?:,? ?(?:and|&|,|or|와|과|이랑|랑|하고) ?)(?:shots? |scenes? )?{_NUM}(?! (?:seconds?|minutes?)))*"
)

_RANGE = re.compile(
    rf"(?:from )?\b{_UNIT} (?P<a>{_NUM}) ?(?:-|–|to|through|thru|till|until)(?: (?:shots?|scenes?))?"
    rf" ?(?P<b>{_NUM})(?! ?(?:s|sec|seconds?|minutes?)\b)(?![\w.])"
    r"|(?P<ka>\d+)번? ?(?:부터|에서|~|-) ?(?P<kb>\d+)번? ?(?:째 ?)?(?P<kunit>샷|숏|쇼트|컷|장면|씬)",
    re.I,
)
_ONWARDS = re.compile(
    rf"(?:from|after|starting (?:with|from|at)) (?:the )?{_UNIT} (?P<n>{_NUM}) (?:on(?:wards?)?|to the end|forward)\b"
    r"|(?P<kn>\d+)번(?:째)? ?(?P<kunit>샷|숏|쇼트|컷|장면|씬)(?:부터)",
    re.I,
)
_NUMBERED = re.compile(rf"\b{_UNIT} (?:number |no\.? ?|#)?(?P<list>{_LISTED})(?![\w.]*\w)", re.I)
_ORDINAL = re.compile(
    rf"(?:the |its |my )?\b(?P<list>(?:very )?{_NUM}(?:(?:,| and|, and) (?:the )?{_NUM})*) {_UNIT}\b", re.I
)
_KOREAN_NUMBERED = re.compile(
    rf"(?P<list>(?:\d+번?|{_KOREAN_ORDINAL}|마지막|맨 마지막)(?: ?번째)?"
    rf"(?: ?(?:,|와|과|하고|이랑|랑) ?(?:\d+번?|{_KOREAN_ORDINAL}|마지막)(?: ?번째)?)*) ?{_KOREAN_UNIT}"
    r"|(?P<unit2>샷|숏|쇼트|컷|장면|씬) ?(?P<list2>\d+(?: ?(?:,|와|과|하고|이랑|랑) ?\d+)*)(?! ?[초분])번?"
)
_NUMBERS = re.compile(
    r"(?<![\w.:])(?:numbers? |no\. ?|#)(?P<list>\d+(?:(?:, ?| and | & )\d+)*)(?![\w.])"
    r"|(?<![\w.:])(?P<list2>\d+(?:, ?\d+)*(?:,? and | & )\d+)(?! ?(?:s|sec|seconds?|min|minutes?)\b)(?![\w.])",
    re.I,
)
_ELLIPTIC = re.compile(
    r"\b(?:in|for|during) the (?P<n>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|last)(?: one)?(?=\s*(?:$|[,.;!?]|and\b|too\b))",
    re.I,
)
_PART = re.compile(
    r"(?:the )?(?P<half>first|second) half(?: of (?:the )?(?:film|movie))?|\bact (?P<act>one|two|three|[123i]+)\b"
    r"|(?:in |at |during )?the (?P<middle>middle)(?: (?:part|section|bit|third)| of (?:the|this) (?:film|movie"
    r"|story))?(?! (?:of|scene|shot))"
    r"|(?:the )?(?P<ordinal>first|second|third) act\b|(?P<khalf>전반부?|후반부?)",
    re.I,
)
_EDGE = re.compile(
    r"(?:(?:at|in|towards?|near|by|for) )?(?:the |its |very )*\b(?P<edge>end|beginning|start) of "
    r"(?=the|scene|shot|act|\w+['’]s)|(?<=장면 )(?P<kedge>끝|마지막|처음|시작)(?:에서|에|을|은)?(?! ?(?:샷|컷))"
    rf"|(?:(?:in|for|on|at|from) )?(?:the )?\b(?P<nth>{_NUM}) shot (?:of|in|from) (?=the|scene|\w+['’]s)"
    r"|(?:(?<=장면 )|(?<=장면의 ))(?P<knth>첫|두|세|네|마지막)(?: ?번째)? ?(?:샷|컷|숏)(?:에서|에|을|은)?",
    re.I,
)
_OF_FILM = r"(?: of (?:the|this) (?:film|movie|story))?"
_KOREAN_PART = r"(?:에서|에|부분|을|은|이|만)"
_ENDING = re.compile(
    r"(?:(?:at|in|towards?|near|by|for|to|till|until) )?(?:the |its |a |very )*"
    rf"\b(?:ending|finale?|conclusion|close of the film|outro|closing(?: part)?)\b{_OF_FILM}"
    rf"|(?:(?:at|in|towards?|near|by|for) )(?:the )(?:very )?end\b{_OF_FILM}"
    r"|\bthe (?:very )?end(?= (?:should|must|could|needs|has|is|to|a|an|much|more|less|even|way|really|\w+er)\b)"
    rf"|결말(?:부분?)?|엔딩|피날레|끝{_KOREAN_PART}"
    rf"|마지막(?! ?(?:샷|숏|쇼트|컷|장면|씬|수정|변경|편집|거|것)){_KOREAN_PART}?",
    re.I,
)
_OPENING = re.compile(
    rf"(?:(?:at|in|from|for|to) )?(?:the |its |very )+\b(?:opening|beginning|start|intro(?:duction)?)\b{_OF_FILM}"
    r"|\b(?:opening|beginning|intro)\b"
    r"|도입부?|오프닝|(?:맨 )?처음(?! ?(?:샷|장면|컷|씬))(?:에서|에|부분|을|은)?|시작(?:에서|에|부분|을|은)",
    re.I,
)
_OVER = r"(?:(?:in|for|over|across|of|to|from|during) )?"
_WHOLE = re.compile(
    rf"{_OVER}(?:the |this |my )?(?:whole|entire|complete)(?: (?:thing|film|movie|story|video|picture))?"
    r"|(?:everything|everywhere)(?! but (?!keep|leave|don|do not|not|make|with))"
    r"|throughout(?: the (?:film|movie))?|overall|in total|altogether"
    rf"|(?:{_OVER}(?:(?:all|every|each)(?: of)?(?: the)? (?:shots?|scenes?)"
    r"|(?:the|this|my) (?:film|movie|story|video|picture)|all of it|it all|all over)\b)"
    r"|전체적으로|전체|전부|모든 (?:샷|장면|컷|씬)|영화 ?전체|처음부터 끝까지|내내|영화",
    re.I,
)
_CONTENT = re.compile(
    r"(?:the |that |this )(?P<what>(?:(?!an? )[\w'’-]+ ){1,3}?)"
    r"(?P<unit>scenes?|shots?|sequence|part|bit|close-?ups?|section)\b",
    re.I,
)
_KOREAN_CONTENT = re.compile(
    r"(?P<what>[가-힣]+(?: [가-힣]+)?) ?(?P<unit>장면|씬|샷|부분)(?!(?:을|를)? ?(?:하나|한 개|추가|넣|삽입))"
)
_BY_SIZE = re.compile(
    r"(?:in |for )?(?:every|all(?: the)?|each|the) (?P<size>close-?ups?|wide shots?|wides|medium shots?)\b"
    r"|(?:모든 )(?P<ksize>클로즈업|와이드 샷|미디엄 샷)",
    re.I,
)
_PUTS = re.compile(r"\b(?:put|place|move|stand|sit|position)s?\b", re.I)
_PARTS = {"전반": "1", "전반부": "1", "후반": "2", "후반부": "2"}


class Place(NamedTuple):
    """A stretch of a sentence that names a part of the film."""

    start: int
    end: int
    scopes: tuple[Scope, ...]


Finder = Callable[[str, Story], Iterator[Place]]


def places(text: str, story: Story) -> list[Place]:
    """Every part of the film that a sentence names, in order; the surer reading keeps its stretch.

    A number that the film does not have is a place without a scope.
    """
    found: list[Place] = []
    for finder in _FINDERS:
        _take(finder(text, story), found, empty=finder in (_ranges, _numbered))
    if not found:
        _take((Place(*stretch) for stretch in deeds(text, story)), found)
    _take((Place(*stretch) for stretch in reach.rest(text, story, found)), found)
    return [Place(*stretch) for stretch in reach.widened(text, story, found)]


def _take(places: Iterator[Place], found: list[Place], *, empty: bool = False) -> None:
    """Keeps the places whose stretch is still free; ``empty`` ones too."""
    for place in places:
        if (place.scopes or empty) and all(place.end <= p.start or p.end <= place.start for p in found):
            found.append(place)


def _some(text: str, story: Story) -> Iterator[Place]:
    yield from (Place(*stretch) for stretch in reach.some(text, story))


def _told(text: str, story: Story) -> Iterator[Place]:
    yield from (Place(*stretch) for stretch in told(text, story))


def _ranges(text: str, story: Story) -> Iterator[Place]:
    for match in _RANGE.finditer(text):
        unit = match["unit"] or match["kunit"]
        first = _nth(story, unit, number(match["a"] or match["ka"]))
        last = _nth(story, unit, number(match["b"] or match["kb"]))
        yield Place(match.start(), match.end(), _span(story, first, last))
    for match in _ONWARDS.finditer(text):
        first = _nth(story, match["unit"] or match["kunit"], number(match["n"] or match["kn"]))
        yield Place(match.start(), match.end(), _span(story, first, Scope(where="shot", id=story.shots[-1][1].id)))


def _numbered(text: str, story: Story) -> Iterator[Place]:
    for expression in (_NUMBERED, _ORDINAL, _KOREAN_NUMBERED):
        for match in expression.finditer(text):
            groups = match.groupdict()
            unit = groups["unit"] or groups.get("unit2") or ""
            listed = groups["list"] or groups.get("list2") or ""
            parts = re.split(
                r",? ?(?:and|&|,|or|와|과|이랑|랑|하고) ?", re.sub(r"\b(?:shots?|scenes?|the) ", "", listed, flags=re.I)
            )
            numbers = [number(re.sub(r" ?번째?$| ?번$", "", part.strip())) for part in parts if part.strip()]
            scopes = [scope for n in numbers if (scope := _nth(story, unit, n))]
            yield Place(match.start(), match.end(), tuple(scopes))


def _bare_numbers(text: str, story: Story) -> Iterator[Place]:
    """Numbers alone are of shots: 'make 1 and 2 close-ups'."""
    for match in _NUMBERS.finditer(text):
        numbers = [number(n) for n in re.findall(r"\d+", match.group())]
        scopes = [scope for n in numbers if (scope := _nth(story, "shot", n))]
        yield Place(match.start(), match.end(), tuple(scopes))
    unit = "scene" if re.search(r"\bscene", text, re.I) and not re.search(r"\bshot", text, re.I) else "shot"
    for match in _ELLIPTIC.finditer(text):
        nth = _nth(story, unit, number(match["n"]))
        yield Place(match.start(), match.end(), (nth,) if nth else ())


def _bounds(text: str, story: Story) -> Iterator[Place]:
    """Settings of the film from which on, or up to which, something holds: 'from the beach on'."""
    for mention in find("setting", text):
        scopes = scenes_at(story, mention.text)
        if scopes and len(scopes) < len(story.scenes) and reach.is_bound(text, mention.start, mention.end):
            yield Place(mention.start, mention.end, scopes)


def _parts(text: str, story: Story) -> Iterator[Place]:
    for match in _PART.finditer(text):
        if half := match["half"] or match["khalf"]:
            scope = Scope(where="half", id=_PARTS.get(half) or str(int(number(half) or 1)))
        elif match["middle"]:
            if _PUTS.search(text):
                continue
            scope = Scope(where="act", id="2")
        else:
            act = (match["act"] or match["ordinal"]).lower()
            scope = Scope(where="act", id=str(int(number(act) or len(act)))[:1])
        yield Place(match.start(), match.end(), (scope,))


def _edges(text: str, story: Story) -> Iterator[Place]:
    """'the end of the room scene': the last shot of another place."""
    inner = [p for finder in (_numbered, _contents) for p in finder(text, story)]
    for match in _EDGE.finditer(text):
        for place in inner:
            korean = match["kedge"] or match["knth"]
            if place.scopes and (
                place.start == match.end() or (korean and text[place.end : match.start()] in (" ", "의 "))
            ):
                shots = [shot for scene, shot in story.shots if scene.id == place.scopes[0].id]
                count = number(match["nth"] or match["knth"] or "")
                count = count or (-1 if (match["edge"] or match["kedge"]) in ("end", "끝", "마지막") else 1)
                if abs(count) <= len(shots):
                    edge = shots[int(count) - (count > 0)]
                    start, end = min(match.start(), place.start), max(match.end(), place.end)
                    yield Place(start, end, (Scope(where="shot", id=edge.id),))


def _ends(text: str, story: Story) -> Iterator[Place]:
    for expression, scope in ((_ENDING, Scope(where="ending")), (_OPENING, Scope(where="opening"))):
        for match in expression.finditer(text):
            yield Place(match.start(), match.end(), (scope,))


def _whole(text: str, story: Story) -> Iterator[Place]:
    for match in _WHOLE.finditer(text):
        yield Place(match.start(), match.end(), (Scope(),))


def _contents(text: str, story: Story) -> Iterator[Place]:
    """'the village scene', 'the close-ups': places by what they show."""
    for match in _BY_SIZE.finditer(text):
        size = (match["size"] or match["ksize"] or "").lower()
        wanted = (
            "close"
            if size[:2] in ("cl", "클로") or "클로즈" in size
            else "wide"
            if "wid" in size or "와이드" in size
            else "medium"
        )
        yield Place(
            match.start(), match.end(), tuple(Scope(where="shot", id=s.id) for _, s in story.shots if s.size == wanted)
        )
    for expression in (_CONTENT, _KOREAN_CONTENT):
        for match in expression.finditer(text):
            what = match["what"].strip()
            scenes = [scene for scene in story.scenes if _is_about(story, scene, what)]
            if scenes and len(scenes) < len(story.scenes):
                where = match.start("what") if expression is _KOREAN_CONTENT else match.start()
                yield Place(where, match.end(), tuple(Scope(where="scene", id=scene.id) for scene in scenes))


_FINDERS: tuple[Finder, ...] = (
    _parts,
    _some,
    _edges,
    _ranges,
    _numbered,
    _contents,
    _told,
    _bare_numbers,
    _bounds,
    _ends,
    _whole,
)


def _is_about(story: Story, scene: Scene, what: str) -> bool:
    """Whether a scene is set where, when or in the light that the words say, or tells it."""
    place = next(p for p in story.locations if p.id == scene.location)
    known = {m.word for m in find("setting", place.kind)} | {m.word for m in find("setting", place.name)}
    literal = {stem(w) for w in words(f"{place.kind} {place.name}")} - {"the"}
    if {stem(w) for w in words(what)} & literal or {m.word for m in find("setting", what)} & known:
        return True
    for kind, words_ in (("time", scene.time), ("weather", scene.weather), ("mood", scene.mood)):
        mine = {m.word for m in find(kind, words_)}
        if mine & {m.word for m in find(kind, what) if m.fit != "near"}:
            return True
    told = {stem(w) for shot in scene.shots for w in words(shot.description)}
    return bool({stem(w) for w in words(what) if len(w) > 3} & told)


def scenes_at(story: Story, what: str) -> tuple[Scope, ...]:
    """The scenes that are set in the place that words name; none where the film has no such place."""
    return tuple(Scope(where="scene", id=scene.id) for scene in story.scenes if _is_set_in(story, scene, what))


def _is_set_in(story: Story, scene: Scene, what: str) -> bool:
    place = next(p for p in story.locations if p.id == scene.location)
    literal = {stem(w) for w in words(f"{place.kind} {place.name}")} - {"the"}
    known = {m.word for text in (place.kind, place.name) for m in find("setting", text)}
    return bool({stem(w) for w in words(what)} & literal or {m.word for m in find("setting", what)} & known)


def _nth(story: Story, unit: str, count: float | None) -> Scope | None:
    """The shot or scene of a number, counted from 1, or from the end where it is negative."""
    if count is None or count != int(count) or not count:
        return None
    shot = unit.lower().rstrip("s") in _SHOTS
    items: list[Shot] | list[Scene] = [s for _, s in story.shots] if shot else list(story.scenes)
    at = int(count) - 1 if count > 0 else len(items) + int(count)
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
