"""What moves how in clips: subjects, as the captioner's second network sees them, and props, by their places alone.

Shape legend: M tracks, T frames, D features.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.eyes.camera import from_first
from omni_model.eyes.captioner_net import Box, CaptionerNet
from omni_model.eyes.captioner_parts import FLYING_HEADS, MOVING_HEADS, Motion, places_of
from omni_model.eyes.perception import crops_of, signal_of
from omni_model.eyes.tracking import DetectionTrack
from omni_model.motion.tracks import camera_frames
from omni_model.train.configs import TrainConfig
from omni_model.train.data.boxes import found_boxes
from omni_model.train.data.captioned import light_of, prop_boxes, whole_labels
from omni_model.train.data.scenes import augment, load_pool, scenes_of
from omni_model.train.loop import Training
from omni_model.train.tasks.perception import visible_subjects
from omni_model.weights.precision import autocast
from omni_model.world.sample import sample_scene
from omni_model.world.spec import SceneSpec

_SEEN = 0.6
"""Least share of a clip in which something must be in the frame to be learned from."""
_ERROR = 0.006
"""Spread of the error that is left, in shares of the frame."""
_ALL_OFF, _EACH_OFF = 0.1, 0.05
"""How far the sides of a prop's boxes are off, in sizes of the box: in all frames alike, and in each."""
_OUT, _LOST = 0.03, 0.5
"""How far out of the frame a prop is still found, and the most of a clip's beginning, of its end, and of the frames
between in which it is lost."""
_SEEDS = 10_000_000
"""How far the scenes of one seed are from those of the next."""


@dataclass(frozen=True)
class Tracks:
    """``features`` [M, T, D], ``places`` [M, T, PLACES], ``labels`` [M, heads]."""

    features: Tensor
    places: Tensor
    labels: Tensor


def tracks_in(net: CaptionerNet, shards: list[Path], frames: int, seed: int) -> Tracks:
    """Every subject in sight in the clips of the shards, as the network sees it."""
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
        signal = augment(signal_of(pool.tensors["frames"][n]), generator)
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
    """Boxes [T, 4] and labels of each subject that is mostly in the frame."""
    actions, directions = MOVING_HEADS.values()
    actors = [
        (boxes[:, s], [actions.index(who.action), directions.index(who.direction)])
        for s, who in enumerate(spec.subjects)
    ]
    return [(box, labels) for box, labels in actors if float(visible_subjects(box).float().mean()) >= _SEEN]


def flights(count: int, frames: int, seed: int) -> Tracks:
    """Where the props of ``count`` scenes are found: in boxes a little off, in some of the frames, as the rest is
    hidden, or too faint. Nothing is drawn for it."""
    generator = torch.Generator().manual_seed(seed)
    scenes = (sample_scene(number, frames=frames) for number in itertools.count(seed * _SEEDS))
    thrown = itertools.islice((spec for spec in scenes if spec.props), count)
    rows = [(_flight(spec, generator), FLYING_HEADS["prop_motion"].index(spec.props[0].motion)) for spec in thrown]
    places = torch.stack([place for place, _ in rows])
    return Tracks(places[..., :0], places, torch.tensor([[label] for _, label in rows]))


def _flight(spec: SceneSpec, generator: torch.Generator) -> Tensor:
    """[T, PLACES] of the scene's prop, as its track may be."""

    def off(count: int) -> Tensor:
        return torch.rand(count, 4, generator=generator) * 2 - 1

    boxes = prop_boxes(spec)
    size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    boxes = boxes + size * (off(1) * _ALL_OFF + off(len(boxes)) * _EACH_OFF)
    seen = (boxes.amin(1) > -_OUT) & (boxes.amax(1) < 1 + _OUT)
    late, early, faint = (torch.rand(3, generator=generator) * _LOST).tolist()
    at = torch.linspace(0, 1, len(boxes))
    seen &= (at >= late) & (at <= 1 - early) & (torch.rand(len(boxes), generator=generator) >= faint)
    frames = torch.nonzero(seen)[:, 0].tolist() or list(range(len(boxes)))
    track = DetectionTrack("prop", frames, [Box("prop", tuple(corners), 1.0) for corners in boxes[frames].tolist()])
    return places_of(track.corners(len(boxes)), from_first(camera_frames(spec.camera, spec.phase())))


def train_motion(
    net: Motion, tracks: Tracks, config: TrainConfig, folder: Path, name: str, *, seed: int, resume: bool
) -> None:
    """``net`` learns how the tracks move."""
    budget = config.motion_budget
    net.to(config.device)

    def step(number: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        which = torch.randint(len(tracks.labels), (budget.batch,), generator=generator)
        places = tracks.places[which]
        places = places + torch.randn(places.shape, generator=generator) * _ERROR
        seen = net(tracks.features[which].to(config.device).float(), places.to(config.device))
        return motion_loss(seen, tracks.labels[which].to(config.device))

    training = Training(name, net, budget, folder, seed=seed)
    net.load_state_dict(training.run(step, resume))
    net.cpu()


def motion_loss(seen: dict[str, Tensor], labels: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The mean error of each head over the tracks."""
    losses = {kind: F.cross_entropy(logits, labels[:, i]) for i, (kind, logits) in enumerate(seen.items())}
    return torch.stack(list(losses.values())).sum(), {k: float(v.detach()) for k, v in losses.items()}
