"""Which part of a film a sentence speaks of: shots and scenes by number or content, the ending, all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from planner.edit.read import reach
from planner.edit.read.happenings import deeds, told
from planner.edit.read.numbers import NUMBER, bare_numbers, numbered, ranges
from planner.edit.read.reach import Stretch
from planner.edit.read.words import number, patterns
from planner.film.ground import find, stem
from planner.language.text import words
from planner.story.patch import Scope
from planner.story.story import Scene, Story

_PART = re.compile(
    r"(?:the )?(?P<half>first|second) half(?: of (?:the )?(?:film|movie))?|\bact (?P<act>one|two|three|[123i]+)\b"
    r"|(?:in |at |during )?the (?P<middle>middle)(?: (?:part|section|bit|third)| of (?:the|this) (?:film|movie"
    r"|story))?(?! (?:of|scene|shot))"
    r"|(?:the )?(?P<ordinal>first|second|third|final|last|middle) (?:act|third)\b|(?P<khalf>전반부?(?!적)|후반부?)"
    r"|(?P<kact>[1-3])막|(?P<kmiddle>중반부?|중간 ?(?:부분)?(?=[은이에을]))",
    re.I,
)
_EDGE = re.compile(
    r"(?:(?:at|in|towards?|near|by|for) )?(?:the |its |very )*\b(?P<edge>end|beginning|start) of "
    r"(?=the|scene|shot|act|\w+['’]s)|(?<=장면 )(?P<kedge>끝|마지막|처음|시작)(?:에서|에|을|은)?(?! ?(?:샷|컷))"
    rf"|(?:(?:in|for|on|at|from) )?(?:the )?\b(?P<nth>{NUMBER}) shot (?:of|in|from) (?=the|scene|\w+['’]s)"
    r"|(?:(?<=장면 )|(?<=장면의 ))(?P<knth>첫|두|세|네|마지막)(?: ?번째)? ?(?:샷|컷|숏)(?:에서|에|을|은)?",
    re.I,
)
_STRETCH = r"(?:part|bit|stretch|section|moments?|few (?:shots|moments))"
_OF_FILM = r"(?: of (?:the|this) (?:film|movie|story))?"
_KOREAN_PART = r"(?:에서|에|부분|을|은|이|만)"
_ENDING = re.compile(
    r"(?:(?:at|in|towards?|near|by|for|to|till|until) )?(?:the |its |a |very )*"
    rf"\b(?:ending|finale?|conclusion|close of the film|outro|closing(?: part)?)\b{_OF_FILM}"
    rf"|(?:(?:at|in|towards?|near|by|for) )(?:the )(?:very )?(?:end|finish|close)\b{_OF_FILM}"
    r"|\bthe (?:very )?end(?= (?:should|must|could|needs|has|is|to|a|an|much|more|less|even|way|really|\w+er)\b)"
    rf"|(?:in |for |during )?the (?:last|final|closing) {_STRETCH}\b{_OF_FILM}"
    rf"|(?:at )?the (?:tail end|close)\b{_OF_FILM}|결말(?:부분?)?|엔딩|피날레|대단원|막판"
    rf"|종반부?|(?:끝|뒷) ?부분|(?<![가-힣])끝{_KOREAN_PART}"
    rf"|마지막(?! ?(?:샷|숏|쇼트|컷|장면|씬|수정|변경|편집|거|것)){_KOREAN_PART}?",
    re.I,
)
_OPENING = re.compile(
    r"(?:(?:at|in|(?<!apart )(?<!aside )from|for|to) )?(?:the |its |very )+"
    rf"\b(?:opening|beginning|start|intro(?:duction)?)\b{_OF_FILM}"
    r"|\b(?:opening|beginning|intro)\b"
    rf"|(?:in |for |during )?the (?:first|opening|early) {_STRETCH}\b"
    r"|\bearly on\b|도입부?|오프닝|초반부?|(?:앞|첫) ?부분|첫머리"
    r"|(?:맨 )?처음(?! ?(?:샷|장면|컷|씬))(?:에서|에|부분|을|은)?|시작(?:에서|에| ?부분|을|은)",
    re.I,
)
_THROUGH = re.compile(
    r"(?:from )?(?:the )?(?:start to finish|beginning to end|start to end|first to last|top to (?:tail|bottom)"
    r"|opening to (?:the )?ending)|all the way through|처음부터 (?:맨 )?끝까지|시종일관",
    re.I,
)
_OVER = r"(?:(?:in|for|over|across|of|to|from|during) )?"
_WHOLE = re.compile(
    rf"{_OVER}(?:the |this |my )?(?:whole|entire|complete)(?: (?:thing|film|movie|story|video|picture))?"
    r"|(?:everything|everywhere)(?! but (?!keep|leave|don|do not|not|make|with))"
    r"|throughout(?: the (?:film|movie))?|overall|in total|altogether(?! *[.!?]?$)|across the board|the (?:whole )?lot"
    rf"|(?:{_OVER}(?:(?:all|every|each)(?: of)?(?: the)? (?:shots?|scenes?)"
    r"|(?:the|this|my) (?:film|movie|story|video|picture)|all of it|it all|all over)\b)"
    r"|전체적으로|전체|전부|모든 (?:샷|장면|컷|씬)들?|영화 ?전체|내내|통째로|몽땅|싹 다|온통|영화",
    re.I,
)
_CONTENT = re.compile(
    r"(?:the |that |this )(?P<what>(?:(?!an? )[\w'’-]+ ){1,3}?)"
    r"(?P<unit>scenes?|shots?|sequence|parts?|bits?|close-?ups?|section|segment|stuff|business|material|footage)\b",
    re.I,
)
_KOREAN_CONTENT = re.compile(
    r"(?P<what>[가-힣]+(?: [가-힣]+)?) ?(?P<unit>장면|씬|샷|컷|부분|쪽|대목|파트)들?"
    r"(?!(?:을|를)? ?(?:하나|한 개|추가|넣|삽입))"
)
_BY_SIZE = re.compile(
    r"(?:in |for )?(?:every|all(?: the)?|each|the) (?P<size>close-?ups?|wide shots?|wides|medium shots?)\b"
    r"|(?:모든 )(?P<ksize>클로즈업|와이드|미디엄)(?: ?샷)?",
    re.I,
)
_PUTS = re.compile(r"\b(?:put|place|move|stand|sit|position)s?\b", re.I)
_SIZES = {"clos": "close", "클로즈": "close", "wid": "wide", "와이드": "wide"}
_PARTS = {"전반": "1", "전반부": "1", "후반": "2", "후반부": "2"}


_WHILE = re.compile(r"\b(?:during|throughout|through|from|after|before|until|till)\s+$", re.I)
_MAKES = re.compile(r"\b(?:make|get|have|let)\s+$", re.I)
_SETS = re.compile(r"\b(?:set|move|put|shift|relocate|place|stage)\s+$", re.I)
_NEAR = 12
"""Characters after a word within which its mood is said."""


class ScopePhrase(NamedTuple):
    """A stretch of a sentence that names a part of the film."""

    start: int
    end: int
    scopes: tuple[Scope, ...]


Finder = Callable[[str, Story], Iterator[Stretch]]


def places(text: str, story: Story) -> list[ScopePhrase]:
    """Every part of the film that a sentence names, in order; the surer reading keeps its stretch.

    A number that the film does not have is a place without a scope.
    """
    found: list[ScopePhrase] = []
    for finder in _FINDERS:
        _take(finder(text, story), found, empty=finder in (ranges, numbered))
    if not found:
        _take(deeds(text, story), found)
    _take(reach.rest(text, story, found), found)
    return [ScopePhrase(*stretch) for stretch in reach.widened(text, story, found)]


def _take(stretches: Iterator[Stretch], found: list[ScopePhrase], *, empty: bool = False) -> None:
    """Keeps the places whose stretch is still free; ``empty`` ones too."""
    for place in map(ScopePhrase._make, stretches):
        if (place.scopes or empty) and all(place.end <= p.start or p.end <= place.start for p in found):
            found.append(place)


def _bounds(text: str, story: Story) -> Iterator[Stretch]:
    """Settings of the film from which on, or up to which, something holds: 'from the beach on'."""
    for mention in find("setting", text):
        scopes = scenes_at(story, mention.text)
        if scopes and len(scopes) < len(story.scenes) and reach.is_bound(text, mention.start, mention.end):
            yield mention.start, mention.end, scopes


def _parts(text: str, story: Story) -> Iterator[Stretch]:
    for match in _PART.finditer(text):
        if half := match["half"] or match["khalf"]:
            scope = Scope(where="half", id=_PARTS.get(half) or str(int(number(half) or 1)))
        elif match["middle"] or match["kmiddle"]:
            if _PUTS.search(text):
                continue
            scope = Scope(where="act", id="2")
        else:
            act = (match["act"] or match["ordinal"] or match["kact"]).lower()
            count = {"final": 3, "last": 3, "middle": 2}.get(act) or int(number(act) or len(act))
            scope = Scope(where="act", id=str(count)[:1])
        yield match.start(), match.end(), (scope,)


def _edges(text: str, story: Story) -> Iterator[Stretch]:
    """'the end of the room scene': the last shot of another place."""
    inner = [p for finder in (numbered, _contents) for p in map(ScopePhrase._make, finder(text, story))]
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
                    yield start, end, (Scope(where="shot", id=edge.id),)


def _ends(text: str, story: Story) -> Iterator[Stretch]:
    for expression, scope in ((_ENDING, Scope(where="ending")), (_OPENING, Scope(where="opening"))):
        for match in expression.finditer(text):
            yield match.start(), match.end(), (scope,)


def _through(text: str, story: Story) -> Iterator[Stretch]:
    for match in _THROUGH.finditer(text):
        yield match.start(), match.end(), (Scope(),)


def _whole(text: str, story: Story) -> Iterator[Stretch]:
    for match in _WHOLE.finditer(text):
        yield match.start(), match.end(), (Scope(),)


def _contents(text: str, story: Story) -> Iterator[Stretch]:
    """'the village scene', 'the close-ups': places by what they show."""
    for match in _BY_SIZE.finditer(text):
        size = (match["size"] or match["ksize"]).lower()
        wanted = next((value for word, value in _SIZES.items() if word in size), "medium")
        yield *match.span(), tuple(Scope(where="shot", id=s.id) for _, s in story.shots if s.size == wanted)
    for match in _CONTENT.finditer(text):
        if scopes := _about(story, match["what"].strip()):
            yield *match.span(), scopes
    for match in _KOREAN_CONTENT.finditer(text):
        for word in [*re.finditer(r"\S+", match["what"])][::-1]:
            if scopes := _about(story, match["what"][word.start() :]):
                yield match.start() + word.start(), match.end(), scopes
                break


def _lights(text: str, story: Story) -> Iterator[Stretch]:
    """The film's own weather or hour, as the part where it is so: 'make the storm scarier', 'until the night'."""
    for kind in ("weather", "time"):
        for mention in find(kind, text):
            start, after = _determined(text, mention.start), text[mention.end :]
            meant = _WHILE.search(text[:start]) or _is_treated(text[:start], after)
            if meant and (scopes := _about(story, mention.text)):
                yield start, mention.end, scopes


