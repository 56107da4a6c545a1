"""The brief: everything that a person asked for, numbered, with the words that made it, and nothing else.

Readers write it (:mod:`planner.read`), directors film it, and every demand meets its fate (:mod:`planner.check`).
What nobody said is not in it, except what a picture shows or what follows from the words, and then it says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.json_schema import SkipJsonSchema

from omni_model.spec.conditioning import Frozen, Slug

Prose = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]
Short = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Number = Annotated[int, Field(ge=1, le=9999)]

Origin = Literal["said", "implied", "picture"]
Rule = Literal[
    "seconds", "shots", "scenes", "acts", "one take", "aspect", "frame rate", "resolution", "camera", "framing",
    "place", "colours", "people", "speech", "sound", "text", "hours", "seasons", "pace", "kind of film",
    "one shot each", "other",
]  # fmt: skip
"""What a demand of form is about. 'people': how many may be seen; 'speech': whether anybody speaks; 'colours': black
and white, sepia; 'kind of film': trailer, montage, silent film, documentary; 'hours' and 'seasons': a shot for each."""


class Described(Frozen):
    """Its fields' docstrings are part of its JSON schema: a language model that fills it in reads them."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Demand(Described):
    """One thing that a person asked for."""

    number: Number
    """Its place in the brief; what serves it says this number."""
    words: Prose = ""
    """The words that made it, exactly as they stand in the text; empty for what is implied or taken from a picture."""
    start: SkipJsonSchema[Annotated[int, Field(ge=0)]] = 0
    """The character of the text with which the words begin."""
    origin: Origin = "said"

    @property
    def end(self) -> int:
        """The character after the last one of the words."""
        return self.start + len(self.words)


class Garb(Described):
    """Something worn."""

    item: Short
    """With all that is said of it: 'green hooded raincoat'."""
    since: Number | None = None
    """The event at which it is put on; None: from the beginning."""
    until: Number | None = None
    """The event at which it is taken off."""


class Person(Demand):
    """Somebody: a person, an animal, whatever acts or speaks."""

    id: Slug
    name: Short = ""
    """As the text writes it ('Old Tom'); empty for somebody without one."""
    kind: Short = ""
    """What it is: 'clockmaker', 'fox'; empty where nothing says so."""
    looks: Annotated[tuple[Short, ...], Field(max_length=16)] = ()
    """Each thing that is said of how it looks: 'old', 'long grey beard'."""
    wears: Annotated[tuple[Garb, ...], Field(max_length=16)] = ()
    count: Annotated[int, Field(ge=1, le=100_000)] = 1
    """How many there are; a crowd of nobody knows how many has ``crowd``."""
    crowd: bool = False
    aliases: Annotated[tuple[Short, ...], Field(max_length=16)] = ()
    """What else the text calls it."""
    seen: bool = True
    """False: it is only heard, as a narrator, or must stay out of the picture."""


class Thing(Demand):
    """Something that is used, carried, looked for or shown."""

    id: Slug
    name: Short = ""
    kind: Short
    looks: Annotated[tuple[Short, ...], Field(max_length=16)] = ()
    carried_by: Slug | None = None
    count: Annotated[int, Field(ge=1, le=100_000)] = 1


class Place(Demand):
    """Where something happens."""

    id: Slug
    name: Short = ""
    kind: Short
    looks: Annotated[tuple[Short, ...], Field(max_length=16)] = ()
    inside: bool | None = None
    """Whether it is indoors, where that is known."""


class StoryEvent(Demand):
    """Something that happens, in the order in which it is to be seen."""

    does: Prose
    """What happens, as a sentence in the words of the text that can stand alone, with names in place of pronouns."""
    verb: Short = ""
    who: Annotated[tuple[Slug, ...], Field(max_length=16)] = ()
    """Those who act."""
    whom: Annotated[tuple[Slug, ...], Field(max_length=16)] = ()
    """Those and what it happens to."""
    place: Slug | None = None
    earlier: bool = False
    """Whether it happened before what is told before it, and is shown as a look back."""
    part: Annotated[int, Field(ge=0)] = 0
    """The paragraph, or the scene of a script, that tells it."""


class Setting(Demand):
    """What holds for events or for the whole film: hour, weather, mood, look, sound."""

    kind: Literal["time", "weather", "mood", "look", "sound"]
    value: Short
    events: Annotated[tuple[Number, ...], Field(max_length=400)] = ()
    """Where it holds; none: everywhere."""


