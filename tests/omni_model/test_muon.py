"""The optimiser of hidden matrices, beside torch's, which multiplies in bfloat16."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from omni_model.train.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(64, 96), (96, 64), (64, 64)])
def test_it_steps_as_torchs_does(shape: tuple[int, int]) -> None:
    start = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    optimisers = [
        Muon([ours], lr=0.02, weight_decay=0.01),
        torch.optim.Muon([theirs], lr=0.02, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
    ]
    for step in range(4):
        gradient = torch.randn(shape, generator=torch.Generator().manual_seed(step))
        for matrix, optimiser in zip((ours, theirs), optimisers, strict=True):
            matrix.grad = gradient.clone()
            optimiser.step()
    moved = (theirs - start).norm()
    assert (ours - theirs).norm() < 0.02 * moved and (ours - start).norm() > 0.5 * moved


@pytest.mark.parametrize("shape", [(8, 200), (200, 8)])
def test_an_update_is_nearly_orthogonal_and_of_single_precision_on_a_cpu(shape: tuple[int, int]) -> None:
    made = orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(1)))
    assert made.shape == shape and made.dtype == torch.float32
    assert (torch.linalg.svdvals(made) - 1).abs().max() < 0.35


def test_a_matrix_without_a_gradient_stays() -> None:
    still = nn.Parameter(torch.ones(3, 2))
    Muon([still], lr=1.0, weight_decay=0.5).step()
    assert torch.equal(still, torch.ones(3, 2))
