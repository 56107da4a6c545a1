"""JSON as people write it: what has one meaning is read and remarked, all that has none is listed with its place.

Forgiven are comments, commas after the last value, typographic and single quotes, keys without quotes, and Python's
True, False and None.
"""

from __future__ import annotations

import re
from typing import Any

from planner.read.formats.documents import (
    MAX_DEPTH,
    MAX_VALUES,
    MOST_FAULTS,
    DocumentNode,
    Fault,
    FaultyDocument,
    LineIndex,
    Position,
    Remarks,
    SourceDocument,
)

_SPACE = re.compile(r"[ \t\r\n]*")
_ODD_SPACE = re.compile(r"[\u00a0\u2000-\u200b\u2028\u2029\u202f\u3000\ufeff\u0085\f\v]+")
_COMMENT = re.compile(r"(?:(?://|#)[^\n]*\s*)+|/\*.*?\*/", re.S)
_TEXT = re.compile(r'"([^"\\\x00-\x1f]*)"')
_CHUNK = re.compile(r'[^"\\\x00-\x1f]+')
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_NUMBER = re.compile(r"[-+]?(?:0[xXbBoO][\w]*|[\d_]*\.?[\d_]+(?:[eE][-+]?\d+)?\.?|\d+\.(?=\D|$))")
_STRICT = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_LOOSE = re.compile(r"[-+]?(?:(?:0|[1-9]\d*)\.?|(?:0|[1-9]\d*)?\.\d+)(?:[eE][-+]?\d+)?")
_WORD = re.compile(r"[^\W\d][\w$-]*")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS = {"true": True, "false": False, "null": None}
_PYTHON = {"True": True, "False": False, "None": None}
_NO_NUMBERS = frozenset({"NaN", "Infinity", "undefined"})
#: An opening typographic or single quote -> those that may close it.
_CLOSERS = {**dict.fromkeys("“”„«", "”“»"), **dict.fromkeys("‘’‚", "’‘"), "'": "'", "`": "`"}
_AFTER = re.compile(r"\s*(?:[:,}\]]|$|//|/\*)")
_MOST_DIGITS = 40


def read(text: str) -> SourceDocument:
    """The document of a JSON text. Raises FaultyDocument."""
    reader = _Reader(text)
    root = reader.document()
    if reader.faults:
        raise FaultyDocument(reader.faults)
    return SourceDocument(root, tuple(reader.remarks.lines()))


class _End(Exception):
    """Nothing sensible can be read from here on."""


