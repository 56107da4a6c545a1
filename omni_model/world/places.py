"""The empty places of the world: sky, land and what stands on it, from a layout seed.

Units: stage heights; x runs 0..ASPECT, y runs 0..1 downwards. The horizon lies at HORIZON.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from omni_model.motion.light import Light
from omni_model.motion.palette import Colour, light, mix
from omni_model.world.shapes import Drawing

ASPECT = 1.75
HORIZON = 0.60
SNOW: Colour = (0.93, 0.95, 0.99)
TRUNK: Colour = (0.36, 0.24, 0.15)


class PlaceDrawing:
    """A place being drawn. Colours given are surfaces by daylight; ``lit`` puts them under the scene's light."""

    def __init__(self, lighting: Light, weather: str, layout: int) -> None:
        self.drawing = Drawing()
        self.light = lighting
        self.weather = weather
        self.random = random.Random(layout)

    def lit(self, surface: Colour, far: float = 0.0) -> Colour:
        """A surface under the scene's light; ``far`` 0..1 fades it into the horizon's haze."""
        if self.weather == "snow":
            surface = mix(surface, SNOW, 0.38)
        return mix(self.light.on(surface), self.light.haze, far)

    def spread(self, count: int, jitter: float = 0.5) -> list[float]:
        """``count`` x positions, evenly spread with jitter."""
        step = ASPECT / count
        return [step * (i + 0.5 + jitter * (self.random.random() - 0.5)) for i in range(count)]

    def ground(self, surface: Colour, top: float = HORIZON) -> None:
        near, far = (mix(c, SNOW, 0.75 if self.weather == "snow" else 0.0) for c in (surface, light(surface, 0.12)))
        bands = 7
        for i in range(bands):
            y0 = top + (1.02 - top) * (i / bands) ** 1.4
            self.drawing.box(
                -0.1, y0, ASPECT + 0.1, 1.1, self.light.on(mix(far, near, i / (bands - 1))), outlined=i == 0
            )

    def sky(self) -> None:
        d, sky = self.drawing, self.light
        bands = 14
        for i in range(bands):
            y = (HORIZON + 0.05) * i / bands
            d.box(-0.1, y, ASPECT + 0.1, 1.1, mix(sky.zenith, sky.horizon, i / (bands - 1)), outlined=False)
        if sky.stars and self.weather in ("clear", "fog"):
            for _ in range(26):
                x, y, r = self.random.uniform(0, ASPECT), self.random.uniform(0, 0.5), self.random.uniform(0.004, 0.008)
                d.ellipse(x, y, r, r, (0.95, 0.95, 0.85), alpha=0.8, outlined=False)
        x, y = sky.orb_at
        d.ellipse(x, y, sky.orb_size * 1.9, sky.orb_size * 1.9, sky.orb, alpha=0.16, outlined=False)
        d.ellipse(x, y, sky.orb_size, sky.orb_size, sky.orb, alpha=0.35 if self.weather in ("rain", "snow") else 1.0)
        if sky.stars:
            d.ellipse(x + 0.030, y - 0.018, sky.orb_size * 0.80, sky.orb_size * 0.80, sky.zenith, outlined=False)
        self.clouds(5 if self.weather in ("rain", "snow") else 2)

    def clouds(self, count: int) -> None:
        tone = mix(self.light.horizon, (1.0, 1.0, 1.0), 0.45)
        if self.weather == "rain":
            tone = mix(tone, (0.35, 0.38, 0.45), 0.65)
        for x in self.spread(count, 1.0):
            y, s = self.random.uniform(0.10, 0.30), self.random.uniform(0.7, 1.25)
            for dx, dy, r in ((-0.09, 0.015, 0.05), (0.0, -0.01, 0.07), (0.09, 0.012, 0.055)):
                self.drawing.ellipse(
                    x + dx * s, y + dy * s, r * s * 1.45, r * s * 0.75, tone, alpha=0.8, outlined=False
                )

    def hills(self, surface: Colour, count: int, height: float, far: float) -> None:
        for x in self.spread(count):
            h = height * self.random.uniform(0.7, 1.2)
            self.drawing.ellipse(x, HORIZON + 0.04, 0.42, h, self.lit(surface, far))

    def pine(self, x: float, foot: float, tall: float, surface: Colour, far: float) -> None:
        d = self.drawing
        d.box(x - 0.018 * tall * 3, foot - 0.1 * tall, x + 0.018 * tall * 3, foot, self.lit(TRUNK, far))
        for k in range(3):
            base, wide = foot - tall * (0.08 + 0.26 * k), tall * (0.30 - 0.065 * k)
            d.polygon(
                ((x - wide, base), (x, base - tall * 0.42), (x + wide, base)), self.lit(light(surface, 0.06 * k), far)
            )

    def house(self, x: float, foot: float, size: float, wall: Colour, roof: Colour) -> None:
        d = self.drawing
        d.box(x - size * 0.5, foot - size * 0.62, x + size * 0.5, foot, self.lit(wall))
        d.polygon(
            ((x - size * 0.64, foot - size * 0.60), (x, foot - size * 1.08), (x + size * 0.64, foot - size * 0.60)),
            self.lit(roof),
        )
        d.box(x - size * 0.10, foot - size * 0.32, x + size * 0.10, foot, self.lit(TRUNK))
        for side in (-0.30, 0.30):
            d.box(
                x + side * size - size * 0.08,
                foot - size * 0.46,
                x + side * size + size * 0.08,
                foot - size * 0.28,
                self.window(),
            )

    def window(self) -> Colour:
        return (1.0, 0.86, 0.45) if self.light.stars else self.lit((0.62, 0.80, 0.92))


