"""Pictures that are not of the world, made from numbers alone: what the captioner must not describe.

None is a photograph. Noise with the spectrum of nature and overlapping leaves are known to teach networks what natural
pictures are like (Baradad et al., "Learning to See by Looking at Noise", 2021); pages, charts, patterns, lit solids,
grids in perspective, fractals, and frames of the world with their patches shuffled or their colours false are the rest.

Shape legend: H/W pixels; every picture is float [3, H, W], 0..1.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from omni_model.train.data.scenes import FRAME

log = logging.getLogger(__name__)

SHARD = 1000
_H, _W = FRAME
_Y, _X = torch.meshgrid(torch.linspace(-1, 1, _H), torch.linspace(-1, 1, _W) * _W / _H, indexing="ij")


class Dice:
    """Random numbers of one picture."""

    def __init__(self, number: int) -> None:
        self._generator = torch.Generator().manual_seed(number)

    def some(self, *shape: int) -> Tensor:
        """Uniform numbers 0..1."""
        return torch.rand(shape, generator=self._generator)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(self.some(1))

    def count(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(torch.randint(low, high + 1, (), generator=self._generator))

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator)


def noise(dice: Dice, channels: int = 3) -> Tensor:
    """Noise whose amplitude falls with frequency, as in nature (slope near 1) or not at all (slope 0)."""
    slope = dice.between(0.0, 2.2)
    fy, fx = torch.fft.fftfreq(_H)[:, None] * _H, torch.fft.rfftfreq(_W)[None] * _W
    falling = (fy.square() + fx.square()).sqrt().clamp_min(1.0).pow(-slope)
    waves = torch.fft.irfft2(torch.fft.rfft2(dice.normal(channels, _H, _W)) * falling, s=(_H, _W))
    waves = (waves - waves.mean()) / waves.std().clamp_min(1e-6)
    tint = dice.some(channels, 1, 1) * 0.6 + 0.2
    mixed = torch.einsum("ij,jhw->ihw", torch.eye(channels) + 0.7 * dice.normal(channels, channels), waves)
    muted = torch.lerp(mixed, mixed.mean(0, keepdim=True).expand_as(mixed), dice.between(0, 1))
    return (tint + dice.between(0.05, 0.35) * muted).clamp(0, 1)


def _inside(dice: Dice, size: float) -> Tensor:
    """A soft-edged mask of one disc, polygon or bar somewhere, [H, W]."""
    x, y = _X - dice.between(-1.8, 1.8), _Y - dice.between(-1.0, 1.0)
    turn = dice.between(0, math.pi)
    u, v = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    v = v * dice.between(1.0, 4.0)
    shape = dice.count(0, 2)
    if shape == 0:
        reach = (u.square() + v.square()).sqrt()
    elif shape == 1:
        reach = torch.maximum(u.abs(), v.abs())
    else:
        reach = torch.maximum(u.abs() * 0.87 + v * 0.5, -v)
    return ((size - reach) * dice.between(6, 40)).clamp(0, 1)


def leaves(dice: Dice) -> Tensor:
    """Overlapping shapes of all sizes, each plain, textured or shaded; then a lens: blur and falling light."""
    picture = noise(dice)
    textures = [noise(dice), noise(dice)]
    for i in range(dice.count(8, 24)):
        size = 0.06 + 0.9 * dice.between(0.15, 1.0) ** 4
        colour = dice.some(3, 1, 1)
        paint = colour.expand(3, _H, _W)
        if dice.between(0, 1) < 0.7:
            paint = paint * 0.6 + (textures[i % 2] - 0.5) * dice.between(0.2, 1.0) + 0.2
        slope = dice.normal(2) * 0.35
        paint = paint * (1 + slope[0] * _X + slope[1] * _Y)
        picture = torch.lerp(picture, paint.clamp(0, 1), _inside(dice, size))
    return _lens(picture, dice)


def _lens(picture: Tensor, dice: Dice) -> Tensor:
    """As through a lens: muted colours, softness, less light at the rim, grain."""
    picture = torch.lerp(picture, picture.mean(0, keepdim=True).expand(3, _H, _W), dice.between(0, 1) ** 0.7)
    if dice.between(0, 1) < 0.5:
        picture = F.avg_pool2d(F.pad(picture[None], (1, 1, 1, 1), mode="replicate"), 3, 1)[0]
    light = 1 - dice.between(0, 0.35) * (_X.square() + _Y.square())
    grain = dice.normal(3, _H, _W) * dice.between(0, 0.05)
    return (picture * light + grain).clamp(0, 1)


def solids(dice: Dice) -> Tensor:
    """Balls lit from one side before a gradient."""
    top, bottom = dice.some(3, 1, 1), dice.some(3, 1, 1)
    picture = torch.lerp(top, bottom, ((_Y + 1) / 2).expand(3, _H, _W))
    light = F.normalize(dice.normal(3), dim=0)
    for _ in range(dice.count(1, 6)):
        radius = dice.between(0.1, 0.9)
        x, y = (_X - dice.between(-1.6, 1.6)) / radius, (_Y - dice.between(-0.9, 0.9)) / radius
        depth = (1 - x.square() - y.square()).clamp_min(0).sqrt()
        bright = (x * light[0] + y * light[1] + depth * light[2].abs()).clamp_min(0)
        ball = dice.some(3, 1, 1) * (0.15 + 0.85 * bright) + 0.5 * bright.pow(12)
        picture = torch.where(depth > 0, ball.clamp(0, 1), picture)
    return _lens(picture, dice)


def pattern(dice: Dice) -> Tensor:
    """Stripes, checks or rings in two colours, sharp or soft."""
    turn, pitch = dice.between(0, math.pi), dice.between(2, 30)
    u, v = _X * math.cos(turn) + _Y * math.sin(turn), _Y * math.cos(turn) - _X * math.sin(turn)
    wave = (
        torch.sin(u * pitch),
        torch.sin(u * pitch) * torch.sin(v * pitch),
        torch.sin((_X - 0.3).square().add(_Y.square()).sqrt() * pitch),
    )[dice.count(0, 2)]
    share = (wave * dice.between(0.5, 20)).clamp(-1, 1) / 2 + 0.5
    return torch.lerp(dice.some(3, 1, 1), dice.some(3, 1, 1), share.expand(3, _H, _W))


def page(dice: Dice) -> Tensor:
    """Marks in lines, as of text, with bars and panels, as of a screen; light or dark."""
    dark = dice.between(0, 1) < 0.35
    ground = dice.some(3, 1, 1) * 0.12 + (0.02 if dark else 0.88)
    picture = ground.expand(3, _H, _W).clone()
    for _ in range(dice.count(0, 4)):
        picture = _panel(picture, dice, dice.some(3, 1, 1))
    ink = dice.some(3, 1, 1) * 0.3 + (0.7 if dark else 0.0)
    row, tall = dice.count(1, 8), dice.count(1, 4)
    while row + tall < _H:
        marks = (dice.some(_W) < 0.65).float() * (0.5 + 0.5 * dice.some(_W))
        left, right = dice.count(2, 20), dice.count(40, _W - 2)
        marks[:left], marks[right:] = 0, 0
        if dice.between(0, 1) < 0.8:
            picture[:, row : row + tall] = torch.lerp(picture[:, row : row + tall], ink, marks)
        row += tall + dice.count(1, 6)
    return picture


def _panel(picture: Tensor, dice: Dice, colour: Tensor) -> Tensor:
    x, y, w, h = dice.count(0, _W - 8), dice.count(0, _H - 4), dice.count(4, _W), dice.count(3, _H)
    picture[:, y : y + h, x : x + w] = colour
    return picture


def chart(dice: Dice) -> Tensor:
    """Axes with bars, a curve or points."""
    picture = (0.9 + 0.1 * dice.some(3, 1, 1)).expand(3, _H, _W).clone()
    left, foot = dice.count(4, 16), dice.count(_H - 14, _H - 4)
    grid = 1 if dice.between(0, 1) < 0.5 else 0
    if grid:
        picture[:, :: dice.count(6, 14)] = 0.8
    for _ in range(dice.count(1, 3)):
        colour, kind = dice.some(3, 1), dice.count(0, 2)
        values = noise(dice, 1)[0, 0] * (foot - 4)
        for x in range(left, _W - 2, (1, dice.count(3, 12), 3)[kind]):
            y = min(max(int(foot - values[x]), 1), foot)
            top, bottom, wide = ((y - 1, y + 1, 1), (y, foot, 3), (y, y + 2, 2))[kind]
            picture[:, top:bottom, x : x + wide] = colour[:, :, None]
    picture[:, :, left], picture[:, foot] = 0.1, 0.1
    return picture


def perspective(dice: Dice) -> Tensor:
    """A floor of tiles that runs to a horizon, under a plain or cloudy sky."""
    horizon = dice.between(-0.6, 0.3)
    depth = 1 / (_Y - horizon).clamp_min(1e-2)
    tiles = torch.sin((_X - dice.between(-1, 1)) * depth * dice.between(2, 8)) * torch.sin(depth * dice.between(2, 12))
    floor = torch.lerp(dice.some(3, 1, 1), dice.some(3, 1, 1), ((tiles * 8).clamp(-1, 1) / 2 + 0.5).expand(3, _H, _W))
    sky = noise(dice) if dice.between(0, 1) < 0.6 else dice.some(3, 1, 1).expand(3, _H, _W)
    return _lens(torch.where(horizon < _Y, floor, sky), dice)


def vista(dice: Dice) -> Tensor:
    """A smooth sky over a ridge of land or water, with towers or trunks before it."""
    top, bottom, ground = (dice.some(3, 1, 1) for _ in range(3))
    cloudy = dice.between(0, 0.5) * dice.between(0, 1)
    picture = torch.lerp(top, bottom, ((_Y + 1) / 2).expand(3, _H, _W)) + cloudy * (noise(dice) - 0.5)
    ridge = dice.between(-0.2, 1.0) + dice.between(0, 0.4) * (noise(dice, 1)[0, dice.count(0, _H - 1)] - 0.5)
    land = ground * dice.between(0.2, 0.9) + dice.between(0.05, 0.5) * (noise(dice) - 0.5)
    picture = torch.where(ridge < _Y, land, picture)
    for _ in range(dice.count(0, 3)):
        x, wide, tall = dice.between(-1.6, 1.6), dice.between(0.03, 0.35), dice.between(-1.2, 0.6)
        narrowing = 1 - dice.between(0, 0.9) * ((1 - _Y) / 2)
        inside = ((wide * narrowing - (_X - x).abs()) * 30).clamp(0, 1) * ((_Y - tall) * 30).clamp(0, 1)
        shade = dice.some(3, 1, 1) * (0.6 + 0.4 * ((_X - x) / wide).clamp(-1, 1)) + 0.3 * (noise(dice) - 0.5)
        picture = torch.lerp(picture, shade, inside)
    return _lens(picture.clamp(0, 1), dice)


def fractal(dice: Dice) -> Tensor:
    """A Julia set in false colours."""
    zoom = dice.between(0.3, 1.5)
    z = torch.complex(_X * zoom, _Y * zoom)
    c = torch.complex(torch.tensor(dice.between(-0.9, 0.4)), torch.tensor(dice.between(-0.8, 0.8)))
    steps = torch.zeros(_H, _W)
    for _ in range(24):
        z = z * z + c
        alive = z.abs() < 4
        z, steps = torch.where(alive, z, torch.full_like(z, 10)), steps + alive
    phase = dice.some(3, 1, 1) * 6
    return 0.5 + 0.5 * torch.sin(steps * dice.between(0.1, 0.8) + phase)


def shuffled(frame: Tensor, dice: Dice) -> Tensor:
    """A frame of the world whose square patches changed places."""
    size = (8, 16)[dice.count(0, 1)]
    patches = F.unfold(frame[None], size, stride=size)
    order = dice.some(patches.shape[-1]).argsort()
    return F.fold(patches[..., order], (_H, _W), size, stride=size)[0]


def false_colours(frame: Tensor, dice: Dice) -> Tensor:
    """A frame of the world as a negative, or with colours that depend on its light alone."""
    if dice.between(0, 1) < 0.3:
        return 1 - frame
    palette = dice.some(3, dice.count(5, 9))
    level = (frame.mean(0) * (palette.shape[1] - 1)).clamp(0, palette.shape[1] - 1)
    low, share = level.floor().long(), level.frac()
    return torch.lerp(palette[:, low], palette[:, (low + 1).clamp_max(palette.shape[1] - 1)], share)


_MADE: tuple[Callable[[Dice], Tensor], ...] = (
    leaves, noise, solids, vista, pattern, page, leaves, chart, perspective, fractal,
)  # fmt: skip
_SPOILT: tuple[Callable[[Tensor, Dice], Tensor], ...] = (shuffled, false_colours)


def outside(number: int, frames: Tensor) -> Tensor:
    """Picture ``number``, uint8 [3, H, W]; ``frames`` uint8 [N, 3, H, W] of the world are there to be spoilt."""
    dice, kind = Dice(number), number % (len(_MADE) + len(_SPOILT))
    if kind < len(_MADE):
        picture = _MADE[kind](dice)
    else:
        picture = _SPOILT[kind - len(_MADE)](frames[dice.count(0, len(frames) - 1)].float() / 255, dice)
    return (picture.clamp(0, 1) * 255).round().to(torch.uint8)


def generate_outside(folder: Path, count: int, portraits: list[Path], *, seed: int = 1) -> list[Path]:
    """Write the shards that are missing; returns all of them in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"outside-{i:04d}.safetensors" for i in range(-(-count // SHARD))]
    for index, path in enumerate(paths):
        if path.exists():
            continue
        with safe_open(portraits[index % len(portraits)], framework="pt") as shard:
            frames = shard.get_tensor("frames")
        first = seed * 10_000_000 + index * SHARD
        made = [outside(first + i, frames) for i in range(min(SHARD, count - index * SHARD))]
        aside = path.with_suffix(".partial")
        save_file({"frames": torch.stack(made)}, aside)
        aside.rename(path)
        log.info("pictures from outside: shard %d of %d", index + 1, len(paths))
    return paths
