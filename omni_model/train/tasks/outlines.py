"""What can be put on a character or beside it, and characters themselves, as the world draws their outlines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations, product

import torch
from torch import Tensor

from omni_model.mini.example import changed_pixels
from omni_model.mini.outlines import Outlines, outlines_of
from omni_model.spec.captions import GarmentFacts
from omni_model.spec.vocabulary import SPECIES, TIMES, WARDROBE
from omni_model.world.render import render, sheet
from omni_model.world.spec import PropSpec, SceneSpec

_DRAWN = 48
"""Pixels of the sheets that outlines are taken from."""
_POSES, _STYLES = (("stands", 0.0), ("dances", 0.2), ("sits", 0.0), ("sleeps", 0.0)), ("flat", "ink")
"""Actions and seconds that lean or crouch differently; styles whose outlines differ."""
_LEFT = (1.0, 0.85, 0.7, 0.55)
"""Shares of a balloon's height, from its top."""


def outlines_of_the_world(poses: int = len(_POSES)) -> Outlines:
    """Of garments, of balloons, and of one character in another's place, in so many ``poses``."""
    drawn = [("balloon", mask) for time in TIMES for mask in _beside(time)]
    for (action, seconds), style in product(_POSES[:poses], _STYLES):
        drawn += _worn(action, seconds, style)
    found = [outlines_of(mask) for _, mask in drawn]
    shapes, slims = (torch.cat(part) for part in zip(*found, strict=True))
    return Outlines(shapes, slims, tuple(name for name, _ in drawn))


def _worn(action: str, seconds: float, style: str) -> Iterator[tuple[str, Tensor]]:
    """Name and changed pixels, bool [1, s, s], of every garment on every species, then of one species for another."""
    drawer = partial(sheet, style=style, action=action, seconds=seconds, size=_DRAWN)
    bare = {species: drawer(species, "brown")[None] for species in SPECIES}
    empty = bare["fox"][:, :, :1, :1]
    for species in SPECIES:
        for item in WARDROBE:
            worn = drawer(species, "brown", (GarmentFacts(item=item, colour="blue"),))[None]
            yield item, changed_pixels(bare[species], worn)
    whole = {species: changed_pixels(empty.expand_as(b), b) for species, b in bare.items()}
    yield from (("body", whole[a] | whole[b]) for a, b in combinations(SPECIES, 2))


def _beside(time: str) -> list[Tensor]:
    """The pixels that a balloon and its shadow change, bool ``[1, H, W]``: all, and what the picture's lower border may
    leave."""
    empty = SceneSpec(setting="meadow", time=time, frames=1, span=1)
    balloon = PropSpec(entity="b", kind="balloon", colour="blue", height=0.3)
    mask = changed_pixels(render(empty).frames, render(empty.model_copy(update={"props": (balloon,)})).frames)
    rows = mask[0].any(1).nonzero()
    top, tall = int(rows[0]), len(rows)
    return [mask[:, : top + round(share * tall)] for share in _LEFT]
