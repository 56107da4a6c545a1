"""Distribution: how far painted clips lie from real ones in the examiner's features, beside real from real."""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.evaluate.cases import Bench, scenes
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.eyes.perception import Perception

_OTHERS = 500_000
"""Scenes between the seeds of the painted clips and those of the real ones they are compared with."""


class Distribution:
    """Fréchet distance of painted clips to real clips of other scenes, over that of the painted scenes' own truth."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.tally = bench, MeasureTally("distribution", "Fréchet distance, ratio")
        self.painted: list[Tensor] = []
        self.real: list[Tensor] = []

    def add(self, frames: Tensor, truth: Tensor) -> None:
        """One painted clip and the truth of its scene, uint8 ``[T, 3, H, W]``."""
        self.painted.append(features(self.bench.examiner, frames))
        self.real.append(features(self.bench.examiner, truth))
        self.tally.evaluated += 1

    def row(self) -> TableRow:
        if len(self.real) < 2:
            return self.tally.row(None, None)
        drawn = scenes(len(self.real), self.bench.seed, skip=_OTHERS)
        others = torch.stack([features(self.bench.examiner, truth.frames) for _, truth in drawn])
        apart, usual = (frechet(torch.stack(some), others) for some in (self.painted, self.real))
        return self.tally.row(apart / usual if usual > 0 else None, None)


@torch.inference_mode()
def features(examiner: Perception, frames: Tensor) -> Tensor:
    """``[D]``: the examiner's scene features, the mean over a clip uint8 ``[T, 3, H, W]``."""
    found: Tensor = examiner.net.scene_trunk(frames.float() / 127.5 - 1.0)
    return found.mean(0).double()


def frechet(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance of the normal distributions of features ``[N, D]`` and ``[M, D]``, N, M > 1
    (Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017)."""
    first, second = torch.cov(a.T), torch.cov(b.T)
    root = _root(first)
    mixed = _root(root @ second @ root)
    return float((a.mean(0) - b.mean(0)).square().sum() + (first + second - 2 * mixed).trace())


def _root(matrix: Tensor) -> Tensor:
    """The square root of a symmetric, positive matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    return root
