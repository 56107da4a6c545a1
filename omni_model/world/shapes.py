"""Anti-aliased signed-distance shapes, composited back to front, a batch of frames at a time.

Shape legend: F frames, H/W pixels of the canvas, h/w pixels of a window on it.
Distance formulas: Inigo Quilez, "2D distance functions".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from omni_model.motion.palette import Colour

Number = float | Tensor
Point = tuple[Number, Number]

INK: Colour = (0.07, 0.06, 0.09)


@dataclass
class Shape:
    """kind 'ellipse' (cx cy rx ry rot), 'capsule' (x1 y1 x2 y2 r) or 'polygon' (convex, x1 y1 x2 y2 ...)."""

    kind: str
    numbers: tuple[Number, ...]
    colour: tuple[Number, Number, Number]
    alpha: Number = 1.0
    outlined: bool = True


@dataclass
class Drawing:
    """An ordered list of shapes in local units; every number is a float or a tensor [F]."""

    shapes: list[Shape] = field(default_factory=list)

    def ellipse(
        self,
        cx: Number,
        cy: Number,
        rx: Number,
        ry: Number,
        colour: Colour,
        rot: Number = 0.0,
        alpha: Number = 1.0,
        outlined: bool = True,
    ) -> None:
        self.shapes.append(Shape("ellipse", (cx, cy, rx, ry, rot), colour, alpha, outlined))

    def capsule(
        self, a: Point, b: Point, radius: Number, colour: Colour, alpha: Number = 1.0, outlined: bool = True
    ) -> None:
        self.shapes.append(Shape("capsule", (*a, *b, radius), colour, alpha, outlined))

    def polygon(self, points: Sequence[Point], colour: Colour, alpha: Number = 1.0, outlined: bool = True) -> None:
        self.shapes.append(Shape("polygon", tuple(v for p in points for v in p), colour, alpha, outlined))

    def box(
        self, x0: Number, y0: Number, x1: Number, y1: Number, colour: Colour, alpha: Number = 1.0, outlined: bool = True
    ) -> None:
        self.polygon(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), colour, alpha, outlined)

    def placed(self, x: Number, y: Number, scale: Number, mirror: Number = 1.0, turn: Number = 0.0) -> Drawing:
        """Every shape rotated by ``turn`` radians about the local origin, mirrored, scaled and moved."""
        c: Number = turn.cos() if isinstance(turn, Tensor) else math.cos(turn)
        s: Number = turn.sin() if isinstance(turn, Tensor) else math.sin(turn)

        def point(px: Number, py: Number) -> Point:
            return x + scale * mirror * (px * c - py * s), y + scale * (px * s + py * c)

        out = Drawing()
        for shape in self.shapes:
            n = shape.numbers
            if shape.kind == "ellipse":
                moved: tuple[Number, ...] = (*point(n[0], n[1]), n[2] * scale, n[3] * scale, mirror * (n[4] + turn))
            elif shape.kind == "capsule":
                moved = (*point(n[0], n[1]), *point(n[2], n[3]), n[4] * scale)
            else:
                moved = tuple(v for i in range(0, len(n), 2) for v in point(n[i], n[i + 1]))
            out.shapes.append(Shape(shape.kind, moved, shape.colour, shape.alpha, shape.outlined))
        return out


def _column(value: Number, frames: int, device: torch.device) -> Tensor:
    t = torch.as_tensor(value, dtype=torch.float32, device=device)
    return t.expand(frames).view(frames, 1, 1)


def _ellipse(n: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    cx, cy, rx, ry, rot = n
    c, s = torch.cos(rot), torch.sin(rot)
    dx, dy = x - cx, y - cy
    u, v = (dx * c + dy * s) / rx, (dy * c - dx * s) / ry
    k0 = torch.sqrt(u * u + v * v)
    k1 = torch.sqrt((u / rx) ** 2 + (v / ry) ** 2).clamp_min(1e-6)
    return k0 * (k0 - 1.0) / k1


def _capsule(n: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    x1, y1, x2, y2, r = n
    ex, ey = x2 - x1, y2 - y1
    t = (((x - x1) * ex + (y - y1) * ey) / (ex * ex + ey * ey).clamp_min(1e-8)).clamp(0.0, 1.0)
    return torch.sqrt((x - x1 - t * ex) ** 2 + (y - y1 - t * ey) ** 2) - r


def _polygon(n: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    xs, ys = n[0::2], n[1::2]
    area = sum(
        (xs[i] * ys[(i + 1) % len(xs)] - xs[(i + 1) % len(xs)] * ys[i] for i in range(len(xs))),
        start=torch.zeros_like(xs[0]),
    )
    wind = torch.where(area >= 0, 1.0, -1.0)
    distance: Tensor | None = None
    for i in range(len(xs)):
        ex, ey = xs[(i + 1) % len(xs)] - xs[i], ys[(i + 1) % len(xs)] - ys[i]
        scale = wind / torch.sqrt(ex * ex + ey * ey).clamp_min(1e-6)
        edge = (x - xs[i]) * (ey * scale) - (y - ys[i]) * (ex * scale)
        distance = edge if distance is None else torch.maximum(distance, edge)
    assert distance is not None
    return distance


_DISTANCE = {"ellipse": _ellipse, "capsule": _capsule, "polygon": _polygon}


def _reach(shape: Shape, margin: float) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom of a shape whose numbers are all plain; None for one that moves."""
    n = [v for v in shape.numbers if not isinstance(v, Tensor)]
    if len(n) < len(shape.numbers):
        return None
    if shape.kind == "ellipse":
        xs, ys, grow = [n[0]], [n[1]], max(n[2], n[3])
    elif shape.kind == "capsule":
        xs, ys, grow = [n[0], n[2]], [n[1], n[3]], n[4]
    else:
        xs, ys, grow = n[0::2], n[1::2], 0.0
    grow += margin
    return min(xs) - grow, min(ys) - grow, max(xs) + grow, max(ys) + grow


