"""From events to scenes: a new place or hour is a new scene, so many of them as form asks for, in acts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from planner.direct.brief_index import NOWHERE, BriefIndex
from planner.film.craft import craft
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.story.brief import Number, Place, StoryEvent

ONE_ACT, FEWEST_SCENES = 45.0, 3
"""Films shorter than this, in seconds, or with fewer scenes have one act unless more are asked for."""
MOST_ACTS = 9


class SceneSpan(NamedTuple):
    """What becomes a scene: where and when, and the events that happen then."""

    place: str
    time: str = ""
    weather: str = ""
    mood: str = ""
    events: tuple[Number, ...] = ()
    earlier: bool = False


def stretches(index: BriefIndex) -> list[SceneSpan]:
    """The scenes of a film, in order. Each demand of form that counts them, or gives each an hour, is obeyed."""
    found = _by_hours(index) if hours(index) else _by_setting(index)
    if most := _most(index):
        found = _merged(found, most)
    if fewest := max(index.count("scenes") or 0, index.count("acts") or 0):
        found = _split(found, fewest, index)
    return found


def hours(index: BriefIndex) -> tuple[str, ...]:
    """The hours or seasons that the film goes through, one scene each; none where it does not."""
    seasons, days = index.form("seasons"), index.form("hours")
    if not seasons and not days:
        return tuple(period.value for period in index.periods)
    count = index.count("shots") or 0
    main = craft().days if count <= len(craft().days[index.tongue]) else craft().all_hours
    scale = (craft().seasons if seasons else main)[index.tongue]
    named = _named(seasons or days, (craft().seasons if seasons else craft().all_hours)[index.tongue])
    if len(named) > 2 or (len(named) == 2 and not _ranges(seasons or days)):
        return named
    if len(named) == 2:
        every = (craft().seasons if seasons else craft().all_hours)[index.tongue]
        scale = every[every.index(named[0]) : every.index(named[1]) + 1] or scale
    return _spread(scale, count or len(scale))


def _named(words: str, scale: Sequence[str]) -> tuple[str, ...]:
    """The hours that the words list, else those of the scale that they name, in the order in which they are named."""
    listed = [part.strip() for part in re.split(r"[,;/·、]| and ", words) if part.strip()]
    if len(listed) > 2:
        return tuple(listed)
    found = {hour: match.start() for hour in scale if (match := re.search(rf"(?<![a-z]){hour}(?![a-z])", words))}
    return tuple(sorted(found, key=lambda hour: found[hour]))


def _ranges(words: str) -> bool:
    return any(sign in words for sign in (" to ", " till ", " until ", " through ", "-", "–", "부터", "까지"))


def _spread(scale: Sequence[str], count: int) -> tuple[str, ...]:
    """``count`` of the hours, the first and last among them; fewer only where the scale has no more."""
    count = min(count, len(scale))
    return tuple(scale[round(i * (len(scale) - 1) / max(count - 1, 1))] for i in range(count))


def _by_hours(index: BriefIndex) -> list[SceneSpan]:
    """A scene for each hour. Where events are fewer, what went on before goes on in the next light."""
    slots, numbers = hours(index), list(index.events)
    found, held = [], index.brief.places[0].id if index.places else NOWHERE
    for i, hour in enumerate(slots):
        start, end = i * len(numbers) // len(slots), (i + 1) * len(numbers) // len(slots)
        own = tuple(numbers[start:end]) or tuple(numbers[max(start - 1, 0) : max(start, 1)])
        held = next((p for n in own if (p := index.events[n].place)), held)
        weather = next((w for n in (*own, None) if (w := index.value("weather", n))), "")
        mood = next((m for n in (*own, None) if (m := index.value("mood", n))), "")
        found.append(SceneSpan(held, hour, weather, mood, own))
    return found


def _by_setting(index: BriefIndex) -> list[SceneSpan]:
    """Neighbours of the same place and hour are one scene; a look back is one of its own."""
    found: list[SceneSpan] = []
    for event in index.brief.events:
        now = _at(event, found, index)
        if found and _goes_on(found[-1], now):
            last = found[-1]
            found[-1] = last._replace(events=(*last.events, event.number), mood=last.mood or now.mood)
        else:
            found.append(now)
    for place in _unused(index):
        found = _with_place(found, place, index)
    return found or [_empty(NOWHERE, index)]


def _goes_on(last: SceneSpan, now: SceneSpan) -> bool:
    return (last.place, last.time, last.weather, last.earlier) == (now.place, now.time, now.weather, now.earlier)


def _at(event: StoryEvent, before: Sequence[SceneSpan], index: BriefIndex) -> SceneSpan:
    """The scene of an event: as it is told, else as it was before a look back, else as the film began."""
    same = [s for s in before if s.earlier == event.earlier] if not event.earlier or _looks_back(before) else []
    last = same[-1] if same else None
    first = next((e.place for e in index.brief.events if e.place and not e.earlier), None)
    usual = first or next(iter(index.places), NOWHERE)
    place = event.place or (last.place if last else usual)
    same_day = last and (place == last.place or event.part == index.events[last.events[-1]].part)
    time = index.value("time", event.number) or (last.time if last and same_day else "")
    same_air = last and (last.place, last.time) == (place, time)
    weather = index.value("weather", event.number) or (last.weather if last and same_air else "")
    mood = index.value("mood", event.number)
    return SceneSpan(place, time, weather, mood, (event.number,), event.earlier)


def _looks_back(before: Sequence[SceneSpan]) -> bool:
    return bool(before) and before[-1].earlier


def _unused(index: BriefIndex) -> list[Place]:
    """Places that are asked for and in which nothing is told."""
    used = {event.place for event in index.brief.events if event.place}
    if index.brief.events and not used:
        used = {next(iter(index.places), NOWHERE)}
    return [place for place in index.brief.places if place.id not in used]


def _with_place(found: list[SceneSpan], place: Place, index: BriefIndex) -> list[SceneSpan]:
    """The scenes with one more, of a place alone, where the text tells of it."""
    if any(stretch.place == place.id for stretch in found):
        return found
    before = [event.number for event in index.brief.events if event.start <= place.start and not event.earlier]
    at = next((i for i in reversed(range(len(found))) if before and {*before} & {*found[i].events}), -1)
    near = found[max(at, 0)] if found else _empty(place.id, index)
    alone = near._replace(place=place.id, events=(), mood="")
    own = [s for s in found[at].events if s not in before] if at >= 0 else []
    if not own:
        return [*found[: at + 1], alone, *found[at + 1 :]]
    kept = tuple(n for n in found[at].events if n not in own)
    halves = (found[at]._replace(events=kept), alone, found[at]._replace(events=tuple(own)))
    return [*found[:at], *halves, *found[at + 1 :]]


def _empty(place: str, index: BriefIndex) -> SceneSpan:
    """A scene in which nothing is told."""
    time, weather, mood = (index.value(kind, None) for kind in ("time", "weather", "mood"))
    return SceneSpan(place, time, weather, mood)


def _most(index: BriefIndex) -> int | None:
    """The most scenes that the film may have."""
    counts = [index.count(rule) for rule in ("scenes", "shots")]
    return min((count for count in counts if count), default=None)


def _merged(found: list[SceneSpan], most: int) -> list[SceneSpan]:
    """At most so many scenes: neighbours become one, of the same place first, then the shortest."""
    found = list(found)
    while len(found) > most:
        at = min(range(len(found) - 1), key=lambda i: _distance(found[i], found[i + 1]))
        first, second = found[at : at + 2]
        larger = first if len(first.events) >= len(second.events) else second
        events = tuple(dict.fromkeys((*first.events, *second.events)))
        found[at : at + 2] = [larger._replace(events=events, earlier=first.earlier and second.earlier)]
    return found


def _distance(first: SceneSpan, second: SceneSpan) -> tuple[bool, bool, int]:
    apart = (first.place != second.place, first.earlier != second.earlier)
    return (*apart, len(first.events) + len(second.events))


def _split(found: list[SceneSpan], fewest: int, index: BriefIndex) -> list[SceneSpan]:
    """At least so many scenes: the fullest is parted where the text parts it, or in the middle; a film that has no
    events left to part ends with its places."""
    found = list(found)
    while len(found) < fewest:
        at = max(range(len(found)), key=lambda i: len(found[i].events))
        numbers = found[at].events
        if len(numbers) < 2:
            found.append(found[-1]._replace(events=()))
            continue
        cut = _cut(numbers, index)
        found[at : at + 1] = [found[at]._replace(events=numbers[:cut]), found[at]._replace(events=numbers[cut:])]
    return found


def _cut(numbers: Sequence[Number], index: BriefIndex) -> int:
    """Where a row of events is parted: between two paragraphs near the middle, else in the middle."""
    parts = [index.events[n].part for n in numbers]
    cuts = [i for i in range(1, len(parts)) if parts[i] != parts[i - 1]] or list(range(1, len(parts)))
    return min(cuts, key=lambda i: abs(i - len(numbers) / 2))


def acts(weights: Sequence[float], index: BriefIndex, seconds: float) -> list[int]:
    """The act of each scene: as many as are asked for, else three for a long film, by where scenes end."""
    asked = min(index.count("acts") or 0, MOST_ACTS, len(weights))
    if not asked and (seconds < ONE_ACT or len(weights) < FEWEST_SCENES):
        return [1] * len(weights)
    shares = [act.share for act in grammar().acts] if asked in (0, 3) else [1 / asked] * asked
    ends, total, reached = list(accumulate(shares)), sum(weights), 0.0
    found = list[int]()
    for at, weight in enumerate(weights):
        wanted = 1 + sum((reached + weight / 2) / total > end + 1e-9 for end in ends[:-1])
        last = found[-1] if found else 0
        least = len(shares) - (len(weights) - at - 1)
        found.append(max(min(wanted, last + 1), last, least, 1))
        reached += weight
    return found


def mood_word(mood: str) -> str:
    """The mood of film grammar that a word says; empty for none."""
    return next((match.word for match in find("mood", mood)), "") if mood else ""
