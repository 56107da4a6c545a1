"""Frames registered to the first of a clip: how the window went that its camera shows.

A path is float ``[T, 3]``: x, y and zoom of the window in every frame, on the first frame taken as the stage, so that
it begins at (0.5, 0.5, 1). Gauss-Newton on a pyramid (Lucas and Kanade, 1981; Baker and Matthews, "Lucas-Kanade 20
Years On", 2004), reweighted after Cauchy so that what moves by itself counts little.

Shape legend: T frames, H/W pixels; pixels are textures and how much they count, ``[T, 4, H, W]``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

SLIDES, ZOOMS = torch.tensor([1.0, 1.0, 0.0]), torch.ones(3)
"""Which numbers of a window are free."""
STAGE = torch.tensor([0.5, 0.5, 1.0])
"""The window of the first frame."""
_PYRAMID = ((4, 4, 3), (2, 3, 1), (1, 2, 1))
"""Of each level: pixels averaged into one, steps, and how many ends are followed further."""
_AROUND, _FAINT = 17, 0.02
"""Pixels around one that it is compared with, and the contrast (0..1) that is no texture yet."""
_SPREAD = 0.1
"""Error, in contrasts, from which on a pixel counts less than half."""
_MISFIT = 0.5
"""Error, in contrasts, that counts half of a pixel that does not fit at all."""
_FAR = 0.35
"""Way from which on frames are registered to a later one: half of the first is out of sight soon."""
_LEAST_ZOOM = 0.3
_SAME = 0.03
"""Ends less apart than that are one."""
_BEGIN = ((0.0, 0.0), (0.3, 0.0), (-0.3, 0.0), (0.6, 0.0), (-0.6, 0.0), (0.0, 0.3), (0.0, -0.3))
_BEGIN_ZOOM = (0.3, -0.25)
"""Ways from which a straight path is looked for: a slide, or a zoom on the spot."""


def pixels_of(frames: Tensor, place: Tensor) -> Tensor:
    """What is registered of a clip uint8 ``[T, 3, H, W]`` in which ``place`` (bool ``[T, H, W]``) shows the place."""
    return torch.cat([_textures(frames.float() / 255.0), place[:, None].float()], 1)


def followed(pixels: Tensor, free: Tensor) -> Tensor:
    """The path ``[T, 3]`` found frame after frame: each is registered to the first, from where the one before it was
    found. From neighbour to neighbour snow would carry the camera along."""
    path, anchor, before, way = [STAGE], 0, STAGE, torch.zeros(3)
    for t in range(1, len(pixels)):
        way = _end(pixels[[anchor, t]], torch.tensor([0.0, 1.0]), way[None], free)
        path.append(torch.cat([before[:2] + way[:2] / before[2:], before[2:] * (1 + way[2:])]))
        if float(way.abs().amax()) > _FAR:
            anchor, before, way = t, path[-1], torch.zeros(3)
    return torch.stack(path)


def straight(pixels: Tensor, free: Tensor, near: Tensor) -> Tensor:
    """The path ``[T, 3]`` that goes straight from the first frame to the last, fitted to all frames at once.

    It is looked for from where some path ``near`` ends, and from slides and zooms of every kind.
    """
    begin = [(near[-1] - STAGE), *(torch.tensor([*way, 0.0]) for way in _BEGIN)]
    begin += [torch.tensor([0.0, 0.0, zoom]) for zoom in _BEGIN_ZOOM if free[2]]
    shares = torch.linspace(0, 1, len(pixels))
    return _to(_end(pixels, shares, torch.stack(begin) * free, free), shares)


def misfits(pixels: Tensor, paths: Sequence[Tensor]) -> list[float]:
    """How little a clip looks as if its camera went each of several ways, 0 (just so) to 1.

    Every frame is compared with what the first becomes under the path ``[T, 3]``; errors count as Geman and McClure
    have them.
    """
    found = []
    for path in paths:
        grid, _ = _seen_at(path, *pixels.shape[-2:])
        seen = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
        off = (seen[:, :3] - pixels[:1, :3]).square().mean(1)
        counts = (grid.abs() < 1).all(-1) * seen[:, 3] * pixels[:1, 3]
        found.append(float((counts * off / (off + _MISFIT**2)).sum() / counts.sum().clamp_min(1)))
    return found


def _to(end: Tensor, shares: Tensor) -> Tensor:
    """The path that has gone so many ``shares`` ``[T]`` of its way to an end ``[3]``."""
    return STAGE + shares[:, None] * end


def _seen_at(path: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Where in each frame the pixels of the first are, ``[T, H, W, 2]``, -1..1, and how far from the window's middle
    they are on the stage."""
    y, x = ((torch.arange(n) + 0.5) / n * 2 - 1 for n in (height, width))
    plain = torch.stack([x.expand(height, width), y[:, None].expand(height, width)], -1)
    off = plain + 1 - 2 * path[:, None, None, :2]
    return path[:, None, None, 2:] * off, off


