"""Seconds and memory of work that is done side by side, and what the machine can do."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import torch

Work = Callable[[], object]
T = TypeVar("T")


@dataclass(frozen=True)
class Seconds:
    """The median of several runs."""

    wall: float
    cpu: float
    """Of all threads together: what a busy machine does not distort."""


@dataclass(frozen=True)
class Machine:
    cores: int
    threads: int
    capability: str
    torch: str
    fp32_gflops: float
    """Of products of large square matrices."""
    bf16_gflops: float


class Tally:
    """A sum over many calls."""

    def __init__(self) -> None:
        self.total = 0.0

    @contextmanager
    def seconds(self) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.total += time.perf_counter() - begun


def timed(work: Callable[[], T]) -> tuple[Seconds, T]:
    """One run, and what it gave."""
    wall, cpu = time.perf_counter(), time.process_time()
    given = work()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu), given


def side_by_side(works: Mapping[str, Work], repeats: int) -> dict[str, Seconds]:
    """Medians of ``repeats`` runs of each, taken in turn after one run that does not count."""
    for work in works.values():
        work()
    runs = [{name: timed(work)[0] for name, work in works.items()} for _ in range(repeats)]
    return {
        name: Seconds(median(run[name].wall for run in runs), median(run[name].cpu for run in runs)) for name in works
    }


@contextmanager
def within(
    owner: object, methods: tuple[str, ...], around: Callable[[], AbstractContextManager[None]]
) -> Iterator[None]:
    """Every call of these methods of ``owner`` happens within a fresh ``around()``."""
    for name in methods:
        setattr(owner, name, _wrapped(getattr(owner, name), around))
    try:
        yield
    finally:
        for name in methods:
            delattr(owner, name)


def _wrapped(method: Callable[..., Any], around: Callable[[], AbstractContextManager[None]]) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        with around():
            return method(*args, **kwargs)

    return call


def gflops(dtype: torch.dtype, size: int = 2048, repeats: int = 5) -> float:
    """Rate of products of square matrices, the best of ``repeats``: a rate is what is possible."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    a @ b
    return 2e-9 * size**3 / min(timed(lambda: a @ b)[0].wall for _ in range(repeats))


def machine(size: int = 2048) -> Machine:
    return Machine(
        cores=os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        capability=torch.backends.cpu.get_cpu_capability(),
        torch=torch.__version__,
        fp32_gflops=gflops(torch.float32, size),
        bf16_gflops=gflops(torch.bfloat16, size),
    )


def peak_memory(work: Work) -> float | None:
    """MiB by which the process grows at most in a second run of ``work``; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    work()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    except OSError:
        return None
    before = _resident("VmRSS")
    work()
    return (_resident("VmHWM") - before) / 1024


def _resident(kind: str) -> int:
    """KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1])


def plain(value: object) -> Any:
    """Seconds and machines as JSON holds them."""
    return asdict(value) if isinstance(value, Seconds | Machine) else value
