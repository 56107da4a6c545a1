"""Stories in files: prose, Markdown and screenplays (Fountain, Final Draft), as passages to be read one by one.

A screenplay says itself who speaks, where a scene is set and when; prose is a list of paragraphs. Files are read under
limits and only where they are plain files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from planner.language.text import LONGEST, SPEECH, clean, lexicon
from planner.read.formats import final_draft, fountain, textfile
from planner.read.formats.textfile import STORY_SUFFIXES, Remark, unremarked

MAX_BYTES = 400_000
MAX_XML_BYTES = 8_000_000

_HEADING = re.compile(r"^(?:\.(?=[A-Z0-9])|(?:INT|EXT|EST|INT\.?/EXT|I/E|내부|외부)[. /])\s*(.+)$", re.I)
_OUTSIDE = re.compile(r"^(?:INT|EXT|EST|I/E|/|\.|\s)+", re.I)
_CUE = re.compile(r"^(?:@(.+?)|([^()]{1,40}?))(?:\s*\([^)]*\))?\s*\^?$")
_TRANSITION = re.compile(r"^(?:>.*[^<]|[A-Z ]+TO:|FADE (?:IN|OUT)[.:]?|THE END[.]?)$")
_STORYBOARD = re.compile(r"\A\s*\{(?s:.{0,4000}?)\"(?:scenes|locations)\"\s*:|^scenes:[ \t]*(?:$|\[)", re.M)
_TITLE_PAGE = re.compile(
    r"^(?:Title|Credit|Author|Authors|Source|Draft date|Contact|Copyright|Notes|Revision)\s*:", re.I
)
_MARKDOWN = (
    (re.compile(r"!\[[^\]\0]*\]\([^)\0]*\)"), ""),
    (re.compile(r"\[([^\]\0]*)\]\([^)\0]*\)"), r"\1"),
    (re.compile(r"(\*\*|__|\*|`|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"^\s*(?:[-*+]|\d+[.)]|>)\s+"), ""),
)


_LONGEST_CASELESS = 12
"""Letters of a cue in a script without capitals, where nothing else tells it from a sentence."""
LONGEST_STORY = 120_000
"""Characters of a whole story: well over ten pages."""


class ScriptError(Exception):
    """A story file cannot be read; one line that says which and why."""


class Speech(NamedTuple):
    """What somebody says, letter by letter, in the lines of a screenplay."""

    speaker: str
    """The name as prose writes it."""
    text: str
    cue: str = ""
    """The name as the screenplay spells it."""


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
    text = re.sub(r"/\*.*?\*/|\[\[.*?\]\]", "", _in_lines(text[:LONGEST_STORY]).expandtabs(4), flags=re.S)
    found = _scenes(text) if is_screenplay(text) else _paragraphs(text)
    return [passage for passage in found if passage.told or passage.heading]


def _in_lines(text: str) -> str:
    """A text whose lines end in a line feed, whatever they ended in."""
    return re.sub(r"\r\n|[\r\x0b\x0c\x85\u2028]", "\n", text).replace("\u2029", "\n\n")


def change_unsaid(text: str, change: Callable[[str], str]) -> str:
    """A story changed everywhere but in what somebody says, where every letter stands as it was typed."""
    text = _in_lines(text)
    if is_screenplay(text):
        return "".join(_change_unsaid(block, change) for block in re.split(r"(\n\s*\n)", text))
    unsaid, at = [], 0
    for speech in SPEECH.finditer(text):
        unsaid += [change(text[at : speech.start()]), speech.group()]
        at = speech.end()
    return "".join([*unsaid, change(text[at:])])


def _change_unsaid(block: str, change: Callable[[str], str]) -> str:
    alone, lines = _parted(block)
    return "\n".join([*map(change, alone), *lines]) if _cue(lines) else change(block)


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
    """A line without the marks of Markdown, but for those within what somebody says."""
    speeches = SPEECH.findall(line)
    line = SPEECH.sub("\0", line.replace("\0", ""))
    for pattern, kept in _MARKDOWN:
        line = pattern.sub(kept, line)
    return re.sub("\0", lambda _: speeches.pop(0), line)


def _scenes(text: str) -> Iterator[Passage]:
    heading = ""
    told: list[str | Speech] = []
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    if _TITLE_PAGE.match(blocks[0]):
        blocks = blocks[1:]
    names = {name for block in blocks if (name := _cue(_parted(block)[1]))}
    for block in blocks:
        for part in _elements(block, names):
            if isinstance(part, Passage):
                yield Passage(heading, tuple(told))
                heading, told = part.heading, []
            else:
                told.append(part)
    yield Passage(heading, tuple(told))


def _printable(line: str) -> str:
    """A line without control characters; a tab is a space."""
    return "".join(c for c in line.replace("\t", " ") if unicodedata.category(c) != "Cc")


def _cue(lines: Sequence[str]) -> str:
    """Who speaks in lines, as it is spelled there; empty for lines that are no speech."""
    first, *rest = lines or [""]
    cue = _CUE.match(first)
    if not rest or cue is None or first.startswith("!") or _stands_alone(first):
        return ""
    return (cue.group(1) or (cue.group(2) if _is_capital(cue.group(2)) else "")).strip()


def _is_capital(name: str) -> bool:
    """Whether a cue could be spelled so: in capitals, or in letters that have no case, as a name has them."""
    if name.isupper():
        return True
    letters = [c for c in name if c.isalpha()]
    caseless = bool(letters) and not any(c.lower() != c.upper() for c in letters)
    brief = len(name) <= _LONGEST_CASELESS and len(name.split()) <= 2
    return caseless and brief and not re.search(r"[^\w\s#/'’-]", name)


def _parted(block: str) -> tuple[list[str], list[str]]:
    """The lines of a block: headings, transitions and what else stands alone, and what they stand before."""
    lines = [line.strip() for line in block.strip().splitlines()]
    at = next((i for i, line in enumerate(lines) if not _stands_alone(line)), len(lines))
    return lines[:at], lines[at:]


def _stands_alone(line: str) -> bool:
    """Whether a line is a heading, a transition or one that Fountain does not film."""
    return line.startswith(("#", "=", "~", ">")) or bool(_HEADING.match(line) or _TRANSITION.match(line))


def _elements(block: str, names: set[str]) -> Iterator[str | Speech | Passage]:
    """A heading (as an empty passage), a speech, or action in sentences."""
    alone, lines = _parted(block)
    yield from (Passage(line, ()) for line in alone if _HEADING.match(line))
    if name := _cue(lines):
        said = "\n".join(filter(None, (fountain.speech(_printable(line)) for line in lines[1:])))
        yield Speech(_named(name), said, name)
    elif action := clean("\n".join(_plain(fountain.letters(line.removeprefix("!"))) for line in lines)):
        yield _in_lower_case(action, names)


def _in_lower_case(action: str, names: set[str]) -> str:
    """Action with names as prose writes them, and without the ages that a first mention carries."""
    for name in sorted(names, key=len, reverse=True):
        action = re.sub(rf"\b{re.escape(name)}\b", _named(name).replace("\\", r"\\"), action)
    action = re.sub(r"\b[A-Z]{2,}(?:[ -][A-Z]{2,})*\b", lambda m: m.group().lower(), action)
    return re.sub(r"\s*\([^)]*\)|(?<=\w), (?:\d+s?|[a-z]+teen|[a-z]+ty(?:-\w+)?|" + _AGES + r")(?=,)", "", action)


_AGES = "|".join(("four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"))


def _named(name: str) -> str:
    """'INSPECTOR MORA' -> 'Inspector Mora'; a role keeps small letters only inside sentences."""
    words = name.title() if name.isupper() else name
    return " ".join(w for w in words.split() if w.lower() not in lexicon("function")) or words
