"""What open weights would cost on this machine, told before anything is loaded: configs and headers alone are read."""

from __future__ import annotations

import time

import torch

from omni_model.adapters import family
from omni_model.adapters.base import OpenWeights
from omni_model.adapters.options import Options, Spec
from omni_model.adapters.plan import GIB, choose, dtype_of
from omni_model.adapters.sizes import operations, parameters, sizes_of

BUDGETS = ("8", "12", "16", "24", "80")
_REACHED = 0.4
"""Share of the rate of a bare matrix product that a transformer's step reaches, by experience."""


def survey(spec: Spec) -> dict[str, str]:
    """Name -> what is to be said of it: parts, memory plan, seconds a shot, plans for other sizes of memory.

    Raises WeightsError.
    """
    model = family(spec.kind).open(spec, configs_only=True)
    asked, native = model.capabilities, model.native
    seconds = operations(model.checkpoint, native, asked.width, asked.height, asked.steps) / (_REACHED * rate(model))
    shot = f"{native.max_frames} frames of {asked.width}x{asked.height}, {asked.steps} steps"
    return {
        "generator": f"{spec.kind}, {model.checkpoint.folder}",
        **_parts(model),
        "memory plan": str(model.plan),
        "needs": f"about {model.plan.peak / GIB:.1f} GiB: {'fits' if model.plan.fits else 'does not fit'}",
        "seconds a shot": f"about {seconds:.0f} ({shot}; an estimate)",
        **{f"with {budget} GiB": _with(model, budget) for budget in BUDGETS},
    }


def rate(model: OpenWeights) -> float:
    """Floating-point operations a second of a bare matrix product, measured now."""
    device, dtype = model.device, dtype_of(model.options, model.device)
    side = 1024 if device.type == "cpu" else 8192
    a = torch.randn(side, side, device=device).to(dtype)
    _timed(a)
    return 2.0 * side**3 / min(_timed(a) for _ in range(3))


def _timed(a: torch.Tensor) -> float:
    began = time.perf_counter()
    # Reading one number waits for the product to be done, on any device.
    float((a @ a)[0, 0])
    return time.perf_counter() - began


def _parts(model: OpenWeights) -> dict[str, str]:
    sizes = sizes_of(model.checkpoint, model.native, model.options, model.device)
    told = {}
    for name, part in model.checkpoint.parts.items():
        stored = sum(path.stat().st_size for path in part.files)
        files = f"{len(part.files)} files, {stored / GIB:.2f} GiB" if part.files else "weights are not here"
        size = f"{parameters(part) / 1e9:.3f} billion parameters, {sizes.weights[name] / GIB:.2f} GiB in memory"
        told[name] = f"{part.kind}: {size} ({files})"
    return told


def _with(model: OpenWeights, budget: str) -> str:
    """The plan for a GPU of that size, whatever is here."""
    options = Options.model_validate(model.options.model_dump() | {"memory": budget})
    device = torch.device("cuda")
    plan = choose(options, device, sizes_of(model.checkpoint, model.native, options, device))
    return f"{plan}; {'fits' if plan.fits else 'does not fit'}"
