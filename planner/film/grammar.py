"""Film grammar as data: synonyms, moods, coverage. Planners choose from it by name instead of inventing.

The knowledge lies in ``grammar.yaml`` (words), ``verbs.yaml`` and ``film.yaml`` (how and why); this module types it.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field

from omni_model.spec.conditioning import Frozen
from planner.story.story import Angle, ShotSize, Transition


class Synonyms(Frozen):
    """Other words for one word of a generator."""

    same: tuple[str, ...] = ()
    """Mean the same picture."""
    near: tuple[str, ...] = ()
    """The closest picture that there is."""


class MoodGrammar(Frozen):
    """How a mood is shot. The first of each choice is the usual one."""

    pace: Annotated[float, Field(gt=0.0)]
    """Seconds a shot."""
    light: str
    sizes: tuple[ShotSize, ...]
    cameras: tuple[str, ...]
    time: str
    weather: str
    why: str


class AngleGrammar(Frozen):
    """Where the camera stands for a mood."""

    angle: Angle
    why: str


class Genre(Frozen):
    """How a kind of film is told: ``pace`` multiplies the length of shots, ``cues`` are words that name it."""

    pace: Annotated[float, Field(gt=0.0)]
    mood: str
    cues: tuple[str, ...]
    why: str


ShownRole = Literal["place", "actor", "other", "all", "thing"]


class Opening(Frozen):
    """A first shot, for first events of the kinds ``when`` (none: any)."""

    name: str
    who: ShownRole
    size: ShotSize
    camera: str
    when: tuple[str, ...]
    why: str


class Act(Frozen):
    """A part of a long film and its share of the time."""

    name: str
    share: Annotated[float, Field(gt=0.0, le=1.0)]
    why: str


class CoverageShot(Frozen):
    """One shot of the coverage of an event."""

    size: ShotSize
    camera: str
    who: ShownRole
    action: str
    share: Annotated[float, Field(gt=0.0, le=1.0)]
    """Part of the event's time."""
    purpose: str
    why: str = ""


class Development(Frozen):
    """An event of the director's own, told in ``en`` or ``ko``, that changes nothing in the world."""

    phase: str
    kind: str
    en: str
    ko: str
    why: str


class Grammar(Frozen):
    """All that the planner knows about film. ``words`` is kind -> word -> synonyms."""

    words: dict[str, dict[str, Synonyms]]
    natural_colours: dict[str, str]
    travel: dict[str, float]
    """Action -> widths of the stage a second."""
    moods: dict[str, MoodGrammar]
    angles: dict[str, AngleGrammar]
    genres: dict[str, Genre]
    openings: tuple[Opening, ...]
    acts: tuple[Act, ...]
    looks: tuple[CoverageShot, ...]
    phases: tuple[str, ...]
    beats: tuple[Development, ...]
    feelings: dict[str, tuple[str, ...]]
    """Mood -> words for deeds and things that bring it."""
    transitions: dict[Transition, str]
    """How one shot follows another -> why."""
    coverage: dict[str, tuple[CoverageShot, ...]]
    """Event (a word of kind ``event``) -> its shots in order of need: the first alone tells it."""
    empty: frozenset[str]
    prepositions: frozenset[str]
    irregular: dict[str, str]
    particles: frozenset[str]


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The film grammar that ships with omnireel, read once."""
    known = _read("grammar.yaml")
    events = known["words"]["event"]
    for kind, verbs in _read("verbs.yaml").items():
        same = events.setdefault(kind, {}).setdefault("same", [])
        same += [verb for verb in verbs if verb not in same]
    return Grammar.model_validate(known | _read("film.yaml"))


def _read(name: str) -> dict[str, Any]:
    """One data file of this room."""
    found: dict[str, Any] = yaml.safe_load(resources.files("planner.film").joinpath(name).read_text("utf-8"))
    return found
