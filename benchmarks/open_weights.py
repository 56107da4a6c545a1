"""Our sampling loop against diffusers' own pipelines, in one run, on the same random weights.

    python -m benchmarks.open_weights                 # tiny networks: what our loop costs beside the network
    python -m benchmarks.open_weights --size real     # VACE-1.3B at 480p x 81 frames, TI2V-5B at 704p x 121 (a GPU)

Seconds are of one denoising step and one shot, both branches of guidance included; encoding and decoding are not. Shots
an hour are of the model's own number of steps.
Random weights draw noise, and cost what trained ones cost. What a cache does to a picture they cannot show.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from omni_model.adapters import Spec, family, open_weights
from omni_model.adapters.base import OpenWeights
from omni_model.adapters.given import resolve_inputs
from omni_model.adapters.parts import library
from omni_model.spec.conditioning import Conditioning
from tests.support import tiny_weights

KINDS = {"wan-vace": "WanVACEPipeline", "wan-ti2v": "WanPipeline"}
BATCHES = (1, 2, 4)
#: What is printed -> option. Those that only a GPU gains from are tried at the real size.
OPTIONS = {
    "cache residual": "cache=residual",
    "cache taylorseer": "cache=taylorseer",
    "cache pab": "cache=pab",
    "8-bit storage": "fp8=true",
}
ON_A_GPU = {"cuDNN's attention": "attention=_native_cudnn", "compiled": "compile=true"}
WORDS = "a red fox walks in the forest at night"
#: Width, height, frames.
TINY = {"wan-vace": (64, 64, 17), "wan-ti2v": (128, 128, 17)}
REAL = {"wan-vace": (832, 480, 81), "wan-ti2v": (1280, 704, 121)}
_HEAD = {"attention_head_dim": 128, "text_dim": 32, "num_layers": 30}


def real_networks(kind: str) -> dict[str, nn.Module]:
    """Transformer and VAE of the published sizes with random weights; the text encoder stays tiny."""
    diffusers = library("diffusers")

    if kind == "wan-vace":
        transformer = diffusers.WanVACETransformer3DModel(
            num_attention_heads=12, ffn_dim=8960, vace_layers=list(range(0, 30, 2)), **_HEAD
        )
        return {"transformer": transformer, "vae": diffusers.AutoencoderKLWan()}
    transformer = diffusers.WanTransformer3DModel(
        num_attention_heads=24, ffn_dim=14336, in_channels=48, out_channels=48, **_HEAD
    )
    vae = diffusers.AutoencoderKLWan(
        base_dim=160, decoder_base_dim=256, z_dim=48, is_residual=True, in_channels=12, out_channels=12, patch_size=2,
        scale_factor_spatial=16, latents_mean=[0.0] * 48, latents_std=[1.0] * 48,
    )  # fmt: skip
    return {"transformer": transformer, "vae": vae}


def checkpoint(kind: str, real: bool, folder: Path) -> Path:
    library("transformers")  # without progress bars
    pipeline = tiny_weights.BUILDERS[kind](folder)
    if real:
        for name, module in real_networks(kind).items():
            pipeline.register_modules(**{name: module.to(torch.bfloat16)})
    pipeline.save_pretrained(folder, max_shard_size="5GB")
    return folder


class Clock:
    """Seconds between steps: the median after the first, or the mean over all where steps differ."""

    def __init__(self) -> None:
        self.ticks: list[float] = []

    def tick(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ticks.append(time.perf_counter())

    def seconds(self, alike: bool) -> float:
        between = [b - a for a, b in zip(self.ticks, self.ticks[1:], strict=False)]
        return median(between) if alike else sum(between) / len(between)


def ours(generator: OpenWeights, shots: list[Conditioning], alike: bool = True) -> float:
    clock = Clock()
    with torch.inference_mode():
        generator.latents([resolve_inputs(shot, dict.__getitem__) for shot in shots], lambda count: clock.tick())  # type: ignore[arg-type]
    return clock.seconds(alike) / len(shots)


def stock(kind: str, generator: OpenWeights, shot: Conditioning) -> float:
    import diffusers

    clock = Clock()
    pipeline = getattr(diffusers, KINDS[kind]).from_pretrained(generator.checkpoint.folder, dtype=generator.plan.dtype)
    pipeline.to(generator.device).set_progress_bar_config(disable=True)

    def tick(pipe: Any, step: int, at: Any, values: dict[str, Any]) -> dict[str, Any]:
        clock.tick()
        return values

    pipeline(
        prompt=shot.caption, negative_prompt=generator.negative, width=shot.width, height=shot.height,
        num_frames=shot.frames, num_inference_steps=shot.steps, guidance_scale=shot.guidance, output_type="latent",
        generator=torch.Generator().manual_seed(shot.seed), callback_on_step_end=tick,
    )  # fmt: skip
    return clock.seconds(alike=True)


def peak(work: Callable[[], float]) -> tuple[float, str]:
    """What the work returns, and the GiB of GPU memory that it took at most."""
    if not torch.cuda.is_available():
        return work(), "-"
    torch.cuda.reset_peak_memory_stats()
    return work(), f"{torch.cuda.max_memory_allocated() / 2**30:.1f}"


def rows(kind: str, real: bool, steps: int) -> Iterator[tuple[str, float, str]]:
    """What was run, seconds a step and shot, and peak GiB."""
    width, height, frames = (REAL if real else TINY)[kind]
    size = f"width={width}&height={height}&dtype={'bfloat16' if real else 'float32'}"
    shots = [
        Conditioning(
            caption=WORDS, width=width, height=height, frames=frames, steps=steps, guidance=5.0, seed=seed, fps=16.0
        )
        for seed in range(max(BATCHES))
    ]
    with tempfile.TemporaryDirectory() as folder:
        place = checkpoint(kind, real, Path(folder))

        def opened(options: str) -> OpenWeights:
            return open_weights(Spec.parse(f"{kind}:{place}?{size}&{options}"))

        plain = opened("batch=1")
        yield "stock pipeline", *peak(lambda: stock(kind, plain, shots[0]))
        for batch in BATCHES:
            generator = opened(f"batch={batch}")
            yield f"ours, {batch} at once", *peak(lambda g=generator, n=batch: ours(g, shots[:n]))  # type: ignore[misc]
        for name, option in {**OPTIONS, **(ON_A_GPU if real else {})}.items():
            generator, alike = opened(f"batch=1&{option}"), not name.startswith("cache")
            yield f"ours, {name}", *peak(lambda g=generator, a=alike: ours(g, shots[:1], a))  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("tiny", "real"), default="tiny")
    parser.add_argument("--kind", choices=(*KINDS, "all"), default="all")
    parser.add_argument("--steps", type=int, default=12)
    asked = parser.parse_args()
    if asked.size == "real" and not torch.cuda.is_available():
        parser.error("--size real needs a GPU, and none is at hand")
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
    print(f"{where}, {asked.size} random weights, {asked.steps} steps, guidance 5")
    for kind in KINDS if asked.kind == "all" else (asked.kind,):
        first = 0.0
        for name, seconds, memory in rows(kind, asked.size == "real", asked.steps):
            first = first or seconds
            hourly = f"{3600 / seconds / family(kind).native.steps:8.1f} shots an hour"
            print(
                f"{kind:9} {name:24} {seconds:9.4f} s a step {hourly} {first / seconds:5.2f} x {memory:>6} GiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