def _determined(text: str, start: int) -> int:
    """Where 'the' before a word stands, else the word."""
    article = re.search(r"\b(?:the|that|this)\s+$", text[:start], re.I)
    return article.start() if article else start


def _is_treated(before: str, after: str) -> bool:
    """Whether something is done to a part of the film, and not to its weather: it gets a mood, or another place."""
    if _MAKES.search(before) or (not before.strip() and re.match("[을를이가은는]", after)):
        return any(m.start < _NEAR for m in find("mood", after)) or any(
            (m := p.expression.search(after)) and m.start() < _NEAR for p in patterns() if p.kind == "mood"
        )
    return bool(_SETS.search(before) and re.match(r"\s+(?:in|on|at|to|into)\b", after))


def _about(story: Story, what: str) -> tuple[Scope, ...]:
    """The scenes that words are about; none where all are."""
    scenes = [scene for scene in story.scenes if _is_about(story, scene, what)]
    return tuple(Scope(where="scene", id=s.id) for s in scenes) if len(scenes) < len(story.scenes) else ()


_FINDERS: tuple[Finder, ...] = (
    _through, _parts, reach.some, _edges, ranges, numbered, _bounds, _contents, _lights, told, bare_numbers, _ends,
    _whole,
)  # fmt: skip


def _is_about(story: Story, scene: Scene, what: str) -> bool:
    """Whether a scene is set where, when or in the light that the words say, or tells it."""
    if _is_set_in(story, scene, what):
        return True
    for kind, words_ in (("time", scene.time), ("weather", scene.weather), ("mood", scene.mood)):
        mine = {m.word for m in find(kind, words_)}
        asked = {p.value for p in patterns() if p.kind == kind and p.expression.search(what)}
        if mine & (asked | {m.word for m in find(kind, what) if m.fit != "near"}):
            return True
    told = {stem(w) for shot in scene.shots for w in words(shot.description)}
    return bool({stem(w) for w in words(what) if len(w) > 3} & told)


def _settings(what: str) -> set[str]:
    """The settings of film grammar that words name."""
    asked = {p.value for p in patterns() if p.kind == "setting" and p.expression.search(what)}
    return asked | {m.word for m in find("setting", what)}


def scenes_at(story: Story, what: str) -> tuple[Scope, ...]:
    """The scenes that are set in the place that words name; none where the film has no such place."""
    return tuple(Scope(where="scene", id=scene.id) for scene in story.scenes if _is_set_in(story, scene, what))


def is_called(story: Story, scene: Scene, what: str) -> bool:
    """Whether words call the place of a scene as the film does."""
    place = next(p for p in story.locations if p.id == scene.location)
    return bool({stem(w) for w in words(what)} & {stem(w) for w in words(f"{place.kind} {place.name}")} - {"the"})


def _known(story: Story, scene: Scene) -> set[str]:
    place = next(p for p in story.locations if p.id == scene.location)
    return _settings(f"{place.kind}, {place.name}")


def _is_set_in(story: Story, scene: Scene, what: str) -> bool:
    return is_called(story, scene, what) or bool(_settings(what) & _known(story, scene))
