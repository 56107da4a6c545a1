"""Coverage: every way in which the events of a scene can be seen that shows something which no other shot shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from planner.direct.brief_index import BriefIndex
from planner.direct.outlining import SceneSpan, hours
from planner.direct.wording import Wording
from planner.film.craft import craft
from planner.film.grammar import grammar
from planner.story.brief import Never, Number, Speech, StoryEvent

Part = Literal["event", "line", "place", "thing", "detail", "reaction", "without", "portrait", "ending"]
"""What a shot is for. Those of the ranks below tell the film; the others add to it, the lower ones first."""
NEEDED = 0
LETTERS, SYLLABLES = 15.0, 6.0
"""That can be heard in a second."""
WORDS, BREATH = 2.5, 0.5
"""Words said in a second, and seconds around a line."""
PLACES = 4
"""Places of a higher rank are seen behind what happens in them and not by themselves."""
LAST = 1.3
"""How much longer the last thing that happens is held."""
_BETWEEN = frozenset({"confront", "meet", "give", "talk", "help", "part", "discover", "fall", "celebrate"})
"""Kinds of event that another face answers."""


class View(NamedTuple):
    """One shot that could be made."""

    part: Part
    happens: str
    key: tuple[str, ...]
    """What it shows; two with the same key show the same."""
    rank: int
    seconds: float
    grows: float
    figures: tuple[str, ...] = ()
    actions: Mapping[str, str] = {}
    events: tuple[Number, ...] = ()
    """Of which something happens in it."""
    during: Number | None = None
    """The event in whose course it is seen."""
    what: str = ""
    """The thing or detail that fills the frame, in words."""
    lines: tuple[Speech, ...] = ()
    others: tuple[Number, ...] = ()
    """Further demands that it serves."""


def speaking(line: Speech) -> float:
    """Seconds in which a line is said."""
    korean = sum("가" <= letter <= "힣" for letter in line.text)
    by_letters = korean / SYLLABLES + (len(line.text) - korean) / LETTERS
    return max(len(line.text.split()) / WORDS, by_letters) + BREATH


class Covering:
    """Finds the views of scene after scene; what a film has shown once in detail it does not show again."""

    def __init__(self, index: BriefIndex, wording: Wording, most: int) -> None:
        self.index, self.wording, self.most = index, wording, most
        self._shown: set[tuple[str, ...]] = set()
        self._lines = dict(index.lines)

    def views(self, stretch: SceneSpan, strays: Sequence[str], last: bool) -> list[View]:
        """The views of a scene in film order. ``strays`` are seen in it though no event names them; the last scene
        has the ending."""
        crowds = tuple(i for i in self.index.visible(strays) if i in self.index.people and self.index.people[i].crowd)
        strays = [i for i in strays if i not in crowds]
        place = self._place(stretch, crowds)
        found = [place] if place.rank <= PLACES or not stretch.events else []
        for number in stretch.events:
            found += self._first_seen(self._event(self.index.events[number], stretch))
        found += self._first_seen(self._introduced(stretch, strays))
        if not stretch.events:
            found[:1] = [found[0]._replace(rank=NEEDED)] if len(found) < 2 else []
            found += [self._line(line, None) for line in self._lines.pop(None, ())]
        if last and (ending := self.index.brief.ending) and ending.event not in self.index.events:
            found.append(self._ending(stretch))
        if last and found and found[-1].rank == NEEDED:
            found[-1] = found[-1]._replace(seconds=found[-1].seconds * LAST)
        return self._with_unseen(self._allowed(found), strays)

    def _first_seen(self, views: Iterator[View]) -> Iterator[View]:
        """Those that show what no view before shows; what the story does not need is not said twice either."""
        for view in views:
            said = ("said", view.happens)
            if view.key not in self._shown and (view.rank == NEEDED or said not in self._shown):
                self._shown |= {view.key, said}
                yield view

    def _with_unseen(self, views: list[View], strays: Sequence[str]) -> list[View]:
        """The views, the first needed one of which stands for those who are there and never seen."""
        numbers = tuple(n for i in strays if i in self.index.hidden for n in self._number(i))
        at = next((i for i, view in enumerate(views) if view.rank == NEEDED), 0)
        views[at] = views[at]._replace(others=(*views[at].others, *numbers))
        return views

    def _allowed(self, views: Sequence[View]) -> list[View]:
        """Without those that add what must never be seen."""
        words = [_core(never) for never in self.index.unshowable]
        return [v for v in views if v.rank == NEEDED or not any(w in v.happens.lower() for w in words)]

    def _event(self, event: StoryEvent, stretch: SceneSpan) -> Iterator[View]:
        """What tells an event, then what it is done with, who answers, and what is left of it."""
        seen, things = self.index.visible((*event.who, *event.whom)), self._things(event)
        yield from self._told(event, stretch)
        yield from (self._thing(thing, event, stretch) for thing in things if not self._passes(thing, event))
        yield from self._answers(event, stretch)
        yield from (self._line(line, event) for line in self._lines.pop(event.number, ()))
        yield from self._changed(event, stretch)
        for person in (i for i in seen if i in self.index.people):
            yield from self._details(person, event, stretch)
        yield from self._surroundings(event, stretch)

    def _passes(self, thing: str, event: StoryEvent) -> bool:
        """Whether a thing changes hands in an event, so that it is seen where it ends up."""
        return self.index.holder(thing, event.number) != self.index.holder(thing, event.number, after=True)

    def _told(self, event: StoryEvent, stretch: SceneSpan) -> Iterator[View]:
        """The event itself; whoever does not fit into one frame is seen in the next, then what is said."""
        lines = self._lines.pop(event.number, ())
        beside = (*self.index.mentioned.get(event.number, ()), *(line.speaker for line in lines[:1]))
        crowd = self.index.visible((*event.who, *event.whom, *beside))
        people = [i for i in crowd if i in self.index.people]
        things = tuple(i for i in crowd if i in self.index.things)
        actions = {i: event.verb for i in event.who if i in crowd}
        first = tuple(people[: self.most]) + things
        own = lines[:1] if lines and (len(lines) == 1 or lines[0].speaker in event.who) else ()
        happens = self.wording.event((event.number,))
        if ("told", str(event.number)) in self._shown or hours(self.index):
            happens = self.wording.at_hour(happens, stretch.time)
        self._shown.add(("told", str(event.number)))
        yield self._view("event", happens, ("event", str(event.number), stretch.time), NEEDED, event,
                         figures=first, actions=actions, lines=own, events=(event.number,),
                         others=self._unseen(event))  # fmt: skip
        for n in range(self.most, len(people), self.most):
            rest = tuple(people[n : n + self.most])
            yield self._view("portrait", self.wording.portrait(rest, stretch.place), ("portrait", *rest), NEEDED, event,
                             figures=rest, actions={i: event.verb for i in rest if i in event.who},
                             events=(event.number,))  # fmt: skip
        self._lines[event.number] = lines[len(own) :]

    def _line(self, line: Speech, event: StoryEvent | None) -> View:
        """The face of who speaks; of somebody unseen the faces of those who hear it."""
        seen = self.index.visible((line.speaker,))
        if not seen or line.manner in ("voice over", "thought", "off screen"):
            seen = self.index.visible(event.who + event.whom if event else ())
        people = tuple(i for i in seen if i in self.index.people)[: self.most]
        actions = {line.speaker: self._verb("speak")} if people == (line.speaker,) else {}
        return self._view("line", self.wording.line(line.speaker, line.text), ("line", str(line.number)), NEEDED, event,
                          figures=people, actions=actions,
                          lines=(line,), events=(event.number,) if event else (),
                          others=() if line.speaker in people else self._number(line.speaker))  # fmt: skip

    def _place(self, stretch: SceneSpan, crowds: tuple[str, ...]) -> View:
        """The place of a scene, in its hour, with the crowds that fill it."""
        first = self.index.events.get(stretch.events[0]) if stretch.events else None
        bare = self.wording.empty() if self.index.hidden else " ".join(self.index.brief.text.split())[:190]
        happens = self.wording.place_shot(stretch.place, stretch.time) or bare
        new = ("place", stretch.place) not in self._shown
        seen = not first or self.index.visible((*first.who, *first.whom))
        quick = bool(self._shown) and self.index.pace < 1
        rank = NEEDED if crowds else 5 if not (new and seen) else 4 if quick else 2 if self._shown else 1
        self._shown.add(("place", stretch.place))
        if crowds:
            happens = self.wording.at_hour(self.wording.portrait(crowds, stretch.place), stretch.time)
        return self._view("place", happens, ("place", stretch.place, stretch.time), rank, first, figures=crowds)

    def _thing(self, thing: str, event: StoryEvent, stretch: SceneSpan) -> View:
        holder = self.index.holder(thing, event.number)
        happens = self.wording.thing_shot(thing, holder, stretch.place)
        told = ("thing", thing) in self._shown
        self._shown.add(("thing", thing))
        own = thing in event.whom or thing in event.who
        key = ("thing", thing, str(holder), stretch.place) if own else ("carried", thing)
        return self._view("thing", happens, key, 3 if told else 1 if own else 2, event, figures=(thing,),
                          what=self._alone(thing, holder), events=(event.number,) if own else ())  # fmt: skip

    def _alone(self, thing: str, holder: str | None) -> str:
        """A thing in words, with who holds it."""
        return self.wording.thing_shot(thing, holder, "").rstrip(".")

    def _things(self, event: StoryEvent) -> list[str]:
        """What an event is done with, and what those who do it carry, as far as it deserves a shot of its own."""
        carried = (t.id for i in event.who for t in self.index.carried(i, event.number))
        named = self.index.visible((*event.whom, *event.who, *carried))
        return [i for i in named if i in self.index.things and self._matters(i, event)]

    def _matters(self, thing: str, event: StoryEvent) -> bool:
        """Whether a thing has looks, is in somebody's hands or comes back: any other is seen where it is used."""
        uses = sum(thing in other.whom for other in self.index.brief.events)
        return bool(self.index.things[thing].looks or self.index.holder(thing, event.number)) or uses > 1

    def _answers(self, event: StoryEvent, stretch: SceneSpan) -> Iterator[View]:
        """Faces that answer: of those to whom it is done, and of one who is there and has not been seen to watch."""
        kind, there = self.index.kinds[event.number], self._company(stretch)
        acting = [i for i in event.who if i in self.index.people]
        for person in self.index.visible(event.whom):
            actors = self.index.visible(tuple(i for i in acting if i != person))
            if person in self.index.people and actors:
                key = ("looks", person, *actors, stretch.place, stretch.time)
                yield self._view("reaction", self.wording.looks_at(person, actors), key, 1 if kind in _BETWEEN else 2,
                                 event, figures=(person,), actions={person: self._verb("look")},
                                 events=(event.number,))  # fmt: skip
        keys = {
            i: ("watches", i, stretch.place, str(stretch.events)) for i in there if i not in (*event.who, *event.whom)
        }
        witness = next((i for i, key in keys.items() if key not in self._shown), None)
        if witness and (acting or event.who or kind == "happen"):
            yield self._view("reaction", self.wording.reaction(witness, event.number), keys[witness], 2, event,
                             figures=(witness,), actions={witness: self._verb("watch")})  # fmt: skip

    def _company(self, stretch: SceneSpan) -> list[str]:
        """The people whom the events of a scene name, those who cannot be seen left out."""
        named = (i for n in stretch.events for i in (*self.index.events[n].who, *self.index.events[n].whom))
        return [i for i in self.index.visible(tuple(named)) if i in self.index.people]

    def _changed(self, event: StoryEvent, stretch: SceneSpan) -> Iterator[View]:
        """What is left: the thing with whoever has it now, the place without who has gone."""
        kind = self.index.kinds[event.number]
        for thing in (i for i in self.index.visible(event.whom) if i in self.index.things):
            after = self.index.holder(thing, event.number, after=True)
            if after and self._passes(thing, event) and self.index.has_hands(after):
                happens = self.wording.thing_shot(thing, after, stretch.place)
                yield self._view("thing", happens, ("thing", thing, str(after), stretch.place), 2, event,
                                 figures=(thing,), what=self._alone(thing, after), events=(event.number,))  # fmt: skip
        gone = self.index.visible(event.who)
        if kind == "part" and gone and event.number == stretch.events[-1]:
            happens = self.wording.without(stretch.place, gone)
            yield self._view("without", happens, ("without", stretch.place, *gone), 3, event)

    def _details(self, person: str, event: StoryEvent, stretch: SceneSpan) -> Iterator[View]:
        """What somebody wears, and those looks that a camera can come near to."""
        found = self.index.people[person]
        for garment in self.index.worn(found, event.number):
            happens = self.wording.garment_shot(person, garment, stretch.place)
            yield self._detail(person, garment, happens, self.wording.garment_shot(person, garment, ""), event)
        for look in filter(self.wording.is_part, found.looks):
            happens = self.wording.look_shot(person, look)
            yield self._detail(person, look, happens, happens, event)

    def _detail(self, owner: str, detail: str, happens: str, what: str, event: StoryEvent | None) -> View:
        figures = (owner,) if owner in self.index.people else ()
        key = ("detail", owner, detail)
        return self._view("detail", happens, key, 3, event, figures=figures, what=what.rstrip("."))

    def _surroundings(self, event: StoryEvent, stretch: SceneSpan) -> Iterator[View]:
        """The parts of the place that the brief names."""
        place = self.index.place(stretch.place)
        for look in filter(self.wording.is_part, place.looks if place else ()):
            happens = self.wording.look_shot(stretch.place, look)
            yield self._detail(stretch.place, look, happens, happens, event)

    def _introduced(self, stretch: SceneSpan, strays: Sequence[str]) -> Iterator[View]:
        """Those whom the brief names and no event: somebody who is there, things that stand there."""
        during = self.index.events[stretch.events[-1]] if stretch.events else None
        people = [i for i in self.index.visible(strays) if i in self.index.people]
        for n in range(0, len(people), self.most):
            some = tuple(people[n : n + self.most])
            happens = self._in_hour(self.wording.portrait(some, stretch.place), stretch)
            key = ("portrait", *some, self._hour(stretch))
            yield self._view("portrait", happens, key, NEEDED, during, figures=some)
        for thing in (i for i in self.index.visible(strays) if i in self.index.things):
            holder = self.index.holder(thing, None)
            happens = self._in_hour(self.wording.thing_shot(thing, holder, stretch.place), stretch)
            yield self._view("thing", happens, ("stray", thing, self._hour(stretch)), NEEDED, during, figures=(thing,),
                             what=self._alone(thing, holder))  # fmt: skip
        for person in people:
            yield from self._parts_of(person, stretch)

    def _hour(self, stretch: SceneSpan) -> str:
        """What tells a scene from others that show the same: its hour, where the film goes through hours."""
        return stretch.time if hours(self.index) else ""

    def _in_hour(self, happens: str, stretch: SceneSpan) -> str:
        return self.wording.at_hour(happens, stretch.time) if self._hour(stretch) else happens

    def _parts_of(self, person: str, stretch: SceneSpan) -> Iterator[View]:
        found = self.index.people[person]
        for garment in self.index.worn(found, None):
            happens, what = (self.wording.garment_shot(person, garment, place) for place in (stretch.place, ""))
            yield self._detail(person, garment, happens, what, None)

    def _ending(self, stretch: SceneSpan) -> View:
        """How the film closes, in the words of the brief."""
        ending = self.index.brief.ending
        assert ending is not None
        words = ending.what.lower()
        named = [p.id for p in self.index.brief.people if any(n and n.lower() in words for n in (p.name, p.kind))]
        named += [t.id for t in self.index.brief.things if t.kind.lower() in words]
        happens = self.wording.veiled(ending.what[:190])
        last = self.index.events[stretch.events[-1]] if stretch.events else None
        figures = self.index.visible(named)[: self.most]
        return self._view("ending", happens, ("ending",), NEEDED, last, figures=figures, others=(ending.number,))

    def _unseen(self, event: StoryEvent) -> tuple[Number, ...]:
        """The numbers of those who take part and are never seen: what they leave behind is."""
        return tuple(n for i in (*event.who, *event.whom) if i in self.index.hidden for n in self._number(i))

    def _number(self, entity: str) -> tuple[Number, ...]:
        found = self.index.people.get(entity) or self.index.things.get(entity)
        return (found.number,) if found else ()

    def _verb(self, verb: Literal["look", "watch", "speak"]) -> str:
        english = {"look": "looks", "watch": "watches", "speak": "speaks"}
        korean = {"look": "바라본다", "watch": "지켜본다", "speak": "말한다"}
        return (korean if self.index.tongue == "ko" else english)[verb]

    def _view(
        self, part: Part, happens: str, key: tuple[str, ...], rank: int, event: StoryEvent | None,
        figures: tuple[str, ...] = (), actions: Mapping[str, str] = {}, what: str = "",
        lines: tuple[Speech, ...] = (), events: tuple[Number, ...] = (), others: tuple[Number, ...] = (),
    ) -> View:  # fmt: skip
        hold = craft().holds[part]
        seconds = hold.seconds * self.index.pace * self._weight(part, happens, event)
        spoken = sum(map(speaking, lines))
        return View(part, happens, key, rank, max(seconds, spoken + 0.2 if lines else 0.0), hold.grows, figures,
                    actions, events, event.number if event else None, what, lines, others)  # fmt: skip

    def _weight(self, part: Part, happens: str, event: StoryEvent | None) -> float:
        """Longer for what moves and for what takes many words to say."""
        words = len(happens.split()) * (1.6 if self.index.tongue == "ko" else 1.0)
        if part in ("event", "ending", "portrait"):
            kind = self.index.kinds[event.number] if event else "rest"
            return craft().weight.get(kind, 1.0) * (0.7 + 0.035 * min(words, 22))
        mood = grammar().moods.get(self.index.value("mood", event.number if event else None))
        return (0.85 + 0.02 * min(words, 20)) * (mood.pace / 2.6 if mood else 1.0)


def _core(never: Never) -> str:
    words = never.what.lower().removeprefix("no ").removeprefix("any ").strip()
    return words or "\0"
