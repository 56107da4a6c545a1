"""What the captioner's networks are made of, and the small ones: they set a box right, find a prop in it, tell what
colour a garment is, and follow what moves.

Shape legend: N pictures, M boxes, T frames, G garments, H/W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from omni_model.eyes.perception import both_ways, crops_of, in_mirror
from omni_model.spec.vocabulary import ACTIONS, COLOURS, PROP_MOTIONS, WARDROBE

Norm = Callable[[int], nn.Module]
Heads = dict[str, tuple[str, ...]]
MOVING_HEADS: Heads = {"moving": ACTIONS, "direction": ("", "left", "right")}
FLYING_HEADS: Heads = {"prop_motion": PROP_MOTIONS}


def per_picture(width: int) -> nn.Module:
    """Normalisation that knows nothing of the other pictures of a batch, which may be of another kind."""
    return nn.GroupNorm(8, width)


class ConvBlock(nn.Module):
    """A residual pair of convolutions of one width ("Deep Residual Learning", He et al., 2015)."""

    def __init__(self, width: int, norm: Norm) -> None:
        super().__init__()
        self.a, self.b = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.norm_a, self.norm_b = norm(width), norm(width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm_b(self.b(F.relu(self.norm_a(self.a(x))))))


def levels_of(widths: tuple[int, ...], norm: Norm) -> Iterator[nn.Module]:
    """Each halves the resolution; the finest, where it costs most and tells least, is a convolution alone."""
    for before, width in zip((3, *widths), widths, strict=False):
        rest = [norm(width), nn.ReLU(), ConvBlock(width, norm)] if before > 3 else [nn.ReLU()]
        yield nn.Sequential(nn.Conv2d(before, width, 3, 2, 1), *rest)


def through(levels: Iterable[nn.Module], pictures: Tensor) -> list[Tensor]:
    """What each level makes of pictures [N, 3, H, W], the finest first."""
    x, found = pictures.to(memory_format=torch.channels_last), []
    for level in levels:
        x = level(x)
        found.append(x)
    return found


def pooled(x: Tensor) -> Tensor:
    """Mean and largest value of each feature, [N, 2 D] of [N, D, h, w]."""
    return torch.cat((x.mean((2, 3)), x.amax((2, 3))), dim=1)


def merge(levels: list[Tensor], lateral: nn.ModuleList) -> Tensor:
    """The levels, the finest first, as one map as fine as that: each coarser one is added to the next ("Feature Pyramid
    Networks", Lin et al., 2016)."""
    merged: Tensor = lateral[-1](levels[-1])
    for convolution, features in zip(lateral[-2::-1], levels[-2::-1], strict=True):
        merged = F.interpolate(merged, scale_factor=2.0) + convolution(features)
    return merged


_AROUND = 1.5
"""Side of the square in which the sides of a box are looked for, in sides of the box."""
LOOKS, FURTHEST = 2, 0.6
"""How often a box is set right, and how far a side may go each time, in sides of the box."""


class Sides(nn.Module):
    """How far the sides of a box are from those of what is in it."""

    def __init__(self, crop: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.crop = crop
        self.trunk = nn.Sequential(*levels_of(widths, nn.BatchNorm2d))
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
        for _ in range(LOOKS):
            boxes = set_right(boxes, self(frames, boxes))
        return boxes


class Props(nn.Module):
    """Whether a prop is in a box, and how far its sides are off. Props are a few pixels: what tells one from a window
    or a flake is where in the box its pixels are, so the crop is read whole and not by its means."""

    def __init__(self, crop: int, widths: tuple[int, ...], hidden: int) -> None:
        super().__init__()
        self.crop = crop
        self.trunk = nn.Sequential(*levels_of(widths, nn.BatchNorm2d))
        self.squeeze = nn.Conv2d(widths[-1], widths[0], 1)
        self.hidden = nn.Linear(widths[0] * (crop >> len(widths)) ** 2, hidden)
        self.out = nn.Linear(hidden, 5)

    def forward(self, frames: Tensor, boxes: Tensor) -> Tensor:
        """Of boxes [N, 4] in frames [N, 3, H, W], [N, 5]: the logit that a prop is there, then as :class:`Sides`."""
        crops = crops_of(frames, boxes, self.crop, _AROUND).to(memory_format=torch.channels_last)
        found = F.relu(self.squeeze(self.trunk(crops)))
        told: Tensor = self.out(F.relu(self.hidden(found.flatten(1))))
        return told

    def look(self, frames: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """The boxes [N, 4] with their sides where they belong, and the logit [N] that a prop is in each: the mean of
        what is seen and what is seen in a mirror."""
        pictures, both = both_ways(frames), torch.cat((boxes, in_mirror(boxes)))
        there = torch.zeros(len(both), device=boxes.device)
        for _ in range(LOOKS):
            told = self(pictures, both).float()
            there, both = told[:, 0], set_right(both, told[:, 1:])
        seen, mirrored = both.chunk(2)
        return (seen + in_mirror(mirrored)) / 2, there.view(2, -1).mean(0)


def set_right(boxes: Tensor, off: Tensor) -> Tensor:
    """Boxes [N, 4] whose sides were ``off`` [N, 4], in shares of their width and height."""
    return boxes + off.float().clamp(-FURTHEST, FURTHEST) * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)


class Garments(nn.Module):
    """What colour each garment is: it looks for the garment in the crop, and only there at the colours.

    What is read off a mean or largest value of the whole crop mixes the colours of all that is worn, and of who wears
    it. So each garment has a map of where it is, whose softmax weighs the pixels ("Neural Machine Translation by
    Jointly Learning to Align and Translate", Bahdanau et al., 2014).
    """

    def __init__(self, widths: tuple[int, ...], width: int, context: int, hidden: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(w, width, 1) for w in widths)
        self.neck = ConvBlock(width, nn.BatchNorm2d)
        self.where = nn.Conv2d(width, len(WARDROBE), 1)
        self.context = nn.Linear(context, hidden)
        self.shown = nn.Linear(width + widths[0] + 3, hidden)
        self.which = nn.Parameter(nn.init.normal_(torch.empty(len(WARDROBE), hidden), std=0.1))
        self.mix = nn.Linear(hidden, hidden)
        self.colour = nn.Linear(hidden, len(COLOURS))

    def forward(self, crops: Tensor, levels: list[Tensor], context: Tensor) -> Tensor:
        """Logits [M, G, colours] of crops [M, 3, crop, crop] with the features of the trunk's levels, the finest first,
        and what is known of the whole, [M, context]."""
        merged = self.neck(merge(levels, self.lateral))
        pixels = F.avg_pool2d(crops, crops.shape[-1] // merged.shape[-1])
        shown = torch.cat((merged, levels[0], pixels.to(merged.dtype)), dim=1).flatten(2)
        seen = torch.softmax(self.where(merged).flatten(2), dim=2) @ shown.transpose(1, 2)
        x = F.relu(self.shown(seen) + self.context(context)[:, None] + self.which)
        logits: Tensor = self.colour(x + F.relu(self.mix(x)))
        return logits


PLACES = 6
"""Numbers that say where a subject is: middle x and y of its box, and its height, on the frame and on the stage."""


class Motion(nn.Module):
    """What moves how, from its features, if it has any, and its places in time."""

    def __init__(self, features: int, width: int, heads: Heads) -> None:
        super().__init__()
        self.enter = nn.Conv1d(features + 2 * PLACES, width, 1)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2 * d, dilation=d) for d in (1, 2, 3))
        self.heads = nn.ModuleDict({k: nn.Linear(2 * width, len(v)) for k, v in heads.items()})

    def forward(self, features: Tensor, places: Tensor) -> dict[str, Tensor]:
        """Logits of the heads, from [N, T, D] and [N, T, PLACES]; speeds are added here."""
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
