"""Briefs written by hand: a YAML file each, whose words are found in its text."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from planner.story.brief import Brief

FOLDER = Path(__file__).parent / "briefs"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


class BriefCase(NamedTuple):
    """A brief and the length that is asked for with it; None: none is."""

    brief: Brief
    seconds: float | None


def brief_case(name: str) -> BriefCase:
    """One of the briefs; every demand stands where its words first do, after those of its kind before it."""
    data: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    seconds, text = data.pop("seconds", None), data["text"]
    for several in data.values():
        for demand in several if isinstance(several, list) else [several]:
            if isinstance(demand, dict) and demand.get("words"):
                demand["start"] = text.index(demand["words"])
    return BriefCase(Brief.model_validate(data), seconds)