def _part(shape: Shape, x: Tensor, y: Tensor, margin: float) -> tuple[slice, slice]:
    """Rows and columns that a still shape can touch, on a grid shared by all frames; all of them otherwise."""
    reach = _reach(shape, margin) if x.shape[0] == 1 else None
    if reach is None:
        return slice(None), slice(None)
    left, top = float(x[0, 0, 0]), float(y[0, 0, 0])
    rows = slice(max(int(reach[1] - top), 0), max(int(reach[3] - top) + 2, 0))
    return rows, slice(max(int(reach[0] - left), 0), max(int(reach[2] - left) + 2, 0))


def paint(
    canvas: Tensor, drawing: Drawing, x: Tensor, y: Tensor, *, ink: float = 0.0, coverage: Tensor | None = None
) -> None:
    """Composite a drawing in pixel units onto ``canvas`` [F, h, w, 3] in place.

    ``x`` [F or 1, 1, w] and ``y`` [F or 1, h, 1] are pixel centres. ``ink`` is the outline's width in pixels
    (0: none). ``coverage`` [F, h, w], when given, gathers the drawing's alpha.
    """
    for shape in drawing.shapes:
        rows, columns = _part(shape, x, y, ink + 1.0)
        seen = None if coverage is None else coverage[:, rows, columns]
        _paint_shape(canvas[:, rows, columns], shape, x[:, :, columns], y[:, rows], ink, seen)


def _paint_shape(canvas: Tensor, shape: Shape, x: Tensor, y: Tensor, ink: float, coverage: Tensor | None) -> None:
    frames, device = canvas.shape[0], canvas.device
    numbers = [_column(v, frames, device) for v in shape.numbers]
    alpha = _column(shape.alpha, frames, device)
    colour = torch.cat([_column(v, frames, device) for v in shape.colour], dim=-1).unsqueeze(1)  # [F, 1, 1, 3]
    distance = _DISTANCE[shape.kind](numbers, x, y)
    if ink > 0 and shape.outlined:
        edge = (0.5 - distance + ink).clamp(0.0, 1.0) * alpha
        canvas += (torch.tensor(INK, device=device) - canvas) * edge.unsqueeze(-1)
    cover = (0.5 - distance).clamp_(0.0, 1.0) * alpha
    canvas += (colour - canvas) * cover.unsqueeze(-1)
    if coverage is not None:
        torch.maximum(coverage, cover.expand_as(coverage), out=coverage)


def paint_window(
    canvas: Tensor,
    drawing: Drawing,
    origin: Tensor,
    size: tuple[int, int],
    *,
    ink: float = 0.0,
    coverage: Tensor | None = None,
) -> None:
    """``paint`` restricted to a window of ``size`` (h, w) pixels whose top left corner is ``origin`` [F, 2] (y, x).

    The window may lie partly or wholly outside the canvas [F, H, W, 3].
    """
    frames, height, width, _ = canvas.shape
    h, w = min(size[0], height), min(size[1], width)
    top = origin[:, 0].round().long().clamp(0, height - h)
    left = origin[:, 1].round().long().clamp(0, width - w)
    rows = top[:, None] + torch.arange(h, device=canvas.device)
    cols = left[:, None] + torch.arange(w, device=canvas.device)
    index = (torch.arange(frames, device=canvas.device)[:, None, None], rows[:, :, None], cols[:, None, :])
    patch = canvas[index]
    part = torch.zeros(patch.shape[:3], device=canvas.device) if coverage is not None else None
    paint(patch, drawing, cols[:, None, :] + 0.5, rows[:, :, None] + 0.5, ink=ink, coverage=part)
    canvas[index] = patch
    if coverage is not None and part is not None:
        coverage[index] = part
