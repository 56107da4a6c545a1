"""A machine with a second device, played on the CPU: tensors that are on it, and errors where the two are mixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors
from torch.utils._pytree import tree_flatten

OTHER = torch.device("cpu", 1)
"""Of type cpu, so that every kernel runs, and unequal to the device on which tensors are by default."""
_CPU = torch.device("cpu")
_INDEXING = (Tensor.__getitem__, Tensor.__setitem__)
"""A tensor may be indexed by one that is on the CPU."""
_MOVES = (Tensor.to, Tensor.cpu, Tensor.copy_, Tensor.numpy, Tensor.tolist, Tensor.item, Tensor.type)
_MIXED = (*_MOVES, torch._has_compatible_shallow_copy_type)
"""What may be given tensors on both."""


class OtherDevice(TorchFunctionMode):
    """While it is entered, ``.to(OTHER)`` and ``device=OTHER`` put tensors on the other device, what is computed of
    them stays there, and a computation of tensors on both raises RuntimeError, as a GPU does."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: dict[int, Any] = {}
        self.moves = 0

    def _mark(self, value: Tensor) -> Tensor:
        self._ids[id(value)] = value  # alive, so that no other tensor takes its number
        return value

    def holds(self, value: Tensor) -> bool:
        """Whether a tensor is on the other device."""
        return id(value) in self._ids

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func == Tensor.device.__get__:  # type: ignore[attr-defined]
            return OTHER if self.holds(args[0]) else _CPU
        if func == Tensor.data.__set__:  # type: ignore[attr-defined]
            return self._follow(func, *args)
        wanted = self._wanted(func, args, kwargs)
        if wanted is not None:
            args = tuple(_CPU if _is_device(a) else a for a in args)
            kwargs = {k: _CPU if k == "device" else v for k, v in kwargs.items()}
        given = list(_tensors((args, kwargs)))
        there = [t for t in given if self.holds(t)]
        self._check(func, given, there)
        out = func(*args, **kwargs)
        if func is Tensor.cpu or (wanted == _CPU):
            return out.clone() if isinstance(out, Tensor) and self.holds(out) else out
        if func in (Tensor.to,) and wanted is None and len(given) == 2:  # .to(another tensor)
            return self._moved(out, self.holds(given[1]))
        if wanted == OTHER:
            return self._moved(out, True)
        if there and func is not Tensor.numpy:
            for value in _tensors(out):
                self._mark(value)
        return out

    def _follow(self, func: Any, value: Tensor, data: Tensor) -> None:
        """A parameter is where its new data are: so modules move."""
        func(value, data)
        if self.holds(data):
            self._mark(value)
        else:
            self._ids.pop(id(value), None)

    def _moved(self, out: Tensor, there: bool) -> Tensor:
        if there == self.holds(out):
            return out
        self.moves += there
        return self._mark(out.clone()) if there else out.clone()

    @staticmethod
    def _wanted(func: Any, args: Any, kwargs: Any) -> torch.device | None:
        """The device that a call names."""
        if kwargs.get("device") is not None:
            return torch.device(kwargs["device"])
        if func is Tensor.to:
            return next((torch.device(a) for a in args[1:] if _is_device(a)), None)
        return _CPU if func in _device_constructors() else None

    def _check(self, func: Any, given: list[Tensor], there: list[Tensor]) -> None:
        if not there or func in _MIXED:
            return
        here = [t for t in given if not self.holds(t) and t.dim()]
        if here and not (func in _INDEXING and self.holds(given[0])):
            cpu, other = ([tuple(t.shape) for t in some] for some in (here, there))
            raise RuntimeError(f"{func.__name__}: {cpu} are on the CPU and {other} on the other device")


def _is_device(value: Any) -> bool:
    return isinstance(value, torch.device) or value in ("cpu", "cpu:1") if not isinstance(value, Tensor) else False


def _tensors(value: Any) -> Iterator[Tensor]:
    return (leaf for leaf in tree_flatten(value)[0] if isinstance(leaf, Tensor))
