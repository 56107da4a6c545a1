"""Rectified flow: exact on problems with a known answer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from omni_model.mini.flow import (
    add_noise,
    loss_weight,
    noise_like,
    sample,
    sample_sigma,
    schedule,
    shift_sigma,
    with_guidance,
)

TRUTH = torch.linspace(-1, 1, 24).view(1, 6, 4)


def _knows(z: Tensor, sigma: Tensor) -> Tensor:
    return TRUTH.expand_as(z)


@pytest.mark.parametrize("steps", [1, 3, 8])
def test_a_perfect_prediction_is_reached(steps: int) -> None:
    torch.testing.assert_close(sample(_knows, noise_like((1, 6, 4), 1), steps, shift=3.0), TRUTH)


def test_the_sampler_integrates_the_gaussian_flow() -> None:
    # of data ~ N(0, s²) the best guess is known, and the flow maps noise to s noise
    s = 0.5

    def best(z: Tensor, sigma: Tensor) -> Tensor:
        sigma = sigma[..., None]
        return z * s**2 * (1 - sigma) / ((1 - sigma) ** 2 * s**2 + sigma**2)

    noise = noise_like((1, 6, 4), 2)
    torch.testing.assert_close(sample(best, noise, 500), s * noise, atol=0.01, rtol=0)


def test_kept_rows_stay_clean_and_are_told_apart() -> None:
    keep = torch.tensor([[True, False, False, True, False, False]])
    levels = []

    def watching(z: Tensor, sigma: Tensor) -> Tensor:
        levels.append(sigma)
        assert torch.equal(z[keep], TRUTH[keep])
        return torch.zeros_like(z)

    result = sample(watching, noise_like((1, 6, 4), 3), 4, clean=TRUTH, keep=keep)
    assert torch.equal(result[keep], TRUTH[keep]) and (result[~keep] == 0).all()
    assert all((level[keep] == 0).all() and (level[~keep] > 0).all() for level in levels)


def test_progress_counts_the_steps() -> None:
    seen: list[tuple[int, int]] = []
    sample(_knows, noise_like((1, 6, 4), 1), 3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_guidance_extrapolates_and_costs_nothing_at_one() -> None:
    zero = torch.zeros_like
    assert with_guidance(_knows, lambda z, sigma: zero(z), 1.0) is _knows
    doubled = with_guidance(_knows, lambda z, sigma: zero(z), 2.0)(TRUTH, torch.ones(1, 6))
    torch.testing.assert_close(doubled, 2 * TRUTH)


def test_noising_ends_at_data_and_noise() -> None:
    noise = noise_like((2, 6, 4), 4)
    mixed = add_noise(TRUTH.expand(2, -1, -1), noise, torch.tensor([0.0, 1.0]))
    assert torch.equal(mixed[0], TRUTH[0]) and torch.equal(mixed[1], noise[1])


def test_schedules_fall_from_one_to_zero() -> None:
    for shift in (1.0, 3.0):
        levels = schedule(7, shift)
        assert levels[0] == 1 and levels[-1] == 0 and (levels.diff() < 0).all()
    assert shift_sigma(torch.tensor(0.5), 3.0) == pytest.approx(0.75)


def test_training_levels_are_seeded_and_in_range() -> None:
    draws = [sample_sigma(1000, torch.Generator().manual_seed(5), shift=2.0) for _ in range(2)]
    assert torch.equal(*draws) and (draws[0] > 0).all() and (draws[0] < 1).all() and draws[0].mean() > 0.55


def test_the_weight_is_that_of_the_velocity_up_to_the_cap() -> None:
    assert loss_weight(torch.tensor([0.0, 0.1, 0.5, 1.0]), cap=5.0).tolist() == pytest.approx([5, 5, 4, 1])


def test_noise_depends_on_its_seed_only() -> None:
    assert torch.equal(noise_like((3, 2), 7), noise_like((3, 2), 7))
    assert not torch.equal(noise_like((3, 2), 7), noise_like((3, 2), 8))
