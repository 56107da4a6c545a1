"""The camera of a clip: found, named, and given to another shot.

A path is float ``[T, 3]``: x, y and zoom of the window in every frame, on the first frame taken as the stage, so that
it begins at (0.5, 0.5, 1). Most cameras stand still, slide or zoom steadily; one that shakes or wanders is followed
frame after frame, which is easily misled, and is believed only where it explains the clip clearly better.
"""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.eyes.registration import SLIDES, STAGE, ZOOMS, followed, misfits, pixels_of, straight
from omni_model.spec.conditioning import CameraKey, CameraPath

_SIMPLER = 1.02
"""How much better than a simpler way (ratio of misfits) one has to explain a clip."""
_MOST_KEYS = 64
_ZOOMED, _SHAKEN, _MOVED = 0.12, 0.20, 0.05
"""Least log ratio of zooms, way there and back, and way in one direction (in frames) that make a move."""


def camera_of(frames: Tensor, place: Tensor | None = None) -> Tensor:
    """The path ``[T, 3]`` of a clip uint8 ``[T, 3, H, W]``. What cannot be told (no texture) reads as no motion.

    ``place`` bool ``[T, H, W]``: pixels known to show the place, where it is known.
    """
    pixels = pixels_of(frames, torch.ones(len(frames), *frames.shape[-2:]) if place is None else place)
    slid, zoomed = followed(pixels, SLIDES), followed(pixels, ZOOMS)
    still = STAGE.repeat(len(frames), 1)
    ways = [still, straight(pixels, SLIDES, slid), straight(pixels, ZOOMS, zoomed), slid, zoomed]
    priced = [misfit * _SIMPLER**rank for rank, misfit in enumerate(misfits(pixels, ways))]
    return ways[priced.index(min(priced))]


def from_first(path: Tensor) -> Tensor:
    """A path ``[T, 3]`` on its own stage, told on its first frame, as :func:`camera_of` finds it."""
    start = path[0]
    return torch.cat([0.5 + (path[:, :2] - start[:2]) * start[2], path[:, 2:] / start[2]], 1)


def move_of(path: Tensor) -> str:
    """The film move that a path ``[T, 3]`` makes, a word of the vocabulary: the zoom decides first, then shaking."""
    steps = (path[1:, :2] - path[:-1, :2]) * path[1:, 2:]
    way, length = steps.sum(0), steps.abs().sum(0)
    zoomed = float((path[-1, 2] / path[0, 2]).log())
    if abs(zoomed) > _ZOOMED:
        return "push in" if zoomed > 0 else "pull out"
    if float((length - way.abs()).amax()) > _SHAKEN:
        return "shake"
    along = int(way.abs().argmax())
    if float(way[along].abs()) < _MOVED:
        return "static"
    return (("pan left", "pan right"), ("tilt up", "tilt down"))[along][int(way[along] > 0)]


def moved(start: CameraKey, path: Tensor) -> CameraPath:
    """A camera that begins at ``start`` and moves as ``path`` ``[T, 3]`` does.

    Where that would leave the stage, it comes closer and to the side, just so far that it does not.
    """
    wide = start.zoom * path[:, 2:]
    centre, half = (path[:, :2] - 0.5) / start.zoom, 0.5 / wide
    closer = float(((centre + half).amax(0) - (centre - half).amin(0)).amax().clamp_min(1.0))
    centre, half = centre / closer, half / closer
    begin = torch.tensor([start.x, start.y])
    begin = torch.minimum(torch.maximum(begin, (half - centre).amax(0)), 1 - (half + centre).amax(0))
    values = torch.cat([begin + centre, wide * closer], 1)
    picked = torch.linspace(0, len(path) - 1, min(len(path), _MOST_KEYS)).round().long()
    times = (picked / max(len(path) - 1, 1)).tolist()
    rows = zip(times, values[picked].tolist(), strict=True)
    return CameraPath(keys=tuple(CameraKey(t=t, x=x, y=y, zoom=min(max(zoom, 0.25), 8.0)) for t, (x, y, zoom) in rows))
