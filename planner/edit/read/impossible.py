"""What no change of a story can do: told by name, with what to do instead."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import yaml


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = resources.files("planner.edit.read").joinpath("impossible.yaml").read_text("utf-8")
    return tuple((re.compile("|".join(map(_whole, kind["ways"])), re.I), kind["told"]) for kind in yaml.safe_load(text))


def _whole(way: str) -> str:
    return way if re.search("[가-힣]", way) else rf"(?<!\w)(?:{way})(?!\w)"


def impossible(text: str, quoted: str = "") -> str:
    """Why what is asked for cannot be done; empty where nothing speaks against it. Quoted words ask for nothing."""
    free = text.replace(quoted, " ") if quoted else text
    return next((f"“{m.group().strip()}”: {told}" for way, told in _kinds() if (m := way.search(free))), "")