class Speech(Demand):
    """Words that are heard, letter by letter."""

    speaker: Slug
    text: Prose
    manner: Literal["", "voice over", "off screen", "thought", "sung", "phone"] = ""
    event: Number | None = None
    """When it is said; None: in the order of the text."""


class Form(Demand):
    """How the film is made, whatever happens in it."""

    rule: Rule
    value: Short
    """A number, a word of film grammar, or the words: '5', 'static', '9:16', 'black and white', 'none'."""


class Never(Demand):
    """What must not be seen, heard or happen."""

    what: Short
    ids: Annotated[tuple[Slug, ...], Field(max_length=16)] = ()
    """The people, things and places of the brief that it names."""


class Ending(Demand):
    """How the film closes."""

    what: Prose
    event: Number | None = None


class Demands(Described):
    """Everything that a text asks for, sorted by kind; every demand has a number of its own."""

    language: Short = ""
    """Of the text: 'English', 'Korean', ..."""
    title: Short = ""
    """If the text names one."""
    people: Annotated[tuple[Person, ...], Field(max_length=64)] = ()
    things: Annotated[tuple[Thing, ...], Field(max_length=128)] = ()
    places: Annotated[tuple[Place, ...], Field(max_length=128)] = ()
    events: Annotated[tuple[StoryEvent, ...], Field(max_length=2000)] = ()
    settings: Annotated[tuple[Setting, ...], Field(max_length=500)] = ()
    speech: Annotated[tuple[Speech, ...], Field(max_length=1000)] = ()
    form: Annotated[tuple[Form, ...], Field(max_length=64)] = ()
    never: Annotated[tuple[Never, ...], Field(max_length=64)] = ()
    ending: Ending | None = None

    @property
    def all(self) -> tuple[Demand, ...]:
        """Every demand, by number."""
        ending = (self.ending,) if self.ending else ()
        several = (
            self.people,
            self.things,
            self.places,
            self.events,
            self.settings,
            self.speech,
            self.form,
            self.never,
        )
        return tuple(sorted((d for some in (*several, ending) for d in some), key=lambda d: d.number))

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the people, things and places, in this order."""
        found = [[person.id for person in self.people], [thing.id for thing in self.things]]
        return tuple(i for some in (*found, [place.id for place in self.places]) for i in some)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """What is wrong with the list: what is given twice, and whom or what it names that is not there."""
        numbers, ids = [d.number for d in self.all], [*self.ids]
        twice = [f"the id {i!r} is given twice" for i, count in Counter(ids).items() if count > 1]
        twice += [f"the number {n} is given twice" for n, count in Counter(numbers).items() if count > 1]
        unknown = [f"nobody and nothing has the id {i!r}" for i in dict.fromkeys(_named_ids(self)) if i not in ids]
        missing = [f"there is no demand {n}" for n in dict.fromkeys(_named_numbers(self)) if n not in numbers]
        return (*twice, *unknown, *missing)


class Brief(Demands):
    """The demands of a text. Numbers are unique, and every id and number that a demand names is there."""

    text: Annotated[str, StringConstraints(max_length=200_000)]
    """What was read."""
    unread: Annotated[tuple[Short, ...], Field(max_length=500)] = ()
    """Words of the text that carry a meaning and are in no demand: each is said to the person."""

    @model_validator(mode="after")
    def _consistent(self) -> Brief:
        if wrong := self.contradictions:
            raise ValueError(wrong[0])
        for demand in self.all:
            if demand.words and self.text[demand.start : demand.end] != demand.words:
                raise ValueError(f"demand {demand.number}: {demand.words[:40]!r} does not stand at {demand.start}")
        return self


def _named_ids(brief: Demands) -> Iterator[str]:
    for event in brief.events:
        yield from (*event.who, *event.whom, *((event.place,) if event.place else ()))
    yield from (thing.carried_by for thing in brief.things if thing.carried_by)
    yield from (line.speaker for line in brief.speech)
    yield from (i for never in brief.never for i in never.ids)


def _named_numbers(brief: Demands) -> Iterator[int]:
    for person in brief.people:
        yield from (n for garb in person.wears for n in (garb.since, garb.until) if n is not None)
    yield from (n for setting in brief.settings for n in setting.events)
    yield from (line.event for line in brief.speech if line.event is not None)
    if brief.ending and brief.ending.event is not None:
        yield brief.ending.event
