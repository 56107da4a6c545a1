"""The treatment: how a brief becomes a film, in acts and scenes, before there are shots."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from omni_model.spec.conditioning import Slug
from planner.story.brief import Described, Number, Prose, Short


class Invention(Described):
    """What the director adds; a person reads it in the plan and can take it out by a sentence."""

    what: Prose
    purpose: Prose
    """What it is for: 'prepares the meeting'."""


class LookSheet(Described):
    """How somebody, something or a place looks wherever it is seen, so that all who draw it draw the same."""

    id: Slug
    """Of a person, thing or place of the brief."""
    looks: Prose
    """What the demands leave open, said once: age, build, hair, face; material, wear; walls, light, colours."""


class SceneOutline(Described):
    """One scene: where and when, what happens in it, and what it does for the film."""

    id: Slug
    place: Slug
    """The id of a place of the demands."""
    act: Annotated[int, Field(ge=1, le=9)] = 1
    time: Short = ""
    """The hour; where no demand says it, as the scene before leaves it, or what suits the story."""
    weather: Short = ""
    mood: Short = ""
    purpose: Prose = ""
    """What is different after it."""
    events: Annotated[tuple[Number, ...], Field(max_length=400)] = ()
    """Numbers of the events that happen in it, in the order in which they are seen; events alone."""
    opening: Prose = ""
    """How it begins after the scene before: who stands where, who holds what, from which side they come."""
    inventions: Annotated[tuple[Invention, ...], Field(max_length=16)] = ()
    seconds: Annotated[float, Field(gt=0.0, le=7200.0)]


class Treatment(Described):
    """The film on one page."""

    title: Short
    logline: Prose = ""
    style: Short = ""
    turning_points: Annotated[tuple[Prose, ...], Field(max_length=9)] = ()
    looks: Annotated[tuple[LookSheet, ...], Field(max_length=320)] = ()
    """Of everybody and every place that is seen; none for a generator that draws from a list of words."""
    scenes: Annotated[tuple[SceneOutline, ...], Field(min_length=1, max_length=200)]
