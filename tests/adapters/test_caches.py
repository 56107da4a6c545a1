"""Caches: nothing changes where inputs do not change, and little where they do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from omni_model.adapters.base import OpenWeights
from omni_model.adapters.caches import Residual, cached
from omni_model.adapters.options import Options
from tests.adapters.shots import KINDS, Shelf, asking, latents, same


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cache", ["residual", "taylorseer", "pab"])
def test_a_cache_changes_nothing_where_inputs_do_not_change(opened: Any, kind: str, cache: str) -> None:
    """The network is called eight times with the same inputs, as in the middle of the denoising."""
    generator = opened(kind)
    calls = network_inputs(generator, kind)
    options = Options.model_validate({"cache": cache})
    with torch.inference_mode(), generator.parts.use("transformer") as network:
        plain = network(**calls)[0]
        with cached(network, options, steps=8) as quick:
            for _ in range(8):
                assert (quick(**calls)[0] - plain).abs().max() < 1e-4
            assert not isinstance(quick, Residual) or quick.skipped == 5
        assert torch.equal(network(**calls)[0], plain), "nothing of the cache stays"


def network_inputs(generator: OpenWeights, kind: str) -> dict[str, Tensor]:
    """What our loop calls the network with."""
    seen: list[dict[str, Tensor]] = []
    with generator.parts.use("transformer") as network:
        hook = network.register_forward_pre_hook(lambda m, a, k: seen.append(k), with_kwargs=True)
        latents(generator, asking(kind), Shelf())
        hook.remove()
    return seen[len(seen) // 2]


@pytest.mark.parametrize("kind", KINDS)
def test_the_residual_cache_skips_and_stays_near(opened: Any, kind: str) -> None:
    asked = asking(kind, steps=12)
    plain = latents(opened(kind), asked, Shelf())
    never = latents(opened(kind, "cache=residual&threshold=0"), asked, Shelf())
    often = latents(opened(kind, "cache=residual&threshold=1"), asked, Shelf())
    same(never, plain)
    assert not torch.equal(often, plain)
    assert (often - plain).std() < 0.5 * plain.std()
