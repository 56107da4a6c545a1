"""Training of the retoucher: clips before and after their edits, frame by frame.

Shape legend: N scenes, B samples, H/W pixels, K words.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from omni_model.layout import collages
from omni_model.perception import SCENE_HEADS
from omni_model.retouch import RetouchConfig, Retoucher, RetouchNet, changes_of, words_of
from omni_model.train.config import TrainConfig
from omni_model.train.data import FRAME, augmented
from omni_model.train.edited import Edited, Retouched
from omni_model.train.latents import LatentPool, encoded
from omni_model.train.loop import Training
from omni_model.vae import VideoVAE, pixels_of
from omni_model.world.spec import SceneSpec

log = logging.getLogger(__name__)

_KINDS = {"mood": 2, "time": 3, "weather": 2, "style": 3, "local": 3}
"""How often each kind of edit is drawn."""
_WORN = 0.5
"""Share of clips that are seen as a generator might have drawn them."""
_CHANGED = 0.03
"""Least change of a channel, of 2, that is one."""
_ASKED, _SQUARES, _EDGES = 2.0, 2.0, 1.0
"""Weights beside 1 for the error of every pixel: of those that an edit changes, of squares, of outlines."""
_DOUBT = 0.2
"""Most probability that a word which is not right has, all of a kind together."""


@dataclass(frozen=True)
class Sample:
    """B frames with their neighbours [B, 3, 3, H, W], with what is laid [B, 3, H, W], and as they are to be; under
    cameras [B, 3] and words [B, K]."""

    frames: Tensor
    laid: Tensor
    camera: Tensor
    words: Tensor
    wanted: Tensor


class Samples:
    """Draws frames of edited clips; those of light, weather, mood and style in both directions."""

    def __init__(self, scenes: LatentPool, edits: LatentPool, slots: int) -> None:
        self.scenes, self.edits, self.edited = scenes, edits, Edited(scenes, edits, slots)
        self.kinds: dict[str, list[int]] = {kind: [] for kind in _KINDS}
        brought = self.edited.brought(list(range(len(edits.specs)))).any(1)
        for n, instruction in enumerate(edits.instructions):
            for kind in changes_of(instruction) or (["local"] if brought[n] else []):
                self.kinds[kind].append(n)
        self.kinds = {kind: numbers for kind, numbers in self.kinds.items() if numbers}

    def draw(self, count: int, generator: torch.Generator) -> Sample:
        r = random.Random(int(torch.randint(1 << 60, (1,), generator=generator)))
        shares = [_KINDS[kind] for kind in self.kinds]
        which = [r.choice(self.kinds[kind]) for kind in r.choices(list(self.kinds), shares, k=count)]
        back = [bool(changes_of(self.edits.instructions[n])) and r.random() < 0.5 for n in which]
        moment = [r.randrange(self.edits.camera.shape[1]) for _ in which]
        told, pairs = [], []
        for n, reverse, at in zip(which, back, moment, strict=True):
            before, after = (self.edits, self.scenes) if reverse else (self.scenes, self.edits)
            pairs.append((_around(before, n, at), after.frames[n, at]))
            told.append(_told(before.specs[n], after.specs[n], generator))
        seen, wanted = (torch.stack(part).float() / 127.5 - 1.0 for part in zip(*pairs, strict=True))
        worn = torch.rand(count, 1, 1, 1, 1, generator=generator) < _WORN
        seen = torch.where(worn, augmented(seen.flatten(0, 1), generator).view_as(seen), seen)
        laid = self.laid(which, moment, seen[:, 1], generator)
        return Sample(seen, laid, self.edits.camera[which, moment], torch.stack(told), wanted)

    def laid(self, which: list[int], moment: list[int], frames: Tensor, generator: torch.Generator) -> Tensor:
        """Frames [B, 3, H, W] with whoever is brought in laid over them."""
        brought = self.edited.brought(which)[:, 1:]
        sheets = self.edited.sheets(which).float() / 127.5 - 1.0
        sheets = augmented(sheets.flatten(0, 1), generator).view_as(sheets) * brought[:, :, None, None, None]
        tracks = self.edits.tracks[which, moment] * brought[..., None]
        cast = [sheets[:, slot] if brought[:, slot].any() else None for slot in range(sheets.shape[1])]
        camera = self.edits.camera[which, moment]
        return collages(None, cast, tracks[:, None], camera[:, None], FRAME, frames[:, None])[1][:, 0]


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


@torch.inference_mode()
def retouched(retoucher: Retoucher, samples: Samples, n: int, generator: torch.Generator) -> Tensor:
    """The clip of scene ``n``, uint8 [T, 3, H, W], as the transformer is to see it in place of the one before."""
    moments = list(range(samples.edits.camera.shape[1]))
    which = [n] * len(moments)
    clip = samples.scenes.frames[n, slice(None)].float() / 127.5 - 1.0
    laid = samples.laid(which, moments, clip, generator)
    words = _told(samples.scenes.specs[n], samples.edits.specs[n], generator)
    return pixels_of(retoucher.retouch(clip, laid, samples.edits.camera[n], words))


def retouch_shards(
    retoucher: Retoucher, samples: Samples, vae: VideoVAE, folder: Path, shards: list[Path]
) -> Retouched:
    """Latents of all retouched clips, made once beside those of ``shards``."""
    folder.mkdir(parents=True, exist_ok=True)
    has = torch.zeros(len(samples.edits.specs), dtype=torch.bool)
    has[[n for numbers in samples.kinds.values() for n in numbers]] = True
    parts, first = [], 0
    for shard in shards:
        path = folder / shard.name
        with safe_open(shard, framework="pt") as file:
            last = first + file.get_slice("seed").get_shape()[0]
        if not path.exists():
            made = samples.edits.clips[first:last].clone()
            for n in has[first:last].nonzero()[:, 0].tolist():
                clip = retouched(retoucher, samples, first + n, torch.Generator().manual_seed(first + n))
                made[n] = encoded(vae, clip[None])[0]
            aside = path.with_suffix(".partial")
            save_file({"clips": made}, aside)
            aside.rename(path)
            log.info("retouched: %s", path.name)
        parts.append(load_file(path)["clips"])
        first = last
    return Retouched(torch.cat(parts), has)


def loss_of(net: RetouchNet, sample: Sample) -> tuple[Tensor, dict[str, float]]:
    """L1 of pixels, more where the edit changes them, and of their differences: outlines count."""
    with torch.autocast("cpu", torch.bfloat16):
        out = net(sample.frames, sample.laid, sample.camera, sample.words)
    off, wanted = out.float() - sample.wanted, sample.wanted
    changed = ((wanted - sample.frames[:, 1]).abs().amax(1, keepdim=True) > _CHANGED).float()
    pixels = ((off.abs() + _SQUARES * off**2) * (1.0 + _ASKED * changed)).mean()
    edges = off.diff(dim=-1).abs().mean() + off.diff(dim=-2).abs().mean()
    return pixels + _EDGES * edges, {"psnr": float(-10 * torch.log10((off.detach() ** 2).mean() / 4))}


def train_retoucher(
    config: TrainConfig, scenes: LatentPool, edits: LatentPool, folder: Path, *, resume: bool
) -> Retoucher:
    torch.manual_seed(config.seed + 41)
    net, samples = RetouchNet(RetouchConfig()), Samples(scenes, edits, config.dit.slots)
    budget = config.retoucher_budget

    def step(_: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        return loss_of(net, samples.draw(budget.batch, generator))

    training = Training("retoucher", net, budget, folder, seed=config.seed + 41)
    net.load_state_dict(training.run(step, resume))
    return Retoucher(net)
