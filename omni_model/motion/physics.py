"""Where things go that are thrown, fall, rise or rest: a body under gravity, on the stage.

Shapes: T moments.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from omni_model.spec.conditioning import Frozen, Track, TrackKey

_STEP = 1.0 / 240.0
"""Seconds of one integration step."""


class Projectile(Frozen):
    """A body let go at (x, y) on the stage; speeds in stage heights a second, gravity in heights / s²."""

    motion: str = "rests"
    x: float = 0.5
    y: float = 0.9
    height: float = 0.14
    vx: float = 0.0
    vy: float = 0.0
    ground: float = 0.9
    gravity: float = 1.6
    restitution: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.6


def prop_track(entity: str, body: Projectile, seconds: Tensor) -> Track:
    """The staging of a prop in a shot whose frames are at scene times ``seconds`` [T], of at most 64 frames."""
    path, last = trajectory(body, seconds).tolist(), max(len(seconds) - 1, 1)
    keys = (TrackKey(t=i / last, x=x, y=y, height=body.height) for i, (x, y) in enumerate(path))
    return Track(entity=entity, keys=tuple(keys))


def trajectory(body: Projectile, seconds: Tensor) -> Tensor:
    """Where the body's foot is at scene times ``seconds`` [T] (ascending), stage units [T, 2].

    What is thrown or falls obeys constant gravity and bounces off ``ground`` with ``restitution``; what rises does so
    at the speed at which drag balances lift, and sways. Integrated with fixed steps, so that any window of time gives
    the same path.
    """
    if body.motion == "rests":
        return torch.tensor([[body.x, body.y]], device=seconds.device).expand(len(seconds), 2)
    if body.motion == "rises":
        rise = 0.30 * (seconds - 0.25 * (1 - torch.exp(-seconds / 0.25)))
        sway = 0.012 * torch.sin(2 * math.pi * 0.6 * seconds)
        return torch.stack((body.x + sway + body.vx * seconds, body.y - rise), dim=1)
    path, x, y, vy, vx, done = [], body.x, body.y, body.vy, body.vx, 0
    for t in seconds.tolist():
        for _ in range(round(t / _STEP) - done):
            x, vy = x + vx * _STEP, vy + body.gravity * _STEP
            y += vy * _STEP
            if y > body.ground and vy > 0:
                y, vy, vx = 2 * body.ground - y, -vy * body.restitution, vx * 0.85
                if abs(vy) < 0.08:
                    y, vy, vx = body.ground, 0.0, 0.0
        done = max(done, round(t / _STEP))
        path.append([x, y])
    return torch.tensor(path, device=seconds.device)
