"""What subjects and props do in clips: the captioner's third network, on what its second saw of them.

Shape legend: M tracks, T frames, D features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.camera import from_first
from omni_model.captioner_net import MOVING_HEADS, CaptionerNet, places_of
from omni_model.perception import crops_of, signal_of
from omni_model.precision import autocast
from omni_model.train.captioned import UNTOLD, light_of, prop_boxes, whole_labels
from omni_model.train.config import Budget
from omni_model.train.data import augmented, load_pool, scenes_of
from omni_model.train.found import found_boxes
from omni_model.train.loop import Training
from omni_model.train.perception import visible_subjects
from omni_model.world.spec import SceneSpec

_SEEN = 0.6
"""Least share of a clip in which something must be in the frame to be learned from."""
_ERROR = 0.006
"""Spread of the error that is left, in shares of the frame."""


@dataclass(frozen=True)
class Tracks:
    """``features`` [M, T, D], ``places`` [M, T, PLACES], ``labels`` [M, kinds of MOVING_HEADS], UNTOLD where none."""

    features: Tensor
    places: Tensor
    labels: Tensor


def tracks_in(net: CaptionerNet, shards: list[Path], frames: int, seed: int) -> Tracks:
    """Everything that is in sight in the clips of the shards, as the network sees it."""
    generator = torch.Generator().manual_seed(seed)
    rows = [row for shard in shards for row in _rows(net.eval(), shard, frames, generator)]
    return Tracks(*(torch.stack(column) for column in zip(*rows, strict=True)))


@torch.inference_mode()
def _rows(
    net: CaptionerNet, shard: Path, frames: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    pool = load_pool([shard], ("frames", "boxes", "camera"), scene_of=scenes_of(frames))
    for n, spec in enumerate(pool.specs):
        told = _told(spec, pool.tensors["boxes"][n])
        if not told:
            continue
        signal = augmented(signal_of(pool.tensors["frames"][n]), generator)
        light = light_of(torch.tensor([whole_labels(spec, spec.size)]).repeat(frames * len(told), 1))
        signals = signal.repeat(len(told), 1, 1, 1)
        with autocast():
            boxes = found_boxes(net, signals, torch.cat([box for box, _ in told]), generator)
            features = net.boxed(crops_of(signals, boxes, net.config.crop), light).features
        path = from_first(pool.tensors["camera"][n])
        each = zip(features.view(len(told), frames, -1), boxes.view(len(told), frames, 4), told, strict=True)
        for seen, box, (_, labels) in each:
            yield seen.half(), places_of(box, path), torch.tensor(labels)


def _told(spec: SceneSpec, boxes: Tensor) -> list[tuple[Tensor, list[int]]]:
    """Boxes [T, 4] and labels of each subject and prop that is mostly in the frame."""
    words = list(MOVING_HEADS.values())
    actors = [
        (boxes[:, s], [words[0].index(who.action), words[1].index(who.direction), UNTOLD])
        for s, who in enumerate(spec.subjects)
    ]
    if spec.props:
        actors.append((prop_boxes(spec), [UNTOLD, UNTOLD, words[2].index(spec.props[0].motion)]))
    return [(box, labels) for box, labels in actors if float(visible_subjects(box).float().mean()) >= _SEEN]


def train_motion(net: CaptionerNet, tracks: Tracks, budget: Budget, folder: Path, *, seed: int, resume: bool) -> None:
    """``net.motion`` learns; nothing else of the network changes."""

    def step(number: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        which = torch.randint(len(tracks.labels), (budget.batch,), generator=generator)
        places = tracks.places[which]
        seen = net.motion(
            tracks.features[which].float(), places + torch.randn(places.shape, generator=generator) * _ERROR
        )
        return motion_loss(seen, tracks.labels[which])

    training = Training("captioner-motion", net.motion, budget, folder, seed=seed)
    net.motion.load_state_dict(training.run(step, resume))


def motion_loss(seen: dict[str, Tensor], labels: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The mean error of each head over the tracks that have its label."""
    losses = {}
    for i, (kind, logits) in enumerate(seen.items()):
        told = labels[:, i] != UNTOLD
        losses[kind] = F.cross_entropy(logits[told], labels[told, i]) if told.any() else logits.sum() * 0
    return torch.stack(list(losses.values())).sum(), {k: float(v.detach()) for k, v in losses.items()}
