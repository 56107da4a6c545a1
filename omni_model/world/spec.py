"""A scene as data: everything a picture of the procedural world depends on."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from omni_model.spec.captions import Direction, Garment, PropFacts, SceneFacts, SubjectFacts
from omni_model.spec.conditioning import CameraKey, CameraPath, Frozen, Slug, Track, TrackKey

MOVES = 0.04
"""Shares of the stage's width that a subject must travel to be said to go left or right."""


class SubjectSpec(Frozen):
    entity: Slug
    species: str
    colour: str
    wardrobe: tuple[Garment, ...] = ()
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


class PropSpec(Frozen):
    """A prop at (x, y) on the stage; speeds in stage heights a second, gravity in heights / s²."""

    entity: Slug
    kind: str
    colour: str
    motion: str = "rests"
    x: float = 0.5
    y: float = 0.9
    height: float = 0.14
    vx: float = 0.0
    vy: float = 0.0
    ground: float = 0.9
    gravity: float = 1.6
    restitution: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.6

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
    frames: Annotated[int, Field(ge=1, le=1024)] = 25
    span: Annotated[int, Field(ge=1, le=1024)] = 25
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


def interpolate(times: list[float], values: list[list[float]], at: Tensor) -> Tensor:
    """Piecewise linear values [T, D] at times [T]; constant outside the keys."""
    t, v = torch.tensor(times), torch.tensor(values)
    if len(times) == 1:
        return v.expand(at.shape[0], -1)
    right = torch.searchsorted(t, at.contiguous()).clamp(1, len(times) - 1)
    span = (t[right] - t[right - 1]).clamp_min(1e-6)
    w = ((at - t[right - 1]) / span).clamp(0.0, 1.0)[:, None]
    return v[right - 1] * (1 - w) + v[right] * w


def track_frames(keys: tuple[TrackKey, ...], at: Tensor) -> Tensor:
    """[T, 4]: x, y, height, facing at key times ``at`` [T]."""
    return interpolate([k.t for k in keys], [[k.x, k.y, k.height, k.facing] for k in keys], at)


def camera_frames(path: CameraPath, at: Tensor) -> Tensor:
    """[T, 3]: x, y, zoom at key times ``at`` [T]."""
    keys: tuple[CameraKey, ...] = path.keys
    return interpolate([k.t for k in keys], [[k.x, k.y, k.zoom] for k in keys], at)
