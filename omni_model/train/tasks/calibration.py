"""How sure the captioner may be: temperatures fitted on pictures that it never learned from.

Of each head one number divides the logits, chosen to give the truth the most probability (Guo et al., "On Calibration
of Modern Neural Networks", 2017).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.eyes.captioner import Captioner
from omni_model.eyes.captioner_net import BOXED_HEADS, CALIBRATED, WHOLE_HEADS, CaptionerNet
from omni_model.eyes.perception import both_ways, crops_of, signal_of
from omni_model.spec.vocabulary import CAMERAS
from omni_model.train.data.boxes import found_boxes, strays
from omni_model.train.data.captioned import UNTOLD, Truth, light_of, of_nothing, shows_move
from omni_model.train.data.motions import Tracks
from omni_model.train.data.scenes import Pool
from omni_model.train.tasks.props import found_in

_TRIED = torch.logspace(-0.7, 0.7, 57)
_PRIOR = 4
"""Clips of each move that are counted as being right as often as all are, before any is seen; of all, half right."""
_CHUNK = 100


def calibrate(net: CaptionerNet, sets: Iterable[Truth], moving: tuple[Tracks, Tracks], clips: Pool, seed: int) -> None:
    """Sets the network's temperatures, and how far each camera move is to be trusted.

    ``sets``: pictures of one size each; ``moving``: subjects and props that move; ``clips``: whole ones.
    """
    net.eval()
    generator = torch.Generator().manual_seed(seed)
    seen: dict[str, list[tuple[Tensor, Tensor]]] = {head: [] for head in CALIBRATED}
    for truth in sets:
        for first in range(0, len(truth), _CHUNK):
            _collect(net, truth[torch.arange(first, min(first + _CHUNK, len(truth)))], seen, generator)
    for part, tracks in zip((net.motion, net.flight), moving, strict=True):
        with torch.inference_mode():
            told = part(tracks.features.float(), tracks.places)
        for i, (head, logits) in enumerate(told.items()):
            seen[head].append((logits, tracks.labels[:, i]))
    temperatures = net.get_buffer("temperatures")
    for i, head in enumerate(CALIBRATED):
        logits, labels = (torch.cat(part) for part in zip(*seen[head], strict=True))
        told = labels != UNTOLD
        temperatures[i] = _temperature(logits[told], labels[told])
    net.get_buffer("trust").copy_(_trust(Captioner(net), clips))


@torch.inference_mode()
def _collect(
    net: CaptionerNet, truth: Truth, seen: dict[str, list[tuple[Tensor, Tensor]]], generator: torch.Generator
) -> None:
    """Adds logits, of pictures and their mirror images together as they are read, and labels."""
    signal = signal_of(truth.frames)
    whole = net.whole(both_ways(signal))
    for i, head in enumerate(WHOLE_HEADS):
        seen[head].append((_merged(whole.logits[head]), truth.whole[:, i]))
    picks, slots = torch.nonzero(truth.seen == 1, as_tuple=True)
    boxes = found_boxes(net, signal[picks], truth.boxes[picks, slots], generator)
    empty, nothing = strays(net, signal, truth)
    blank, bare = of_nothing(len(empty))
    picks, boxes = torch.cat((picks, empty)), torch.cat((boxes, nothing))
    if not len(picks):
        return
    looks = torch.cat((truth.boxed[truth.seen == 1], blank))
    crops = crops_of(signal[picks], boxes, net.config.crop)
    light = {k: torch.cat((v, v)) for k, v in light_of(truth.whole[picks]).items()}
    read = net.boxed(both_ways(crops), light)
    for i, head in enumerate(BOXED_HEADS):
        seen[head].append((_merged(read.logits[head]), looks[:, i]))
    subject = looks[:, 0] != UNTOLD
    worn = torch.cat((truth.garments[truth.seen == 1], bare))[subject]
    yes = _merged(read.wardrobe)[subject].flatten()
    seen["wardrobe"].append((_yes(yes), (worn != UNTOLD).long().flatten()))
    seen["garment_colour"].append((_merged(read.garment_colour)[subject].flatten(0, 1), worn.flatten()))
    seen["prop_there"].append(_props_there(net, signal, truth))


def _props_there(net: CaptionerNet, signal: Tensor, truth: Truth) -> tuple[Tensor, Tensor]:
    """Logits and labels of whether a prop is there, where the network takes something for one."""
    found = found_in(net, truth)
    _, there = net.props.look(signal[found.pictures], found.boxes)
    return _yes(there), torch.where(found.near, 1, torch.where(found.apart, 0, UNTOLD))


def _yes(logits: Tensor) -> Tensor:
    """Logits [N, 2] of no and yes from those of yes."""
    return torch.stack((torch.zeros_like(logits), logits), 1)


def _merged(logits: Tensor) -> Tensor:
    first, second = logits.float().chunk(2)
    return (first + second) / 2


def _temperature(logits: Tensor, labels: Tensor) -> float:
    """The tried temperature under which the labels are likeliest; 1 where there is nothing to go by."""
    if not len(labels):
        return 1.0
    losses = torch.stack([F.cross_entropy(logits / t, labels) for t in _TRIED])
    return float(_TRIED[losses.argmin()])


def _trust(captioner: Captioner, clips: Pool) -> Tensor:
    """Share of the clips read as each camera move that truly make it, [moves]; of those that show their move."""
    right, read = torch.zeros(len(CAMERAS)), torch.zeros(len(CAMERAS))
    for frames, spec in zip(clips.tensors["frames"], clips.specs, strict=True):
        seen = captioner.read(frames)
        if "camera" in seen.facts and shows_move(spec):
            word = seen.facts["camera"].word
            read[CAMERAS.index(word)] += 1
            right[CAMERAS.index(word)] += word == spec.move
    overall = (right.sum() + _PRIOR / 2) / (read.sum() + _PRIOR)
    return (right + _PRIOR * overall) / (read + _PRIOR)


def calibration_error(told: list[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error (Naeini et al., 2015) of (confidence, right): how far the one is from the share of
    the other, on average. 0 of nothing."""
    sure = torch.tensor([confidence for confidence, _ in told])
    right = torch.tensor([float(was_right) for _, was_right in told])
    which = (sure * bins).long().clamp_max(bins - 1)
    off = [float((sure[which == b] - right[which == b]).sum().abs()) for b in range(bins)]
    return sum(off) / max(len(told), 1)
