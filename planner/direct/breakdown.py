"""Breakdown: events to shots. Which shots tell them, in which order, for how many frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from omni_model.spec.conditioning import Capabilities
from planner.direct.blocking import is_wearable
from planner.direct.develop import lengthen
from planner.film.grammar import CoverageShot, grammar
from planner.film.ground import ground
from planner.story.outline import Outline, OutlineEvent
from planner.story.story import Line

#: Seconds of a usual shot: quick and slow.
QUICK, SLOW = 2.1, 2.4
#: A mood with at least this pace (seconds a shot) is slow.
SLOW_PACE = 2.8
#: Most shots that are planned when nobody says how long the film is.
MOST_SHOTS = 48

#: Shots of a film with an asked length are this long on average at least and at most, before dialogue asks for more.
BRIEF, LONG = 1.2, 3.4
#: Films up to this long, in seconds, keep usual shots; longer ones breathe with their mood.
SHORT_FILM = 60.0
#: A story that would need more shots than this an event is told more slowly, up to this many seconds a shot.
SHOTS_TO_FILL, LONGEST_HELD = 20, 4.0
#: Words a second that can be heard and read, and seconds before and after them.
SPEECH, PAUSE = 2.5, 0.25
CHARACTERS = 15.0

ESTABLISHING = CoverageShot(
    size="wide", camera="static", who="place", action="", share=1.0, purpose="the place",
    why="a new place is shown before anything happens in it",
)  # fmt: skip


class Beat(NamedTuple):
    """One shot to be: an event seen in one way. ``order`` 0 tells the event alone."""

    event: OutlineEvent
    look: CoverageShot
    order: int
    at: int
    """The event's place in the film."""


class VisibleEntities(NamedTuple):
    """Who and what can be shown: the ids of the cast, and of the props that the generator draws by themselves (what is
    found and can be worn is on somebody at once)."""

    people: frozenset[str]
    things: frozenset[str]


class Breakdown(NamedTuple):
    beats: tuple[Beat, ...]
    frames: tuple[int, ...]
    """Of each beat."""
    dropped: tuple[OutlineEvent, ...]
    """Told events that the film has no time for."""
    outline: Outline
    unsaid: tuple[OutlineEvent, ...] = ()
    """Events that are shown while the film has no time for what is said in them."""


def break_down(outline: Outline, capabilities: Capabilities, duration: float | None, random: Random) -> Breakdown:
    """The shots of an outline. ``duration`` in seconds is met to the frame; None: as long as the story needs."""
    total = None if duration is None else max(1, round(duration * capabilities.fps))
    outline, unsaid = _sayable(outline, capabilities, total)
    told = sum(event.duty == "told" for event in outline.events)
    count = max(random.choice((7, 8)), min(told + len(outline.places), MOST_SHOTS))
    if total is not None:
        count = max(1, round(total / capabilities.fps / _usual(outline, total / capabilities.fps)))
        most = int(total / capabilities.fps / BRIEF)
        count = max(count, math.ceil(total / capabilities.max_frames), min(len(outline.events), most))
    outline = lengthen(outline, count - 1, {k: len(v) for k, v in grammar().coverage.items()})
    beats = choose(outline, count, _seen(outline, capabilities))
    frames = _natural(beats, capabilities) if total is None else _shared(beats, total, outline, capabilities)
    kept = {beat.at for beat in beats}
    dropped = (e for i, e in enumerate(outline.events) if i not in kept and e.duty == "told")
    return Breakdown(beats, frames, tuple(dropped), outline, tuple(unsaid))


def _usual(outline: Outline, seconds: float) -> float:
    """Seconds of a shot: in a short film the usual ones, in a longer one what mood and genre ask for."""
    usual = (QUICK + SLOW) / 2
    if seconds <= SHORT_FILM or not outline.events:
        return usual
    paces = [pace(event, outline) for event in outline.events]
    thin = seconds / (len(outline.events) * SHOTS_TO_FILL)
    return max(min(max(sum(paces) / len(paces), usual), LONG), min(thin, LONGEST_HELD))


def pace(event: OutlineEvent, outline: Outline) -> float:
    """Seconds that mood and genre give to a shot."""
    mood, genre = grammar().moods.get(event.mood), grammar().genres.get(outline.genre)
    return (mood.pace if mood else (QUICK + SLOW) / 2) * (genre.pace if genre else 1.0)


