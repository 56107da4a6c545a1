"""Training of the captioner: pictures first, then what subjects do in clips, then how sure it may be.

Shape legend: N pictures, M boxes, S slots, h/w cells, T frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from omni_model.eyes.captioner import Captioner
from omni_model.eyes.captioner_net import BOXED_HEADS, WHOLE_HEADS, Boxed, CaptionerConfig, CaptionerNet
from omni_model.eyes.perception import crops_of, signal_of
from omni_model.train.configs import TrainConfig
from omni_model.train.data.boxes import RIGHT_OFF, sides_off, strays
from omni_model.train.data.captioned import (
    UNTOLD,
    Truth,
    crop_squares,
    join_pictures,
    light_of,
    mirror_pictures,
    of_nothing,
    plates,
    portraits,
    sheets,
    stills_of,
    strangers,
)
from omni_model.train.data.motions import flights, tracks_in, train_motion
from omni_model.train.data.scenes import SLOTS, augment, load_pool, scenes_of
from omni_model.train.loop import Training
from omni_model.train.tasks.calibration import calibrate
from omni_model.train.tasks.perception import jitter_boxes
from omni_model.train.tasks.props import train_props
from omni_model.weights.precision import autocast

WHOLE_EVERY = 3
"""Whole pictures, which cost more, are learned from in every third step, boxes in the others."""
STRAYS_EVERY = 4
"""Of one picture in so many the boxes are learned from that the network finds around nothing."""
_SHARES = {"plates": 0.12, "outside": 0.28, "sheets": 0.28, "squares": 0.2, "outside_squares": 0.16}
"""Pictures of each kind for one portrait of a batch."""


@dataclass(frozen=True)
class Material:
    """All that the network learns from, by kind."""

    portraits: Truth
    plates: Truth
    sheets: Truth
    outside: Truth


def load_material(portrait_shards: list[Path], shards: list[Path], outside: list[Path], frames: int) -> Material:
    """Everything in memory; portraits take most of it."""
    stills = stills_of(shards, frames)
    drawn = torch.cat([load_file(path)["frames"] for path in outside])
    return Material(portraits(portrait_shards), plates(stills), sheets(stills), strangers(drawn))


def draw(material: Material, batch: int, generator: torch.Generator) -> list[Truth]:
    """A batch of frames and a batch of squares."""

    def some(truth: Truth, share: float) -> Truth:
        return truth[torch.randint(len(truth), (max(round(batch * share), 1),), generator=generator)]

    height, width = material.portraits.frames.shape[-2:]
    left = int(torch.randint(width - height + 1, (), generator=generator))
    order = torch.randperm(3, generator=generator)
    wide = join_pictures(
        some(material.portraits, 1),
        some(material.plates, _SHARES["plates"]),
        _recoloured(some(material.outside, _SHARES["outside"]), order),
    )
    square = join_pictures(
        some(material.sheets, _SHARES["sheets"]),
        crop_squares(some(material.portraits, _SHARES["squares"]), left),
        crop_squares(_recoloured(some(material.outside, _SHARES["outside_squares"]), order), left),
    )
    return [wide, square]


def _recoloured(truth: Truth, order: Tensor) -> Truth:
    """Pictures from outside with their colour channels in another order: from outside still."""
    return replace(truth, frames=truth.frames[:, order])


def _losses(
    net: CaptionerNet, material: Material, generator: torch.Generator, batch: int, step: int
) -> tuple[Tensor, dict[str, float]]:
    device = net.find.weight.device
    both = draw(material, batch, generator)
    both = [mirror_pictures(truth, torch.rand(len(truth), generator=generator) < 0.5).to(device) for truth in both]
    seen = [augment(signal_of(truth.frames), generator) for truth in both]
    if step % WHOLE_EVERY:
        return _boxed_step(net, both, seen, generator)
    losses, told = zip(*(whole_loss(net, *given) for given in zip(seen, both, strict=True)), strict=True)
    names = ("wide", "square")
    figures = {f"{n}_{k}": v for n, figures in zip(names, told, strict=True) for k, v in figures.items()}
    return torch.stack(losses).sum(), figures


def _boxed_step(
    net: CaptionerNet, both: list[Truth], frames: list[Tensor], generator: torch.Generator
) -> tuple[Tensor, dict[str, float]]:
    crops, whole, looks, garments, off = [], [], [], [], []
    for truth, pictures in zip(both, frames, strict=True):
        picks, slots = torch.nonzero(truth.seen == 1, as_tuple=True)
        around = truth.extents[picks, slots]
        off.append(sides_off(net, pictures[picks], truth.boxes[picks, slots], around, generator))
        crops.append(crops_of(pictures[picks], jitter_boxes(around, generator, RIGHT_OFF), net.config.crop))
        whole.append(truth.whole[picks])
        looks.append(truth.boxed[picks, slots])
        garments.append(truth.garments[picks, slots])
    few = torch.randperm(len(both[0]), generator=generator)[: len(both[0]) // STRAYS_EVERY].to(frames[0].device)
    picks, boxes = strays(net, frames[0][few], both[0][few])
    crops.append(crops_of(frames[0][few[picks]], boxes, net.config.crop))
    whole.append(both[0].whole[few[picks]])
    empty, bare = of_nothing(len(picks))
    looks.append(empty.to(picks.device))
    garments.append(bare.to(picks.device))
    with autocast(device=picks.device.type):
        seen = net.boxed(torch.cat(crops), light_of(torch.cat(whole)))
    loss, figures = boxed_loss(seen, torch.cat(looks), torch.cat(garments))
    sides = torch.cat(off)
    figures["sides"] = float(sides.detach().abs().mean())
    return loss + 10 * F.smooth_l1_loss(sides, torch.zeros_like(sides), beta=0.02), figures


def whole_loss(net: CaptionerNet, frames: Tensor, truth: Truth) -> tuple[Tensor, dict[str, float]]:
    """What the pictures are, and where their subjects and props are."""
    with autocast(device=frames.device.type):
        seen = net.whole(frames)
    kinds = torch.stack([_entropy(seen.logits[k], truth.whole[:, i]) for i, k in enumerate(WHOLE_HEADS)])
    peaks, sides = find_loss(seen.map.float(), truth)
    return kinds.sum() + peaks + sides, {
        "kinds": float(kinds.detach().mean()),
        "peaks": float(peaks.detach()),
        "sides": float(sides.detach()),
    }


def _entropy(logits: Tensor, labels: Tensor) -> Tensor:
    told = labels != UNTOLD
    return F.cross_entropy(logits[told].float(), labels[told]) if told.any() else logits.sum() * 0


def find_loss(found: Tensor, truth: Truth) -> tuple[Tensor, Tensor]:
    """Focal loss of the peaks (Zhou et al., 2019, eq. 1) and the error of the boxes, as a share of their size."""
    wanted, middle, nearest, ignored = targets(truth, *found.shape[-2:])
    logits = found[:, :, 0]
    p = logits.sigmoid()
    hit = (1 - p).square() * F.logsigmoid(logits) * middle
    miss = (1 - wanted).pow(4) * p.square() * F.logsigmoid(-logits) * ~middle * ~ignored
    peaks = -(hit.sum() + miss.sum()) / middle.sum().clamp_min(1)
    near = (wanted > 0.6) & ~ignored
    which, kind, row, column = torch.nonzero(near, as_tuple=True)
    sides = torch.tensor(found.shape[-1:-3:-1], device=found.device).repeat(2)
    boxes = truth.boxes[which, nearest[which, kind, row, column]] * sides
    x, y = column + 0.5, row + 0.5
    asked = torch.stack((x - boxes[:, 0], y - boxes[:, 1], boxes[:, 2] - x, boxes[:, 3] - y), 1)
    size = (boxes[:, 2:] - boxes[:, :2]).mean(1, keepdim=True)
    error = F.smooth_l1_loss(found[which, kind, 1:, row, column] / size, asked / size, beta=0.1, reduction="sum")
    return peaks, error / max(len(which), 1)


def targets(truth: Truth, h: int, w: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of each kind found and cell, [N, len(FOUND), h, w]: how near it is to the middle of what is seen (0..1), whether
    it is just there, whose box that is, and whether it is left out because something is seen in part."""
    boxes = truth.boxes.clamp(0, 1)
    middle, size = (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
    device = boxes.device
    cells = torch.tensor([w, h], device=device)
    y, x = torch.meshgrid(*((torch.arange(n, device=device) + 0.5) / n for n in (h, w)), indexing="ij")
    here = torch.stack((x, y), -1)
    spread = torch.maximum(0.10 * size, 0.5 / cells)
    off = ((here - middle[:, :, None, None]) / spread[:, :, None, None]).square().sum(-1)
    close = torch.exp(-off / 2) * (truth.seen == 1)[:, :, None, None]
    inside = ((here > boxes[:, :, None, None, :2]) & (here < boxes[:, :, None, None, 2:])).all(-1)
    hidden = inside & (truth.seen == UNTOLD)[:, :, None, None]
    column, row = (middle * cells).long().clamp_max(cells - 1).unbind(-1)
    exact = torch.zeros_like(close, dtype=torch.bool)
    n, s = torch.nonzero(truth.seen == 1, as_tuple=True)
    exact[n, s, row[n, s], column[n, s]] = True
    kinds = (slice(0, SLOTS), slice(SLOTS, SLOTS + 1))
    best = [close[:, k].max(1) for k in kinds]
    nearest = torch.stack([b.indices + k.start for b, k in zip(best, kinds, strict=True)], 1)
    exact, hidden = (torch.stack([mask[:, k].any(1) for k in kinds], 1) for mask in (exact, hidden))
    return torch.stack([b.values for b in best], 1), exact, nearest, hidden & ~exact


def boxed_loss(seen: Boxed, looks: Tensor, garments: Tensor) -> tuple[Tensor, dict[str, float]]:
    """What is in the boxes: looks [M, kinds of BOXED_HEADS], garments [M, G]."""
    kinds = [_entropy(seen.logits[k], looks[:, i]) for i, k in enumerate(BOXED_HEADS)]
    subject = looks[:, 0] != UNTOLD
    worn = F.binary_cross_entropy_with_logits(seen.wardrobe[subject].float(), (garments[subject] != UNTOLD).float())
    colours = _entropy(seen.garment_colour.flatten(0, 1), garments.flatten())
    right = (seen.logits["species"].argmax(1) == looks[:, 0])[subject].float().mean()
    figures = {"species": float(right), "worn": float(worn.detach()), "garment": float(colours.detach())}
    return torch.stack(kinds).sum() + 4 * worn + 2 * colours, figures


def train_pictures(config: TrainConfig, material: Material, folder: Path, *, resume: bool) -> CaptionerNet:
    """The network, able to read pictures."""
    torch.manual_seed(config.seed + 37)
    net = CaptionerNet(CaptionerConfig())
    net.to(config.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    budget = config.captioner_budget
    training = Training("captioner", net, budget, folder, seed=config.seed + 41)
    net.load_state_dict(training.run(lambda step, g: _losses(net, material, g, budget.batch, step), resume))
    return net.cpu()


class Shards(NamedTuple):
    """Files to learn from: portraits, more of them with props, clips, and pictures that are not of the world."""

    portraits: list[Path]
    props: list[Path]
    clips: list[Path]
    outside: list[Path]


def train_captioner(config: TrainConfig, shards: Shards, folder: Path, *, resume: bool) -> Captioner:
    """Pictures, then a second look at props, then motion, then how sure it may be: on the last shards, which it did not
    learn from."""
    pictures, kept = _held_back(shards.portraits, 3)
    clips, kept_clips = _held_back(shards.clips, 1)
    material = load_material(pictures, clips, shards.outside, config.frames)
    net = train_pictures(config, material, folder, resume=resume)
    seen = join_pictures(material.portraits, portraits(shards.props))
    train_props(net, seen, config, folder, seed=config.seed + 47, resume=resume)
    return finish(net, config, (portraits(kept), material.outside), clips, kept_clips, folder, resume=resume)


def finish(
    net: CaptionerNet,
    config: TrainConfig,
    pictures: tuple[Truth, Truth],
    clips: list[Path],
    kept: list[Path],
    folder: Path,
    *,
    resume: bool,
) -> Captioner:
    """A network that reads pictures learns motion from ``clips``, and doubt from ``pictures`` (of the world, and not)
    and the clips that were ``kept``."""
    learned = tracks_in(net, clips, config.frames, config.seed)
    seed = config.seed
    train_motion(net.motion, learned, config, folder, "captioner-motion", seed=seed + 43, resume=resume)
    thrown = flights(config.props, config.frames, seed + 53)
    train_motion(net.flight, thrown, config, folder, "captioner-flight", seed=seed + 59, resume=resume)
    ours, theirs = pictures
    some = theirs[torch.arange(min(len(theirs), len(ours) // 2))]
    pool = load_pool(kept, ("frames",), scene_of=scenes_of(config.frames))
    wide, square = join_pictures(ours, some), sheets(stills_of(kept, config.frames))
    moving = (tracks_in(net, kept, config.frames, seed + 1), flights(len(pool), config.frames, seed + 61))
    calibrate(net, (wide, square), moving, pool, seed + 2)
    return Captioner(net)


def _held_back(paths: list[Path], count: int) -> tuple[list[Path], list[Path]]:
    """All but the last ``count`` shards, and those; with no more than that, all of them twice."""
    return (paths[:-count], paths[-count:]) if len(paths) > count else (paths, paths)
