"""What a larger transformer gains: loss against compute, for several sizes of one family on the same batches.

    python -m benchmarks.scaling --run runs/omni-mini --steps 300

Every size learns from nothing, from the first shards of a run's data (``omnireel train`` makes them), and is measured
on a shard that none has seen, always with the same noise. Compute counts products in the forward pass, times three.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from benchmarks.painter import operations
from omni_model.mini.dit import DiTConfig, OmniDiT
from omni_model.mini.vae import VAEConfig, VideoVAE
from omni_model.train.configs import TrainConfig, TrainingBudget, config
from omni_model.train.data.batches import Batches
from omni_model.train.data.latents import LatentPool, load_latents
from omni_model.train.tasks.dit import channel_weights, loss_of, train_dit
from omni_model.weights.io import load_network

SIZES = ((96, 4), (160, 6), (256, 8))
"""Width and depth; heads are 64 wide or less."""
_BATCHES = 24
"""Batches of the unseen shard."""


@dataclass(frozen=True)
class Run:
    """One size: what it has, what it cost, and its loss on the unseen shard."""

    width: int
    depth: int
    parameters: int
    steps: int
    teraflops: float
    seconds: float
    loss: float


def sized(base: TrainConfig, width: int, depth: int, steps: int) -> TrainConfig:
    dit = DiTConfig.model_validate(
        base.dit.model_dump() | {"width": width, "depth": depth, "heads": max(width // 64, 2)}
    )
    return replace(
        base, dit=dit, dit_budget=TrainingBudget(steps, base.dit_budget.batch, base.dit_budget.rate, 50, 0.99)
    )


def pools(run: Path, shards: slice, frames: int) -> tuple[LatentPool, LatentPool]:
    """Scenes and edits of some shards of a run, with their latents."""
    found = []
    for name in ("train", "edits"):
        latents = sorted((run / "latents" / name).glob("*.safetensors"))[shards]
        found.append(
            load_latents(latents, [run / "data" / name / p.name for p in latents], frames, edits=name == "edits")
        )
    return found[0], found[1]


@torch.no_grad()
def measured(net: OmniDiT, batches: Batches, vae: VideoVAE, count: int) -> tuple[float, float]:
    """Mean loss on ``count`` batches, always the same ones, and the products of a batch in GFLOP."""
    channels, losses = channel_weights(vae), []
    with operations(net) as counted:
        for number in range(count):
            generator = torch.Generator().manual_seed(number)
            losses.append(float(loss_of(net, batches.draw(generator), generator, channels)[0]))
    return sum(losses) / count, counted.total / count / 1e9


def scaling(
    run: Path, base: TrainConfig, sizes: Sequence[tuple[int, int]], steps: int, shards: int, count: int = _BATCHES
) -> list[Run]:
    """One run for every size, which is otherwise trained as ``base`` is."""
    found = []
    path = run / "vae.safetensors"
    vae = load_network(path, VAEConfig, VideoVAE).net
    seen, unseen = pools(run, slice(shards), base.frames), pools(run, slice(-1, None), base.frames)
    for width, depth in sizes:
        chosen = sized(base, width, depth, steps)
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            net, _ = train_dit(chosen, vae, *seen, Path(folder), resume=False)
            seconds = time.perf_counter() - began
        loss, gflop = measured(net, Batches(*unseen, vae, chosen, chosen.dit_budget.batch), vae, count)
        parameters = sum(p.numel() for p in net.parameters())
        found.append(Run(width, depth, parameters, steps, 3 * gflop * steps / 1e3, seconds, loss))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="a folder of omnireel train, with data and autoencoder")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--shards", type=int, default=6, help="shards that are learned from (default 6)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if min(asked.steps, asked.shards, asked.threads) < 1:
        parser.error("--steps, --shards and --threads are at least 1")
    if not (asked.run / "vae.safetensors").exists():
        parser.error(f"{asked.run} holds no vae.safetensors: train one with omnireel train")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(asked.threads)
    runs = scaling(asked.run, config("cpu"), SIZES, asked.steps, asked.shards)
    if asked.json:
        print(json.dumps([asdict(run) for run in runs], indent=2))
        return
    for run in runs:
        size = f"{run.width:4d} x {run.depth}  {run.parameters / 1e6:5.1f} M parameters"
        print(f"{size}  {run.teraflops:7.1f} TFLOP  {run.seconds:5.0f} s  loss {run.loss:.4f}")


if __name__ == "__main__":
    main()