def _end(pixels: Tensor, shares: Tensor, ends: Tensor, free: Tensor) -> Tensor:
    """The end ``[3]`` near one of ``ends`` ``[N, 3]`` under which all frames look most like the first."""
    for size, steps, keep in _PYRAMID:
        small = F.avg_pool2d(pixels, size)
        sloped = torch.cat([small[1:], *_slopes(small[1:, :3])], 1)
        for _ in range(steps):
            ends = torch.stack([_stepped(small[0], sloped, shares[1:], end, free) for end in ends])
        if len(ends) > 1:
            ends = torch.stack(_best(small, shares, ends, keep))
    return ends[0]


def _best(pixels: Tensor, shares: Tensor, ends: Tensor, count: int) -> list[Tensor]:
    """The best few of some ends, those that came out as one counted once."""
    worth = torch.tensor(misfits(pixels, [_to(end, shares) for end in ends]))
    kept: list[Tensor] = []
    for end in ends[worth.argsort()]:
        if len(kept) < count and all(float((end - other).abs().amax()) > _SAME for other in kept):
            kept.append(end)
    return kept


def _stepped(first: Tensor, sloped: Tensor, shares: Tensor, end: Tensor, free: Tensor) -> Tensor:
    """An end ``[3]`` one weighted Gauss-Newton step of its ``free`` numbers further.

    ``first``: ``[4, h, w]``; ``sloped``: the other frames and their two slopes, ``[T, 10, h, w]``.
    """
    grid, off = _seen_at(_to(end, shares), *first.shape[-2:])
    sampled = F.grid_sample(sloped, grid, padding_mode="border", align_corners=False)
    seen, counts, dx, dy = torch.split(sampled, [3, 1, 3, 3], 1)
    error = seen - first[:3]
    weight = (grid.abs() < 1).all(-1) * counts[:, 0] * first[3] / (error.square().mean(1) + _SPREAD**2)
    zoom = (1 + shares * end[2])[:, None, None, None]
    x, y = off[:, None].unbind(-1)
    turned = torch.stack([-2 * zoom * dx, -2 * zoom * dy, dx * x + dy * y]) * shares[:, None, None, None]
    slopes = (turned * free[:, None, None, None, None]).flatten(1)
    weighted = slopes * weight[:, None].expand_as(error).flatten()
    step: Tensor = torch.linalg.solve(weighted @ slopes.T + 1e-3 * torch.eye(3), weighted @ error.flatten())
    moved = end - step
    return torch.cat([moved[:2].clamp(-1, 1), moved[2:].clamp_min(_LEAST_ZOOM - 1)])


def _slopes(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Change of pixels ``[N, 3, H, W]`` along x and y, per half a frame."""
    height, width = frames.shape[-2:]
    padded = F.pad(frames, (1, 1, 1, 1), mode="replicate")
    along_x, along_y = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2], padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    return along_x * width / 4, along_y * height / 4


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
