"""Film grammar as data: synonyms, moods, coverage. Planners choose from it by name instead of inventing.

The knowledge lies in ``grammar.yaml``; this module gives it types.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import Field

from omni_model.conditioning import Frozen
from planner.story import Size


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
    sizes: tuple[Size, ...]
    cameras: tuple[str, ...]
    time: str
    weather: str


class CoverageShot(Frozen):
    """One shot of the coverage of an event."""

    size: Size
    camera: str
    who: Literal["place", "actor", "other", "all"]
    action: str
    share: Annotated[float, Field(gt=0.0, le=1.0)]
    """Part of the event's time."""
    purpose: str


class Grammar(Frozen):
    """All that the planner knows about film. ``words`` is kind -> word -> synonyms."""

    words: dict[str, dict[str, Synonyms]]
    natural_colours: dict[str, str]
    travel: dict[str, float]
    """Action -> widths of the stage a second."""
    moods: dict[str, MoodGrammar]
    coverage: dict[str, tuple[CoverageShot, ...]]
    """Event (a word of kind ``event``) -> its shots in order of need: the first alone tells it."""
    empty: frozenset[str]
    prepositions: frozenset[str]
    irregular: dict[str, str]
    particles: frozenset[str]


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The film grammar that ships with omnireel, read once."""
    text = resources.files("planner").joinpath("grammar.yaml").read_text("utf-8")
    return Grammar.model_validate(yaml.safe_load(text))
