"""Weights as safetensors: half precision or bytes on disk, single in memory, the config in the file's metadata.

A matrix of bytes has a whole number for each entry, in 127ths of the largest entry of its row, or of the filter of a
convolution: half the size of half precision, at an error of at most a 254th of that largest. The two tensors are
``NAME`` and ``NAME.largest``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)
C = TypeVar("C", bound=BaseModel)
_CONFIG = "config"
EVERYTHING = ("",)
"""All parts of a network."""
_LARGEST, _STEPS = ".largest", 127


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
    """The config of a weights file. FileNotFoundError without the file, ValueError when it is unusable."""
    with _opened(path) as file:
        text = (file.metadata() or {}).get(_CONFIG)
    if text is None:
        raise ValueError(f"{path.name} holds no config: it was not made by this version's training")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{path.name}: config {where}: {first['msg']}") from None


def read_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor of a weights file, in full. Errors as :func:`read_config`."""
    with _opened(path) as file:
        return _whole({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118


def load_weights(path: Path, module: M) -> M:
    """``module`` with the weights of the file, in single precision. Errors as :func:`read_config`."""
    found = read_weights(path)
    expected = {name: value.shape for name, value in module.state_dict().items()}
    for name in sorted(expected.keys() | found.keys()):
        has, wants = found.get(name), expected.get(name)
        if has is None or wants is None or has.shape != wants:
            raise ValueError(f"{path.name}: {name} is {_shape(has)} and its config says {_shape(wants)}")
        if not has.isfinite().all():
            raise ValueError(f"{path.name}: {name} holds numbers that are not finite")
    module.load_state_dict({name: value.float() for name, value in found.items()})
    return module.eval().requires_grad_(False)


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


def digest_of(*paths: Path) -> str:
    """Hex SHA-256 over the files' bytes, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _shape(value: Tensor | torch.Size | None) -> str:
    size = value.shape if isinstance(value, Tensor) else value
    return "missing" if size is None else f"of shape {tuple(size)}"


def _opened(path: Path) -> safe_open:
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is missing: run `omnireel train omni-mini --config cpu`")
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        raise ValueError(f"{path.name} is no safetensors file: {error}") from None
