"""A brief as a director looks at it: who may be seen, what holds at each event, who has what, who says what when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from planner.check.form import number
from planner.film.craft import Tongue, craft
from planner.film.ground import find
from planner.story.brief import Brief, Never, Number, Person, Place, Rule, Setting, Speech, StoryEvent, Thing

_NONE = frozenset({"none", "no", "0", "without", "silent", "nobody"})
_NEGATED = re.compile(r"\b(?:not|never|no longer)\b|n['’]t\b|지 않|지 못|^안 |^못 ")
NOWHERE = "somewhere"
"""The place of a film of which no place is known."""


class BriefIndex:
    """One brief, looked up by ids and numbers. Events are those of the brief, in the order in which they are seen."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.tongue: Tongue = "ko" if re.search("[가-힣]", brief.text + brief.language) else "en"
        self.people = {person.id: person for person in brief.people}
        self.things = {thing.id: thing for thing in brief.things}
        self.places = {place.id: place for place in brief.places}
        self.events = {event.number: event for event in brief.events}
        self.kinds = {event.number: _kind(event) for event in brief.events}
        self._order = {event.number: at for at, event in enumerate(brief.events)}

    def form(self, rule: Rule) -> str:
        """The value of a demand of form, in lower case; empty where there is none."""
        return next((form.value.lower() or "yes" for form in self.brief.form if form.rule == rule), "")

    def count(self, rule: Rule) -> int | None:
        """The whole number that a demand of form asks for."""
        found = number(self.form(rule)) if self.form(rule) else None
        return int(found) if found and found >= 1 else None

    def forbids(self, rule: Rule) -> bool:
        """Whether a demand of form asks for none: no people, no speech."""
        return self.form(rule) in _NONE

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Whoever and whatever is never seen: it is in no figure and in no picture."""
        unseen = {person.id for person in self.brief.people if not person.seen}
        unseen |= {i for never in self.brief.never for i in never.ids}
        if self.forbids("people"):
            unseen |= {person.id for person in self.brief.people if is_human(person)}
        return frozenset(unseen)

    @cached_property
    def unshowable(self) -> tuple[Never, ...]:
        """What must never be seen and is no one of the brief: 'blood'."""
        return tuple(never for never in self.brief.never if not never.ids)

    @cached_property
    def lines(self) -> dict[Number | None, tuple[Speech, ...]]:
        """The lines of each event; of None those of a film without events. Hidden ones are heard all the same."""
        spoken: dict[Number | None, list[Speech]] = {}
        for line in () if self.forbids("speech") else self.brief.speech:
            spoken.setdefault(self._event_of(line), []).append(line)
        return {event: tuple(lines) for event, lines in spoken.items()}

    def _event_of(self, line: Speech) -> Number | None:
        """The event in which a line is said: its own, else the last that the text tells before it."""
        if line.event in self.events or not self.events:
            return line.event
        return self.nearest(line.start).number

    def nearest(self, start: int) -> StoryEvent:
        """The event that the text tells at a character, or last before it."""
        told = [event for event in self.brief.events if event.start <= start]
        return max(told, key=lambda event: event.start, default=self.brief.events[0])

    @cached_property
    def periods(self) -> tuple[Setting, ...]:
        """Hours that follow each other through the whole film, where several hold everywhere."""
        times = [s for s in self.brief.settings if s.kind == "time" and not s.events]
        return tuple(sorted(times, key=lambda s: s.start)) if len(times) > 1 else ()

    @cached_property
    def mentioned(self) -> dict[Number, tuple[str, ...]]:
        """Of each event the things that its words name and that nothing is done with: 'sleeps in the flour'."""
        used = {i for event in self.brief.events for i in (*event.who, *event.whom)}
        found: dict[Number, list[str]] = {}
        for thing in self.brief.things:
            if thing.id not in used and thing.words and not thing.carried_by:
                at = (e.number for e in self.brief.events if e.words and e.start <= thing.start < e.end)
                found.setdefault(next(at, 0), []).append(thing.id)
        return {event: tuple(ids) for event, ids in found.items() if event}

    def holds(self, kind: str, event: Number | None) -> tuple[Setting, ...]:
        """The settings of a kind that hold at an event, those of the whole film first."""
        settings = [s for s in self.brief.settings if s.kind == kind and s not in self.periods]
        return tuple(sorted((s for s in settings if not s.events or event in s.events), key=lambda s: bool(s.events)))

    def value(self, kind: str, event: Number | None) -> str:
        """The hour, weather or mood of an event; empty where nothing says it."""
        return next((s.value for s in reversed(self.holds(kind, event))), "")

    def worn(self, person: Person, event: Number | None) -> tuple[str, ...]:
        """What somebody wears while an event happens."""
        at = self._order.get(event, 0) if event else 0
        begun = [g for g in person.wears if g.since is None or self._order.get(g.since, 0) <= at]
        return tuple(g.item for g in begun if g.until is None or not self._past(g.until, at))

    def _past(self, event: Number, at: int) -> bool:
        return self._order.get(event, len(self._order)) < at

    def holder(self, thing: str, event: Number | None, after: bool = False) -> str | None:
        """Who has a thing when an event begins, or after it."""
        owner = self.things[thing].carried_by
        for number_, happened in self.events.items():
            if event is None or (number_ == event and not after):
                return (self._before(thing, happened) if event else None) or owner
            owner = self._passed(thing, happened, owner)
            if number_ == event:
                break
        return owner

    def _before(self, thing: str, event: StoryEvent) -> str | None:
        """Who has a thing in a look back before it is given away: the giver, whoever has it in the film."""
        gives = event.earlier and thing in event.whom and _passing(event) == "give" and len(event.whom) > 1
        return next((i for i in event.who if i in self.people), None) if gives else None

    def _passed(self, thing: str, event: StoryEvent, owner: str | None) -> str | None:
        if thing not in event.whom or find("setting", self.things[thing].kind):
            return owner
        owner = owner if owner in (*event.who, *event.whom) else None
        actor = next((i for i in event.who if i in self.people), owner)
        taker = next((i for i in event.whom if i in self.people), None)
        fate = _passing(event)
        return None if fate == "lose" else actor if fate == "take" else taker or owner if fate == "give" else owner

    def has_hands(self, person: str) -> bool:
        """Whether somebody holds things in hands."""
        found = find("species", self.people[person].kind)
        return not found or found[-1].word in ("person", "robot", "bear", "ghost")

    def carried(self, person: str, event: Number | None) -> tuple[Thing, ...]:
        """What somebody has with them while an event happens."""
        return tuple(t for i, t in self.things.items() if i not in self.hidden and self.holder(i, event) == person)

    def visible(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Those of some people and things that may be seen, each once."""
        return tuple(dict.fromkeys(i for i in ids if (i in self.people or i in self.things) and i not in self.hidden))

    def place(self, place: str) -> Place | None:
        return self.places.get(place)

    @cached_property
    def pace(self) -> float:
        """What the form and the kind of film do to the length of all shots."""
        asked = " ".join((self.form("pace"), self.form("kind of film")))
        return next((factor for factor, words in craft().pace.items() if any(w in asked for w in words)), 1.0)


def is_human(person: Person) -> bool:
    """Whether somebody is a human being, as far as film grammar knows the kind."""
    found = find("species", person.kind)
    return not found or found[-1].word == "person"


def _passing(event: StoryEvent) -> str:
    """What becomes of the things of an event: 'give', 'take', 'lose', or nothing."""
    verb = event.verb.lower()
    if _NEGATED.search(f"{verb} "):
        return ""
    found = ((len(start), fate) for fate, verbs in craft().hands.items() for start in verbs if verb.startswith(start))
    return max(found, default=(0, ""))[1]


def _kind(event: StoryEvent) -> str:
    """Which coverage tells an event, by its verb or, failing that, by its sentence."""
    if _NEGATED.search(f"{event.verb} "):
        return "feel"
    found = find("event", event.verb) or find("event", event.does)
    return found[0].word if found else "happen" if not event.who else "use"
