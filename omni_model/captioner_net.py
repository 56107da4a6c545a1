"""The captioner's network: what a picture is, who is where in it, and what each of them looks like.

Nobody tells it where to look. A trunk over the whole picture says what kind of picture it is and where its subjects
and props are, as peaks of a map with a box at each ("Objects as Points", Zhou et al., 2019); a small network looks
again at each and sets the box right ("Cascade R-CNN", Cai and Vasconcelos, 2018), for what a box shows is read well
only where it fits; a second trunk reads the square around it, knowing the light; a last network reads a subject's
frames in time.

Shape legend: N pictures, H/W pixels, h/w cells of CELL pixels, M boxes, T frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from omni_model.conditioning import Frozen
from omni_model.perception import SCENE_HEADS, crops_of
from omni_model.vocabulary import ACTIONS, CAMERAS, COLOURS, PROP_MOTIONS, PROPS, SIZES, SPECIES, WARDROBE

Norm = Callable[[int], nn.Module]
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
MOVING_HEADS: dict[str, tuple[str, ...]] = {
    "moving": ACTIONS,
    "direction": ("", "left", "right"),
    "prop_motion": PROP_MOTIONS,
}
BOXED_PARTS = ("sides", "trunk", "join", "boxed_heads", "wardrobe", "garment_colour", "motion")
"""The modules that read boxes, and not whole pictures."""
CALIBRATED = (*WHOLE_HEADS, *BOXED_HEADS, *MOVING_HEADS, "wardrobe", "garment_colour")
"""What has a temperature of its own."""
_RARE = -4.0
"""Logit of a peak before anything is learned."""
_PEAK, _MOST = 0.08, 6
"""Least height of a peak, and most boxes of a kind. Most low peaks are nothing, as a second look tells."""
_OVERLAP = {"subject": 0.55, "prop": 0.2}
"""Overlap from which two boxes are of one thing. Characters stand before each other; of props, which are small, there
are seldom two in one place."""


class CaptionerConfig(Frozen):
    widths: tuple[int, int, int, int] = (24, 56, 112, 176)
    """Of the trunk over whole pictures, halving the resolution each time."""
    neck: int = 56
    crop: int = 48
    crop_widths: tuple[int, ...] = (28, 56, 112, 176)
    side_widths: tuple[int, ...] = (16, 40, 72)
    joined: int = 160
    moving: int = 96


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


def _per_picture(width: int) -> nn.Module:
    """Normalisation that knows nothing of the other pictures of a batch, which may be of another kind."""
    return nn.GroupNorm(8, width)


class _Block(nn.Module):
    """A residual pair of convolutions of one width ("Deep Residual Learning", He et al., 2015)."""

    def __init__(self, width: int, norm: Norm) -> None:
        super().__init__()
        self.a, self.b = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.norm_a, self.norm_b = norm(width), norm(width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm_b(self.b(F.relu(self.norm_a(self.a(x))))))


def _levels(widths: tuple[int, ...], norm: Norm) -> Iterator[nn.Module]:
    """Each halves the resolution; the finest, where it costs most and tells least, is a convolution alone."""
    for before, width in zip((3, *widths), widths, strict=False):
        rest = [norm(width), nn.ReLU(), _Block(width, norm)] if before > 3 else [nn.ReLU()]
        yield nn.Sequential(nn.Conv2d(before, width, 3, 2, 1), *rest)


def _pooled(x: Tensor) -> Tensor:
    return torch.cat((x.mean((2, 3)), x.amax((2, 3))), dim=1)


_TONES = 6


def _tones(pictures: Tensor) -> Tensor:
    """Mean and spread of each colour, [N, _TONES]: what normalisation takes away from light and mood."""
    return torch.cat((pictures.mean((2, 3)), pictures.std((2, 3))), dim=1)


class CaptionerNet(nn.Module):
    """:meth:`whole`, then :meth:`boxed` on what it found, then :meth:`moving` on the same subject through a clip."""

    def __init__(self, config: CaptionerConfig) -> None:
        super().__init__()
        self.config = config
        self.levels = nn.ModuleList(_levels(config.widths, _per_picture))
        self.lateral = nn.ModuleList(nn.Conv2d(width, config.neck, 1) for width in config.widths[1:])
        self.neck = _Block(config.neck, _per_picture)
        self.find = nn.Conv2d(config.neck, len(FOUND) * 5, 1)
        with torch.no_grad():
            cast(Tensor, self.find.bias)[::5] = _RARE
        deep = 2 * config.widths[-1] + _TONES
        self.whole_heads = nn.ModuleDict({k: nn.Linear(deep, len(v)) for k, v in WHOLE_HEADS.items()})
        self.sides = Sides(config.crop, config.side_widths)
        light = sum(len(words) for words in SCENE_HEADS.values())
        self.trunk = nn.Sequential(*_levels(config.crop_widths, nn.BatchNorm2d))
        self.join = nn.Sequential(nn.Linear(2 * config.crop_widths[-1] + light, config.joined), nn.ReLU())
        self.boxed_heads = nn.ModuleDict({k: nn.Linear(config.joined, len(v)) for k, v in BOXED_HEADS.items()})
        self.wardrobe = nn.Linear(config.joined, len(WARDROBE))
        self.garment_colour = nn.Linear(config.joined, len(WARDROBE) * len(COLOURS))
        self.motion = Motion(config.joined, config.moving)
        self.register_buffer("temperatures", torch.ones(len(CALIBRATED)))
        self.register_buffer("trust", torch.full((len(CAMERAS),), 0.5))

    def whole(self, pictures: Tensor) -> Whole:
        """Of pictures [N, 3, H, W] in -1..1, sides multiples of 16."""
        x = pictures.to(memory_format=torch.channels_last)
        found = []
        for level in self.levels:
            x = level(x)
            found.append(x)
        pooled = torch.cat((_pooled(x), _tones(pictures).to(x.dtype)), dim=1)
        merged = self.lateral[-1](found[-1])
        for lateral, features in zip(self.lateral[-2::-1], found[-2:0:-1], strict=True):
            merged = F.interpolate(merged, scale_factor=2.0) + lateral(features)
        boxes = self.find(self.neck(merged)).unflatten(1, (len(FOUND), 5))
        return Whole({k: head(pooled) for k, head in self.whole_heads.items()}, boxes)

    def boxed(self, crops: Tensor, light: dict[str, Tensor]) -> Boxed:
        """Of squares [M, 3, crop, crop]; ``light``: the scene logits of the picture that each was cut from."""
        scene = torch.cat([torch.softmax(light[k].detach().float(), dim=1) for k in SCENE_HEADS], dim=1)
        features = _pooled(self.trunk(crops.to(memory_format=torch.channels_last)))
        joint = self.join(torch.cat((features, scene.to(features.dtype)), dim=1))
        colours = self.garment_colour(joint).unflatten(1, (len(WARDROBE), len(COLOURS)))
        return Boxed({k: head(joint) for k, head in self.boxed_heads.items()}, self.wardrobe(joint), colours, joint)

    def temperature(self, head: str) -> Tensor:
        """What the logits of a head are divided by, so that its probabilities are shares of the truth."""
        return self.get_buffer("temperatures")[CALIBRATED.index(head)]


_AROUND = 1.5
"""Side of the square in which the sides of a box are looked for, in sides of the box."""
_LOOKS, _FURTHEST = 2, 0.6
"""How often a box is set right, and how far a side may go each time, in sides of the box."""


class Sides(nn.Module):
    """How far the sides of a box are from those of what is in it."""

    def __init__(self, crop: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.crop = crop
        self.trunk = nn.Sequential(*_levels(widths, nn.BatchNorm2d))
        cells = (crop >> len(widths)) ** 2
        self.squeeze = nn.Conv2d(widths[-1], widths[0], 1)
        self.off = nn.Linear(widths[0] * cells, 4)

    def forward(self, frames: Tensor, boxes: Tensor) -> Tensor:
        """Of boxes [N, 4] in frames [N, 3, H, W]: how far left, top, right and bottom are off, [N, 4], in shares of the
        width and height of the box."""
        crops = crops_of(frames, boxes, self.crop, _AROUND).to(memory_format=torch.channels_last)
        found = F.relu(self.squeeze(self.trunk(crops)))
        off: Tensor = self.off(found.flatten(1))
        return off

    def right(self, frames: Tensor, boxes: Tensor) -> Tensor:
        """The boxes [N, 4] with their sides where they belong."""
        for _ in range(_LOOKS):
            size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
            boxes = boxes + self(frames, boxes).float().clamp(-_FURTHEST, _FURTHEST) * size
        return boxes


PLACES = 6
"""Numbers that say where a subject is: middle x and y of its box, and its height, on the frame and on the stage."""


class Motion(nn.Module):
    """What a subject does, from its features and places in time."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.enter = nn.Conv1d(features + 2 * PLACES, width, 1)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2 * d, dilation=d) for d in (1, 2, 3))
        self.heads = nn.ModuleDict({k: nn.Linear(2 * width, len(v)) for k, v in MOVING_HEADS.items()})

    def forward(self, features: Tensor, places: Tensor) -> dict[str, Tensor]:
        """Logits of :data:`MOVING_HEADS`, from [N, T, D] and [N, T, PLACES]; speeds are added here."""
        speed = F.pad(places[:, 1:] - places[:, :-1], (0, 0, 1, 0)) * 12
        x = F.relu(self.enter(torch.cat((features, places, speed), 2).transpose(1, 2)))
        for layer in self.layers:
            x = x + F.relu(layer(x))
        pooled = torch.cat((x.mean(2), x.amax(2)), 1)
        return {k: head(pooled) for k, head in self.heads.items()}


def places_of(boxes: Tensor, path: Tensor) -> Tensor:
    """Where boxes [T, 4] are, [T, PLACES], when the camera goes along ``path`` [T, 3], told on its first frame."""
    middle, tall = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 3:] - boxes[:, 1:2])
    stage = path[:, :2] + (middle - 0.5) / path[:, 2:]
    return torch.cat((middle, tall, stage, tall / path[:, 2:]), 1)


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
    kept: list[Box] = []
    scores, cells = heat.flatten().topk(_MOST)
    for score, cell in zip(scores.tolist(), cells.tolist(), strict=True):
        row, column = divmod(cell, width)
        left, top, right, bottom = sides[:, row, column].tolist()
        x, y = column + 0.5, row + 0.5
        box = Box(kind, ((x - left) / width, (y - top) / height, (x + right) / width, (y + bottom) / height), score)
        if score > 0 and left + right > 0 < top + bottom and all(overlap(box, k) < _OVERLAP[kind] for k in kept):
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
