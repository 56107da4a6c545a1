"""Sets of cases that strangers to the planner wrote, cut into two halves: an open one, and a sealed one for figures.

Nobody reads a case of a sealed half: the planner is developed on the open ones, and the sealed ones say what that was
worth. ``manifest.json`` holds the digest of every file, so that neither half changes unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

Half = Literal["open", "sealed"]
Case = dict[str, Any]

HALVES: tuple[Half, ...] = ("open", "sealed")
FOLDER = Path(__file__).parent
MANIFEST = FOLDER / "manifest.json"
SETS = ("intents", "edits", "files")


@lru_cache(maxsize=8)
def cases(name: str, half: Half) -> tuple[Case, ...]:
    """The cases of one half of a set, in the order of the file."""
    text = (FOLDER / name / half / f"{name}.jsonl").read_text("utf-8")
    return tuple(json.loads(line) for line in text.splitlines() if line)


def given_file(half: Half, name: str) -> Path:
    """A file of the set of files that a case is about."""
    return FOLDER / "files" / half / name


def frozen() -> Iterator[Path]:
    """Every file of the sets."""
    return (path for name in SETS for path in sorted((FOLDER / name).rglob("*")) if path.is_file())


def digests() -> dict[str, str]:
    """The SHA-256 of every file of the sets as it is now, by its path."""
    return {path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in frozen()}
