"""Training of the retoucher, frame by frame: clips before and after their edits, clips with somebody and without, and
what the transformer drew beside the truth.

Shape legend: N pictures, B samples, T frames, H/W pixels, K words.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from omni_model.eyes.perception import SCENE_HEADS
from omni_model.mini.edits.removal import behind, holes, inpaint_hole
from omni_model.mini.edits.retouch import (
    WORDS,
    Composite,
    RetouchConfig,
    Retoucher,
    RetouchNet,
    changes_of,
    words_of,
)
from omni_model.mini.engine import OmniMini
from omni_model.mini.layout import collages
from omni_model.mini.upscale import neighbours
from omni_model.mini.vae import pixels_of
from omni_model.motion.physics import prop_track
from omni_model.spec.instructions import SCENE_ATTRIBUTES, AddProp
from omni_model.train.configs import TrainConfig
from omni_model.train.data.edited import EditedScenes
from omni_model.train.data.latents import LatentPool
from omni_model.train.data.scenes import FRAME, augment
from omni_model.train.loop import Training
from omni_model.train.tasks.evaluate import request
from omni_model.weights.precision import autocast
from omni_model.world.sample import sample_scene
from omni_model.world.spec import SceneSpec

log = logging.getLogger(__name__)

_TASKS = {"draft": 6, "edit": 12, "remove": 3}
"""How often each task is drawn."""
_KINDS = {"mood": 3, "time": 3, "weather": 3, "style": 1, "ink": 4, "add": 14, "local": 7}
"""How often each kind of edit is drawn; of their own are what is learned last: the outlines of ink, and the tops of
balloons, which their sheets do not show."""
_WORN = 0.5
"""Share of clips that are seen as a generator might have drawn them."""
_MISSED = 0.06
"""Most that the sides of a box are found off, of its size."""
_CHANGED = 0.03
"""Least change of a channel, of 2, that is one."""
_ASKED, _SQUARES, _EDGES = 5.0, 2.0, 1.0
"""Weights beside 1 for the error of every pixel: of those that an edit changes, of squares, of outlines."""
_DOUBT = 0.2
"""Most probability that a word which is not right has, all of a kind together."""
_MOMENTS = 7
"""Frames of a clip that are kept of a draft."""
_UNSHOWN = 0.4
"""Share of drafts whose sheets are drawn from words."""


@dataclass(frozen=True)
class Sample:
    """B frames with their neighbours [B, 3, 3, H, W], what is laid over them, words [B, K], and what they are to be."""

    frames: Tensor
    laid: Composite
    words: Tensor
    wanted: Tensor

    def to(self, device: str) -> Sample:
        """The same samples in the memory of ``device``."""
        laid = Composite(*(part.to(device) for part in self.laid))
        return Sample(self.frames.to(device), laid, self.words.to(device), self.wanted.to(device))

    @staticmethod
    def cat(parts: list[Sample]) -> Sample:
        """The samples of all parts, in order."""
        frames, words, wanted = (torch.cat([getattr(p, name) for p in parts]) for name in ("frames", "words", "wanted"))
        laid = Composite(*(torch.cat(pictures) for pictures in zip(*(p.laid for p in parts), strict=True)))
        return Sample(frames, laid, words, wanted)


@torch.inference_mode()
def generate_drafts(mini: OmniMini, folder: Path, shards: list[Path], each: int, frames: int) -> list[Path]:
    """The first ``each`` scenes of every shard as the transformer alone draws them, beside what is laid over them and
    the truth; written once."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / shard.name for shard in shards]
    for index, (path, shard) in enumerate(zip(paths, shards, strict=True)):
        if path.exists():
            continue
        with safe_open(shard, framework="pt") as file:
            numbers, clips = file.get_tensor("seed")[:each].tolist(), file.get_slice("frames")[:each]
        drawn = [_draft(mini, number, clip, frames) for number, clip in zip(numbers, clips, strict=True)]
        aside = path.with_suffix(".partial")
        save_file({name: torch.stack([d[name] for d in drawn]).contiguous() for name in drawn[0]}, aside)
        aside.rename(path)
        log.info("drafts: shard %d of %d", index + 1, len(paths))
    return paths


def _draft(mini: OmniMini, number: int, clip: Tensor, frames: int) -> dict[str, Tensor]:
    """Some frames of one scene: uint8 ``drawn`` [M, 3, 3, H, W] with their neighbours, ``laid``, ``place`` and
    ``truth`` [M, 3, H, W], and ``camera`` [M, 3]."""
    r, scene = random.Random(number), sample_scene(number, frames=frames)
    asked, shown = request(scene, number % 1000, mini.capabilities.steps)
    props, unshown = (prop_track(prop.entity, prop, scene.seconds()) for prop in scene.props), r.random() < _UNSHOWN
    references = tuple(known for known in asked.references if known.role == "plate" or not unshown)
    asked = asked.model_copy(update={"tracks": (*asked.tracks, *props), "references": references})
    drawn, laid = mini.draft(asked, shown.__getitem__)
    at = sorted(r.choices(range(frames), k=_MOMENTS))
    pictures = {"laid": pixels_of(laid.over[at]), "place": pixels_of(laid.place[at])}
    return pictures | {"drawn": neighbours(drawn)[at], "camera": laid.camera[at], "truth": clip[at]}