def speaking(lines: Sequence[Line]) -> float:
    """Seconds that lines need to be said and read; 0 for none."""
    said = " ".join(line.text for line in lines)
    return max(len(said.split()) / SPEECH, len(said) / CHARACTERS) + PAUSE if said else 0.0


def _sayable(outline: Outline, capabilities: Capabilities, total: int | None) -> tuple[Outline, list[OutlineEvent]]:
    """The outline without those lines, the longest first, that its length has no room for."""
    if total is None:
        return outline, []
    events, unsaid = list(outline.events), []
    room = total / capabilities.fps - BRIEF * 0.5 * len(events)
    while (spoken := [e for e in events if e.lines]) and sum(speaking(e.lines) for e in spoken) > max(room, 0.0):
        longest = max(spoken, key=lambda e: speaking(e.lines))
        unsaid.append(longest)
        events[events.index(longest)] = longest.model_copy(update={"lines": ()})
    return outline.model_copy(update={"events": tuple(events)}), unsaid


def _seen(outline: Outline, capabilities: Capabilities) -> VisibleEntities:
    found = {q.prop for q in outline.quests}
    apart = (p for p in outline.props if not (p.id in found and is_wearable(p)))
    drawn = (p.id for p in apart if ground("prop", p.kind, capabilities.vocabulary).word)
    return VisibleEntities(frozenset(c.id for c in outline.cast), frozenset(drawn))


def choose(outline: Outline, count: int, seen: VisibleEntities) -> tuple[Beat, ...]:
    """Exactly ``count`` beats in film order: first what tells each event, then its place, then further looks."""
    essential = [Beat(e, _telling(outline.events, i, seen), 0, i) for i, e in enumerate(outline.events)]
    if len(essential) >= count:
        return tuple(_fitting(essential, count))
    more = [beat for i, e in enumerate(outline.events) for beat in _further(i, e, seen)]
    more.sort(key=lambda b: (b.order, _rank(b.event), b.at))
    opening = [Beat(e, ESTABLISHING, -1, i) for i, e in enumerate(outline.events) if _opens(outline.events, i)]
    chosen = [*essential, *opening[:1], *more, *opening[1:]][:count]
    chosen += _extra(essential, count - len(chosen))
    return tuple(sorted(chosen, key=lambda b: (b.at, b.order)))


def _telling(events: Sequence[OutlineEvent], at: int, seen: VisibleEntities) -> CoverageShot:
    """The look that tells an event; within a talk it is cut from face to face."""
    event = events[at]
    talks = at and event.lines and events[at - 1].lines and event.place == events[at - 1].place
    faces = [look for look in grammar().coverage["talk"] if look.who == "actor"]
    return faces[0] if talks and faces else _looks(event, seen)[0]


def _looks(event: OutlineEvent, seen: VisibleEntities) -> list[CoverageShot]:
    """The coverage of an event as far as it has the people and things for it."""
    if not event.who:
        alone = ESTABLISHING.model_copy(update={"who": "all", "purpose": event.text[:80]})
        return [alone]
    there = {"other": len(event.who) > 1 or seen.people & set(event.whom), "thing": seen.things & set(event.whom)}
    return [s for s in grammar().coverage[event.kind] if there.get(s.who, True)] or [ESTABLISHING]


def _further(at: int, event: OutlineEvent, seen: VisibleEntities) -> list[Beat]:
    return [Beat(event, look, i, at) for i, look in enumerate(_looks(event, seen)) if i]


def _rank(event: OutlineEvent) -> int:
    """Whose further looks come first: what the film is about, what was told, what was added."""
    return 0 if event.kind == "discover" else 1 if event.duty == "told" else 2


def _opens(events: Sequence[OutlineEvent], at: int) -> bool:
    """Whether the film moves to another place here."""
    return bool(events[at].who) and (at == 0 or events[at].place != events[at - 1].place)


def _extra(essential: Sequence[Beat], count: int) -> list[Beat]:
    """Other looks at the same events, for a film that is longer than its story."""
    extra: list[Beat] = []
    for i in range(count):
        beat = essential[i % len(essential)]
        turn = i // len(essential)
        looks = [s for s in grammar().looks if beat.event.who or s.who == "place"]
        look = looks[turn % len(looks)]
        purpose = look.purpose if turn < len(looks) else f"{look.purpose}, time {turn // len(looks) + 1}"
        extra.append(beat._replace(look=look.model_copy(update={"purpose": purpose}), order=10 + i))
    return extra


