"""Training of the second look at props: on what the first finds in portraits, most of which is nothing.

What is nothing is learned from as often as it is taken for a prop ("Training Region-based Object Detectors with Online
Hard Example Mining", Shrivastava et al., 2016).

Shape legend: N pictures, M boxes found, H/W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.eyes.captioner_net import CaptionerNet, boxes_of
from omni_model.eyes.captioner_parts import FURTHEST, LOOKS, Props, set_right
from omni_model.eyes.perception import in_mirror, signal_of
from omni_model.train.configs import TrainConfig
from omni_model.train.data.captioned import Truth, mirror_pictures
from omni_model.train.data.scenes import augment
from omni_model.train.loop import Training
from omni_model.train.tasks.perception import jitter_boxes

_NEAR, _APART = 0.25, 0.15
"""Overlap of a box found and a prop from which it is of that prop, and below which it is of nothing."""
_MET = (0.2, 0.3)
"""Overlap with the prop from which a box is of it, at the first look and the next."""
_MIX = {"found": 28 / 124, "true": 24 / 124, "nothing": 72 / 124}
"""Shares of a batch: props as they are found, props in boxes that are well off, and boxes around nothing."""
_FOUND_OFF, _TRUE_OFF = 0.05, 0.25
_CHUNK = 50


@dataclass(frozen=True)
class PropCandidates:
    """Boxes found in pictures: ``pictures`` [M] whose, ``boxes`` [M, 4], ``heights`` [M] of the peaks, 0..1; ``near``
    and ``apart`` bool [M]: of the picture's prop, of nothing."""

    pictures: Tensor
    boxes: Tensor
    heights: Tensor
    near: Tensor
    apart: Tensor


def overlaps(one: Tensor, other: Tensor) -> Tensor:
    """Shared area of boxes [M, 4] and [M, 4] over the area of both, [M], 0..1."""
    least, most = torch.maximum(one[:, :2], other[:, :2]), torch.minimum(one[:, 2:], other[:, 2:])
    shared = (most - least).clamp_min(0).prod(1)
    areas = [(b[:, 2:] - b[:, :2]).clamp_min(0).prod(1) for b in (one, other)]
    return shared / (areas[0] + areas[1] - shared).clamp_min(1e-9)


@torch.inference_mode()
def found_in(net: CaptionerNet, truth: Truth) -> PropCandidates:
    """What the first look takes for props."""
    rows: list[tuple[float, ...]] = []
    for first in range(0, len(truth), _CHUNK):
        maps = net.eval().whole(signal_of(truth.frames[first : first + _CHUNK])).map
        for n, found in enumerate(boxes_of(maps), start=first):
            rows += [(n, *box.corners, box.presence) for box in found if box.kind == "prop"]
    table = torch.tensor(rows).view(-1, 6)
    pictures, boxes = table[:, 0].long(), table[:, 1:5]
    share = _shared(boxes, truth, pictures)
    seen = truth.seen[pictures, -1]
    return PropCandidates(pictures, boxes, table[:, 5], (share > _NEAR) & (seen == 1), (share < _APART) | (seen == 0))


def _shared(boxes: Tensor, truth: Truth, pictures: Tensor) -> Tensor:
    """Overlap of boxes with the room that the picture's prop is given, or with what is seen of it."""
    return torch.maximum(*(overlaps(boxes, sides[pictures, -1]) for sides in (truth.boxes, truth.extents)))


def train_props(net: CaptionerNet, truth: Truth, config: TrainConfig, folder: Path, *, seed: int, resume: bool) -> None:
    """``net.props`` learns; nothing else of the network changes."""
    found, budget = found_in(net, truth), config.props_budget
    net.props.to(config.device)
    training = Training("captioner-props", net.props, budget, folder, seed=seed)
    net.props.load_state_dict(training.run(lambda _, g: _step(net.props, truth, found, budget.batch, g), resume))
    net.props.cpu()


def _step(
    net: Props, truth: Truth, found: PropCandidates, batch: int, generator: torch.Generator
) -> tuple[Tensor, dict[str, float]]:
    pictures, boxes, real = _drawn(truth, found, batch, generator)
    flip = torch.rand(len(pictures), generator=generator) < 0.5
    some = mirror_pictures(truth[pictures], flip)
    boxes = torch.where(flip[:, None], in_mirror(boxes), boxes)
    device = net.out.weight.device
    frames = augment(signal_of(some.frames.to(device)), generator)
    return looks_loss(net, frames, boxes.to(device), some.to(device), real.to(device))


def _drawn(
    truth: Truth, found: PropCandidates, batch: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures and boxes of a batch, and whether each box is of a prop."""
    count = {kind: max(round(share * batch), 1) for kind, share in _MIX.items()}
    near = _some(found.near.float(), count["found"], generator)
    true = _some((truth.seen[:, -1] == 1).float(), count["true"], generator)
    nothing = _some(found.apart * found.heights, count["nothing"], generator)
    boxes = (
        jitter_boxes(found.boxes[near], generator, _FOUND_OFF),
        jitter_boxes(truth.boxes[true, -1], generator, _TRUE_OFF),
        jitter_boxes(found.boxes[nothing], generator, _FOUND_OFF),
    )
    pictures = torch.cat((found.pictures[near], true, found.pictures[nothing]))
    return pictures, torch.cat(boxes), torch.arange(len(pictures)) < len(near) + len(true)


def _some(chances: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Indices [count] drawn by their chances [N]; none where nothing has any."""
    if not chances.any():
        return torch.zeros(0, dtype=torch.long)
    return torch.multinomial(chances, count, replacement=True, generator=generator)


def looks_loss(
    net: Props, frames: Tensor, boxes: Tensor, truth: Truth, real: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """Of every look at boxes [M, 4] in frames [M, 3, H, W], of which ``real`` (bool [M]) began near a prop: whether one
    is there, and where its sides are."""
    losses: list[Tensor] = []
    figures: dict[str, float] = {}
    itself = torch.arange(len(frames), device=frames.device)
    for look in range(LOOKS):
        told = net(frames, boxes).float()
        met = real & (_shared(boxes, truth, itself) > _MET[look])
        judged = met | ~real
        there = F.binary_cross_entropy_with_logits(told[judged, 0], met[judged].float())
        size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
        off = ((truth.extents[:, -1] - boxes) / size).clamp(-FURTHEST, FURTHEST)
        sides = F.smooth_l1_loss(told[met, 1:], off[met], beta=0.05) if met.any() else told.sum() * 0
        losses.append(there + 4 * sides)
        figures |= {f"there{look}": float(there.detach()), f"sides{look}": float(sides.detach())}
        boxes = set_right(boxes, told[:, 1:].detach())
    return torch.stack(losses).sum(), figures
