"""Rectified flow with clean-data prediction: noising, noise levels, loss weight, and the Euler sampler.

``z = (1 - sigma) x + sigma noise``; the network predicts x. The velocity is ``(z - x) / sigma`` (Liu et al.,
arXiv:2209.03003), so an Euler step from sigma to sigma' is a blend of z and the prediction.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from omni_model.spec.generator import Progress

#: (z [B, N, C], sigma [B, N]) -> the predicted clean latents [B, N, C].
Predict = Callable[[Tensor, Tensor], Tensor]


def add_noise(clean: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """``clean`` [B, ...] at noise level ``sigma`` [B]."""
    return torch.lerp(clean, noise, sigma.view(-1, *(1,) * (clean.dim() - 1)).to(clean.dtype))


def shift_sigma(sigma: Tensor, shift: float) -> Tensor:
    """Moves noise levels towards 1 for ``shift`` > 1; keeps 0 and 1 (arXiv:2403.03206, eq. 23)."""
    return shift * sigma / (1 + (shift - 1) * sigma)


def sample_sigma(count: int, generator: torch.Generator, shift: float = 1.0, spread: float = 1.0) -> Tensor:
    """Noise levels [count] for training: logit-normal, then shifted."""
    return shift_sigma(torch.sigmoid(spread * torch.randn(count, generator=generator)), shift)


def loss_weight(sigma: Tensor, cap: float = 5.0) -> Tensor:
    """Turns the squared error of x into that of the velocity, 1 / sigma², never above ``cap``."""
    return sigma.clamp(min=1e-4).square().reciprocal().clamp(max=cap)


def schedule(steps: int, shift: float = 1.0, device: torch.device | None = None) -> Tensor:
    """Noise levels [steps + 1] from 1 to 0."""
    return shift_sigma(torch.linspace(1.0, 0.0, steps + 1, device=device), shift)


def noise_like(shape: tuple[int, ...], seed: int) -> Tensor:
    """The starting noise of one sample: its seed and shape decide it, and nothing else."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def with_guidance(conditional: Predict, unconditional: Predict, guidance: float) -> Predict:
    """Classifier-free guidance; 1 costs no second pass."""
    if guidance == 1.0:
        return conditional

    def predict(z: Tensor, sigma: Tensor) -> Tensor:
        return torch.lerp(unconditional(z, sigma), conditional(z, sigma), guidance)

    return predict


def sample(
    predict: Predict,
    noise: Tensor,
    steps: int,
    shift: float = 1.0,
    clean: Tensor | None = None,
    keep: Tensor | None = None,
    progress: Progress | None = None,
) -> Tensor:
    """Euler's method from ``noise`` [B, N, C] to clean latents.

    Rows that ``keep`` [B, N] (bool) holds start as ``clean`` [B, N, C] at noise level 0 and stay.
    """
    levels = schedule(steps, shift, noise.device).to(noise)
    free = torch.ones_like(noise[..., 0]) if keep is None else (~keep).to(noise)
    z = noise if clean is None or keep is None else torch.where(keep[..., None], clean, noise)
    for step in range(steps):
        ratio = levels[step + 1] / levels[step]
        stepped = torch.lerp(predict(z, levels[step] * free), z, ratio)
        z = stepped if keep is None else torch.where(keep[..., None], z, stepped)
        if progress is not None:
            progress(step + 1, steps)
    return z
