"""Training of the retoucher: clips before and after their edits, frame by frame.

Shape legend: N scenes, B samples, H/W pixels, K words.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from omni_model.layout import collages
from omni_model.perception import SCENE_HEADS
from omni_model.retouch import PHRASES, RetouchConfig, Retoucher, RetouchNet, changes_of, words_of
from omni_model.train.config import TrainConfig
from omni_model.train.data import FRAME, augmented
from omni_model.train.edited import Edited
from omni_model.train.latents import LatentPool
from omni_model.train.loop import Training
from omni_model.world.spec import SceneSpec

_KINDS = {"mood": 3, "time": 3, "weather": 3, "style": 1, "ink": 4, "add": 3, "local": 4}
"""How often each kind of edit is drawn; of their own are what is learned last: the outlines of ink, and the tops of
balloons, which their sheets do not show."""
_WORN = 0.5
"""Share of clips that are seen as a generator might have drawn them."""
_CHANGED = 0.03
"""Least change of a channel, of 2, that is one."""
_ASKED, _SQUARES, _EDGES = 5.0, 2.0, 1.0
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
            asked = next(iter(changes_of(instruction).items()), ("local", instruction.partition(" ")[0]))
            if asked[0] in PHRASES or brought[n]:
                self.kinds[next(word for word in reversed(asked) if word in _KINDS)].append(n)
        self.kinds = {kind: numbers for kind, numbers in self.kinds.items() if numbers}

    def draw(self, count: int, generator: torch.Generator) -> Sample:
        r = random.Random(int(torch.randint(1 << 60, (1,), generator=generator)))
        shares = [_KINDS[kind] for kind in self.kinds]
        kinds = r.choices(list(self.kinds), shares, k=count)
        which = [r.choice(self.kinds[kind]) for kind in kinds]
        back = [kind in PHRASES and r.random() < 0.5 for kind in kinds]
        moment = [r.randrange(self.edits.camera.shape[1]) for _ in which]
        told, pairs = [], []
        for n, reverse, at in zip(which, back, moment, strict=True):
            before, after = (self.edits, self.scenes) if reverse else (self.scenes, self.edits)
            pairs.append((_around(before, n, at), after.frames[n, at]))
            told.append(_told(before.specs[n], after.specs[n], generator))
        seen, wanted = (torch.stack(part).float() / 127.5 - 1.0 for part in zip(*pairs, strict=True))
        worn = torch.rand(count, 1, 1, 1, 1, generator=generator) < _WORN
        seen = torch.where(worn, augmented(seen.flatten(0, 1), generator).view_as(seen), seen)
        laid = self._laid(which, moment, seen[:, 1], generator)
        return Sample(seen, laid, self.edits.camera[which, moment], torch.stack(told), wanted)

    def _laid(self, which: list[int], moment: list[int], frames: Tensor, generator: torch.Generator) -> Tensor:
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
