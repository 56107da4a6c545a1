"""Props: their shapes, and where real physics takes them.

Shapes are in local units: standing on (0, 0), about 1 tall, y down.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from omni_model.spec.conditioning import Track, TrackKey
from omni_model.world.palette import NAMED, Colour, dark, light
from omni_model.world.shapes import Drawing
from omni_model.world.spec import PropSpec

_STEP = 1.0 / 240.0
"""Seconds of one integration step."""


def _ball(d: Drawing, c: Colour) -> None:
    d.ellipse(0.0, -0.5, 0.5, 0.5, c)
    d.ellipse(0.0, -0.5, 0.16, 0.5, light(c, 0.6), outlined=False)
    d.ellipse(-0.18, -0.72, 0.10, 0.08, (1.0, 1.0, 1.0), alpha=0.7, outlined=False)


def _crate(d: Drawing, c: Colour) -> None:
    d.box(-0.5, -1.0, 0.5, 0.0, c)
    d.box(-0.36, -0.86, 0.36, -0.14, dark(c, 0.25), outlined=False)
    d.capsule((-0.36, -0.86), (0.36, -0.14), 0.06, light(c, 0.25), outlined=False)


def _balloon(d: Drawing, c: Colour) -> None:
    d.capsule((0.0, -0.5), (0.05, 0.0), 0.018, (0.95, 0.95, 0.95), outlined=False)
    d.ellipse(0.0, -0.95, 0.36, 0.44, c)
    d.ellipse(-0.12, -1.12, 0.07, 0.10, (1.0, 1.0, 1.0), alpha=0.7, outlined=False)


def _hat(d: Drawing, c: Colour) -> None:
    d.box(-0.34, -0.85, 0.34, -0.12, c)
    d.box(-0.34, -0.36, 0.34, -0.20, dark(c, 0.55), outlined=False)
    d.ellipse(0.0, -0.12, 0.62, 0.12, c)


def _lantern(d: Drawing, c: Colour) -> None:
    d.ellipse(0.0, -0.45, 0.85, 0.85, (1.0, 0.88, 0.45), alpha=0.22, outlined=False)
    d.capsule((-0.16, -0.86), (0.16, -0.86), 0.04, dark(c))
    d.box(-0.28, -0.80, 0.28, -0.08, c)
    d.box(-0.18, -0.70, 0.18, -0.18, (1.0, 0.93, 0.60), outlined=False)
    d.box(-0.34, -0.10, 0.34, 0.0, dark(c))


def _flower(d: Drawing, c: Colour) -> None:
    d.capsule((0.0, 0.0), (0.0, -0.6), 0.04, (0.22, 0.55, 0.24))
    d.ellipse(0.16, -0.28, 0.16, 0.06, (0.25, 0.60, 0.26), rot=-0.5)
    for k in range(5):
        a = 2 * math.pi * k / 5
        d.ellipse(0.21 * math.cos(a), -0.76 + 0.21 * math.sin(a), 0.14, 0.14, c)
    d.ellipse(0.0, -0.76, 0.11, 0.11, (0.99, 0.88, 0.35), outlined=False)


def _key(d: Drawing, c: Colour) -> None:
    d.capsule((-0.15, -0.25), (0.55, -0.25), 0.065, c)
    d.capsule((0.50, -0.25), (0.50, -0.05), 0.06, c)
    d.capsule((0.30, -0.25), (0.30, -0.08), 0.06, c)
    d.ellipse(-0.32, -0.25, 0.24, 0.24, c)
    d.ellipse(-0.32, -0.25, 0.10, 0.10, dark(c, 0.7), outlined=False)


def _book(d: Drawing, c: Colour) -> None:
    d.polygon(((-0.55, -0.50), (0.0, -0.62), (0.0, -0.02), (-0.55, 0.0)), c)
    d.polygon(((0.0, -0.62), (0.55, -0.50), (0.55, 0.0), (0.0, -0.02)), dark(c, 0.2))
    d.polygon(((-0.45, -0.46), (-0.04, -0.55), (-0.04, -0.12), (-0.45, -0.08)), (0.97, 0.95, 0.88), outlined=False)
    d.polygon(((0.04, -0.55), (0.45, -0.46), (0.45, -0.08), (0.04, -0.12)), (0.92, 0.90, 0.83), outlined=False)


_SHAPES: dict[str, Callable[[Drawing, Colour], None]] = {
    "ball": _ball,
    "crate": _crate,
    "balloon": _balloon,
    "hat": _hat,
    "lantern": _lantern,
    "flower": _flower,
    "key": _key,
    "book": _book,
}


def prop(kind: str, colour: str) -> Drawing:
    """The prop's shapes, standing on the origin."""
    drawing = Drawing()
    _SHAPES[kind](drawing, NAMED[colour])
    return drawing


def prop_track(spec: PropSpec, seconds: Tensor) -> Track:
    """The staging of a prop in a shot whose frames are at scene times ``seconds`` [T], of at most 64 frames."""
    path, last = trajectory(spec, seconds).tolist(), max(len(seconds) - 1, 1)
    keys = (TrackKey(t=i / last, x=x, y=y, height=spec.height) for i, (x, y) in enumerate(path))
    return Track(entity=spec.entity, keys=tuple(keys))


def trajectory(spec: PropSpec, seconds: Tensor) -> Tensor:
    """Where the prop's foot is at scene times ``seconds`` [T] (ascending), stage units [T, 2].

    Thrown and falling props obey constant gravity and bounce off ``ground`` with ``restitution``; a balloon
    rises at the speed at which drag balances lift, and sways. Integrated with fixed steps, so that any
    window of time gives the same path.
    """
    if spec.motion == "rests":
        return torch.tensor([[spec.x, spec.y]]).expand(len(seconds), 2)
    if spec.motion == "rises":
        rise = 0.30 * (seconds - 0.25 * (1 - torch.exp(-seconds / 0.25)))
        sway = 0.012 * torch.sin(2 * math.pi * 0.6 * seconds)
        return torch.stack((spec.x + sway + spec.vx * seconds, spec.y - rise), dim=1)
    path, x, y, vy, vx, done = [], spec.x, spec.y, spec.vy, spec.vx, 0
    for t in seconds.tolist():
        for _ in range(round(t / _STEP) - done):
            x, vy = x + vx * _STEP, vy + spec.gravity * _STEP
            y += vy * _STEP
            if y > spec.ground and vy > 0:
                y, vy, vx = 2 * spec.ground - y, -vy * spec.restitution, vx * 0.85
                if abs(vy) < 0.08:
                    y, vy, vx = spec.ground, 0.0, 0.0
        done = max(done, round(t / _STEP))
        path.append([x, y])
    return torch.tensor(path)
