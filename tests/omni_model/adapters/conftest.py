"""Tiny checkpoints and what is opened over them, made once for all tests of open weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from omni_model.adapters.base import OpenWeights


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a checkpoint of :data:`tests.support.tiny_weights.BUILDERS`."""
    from tests.support.tiny_weights import build

    @cache
    def made(name: str) -> Path:
        return build(name, tmp_path_factory.mktemp(name))

    return made


@pytest.fixture(scope="session")
def opened(tiny: Callable[[str], Path]) -> Callable[..., OpenWeights]:
    """A generator over a checkpoint, by its name and options."""
    from omni_model.adapters import KINDS, Spec, open_weights

    @cache
    def made(name: str, options: str = "") -> OpenWeights:
        kind = next(kind for kind in sorted(KINDS, key=len, reverse=True) if name.startswith(kind))
        return open_weights(Spec.parse(f"{kind}:{tiny(name)}?{options}"))

    return made


@pytest.fixture(scope="session")
def stock(tiny: Callable[[str], Path]) -> Callable[[str, str], Any]:
    """A stock pipeline, by its class, over a checkpoint."""
    import diffusers

    @cache
    def made(name: str, pipeline: str) -> Any:
        opened = getattr(diffusers, pipeline).from_pretrained(tiny(name))
        opened.set_progress_bar_config(disable=True)
        return opened

    return made
