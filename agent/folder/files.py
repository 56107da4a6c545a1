"""Documents beside the film, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import BaseModel

STORY, REPORT, FILM, CONTACT_SHEET, SHOTS = (
    "story.json",
    "report.json",
    "film.mp4",
    "contact-sheet.png",
    "shots",
)
"""What a production's folder shows."""


def write_json(path: Path, value: BaseModel) -> None:
    """``value`` as indented JSON in field order; the same value gives the same bytes."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    text = json.dumps(value.model_dump(mode="json"), indent=2, ensure_ascii=False)
    aside.write_text(text + "\n", encoding="utf-8")
    os.replace(aside, path)
