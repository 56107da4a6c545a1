"""Whether a still is several pictures on one sheet: a storyboard, a contact sheet, a strip of frames.

Their borders give them away. A *gutter* is a band of one colour from edge to edge with straight sides. Where panels
touch there is a *seam*: at the same place in every line the colour jumps, as nowhere near. A horizon is a seam too,
and so is the edge of a wall: seams count where they divide the picture evenly both ways, or into three or more.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[np.int16]

_SIDE = 1024
"""Pixels to which the longer side is reduced before it is looked at."""
_SAME, _OTHER = 14, 26
"""Of 255: colours that differ by less are one, those that differ by more are two."""
_PLAIN = 0.97
"""Of a gutter's line, the share that has its colour."""
_STRAIGHT = 0.6
"""Of a panel's side along a gutter, the share that has another colour than the gutter."""
_SMALLEST = 0.08
"""Of the picture's side: what is smaller is no panel."""
_UNEVEN = 1.3
"""Times that the larger of two panels beside one gutter may be the smaller one."""
_SEAM, _STRIP_SEAM, _PART = 0.5, 0.75, 0.3
"""Of a seam's length, the share where the colour jumps: in a grid, in a strip, and along one panel at least."""
_REPEATED, _LEAST = 0.45, 0.02
"""Of what stands out in two panels, the share that is the same in both; of the picture, what must stand out."""
_FINEST = 8
_EMPTY = 6.0
"""Standard deviation below which a panel shows nothing."""


def has_panels(image: Tensor) -> bool:
    """Whether uint8 [3, H, W] holds several pictures side by side."""
    pixels = _reduced(image)
    return _by_gutters(pixels) or _by_seams(pixels)


def _reduced(image: Tensor) -> Pixels:
    scale = _SIDE / max(image.shape[1:])
    if scale < 1:
        size = [max(1, round(side * scale)) for side in image.shape[1:]]
        image = F.interpolate(image[None].float(), size, mode="area")[0].round().to(torch.uint8)
    reduced: Pixels = image.permute(1, 2, 0).numpy().astype(np.int16)
    return reduced


def _by_gutters(pixels: Pixels) -> bool:
    """Whether gutters go across the picture, or, where margins are above and below, down between those."""
    rows = _blocks(pixels)
    return len(rows) > 1 or len(_blocks(pixels[rows[0][0] : rows[0][1]].transpose(1, 0, 2))) > 1


def _blocks(pixels: Pixels) -> list[tuple[int, int]]:
    """Where the panels begin and end that gutters across the first axis part; one block: there is no gutter."""
    gutters = _gutters(pixels)
    ends = [0, *(side for gutter in gutters for side in gutter), len(pixels)]
    blocks = [(start, end) for start, end in zip(ends[::2], ends[1::2], strict=True) if end > start]
    sizes = [end - start for start, end in blocks]
    inner = [end - start for start, end in gutters if start > 0 and end < len(pixels)]
    even = len(blocks) > 1 and max(sizes) <= _UNEVEN * min(sizes)
    if even and min(sizes) >= max(_SMALLEST * len(pixels), *inner) and all(_shows(pixels[i:j]) for i, j in blocks):
        return blocks
    return [(0, len(pixels))]


def _gutters(pixels: Pixels) -> list[tuple[int, int]]:
    """Bands of one colour with straight sides, from first to last; those at the picture's edge are margins."""
    colours = np.median(pixels, axis=1)
    plain = (np.abs(pixels - colours[:, None]).max(-1) <= _SAME).mean(1) >= _PLAIN
    # A line that is blurred with the panel beside it is plain too, where that is, but not of the gutter's colour.
    steps = np.abs(np.diff(colours, axis=0)).max(-1) > _SAME
    bands = [band for run in _runs(plain) for band in _parted(run, steps)]
    return _joined([band for band in bands if _is_gutter(pixels, band, colours)])