def _meadow(p: PlaceDrawing) -> None:
    p.sky()
    p.hills((0.36, 0.62, 0.30), 4, 0.17, 0.25)
    p.ground((0.45, 0.70, 0.28))
    for x in p.spread(16, 1.0):
        y = p.random.uniform(0.66, 0.98)
        petal = p.random.choice(((0.95, 0.4, 0.5), (0.98, 0.9, 0.4), (0.95, 0.95, 0.98), (0.7, 0.5, 0.9)))
        p.drawing.capsule((x, y), (x, y - 0.03), 0.006, p.lit((0.25, 0.5, 0.2)), outlined=False)
        p.drawing.ellipse(x, y - 0.035, 0.017, 0.015, p.lit(petal), outlined=False)


def _forest(p: PlaceDrawing) -> None:
    p.sky()
    p.hills((0.16, 0.34, 0.22), 5, 0.12, 0.3)
    for x in p.spread(8):
        p.pine(x, HORIZON + 0.03, p.random.uniform(0.30, 0.42), (0.13, 0.36, 0.22), 0.22)
    p.ground((0.26, 0.42, 0.20))
    for x in (p.random.uniform(0.0, 0.30), p.random.uniform(1.42, 1.75)):
        p.pine(x, p.random.uniform(0.72, 0.80), p.random.uniform(0.58, 0.72), (0.10, 0.30, 0.17), 0.0)


def _desert(p: PlaceDrawing) -> None:
    p.sky()
    p.hills((0.88, 0.68, 0.40), 4, 0.12, 0.2)
    p.ground((0.93, 0.76, 0.45))
    for x in p.spread(4, 0.8):
        y, t = p.random.uniform(0.64, 0.76), p.random.uniform(0.17, 0.26)
        c = p.lit((0.26, 0.52, 0.28))
        p.drawing.capsule((x, y), (x, y - t), 0.026, c)
        for side, up in ((-1, 0.5), (1, 0.38)):
            p.drawing.capsule((x, y - t * up), (x + side * 0.065, y - t * up), 0.018, c)
            p.drawing.capsule((x + side * 0.065, y - t * up), (x + side * 0.065, y - t * (up + 0.35)), 0.018, c)


