"""What two clips show to be done: the instruction that turns the first into the second, read by a network that looks.

A change of light, weather, mood or style is read from the whole picture. Any other change is local: the edges along
its border tell whether something went, its outline whether a garment or a balloon came, and the network reads who
took somebody's place and in what light colours are seen.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import fmean

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.captions import Garment
from omni_model.conditioning import Frozen
from omni_model.perception import Perception
from omni_model.vocabulary import COLOURS, SPECIES, WARDROBE
from omni_model.world.light import grade, light_of
from omni_model.world.palette import NAMED, times
from omni_model.world.render import render, sheet
from omni_model.world.spec import PropSpec, SceneSpec

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
_GONE = 0.6
"""Share of the edges along the border that is left where something is taken away."""
_ALIKE, _SLIM = 0.35, 0.25
"""Likeness of outlines from which on a thing is recognised, and how far their slimness may differ."""
_DRAWN = 48
"""Pixels of the sheets that outlines are taken from."""


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
    kind, word, rise = _scene_change(before, after, critic)
    if rise > _READ or float(mask.float().mean()) > _EVERYWHERE:
        return Shown(instruction=PHRASES[kind].format(word))
    if not mask.any():
        raise ValueError("the two clips of an example show no change")
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
    if _border(after, mask) < _GONE * _border(before, mask):
        return Shown(instruction=f"remove {who}", removes=True)
    thing, alike = _thing(mask)
    if alike < _ALIKE:
        seen = critic.subject(after, _boxes(mask))
        return Shown(instruction=f"replace {who} with a {seen.best('colour')[0]} {seen.best('species')[0]}")
    put = f"a {_colour(after, mask, critic)} {thing}"
    return Shown(instruction=f"add {put}" if thing == "balloon" else f"give {who} {put}")


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


def _thing(mask: Tensor) -> tuple[str, float]:
    """The garment, or the balloon, whose exact outline is most like that of the changed pixels; how alike, 0..1."""
    outline, slim = _outline(mask)
    alike = {}
    for thing, (outlines, slims) in _outlines().items():
        shared = torch.minimum(outlines, outline).sum((1, 2)) / torch.maximum(outlines, outline).sum((1, 2))
        alike[thing] = float((shared * torch.exp(-((slims - slim) ** 2) / (2 * _SLIM**2))).max())
    return max(alike.items(), key=lambda found: found[1])


def _outline(mask: Tensor) -> tuple[Tensor, float]:
    """The changed pixels of frames ``[T, H, W]`` within their boxes, ``[16, 16]``, and how much higher than wide the
    boxes are, as a logarithm; the mean over the frames."""
    found, slim = [], []
    for plane in mask:
        y, x = plane.nonzero(as_tuple=True)
        cut = plane[int(y.min()) : int(y.max()) + 1, int(x.min()) : int(x.max()) + 1].float()
        found.append(F.interpolate(cut[None, None], (16, 16), mode="bilinear", align_corners=False)[0, 0])
        slim.append(math.log(cut.shape[0] / cut.shape[1]))
    return torch.stack(found).mean(0), fmean(slim)


@cache
def _outlines() -> dict[str, tuple[Tensor, Tensor]]:
    """Outlines ``[K, 16, 16]`` and slimness ``[K]`` of what can be put on a character or beside it, as the world
    draws it."""
    drawn: dict[str, list[tuple[Tensor, float]]] = {}
    for species in SPECIES:
        bare = sheet(species, "brown", size=_DRAWN)[None]
        for item in WARDROBE:
            worn = sheet(species, "brown", (Garment(item=item, colour="blue"),), size=_DRAWN)[None]
            drawn.setdefault(item, []).append(_outline(_changes(bare, worn)))
    empty = SceneSpec(setting="meadow", frames=1, span=1)
    beside = empty.model_copy(update={"props": (PropSpec(entity="b", kind="balloon", colour="blue", height=0.3),)})
    drawn["balloon"] = [_outline(_changes(render(empty).frames, render(beside).frames))]
    return {
        thing: (
            torch.cat([both := torch.stack([o for o, _ in found]), both.flip(-1)]),
            torch.tensor([s for _, s in found] * 2),
        )
        for thing, found in drawn.items()
    }
