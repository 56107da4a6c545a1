"""The craft of camera and cutting as data: light by the hour, how a frame is composed, how long a shot is held.

The data lies in ``craft.yaml``; this module types it.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import Field

from omni_model.spec.conditioning import Frozen

Tongue = Literal["en", "ko"]
"""Languages in which the director can write."""


class Hold(Frozen):
    """How long a shot is held, and how readily it grows where a film has more time."""

    seconds: Annotated[float, Field(gt=0.0)]
    grows: Annotated[float, Field(ge=0.0)]


class Craft(Frozen):
    """Words by language, figures by what a shot shows."""

    light: dict[Tongue, dict[str, str]]
    weather: dict[Tongue, dict[str, str]]
    days: dict[Tongue, tuple[str, ...]]
    all_hours: dict[Tongue, tuple[str, ...]]
    seasons: dict[Tongue, tuple[str, ...]]
    frames: dict[Tongue, dict[str, tuple[str, ...]]]
    holds: dict[str, Hold]
    weight: dict[str, float]
    """Kind of event -> its length in that of another one."""
    hands: dict[str, tuple[str, ...]]
    """What becomes of a thing -> beginnings of the verbs that do it."""
    pace: dict[float, tuple[str, ...]]
    """Factor on all lengths -> words that ask for it."""
    dissolving: tuple[str, ...]
    fading: tuple[str, ...]


@lru_cache(maxsize=1)
def craft() -> Craft:
    """The craft that ships with omnireel, read once."""
    text = resources.files("planner.film").joinpath("craft.yaml").read_text("utf-8")
    return Craft.model_validate(yaml.safe_load(text))
