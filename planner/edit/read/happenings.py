"""Parts of a film told by what happens in them: 'the shot where Bruno helps Lily', 'when she falls asleep'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planner.edit.read.names import named
from planner.edit.read.words import deeds as words_of_deeds
from planner.edit.read.words import patterns
from planner.film.ground import find, stem
from planner.language.text import is_function, words
from planner.story.patch import Scope
from planner.story.story import Scene, Shot, Story

_TOLD = re.compile(
    r"(?:\b(?:in|at|on|for|during|from|into|to) )?\b(?:the|that|this|those|each|every|any|all"
    r"|in) (?:\w+ )?(?P<unit>shots?|scenes?|part|bit|moment|point|place"
    r"|section|sequence|close-?up) (?:where|when|in which|that shows|showing|as) (?P<what>[^,.;:!?\"“]+)"
    r"|(?:\b(?:in|at|on|for|during|from|into|to) )?\b(?:the|that) (?P<unit2>shot|scene|part|bit|close-?up) (?:of"
    r"|with) (?P<what2>[^,.;:!?\"“]+)"
    r"|\b(?:just |exactly )?(?:when(?:ever)?|once|while|whilst|by the time|every time|each time|as soon as"
    r"|the moment|the second|as(?= (?:they|he|she"
    r"|(?-i:[A-Z][a-z]+)) )) (?!we |you |I )(?P<when>[^,.;:!?\"“]+)"
    r"|\b(?:film|shoot|show|frame|capture|catch) (?P<caught>(?-i:[A-Z])\w+ \w+ing\b)"
    r"|\b(?:after|before) (?P<then>[^,.;:!?\"“]+)",
    re.I,
)
_KOREAN_TOLD = re.compile(
    r"(?P<what>(?:[가-힣]+ ){0,4}[가-힣]+) ?(?P<unit>샷|숏|컷|장면|씬|부분|순간|때(?!로)|대목)들?"
    r"(?:에서는|에서|에는|에|은|는|을|를|이|만)?"
)
_SCENES = ("scene", "장면", "씬")
#: Words that only point at a moment.
_POINTING = frozenset({"나오다", "나오는", "나올", "appears", "appear", "is", "comes"})


def told(text: str, story: Story) -> Iterator[tuple[int, int, tuple[Scope, ...]]]:
    """Stretches that tell what happens in a shot or scene, each with the parts where most of it happens."""
    for match in _TOLD.finditer(text):
        group = next(g for g in ("what", "what2", "when", "caught", "then") if match[g])
        start = match.start(group) if group in ("then", "caught") else match.start()
        for end, scopes in _best(story, match[group], _prefixes(match[group]), match["unit"] or match["unit2"] or ""):
            yield start, match.start(group) + end, scopes
    for match in _KOREAN_TOLD.finditer(text):
        if _is_adnominal(match["what"]):
            for start, scopes in _best(story, match["what"], _suffixes(match["what"]), match["unit"]):
                yield match.start("what") + start, match.end(), scopes


def deeds(text: str, story: Story) -> Iterator[tuple[int, int, tuple[Scope, ...]]]:
    """Nouns of what happens, each with the shot where it does: 'shorten the goodbye'."""
    for match in re.finditer(r"\b(?!Let)([A-Z]\w+)['’]s (\w+)(?: (\w+))?(?! (?:line|words|speech))", text):
        what = next((f"{match[1]} {word}" for word in match.groups()[1:] if word and _is_event(word)), "")
        for _, scopes in _best(story, what, [(0, what)], "") if what else ():
            yield match.start(), match.end(), scopes
    for match in re.finditer(
        r"(?<!cut )(?<!drop )(?<!lose )(?<!remove )(?<!delete )\b(?:the|that|this|their|his|her) (\w+)", text, re.I
    ):
        for _, scopes in (
            _best(story, match[1], [(0, match[1])], "")
            if _is_event(match[1]) and not _is_place(story, match[1]) and not text[match.end() :].startswith(" time")
            else ()
        ):
            yield match.start(), match.end(), scopes


def _is_place(story: Story, word: str) -> bool:
    return any(word.lower() in words(f"{p.name} {p.kind}".lower()) for p in story.locations)


def _is_event(word: str) -> bool:
    """Whether a noun is one of what happens: 'the goodbye', 'the chase'."""
    other = any(
        find(kind, word) for kind in ("species", "prop", "setting", "wardrobe", "camera", "size", "time", "weather")
    )
    return bool(find("event", word) or word.lower() in ("goodbye", "farewell")) and not other and not is_function(word)


def _prefixes(what: str) -> list[tuple[int, str]]:
    """A text cut short after each of its words, the shortest first."""
    return [(m.end(), what[: m.end()]) for m in re.finditer(r"\S+", what)]


def _suffixes(what: str) -> list[tuple[int, str]]:
    return [(m.start(), what[m.start() :]) for m in re.finditer(r"\S+", what)][::-1]


def _is_adnominal(what: str) -> bool:
    """Whether Korean words end as those do that say which one: in a final ㄴ or ㄹ."""
    return (ord(what[-1]) - ord("가")) % 28 in (4, 8)


def _best(story: Story, what: str, cuts: list[tuple[int, str]], unit: str) -> Iterator[tuple[int, tuple[Scope, ...]]]:
    """The shortest cut of a telling that says as much as all of it, and where that happens."""
    scores = {at: _scores(story, part) for at, part in cuts}
    most = max((max(s.values(), default=0) for s in scores.values()), default=0)
    if not most:
        return
    at = next(at for at, _ in cuts if max(scores[at].values(), default=0) == most)
    there = [(scene, shot) for scene, shot in story.shots if scores[at][shot.id] == most]
    if unit.lower().rstrip("s") in _SCENES:
        scenes = dict.fromkeys(scene.id for scene, _ in there)
        found = tuple(Scope(where="scene", id=i) for i in scenes)
    else:
        found = tuple(Scope(where="shot", id=shot.id) for _, shot in there)
    if len(found) <= max(1, len(story.shots) // 3):
        yield at, found


def _scores(story: Story, what: str) -> dict[str, int]:
    """Shot id -> how much of what is told happens there; 0 where nobody does anything of it, or another does."""
    return {shot.id: _score(story, scene, shot, what) for scene, shot in story.shots}


def _score(story: Story, scene: Scene, shot: Shot, what: str) -> int:
    meant = [w for w in words(what) if _tells(w) and w.lower() not in _POINTING]
    who = {item.id for *_, item in named(what, story)}
    here = {s.entity for s in shot.staging}
    if not {i for i in who if any(c.id == i for c in story.cast)} <= here:
        return 0
    deeds = _deeds(what)
    done = _deeds(shot.description) | {m for s in shot.staging for m in _deeds(s.action)}
    stems = {stem(w) for w in words(shot.description) if _tells(w)}
    people = {stem(w) for c in story.cast for w in words(f"{c.name} {c.kind}")}
    same = sum(any(_alike(stem(w), other) for other in stems - people) for w in meant)
    things = sum(p.id in who & here for p in story.props)
    happens = 2 * same + things + sum(1 + (kind == "action") for kind, _ in deeds & done)
    return 2 * happens + len(who & here) if happens else 0


def _alike(a: str, b: str) -> bool:
    """Whether two stems are of one word; Korean ones may end differently."""
    return a == b or ("가" <= a[0] <= "힣" and min(len(a), len(b)) > 2 and a[:2] == b[:2])


def _tells(word: str) -> bool:
    return not is_function(word) or word.lower() in ("alone", "together")


def _deeds(text: str) -> set[tuple[str, str]]:
    """What is done, as film grammar and those who ask for edits call it."""
    listed = [(kind, m) for kind in ("action", "event") for m in find(kind, text)]
    found = {(kind, m.word) for kind, m in listed if m.fit != "near"} or {(kind, m.word) for kind, m in listed}
    ways = [p for p in (*patterns(), *words_of_deeds()) if p.kind in ("action", "deed")]
    return found | {(p.kind, p.value) for p in ways if p.expression.search(text)}
