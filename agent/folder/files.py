"""Documents beside the film, written whole or not at all, and only ever inside the folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from memory import StoreError, on_disk
from omni_model.spec.conditioning import sha256

STORY, REPORT, FILM, CONTACT_SHEET, SHOTS = (
    "story.json",
    "report.json",
    "film.mp4",
    "contact-sheet.png",
    "shots",
)
"""What a production's folder shows."""
ANSWERS = "answers"
"""Folder of what a language model said."""
_UNFINISHED = (".*.tmp", f"{SHOTS}/.*.tmp", f"{ANSWERS}/*.part", f"{ANSWERS}/.*.tmp")


def write_json(path: Path, value: BaseModel) -> None:
    """``value`` as indented JSON in field order; the same value gives the same bytes. Raises StoreError."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    text = json.dumps(value.model_dump(mode="json"), indent=2, ensure_ascii=False)
    with on_disk(path):
        aside.write_text(text + "\n", encoding="utf-8")
        os.replace(aside, path)


def own_folder(path: Path) -> Path:
    """A real folder at ``path``. A link there, which may lead anywhere, is replaced. Raises StoreError."""
    with on_disk(path):
        if path.is_symlink():
            path.unlink()
        path.mkdir(parents=True, exist_ok=True)
    return path


def shot_file(shot: str) -> str:
    """Where a shot's own film lies, under the folder."""
    return f"{SHOTS}/{shot}.mp4"


def digests(folder: Path, names: list[str]) -> dict[str, str]:
    """name -> digest of the file. Raises StoreError when one cannot be read."""
    with on_disk(folder):
        return {name: sha256((folder / name).read_bytes()) for name in names}


def are_there(folder: Path, outputs: Mapping[str, str]) -> bool:
    """Whether a folder shows exactly the files of these digests."""
    try:
        return digests(folder, list(outputs)) == outputs
    except StoreError:
        return False


def sweep(folder: Path) -> None:
    """Removes what killed processes left unfinished. Only for whoever holds the folder's lock."""
    for pattern in _UNFINISHED:
        for left in folder.glob(pattern):
            if not left.parent.is_symlink():
                left.unlink(missing_ok=True)
