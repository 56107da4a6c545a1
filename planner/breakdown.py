"""Breakdown: events to shots. Which shots tell them, in which order, for how many frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from omni_model.conditioning import Capabilities
from planner.develop import lengthen
from planner.grammar import CoverageShot, grammar
from planner.outline import Event, Outline

#: Seconds of a usual shot: quick and slow.
QUICK, SLOW = 2.1, 2.4
#: A mood with at least this pace (seconds a shot) is slow.
SLOW_PACE = 2.8
#: Most shots that are planned when nobody says how long the film is.
MOST_SHOTS = 48

ESTABLISHING = CoverageShot(size="wide", camera="static", who="place", action="", share=1.0, purpose="the place")
#: Further looks at an event, when a film is longer than its story.
_ANOTHER_LOOK = (
    CoverageShot(size="close", camera="push in", who="actor", action="looks around", share=0.4, purpose="the face"),
    CoverageShot(size="wide", camera="pan right", who="place", action="", share=0.4, purpose="what lies to the right"),
    CoverageShot(size="wide", camera="pan left", who="all", action="walks", share=0.4, purpose="all of them"),
    CoverageShot(size="wide", camera="tilt up", who="place", action="", share=0.4, purpose="the sky above"),
    CoverageShot(size="medium", camera="static", who="all", action="stands", share=0.4, purpose="a breath"),
    CoverageShot(size="wide", camera="pan left", who="place", action="", share=0.4, purpose="what lies to the left"),
    CoverageShot(size="medium", camera="push in", who="place", action="", share=0.4, purpose="a closer look"),
    CoverageShot(size="wide", camera="pull out", who="place", action="", share=0.4, purpose="how wide it is"),
)


class Beat(NamedTuple):
    """One shot to be: an event seen in one way. ``order`` 0 tells the event alone."""

    event: Event
    look: CoverageShot
    order: int
    at: int
    """The event's place in the film."""


class Breakdown(NamedTuple):
    beats: tuple[Beat, ...]
    frames: tuple[int, ...]
    """Of each beat."""
    dropped: tuple[Event, ...]
    """Told events that the film has no time for."""
    outline: Outline


def break_down(outline: Outline, capabilities: Capabilities, duration: float | None, random: Random) -> Breakdown:
    """The shots of an outline. ``duration`` in seconds is met to the frame; None: as long as the story needs."""
    total = None if duration is None else max(1, round(duration * capabilities.fps))
    usual = _on_grid((QUICK + SLOW) / 2, capabilities)
    told = sum(event.duty == "told" for event in outline.events)
    count = max(random.choice((7, 8)), min(told + len(outline.places), MOST_SHOTS))
    if total is not None:
        count = max(1, round(total / usual), math.ceil(total / capabilities.max_frames))
    outline = lengthen(outline, count - 1, {k: len(v) for k, v in grammar().coverage.items()})
    beats = choose(outline, count)
    frames = _natural(beats, capabilities) if total is None else _shared(beats, total)
    kept = {beat.at for beat in beats}
    dropped = (e for i, e in enumerate(outline.events) if i not in kept and e.duty == "told")
    return Breakdown(beats, frames, tuple(dropped), outline)


def choose(outline: Outline, count: int) -> tuple[Beat, ...]:
    """Exactly ``count`` beats in film order: first what tells each event, then its place, then further looks."""
    people = {c.id for c in outline.cast}
    essential = [Beat(e, _looks(e, people)[0], 0, i) for i, e in enumerate(outline.events)]
    if len(essential) >= count:
        return tuple(_spread(essential, count))
    more = [beat for i, e in enumerate(outline.events) for beat in _further(i, e, people)]
    more.sort(key=lambda b: (b.order, _rank(b.event), b.at))
    opening = [Beat(e, ESTABLISHING, -1, i) for i, e in enumerate(outline.events) if _opens(outline.events, i)]
    chosen = [*essential, *opening[:1], *more, *opening[1:]][:count]
    chosen += _extra(essential, count - len(chosen))
    return tuple(sorted(chosen, key=lambda b: (b.at, b.order)))


def _looks(event: Event, people: set[str]) -> list[CoverageShot]:
    """The coverage of an event as far as it has the people for it."""
    if not event.who:
        alone = ESTABLISHING.model_copy(update={"who": "all", "purpose": event.text[:80]})
        return [alone]
    others = [i for i in event.whom if i in people]
    wanted = [s for s in grammar().coverage[event.kind] if s.who != "other" or others or len(event.who) > 1]
    return wanted or [ESTABLISHING]


def _further(at: int, event: Event, people: set[str]) -> list[Beat]:
    return [Beat(event, look, i, at) for i, look in enumerate(_looks(event, people)) if i]


def _rank(event: Event) -> int:
    """Whose further looks come first: what the film is about, what was told, what was added."""
    return 0 if event.kind == "discover" else 1 if event.duty == "told" else 2


def _opens(events: Sequence[Event], at: int) -> bool:
    """Whether the film moves to another place here."""
    return bool(events[at].who) and (at == 0 or events[at].place != events[at - 1].place)


def _extra(essential: Sequence[Beat], count: int) -> list[Beat]:
    """Other looks at the same events, for a film that is longer than its story."""
    extra: list[Beat] = []
    for i in range(count):
        beat = essential[i % len(essential)]
        turn = i // len(essential)
        looks = [s for s in _ANOTHER_LOOK if beat.event.who or s.who == "place"]
        look = looks[turn % len(looks)]
        purpose = look.purpose if turn < len(looks) else f"{look.purpose}, time {turn // len(looks) + 1}"
        extra.append(beat._replace(look=look.model_copy(update={"purpose": purpose}), order=10 + i))
    return extra


def _spread(beats: Sequence[Beat], count: int) -> list[Beat]:
    """``count`` of the beats, the first and the last always among them where two fit."""
    if count == 1:
        return [next((b for b in beats if b.event.duty == "told"), beats[0])]
    return [beats[round(i * (len(beats) - 1) / (count - 1))] for i in range(count)]


def _natural(beats: Sequence[Beat], capabilities: Capabilities) -> tuple[int, ...]:
    return tuple(_on_grid(SLOW if _is_slow(beat) else QUICK, capabilities) for beat in beats)


def _is_slow(beat: Beat) -> bool:
    mood = grammar().moods.get(beat.event.mood)
    return beat.order < 0 or (mood is not None and mood.pace >= SLOW_PACE)


def _on_grid(seconds: float, capabilities: Capabilities) -> int:
    """Frames nearest to ``seconds`` that a generator makes without cutting any off."""
    grid = capabilities.frame_grid
    steps = max(0, round((seconds * capabilities.fps - 1) / grid))
    return min(grid * steps + 1, capabilities.max_frames)


def _shared(beats: Sequence[Beat], total: int) -> tuple[int, ...]:
    """``total`` frames shared by weight, the largest remainders first; each shot has at least one."""
    count = len(beats)
    weights = [SLOW if _is_slow(beat) else QUICK for beat in beats]
    exact = [(total - count) * w / sum(weights) for w in weights]
    frames = [1 + math.floor(x) for x in exact]
    order = sorted(range(count), key=lambda i: (math.floor(exact[i]) - exact[i], i))
    for i in order[: total - sum(frames)]:
        frames[i] += 1
    return tuple(frames)