def _beach(p: PlaceDrawing) -> None:
    p.sky()
    sea = mix((0.15, 0.50, 0.72), p.light.horizon, 0.15)
    p.drawing.box(-0.1, HORIZON - 0.04, ASPECT + 0.1, 1.1, p.light.on(sea))
    for x in p.spread(9, 1.0):
        y = p.random.uniform(HORIZON - 0.02, HORIZON + 0.07)
        p.drawing.capsule((x - 0.05, y), (x + 0.05, y), 0.006, p.light.on(light(sea, 0.5)), outlined=False)
    p.ground((0.96, 0.87, 0.62), HORIZON + 0.11)
    x = p.random.choice((p.random.uniform(0.12, 0.35), p.random.uniform(1.4, 1.62)))
    lean = 0.08 if x < 0.8 else -0.08
    p.drawing.capsule((x, 0.80), (x + lean, 0.38), 0.024, p.lit((0.52, 0.36, 0.20)))
    for turn in (-0.5, 0.0, 0.5, 2.64, 3.14, 3.64):
        p.drawing.ellipse(
            x + lean + 0.11 * (1 if abs(turn) < 1 else -1),
            0.38 + 0.05 * abs(turn % 3.14 - 0.0) * 0.6 - 0.02,
            0.13,
            0.032,
            p.lit((0.20, 0.55, 0.25)),
            rot=turn,
        )


def _mountains(p: PlaceDrawing) -> None:
    p.sky()
    for x in p.spread(4, 0.7):
        tall, wide = p.random.uniform(0.30, 0.44), p.random.uniform(0.30, 0.40)
        foot = HORIZON + 0.03
        p.drawing.polygon(((x - wide, foot), (x, foot - tall), (x + wide, foot)), p.lit((0.45, 0.47, 0.55), 0.25))
        p.drawing.polygon(
            ((x - wide * 0.32, foot - tall * 0.68), (x, foot - tall), (x + wide * 0.32, foot - tall * 0.68)),
            p.light.on(SNOW),
            outlined=False,
        )
    p.ground((0.52, 0.56, 0.50))
    for x in p.spread(6, 1.0):
        y, s = p.random.uniform(0.66, 0.95), p.random.uniform(0.03, 0.06)
        p.drawing.ellipse(x, y, s * 1.4, s * 0.7, p.lit((0.48, 0.49, 0.52)))


def _city(p: PlaceDrawing) -> None:
    p.sky()
    for far, count, low, high in ((0.4, 8, 0.24, 0.42), (0.05, 7, 0.20, 0.46)):
        for x in p.spread(count):
            tall, wide = p.random.uniform(low, high), ASPECT / count * p.random.uniform(0.34, 0.46)
            wall = p.random.choice(((0.50, 0.55, 0.66), (0.62, 0.50, 0.48), (0.42, 0.46, 0.56), (0.66, 0.62, 0.55)))
            top = HORIZON + 0.04 - tall
            p.drawing.box(x - wide, top, x + wide, HORIZON + 0.05, p.lit(wall, far))
            if far < 0.2:
                _windows(p, x, wide, top)
    p.ground((0.44, 0.45, 0.48), HORIZON + 0.04)
    p.drawing.box(-0.1, HORIZON + 0.04, ASPECT + 0.1, HORIZON + 0.10, p.lit((0.68, 0.68, 0.70)))
    for k in range(6):
        p.drawing.box(k * 0.32 + 0.06, 0.845, k * 0.32 + 0.22, 0.862, p.lit((0.93, 0.90, 0.75)), outlined=False)


def _windows(p: PlaceDrawing, x: float, wide: float, top: float) -> None:
    rows = int((HORIZON - top) / 0.075)
    for i in range(rows):
        for side in (-0.5, 0.0, 0.5):
            if p.random.random() < 0.75:
                wx, wy = x + side * wide, top + 0.045 + 0.075 * i
                p.drawing.box(wx - 0.016, wy - 0.018, wx + 0.016, wy + 0.018, p.window(), outlined=False)


def _village(p: PlaceDrawing) -> None:
    p.sky()
    p.hills((0.40, 0.58, 0.34), 4, 0.13, 0.3)
    p.ground((0.50, 0.66, 0.34))
    p.drawing.polygon(
        ((0.80, HORIZON + 0.02), (0.95, HORIZON + 0.02), (1.35, 1.05), (0.50, 1.05)), p.lit((0.80, 0.70, 0.52))
    )
    roofs = ((0.74, 0.30, 0.24), (0.55, 0.34, 0.28), (0.36, 0.42, 0.56))
    walls = ((0.95, 0.90, 0.78), (0.90, 0.80, 0.66), (0.84, 0.86, 0.88))
    for x in (
        p.random.uniform(0.12, 0.24),
        p.random.uniform(0.50, 0.62),
        p.random.uniform(1.12, 1.22),
        p.random.uniform(1.50, 1.62),
    ):
        p.house(
            x,
            p.random.uniform(0.66, 0.70),
            p.random.uniform(0.25, 0.33),
            p.random.choice(walls),
            p.random.choice(roofs),
        )


