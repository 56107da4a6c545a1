"""Memory plans: where the parts of a model live while a shot is made, chosen from sizes alone.

The order of preference is the order of speed: everything on the GPU; one part at a time; the transformer stored in
8-bit floats, where it fits so; a part streamed layer by layer from the CPU's memory. On a CPU nothing is streamed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from omni_model.adapters.options import Options
from omni_model.spec.errors import WeightsError

GIB = 2**30
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_KEPT_FREE = 0.06
"""Share of the memory left to the driver and to fragments."""
_MOST_TOGETHER = 4
"""Shots: beyond this a batch gains nothing, for the GPU is busy."""


@dataclass(frozen=True)
class Sizes:
    """Bytes of a model in the plan's dtype. ``work`` is what making one shot of native size takes beside the weights,
    an estimate, by part."""

    weights: Mapping[str, int]
    work: Mapping[str, int]


@dataclass(frozen=True)
class MemoryPlan:
    """How a model uses a machine."""

    device: torch.device
    dtype: torch.dtype
    budget: int
    """Bytes that may be used on the device."""
    together: bool
    """All parts stay on the device; otherwise one at a time is there."""
    fp8: bool
    """Transformers are stored as float8_e4m3 and computed in ``dtype``."""
    streamed: frozenset[str]
    """Parts that are brought to the device layer by layer."""
    tiling: bool
    """Pictures are decoded in tiles."""
    batch: int
    """Shots of one shape denoised together."""
    peak: int
    """Bytes on the device at most, as estimated."""

    @property
    def fits(self) -> bool:
        return self.peak <= self.budget * (1 - _KEPT_FREE)

    def __str__(self) -> str:
        """One line for a person."""
        dtype = str(self.dtype).removeprefix("torch.")
        parts = [f"{self.device}, {dtype}, {self.budget / GIB:.0f} GiB"]
        parts.append("all parts together" if self.together else "one part at a time")
        parts += ["transformer stored in 8 bits"] if self.fp8 else []
        parts += [f"{' and '.join(sorted(self.streamed))} streamed"] if self.streamed else []
        parts += ["decoding in tiles"] if self.tiling else []
        return "; ".join([*parts, f"up to {self.batch} shots at once" if self.batch > 1 else "a shot at a time"])


def device_of(options: Options) -> torch.device:
    """Raises WeightsError."""
    name = options.device
    if name == "auto":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise WeightsError(f"no device {name!r}: use cpu, cuda or cuda:N") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise WeightsError("no GPU is at hand: use device=cpu")
    return device


def dtype_of(options: Options, device: torch.device) -> torch.dtype:
    if options.dtype != "auto":
        return _DTYPES[options.dtype]
    return torch.float32 if device.type == "cpu" else torch.bfloat16


def budget_of(options: Options, device: torch.device) -> int:
    """Bytes: what the options allow, or what is free on the device."""
    if options.memory != "auto":
        return int(options.memory) * GIB
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def choose(options: Options, device: torch.device, sizes: Sizes) -> MemoryPlan:
    """The fastest plan that fits; the last resort (everything streamed) is taken even where it may not."""
    budget = budget_of(options, device)
    room = int(budget * (1 - _KEPT_FREE))
    dtype = dtype_of(options, device)
    tiling = sizes.weights["vae"] + sizes.work["vae"] > room
    work = {**sizes.work, "vae": min(sizes.work["vae"], room // 2) if tiling else sizes.work["vae"]}
    together = sum(sizes.weights.values()) + max(work.values()) <= room

    def fits(part: str, share: float = 1.0) -> bool:
        return together or sizes.weights[part] * share + work[part] <= room

    networks = [part for part in sizes.weights if part.startswith("transformer")]
    on_gpu = device.type == "cuda"
    helps = on_gpu and not all(map(fits, networks)) and all(fits(part, 0.5) for part in networks)
    fp8 = helps if options.fp8 is None else options.fp8
    unfit = [part for part in sizes.weights if not fits(part, 0.5 if fp8 and part in networks else 1.0)]
    streamed = frozenset(unfit if on_gpu else ())
    held = {
        part: 0 if part in streamed else size // (2 if fp8 and part in networks else 1)
        for part, size in sizes.weights.items()
    }
    denoising = sum(held.values()) if together else max(held[part] for part in networks)
    spare = (room - denoising) // max(work["transformer"], 1)
    most = options.batch or (1 if device.type == "cpu" else max(1, min(_MOST_TOGETHER, spare)))
    peak = sum(held.values()) + max(work.values()) if together else max(held[part] + work[part] for part in held)
    return MemoryPlan(device, dtype, budget, together, fp8, streamed, tiling, most, peak)
