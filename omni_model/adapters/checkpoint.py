"""A folder of open weights in diffusers' layout: what is in it, and whether it is whole.

Only JSON and the headers of safetensors files are read here, so that a broken folder is refused before gigabytes are
loaded. Pickled weights are never opened.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from omni_model.spec.errors import MissingWeights, WeightsError
from omni_model.weights.header import WeightsHeader, read_header

_OPTIONAL = "transformer_2"
"""Of the transformer's class; a checkpoint may lack it."""
_LONGEST_JSON = 100_000_000
"""Bytes; the index of a large model has about one."""
_NAMES = ("diffusion_pytorch_model", "model")
_PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}
_SAMPLED = 4096
"""Bytes at the start, in the middle and at the end of every tensor that enter the digest."""
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Component:
    """One component: the folder of its name, its class, its config, and its files (none: only the config is here)."""

    name: str
    kind: str
    folder: Path
    config: Mapping[str, Any]
    files: tuple[Path, ...]

    @cached_property
    def headers(self) -> dict[Path, WeightsHeader]:
        """Raises WeightsError for a file that is truncated or no safetensors file."""
        return {path: read_header(path) for path in self.files}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Tensor name -> shape, over all files."""
        return {name: entry.shape for header in self.headers.values() for name, entry in header.tensors.items()}


@dataclass(frozen=True)
class Checkpoint:
    """Parts by name, and what the pipeline's index says beside them."""

    folder: Path
    index: Mapping[str, Any]
    parts: Mapping[str, Component]

    @classmethod
    def open(cls, source: str, classes: Mapping[str, str], *, configs_only: bool = False) -> Checkpoint:
        """The checkpoint of a folder or hub name whose parts have the given ``classes``. Raises WeightsError.

        ``configs_only``: weights may be absent, and are not fetched.
        """
        folder = located(source, configs_only)
        index = read_json(folder / "model_index.json")
        parts = {}
        for name, wanted in {**classes, _OPTIONAL: classes["transformer"]}.items():
            kind = _class(index.get(name))
            if kind is None and name == _OPTIONAL:
                continue
            if kind != wanted:
                raise WeightsError(f"{source}: its {name} is {kind or 'missing'}, and {wanted} is wanted")
            config = read_json(folder / name / "config.json")
            parts[name] = Component(name, kind, folder / name, config, _files(folder / name, configs_only))
        return cls(folder, index, parts)

    @cached_property
    def digest(self) -> str:
        """Names the weights: configs, every file's header, three samples of each tensor, the scheduler, the tokenizer.

        Not all bytes: 30 GB would take a minute at every start. Raises WeightsError.
        """
        digest = hashlib.sha256(json.dumps(self.index, sort_keys=True).encode())
        for part in self.parts.values():
            digest.update(json.dumps([part.name, part.config], sort_keys=True).encode())
            for sample in _samples(part):
                digest.update(sample)
        scheduler = read_json(self.folder / "scheduler" / "scheduler_config.json")
        digest.update(json.dumps(scheduler, sort_keys=True).encode())
        for sample in _words(self.folder):
            digest.update(sample)
        return digest.hexdigest()


def _class(entry: object) -> str | None:
    """Of an entry [library, class] of a pipeline's index."""
    return entry[1] if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], str) else None


def located(source: str, configs_only: bool = False) -> Path:
    """The folder of ``source``, fetched from the hub where it is a hub name. Raises WeightsError."""
    folder = Path(source).expanduser()
    if folder.is_dir():
        if not (folder / "model_index.json").is_file():
            raise WeightsError(f"{source} has no model_index.json: weights in diffusers' layout are wanted")
        return folder
    if folder.is_absolute() or not _HUB_NAME.fullmatch(source):
        raise WeightsError(f"{source} is no folder")
    return _from_hub(source, ["*.json"] if configs_only else ["*.json", "*.safetensors", "*.model", "*.txt"])


def _from_hub(name: str, patterns: list[str]) -> Path:
    """From the hub, or from its cache on this machine where the hub cannot be reached."""
    try:
        hub = import_module("huggingface_hub")
    except ImportError:
        raise WeightsError('the hub\'s client is not installed: pip install "omnireel[wan]"') from None
    try:
        return Path(hub.snapshot_download(name, allow_patterns=patterns))
    except Exception as error:  # the client raises whatever its network library does
        raise WeightsError(f"{name} is no folder and cannot be had from the hub: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def read_json(path: Path) -> dict[str, Any]:
    """Raises WeightsError."""
    try:
        if path.is_file() and path.stat().st_size > _LONGEST_JSON:
            raise WeightsError(f"{path} is too large for a config: get it again")
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise MissingWeights(f"{path} is missing: get it again") from None
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise WeightsError(f"{path} is no JSON: get it again") from None
    if not isinstance(found, dict):
        raise WeightsError(f"{path} holds no JSON object")
    return found


def _files(folder: Path, configs_only: bool) -> tuple[Path, ...]:
    """A part's safetensors files; WeightsError when one is missing."""
    for name in _NAMES:
        index = folder / f"{name}.safetensors.index.json"
        if index.is_file():
            shards = _shards(index)
            absent = [shard for shard in shards if not (folder / shard).is_file()]
            if absent and not configs_only:
                raise WeightsError(f"{folder / absent[0]} is missing ({len(absent)} of {len(shards)} shards)")
            return () if absent else tuple(folder / shard for shard in shards)
        if (folder / f"{name}.safetensors").is_file():
            return (folder / f"{name}.safetensors",)
    if configs_only:
        return ()
    pickles = sorted(path.name for path in folder.glob("*") if path.suffix in _PICKLES)
    if pickles:
        raise WeightsError(f"{folder} holds only {pickles[0]}, a pickle, which may run code: convert it to safetensors")
    raise WeightsError(f"{folder} holds no safetensors file")


def _shards(index: Path) -> list[str]:
    """Names of the files that an index lists. WeightsError for what is none: they lie beside it."""
    places = read_json(index).get("weight_map")
    names = set(places.values()) if isinstance(places, dict) and all(map(_is_name, places.values())) else set()
    if not names:
        raise WeightsError(f"{index} lists no files beside it: get it again")
    return sorted(names)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and Path(name).name == name


def _samples(part: Component) -> Iterator[bytes]:
    for path, header in part.headers.items():
        with path.open("rb") as file:
            for name, (_, shape, start, end) in sorted(header.tensors.items()):
                yield f"{name} {shape} ".encode()
                for at in (start, (start + end) // 2, max(end - _SAMPLED, start)):
                    file.seek(at)
                    yield file.read(min(_SAMPLED, end - at))


def _words(folder: Path) -> Iterator[bytes]:
    """Names and bytes of the files that say which tokens a prompt is."""
    for path in sorted((folder / "tokenizer").glob("*")):
        if path.is_file():
            yield path.name.encode()
            yield hashlib.sha256(path.read_bytes()).digest()
