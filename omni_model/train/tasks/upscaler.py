"""Training of the upscaler: what the generator draws, beside the world drawn large.

Shape legend: N pictures, H x W base pixels, S subject slots.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from omni_model.mini.engine import OmniMini
from omni_model.mini.upscale import SCALE, Upscaler, UpscalerConfig, UpscalerNet, neighbours
from omni_model.train.configs import TrainConfig
from omni_model.train.data.scenes import FRAME, augment
from omni_model.train.loop import Training
from omni_model.train.tasks.evaluate import request
from omni_model.weights.precision import autocast
from omni_model.world.render import render, stage
from omni_model.world.sample import sample_scene

log = logging.getLogger(__name__)

_EDGES = 1.0
_PATCH = 40
"""Base pixels a side of a training patch."""
MOMENTS = (0.2, 0.7)
"""Of a clip, that are drawn large."""
DRAWN = 5


def generate_large(folder: Path, shards: list[Path], each: int, frames: int) -> list[Path]:
    """Of the first ``each`` scenes of every shard, two frames at SCALE times the size; written once."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / shard.name for shard in shards]
    height, width = (SCALE * n for n in FRAME)
    for index, (path, shard) in enumerate(zip(paths, shards, strict=True)):
        if path.exists():
            continue
        with safe_open(shard, framework="pt") as file:
            numbers = file.get_tensor("seed")[:each]
        large = []
        for number in numbers.tolist():
            scene = sample_scene(number, frames=frames)
            empty = stage(scene, height, width)
            moments = [scene.window(round(m * (frames - 1)), 1) for m in MOMENTS]
            large.append(torch.cat([render(moment, height, width, empty).frames for moment in moments]))
        aside = path.with_suffix(".partial")
        save_file({"large": torch.stack(large).contiguous(), "seed": numbers.contiguous()}, aside)
        aside.rename(path)
        log.info("large pictures: shard %d of %d", index + 1, len(paths))
    return paths


@dataclass(frozen=True)
class Pairs:
    """N pictures as the generator gives them (uint8 [N, 3, 3, H, W], with their neighbours), what their layouts
    hint (half [N, 6, 2H, 2W]), and the truth (uint8 [N, 3, 4H, 4W])."""

    small: Tensor
    hints: Tensor
    large: Tensor


@torch.inference_mode()
def drafts(mini: OmniMini, large: list[Path], shards: list[Path], frames: int, steps: int) -> Pairs:
    """Each scene as the autoencoder gives it back, and one in DRAWN as the generator draws it.

    ``large`` as :func:`generate_large` made it of ``shards``.
    """
    small, hints, truth = [], [], []
    at = [round(m * (frames - 1)) for m in MOMENTS]
    for path, shard in zip(large, shards, strict=True):
        with safe_open(path, framework="pt") as file, safe_open(shard, framework="pt") as scenes:
            pictures, numbers = file.get_tensor("large"), file.get_tensor("seed").tolist()
            clips = scenes.get_slice("frames")[: len(numbers)]
        for which, (number, wanted, clip) in enumerate(zip(numbers, pictures, clips, strict=True)):
            asked, shown = request(sample_scene(number, frames=frames), number % 1000, steps)
            hint = mini.hints(asked, shown.__getitem__)[at].half()
            seen = [mini.vae_roundtrip(clip)]
            if which % DRAWN == 0:
                seen.append(mini.render([asked], shown.__getitem__)[0].frames)
            for drawn in seen:
                small.append(neighbours(drawn)[at])
                hints.append(hint)
                truth.append(wanted)
        log.info("drafts: %d pictures", len(small) * len(MOMENTS))
    return Pairs(torch.cat(small), torch.cat(hints), torch.cat(truth))


def _batch(pairs: Pairs, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Patches of the same places of all three pictures, some of them seen in a mirror."""
    height, width = pairs.small.shape[-2:]
    found: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
    for _ in range(count):
        n, y, x, flip = (
            int(torch.randint(most, (1,), generator=generator))
            for most in (len(pairs.small), max(height - _PATCH, 0) + 1, max(width - _PATCH, 0) + 1, 2)
        )
        cut = (_cut(p[n], y, x, s) for p, s in ((pairs.small, 1), (pairs.hints, 2), (pairs.large, SCALE)))
        for parts, piece in zip(found, cut, strict=True):
            parts.append(piece.flip(-1) if flip else piece)
    small, hints, large = (torch.stack(parts) for parts in found)
    signal = small.float() / 127.5 - 1.0
    signal = augment(signal.flatten(0, 1), generator).view_as(signal)
    return signal, hints.float(), large.float() / 127.5 - 1.0


def _cut(picture: Tensor, y: int, x: int, scale: int) -> Tensor:
    return picture[..., y * scale : (y + _PATCH) * scale, x * scale : (x + _PATCH) * scale]


def _loss(out: Tensor, wanted: Tensor) -> Tensor:
    """L1 of pixels and of their differences: crisp edges count."""
    down, across = ((t[..., 1:, :] - t[..., :-1, :], t[..., 1:] - t[..., :-1]) for t in (out, wanted))
    edges = sum((a - b).abs().mean() for a, b in zip(down, across, strict=True))
    return (out - wanted).abs().mean() + _EDGES * edges


def train_upscaler(config: TrainConfig, pairs: Pairs, folder: Path, *, resume: bool) -> Upscaler:
    torch.manual_seed(config.seed + 31)
    net = UpscalerNet(UpscalerConfig()).to(config.device)
    budget = config.upscaler_budget

    def step(_: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        small, hints, large = (part.to(config.device) for part in _batch(pairs, budget.batch, generator))
        with autocast(device=config.device):
            out = net(small, hints)
        psnr = -10 * torch.log10(((out.detach().float() - large) ** 2).mean() / 4)
        return _loss(out.float(), large), {"psnr": float(psnr)}

    training = Training("upscaler", net, budget, folder, seed=config.seed + 31)
    net.load_state_dict(training.run(step, resume))
    return Upscaler(net.cpu())
