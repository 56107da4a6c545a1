"""VAE: what the autoencoder alone makes of real held-out clips."""

from __future__ import annotations

from omni_model.evaluate.cases import Bench, scenes
from omni_model.evaluate.reading import psnr
from omni_model.evaluate.rows import MeasureTally, TableRow


def rows(bench: Bench) -> list[TableRow]:
    """PSNR of clips that are encoded and decoded, against themselves."""
    tally = MeasureTally("VAE", "PSNR, dB")
    for _, truth in scenes(bench.cases, bench.seed):
        tally.add(psnr(bench.vae_roundtrip(truth.frames), truth.frames))
        bench.tick()
    return [tally.exact()]
