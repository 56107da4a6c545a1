"""Stories in files: prose, Markdown and screenplays (Fountain), as passages that a reader can take in one by one.

A screenplay says itself who speaks, where a scene is set and when; prose is a list of paragraphs. Files are read under
limits and only where they are plain files.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from planner.language.text import LONGEST, clean, lexicon

MAX_BYTES = 400_000
SUFFIXES = (".txt", ".md", ".markdown", ".fountain", ".spmd")

_HEADING = re.compile(r"^(?:\.(?=[A-Z0-9])|(?:INT|EXT|EST|INT\.?/EXT|I/E|내부|외부)[. /])\s*(.+)$", re.I)
_OUTSIDE = re.compile(r"^(?:INT|EXT|EST|I/E|/|\.|\s)+", re.I)
_CUE = re.compile(r"^(?:@(.+)|((?=[^a-z]*[A-Z]{2})[^a-z()]{2,40}?))(?:\s*\([^)]*\))?\s*\^?$")
_TRANSITION = re.compile(r"^(?:>.*[^<]|[A-Z ]+TO:|FADE (?:IN|OUT)[.:]?|THE END[.]?)$")
_TITLE_PAGE = re.compile(
    r"^(?:Title|Credit|Author|Authors|Source|Draft date|Contact|Copyright|Notes|Revision)\s*:", re.I
)
_MARKDOWN = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(\*\*|__|\*|`|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"^\s*(?:[-*+]|\d+[.)]|>)\s+"), ""),
)


LONGEST_STORY = 120_000
"""Characters of a whole story: well over ten pages."""


class ScriptError(Exception):
    """A story file cannot be read; one line that says which and why."""


class Speech(NamedTuple):
    """What somebody says, as a screenplay has it."""

    speaker: str
    text: str


class Passage(NamedTuple):
    """A paragraph, or a scene of a screenplay with its heading; ``told`` in order."""

    heading: str
    told: tuple[str | Speech, ...]


def load(path: str | Path) -> str:
    """The text of a story file of at most MAX_BYTES. Raises ScriptError."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ScriptError(f"{path.name}: a story is one of {', '.join(SUFFIXES)}; `render` films storyboards")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ScriptError(f"{path.name}: no plain file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ScriptError(f"{path.name}: cannot be read: {(error.strerror or 'no file').lower()}") from error
    except UnicodeDecodeError as error:
        raise ScriptError(f"{path.name}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    if len(data) > MAX_BYTES:
        raise ScriptError(f"{path.name}: larger than {MAX_BYTES} bytes, the most a story may have")
    return text


def names_file(words: str) -> bool:
    """Whether words that could be a sentence are the path of a story file that is there."""
    return "\n" not in words and len(words) < 1000 and words.lower().endswith(SUFFIXES) and Path(words).is_file()


def is_screenplay(text: str) -> bool:
    """Whether a text has the headings of a screenplay."""
    return any(_HEADING.match(line.strip()) for line in text.splitlines())


def passages(text: str) -> list[Passage]:
    """The passages of a story, cleaned, each with something told."""
    text = text[:LONGEST_STORY].replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    text = re.sub(r"/\*.*?\*/|\[\[.*?\]\]", "", text, flags=re.S)
    found = _scenes(text) if is_screenplay(text) else _paragraphs(text)
    return [passage for passage in found if passage.told or passage.heading]


def plain(text: str) -> str:
    """A whole story cleaned, without what is said in a screenplay, a line for each of its lines."""
    if is_screenplay(text):
        shown = [part for passage in passages(text) for part in (", ".join(setting(passage.heading)), *passage.told)]
        return "\n".join(part for part in shown if isinstance(part, str) and part.strip(", "))
    return "\n".join(filter(None, (clean(block) for block in re.split(r"\n\s*\n", text[:LONGEST_STORY]))))


def is_cut(text: str) -> bool:
    """Whether a story or a paragraph of it is longer than what is read."""
    return len(text) > LONGEST_STORY or any(len(block) > LONGEST for block in re.split(r"\n\s*\n", text))


def setting(heading: str) -> tuple[str, str]:
    """Where and when, of a heading: 'INT. POLICE STATION - NIGHT' -> ('police station', 'night')."""
    place, *rest = re.split(r"\s+[-–—]+\s+", _OUTSIDE.sub("", heading.strip()), maxsplit=1)
    return clean(place).lower(), clean(rest[0]).lower() if rest else ""


def _paragraphs(text: str) -> Iterator[Passage]:
    for block in re.split(r"\n\s*\n", text):
        heading, lines = "", []
        for line in block.splitlines():
            if title := re.match(r"^\s{0,3}#{1,6}\s+(.+)$", line):
                heading = clean(title.group(1))
            elif not re.match(r"^\s*(?:[-=*_]\s*){3,}$", line):
                lines.append(_plain(line))
        told = clean("\n".join(lines))
        yield Passage(heading, (told,) if told else ())


def _plain(line: str) -> str:
    for pattern, kept in _MARKDOWN:
        line = pattern.sub(kept, line)
    return line


def _scenes(text: str) -> Iterator[Passage]:
    heading = ""
    told: list[str | Speech] = []
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    if _TITLE_PAGE.match(blocks[0]):
        blocks = blocks[1:]
    names = {name for block in blocks if (name := _cue(block))}
    for block in blocks:
        for part in _elements(block, names):
            if isinstance(part, Passage):
                yield Passage(heading, tuple(told))
                heading, told = part.heading, []
            else:
                told.append(part)
    yield Passage(heading, tuple(told))


def _cue(block: str) -> str:
    """Who speaks in a block, in capitals; empty for a block that is no speech."""
    first, *rest = block.strip().splitlines()[:2] or [""]
    cue = _CUE.match(first.strip())
    spoken = (
        bool(rest) and cue is not None and not _HEADING.match(first.strip()) and not _TRANSITION.match(first.strip())
    )
    return (cue.group(1) or cue.group(2)).strip() if cue and spoken else ""


def _elements(block: str, names: set[str]) -> Iterator[str | Speech | Passage]:
    """A heading (as an empty passage), a speech, or action in sentences."""
    lines = [line.strip() for line in block.strip().splitlines()]
    while lines and (
        _HEADING.match(lines[0]) or re.match(r"^(?:#|=|~|>|!)|^===", lines[0]) or _TRANSITION.match(lines[0])
    ):
        line = lines.pop(0)
        if _HEADING.match(line):
            yield Passage(line, ())
        elif line.startswith("!"):
            lines.insert(0, line[1:])
            break
    if name := _cue("\n".join(lines)):
        said = " ".join(line for line in lines[1:] if not re.fullmatch(r"\(.*\)", line))
        yield Speech(_named(name), clean(_plain(said)))
    elif action := clean("\n".join(_plain(line) for line in lines)):
        yield _in_lower_case(action, names)


def _in_lower_case(action: str, names: set[str]) -> str:
    """Action with names as prose writes them, and without the ages that a first mention carries."""
    for name in sorted(names, key=len, reverse=True):
        action = re.sub(rf"\b{re.escape(name)}\b", _named(name), action)
    action = re.sub(r"\b[A-Z]{2,}(?:[ -][A-Z]{2,})*\b", lambda m: m.group().lower(), action)
    return re.sub(r"\s*\([^)]*\)|(?<=\w), (?:\d+s?|[a-z]+teen|[a-z]+ty(?:-\w+)?|" + _AGES + r")(?=,)", "", action)


_AGES = "|".join(("four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"))


def _named(name: str) -> str:
    """'INSPECTOR MORA' -> 'Inspector Mora'; a role keeps small letters only inside sentences."""
    words = name.title() if name.isupper() else name
    return " ".join(w for w in words.split() if w.lower() not in lexicon("function") or len(words.split()) == 1)
