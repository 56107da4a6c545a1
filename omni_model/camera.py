"""The camera of a clip: found by registering its frames, named, and given to another shot.

A path is float ``[T, 3]``: x, y and zoom of the window in every frame, on the first frame taken as the stage, so that
it begins at (0.5, 0.5, 1). Registration is Gauss-Newton on a pyramid (Lucas and Kanade, 1981; Baker and Matthews,
"Lucas-Kanade 20 Years On", 2004) for a shift and a zoom, reweighted after Cauchy so that what moves by itself
(characters, rain) counts little. A camera zooms only where a shift alone explains the clip clearly worse.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.conditioning import CameraKey, CameraPath

_PYRAMID = ((4, 4), (2, 3), (1, 2))
"""Of each level: pixels averaged into one, and steps."""
_AROUND, _FAINT = 17, 0.02
"""Pixels around one that it is compared with, and the contrast (0..1) that is no texture yet."""
_SPREAD = 0.1
"""Error, in contrasts, from which on a pixel counts less than half."""
_MISFIT = 0.5
"""Error, in contrasts, that counts half of a pixel that does not fit at all."""
_SHIFTS, _ZOOMS = torch.tensor([0.0, 1.0, 1.0]), torch.ones(3)
"""Which parts of a warp are free."""
_SIMPLER = 1.02
"""Ratio of misfits from which on a zoom is believed."""
_FAR = 0.7
"""Warp from which on frames are registered to a later one: half of the first is out of sight soon."""
_MOST_KEYS = 64
_ZOOMED, _SHAKEN, _MOVED = 0.12, 0.20, 0.05
"""Least log ratio of zooms, way there and back, and way in one direction (in frames) that make a move."""


def camera_of(frames: Tensor, place: Tensor | None = None) -> Tensor:
    """The path ``[T, 3]`` of a clip uint8 ``[T, 3, H, W]``. What cannot be told (no texture) reads as no motion.

    ``place`` bool ``[T, H, W]``: pixels known to show the place, where it is known.
    """
    pixels = _pixels(frames, torch.ones(len(frames), *frames.shape[-2:]) if place is None else place)
    shifted, zoomed = _path(pixels, _SHIFTS), _path(pixels, _ZOOMS)
    simple, better = _misfits(pixels, [shifted, zoomed])
    return zoomed if better * _SIMPLER < simple else shifted


def misfits(frames: Tensor, paths: Sequence[Tensor], place: Tensor) -> list[float]:
    """How little a clip looks as if its camera went each of several ways, 0 (just so) to 1.

    Where ``place`` (bool ``[T, H, W]``) shows the place, every frame is compared with what the first becomes under the
    path ``[T, 3]``; errors count as Geman and McClure have them.
    """
    return _misfits(_pixels(frames, place), paths)


def _pixels(frames: Tensor, place: Tensor) -> Tensor:
    """Textures, and which of them show the place, ``[T, 4, H, W]``."""
    return torch.cat([_textures(frames.float() / 255.0), place[:, None].float()], 1)


def _path(pixels: Tensor, free: Tensor) -> Tensor:
    """The path ``[T, 3]`` of the best warps of which some parts are ``free``.

    Frames are registered to the first, each from where the one before it was found: from neighbour to neighbour snow
    would carry the camera along.
    """
    warp, before, anchor, path = torch.zeros(3), torch.zeros(3), 0, [torch.zeros(3)]
    for t in range(1, len(pixels)):
        warp = _registered(pixels[anchor], pixels[t], warp, free)
        path.append(_after(before, warp))
        if float(warp.abs().amax()) > _FAR:
            anchor, before, warp = t, path[-1], torch.zeros(3)
    warps = torch.stack(path)
    zoom = warps[:, :1].exp()
    return torch.cat([0.5 - warps[:, 1:] / (2 * zoom), zoom], 1)


def _misfits(pixels: Tensor, paths: Sequence[Tensor]) -> list[float]:
    found, plain = [], _plain(*pixels.shape[-2:])
    for path in paths:
        zoom, centre = path[:, None, None, 2:], path[:, None, None, :2]
        grid = zoom * (plain + 1 - 2 * centre)
        seen = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
        off = (seen[:, :3] - pixels[:1, :3]).square().mean(1)
        counts = (grid.abs() < 1).all(-1) * seen[:, 3] * pixels[:1, 3]
        found.append(float((counts * off / (off + _MISFIT**2)).sum() / counts.sum().clamp_min(1)))
    return found


def from_first(path: Tensor) -> Tensor:
    """A path ``[T, 3]`` on its own stage, told on its first frame, as :func:`camera_of` finds it."""
    start = path[0]
    return torch.cat([0.5 + (path[:, :2] - start[:2]) * start[2], path[:, 2:] / start[2]], 1)


def _plain(height: int, width: int) -> Tensor:
    """Where the pixels of a frame lie, ``[H, W, 2]``, -1..1."""
    y, x = ((torch.arange(n) + 0.5) / n * 2 - 1 for n in (height, width))
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)], -1)


def _textures(frames: Tensor) -> Tensor:
    """Pixels less the mean around them, in units of the contrast around them: a vignette or a glow, which stays where
    it is while the camera moves, is gone, and the dark counts as much as the light. Slopes go on beyond the edge: cut
    off there, they would be a texture of the frame. A median has taken out rain and snow, which are small and move by
    themselves."""
    for dim, sides in ((-1, (2, 2, 0, 0)), (-2, (0, 0, 2, 2))):
        frames = F.pad(frames, sides, mode="replicate").unfold(dim, 5, 1).median(-1).values
    reach = min(_AROUND // 2, *(side - 1 for side in frames.shape[-2:]))
    edge, size = (reach,) * 4, 2 * reach + 1
    beyond = 2 * F.pad(frames, edge, mode="replicate") - F.pad(frames, edge, mode="reflect")
    off = frames - F.avg_pool2d(beyond, size, 1)
    around = F.avg_pool2d(off.square(), size, 1, reach, count_include_pad=False)
    return off / (around.mean(1, keepdim=True).sqrt() + _FAINT)


def _after(first: Tensor, then: Tensor) -> Tensor:
    """The warp ``[3]`` that does one after another."""
    return torch.cat([first[:1] + then[:1], first[1:] * then[0].exp() + then[1:]])


def _registered(source: Tensor, target: Tensor, warp: Tensor, free: Tensor) -> Tensor:
    """The warp ``[3]`` (log zoom, shift x, shift y; the frame is -1..1) under which the target looks like the source,
    both ``[4, H, W]`` with whether a pixel counts, found near the given one."""
    for pixels, steps in _PYRAMID:
        small, wanted = (F.avg_pool2d(frame[None], pixels) for frame in (target, source))
        sloped = torch.cat([small, *_slopes(small[:, :3])], 1)
        for _ in range(steps):
            warp = warp - _correction(wanted[0], sloped, warp, free)
    return warp


def _slopes(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Change of pixels ``[N, 3, H, W]`` along x and y, per half a frame."""
    height, width = frames.shape[-2:]
    padded = F.pad(frames, (1, 1, 1, 1), mode="replicate")
    along_x, along_y = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2], padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    return along_x * width / 4, along_y * height / 4


def _correction(wanted: Tensor, sloped: Tensor, warp: Tensor, free: Tensor) -> Tensor:
    """One weighted Gauss-Newton step ``[3]`` of the ``free`` parts.

    ``sloped``: the target and its two slopes, ``[1, 10, H, W]``.
    """
    scaled = _plain(*wanted.shape[-2:]) * warp[0].exp()
    grid = scaled + warp[1:]
    sampled = F.grid_sample(sloped, grid[None], padding_mode="border", align_corners=False)[0]
    seen, counts, dx, dy = torch.split(sampled, [3, 1, 3, 3])
    error = seen - wanted[:3]
    weight = (grid.abs() < 1).all(-1) * counts * wanted[3:] / (error.square().mean(0) + _SPREAD**2)
    slopes = torch.stack([dx * scaled[..., 0] + dy * scaled[..., 1], dx, dy]).flatten(1)
    slopes = slopes * free[:, None]
    weighted = slopes * weight.expand_as(error).flatten()
    step: Tensor = torch.linalg.solve(weighted @ slopes.T + 1e-3 * torch.eye(3), weighted @ error.flatten())
    return step


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
