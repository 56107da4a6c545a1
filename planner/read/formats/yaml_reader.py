"""YAML as people write it: no aliases, no tags, no surprises; all faults are listed with their places and cures.

It is read event by event, so that nothing large is built of something small. What plain YAML would turn into something
that nobody wrote (a clock time into a number, 'no' into false, a number sign into a comment) is not taken for a text.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import yaml

from planner.read.formats.documents import (
    MAX_DEPTH,
    MAX_VALUES,
    MOST_FAULTS,
    DocumentNode,
    Fault,
    FaultyDocument,
    Position,
    Remarks,
    SourceDocument,
    Surprise,
)

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
_INT = re.compile(r"[-+]?(?:0|[1-9]\d{0,39})")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9]\d*)?\.\d+|(?:0|[1-9]\d*)\.)(?:[eE][-+]?\d+)?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_CLOCK = re.compile(r"[-+]?\d{1,9}(?::[0-5]?\d){1,3}(?:\.\d*)?")
_ODD_NUMBERS = (
    (re.compile(r"[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?"), "minutes and seconds"),
    (re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?"), "a date"),
    (re.compile(r"[-+]?0\d+"), "an octal number"),
    (re.compile(r"[-+]?0(?:x[\da-fA-F_]+|b[01_]+|o[0-7_]+)"), "a number to another base"),
    (re.compile(r"[-+]?\d[\d_]*_[\d_]*(?:\.[\d_]*)?"), "a number with lines below"),
    (re.compile(r"[-+]?\d{41,}"), "a number of too many digits"),
)
_TYPOGRAPHIC = re.compile(r"[“”„«]([^“”„«»]*)[“”»]|[‘’‚]([^‘’‚]*)[‘’]")
_LINES = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COMMENTED = re.compile(r"[ \t]+#(?=[^\s#])")
_INDENTED = re.compile(r"[ ]*\t[ \t]*(?=\S)")
_RUN_ON = re.compile(r"^\s*(?:- )?[\w-]+:[^\s:/\\]")
_TEXT_TAG = "tag:yaml.org,2002:str"
_QUOTE = "put the text in quotes"
_ANCHORS = f"anchors and aliases (&name, *name) are not allowed: write the value out, or {_QUOTE}"
#: Texts longer than this are not mended in memory to find more faults.
_MOST_MENDED = 200_000


def read(text: str) -> SourceDocument:
    """The document of a YAML text. Raises FaultyDocument."""
    if faults := _control_characters(text):
        raise FaultyDocument(faults)
    while len(faults) <= MOST_FAULTS:
        reader = _Reader(text)
        try:
            root = reader.document()
        except yaml.MarkedYAMLError as error:
            found, mended = _cured(text, error)
            faults += [*found, *reader.faults]
            if mended is None or len(text) > _MOST_MENDED:
                break
            text = mended
            continue
        except _Stop:
            faults += reader.faults
            break
        if faults or reader.faults:
            raise FaultyDocument([*faults, *reader.faults])
        return SourceDocument(root, tuple(reader.remarks.lines()))
    raise FaultyDocument(faults)


def is_as_written(text: str) -> bool:
    """Whether a text written plainly is read as that text."""
    return isinstance(_resolved(text), str) and _TYPOGRAPHIC.fullmatch(text) is None


class _Stop(Exception):
    """Nothing more can be read; the fault is noted."""


class _Reader:
    """Builds nodes of the events of one text."""

    def __init__(self, text: str) -> None:
        self._lines = _LINES.split(text)
        self._events = yaml.parse(text, Loader=_Parser)
        self._values = 0
        self.faults: list[Fault] = []
        self.remarks = Remarks()

    def document(self) -> DocumentNode:
        """The only document of the text. Raises yaml.MarkedYAMLError, _Stop."""
        root = DocumentNode(None, Position(1, 1))
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop("a second document begins here: a file holds one storyboard", _place(event.start_mark))
                root = self._node(next(self._events), 0)
        if not documents:
            self._stop("it is empty", Position(1, 1))
        return root

    def _fault(self, text: str, place: Position) -> None:
        self.faults.append(Fault(place, text))
        if len(self.faults) > 10 * MOST_FAULTS:
            raise _Stop

    def _stop(self, text: str, place: Position) -> None:
        self._fault(text, place)
        raise _Stop

    def _node(self, event: Any, depth: int) -> DocumentNode:
        place = _place(event.start_mark)
        self._values += 1
        if self._values > MAX_VALUES:
            self._stop(f"more than {MAX_VALUES} values, the most a storyboard may have", place)
        if isinstance(event, yaml.AliasEvent):
            self._stop(_ANCHORS, place)
        if event.anchor:
            self._fault(_ANCHORS, place)
        if event.tag and event.tag not in ("!", _TEXT_TAG):
            self._fault(f"tags ({event.tag[-40:]!r}) are not allowed: leave it out, or {_QUOTE}", place)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if depth >= MAX_DEPTH:
            self._stop(f"nested more than {MAX_DEPTH} deep", place)
        mapping = isinstance(event, yaml.MappingStartEvent)
        return self._mapping(place, depth + 1) if mapping else self._sequence(place, depth + 1)

    def _sequence(self, place: Position, depth: int) -> DocumentNode:
        items: list[DocumentNode] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, depth))
        return DocumentNode(items, place)

    def _mapping(self, place: Position, depth: int) -> DocumentNode:
        members: dict[str, DocumentNode] = {}
        keys: dict[str, Position] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            at = _place(event.start_mark)
            if not isinstance(event, yaml.ScalarEvent):
                self._stop("a key must be a word", at)
            key = self._key(event, at)
            node = self._node(next(self._events), depth)
            if key in members:
                self._fault(f"the key {key[:40]!r} is given twice, first in line {keys[key].line}", at)
            members[key] = node
            keys.setdefault(key, at)
        return DocumentNode(members, place, keys=keys)

    def _key(self, event: Any, place: Position) -> str:
        if event.anchor or event.tag:
            self._fault("a key must be a plain word", place)
        return str(self._unquoted(event.value, place) if not event.style else event.value)

    def _scalar(self, event: yaml.ScalarEvent, place: Position) -> DocumentNode:
        written = event.value
        if event.style or event.tag == _TEXT_TAG:
            return DocumentNode(written, place, written[:200])
        value = _resolved(written)
        if isinstance(value, str):
            value = self._unquoted(value, place)
        if not isinstance(value, int | float) or isinstance(value, bool):
            self._check_comment(event, place)
        return DocumentNode(value, place, written[:200])

    def _unquoted(self, text: str, place: Position) -> str:
        """A plain text without the typographic quotes around all of it, which are meant as quotes."""
        if (quoted := _TYPOGRAPHIC.fullmatch(text)) is None:
            return text
        self.remarks.add("typographic quotes around a whole text are read as plain ones", place)
        return quoted.group(1) or quoted.group(2) or ""

    def _check_comment(self, event: Any, place: Position) -> None:
        """Refuses '#2' and '#ff0000' after a text: they were hardly meant as comments."""
        line, column = event.end_mark.line, event.end_mark.column
        rest = self._lines[line][column:] if line < len(self._lines) else ""
        if not event.value:
            rest = re.sub(r"^:", "", rest)
        if _COMMENTED.match(rest):
            told = f"{rest.strip()[:40]!r} is read as a comment"
            self._fault(f"{told}: put the whole text in quotes, or write a space after the #", place)


def _resolved(text: str) -> Any:
    """What a plain scalar stands for."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    if _INFINITE.fullmatch(text):
        return float(text.replace(".", "").lower())
    if _FLOAT.fullmatch(text):
        return float(text)
    if kind := next((kind for pattern, kind in _ODD_NUMBERS if pattern.fullmatch(text)), ""):
        return Surprise(text[:200], kind, _seconds(text) if _CLOCK.fullmatch(text) else None)
    return text


