"""Muon (Jordan 2024) with the rate of Moonshot's (2025): momentum, made orthogonal, for a network's hidden matrices.

torch has it too, but always multiplies in bfloat16. A CPU without instructions for that takes ninety times as long as
in single precision (one step of the largest transformer: ten minutes).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
_STEPS = 5
_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Jordan's coefficients: singular values end between 0.7 and 1.2 after five steps."""
_LEAST_NORM = 1e-7


class Muon(torch.optim.Optimizer):
    """Steps of a size like AdamW's, so that both take the same rate. Every parameter is a matrix."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float, weight_decay: float) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._move(matrix, group["lr"], group["weight_decay"])

    def _move(self, matrix: nn.Parameter, rate: float, decay: float) -> None:
        gradient = matrix.grad
        assert gradient is not None
        state = self.state[matrix]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        mean: Tensor = state["momentum_buffer"].lerp_(gradient, 1 - MOMENTUM)
        update = orthogonal(gradient.lerp(mean, MOMENTUM))
        matrix.mul_(1 - rate * decay)
        matrix.add_(update, alpha=-0.2 * rate * math.sqrt(max(matrix.shape)))


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix with singular values near 1, by Newton and Schulz; in bfloat16 on a GPU, where it is quick."""
    a, b, c = _QUINTIC
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    wide = wide.to(torch.bfloat16 if matrix.is_cuda else torch.float32)
    wide = wide / wide.norm().clamp(min=_LEAST_NORM)
    for _ in range(_STEPS):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide
