"""Boxes as the captioner finds them: a little off, set right by a second look, and some around nothing.

Shape legend: N pictures, M boxes, S slots, H/W pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.eyes.captioner_net import Box, CaptionerNet, boxes_of, overlap
from omni_model.train.data.captioned import Truth
from omni_model.train.tasks.perception import jitter_boxes
from omni_model.weights.precision import autocast

FOUND_OFF, RIGHT_OFF = 0.15, 0.07
"""Most that the sides of a box are off, of its size, when it is found, and when it was set right."""
_STRAY = 0.15
"""Most overlap with anything true of a box around nothing."""


def found_boxes(net: CaptionerNet, frames: Tensor, staged: Tensor, generator: torch.Generator) -> Tensor:
    """Boxes [N, 4] of what is staged in frames [N, 3, H, W], as they are found: the network sets right what it found
    a little off."""
    return net.sides.right(frames, jitter_boxes(staged, generator, FOUND_OFF))


def sides_off(net: CaptionerNet, frames: Tensor, staged: Tensor, around: Tensor, generator: torch.Generator) -> Tensor:
    """How far sides that are set right are from the extents, [M, 4], in sizes of the boxes that they begin from: half
    as staged, half as they are after a first look, and neither quite."""
    first = (torch.rand(len(frames), 1, generator=generator) < 0.5).to(frames.device)
    begun = torch.where(first, jitter_boxes(staged, generator, FOUND_OFF), jitter_boxes(around, generator, FOUND_OFF))
    with autocast(device=frames.device.type):
        found: Tensor = net.sides(frames, begun)
    return found.float() - (around - begun) / (begun[:, 2:] - begun[:, :2]).repeat(1, 2)


@torch.no_grad()
def strays(net: CaptionerNet, frames: Tensor, truth: Truth) -> tuple[Tensor, Tensor]:
    """Where the network finds something in pictures [N, 3, H, W], -1..1, and nothing is: which picture, [M], and the
    box set right, [M, 4]."""
    learning = net.training
    which, boxes = [], []
    for n, found in enumerate(boxes_of(net.eval().whole(frames).map)):
        real = [box for box, seen in zip(_boxes(truth, n), truth.seen[n].repeat(2).tolist(), strict=True) if seen]
        alone = [box.corners for box in found if all(overlap(box, other) < _STRAY for other in real)]
        which += [n] * len(alone)
        boxes += alone
    device = frames.device
    picks = torch.tensor(which, dtype=torch.long, device=device)
    right = net.sides.right(frames[picks], torch.tensor(boxes, device=device).view(-1, 4))
    net.train(learning)
    return picks, right


def _boxes(truth: Truth, n: int) -> list[Box]:
    return [Box("", (x0, y0, x1, y1), 1.0) for x0, y0, x1, y1 in [*truth.boxes[n].tolist(), *truth.extents[n].tolist()]]