def _seconds(clock: str) -> float:
    """The seconds of a clock time: '1:30' -> 90."""
    seconds = 0.0
    for part in clock.lstrip("+-").split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def _place(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _control_characters(text: str) -> list[Fault]:
    """The characters that YAML does not allow. With a single one nothing of the text is read."""
    found: list[Fault] = []
    for match in _CONTROL.finditer(text):
        before = _LINES.split(text[: match.start()]) if len(found) < MOST_FAULTS else [""]
        name = f"U+{ord(match.group()):04X}"
        found.append(Fault(Position(len(before), len(before[-1]) + 1), f"a control character ({name}) stands here"))
        if len(found) > MOST_FAULTS:
            break
    return found


def _cured(text: str, error: yaml.MarkedYAMLError) -> tuple[list[Fault], str | None]:
    """What an error of the parser means, with its cure; and the text without it, so that more can be found."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return [Fault(Position(1, 1), str(error.problem or error.context))], None
    lines = text.splitlines(keepends=True)
    line = lines[mark.line] if mark.line < len(lines) else ""
    char = line[mark.column : mark.column + 1]
    place, problem = _place(mark), f"{error.context or ''} {error.problem or ''}"
    if "nesting" in problem:
        return [Fault(place, f"nested more than {MAX_DEPTH} deep")], None
    if char == "\t" or "tab" in problem:
        return _tabs(lines)
    if "escape" in problem or "hexdecimal" in problem:
        return _backslash(lines, mark.line, line.rfind("\\", 0, mark.column + 1), place)
    if char == ":" and line[mark.column + 1 : mark.column + 2] in (" ", "\t", "\n", "\r", ""):
        return _colon(lines, mark, place)
    if "cannot start any token" in problem or (char and char in "@`%"):
        fault = Fault(place, f"a text cannot begin with {char}: put it in quotes")
        return [fault], _with(lines, mark.line, mark.column, "_")
    if "block sequence entries" in problem:
        return [Fault(place, "a list begins on a line of its own: '- ' after a key needs a new line, or quotes")], None
    return [Fault(*_structure(error, lines, place))], None


def _with(lines: list[str], line: int, column: int, char: str) -> str:
    """The text with another character at a place."""
    changed = lines[line][:column] + char + lines[line][column + 1 :]
    return "".join([*lines[:line], changed, *lines[line + 1 :]])


def _tabs(lines: list[str]) -> tuple[list[Fault], str | None]:
    told = "is indented with a tab, which YAML does not allow: indent with spaces"
    every = (
        Fault(Position(number, match.group().index("\t") + 1), told)
        for number, line in enumerate(lines, 1)
        if (match := _INDENTED.match(line))
    )
    found = list(islice(every, 10 * MOST_FAULTS))
    return (found or [Fault(Position(1, 1), "a tab stands where YAML wants spaces")]), None


def _backslash(lines: list[str], line: int, column: int, place: Position) -> tuple[list[Fault], str | None]:
    told = "in double quotes a backslash begins an escape: write a path with /, or put it in single quotes"
    if column < 0:
        return [Fault(place, told)], None
    return [Fault(Position(line + 1, column + 1), told)], _with(lines, line, column, "/")


def _colon(lines: list[str], mark: Any, place: Position) -> tuple[list[Fault], str | None]:
    """A colon inside a text, or after something that is no key."""
    line, before = lines[mark.line], lines[mark.line - 1] if mark.line else ""
    mended = _with(lines, mark.line, mark.column, ".")
    if re.match(r"\s*(?:- )?[\w\"'“”-]+$", line[: mark.column]) and _RUN_ON.match(before):
        return [Fault(Position(mark.line, 1), "a space is missing after the colon of the line")], None
    if re.match(r"\s*-[\w\"']+:", before):
        return [
            Fault(Position(mark.line, len(before) - len(before.lstrip()) + 1), "a space is missing after the -")
        ], None
    if re.search(r":\s|[{,\[]\s*\S+\s", line[: mark.column]) or " " in line[: mark.column].strip(" -"):
        return [Fault(place, "a text that holds a colon and a space: put it in quotes")], mended
    return [Fault(place, "a key stands here where a text goes on: its line has too many or too few spaces")], None


def _structure(error: yaml.MarkedYAMLError, lines: list[str], place: Position) -> tuple[Position, str]:
    """What is wrong with the brackets, quotes and indents of a text, and where."""
    context, problem = error.context or "", error.problem or ""
    opened = _place(error.context_mark) if error.context_mark else place
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "quoted scalar" in context:
        return opened, "the quote that opens here is not closed"
    if "flow" in context:
        bracket = lines[opened.line - 1][opened.column - 1 : opened.column] if opened.line <= len(lines) else "["
        wanted = {"{": "}", "[": "]"}.get(bracket, "it")
        return place, f"a comma, or the {wanted} that closes the {bracket} of line {opened.line}, is missing here"
    if "block scalar" in context:
        return place, f"a text cannot go on after | or > on the same line: {_QUOTE}, or begin it on the next line"
    if re.search(r"[\"'”]\s*$|:\s+[\"'].*[\"']", line[: place.column - 1]):
        return place, "the text goes on after its closing quote: put all of it in quotes of the other kind"
    if re.search(r":\s+\*", line[: place.column]):
        return place, f"a text cannot begin with *: {_QUOTE}"
    if line[place.column - 1 : place.column] in ("]", "}"):
        return place, f"{line[place.column - 1]} closes nothing that was opened"
    for number in (place.line - 1, place.line):
        if number and number <= len(lines) and _RUN_ON.match(lines[number - 1]):
            return Position(number, 1), "a space is missing after the colon of the line"
    if "block" in context or "document start" in problem or "key" in problem or "':'" in problem:
        return place, "this line is not in line with those above: check the spaces at its beginning, and for a colon"
    return place, " ".join(f"{context} {problem}".split())
