"""Seconds and memory of work that is done side by side, and what the machine can do."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import wraps
from statistics import median
from typing import Any, TypeVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

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


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Bytes of the tensors that were made within it and are still used, as an allocator of a GPU counts them."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._users: dict[int, int] = {}
        """Of each storage, by its address."""
        self._now = 0
        self.most: int = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = {t.untyped_storage().data_ptr() for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)}
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._use(tensor, given)
        return made

    def _use(self, tensor: torch.Tensor, given: set[int]) -> None:
        storage = tensor.untyped_storage()
        key, size = storage.data_ptr(), storage.nbytes()
        if key not in self._users:
            if key in given:
                return  # a view of what was there before
            self._now += size
            self.most = max(self.most, self._now)
        self._users[key] = self._users.get(key, 0) + 1
        weakref.finalize(tensor, self._release, key, size)

    def _release(self, key: int, size: int) -> None:
        self._users[key] -= 1
        if not self._users[key]:
            del self._users[key]
            self._now -= size


def peak_memory(work: Work) -> float:
    """Most MiB of tensors alive at once that ``work`` makes; what a library holds within an operation is not seen."""
    with torch.inference_mode(), _Alive() as alive:
        work()
    return float(alive.most) / 2**20


def plain(value: object) -> Any:
    """Seconds and machines as JSON holds them."""
    return asdict(value) if isinstance(value, Seconds | Machine) else value
