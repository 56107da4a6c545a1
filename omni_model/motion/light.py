"""Light and look: time of day, mood, weather and style.

Time of day is light on surfaces and the colour of the sky; mood and style are a grade of the finished
frame; weather is haze and what falls through the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from omni_model.motion.palette import Colour, mix, times

FOG_BEFORE = 0.15
"""Share of fog in front of what is on the stage."""


@dataclass(frozen=True)
class Light:
    """``ambient`` multiplies surfaces. ``orb`` is sun or moon. Shadows: ``shadow`` long, leaning ``slant``."""

    ambient: Colour
    zenith: Colour
    horizon: Colour
    orb: Colour
    orb_at: tuple[float, float]
    orb_size: float
    stars: bool = False
    shadow: float = 0.30
    slant: float = 0.0
    haze: Colour = (0.85, 0.90, 0.95)

    def on(self, surface: Colour) -> Colour:
        """A surface under this light."""
        return times(surface, self.ambient)

    def indoors(self, surface: Colour) -> Colour:
        """A surface by lamplight: half the outer light, half a warm lamp."""
        return times(surface, mix(self.ambient, (0.98, 0.90, 0.78), 0.45))


_LIGHTS: dict[str, Light] = {
    "day": Light((1.0, 1.0, 1.0), (0.36, 0.64, 0.94), (0.78, 0.91, 0.99), (1.0, 0.95, 0.62), (1.30, 0.15), 0.075),
    "dawn": Light(
        (0.98, 0.86, 0.88),
        (0.58, 0.60, 0.86),
        (1.0, 0.80, 0.76),
        (1.0, 0.90, 0.74),
        (0.38, 0.47),
        0.085,
        shadow=0.55,
        slant=0.55,
        haze=(0.98, 0.82, 0.80),
    ),
    "dusk": Light(
        (1.0, 0.74, 0.55),
        (0.38, 0.22, 0.46),
        (1.0, 0.52, 0.22),
        (1.0, 0.42, 0.18),
        (1.38, 0.46),
        0.11,
        shadow=0.60,
        slant=-0.60,
        haze=(0.95, 0.58, 0.36),
    ),
    "night": Light(
        (0.44, 0.50, 0.76),
        (0.05, 0.07, 0.20),
        (0.16, 0.20, 0.42),
        (0.93, 0.94, 0.86),
        (0.42, 0.16),
        0.07,
        stars=True,
        shadow=0.25,
        haze=(0.20, 0.25, 0.42),
    ),
}


def light_of(time: str, weather: str) -> Light:
    """The light of a time of day; rain, snow and fog grey the sky."""
    base = _LIGHTS[time]
    grey = {"rain": 0.45, "snow": 0.35, "fog": 0.55}.get(weather, 0.0)
    if grey == 0.0:
        return base
    cloud = times((0.72, 0.75, 0.80), base.ambient)
    dim: Colour = (0.90, 0.92, 0.95) if weather == "rain" else (0.97, 0.98, 1.0)
    return Light(
        times(base.ambient, dim),
        mix(base.zenith, cloud, grey),
        mix(base.horizon, cloud, grey),
        base.orb,
        base.orb_at,
        base.orb_size,
        base.stars,
        base.shadow * 0.6,
        base.slant,
        mix(base.haze, cloud, 0.4),
    )


@dataclass(frozen=True)
class Grade:
    """gain * colour, then saturation about the luma, then a vignette of this depth, then lifted blacks."""

    gain: Colour = (1.0, 1.0, 1.0)
    saturation: float = 1.0
    vignette: float = 0.0
    lift: Colour = (0.0, 0.0, 0.0)
    glow: float = 0.0


_GRADES: dict[str, Grade] = {
    "calm": Grade(),
    "happy": Grade((1.04, 1.01, 0.90), 1.22, 0.0, (0.045, 0.03, 0.0)),
    "sad": Grade((0.78, 0.83, 0.92), 0.48, 0.10, (0.035, 0.05, 0.07)),
    "scary": Grade((0.58, 0.74, 0.68), 0.62, 0.72, (0.0, 0.012, 0.010)),
    "mysterious": Grade((0.80, 0.66, 0.98), 0.80, 0.25, (0.07, 0.02, 0.10), 0.35),
}


def grade(frames: Tensor, mood: str, style: str) -> Tensor:
    """Mood and style of finished frames [F, H, W, 3], sRGB 0..1."""
    g = _GRADES[mood]
    device = frames.device
    out = frames * torch.tensor(g.gain, device=device)
    luma = (out * torch.tensor((0.299, 0.587, 0.114), device=device)).sum(-1, keepdim=True)
    out = luma + (out - luma) * g.saturation
    height, width = frames.shape[1:3]
    y = torch.linspace(-1, 1, height, device=device)[:, None]
    x = torch.linspace(-1, 1, width, device=device)[None, :]
    if g.vignette:
        falloff = 1.0 - g.vignette * ((x * x + 1.2 * y * y) * 0.55).clamp(0.0, 1.0)
        out = out * falloff[..., None]
    out = out + torch.tensor(g.lift, device=device)
    if g.glow:
        mist = g.glow * torch.exp(-(((y - 0.62) / 0.30) ** 2)).expand(height, width)
        out = out + (torch.tensor((0.52, 0.42, 0.70), device=device) - out) * mist[..., None]
    if style == "pastel":
        out = out * 0.58 + torch.tensor((0.98, 0.95, 0.91), device=device) * 0.40
    return out.clamp(0.0, 1.0)


def haze(frames: Tensor, light: Light, share: float) -> Tensor:
    """Fog: colours drawn to the horizon's haze."""
    return frames + (torch.tensor(light.haze, device=frames.device) - frames) * share


