"""The cast of the world: every species and its wardrobe as shapes, in any pose.

Local units: feet at (0, 0), x to the right as the character faces, y down, about 1 tall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from omni_model.motion.palette import NAMED, Colour, dark, light, mix
from omni_model.motion.poses import Pose
from omni_model.spec.captions import GarmentFacts
from omni_model.world.shapes import Drawing, Number

WHITE: Colour = (0.99, 0.99, 0.99)
PUPIL: Colour = (0.05, 0.05, 0.08)
NOSE: Colour = (0.13, 0.10, 0.12)
BEAK: Colour = (0.98, 0.66, 0.14)
SKIN: Colour = (0.97, 0.80, 0.66)


@dataclass(frozen=True)
class Build:
    """Proportions of a species: head centre and radii, body centre and radii, in local units."""

    head: tuple[float, float, float, float]
    body: tuple[float, float, float, float]
    legs: bool = True
    arms: bool = True
    muzzle: bool = True
    eye: float = 0.055


_BUILDS: dict[str, Build] = {
    "person": Build((0.0, -0.72, 0.17, 0.18), (0.0, -0.36, 0.17, 0.22), muzzle=False, eye=0.042),
    "fox": Build((0.02, -0.66, 0.22, 0.19), (0.0, -0.32, 0.19, 0.24)),
    "bear": Build((0.01, -0.70, 0.23, 0.21), (0.0, -0.34, 0.29, 0.29)),
    "rabbit": Build((0.01, -0.55, 0.20, 0.19), (0.0, -0.27, 0.20, 0.22)),
    "cat": Build((0.01, -0.63, 0.22, 0.19), (0.0, -0.30, 0.17, 0.24)),
    "dog": Build((0.02, -0.66, 0.21, 0.20), (0.0, -0.32, 0.21, 0.24)),
    "mouse": Build((0.02, -0.56, 0.20, 0.18), (0.0, -0.27, 0.18, 0.21)),
    "frog": Build((0.01, -0.52, 0.30, 0.17), (0.0, -0.26, 0.26, 0.22), muzzle=False),
    "owl": Build((0.0, -0.66, 0.27, 0.22), (0.0, -0.37, 0.28, 0.34), arms=False, muzzle=False, eye=0.075),
    "penguin": Build((0.0, -0.72, 0.20, 0.18), (0.0, -0.38, 0.25, 0.36), arms=False, muzzle=False),
    "robot": Build((0.0, -0.69, 0.22, 0.16), (0.0, -0.31, 0.23, 0.20), muzzle=False, eye=0.06),
    "ghost": Build((0.0, -0.62, 0.27, 0.27), (0.0, -0.36, 0.27, 0.30), legs=False, muzzle=False, eye=0.06),
}


class _Figure:
    """One character being drawn: its build, pose and colours, with the points that wardrobe hangs on."""

    def __init__(self, species: str, colour: Colour, pose: Pose) -> None:
        self.species, self.colour, self.pose = species, colour, pose
        self.build = _BUILDS[species]
        self.drawing = Drawing()
        hx, hy, self.hw, self.hh = self.build.head
        bx, by, self.bw, self.bh = self.build.body
        drop = 0.16 * pose.crouch
        self.hx, self.hy = hx + 0.06 * pose.gaze, hy + drop * 1.5
        self.bx, self.by = bx, by + drop
        self.dark, self.light = dark(colour), light(colour)
        if species == "penguin" or species == "owl":
            self.light = mix(self.light, WHITE, 0.6)

    def back(self) -> None:
        """Tails, long ears and wings: what lies behind the body."""
        d, c, s = self.drawing, self.colour, self.species
        if s == "fox":
            d.ellipse(self.bx - 0.32, self.by + 0.02, 0.22, 0.10, c, rot=0.6)
            d.ellipse(self.bx - 0.45, self.by - 0.08, 0.09, 0.065, WHITE, rot=0.6, outlined=False)
        elif s == "cat":
            d.capsule((self.bx - 0.14, self.by + 0.15), (self.bx - 0.34, self.by + 0.05), 0.035, c)
            d.capsule((self.bx - 0.34, self.by + 0.05), (self.bx - 0.36, self.by - 0.26), 0.035, c)
        elif s == "dog":
            d.capsule((self.bx - 0.16, self.by + 0.10), (self.bx - 0.32, self.by - 0.10), 0.04, c)
        elif s == "mouse":
            d.capsule((self.bx - 0.12, self.by + 0.16), (self.bx - 0.42, self.by + 0.10), 0.018, light(c, 0.3))
        elif s == "rabbit":
            d.ellipse(self.bx - 0.22, self.by + 0.08, 0.08, 0.08, WHITE)

    def ears(self) -> None:
        d, c, s, x, y, w, h = self.drawing, self.colour, self.species, self.hx, self.hy, self.hw, self.hh
        for side in (-1.0, 1.0):
            if s in ("fox", "cat"):
                tall = 0.24 if s == "fox" else 0.17
                d.polygon(
                    (
                        (x + side * w * 0.95, y - h * 0.35),
                        (x + side * w * 0.70, y - h - tall + 0.06),
                        (x + side * w * 0.15, y - h * 0.85),
                    ),
                    c,
                )
                if s == "fox":
                    d.polygon(
                        (
                            (x + side * w * 0.82, y - h - tall * 0.40),
                            (x + side * w * 0.70, y - h - tall + 0.06),
                            (x + side * w * 0.50, y - h - tall * 0.34),
                        ),
                        NOSE,
                        outlined=False,
                    )
            elif s == "bear":
                d.ellipse(x + side * w * 0.75, y - h * 0.80, 0.085, 0.085, c)
                d.ellipse(x + side * w * 0.75, y - h * 0.80, 0.045, 0.045, self.dark, outlined=False)
            elif s == "rabbit":
                d.ellipse(x + side * w * 0.45, y - h - 0.14, 0.058, 0.20, c, rot=0.12 * side)
                d.ellipse(
                    x + side * w * 0.45, y - h - 0.13, 0.026, 0.13, (0.98, 0.72, 0.76), rot=0.12 * side, outlined=False
                )
            elif s == "mouse":
                d.ellipse(x + side * w * 0.95, y - h * 0.95, 0.145, 0.145, c)
                d.ellipse(x + side * w * 0.95, y - h * 0.95, 0.085, 0.085, (0.98, 0.72, 0.76), outlined=False)
            elif s == "owl":
                d.polygon(
                    (
                        (x + side * w * 0.95, y - h * 0.2),
                        (x + side * w * 0.85, y - h - 0.10),
                        (x + side * w * 0.25, y - h * 0.8),
                    ),
                    c,
                )
            elif s == "robot":
                d.box(x + side * (w + 0.02) - 0.025, y - 0.05, x + side * (w + 0.02) + 0.025, y + 0.05, self.dark)
        if s == "robot":
            d.capsule((x, y - h), (x, y - h - 0.12), 0.014, self.dark)
            d.ellipse(x, y - h - 0.14, 0.04, 0.04, (0.95, 0.20, 0.20))

    def flaps(self) -> None:
        """Ears that hang in front of the head."""
        if self.species == "dog":
            for side in (-1.0, 1.0):
                self.drawing.ellipse(
                    self.hx + side * self.hw * 0.98, self.hy - self.hh * 0.05, 0.07, 0.16, self.dark, rot=-0.22 * side
                )

    def legs(self) -> None:
        if not self.build.legs:
            return
        d, p = self.drawing, self.pose
        shade = BEAK if self.species in ("owl", "penguin") else self.dark
        shade = (0.22, 0.24, 0.36) if self.species == "person" else shade
        spread = self.bw * 0.45
        top = self.by + self.bh * 0.6
        for side in (-1.0, 1.0):
            d.capsule((self.bx + side * spread, top), (self.bx + side * (spread + p.stride), -0.045), 0.05, shade)

    def arms(self, front: bool) -> None:
        d, p = self.drawing, self.pose
        if not self.build.arms:
            self._wing(front)
            return
        side = 1.0 if front else -1.0
        angle = torch.as_tensor(p.arm_right if front else p.arm_left)
        shoulder = (self.bx + side * self.bw * 0.82, self.by - self.bh * 0.42)
        reach = 0.25
        hand = (shoulder[0] + side * reach * torch.sin(angle), shoulder[1] + reach * torch.cos(angle))
        colour = dark(self.colour, 0.18)
        d.capsule(shoulder, hand, 0.042, colour)
        if self.species == "person":
            d.ellipse(hand[0], hand[1], 0.05, 0.05, SKIN)

    def _wing(self, front: bool) -> None:
        side, p = (1.0 if front else -1.0), self.pose
        angle = torch.as_tensor(p.arm_right if front else p.arm_left)
        self.drawing.ellipse(
            self.bx + side * (self.bw * 0.92 + 0.06 * torch.sin(angle)),
            self.by - 0.02 - 0.10 * (angle - 0.25),
            0.07,
            0.22,
            self.dark,
            rot=-side * angle * 0.55,
        )

    def trunk(self) -> None:
        d, s, c = self.drawing, self.species, self.colour
        if s == "robot":
            d.box(self.bx - self.bw, self.by - self.bh, self.bx + self.bw, self.by + self.bh, c)
            d.box(self.bx - 0.12, self.by - 0.10, self.bx + 0.12, self.by + 0.06, self.light, outlined=False)
            d.ellipse(self.bx - 0.06, self.by - 0.02, 0.025, 0.025, (0.95, 0.2, 0.2), outlined=False)
            d.ellipse(self.bx + 0.05, self.by - 0.02, 0.025, 0.025, (0.2, 0.8, 0.3), outlined=False)
        elif s == "ghost":
            d.ellipse(self.bx, self.hy, self.hw, self.hh, c)
            d.box(self.bx - self.bw, self.hy, self.bx + self.bw, self.by + 0.24, c)
            for k in (-1.0, 0.0, 1.0):
                d.ellipse(self.bx + k * self.bw * 0.66, self.by + 0.24, self.bw * 0.335, 0.07, c, outlined=False)
        else:
            d.ellipse(self.bx, self.by, self.bw, self.bh, c)
            if s != "person":
                wide = 0.78 if s == "penguin" else 0.62
                d.ellipse(self.bx + 0.03, self.by + 0.05, self.bw * wide, self.bh * 0.70, self.light, outlined=False)

    def head(self) -> None:
        d, s, c, x, y = self.drawing, self.species, self.colour, self.hx, self.hy
        if s == "robot":
            d.box(x - self.hw, y - self.hh, x + self.hw, y + self.hh, c)
            d.box(x - 0.12, y + 0.07, x + 0.14, y + 0.11, self.dark, outlined=False)
        elif s == "person":
            d.ellipse(x, y - 0.03, self.hw + 0.02, self.hh + 0.02, (0.26, 0.16, 0.10))
            d.ellipse(x + 0.02, y + 0.03, self.hw * 0.92, self.hh * 0.84, SKIN, outlined=False)
        elif s == "frog":
            for side in (-1.0, 1.0):
                d.ellipse(x + side * 0.15, y - 0.15, 0.095, 0.095, c)
            d.ellipse(x, y, self.hw, self.hh, c)
            d.capsule((x - 0.13, y + 0.07), (x + 0.19, y + 0.07), 0.014, self.dark, outlined=False)
        elif s != "ghost":
            d.ellipse(x, y, self.hw, self.hh, c)

    def face(self) -> None:
        d, s, x, y = self.drawing, self.species, self.hx, self.hy
        if self.build.muzzle:
            d.ellipse(x + 0.07, y + 0.07, self.hw * 0.52, self.hh * 0.48, self.light, outlined=False)
            d.ellipse(x + 0.11, y + 0.03, 0.036, 0.028, NOSE, outlined=False)
        if s == "cat":
            for k in (-0.02, 0.02):
                d.capsule((x + 0.14, y + 0.07 + k), (x + 0.30, y + 0.06 + 2.5 * k), 0.008, NOSE, outlined=False)
        if s == "owl":
            for side in (-1.0, 1.0):
                d.ellipse(x + 0.03 + side * 0.12, y - 0.02, 0.115, 0.115, self.light, outlined=False)
        self._eyes(y - (0.16 if s == "frog" else 0.04))
        if s in ("owl", "penguin"):
            d.polygon(((x - 0.03, y + 0.03), (x + 0.09, y + 0.03), (x + 0.05, y + 0.13)), BEAK)

    def _eyes(self, y: Number) -> None:
        d, p, e = self.drawing, self.pose, self.build.eye
        gap = 0.15 if self.species == "frog" else (0.12 if self.species == "owl" else 0.088)
        tall = e * (0.12 + 0.88 * p.open)
        for side in (-1.0, 1.0):
            x = self.hx + 0.04 + side * gap
            if p.open == 0.0:
                d.capsule((x - e, y), (x + e, y), 0.014, PUPIL, outlined=False)
                continue
            d.ellipse(x, y, e, tall * 1.12, WHITE, outlined=self.species == "ghost")
            d.ellipse(x + e * (0.30 + 0.35 * p.gaze), y + 0.005, e * 0.58, tall * 0.66, PUPIL, outlined=False)

    def behind(self, garments: Sequence[GarmentFacts]) -> None:
        """Wardrobe that hangs at the back."""
        for g in garments:
            c = NAMED[g.colour]
            if g.item == "cape":
                self.drawing.polygon(
                    (
                        (self.bx - 0.12, self.by - self.bh * 0.8),
                        (self.bx + 0.14, self.by - self.bh * 0.8),
                        (self.bx + self.bw * 0.95, self.by + self.bh * 0.85),
                        (self.bx - self.bw - 0.26, self.by + self.bh * 0.85),
                    ),
                    c,
                )
            elif g.item == "backpack":
                self.drawing.ellipse(self.bx - self.bw - 0.05, self.by - 0.04, 0.15, 0.20, c)
                self.drawing.ellipse(self.bx - self.bw - 0.10, self.by + 0.03, 0.07, 0.07, dark(c), outlined=False)

    def dressed(self, garments: Sequence[GarmentFacts]) -> None:
        """Wardrobe in front of body and head."""
        for g in garments:
            worn = getattr(self, f"_{g.item}", None)
            if worn is not None:
                worn(NAMED[g.colour])

    def _neck(self) -> Number:
        return self.hy + self.hh * (0.55 if self.species in ("ghost", "owl") else 0.92)

    def _scarf(self, c: Colour) -> None:
        y, d = self._neck(), self.drawing
        d.capsule((self.bx - 0.15, y + 0.12), (self.bx - 0.20, y + 0.28), 0.055, dark(c, 0.2))
        d.ellipse(self.bx, y + 0.03, self.bw * 0.86 + 0.05, 0.068, c)

    def _cape(self, c: Colour) -> None:
        self.drawing.ellipse(self.bx, self._neck() + 0.02, self.bw * 0.75, 0.045, c)

    def _backpack(self, c: Colour) -> None:
        for dx in (-0.11, 0.11):
            self.drawing.capsule(
                (self.bx + dx, self._neck() + 0.06), (self.bx + dx, self.by + 0.08), 0.022, c, outlined=False
            )

    def _bowtie(self, c: Colour) -> None:
        y, d = self._neck() + 0.04, self.drawing
        for side in (-1.0, 1.0):
            d.polygon(
                (
                    (self.bx + 0.03, y),
                    (self.bx + 0.03 + side * 0.15, y - 0.085),
                    (self.bx + 0.03 + side * 0.15, y + 0.085),
                ),
                c,
            )
        d.ellipse(self.bx + 0.03, y, 0.035, 0.035, dark(c), outlined=False)

    def _glasses(self, c: Colour) -> None:
        d = self.drawing
        y = self.hy - (0.16 if self.species == "frog" else 0.04)
        gap = 0.15 if self.species == "frog" else (0.12 if self.species == "owl" else 0.095)
        r = self.build.eye + 0.04
        d.capsule((self.hx - self.hw * 0.9, y - 0.02), (self.hx + gap, y - 0.01), 0.02, c, outlined=False)
        for side in (-1.0, 1.0):
            d.ellipse(self.hx + 0.045 + side * gap, y, r, r, c)
            d.ellipse(self.hx + 0.045 + side * gap, y, r - 0.038, r - 0.038, (0.80, 0.93, 0.98), outlined=False)
            d.ellipse(self.hx + 0.065 + side * gap, y + 0.005, 0.027, 0.03, PUPIL, outlined=False)

    def _crown_line(self) -> Number:
        return self.hy - self.hh * (1.36 if self.species == "frog" else 0.82)

    def _hat(self, c: Colour) -> None:
        y, d = self._crown_line(), self.drawing
        d.box(self.hx - 0.13, y - 0.23, self.hx + 0.13, y, c)
        d.box(self.hx - 0.13, y - 0.075, self.hx + 0.13, y - 0.025, dark(c, 0.55), outlined=False)
        d.ellipse(self.hx, y, 0.23, 0.045, c)

    def _crown(self, c: Colour) -> None:
        y, d = self._crown_line() + 0.02, self.drawing
        for k in (-0.12, 0.0, 0.12):
            d.polygon(((self.hx + k - 0.07, y - 0.05), (self.hx + k, y - 0.21), (self.hx + k + 0.07, y - 0.05)), c)
        d.box(self.hx - 0.19, y - 0.08, self.hx + 0.19, y + 0.02, c)
        d.ellipse(self.hx, y - 0.03, 0.03, 0.03, WHITE, outlined=False)


def character(species: str, colour: str, wardrobe: Sequence[GarmentFacts], pose: Pose) -> Drawing:
    """The character's shapes, back to front, facing right, standing on the origin (before lift and lean)."""
    figure = _Figure(species, NAMED[colour], pose)
    figure.behind(wardrobe)
    figure.back()
    figure.arms(front=False)
    figure.legs()
    figure.ears()
    figure.trunk()
    figure.head()
    figure.flaps()
    figure.arms(front=True)
    figure.face()
    figure.dressed(wardrobe)
    return figure.drawing
