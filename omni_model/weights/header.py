"""The header of a safetensors file: what it says it holds, checked against the file's size before anything is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from omni_model.spec.errors import MissingWeights, WeightsError

_LONGEST = 100_000_000
"""Bytes of the longest header that is read."""


class TensorEntry(NamedTuple):
    """A tensor's type and shape, and its first byte and the byte after its last, within its file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


class WeightsHeader(NamedTuple):
    """What a file says beside its tensors, and its tensors by name."""

    metadata: dict[str, Any]
    tensors: dict[str, TensorEntry]


def read_header(path: Path, remedy: str = "get it again") -> WeightsHeader:
    """The header of a file whose size agrees with it. ``remedy`` ends what is said of another.

    Raises WeightsError, and MissingWeights without the file.
    """
    if not path.is_file():  # a pipe would be waited for
        raise MissingWeights(f"{path} is {'no file' if path.exists() else 'missing'}: {remedy}")
    try:
        return _read(path)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = str(error) if isinstance(error, WeightsError) else "is no safetensors file"
        raise WeightsError(f"{path} {why}: {remedy}") from None


def _read(path: Path) -> WeightsHeader:
    """WeightsError with what is wrong with the file's size; ValueError and the like for what is no header."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_LONGEST, size - 8):
            raise WeightsError("is truncated, or no safetensors file")
        header = _parsed(file.read(length), 8 + length)
    end = max((entry.end for entry in header.tensors.values()), default=8 + length)
    if end != size:
        raise WeightsError(f"is truncated: {size} of {end} bytes")
    return header


def _parsed(text: bytes, start: int) -> WeightsHeader:
    """ValueError and the like for what is no header; ``start``: the byte of the file after it."""
    entries = json.loads(text)
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise ValueError("metadata are no object")
    return WeightsHeader(metadata, {name: _entry(entry, start) for name, entry in entries.items()})


def _entry(entry: Any, start: int) -> TensorEntry:
    shape, (begin, end) = tuple(entry["shape"]), entry["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)) or begin > end:
        raise ValueError("no sizes")
    return TensorEntry(str(entry["dtype"]), shape, start + begin, start + end)
