"""A scene as data: everything a picture of the procedural world depends on."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from omni_model.motion.physics import Projectile
from omni_model.spec.captions import Direction, GarmentFacts, PropFacts, SceneFacts, SubjectFacts
from omni_model.spec.conditioning import MAX_FRAMES, CameraPath, Frozen, Slug, Track, TrackKey

MOVES = 0.04
"""Shares of the stage's width that a subject must travel to be said to go left or right."""


class SubjectSpec(Frozen):
    entity: Slug
    species: str
    colour: str
    wardrobe: tuple[GarmentFacts, ...] = ()
    action: str = "stands"
    keys: Annotated[tuple[TrackKey, ...], Field(min_length=1)]

    @property
    def direction(self) -> Direction:
        travelled = self.keys[-1].x - self.keys[0].x
        return "" if abs(travelled) < MOVES else ("right" if travelled > 0 else "left")

    @property
    def facts(self) -> SubjectFacts:
        return SubjectFacts(
            entity=self.entity,
            species=self.species,
            colour=self.colour,
            wardrobe=self.wardrobe,
            action=self.action,
            direction=self.direction,
        )


class PropSpec(Projectile):
    """A prop of the world, and how it moves."""

    entity: Slug
    kind: str
    colour: str

    @property
    def facts(self) -> PropFacts:
        return PropFacts(entity=self.entity, kind=self.kind, colour=self.colour, motion=self.motion)


class SceneSpec(Frozen):
    """``layout`` seeds the arrangement of the place; ``start`` is the clip's first frame in the scene's time.

    Keys of subjects and camera run over ``span`` frames of the scene, so that a later ``start`` continues
    the same motion.
    """

    setting: str
    time: str = "day"
    weather: str = "clear"
    mood: str = "calm"
    style: str = "flat"
    layout: int = 0
    size: str = "wide"
    move: str = "static"
    subjects: tuple[SubjectSpec, ...] = ()
    props: tuple[PropSpec, ...] = ()
    camera: CameraPath = CameraPath()
    frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)] = 25
    span: Annotated[int, Field(ge=1, le=MAX_FRAMES)] = 25
    start: int = 0
    fps: float = 12.0

    @property
    def facts(self) -> SceneFacts:
        return SceneFacts(
            setting=self.setting,
            time=self.time,
            weather=self.weather,
            mood=self.mood,
            style=self.style,
            subjects=tuple(s.facts for s in self.subjects),
            props=tuple(p.facts for p in self.props),
            size=self.size,
            camera=self.move,
        )

    @property
    def tracks(self) -> tuple[Track, ...]:
        return tuple(Track(entity=s.entity, action=s.action, keys=s.keys) for s in self.subjects)

    def window(self, start: int, frames: int) -> SceneSpec:
        """The same scene seen from frame ``start`` on: what came before, or what comes next."""
        return self.model_copy(update={"start": start, "frames": frames})

    def phase(self) -> Tensor:
        """Key time of every frame, [T], 0..1 over the span and beyond it."""
        return (self.start + torch.arange(self.frames, dtype=torch.float32)) / max(self.span - 1, 1)

    def seconds(self) -> Tensor:
        """Seconds of scene time of every frame, [T]."""
        return (self.start + torch.arange(self.frames, dtype=torch.float32)) / self.fps