def _room(p: PlaceDrawing) -> None:
    d = p.drawing
    lamp = p.light.indoors
    d.box(-0.1, -0.1, ASPECT + 0.1, 1.1, lamp((0.86, 0.74, 0.60)), outlined=False)
    for k in range(9):
        d.box(k * 0.2 + 0.02, -0.1, k * 0.2 + 0.10, 0.72, lamp((0.82, 0.69, 0.55)), outlined=False)
    d.box(-0.1, 0.70, ASPECT + 0.1, 1.1, lamp((0.55, 0.36, 0.22)))
    for k in range(4):
        y = 0.76 + 0.075 * k
        d.box(-0.1, y, ASPECT + 0.1, y + 0.008, lamp((0.44, 0.28, 0.17)), outlined=False)
    d.box(-0.1, 0.675, ASPECT + 0.1, 0.705, lamp((0.95, 0.92, 0.86)))
    x = p.random.uniform(0.35, 1.35)
    d.box(x - 0.27, 0.10, x + 0.27, 0.50, lamp((0.95, 0.93, 0.88)))
    for i in range(8):
        y = 0.13 + 0.34 * i / 8
        d.box(x - 0.24, y, x + 0.24, 0.47, mix(p.light.zenith, p.light.horizon, i / 7), outlined=False)
    d.ellipse(
        x + p.light.orb_at[0] * 0.12 - 0.10, 0.15 + p.light.orb_at[1] * 0.30, 0.045, 0.045, p.light.orb, outlined=False
    )
    _seen_through(p, x)
    d.box(x - 0.012, 0.12, x + 0.012, 0.48, lamp((0.95, 0.93, 0.88)), outlined=False)
    d.box(x - 0.25, 0.29, x + 0.25, 0.31, lamp((0.95, 0.93, 0.88)), outlined=False)
    other = x + 0.72 if x < 0.87 else x - 0.72
    d.box(other - 0.12, 0.18, other + 0.12, 0.36, lamp((0.42, 0.28, 0.18)))
    d.box(
        other - 0.095,
        0.205,
        other + 0.095,
        0.335,
        lamp(p.random.choice(((0.4, 0.6, 0.7), (0.7, 0.5, 0.4)))),
        outlined=False,
    )
    d.ellipse(
        0.87, 0.90, 0.50, 0.075, lamp(p.random.choice(((0.70, 0.25, 0.25), (0.25, 0.42, 0.60), (0.40, 0.52, 0.36))))
    )


def _seen_through(p: PlaceDrawing, x: float) -> None:
    """The weather, as the window shows it."""
    if p.weather == "fog":
        p.drawing.box(x - 0.24, 0.13, x + 0.24, 0.47, p.light.haze, alpha=0.85, outlined=False)
    for _ in range(22 if p.weather in ("rain", "snow") else 0):
        wx, wy = x + p.random.uniform(-0.23, 0.22), p.random.uniform(0.15, 0.42)
        if p.weather == "rain":
            p.drawing.capsule((wx, wy), (wx - 0.012, wy + 0.045), 0.006, (0.80, 0.86, 0.95), alpha=0.8, outlined=False)
        else:
            p.drawing.ellipse(wx, wy, 0.014, 0.014, (0.98, 0.98, 1.0), outlined=False)


_PLACES: dict[str, Callable[[PlaceDrawing], None]] = {
    "meadow": _meadow,
    "forest": _forest,
    "desert": _desert,
    "beach": _beach,
    "mountains": _mountains,
    "city": _city,
    "village": _village,
    "room": _room,
}


def place(setting: str, weather: str, lighting: Light, layout: int) -> Drawing:
    """The empty place in stage heights, back to front, under its light."""
    p = PlaceDrawing(lighting, weather, layout)
    _PLACES[setting](p)
    return p.drawing


__all__ = ["ASPECT", "HORIZON", "place"]
