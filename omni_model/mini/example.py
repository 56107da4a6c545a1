"""What two clips show to be done: the instruction that turns the first into the second, read by a network that looks.

A change that reaches from side to side is one of light, weather, mood or style: the network reads it from the whole
picture. Any other change is local: the edges along its border tell whether something went, its outline whether a
garment, a balloon or another body came, and the network reads who took somebody's place and in what light colours are
seen.
"""

from __future__ import annotations

import math
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.eyes.perception import Perception
from omni_model.mini.outlines import Outlines, outlines_of
from omni_model.motion.light import FOG_BEFORE, Light, grade, haze, light_of
from omni_model.motion.palette import NAMED
from omni_model.spec.instructions import (
    SCENE_ATTRIBUTES,
    AddGarment,
    AddProp,
    Instruction,
    NamedSubject,
    RemoveSubject,
    ReplaceSubject,
    SetScene,
)
from omni_model.spec.vocabulary import COLOURS, SPECIES

_LEAST, _COMPRESSED = 2.0, 4.0
"""Largest channel's difference, 0..255: least of a change in exact clips, most by compression."""
_READ = 0.5
"""Rise of probability that is a reading, where compression may have changed every pixel."""
_UNTOUCHED, _EVERYWHERE = 0.3, 0.8
"""Share of the pixels that every local edit leaves alone; share of the picture's columns that none reaches."""
_SEEN = 0.7
"""Share of its largest area that a change has in a frame that shows it well."""
_HEIGHTS = (0.8, 0.9, 1.0, 1.1)
"""Of bodies, in heights of the change that they may have made."""
_GONE = 0.6
"""Share of the edges along the border that is left where something is taken away."""
_SLIM = 0.25
"""How far the slimness of like outlines may differ."""
_SAME, _LIKELY = 0.015, 0.05
"""How far colours that are one may differ, 0..1; least probability of a light beside the likeliest."""
_LARGE = 0.12
"""Share of the picture that only a whole character reaches."""


def instruction_shown(
    before: Tensor, after: Tensor, who: NamedSubject | None, critic: Perception, outlines: Outlines
) -> Instruction:
    """What was done to a clip, as an instruction about ``who``. Clips are uint8 ``[T, 3, H, W]``. ``outlines``: of what
    may have changed.

    ValueError where the two clips have different shapes, or show no change.
    """
    if before.shape != after.shape:
        raise ValueError("the two clips of an example must be of one length and size")
    mask, noise = changed_pixels(before, after), _noise(before, after)
    if not mask.any():
        raise ValueError("the two clips of an example show no change")
    everywhere = noise > _COMPRESSED or float(mask.any(1).float().mean()) > _EVERYWHERE
    if everywhere or noise > 0:
        instruction, rise = _scene_change(before, after, critic)
        if everywhere or rise > _READ:
            return instruction
    told = _clearest(mask)
    return _local(before[told], after[told], mask[told], who, critic, outlines)


def changed_pixels(before: Tensor, after: Tensor) -> Tensor:
    """Changed pixels: bool ``[T, H, W]``."""
    return _off(before, after) > _LEAST + min(_noise(before, after), _COMPRESSED)


def _off(before: Tensor, after: Tensor) -> Tensor:
    """Largest channel's difference of every pixel, ``[T, H, W]``, 0..255."""
    return (before.int() - after.int()).abs().amax(1)


def _noise(before: Tensor, after: Tensor) -> float:
    """How much pixels differ that a local edit leaves alone, 0..255: nothing, unless clips were compressed."""
    off = _off(before, after).flatten().sort().values
    return float(off[int(_UNTOUCHED * len(off))])


def _clearest(mask: Tensor) -> Tensor:
    """The frames that show the most of the change, bool ``[T]``: those where the picture's border cuts it only if
    it does in all."""
    area = mask.sum((1, 2))
    cut = mask[:, 0].any(1) | mask[:, -1].any(1) | mask[:, :, 0].any(1) | mask[:, :, -1].any(1)
    whole = (area > 0) & ~cut
    area = area * whole if whole.any() else area
    return area >= _SEEN * area.max()