def _hash(a: Tensor, b: Tensor, salt: float) -> Tensor:
    """A repeatable 0..1 noise of two integer grids."""
    return torch.frac(torch.sin(a * 127.1 + b * 311.7 + salt) * 43758.5453).abs()


def falling(frames: Tensor, weather: str, seconds: Tensor) -> Tensor:
    """Rain or snow over finished frames [F, H, W, 3] at scene times ``seconds`` [F]; stateless in time."""
    if weather not in ("rain", "snow"):
        return frames
    _, height, width, _ = frames.shape
    device = frames.device
    y = (torch.arange(height, device=device) + 0.5)[None, :, None] / height
    x = (torch.arange(width, device=device) + 0.5)[None, None, :] / height
    t = seconds.view(-1, 1, 1)
    px = 1.0 / height
    tone = torch.tensor((0.80, 0.87, 0.97) if weather == "rain" else (0.98, 0.99, 1.0), device=device)
    for layer in (0, 1):
        if weather == "rain":
            cell_x, cell_y, speed, slant = 0.11 - 0.03 * layer, 0.42, 1.7 - 0.4 * layer, 0.22
        else:
            cell_x, cell_y, speed, slant = 0.17 - 0.05 * layer, 0.17 - 0.05 * layer, 0.20 - 0.05 * layer, 0.10
        u, v = (x + slant * y) / cell_x + 7.3 * layer, (y - speed * t) / cell_y
        column = torch.floor(u)
        v = v + 13.0 * _hash(column, column * 0 + layer, 3.1)
        row = torch.floor(v)
        cx = 0.25 + 0.5 * _hash(column, row, 1.7)
        dx, dy = (u - column - cx) * cell_x, (v - row - 0.5) * cell_y
        if weather == "rain":
            cover = ((0.9 * px - dx.abs()) / px + 0.5).clamp(0, 1) * ((0.085 - dy.abs()) / px + 0.5).clamp(0, 1) * 0.5
        else:
            cover = ((0.016 - 0.004 * layer - torch.sqrt(dx * dx + dy * dy)) / px + 0.5).clamp(0, 1) * 0.9
        frames = frames + (tone - frames) * cover[..., None]
    return frames
