"""What two clips show to be done: the instruction that turns the first into the second, read by a network that looks.

A change of light, weather, mood or style is read from the whole picture. Any other change is local: the edges along
the border of what changed tell whether something went, came or was exchanged, and the network reads who or what.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.captions import Garment
from omni_model.conditioning import Frozen
from omni_model.perception import Perception
from omni_model.vocabulary import COLOURS, WARDROBE
from omni_model.world.light import grade, light_of
from omni_model.world.palette import NAMED, times
from omni_model.world.render import SHEET_FOOT, SHEET_HEIGHT, sheet

PHRASES = {
    "mood": "make the mood {}",
    "time": "make it {}",
    "weather": "make the weather {}",
    "style": "change the style to {}",
}
"""As the edits of the world are asked for."""
_CHANGED = 0.08
"""Largest channel's difference, 0..1, from which on a pixel is changed."""
_READ, _EVERYWHERE = 0.5, 0.5
"""Change of probability that is a reading; share of changed pixels that no local edit reaches."""
_CAME = 1.4
"""Ratio of edges along the border from which on something came or went."""
_WORN = 0.35
"""Rise of a garment's probability from which on it is worn, and nothing was put beside."""


class Shown(Frozen):
    """``instruction`` asks for what was shown; ``removes`` says that the subject it names is gone then."""

    instruction: str
    removes: bool = False


def shown(before: Tensor, after: Tensor, who: str, critic: Perception) -> Shown:
    """What was done to a clip, as an instruction about ``who`` ("the red fox"). Clips are uint8 ``[T, 3, H, W]``.

    ValueError where the two clips have different shapes, or show no change.
    """
    if before.shape != after.shape:
        raise ValueError("the two clips of an example must be of one length and size")
    mask = _changes(before, after)
    if not mask.any():
        raise ValueError("the two clips of an example are the same")
    kind, word, rise = _scene_change(before, after, critic)
    if rise > _READ or float(mask.float().mean()) > _EVERYWHERE:
        return Shown(instruction=PHRASES[kind].format(word))
    told = mask.flatten(1).any(1)
    return _local(before[told], after[told], mask[told], who, critic)


def _changes(before: Tensor, after: Tensor) -> Tensor:
    """Changed pixels, less specks: bool ``[T, H, W]``."""
    off = ((before.float() - after.float()).abs().amax(1) > _CHANGED * 255).float()
    return F.avg_pool2d(off[:, None], 3, 1, 1)[:, 0] > 0.5


def _scene_change(before: Tensor, after: Tensor, critic: Perception) -> tuple[str, str, float]:
    """The scene kind that changed most, its new word, and by how much that word's probability rose."""
    was, is_now = critic.scene(before).probabilities, critic.scene(after).probabilities
    rises = [(kind, word, p - was[kind][word]) for kind in PHRASES for word, p in is_now[kind].items()]
    return max(rises, key=lambda rise: rise[2])


def _local(before: Tensor, after: Tensor, mask: Tensor, who: str, critic: Perception) -> Shown:
    boxes = _boxes(mask)
    edges = _border(after, mask) / max(_border(before, mask), 1e-6)
    if edges < 1 / _CAME:
        return Shown(instruction=f"remove {who}", removes=True)
    if edges < _CAME:
        seen = critic.subject(after, boxes)
        return Shown(instruction=f"replace {who} with a {seen.best('colour')[0]} {seen.best('species')[0]}")
    colour = _colour(after, mask, critic)
    item, rise = _garment(before, after, boxes, critic)
    if rise > _WORN:
        return Shown(instruction=f"give {who} a {colour} {item}")
    return Shown(instruction=f"add a {colour} balloon")


def _boxes(mask: Tensor) -> Tensor:
    """The box of the changed pixels of every frame, ``[T, 4]``, 0..1; every frame has some."""
    height, width = mask.shape[-2:]
    found = []
    for plane in mask:
        y, x = plane.nonzero(as_tuple=True)
        found.append(
            [int(x.min()) / width, int(y.min()) / height, (int(x.max()) + 1) / width, (int(y.max()) + 1) / height]
        )
    return torch.tensor(found)


def _border(frames: Tensor, mask: Tensor) -> float:
    """Mean slope of the picture along the border of the mask."""
    grown, shrunk = (F.max_pool2d(sign * mask[:, None].float(), 3, 1, 1)[:, 0] * sign for sign in (1.0, -1.0))
    light = frames.float().mean(1)
    slope = (light.diff(dim=2)[:, 1:].square() + light.diff(dim=1)[:, :, 1:].square()).sqrt()
    return float(slope[(grown > shrunk)[:, 1:, 1:]].mean())


def _colour(frames: Tensor, mask: Tensor, critic: Perception) -> str:
    """The named colour that, in the light that is read, comes nearest to the changed pixels."""
    seen = critic.scene(frames)
    ambient = light_of(seen.best("time")[0], seen.best("weather")[0]).ambient
    lit = torch.tensor([times(NAMED[name], ambient) for name in COLOURS])
    canvas = lit[:, None, None].expand(-1, *frames.shape[-2:], -1)
    graded = grade(canvas, seen.best("mood")[0], seen.best("style")[0]).permute(0, 3, 1, 2)
    off = (frames[None].float() / 255.0 - graded[:, None]).abs().mean(2)
    return COLOURS[int(off[:, mask].median(1).values.argmin())]


def _garment(before: Tensor, after: Tensor, boxes: Tensor, critic: Perception) -> tuple[str, float]:
    """The garment whose probability rises most, read at the body that would wear it where something came."""
    rises = {}
    for item in WARDROBE:
        for worn in _worn_at(item):
            body = _body(boxes, worn)
            was, is_now = (critic.subject(clip, body).probabilities["wardrobe"][item] for clip in (before, after))
            rises[item] = max(rises.get(item, -1.0), is_now - was)
    return max(rises.items(), key=lambda rise: rise[1])


def _body(boxes: Tensor, worn: Tensor) -> Tensor:
    """Boxes ``[T, 4]`` of bodies, from those of their garment and its place ``[4]`` in a body's box."""
    size = (boxes[:, 2:] - boxes[:, :2]) / (worn[2:] - worn[:2])
    corner = boxes[:, :2] - size * worn[:2]
    return torch.cat([corner, corner + size], 1)


@cache
def _worn_at(item: str) -> tuple[Tensor, Tensor]:
    """Where a garment lies in its body's box, 0..1, facing right and left: from the sheet of one who wears it."""
    bare, worn = (sheet("bear", "brown", garments) for garments in ((), (Garment(item=item, colour="blue"),)))
    box = _boxes(_changes(bare[None], worn[None]))[0]
    half, top = 0.46 * SHEET_HEIGHT, SHEET_FOOT - 1.05 * SHEET_HEIGHT
    corner, size = torch.tensor([0.5 - half, top]), torch.tensor([2 * half, 1.05 * SHEET_HEIGHT])
    right = (box - corner.repeat(2)) / size.repeat(2)
    left = torch.stack([1 - right[2], right[1], 1 - right[0], right[3]])
    return right, left