def _parted(run: tuple[int, int], steps: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """A run of lines as runs without a step of colour."""
    cuts = [run[0], *(np.flatnonzero(steps[run[0] : run[1] - 1]) + run[0] + 1).tolist(), run[1]]
    return list(pairwise(cuts))


def _joined(bands: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in bands:
        if joined and start - joined[-1][1] <= 2:
            start = joined.pop()[0]
        joined.append((start, end))
    return joined


def _is_gutter(pixels: Pixels, band: tuple[int, int], colours: NDArray[np.float64]) -> bool:
    start, end = band
    one_colour = np.ptp(colours[start:end], axis=0).max() <= _SAME
    return bool(one_colour) and (start == 0 or end == len(pixels) or _is_straight(pixels, band, colours))


def _runs(true: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], true.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _is_straight(pixels: Pixels, band: tuple[int, int], colours: NDArray[np.float64]) -> bool:
    """Whether another colour begins all along both sides of a band; one line beside it may be blurred."""
    colour = colours[(band[0] + band[1]) // 2]
    beside = [pixels[max(0, band[0] - 2)], pixels[min(len(pixels) - 1, band[1] + 1)]]
    return all((np.abs(line - colour).max(-1) > _OTHER).mean() >= _STRAIGHT for line in beside)


def _shows(panel: Pixels) -> bool:
    return float(panel.std(axis=(0, 1)).max()) > _EMPTY


def _by_seams(pixels: Pixels) -> bool:
    """Whether panels touch, all of one size; the finest division whose seams are all there counts."""
    across = {n: _seams(pixels, n) for n in range(2, _FINEST + 1)}
    down = {n: _seams(pixels.transpose(1, 0, 2), n) for n in range(2, _FINEST + 1)}
    divisions = sorted(product(range(1, _FINEST + 1), repeat=2), key=lambda d: -d[0] * d[1])
    found = next(
        ((rows, columns) for rows, columns in divisions if _is_grid(pixels, rows, columns, across, down)), None
    )
    return found is not None and _all_show(pixels, *found)


Jumps = dict[int, list[NDArray[np.bool_]]]


def _is_grid(pixels: Pixels, rows: int, columns: int, across: Jumps, down: Jumps) -> bool:
    """``across``: for a number of rows, where along each seam between them the colour jumps; ``down``: columns."""
    turned = pixels.transpose(1, 0, 2)
    if min(rows, columns) > 1:
        seen = [_is_seam(across[rows], columns), _is_seam(down[columns], rows)]
        return all(seen) or (seen[0] and _repeats(turned, columns)) or (seen[1] and _repeats(pixels, rows))
    seams = across.get(rows, []) + down.get(columns, [])
    if not seams or min(seam.mean() for seam in seams) < _STRIP_SEAM:
        return False
    return len(seams) > 1 or _repeats(pixels if rows > 1 else turned, 2)


def _is_seam(seams: list[NDArray[np.bool_]], parts: int) -> bool:
    """Whether the colour jumps along every seam, and along each of the ``parts`` panels beside it."""
    shares = [[float(part.mean()) for part in np.array_split(seam, parts)] for seam in seams]
    return all(np.mean(share) >= _SEAM and min(share) >= _PART for share in shares)


def _seams(pixels: Pixels, count: int) -> list[NDArray[np.bool_]]:
    """Along each of the ``count`` - 1 even cuts across the first axis, where the colour jumps there and not beside."""
    lines = len(pixels)
    found = []
    for cut in (round(lines * i / count) for i in range(1, count)):
        if cut < 5 or cut > lines - 5:
            return [np.zeros(pixels.shape[1], np.bool_)]
        jump = np.abs(pixels[cut + 1] - pixels[cut - 2]).max(-1)
        before = np.abs(pixels[cut - 2] - pixels[cut - 5]).max(-1)
        after = np.abs(pixels[cut + 4] - pixels[cut + 1]).max(-1)
        found.append(jump > _SAME + 2 * np.maximum(before, after))
    return found


def _repeats(pixels: Pixels, count: int) -> bool:
    """Whether neighbours among ``count`` parts along the first axis show the same place."""
    height = len(pixels) // count
    parts = [pixels[round(len(pixels) * i / count) :][:height] for i in range(count)]
    return all(_shared(one, other) >= _REPEATED for one, other in pairwise(parts))


def _shared(one: Pixels, other: Pixels) -> float:
    """Of what stands out from either, the share that is the same in both.

    What stands out differs from most of its column: a sky and a meadow are the same wherever one looks.
    """
    usual = np.median(np.concatenate([one, other]), axis=0)
    there = [np.abs(part - usual).max(-1) > _OTHER for part in (one, other)]
    either, same = there[0] | there[1], np.abs(one - other).max(-1) <= _SAME
    return float((there[0] & there[1] & same).sum() / max(1, either.sum())) if either.mean() > _LEAST else 0.0


def _all_show(pixels: Pixels, rows: int, columns: int) -> bool:
    parts = (part for row in np.array_split(pixels, rows) for part in np.array_split(row, columns, axis=1))
    return all(_shows(part) for part in parts)
