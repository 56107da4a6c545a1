"""Unfolding: a long film from a short story. Each told event gets an approach, a struggle and an echo.

What is added are beats of ``film.yaml`` that change nothing in the world: the same people, places and things. No
sentence is told twice, and no beat comes back before all others that fit have had their turn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import cycle

from planner.film.grammar import Development, grammar
from planner.film.ground import find
from planner.language.generate import agreeing, filled, named
from planner.language.mentions import is_several
from planner.story.outline import Outline, OutlineEvent

#: Shots that a beat is usually worth.
SHOTS_A_BEAT = 3
#: Who does this has the thing in hand.
_HANDLING = frozenset({"take", "give", "make", "lose", "consume"})
#: How far away in the story somebody may be who joins a beat.
NEAR = 3


def unfold(outline: Outline, count: int) -> list[OutlineEvent]:
    """The events with at most ``count`` beats more, shared evenly among those told that have somebody to act."""
    told = [i for i, e in enumerate(outline.events) if e.duty == "told" and _lead(outline, i)]
    unfolding = _Unfolding(outline)
    quota = {i: count // len(told) + (n < count % len(told)) for n, i in enumerate(told)} if told else {}
    events: list[OutlineEvent] = []
    for i, event in enumerate(outline.events):
        before, after = unfolding.around(i, quota.get(i, 0))
        events += [*before, event, *after]
    return events


class _Unfolding:
    """Chooses beats; remembers what it has told."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._used: Counter[str] = Counter()
        self._told = {event.text for event in outline.events}

    def around(self, at: int, count: int) -> tuple[list[OutlineEvent], list[OutlineEvent]]:
        """``count`` beats for an event, some before and some after it, in the order of their phases."""
        phases = grammar().phases
        middle = phases.index("event")
        chosen: dict[str, list[OutlineEvent]] = {phase: [] for phase in phases}
        idle = 0
        for phase in cycle([p for p in phases if p != "event"]):
            if sum(map(len, chosen.values())) >= count or idle >= len(phases):
                break
            beat = self._next(phase, at)
            idle = 0 if beat else idle + 1
            chosen[phase] += [beat] if beat else []
        before = [event for phase in phases[:middle] for event in chosen[phase]]
        return before, [event for phase in phases[middle:] for event in chosen[phase]]

    def _next(self, phase: str, at: int) -> OutlineEvent | None:
        beats = [b for b in grammar().beats if b.phase == phase]
        for beat in sorted(beats, key=lambda b: self._used[b.en]):
            if (event := self._event(beat, at)) and event.text not in self._told:
                self._used[beat.en] += 1
                self._told.add(event.text)
                return event
        return None

    def _event(self, beat: Development, at: int) -> OutlineEvent | None:
        """A beat with this event's people, things and place; None where it has none that the beat needs."""
        outline, near = self._outline, self._outline.events[at]
        who, other = _lead(outline, at), _other(outline, at)
        if other and self._used[beat.en] % 2:
            who, other = other, who
        props = [i for i in near.whom if i in _handled(outline, near)]
        place = next((p.name for p in outline.places if p.id == near.place), "")
        korean = bool(re.search("[가-힣]", near.text))
        template = beat.ko if korean else beat.en
        for slot, i in (("who", who), ("other", other)):
            template = agreeing(template, slot) if i and is_several(_called(outline, i)) else template
        fill = {
            "who": named(outline, [who]),
            "place": _place(place, korean),
            "other": named(outline, [other]) if other else "",
            "prop": named(outline, props[:1]) if props else "",
        }
        if any(f"{{{slot}}}" in template and not words for slot, words in fill.items()):
            return None
        text = filled(template, fill)
        people = [i for i, slot in ((who, "{who}"), (other, "{other}")) if slot in beat.en]
        people.sort(key=lambda i: beat.en.index("{who}" if i == who else "{other}"))
        both = " and " in beat.en
        return near.model_copy(
            update={
                "text": f"{text[:1].upper()}{text[1:]}.", "kind": beat.kind,
                "who": tuple(people if both else people[:1]),
                "whom": (*(people[1:] if not both else ()), *(props[:1] if "{prop}" in beat.en else ())), "action": "",
                "camera": "", "size": "", "lines": (), "duty": "developed", "why": beat.why,
            }
        )  # fmt: skip


def _place(name: str, korean: bool) -> str:
    """A place as a sentence names it; a Korean one does not name what has only an English word."""
    if korean:
        return "" if name.isascii() and not name[:1].isupper() else name
    return name if name[:1].isupper() else f"the {name}"


def _handled(outline: Outline, event: OutlineEvent) -> set[str]:
    """The props of an event that a hand can hold and that nobody is looking for."""
    held = event.kind in _HANDLING and bool(event.who)
    known = {p.id for p in outline.props if held or any(m.fit != "near" for m in find("prop", p.kind))}
    return known - {q.prop for q in outline.quests}


def _called(outline: Outline, identity: str) -> str:
    return next((c.name for c in outline.cast if c.id == identity), "")


def _lead(outline: Outline, at: int) -> str:
    """Who a beat around an event is about: who acts in it, else whom it happens to, else who acted last."""
    alive = _alive(outline, at)
    event = outline.events[at]
    earlier = [i for e in reversed(outline.events[:at]) for i in e.who]
    return next((i for i in (*event.who, *event.whom, *earlier) if i in alive), "")


def _other(outline: Outline, at: int) -> str:
    """Somebody else who is near in the story and in the same place."""
    alive, lead, here = _alive(outline, at), _lead(outline, at), outline.events[at]
    order = sorted(range(len(outline.events)), key=lambda i: (abs(i - at), i))
    near = [
        outline.events[i] for i in order if abs(i - at) <= NEAR and i <= at and outline.events[i].place == here.place
    ]
    return next((i for e in near for i in (*e.who, *e.whom) if i in alive and i != lead), "")


def _alive(outline: Outline, at: int) -> set[str]:
    """The cast but for those who are dead by the end of an event."""
    dead = set(_dying(outline.events[: at + 1]))
    return {c.id for c in outline.cast} - dead


def _dying(events: Sequence[OutlineEvent]) -> list[str]:
    died = re.compile(r"\b(?:die[sd]?|drown\w*|perish\w*|is killed|was killed)\b")
    killed = re.compile(r"\b(?:kill|slay|slew|murder)\w*\b")
    return [
        i for e in events for i in (*(e.who if died.search(e.text) else ()), *(e.whom if killed.search(e.text) else ()))
    ]
