"""The captioner's network: what a picture is, who is where in it, and what each of them looks like.

Nobody tells it where to look. A trunk over the whole picture says what kind of picture it is and where its subjects
and props are, as peaks of a map with a box at each ("Objects as Points", Zhou et al., 2019); a small network looks
again at each and sets the box right ("Cascade R-CNN", Cai and Vasconcelos, 2018), for what a box shows is read well
only where it fits; a second trunk reads the square around it, knowing the light; last networks read a subject's
frames, and a prop's places, in time.

Shape legend: N pictures, H/W pixels, h/w cells of CELL pixels, M boxes, T frames.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from omni_model.eyes.captioner_parts import (
    FLYING_HEADS,
    MOVING_HEADS,
    ConvBlock,
    Garments,
    Motion,
    Props,
    Sides,
    levels_of,
    merge,
    per_picture,
    pooled,
    through,
)
from omni_model.eyes.perception import SCENE_HEADS, LayerWidth, LevelWidths
from omni_model.spec.conditioning import Frozen
from omni_model.spec.vocabulary import ACTIONS, CAMERAS, COLOURS, PROPS, SIZES, SPECIES, WARDROBE

CELL = 4
FOUND = ("subject", "prop")
"""What boxes are drawn around."""
PICTURES = ("shot", "sheet", "outside")
"""What a picture is: a frame or plate of the world, a character sheet, or nothing of the world."""
WHOLE_HEADS: dict[str, tuple[str, ...]] = {**SCENE_HEADS, "size": SIZES, "picture": PICTURES}
BOXED_HEADS: dict[str, tuple[str, ...]] = {
    "species": SPECIES,
    "colour": COLOURS,
    "action": ACTIONS,
    "prop": PROPS,
    "prop_colour": COLOURS,
    "thing": (*FOUND, "nothing"),
}
BOXED_PARTS = ("sides", "props", "trunk", "join", "boxed_heads", "wardrobe", "garment_colour", "motion", "flight")
"""The modules that read boxes, and not whole pictures."""
CALIBRATED = (*WHOLE_HEADS, *BOXED_HEADS, *MOVING_HEADS, *FLYING_HEADS, "wardrobe", "garment_colour", "prop_there")
"""What has a temperature of its own."""
_RARE = -4.0
"""Logit of a peak before anything is learned."""
_PEAK, _MOST = 0.08, 6
"""Least height of a peak, and most boxes of a kind. Most low peaks are nothing, as a second look tells."""
_OVERLAP = {"subject": 0.55, "prop": 0.2}
"""Overlap from which two boxes are of one thing. Characters stand before each other; of props, which are small, there
are seldom two in one place."""


class CaptionerConfig(Frozen):
    widths: tuple[LayerWidth, LayerWidth, LayerWidth, LayerWidth] = (24, 56, 112, 176)
    """Of the trunk over whole pictures, halving the resolution each time."""
    neck: LayerWidth = 56
    crop: Annotated[int, Field(ge=8, le=512)] = 48
    crop_widths: LevelWidths = (28, 56, 112, 176)
    side_widths: LevelWidths = (16, 40, 72)
    prop_widths: LevelWidths = (24, 48, 96)
    joined: LayerWidth = 160
    garments: LayerWidth = 40
    reading: LayerWidth = 96
    """Of what is known of a garment before its colour is told, and of a prop before it is said to be there."""
    moving: LayerWidth = 96
    flying: LayerWidth = 48


class Whole(NamedTuple):
    """Logits of :data:`WHOLE_HEADS`, and the map [N, len(FOUND), 5, h, w]: peak logit, then left, top, right and
    bottom of the box, in cells from the middle of the cell."""

    logits: dict[str, Tensor]
    map: Tensor


class Boxed(NamedTuple):
    """Logits of :data:`BOXED_HEADS`, of each garment worn [M, G], of its colour [M, G, colours]; features [M, D]."""

    logits: dict[str, Tensor]
    wardrobe: Tensor
    garment_colour: Tensor
    features: Tensor


class Box(NamedTuple):
    """Something found: its kind, corners in shares of the picture, and how sure it is that it is there."""

    kind: str
    corners: tuple[float, float, float, float]
    presence: float


_TONES = 6


def _tones(pictures: Tensor) -> Tensor:
    """Mean and spread of each colour, [N, _TONES]: what normalisation takes away from light and mood."""
    return torch.cat((pictures.mean((2, 3)), pictures.std((2, 3))), dim=1)


class CaptionerNet(nn.Module):
    """:meth:`whole`, then :meth:`boxed` on what it found, then :meth:`moving` on the same subject through a clip."""

    def __init__(self, config: CaptionerConfig) -> None:
        super().__init__()
        self.config = config
        self.levels = nn.ModuleList(levels_of(config.widths, per_picture))
        self.lateral = nn.ModuleList(nn.Conv2d(width, config.neck, 1) for width in config.widths[1:])
        self.neck = ConvBlock(config.neck, per_picture)
        self.find = nn.Conv2d(config.neck, len(FOUND) * 5, 1)
        with torch.no_grad():
            cast(Tensor, self.find.bias)[::5] = _RARE
        deep = 2 * config.widths[-1] + _TONES
        self.whole_heads = nn.ModuleDict({k: nn.Linear(deep, len(v)) for k, v in WHOLE_HEADS.items()})
        self.sides = Sides(config.crop, config.side_widths)
        self.props = Props(config.crop, config.prop_widths, config.reading)
        light = sum(len(words) for words in SCENE_HEADS.values())
        self.trunk = nn.Sequential(*levels_of(config.crop_widths, nn.BatchNorm2d))
        self.join = nn.Sequential(nn.Linear(2 * config.crop_widths[-1] + light, config.joined), nn.ReLU())
        self.boxed_heads = nn.ModuleDict({k: nn.Linear(config.joined, len(v)) for k, v in BOXED_HEADS.items()})
        self.wardrobe = nn.Linear(config.joined, len(WARDROBE))
        self.garment_colour = Garments(config.crop_widths, config.garments, config.joined + light, config.reading)
        self.motion = Motion(config.joined, config.moving, MOVING_HEADS)
        self.flight = Motion(0, config.flying, FLYING_HEADS)
        self.register_buffer("temperatures", torch.ones(len(CALIBRATED)))
        self.register_buffer("trust", torch.full((len(CAMERAS),), 0.5))

    def whole(self, pictures: Tensor) -> Whole:
        """Of pictures [N, 3, H, W] in -1..1, sides multiples of 16."""
        found = through(self.levels, pictures)
        x = found[-1]
        boxes = self.find(self.neck(merge(found[1:], self.lateral))).unflatten(1, (len(FOUND), 5))
        told = torch.cat((pooled(x), _tones(pictures).to(x.dtype)), dim=1)
        return Whole({k: head(told) for k, head in self.whole_heads.items()}, boxes)

    def boxed(self, crops: Tensor, light: dict[str, Tensor]) -> Boxed:
        """Of squares [M, 3, crop, crop]; ``light``: the scene logits of the picture that each was cut from."""
        scene = torch.cat([torch.softmax(light[k].detach().float(), dim=1) for k in SCENE_HEADS], dim=1)
        levels = through(self.trunk, crops)
        features = pooled(levels[-1])
        scene = scene.to(features.dtype)
        joint = self.join(torch.cat((features, scene), dim=1))
        colours = self.garment_colour(crops, levels, torch.cat((joint, scene), dim=1))
        return Boxed({k: head(joint) for k, head in self.boxed_heads.items()}, self.wardrobe(joint), colours, joint)

    def temperature(self, head: str) -> Tensor:
        """What the logits of a head are divided by, so that its probabilities are shares of the truth."""
        return self.get_buffer("temperatures")[CALIBRATED.index(head)]


def hidden_kinds(sheet: bool, indoors: bool) -> frozenset[str]:
    """What a picture does not show: a sheet has a style alone, a room no weather."""
    if sheet:
        return frozenset(WHOLE_HEADS) - {"style", "picture"}
    return frozenset({"weather"} if indoors else ())


def lit(logits: dict[str, Tensor], hidden: frozenset[str]) -> dict[str, Tensor]:
    """The light in a picture as :meth:`CaptionerNet.boxed` takes it; what is hidden is no word at all."""
    return {k: torch.zeros_like(logits[k]) if k in hidden else logits[k] for k in SCENE_HEADS}


def boxes_of(found: Tensor) -> list[list[Box]]:
    """The peaks of a map [N, len(FOUND), 5, h, w] as boxes, the surest first; of two that are one, the surer stays."""
    height, width = found.shape[-2:]
    heat = found[:, :, 0].float().sigmoid()
    heat = heat * (heat == F.max_pool2d(heat, 3, 1, 1)) * (heat > _PEAK)
    return [
        [
            box
            for k, kind in enumerate(FOUND)
            for box in _peaks(kind, heat[n, k], found[n, k, 1:].float(), height, width)
        ]
        for n in range(len(found))
    ]


def _peaks(kind: str, heat: Tensor, sides: Tensor, height: int, width: int) -> list[Box]:
    found: list[Box] = []
    scores, cells = heat.flatten().topk(_MOST)
    for score, cell in zip(scores.tolist(), cells.tolist(), strict=True):
        row, column = divmod(cell, width)
        left, top, right, bottom = sides[:, row, column].tolist()
        x, y = column + 0.5, row + 0.5
        box = Box(kind, ((x - left) / width, (y - top) / height, (x + right) / width, (y + bottom) / height), score)
        found += [box] * (score > 0)
    return surest(found)


def surest(boxes: list[Box]) -> list[Box]:
    """The boxes that are any, the surest first; of two that are one, the surer alone."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: -box.presence):
        left, top, right, bottom = box.corners
        apart = (overlap(box, k) < _OVERLAP[box.kind] for k in kept if k.kind == box.kind)
        if left < right and top < bottom and all(apart):
            kept.append(box)
    return kept


def overlap(one: Box, other: Box) -> float:
    """Shared area of two boxes over the area of both, 0..1."""
    shared, both = _areas(one, other)
    return shared / both


def nearness(one: Box, other: Box) -> float:
    """How near two boxes are, -1..1: their overlap, less the share of the box around both that is in neither
    ("Generalized Intersection over Union", Rezatofighi et al., 2019)."""
    a, b = one.corners, other.corners
    shared, both = _areas(one, other)
    around = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return shared / both - (around - both) / around


def _areas(one: Box, other: Box) -> tuple[float, float]:
    """What two boxes share, and what both are together."""
    a, b = one.corners, other.corners
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(across, 0.0) * max(down, 0.0)
    return shared, sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)) - shared