class Drafts:
    """Frames as the transformer drew them."""

    def __init__(self, paths: list[Path]) -> None:
        parts = [load_file(path) for path in paths]
        self.pictures = {name: torch.cat([part[name] for part in parts]).flatten(0, 1) for name in parts[0]}

    def draw(self, count: int, r: random.Random, generator: torch.Generator) -> Sample:
        which = [r.randrange(len(self.pictures["truth"])) for _ in range(count)]
        drawn, over, place, truth = (
            self.pictures[name][which].float() / 127.5 - 1.0 for name in ("drawn", "laid", "place", "truth")
        )
        laid = Composite(over, place, self.pictures["camera"][which])
        return Sample(drawn, laid, torch.zeros(count, WORDS), truth)


class Changes:
    """Frames of edited clips; those of light, weather, mood and style in both directions."""

    def __init__(self, scenes: LatentPool, edits: LatentPool, slots: int) -> None:
        self.scenes, self.edits, self.edited = scenes, edits, EditedScenes(scenes, edits, slots)
        self.kinds: dict[str, list[int]] = {kind: [] for kind in _KINDS}
        brought = self.edited.brought(list(range(len(edits.specs)))).any(1)
        for n, instruction in enumerate(edits.instructions):
            local = "local", "add" if isinstance(instruction, AddProp) else ""
            asked = next(iter(changes_of(instruction).items()), local)
            if asked[0] in SCENE_ATTRIBUTES or brought[n]:
                self.kinds[next(word for word in reversed(asked) if word in _KINDS)].append(n)
        self.kinds = {kind: numbers for kind, numbers in self.kinds.items() if numbers}

    def draw(self, count: int, r: random.Random, generator: torch.Generator) -> Sample:
        shares = [_KINDS[kind] for kind in self.kinds]
        kinds = r.choices(list(self.kinds), shares, k=count)
        which = [r.choice(self.kinds[kind]) for kind in kinds]
        back = [kind in SCENE_ATTRIBUTES and r.random() < 0.5 for kind in kinds]
        moment = [r.randrange(self.edits.camera.shape[1]) for _ in which]
        told, pairs = [], []
        for n, reverse, at in zip(which, back, moment, strict=True):
            before, after = (self.edits, self.scenes) if reverse else (self.scenes, self.edits)
            pairs.append((_around(before, n, at), after.frames[n, at]))
            told.append(_told(before.specs[n], after.specs[n], generator))
        seen, wanted = (torch.stack(part).float() / 127.5 - 1.0 for part in zip(*pairs, strict=True))
        seen = _worn(seen, generator)
        over = self._over(which, moment, seen[:, 1], generator)
        laid = Composite(over, torch.zeros_like(over), self.edits.camera[which, moment])
        return Sample(seen, laid, torch.stack(told), wanted)

    def _over(self, which: list[int], moment: list[int], frames: Tensor, generator: torch.Generator) -> Tensor:
        """Frames [B, 3, H, W] with whoever is brought in laid over them."""
        brought = self.edited.brought(which)[:, 1:]
        sheets = self.edited.sheets(which).float() / 127.5 - 1.0
        sheets = augment(sheets.flatten(0, 1), generator).view_as(sheets) * brought[:, :, None, None, None]
        tracks = self.edits.tracks[which, moment] * brought[..., None]
        cast = [sheets[:, slot] if brought[:, slot].any() else None for slot in range(sheets.shape[1])]
        camera = self.edits.camera[which, moment]
        return collages(None, cast, tracks[:, None], camera[:, None], FRAME, frames[:, None])[1][:, 0]