def _fitting(beats: Sequence[Beat], count: int) -> list[Beat]:
    """``count`` of the beats in order: what is told comes before what the director added."""
    told = [beat for beat in beats if beat.event.duty == "told"]
    added = [beat for beat in beats if beat.event.duty != "told"]
    if len(told) >= count or not told:
        return _spread(told or added, count)
    return sorted([*told, *_spread(added, count - len(told))], key=lambda beat: beat.at)


def _spread(beats: Sequence[Beat], count: int) -> list[Beat]:
    """``count`` of the beats, the first and the last always among them where two fit."""
    if count == 1:
        return [next((b for b in beats if b.event.duty == "told"), beats[0])]
    return [beats[round(i * (len(beats) - 1) / (count - 1))] for i in range(count)]


def _natural(beats: Sequence[Beat], capabilities: Capabilities) -> tuple[int, ...]:
    usual = (_on_grid(SLOW if _is_slow(beat) else QUICK, capabilities) for beat in beats)
    return tuple(max(frames, _least(beat, capabilities)) for frames, beat in zip(usual, beats, strict=True))


def _least(beat: Beat, capabilities: Capabilities) -> int:
    """Frames that a shot cannot do without: those of what is said in it."""
    return math.ceil(speaking(beat.event.lines) * capabilities.fps) if beat.order == 0 else 1


def _is_slow(beat: Beat) -> bool:
    mood = grammar().moods.get(beat.event.mood)
    return beat.order < 0 or (mood is not None and mood.pace >= SLOW_PACE)


def _on_grid(seconds: float, capabilities: Capabilities) -> int:
    """Frames nearest to ``seconds`` that a generator makes without cutting any off."""
    grid = capabilities.frame_grid
    steps = max(0, round((seconds * capabilities.fps - 1) / grid))
    return min(grid * steps + 1, capabilities.max_frames)


def _shared(beats: Sequence[Beat], total: int, outline: Outline, capabilities: Capabilities) -> tuple[int, ...]:
    """``total`` frames shared by weight, the largest remainders first; no shot has less than what is said in it
    needs, nor more than a clip holds as long as others have room."""
    long = total / capabilities.fps > SHORT_FILM
    weights = [pace(b.event, outline) if long else SLOW if _is_slow(b) else QUICK for b in beats]
    least = [max(1, _least(beat, capabilities)) for beat in beats]
    frames = _filled(weights, [min(m, total // len(beats)) for m in least] if sum(least) > total else least, total)
    return _capped(frames, least, capabilities.max_frames)


def _filled(weights: Sequence[float], least: Sequence[int], total: int) -> list[int]:
    """Whole numbers that sum to ``total``, each at least its least, otherwise in proportion to the weights."""
    fixed: set[int] = set()
    while True:
        free = total - sum(least[i] for i in fixed)
        weight = sum(w for i, w in enumerate(weights) if i not in fixed)
        exact = [least[i] if i in fixed else free * w / weight for i, w in enumerate(weights)]
        short = {i for i, x in enumerate(exact) if i not in fixed and x < least[i]}
        if not short or len(fixed | short) == len(weights):
            break
        fixed |= short
    frames = [max(math.floor(x), m) for x, m in zip(exact, least, strict=True)]
    order = sorted(range(len(frames)), key=lambda i: (math.floor(exact[i]) - exact[i], i))
    for turn in range(abs(total - sum(frames))):
        frames[order[turn % len(order)]] += 1 if sum(frames) < total else -1
    return frames


def _capped(frames: list[int], least: Sequence[int], most: int) -> tuple[int, ...]:
    """Moves what is more than ``most`` frames in a shot to shots that have room."""
    over = 0
    for i, count in enumerate(frames):
        keep = max(min(count, most), least[i])
        over, frames[i] = over + count - keep, keep
    for i in sorted(range(len(frames)), key=lambda i: frames[i]):
        given = min(over, max(most - frames[i], 0))
        over, frames[i] = over - given, frames[i] + given
    frames[-1] += over
    return tuple(frames)
