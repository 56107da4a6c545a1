"""What people type, as values: durations, named images, folder names. Raises ValueError with one line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path

_CLOCK = re.compile(r"(?:(?P<minutes>\d+(?:\.\d+)?)\s*m(?:in)?)?\s*(?:(?P<seconds>\d+(?:\.\d+)?)\s*s?)?", re.I)
_SLUG = re.compile(r"[a-z0-9_-]{1,64}")
LONGEST = 7200.0


def duration(text: str) -> float:
    """Seconds of '30s', '1m', '1m30s' or '12.5'; above 0, at most two hours."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None or not (found["minutes"] or found["seconds"]):
        raise ValueError(f"{text!r} is no duration; write 30s, 1m, 1m30s or 12.5")
    seconds = 60 * float(found["minutes"] or 0) + float(found["seconds"] or 0)
    if not (math.isfinite(seconds) and 0 < seconds <= LONGEST):
        raise ValueError(f"a film lasts more than 0 s and at most {LONGEST:g} s, not {text}")
    return seconds


def images(items: Iterable[str]) -> dict[str, Path]:
    """name -> path of '@ghost=ghost.png' items."""
    found: dict[str, Path] = {}
    for item in items:
        name, equals, path = item.partition("=")
        slug = name.removeprefix("@")
        if not (equals and path and _SLUG.fullmatch(slug)):
            raise ValueError(f"{item!r} names no image; write @name=path, with a name of a-z, 0-9, _ and -")
        if slug in found:
            raise ValueError(f"@{slug} is given two images; one is enough")
        found[slug] = Path(path)
    return found


def folder_name(sentence: str) -> str:
    """A folder name of the sentence's first words, without anything that a path could be made of."""
    words = re.findall(r"[^\W_]+", sentence.lower())
    return "-".join(words[:5])[:60] or "film"


def with_option(name: str, option: str, value: str) -> str:
    """A generator's name with one more option: 'wan-vace:PATH?memory=12'. The last one given counts."""
    return f"{name}{'&' if '?' in name else '?'}{option}={value}"
