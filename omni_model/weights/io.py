"""Weights as safetensors: half precision or bytes on disk, single in memory, the config in the file's metadata.

A matrix of bytes has a whole number for each entry, in 127ths of the largest entry of its row, or of the filter of a
convolution: half the size of half precision, at an error of at most a 254th of that largest. The two tensors are
``NAME`` and ``NAME.largest``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from omni_model.spec.errors import WeightsError
from omni_model.weights.header import read_header

M = TypeVar("M", bound=nn.Module)
C = TypeVar("C", bound=BaseModel)
_CONFIG = "config"
EVERYTHING = ("",)
"""All parts of a network."""
_LARGEST, _STEPS = ".largest", 127
_TYPES = frozenset({"F32", "F16", "BF16", "I8"})
SHIPPED = Path(__file__).parent
"""The folder of the weights that ship."""
REMEDY = "install omnireel again, or train with `omnireel train omni-mini --config cpu`"


class Network(NamedTuple, Generic[M, C]):
    """A network as a file holds it, the file's config, and the hex SHA-256 of the file's bytes."""

    net: M
    config: C
    digest: str


def save_weights(path: Path, module: nn.Module, config: BaseModel, *, as_bytes: tuple[str, ...] = ()) -> None:
    """Writes ``module``'s weights and its config; the file appears whole or not at all. ``as_bytes``: the parts whose
    matrices are bytes, by how their names begin.

    Same weights, same bytes: safetensors writes several metadata in random order, so there is only one.
    """
    state: dict[str, Tensor] = {}
    for name, value in module.state_dict().items():
        small = name.startswith(as_bytes) and value.dim() > 1
        state |= _as_bytes(name, value) if small else {name: value.half().contiguous()}
    aside = path.with_suffix(".partial")
    save_file(state, aside, metadata={_CONFIG: config.model_dump_json()})
    aside.replace(path)


def read_config(path: Path, kind: type[C]) -> C:
    """The config of a weights file. Raises WeightsError, and MissingWeights without the file."""
    text = read_header(path, REMEDY).metadata.get(_CONFIG)
    if not isinstance(text, str):
        raise WeightsError(f"{path} holds no config, so it is of another network: {REMEDY}")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise WeightsError(f"{path}: config {where}: {first['msg']}: {REMEDY}") from None


def load_network(path: Path, kind: type[C], build: Callable[[C], M]) -> Network[M, C]:
    """The network that ``build`` makes of the file's config, with the file's weights, in single precision.

    The config's sizes are compared with the tensors before memory is taken for either. Raises WeightsError, and
    MissingWeights without the file.
    """
    config = read_config(path, kind)
    try:
        with torch.device("meta"), _WithoutNoise():
            module = build(config)
    except (ValueError, RuntimeError, IndexError) as error:
        raise WeightsError(f"{path}: its config makes no network: {_line(error)}: {REMEDY}") from None
    wanted, shapes = module.state_dict(), _shapes(path)
    for name in sorted(shapes.keys() | wanted.keys()):
        has, wants = shapes.get(name), wanted[name].shape if name in wanted else None
        if has != wants:
            raise WeightsError(f"{path}: {name} is {_shape(has)} and its config says {_shape(wants)}: {REMEDY}")
    found, digest = read_weights(path)
    module.load_state_dict({name: _laid_as(wanted[name], value) for name, value in found.items()}, assign=True)
    return Network(module.eval().requires_grad_(False), config, digest)


def read_weights(path: Path) -> tuple[dict[str, Tensor], str]:
    """Every tensor of a weights file, in full, and the hex SHA-256 of its bytes. Errors as :func:`load_network`."""
    _shapes(path)
    try:
        data = path.read_bytes()
        found = _whole(load(data))
    except (OSError, SafetensorError, ValueError, TypeError, OverflowError) as error:
        raise WeightsError(f"{path} cannot be read: {_line(error)}: {REMEDY}") from None
    for name, value in found.items():
        if not value.isfinite().all():
            raise WeightsError(f"{path}: {name} holds numbers that are not finite: {REMEDY}")
    return found, hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str:
    """Hex SHA-256 of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes that the file's tensors have in full; bytes of unknown size have none. Raises WeightsError."""
    entries = read_header(path, REMEDY).tensors
    if strange := sorted(name for name, entry in entries.items() if entry.dtype not in _TYPES):
        raise WeightsError(f"{path}: {strange[0]} is of type {entries[strange[0]].dtype}: {REMEDY}")
    rows = {name + _LARGEST: entry.shape for name, entry in entries.items() if entry.dtype == "I8"}
    for name in sorted(rows.keys() & entries.keys()):
        shape, full = entries[name].shape, rows[name]
        if len(shape) != len(full) or any(few not in (1, many) for few, many in zip(shape, full, strict=True)):
            raise WeightsError(f"{path}: {name} is of shape {shape} for bytes of shape {full}: {REMEDY}")
    unknown = {name.removesuffix(_LARGEST) for name in rows.keys() - entries.keys()}
    return {name: entry.shape for name, entry in entries.items() if name not in rows.keys() | unknown}


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


class _WithoutNoise(TorchFunctionMode):
    """Draws no normal numbers: for tensors without memory that alone would import a compiler, which takes seconds."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if func in (Tensor.normal_, nn.init.normal_):
            return args[0] if args else named["tensor"]
        return func(*args, **named)


def _laid_as(like: Tensor, value: Tensor) -> Tensor:
    """``value`` in the type and the order in memory of a tensor that has no memory."""
    return torch.empty_strided(like.shape, like.stride(), dtype=like.dtype).copy_(value)


def _as_bytes(name: str, value: Tensor) -> dict[str, Tensor]:
    largest = value.abs().amax(tuple(range(1, value.dim())), keepdim=True).half()
    numbers = (value / _step(largest)).round().clamp(-_STEPS, _STEPS)
    return {name: numbers.to(torch.int8).contiguous(), name + _LARGEST: largest.contiguous()}


def _step(largest: Tensor) -> Tensor:
    return (largest.float() / _STEPS).clamp_min(torch.finfo(torch.float).tiny)


def _whole(found: dict[str, Tensor]) -> dict[str, Tensor]:
    """Matrices of bytes in full; everything else as it is, but bytes of unknown size."""
    numbers = {name: value for name, value in found.items() if value.dtype is torch.int8}
    whole = {n: v * _step(found[n + _LARGEST]) for n, v in numbers.items() if n + _LARGEST in found}
    return {n: v for n, v in found.items() if n.removesuffix(_LARGEST) not in numbers} | whole


def _shape(size: Sequence[int] | None) -> str:
    return "missing" if size is None else f"of shape {tuple(size)}"