class Removals:
    """Frames from which somebody is taken."""

    def __init__(self, scenes: LatentPool, edits: LatentPool) -> None:
        self.scenes, self.edits = scenes, edits
        self.gone: dict[int, int] = {}
        for n, (before, after) in enumerate(zip(scenes.specs, edits.specs, strict=True)):
            if len(after.subjects) < len(before.subjects):
                self.gone[n] = next(s for s, who in enumerate(before.subjects) if who not in after.subjects)

    def draw(self, count: int, r: random.Random, generator: torch.Generator) -> Sample:
        parts = [self._one(n, r, generator) for n in r.choices(list(self.gone), k=count)]
        return Sample.cat(parts)

    def _one(self, n: int, r: random.Random, generator: torch.Generator) -> Sample:
        clip = self.scenes.frames[n, slice(None)].float() / 127.5 - 1.0
        at, camera, boxes = r.randrange(len(clip)), self.scenes.camera[n], self._found(n, generator)
        gone, hidden = holes([boxes[self.gone[n]]], *FRAME), holes(boxes, *FRAME)
        gone[torch.arange(len(gone)) != at] = False
        filled = (behind(clip, gone, hidden, camera) * gone[:, None])[at]
        worn = _worn(torch.cat([neighbours(clip)[at], filled[None]])[None], generator)[0]
        place = worn[3] * (filled != 0).any(0)
        laid = Composite(inpaint_hole(worn[1], gone[at], hidden[at], place), place, camera[at])
        wanted = self.edits.frames[n, at].float() / 127.5 - 1.0
        words = _told(self.scenes.specs[n], self.edits.specs[n], generator)
        return Sample(worn[None, :3], Composite(*(part[None] for part in laid)), words[None], wanted[None])

    def _found(self, n: int, generator: torch.Generator) -> list[Tensor]:
        """Boxes [T, 4] of all subjects, as one who looks finds them."""
        boxes = self.scenes.boxes[n][:, : len(self.scenes.specs[n].subjects)]
        size = (boxes[..., 2:] - boxes[..., :2]).repeat(1, 1, 2)
        off = torch.rand(boxes.shape[1:], generator=generator) * 2 - 1
        return list((boxes + _MISSED * off * size).unbind(1))


class Samples:
    """Draws samples of every task that there is data for."""

    def __init__(self, scenes: LatentPool, edits: LatentPool, drafts: list[Path], slots: int) -> None:
        removals = Removals(scenes, edits)
        self.tasks: dict[str, Drafts | Changes | Removals] = {}
        self.tasks |= {"draft": Drafts(drafts), "edit": Changes(scenes, edits, slots)}
        self.tasks |= {"remove": removals} if removals.gone else {}

    def draw(self, count: int, generator: torch.Generator) -> Sample:
        r = random.Random(int(torch.randint(1 << 60, (1,), generator=generator)))
        drawn = Counter(r.choices(list(self.tasks), [_TASKS[task] for task in self.tasks], k=count))
        return Sample.cat([self.tasks[task].draw(many, r, generator) for task, many in drawn.items()])


def _worn(frames: Tensor, generator: torch.Generator) -> Tensor:
    """Frames [B, N, 3, H, W], some of them as a generator might have drawn them."""
    worn = torch.rand(len(frames), 1, 1, 1, 1, generator=generator) < _WORN
    return torch.where(worn, augment(frames.flatten(0, 1), generator).view_as(frames), frames)


def _around(pool: LatentPool, n: int, at: int) -> Tensor:
    """uint8 [3, 3, H, W]: a frame between its neighbours; the ends repeat."""
    last = pool.camera.shape[1] - 1
    return torch.stack([pool.frames[n, min(max(t, 0), last)] for t in (at - 1, at, at + 1)])


def _told(before: SceneSpec, after: SceneSpec, generator: torch.Generator) -> Tensor:
    """[K]: what a network that looks might read, and what is asked for."""
    read = {}
    for kind, words in SCENE_HEADS.items():
        doubt = _DOUBT * float(torch.rand(1, generator=generator)) ** 3
        spread = torch.rand(len(words), generator=generator).softmax(0) * doubt
        read[kind] = {word: float(p) for word, p in zip(words, spread, strict=True)}
        read[kind][getattr(before, kind)] += 1.0 - doubt
    changes = {k: getattr(after, k) for k in SCENE_HEADS if getattr(after, k) != getattr(before, k)}
    return words_of(read, changes)


def loss_of(net: RetouchNet, sample: Sample) -> tuple[Tensor, dict[str, float]]:
    """L1 of pixels, more where the edit changes them, and of their differences: outlines count."""
    with autocast(device=sample.frames.device.type):
        out = net(sample.frames, sample.laid, sample.words)
    off, wanted = out.float() - sample.wanted, sample.wanted
    changed = ((wanted - sample.frames[:, 1]).abs().amax(1, keepdim=True) > _CHANGED).float()
    pixels = ((off.abs() + _SQUARES * off**2) * (1.0 + _ASKED * changed)).mean()
    edges = off.diff(dim=-1).abs().mean() + off.diff(dim=-2).abs().mean()
    return pixels + _EDGES * edges, {"psnr": float(-10 * torch.log10((off.detach() ** 2).mean() / 4))}


def train_retoucher(
    config: TrainConfig, scenes: LatentPool, edits: LatentPool, drafts: list[Path], folder: Path, *, resume: bool
) -> Retoucher:
    """``edits`` of the same ``scenes``; ``drafts`` as :func:`generate_drafts` wrote them."""
    torch.manual_seed(config.seed + 41)
    net, samples = RetouchNet(RetouchConfig()).to(config.device), Samples(scenes, edits, drafts, config.dit.slots)
    budget = config.retoucher_budget

    def step(_: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        return loss_of(net, samples.draw(budget.batch, generator).to(config.device))

    training = Training("retoucher", net, budget, folder, seed=config.seed + 41)
    net.load_state_dict(training.run(step, resume))
    return Retoucher(net.cpu())
