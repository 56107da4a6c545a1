"""Colours of the world, sRGB 0..1."""

from __future__ import annotations

Colour = tuple[float, float, float]

NAMED: dict[str, Colour] = {
    "red": (0.86, 0.16, 0.15),
    "orange": (0.96, 0.52, 0.10),
    "yellow": (0.97, 0.83, 0.18),
    "green": (0.22, 0.66, 0.27),
    "blue": (0.18, 0.40, 0.90),
    "purple": (0.52, 0.25, 0.78),
    "pink": (0.97, 0.55, 0.74),
    "white": (0.96, 0.96, 0.97),
    "brown": (0.47, 0.29, 0.16),
    "black": (0.15, 0.15, 0.18),
}


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """``share`` of b in a."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def dark(colour: Colour, share: float = 0.35) -> Colour:
    return mix(colour, (0.05, 0.04, 0.08), share)


def light(colour: Colour, share: float = 0.5) -> Colour:
    return mix(colour, (1.0, 0.99, 0.96), share)


def times(a: Colour, b: Colour) -> Colour:
    """Channel by channel: a surface under a light."""
    return (a[0] * b[0], a[1] * b[1], a[2] * b[2])