def _scene_change(before: Tensor, after: Tensor, critic: Perception) -> tuple[Instruction, float]:
    """The instruction for the scene's word whose probability rose most, and by how much it rose."""
    was, is_now = critic.scene(before).probabilities, critic.scene(after).probabilities
    rises = [(kind, word, p - was[kind][word]) for kind in SCENE_ATTRIBUTES for word, p in is_now[kind].items()]
    kind, word, rise = max(rises, key=lambda rise: rise[2])
    return SetScene(attribute=kind, value=word), rise


def _local(
    before: Tensor, after: Tensor, mask: Tensor, who: NamedSubject | None, critic: Perception, outlines: Outlines
) -> Instruction:
    if _border(after, mask) < _GONE * _border(before, mask):
        return RemoveSubject(who=who)
    thing = _thing(mask, outlines)
    if thing == "body":
        return ReplaceSubject(who=who, by=_look(after, mask, critic))
    colour = _colour(after, mask, critic)
    return AddProp(colour=colour, prop=thing) if thing == "balloon" else AddGarment(who=who, colour=colour, item=thing)


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


def _look(frames: Tensor, mask: Tensor, critic: Perception) -> NamedSubject:
    """Colour and species of who stands where pixels changed. How tall is not known, where another stood: so the network
    reads bodies of several heights."""
    box = _boxes(mask)
    seen = []
    for share in _HEIGHTS:
        top = box[:, 3] - share * (box[:, 3] - box[:, 1])
        seen.append(critic.subject(frames, torch.stack([box[:, 0], top, box[:, 2], box[:, 3]], dim=1)).probabilities)

    def likeliest(kind: str, words: tuple[str, ...]) -> str:
        return max(words, key=lambda word: sum(p[kind][word] for p in seen))

    return NamedSubject(colour=likeliest("colour", COLOURS), species=likeliest("species", SPECIES))


def _border(frames: Tensor, mask: Tensor) -> float:
    """Mean slope of the picture along the border of the mask."""
    grown, shrunk = (F.max_pool2d(sign * mask[:, None].float(), 3, 1, 1)[:, 0] * sign for sign in (1.0, -1.0))
    light = frames.float().mean(1)
    slope = (light.diff(dim=2)[:, 1:].square() + light.diff(dim=1)[:, :, 1:].square()).sqrt()
    return float(slope[(grown > shrunk)[:, 1:, 1:]].mean())


def _colour(frames: Tensor, mask: Tensor, critic: Perception) -> str:
    """The named colour that, in the lights that are likely, most of the changed pixels have."""
    seen = critic.scene(frames)
    inside = seen.best("setting")[0] == "room"
    score, kinds = torch.zeros(len(COLOURS)), ("time", "weather", "mood", "style")
    likeliest = math.prod(seen.best(kind)[1] for kind in kinds)
    for look in product(*(seen.probabilities[kind].items() for kind in kinds)):
        likely = math.prod(p for _, p in look)
        if likely > _LIKELY * likeliest:
            time, weather, mood, style = (word for word, _ in look)
            lit = _lit(light_of(time, weather), weather == "fog" and not inside, frames.shape[-2:])
            graded = grade(lit, mood, style).permute(0, 3, 1, 2)
            off = (frames[None].float() / 255.0 - graded[:, None]).square().sum(2)
            score += likely * (1.0 / (1.0 + off[:, mask] / _SAME**2)).sum(1)
    return COLOURS[int(score.argmax())]


def _lit(light: Light, foggy: bool, size: torch.Size) -> Tensor:
    """Every named colour under a light, over a whole picture: ``[10, H, W, 3]``, 0..1."""
    flat = torch.tensor([light.on(NAMED[name]) for name in COLOURS])[:, None, None].expand(-1, *size, -1)
    return haze(flat, light, FOG_BEFORE) if foggy else flat


def _thing(mask: Tensor, known: Outlines) -> str:
    """What has most nearly the outline of the changed pixels: a garment, "balloon", or "body" for a whole character."""
    if float(mask.float().mean()) > _LARGE:
        return "body"
    outlines, slims, names, _ = known.both_ways()
    shapes, slim = outlines_of(mask)
    score = {name: 0.0 for name in names}
    for shape, tall in zip(shapes, slim, strict=True):
        shared = torch.minimum(outlines, shape).sum((1, 2)) / torch.maximum(outlines, shape).sum((1, 2))
        alike = shared * torch.exp(-((slims - tall) ** 2) / (2 * _SLIM**2))
        for name in set(names):
            score[name] += float(alike[[n == name for n in names]].max())
    return max(score, key=lambda name: score[name])
