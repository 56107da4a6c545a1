"""What a person said, before film grammar touches it: who there is, where, and what happens in order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from omni_model.spec.conditioning import Frozen, Slug
from planner.story.story import Character, FreeText, Line, Location, Prop, Words


class OutlineEvent(Frozen):
    """One thing that happens."""

    text: FreeText
    """What happens, in the author's words."""
    kind: str
    """Which coverage tells it: a key of :attr:`planner.film.grammar.Grammar.coverage`."""
    who: tuple[Slug, ...] = ()
    """The characters who act, the first one leading; nobody: the place itself is shown."""
    whom: tuple[Slug, ...] = ()
    """The characters and props that it happens to."""
    action: Words = ""
    """The verb, in the author's words."""
    place: Slug | None = None
    time: Words = ""
    weather: Words = ""
    mood: Words = ""
    camera: Words = ""
    size: Words = ""
    sure: bool = True
    """False: who acts was not named but taken from what came before."""
    lines: tuple[Line, ...] = ()
    """What is said in it."""
    part: int = 0
    """The paragraph, or the scene of a screenplay, that tells it."""
    sentence: int = 0
    """Which sentence tells it."""
    earlier: bool = False
    """Whether it happened before what is told before it."""
    duty: Literal["told", "developed"] = "told"
    """Developed events are the director's: they complete what the person said."""
    why: str = ""
    """Of a developed event: what it is for."""


class Quest(Frozen):
    """A prop that its owner has lost."""

    owner: Slug
    prop: Slug


class Outline(Frozen):
    """The material of a film. Entities and places are unique by id; events name only those."""

    cast: tuple[Character, ...] = ()
    props: tuple[Prop, ...] = ()
    places: tuple[Location, ...] = ()
    events: tuple[OutlineEvent, ...] = ()
    quests: tuple[Quest, ...] = ()
    style: Words = ""
    genre: str = ""
    """A key of :attr:`planner.film.grammar.Grammar.genres`, where the text names one."""
    screenplay: bool = False
    """Whether the text says itself where its scenes begin: each part is a scene."""
    notes: tuple[Annotated[str, Field(max_length=400)], ...] = ()