class _Reader:
    """Goes through a text once, from value to value."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._values = text, 0, 0
        self._index = LineIndex(text)
        self._open: list[tuple[str, int]] = []
        self.faults: list[Fault] = []
        self.remarks = Remarks()

    def document(self) -> DocumentNode:
        """The only value of the text."""
        root = DocumentNode(None, Position(1, 1))
        try:
            self._skip()
            if self._at >= len(self._text):
                self._stop("it is empty")
            root = self._value()
            self._skip()
            if self._at < len(self._text):
                self._fault("something follows after the end of the storyboard: a file holds one", self._at)
        except _End:
            pass
        return root

    def _fault(self, text: str, at: int) -> None:
        self.faults.append(Fault(self._index.of(at), text))
        if len(self.faults) > 10 * MOST_FAULTS:
            raise _End

    def _stop(self, text: str, at: int | None = None) -> None:
        self._fault(text, self._at if at is None else at)
        raise _End

    def _remark(self, text: str, at: int) -> None:
        self.remarks.add(text, self._index.of(at))

    def _skip(self) -> None:
        """Goes past white space and comments."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if odd := _ODD_SPACE.match(self._text, self._at):
                self._remark("a space that JSON does not know is read as one", self._at)
                self._at = odd.end()
            elif comment := _COMMENT.match(self._text, self._at):
                self._remark("comments are passed over, which JSON does not have", self._at)
                self._at = comment.end()
            elif self._text.startswith("/*", self._at):
                self._stop("the comment that opens here is not closed: end it with */")
            else:
                return

    def _value(self) -> DocumentNode:
        start, place = self._at, self._index.of(self._at)
        self._values += 1
        if self._values > MAX_VALUES:
            self._stop(f"more than {MAX_VALUES} values, the most a storyboard may have")
        char = self._text[start : start + 1]
        if char and char in "{[":
            if len(self._open) >= MAX_DEPTH:
                self._stop(f"nested more than {MAX_DEPTH} deep")
            return self._mapping(place) if char == "{" else self._list(place)
        value = self._scalar(char)
        return DocumentNode(value, place, self._text[start : min(self._at, start + 200)])

    def _scalar(self, char: str) -> Any:
        if char == '"' or char in _CLOSERS:
            return self._quoted(char)
        if number := char and _NUMBER.match(self._text, self._at):
            return self._number(number)
        if word := _WORD.match(self._text, self._at):
            return self._word(word)
        return self._stop("a value is missing here" if char else self._unclosed())

    def _mapping(self, place: Position) -> DocumentNode:
        members: dict[str, DocumentNode] = {}
        keys: dict[str, Position] = {}
        self._opened("{")
        while not self._closed("}"):
            at = self._at
            key = self._key()
            self._skip()
            if not self._text.startswith(":", self._at):
                self._stop(f"a colon is missing after the key {key[:40]!r}" + self._typographic(key))
            self._at += 1
            self._skip()
            node = self._value()
            if key in members:
                self._fault(f"the key {key[:40]!r} is given twice, first in line {keys[key].line}", at)
            members[key] = node
            keys.setdefault(key, self._index.of(at))
            self._comma("}")
        return DocumentNode(members, place, keys=keys)

    def _list(self, place: Position) -> DocumentNode:
        items: list[DocumentNode] = []
        self._opened("[")
        while not self._closed("]"):
            items.append(self._value())
            self._comma("]")
        return DocumentNode(items, place)

    def _opened(self, bracket: str) -> None:
        self._open.append((bracket, self._at))
        self._at += 1
        self._skip()

    def _closed(self, bracket: str) -> bool:
        """Whether the bracket stands here, which is passed."""
        char = self._text[self._at : self._at + 1]
        if not char:
            self._stop(self._unclosed())
        if char == bracket:
            self._at += 1
            self._open.pop()
            return True
        if char in "]}":
            opener, at = self._open[-1]
            self._stop(f"{char} closes the {opener} of line {self._index.of(at).line}: put {bracket} here")
        return False

    def _unclosed(self) -> str:
        if not self._open:
            return "a value is missing here"
        opener, at = self._open[-1]
        return f"the file ends before the {opener} of {self._index.of(at)} is closed: it was cut off, or lacks it"

    def _comma(self, bracket: str) -> None:
        """Goes past the comma after a value; one too many before the end is forgiven, one too few is a fault."""
        end = self._at
        self._skip()
        at = self._at
        char = self._text[at : at + 1]
        if char == ",":
            self._at += 1
            self._skip()
            if self._text.startswith(bracket, self._at):
                self._remark("a comma after the last value is passed over", at)
        elif char and char not in "]}":
            inner = (
                ', or a " inside the text lacks a backslash: \\"' if self._text[end - 1] == '"' and end == at else ""
            )
            self._fault(f"a comma is missing here{inner}" + self._typographic(self._text[max(end - 60, 0) : end]), end)
            if char == ":":
                raise _End

    def _typographic(self, text: str) -> str:
        return ' (a typographic quote ends no text that begins with ": write " at both ends)' if "”" in text else ""

    def _key(self) -> str:
        char = self._text[self._at : self._at + 1]
        if char == '"' or char in _CLOSERS:
            return self._quoted(char)
        if word := _WORD.match(self._text, self._at):
            self._remark("a key without quotes is read as one with them", self._at)
            self._at = word.end()
            return word.group()
        self._stop("a key in double quotes is missing here")
        raise _End

    def _quoted(self, char: str) -> str:
        if char != '"':
            return self._loosely_quoted(char)
        if plain := _TEXT.match(self._text, self._at):
            self._at = plain.end()
            return plain.group(1)
        start, parts = self._at, []
        self._at += 1
        while not self._text.startswith('"', self._at):
            parts.append(self._piece(start))
        self._at += 1
        return self._whole("".join(parts), start)

    def _piece(self, start: int) -> str:
        """The next stretch of a text in double quotes, or one escape."""
        at = self._at
        if chunk := _CHUNK.match(self._text, at):
            self._at = chunk.end()
            return chunk.group()
        if escape := _ESCAPE.match(self._text, at):
            self._at = escape.end()
            code, short = escape.groups()
            return chr(int(code, 16)) if code else _SHORT.get(short, short)
        char = self._text[at : at + 1]
        if char == "\t":
            self._remark("a tab inside a text is kept as one", at)
        elif char == "\\":
            told = f"{self._text[at : at + 2]!r}".replace("\\\\", "\\")
            self._fault(f"{told} is no escape: write a path with /, and a backslash as two", at)
        else:
            why = "the file ends" if not char else "the line ends" if char in "\r\n" else "a control character stands"
            self._stop(f'{why} inside the text that opens here: close it with ", or write \\n for a new line', start)
        self._at += 1
        return char

    def _whole(self, text: str, start: int) -> str:
        """A text with its surrogate pairs as the characters that they are."""
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._fault(
                "half of a character stands in this text (\\ud800 to \\udfff): write the character itself", start
            )
            return ""

    def _loosely_quoted(self, char: str) -> str:
        """A text in typographic or single quotes: up to the one that a value can end with, on the same line."""
        start, closers = self._at, _CLOSERS[char]
        line = self._text.find("\n", start)
        line = len(self._text) if line < 0 else line
        for match in re.compile(f"[{closers}]").finditer(self._text, start + 1, line):
            if _AFTER.match(self._text, match.end()):
                text = self._text[start + 1 : match.start()]
                if match.start() - start > 1 and ("\\" in text or _mixed(text)):
                    break
                kind = "single" if char in "'`" else "typographic"
                self._remark(f"{kind} quotes are read as double ones", start)
                self._at = match.end()
                return text
        self._stop(f'a text that opens with {char} is not closed: write it in double quotes, as "…"')
        raise _End

    def _number(self, found: re.Match[str]) -> int | float:
        text, at = found.group(), self._at
        self._at = found.end()
        digits = sum(c.isdigit() for c in text)
        strict = _STRICT.fullmatch(text)
        if digits > _MOST_DIGITS:
            self._fault(f"a number of {digits} digits; at most {_MOST_DIGITS} are read", at)
        elif strict or _LOOSE.fullmatch(text):
            if not strict:
                self._remark(f"a number such as {text} is read as {float(text):g}", at)
            return float(text) if re.search(r"[.eE]", text) else int(text)
        else:
            self._fault(f"{text[:40]} is no number that JSON knows: write plain digits, or double quotes around it", at)
        return 0

    def _word(self, found: re.Match[str]) -> Any:
        word, at = found.group(), self._at
        self._at = found.end()
        if word in _LITERALS:
            return _LITERALS[word]
        if word in _PYTHON:
            self._remark("True, False and None are read as true, false and null", at)
            return _PYTHON[word]
        if word in _NO_NUMBERS:
            self._fault(f"{word} is no number that a storyboard may hold", at)
            return 0
        rest = re.compile(r"[^,\]}\n\"]*").match(self._text, at)
        self._at = rest.end() if rest else self._at
        self._fault(f'a text needs double quotes: "{" ".join(self._text[at : self._at].split())[:40]}"', at)
        return word


def _mixed(text: str) -> bool:
    """Whether a text in loose quotes holds what looks like the end of one and the beginning of another."""
    return re.search(r"[\"“”'‘’]\s*[:,]\s*[\"“”'‘’]", text) is not None
