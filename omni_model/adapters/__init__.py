"""Open weights as generators: one file a model family, all under one sampling loop.

``open_weights("wan-vace:FOLDER?steps=30")``; see :mod:`omni_model.adapters.options` for what a name may hold. To add a
model, write its file beside ``wan.py`` and its line below; CONTRIBUTING.md walks through the smallest one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from omni_model.adapters.options import Spec
from omni_model.spec.errors import WeightsError

if TYPE_CHECKING:
    from omni_model.adapters.base import OpenWeights

#: Kind -> (module, class).
KINDS = {
    "wan-vace": ("omni_model.adapters.wan_vace", "WanVACE"),
    "wan-ti2v": ("omni_model.adapters.wan_ti2v", "WanTI2V"),
    "wan-t2v": ("omni_model.adapters.wan", "WanT2V"),
    "ltx2": ("omni_model.adapters.ltx2", "LTX2"),
    "ltx": ("omni_model.adapters.ltx", "LTX"),
}


def open_weights(spec: Spec) -> OpenWeights:
    """The generator; its weights are loaded when it first renders. Raises WeightsError.

    Of several processes that torchrun started the first returns from here; the others render along until it ends.
    """
    generator = family(spec.kind).open(spec)
    if generator.team.rank > 0:
        generator.team.follow(generator.render)
        raise SystemExit
    return generator


def family(kind: str) -> type[OpenWeights]:
    """The adapter of a kind of :data:`KINDS`. Raises WeightsError."""
    if kind not in KINDS:
        raise WeightsError(f"no open weights of kind {kind!r}: use one of {', '.join(KINDS)}")
    module, name = KINDS[kind]
    found: type[OpenWeights] = getattr(import_module(module), name)
    return found


__all__ = ["KINDS", "Spec", "family", "open_weights"]
