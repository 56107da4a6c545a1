"""Caches: nothing changes where inputs do not change, and little where they do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from omni_model.adapters.caches import Residual, cached
from omni_model.adapters.options import Options
from tests.omni_model.adapters.shots import KINDS, Shelf, asking, latents, same


@pytest.fixture(scope="module")
def called(opened: Any) -> Callable[[str], dict[str, Tensor]]:
    """What our loop calls the network of a kind with, in the middle of the denoising."""

    @cache
    def inputs(kind: str) -> dict[str, Tensor]:
        seen: list[dict[str, Tensor]] = []
        with opened(kind).parts.use("transformer") as network:
            hook = network.register_forward_pre_hook(lambda m, a, k: seen.append(k), with_kwargs=True)
            latents(opened(kind), asking(kind), Shelf())
            hook.remove()
        return seen[len(seen) // 2]

    return inputs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["residual", "taylorseer", "pab"])
def test_a_cache_changes_nothing_where_inputs_do_not_change(opened: Any, called: Any, kind: str, name: str) -> None:
    """The network is called eight times with the same inputs."""
    inputs, options = called(kind), Options.model_validate({"cache": name})
    with torch.inference_mode(), opened(kind).parts.use("transformer") as network:
        plain = network(**inputs)
        with cached(network, options, steps=8) as quick:
            for _ in range(8):
                for made, wanted in zip(quick(**inputs), plain, strict=True):
                    same(made, wanted)
            assert not isinstance(quick, Residual) or quick.skipped == 5
        assert torch.equal(network(**inputs)[0], plain[0]), "nothing of the cache stays"


@pytest.mark.parametrize("kind", KINDS)
def test_the_residual_cache_skips_and_stays_near(opened: Any, kind: str) -> None:
    asked = asking(kind, steps=8)
    plain = latents(opened(kind), asked, Shelf())
    never = latents(opened(kind, "cache=residual&threshold=0"), asked, Shelf())
    often = latents(opened(kind, "cache=residual&threshold=1"), asked, Shelf())
    same(never, plain)
    assert not torch.equal(often, plain)
    assert (often - plain).std() < 0.5 * plain.std()
