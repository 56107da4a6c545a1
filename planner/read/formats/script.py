"""Stories in files: prose, Markdown and screenplays (Fountain, Final Draft), as passages to be read one by one.

A screenplay says itself who speaks, where a scene is set and when; prose is a list of paragraphs. Files are read under
limits and only where they are plain files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from planner.language.text import LONGEST, clean, lexicon
from planner.read.formats import final_draft, textfile
from planner.read.formats.textfile import STORY_SUFFIXES, Remark, unremarked

MAX_BYTES = 400_000
MAX_XML_BYTES = 8_000_000

_HEADING = re.compile(r"^(?:\.(?=[A-Z0-9])|(?:INT|EXT|EST|INT\.?/EXT|I/E|내부|외부)[. /])\s*(.+)$", re.I)
_OUTSIDE = re.compile(r"^(?:INT|EXT|EST|I/E|/|\.|\s)+", re.I)
_CUE = re.compile(r"^(?:@(.+)|((?=[^a-z]*[A-Z]{2})[^a-z()]{2,40}?))(?:\s*\([^)]*\))?\s*\^?$")
_TRANSITION = re.compile(r"^(?:>.*[^<]|[A-Z ]+TO:|FADE (?:IN|OUT)[.:]?|THE END[.]?)$")
_STORYBOARD = re.compile(r"\A\s*\{(?s:.{0,4000}?)\"(?:scenes|locations)\"\s*:|^scenes:[ \t]*(?:$|\[)", re.M)
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


def load(path: str | Path, remark: Remark = unremarked) -> str:
    """The text of a story file of at most MAX_BYTES, that of a Final Draft screenplay as Fountain.

    ``remark`` is told how it was read, where that is not plain. Raises ScriptError.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in STORY_SUFFIXES:
        raise ScriptError(f"{path.name}: a story is one of {', '.join(STORY_SUFFIXES)}; {_instead(suffix, path.name)}")
    most = MAX_XML_BYTES if suffix == ".fdx" else MAX_BYTES
    try:
        text = textfile.decode(textfile.read(path, most, "a story"), lambda line: remark(f"{path.name}: {line}"))
        if final_draft.is_final_draft(text):
            text = final_draft.to_fountain(text, lambda line: remark(f"{path.name}: {line}"))
    except textfile.FileError as error:
        raise ScriptError(f"{path.name}: {error}") from error
    if suffix == ".fdx" and text.lstrip().startswith("<"):
        raise ScriptError(f"{path.name}: no Final Draft screenplay: it holds no <FinalDraft>")
    if _STORYBOARD.search(text):
        raise ScriptError(f"{path.name}: is a storyboard, no story; `omnireel render {path.name}` films it")
    return text


def _instead(suffix: str, name: str) -> str:
    """What to do with a file that is no story, by its suffix."""
    if suffix in (".yaml", ".yml", ".json"):
        return f"`omnireel render {name}` films storyboards"
    shown = suffix in (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".mp4", ".mov", ".webm", ".mkv", ".heic")
    return "show a picture or a clip with --image @name=FILE" if shown else "save it as plain text"


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
