"""Props: their shapes.

They are in local units: standing on (0, 0), about 1 tall, y down.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from omni_model.motion.palette import NAMED, Colour, dark, light
from omni_model.world.shapes import Drawing


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
