"""What people type, as values: durations, named images, paths, folder names. Raises ValueError with one line."""

from __future__ import annotations

import hashlib
import math
import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from planner.read import handles
from planner.read.formats.textfile import STORY_SUFFIXES, or_near

_CLOCK = re.compile(r"(?:(?P<minutes>\d+(?:\.\d+)?)\s*m(?:in)?)?\s*(?:(?P<seconds>\d+(?:\.\d+)?)\s*s?)?", re.I)
_STORYBOARDS = (".yaml", ".yml", ".json")
_OTHERS = (
    ".pdf", ".doc", ".docx", ".odt", ".rtf", ".html", ".htm", ".csv", ".xml", ".celtx", ".png", ".jpg", ".jpeg",
    ".webp", ".gif", ".bmp", ".heic", ".mp4", ".mov", ".webm", ".mkv",
)  # fmt: skip
_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", '"', "”", ")")
LONGEST = 7200.0
LARGEST_SEED = 2**63 - 1


def duration(text: str) -> float:
    """Seconds of '30s', '1m', '1m30s' or '12.5'; above 0, at most two hours."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None or not (found["minutes"] or found["seconds"]):
        raise ValueError(f"{text!r} is no duration; write 30s, 1m, 1m30s or 12.5")
    seconds = 60 * float(found["minutes"] or 0) + float(found["seconds"] or 0)
    if not (math.isfinite(seconds) and 0 < seconds <= LONGEST):
        raise ValueError(f"a film lasts more than 0 s and at most {LONGEST:g} s, not {text}")
    return seconds


def seed(text: str) -> int:
    """The number of a seed; an empty text is 0."""
    typed = text.strip() or "0"
    number = int(typed) if re.fullmatch(r"[0-9]{1,19}", typed) else -1
    if not 0 <= number <= LARGEST_SEED:
        raise ValueError(f"{typed[:40]!r} is no seed; write a whole number from 0 to {LARGEST_SEED}")
    return number


def images(items: Iterable[str]) -> dict[str, Path]:
    """name -> path of '@ghost=ghost.png' items; names are of any script, and the same in any case."""
    found: dict[str, Path] = {}
    for item in items:
        name, equals, path = item.partition("=")
        handle = handles.folded(name.strip())
        if not (equals and path.strip() and handles.is_handle(handle)):
            raise ValueError(f"{item!r} names no image; write @name=path, with a name of letters, digits, _ and -")
        if handle in found:
            raise ValueError(f"@{handle} is given two images; one is enough")
        found[handle] = at_home(path.strip())
    return found


def at_home(path: str) -> Path:
    """A path as typed; one that begins with ~/ lies in the home folder, which a shell does not say after '='."""
    return Path.home() / path[2:] if path.startswith("~/") else Path(path)


def story_path(words: str) -> Path | None:
    """The path of a story file that words are, given in a sentence's place; None for a sentence.

    Raises ValueError for what looks like a path and is no story file that is there.
    """
    typed = words.strip()
    if not typed or "\n" in typed or len(typed) > 1000 or "\0" in typed:
        return None
    path = at_home(typed)
    suffix = path.suffix.lower()
    if suffix in STORY_SUFFIXES and os.path.exists(path):
        return path
    known = typed.lower().endswith((*STORY_SUFFIXES, *_STORYBOARDS, *_OTHERS))
    alone = not re.search(r"\s", typed)
    separated = alone and re.search(r"[/\\]", typed) is not None and not typed.endswith(_SENTENCE_END)
    if not (known or separated or (alone and os.path.isfile(path))):
        return None
    if os.path.exists(path):
        raise ValueError(_no_story(path, typed))
    more = "; if it is a sentence, end it with a full stop"
    raise ValueError(f"there is no file {typed[:200]}{or_near(path)}{more}")


def _no_story(path: Path, typed: str) -> str:
    """What to do with something that is there and is no story file."""
    suffix = path.suffix.lower()
    if suffix in _STORYBOARDS:
        return f"{typed} is a storyboard, no story: film it with `omnireel render {typed}`"
    told = "a folder" if os.path.isdir(path) else "no story file"
    more = "; if it is a sentence, end it with a full stop"
    return f"{typed[:200]} is {told}: a story is one of {', '.join(STORY_SUFFIXES)}{more}"


def folder_name(sentence: str) -> str:
    """A folder name of the sentence's first words, without anything that a path could be made of."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", sentence.lower()))
    return "-".join(words[:5])[:60] or "film"


def folder_for(out: Path, name: str, told: str, held: Callable[[Path], str | None]) -> Path:
    """The folder under ``out`` for what is told: that of its name, or one of its own where that tells another story.

    ``held`` gives what the production in a folder was told first; None: there is none.
    """
    plain = out / folder_name(name)
    there = held(plain)
    if there is None or there == told.strip():
        return plain
    return out / f"{plain.name}-{hashlib.sha256(told.strip().encode()).hexdigest()[:8]}"
