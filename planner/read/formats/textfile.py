"""Text files that people give: plain files only, under a limit, in UTF-8 or in UTF-16 with a byte order mark.

What is something else is refused by name: a folder, a pipe, a picture, an office document, another encoding.
"""

from __future__ import annotations

import codecs
import difflib
import itertools
import os
import stat
from collections.abc import Callable
from pathlib import Path

#: Takes a line that says how a file was read, where that is not plain.
Remark = Callable[[str], None]

STORY_SUFFIXES = (".txt", ".md", ".markdown", ".fountain", ".spmd", ".fdx")
"""Of files that hold a story in prose or as a screenplay."""
_MOST_NEIGHBOURS = 5000
_KINDS = (
    (b"PK\x03\x04", "a ZIP file or an office document (.docx, .odt); save it as plain text"),
    (b"%PDF", "a PDF; save it as plain text"),
    (b"{\\rtf", "rich text (RTF); save it as plain text"),
    (b"\xd0\xcf\x11\xe0", "an old office document (.doc); save it as plain text"),
    (b"\x1f\x8b", "a gzip archive; unpack it"),
    (b"\x89PNG", "a picture (PNG), no text; show it with --image @name=FILE"),
    (b"\xff\xd8\xff", "a picture (JPEG), no text; show it with --image @name=FILE"),
    (b"GIF8", "a picture (GIF), no text"),
    (b"SQLite format 3", "a database, no text"),
)


class FileError(Exception):
    """A file cannot be read as text; one line that says why, without the file's name."""


def unremarked(line: str) -> None:
    """Lets a remark go."""


def read(path: Path, limit: int, what: str) -> bytes:
    """The bytes of a plain file of at most ``limit``; ``what`` it is to be, for the error. Raises FileError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileError(f"cannot be read: it is {_kind(path)}, no plain file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise FileError(f"cannot be read: no such file{or_near(path)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "that is no path"
        raise FileError(f"cannot be read: {reason.lower()}") from None
    if len(data) > limit:
        raise FileError(f"larger than {limit} bytes, the most {what} may have")
    return data


def decode(data: bytes, remark: Remark) -> str:
    """The text of a file; ``remark`` is told of UTF-16 and of a byte order mark.

    Raises FileError for anything but UTF-8 and UTF-16.
    """
    if kind := next((name for head, name in _KINDS if data.startswith(head)), ""):
        raise FileError(f"is {kind}")
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileError("is UTF-32; save it as UTF-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf_16(data, remark)
    if data.startswith(codecs.BOM_UTF8):
        remark("the byte order mark at its beginning is passed over")
    if b"\0" in data:
        two = data[:400].count(b"\0") * 3 > len(data[:400])
        raise FileError(f"is {'UTF-16 without a byte order mark' if two else 'no text'}; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + len(codecs.BOM_UTF8) * data.startswith(codecs.BOM_UTF8)
        line = data.count(b"\n", 0, at) + 1
        older = "it may be of an older encoding such as Windows-1252 or EUC-KR"
        raise FileError(f"not UTF-8 at byte {at} (line {line}): {older}; save it as UTF-8") from None


def or_near(path: Path) -> str:
    """'; did you mean …?' with the nearest name that is there in place of a missing one; empty: none is near."""
    missing = path
    while not os.path.exists(missing.parent) and missing.parent != missing:
        missing = missing.parent
    try:
        with os.scandir(missing.parent) as entries:
            names = {entry.name.casefold(): entry.name for entry in itertools.islice(entries, _MOST_NEIGHBOURS)}
    except (OSError, ValueError):
        return ""
    near = difflib.get_close_matches(missing.name[:200].casefold(), names, n=1, cutoff=0.7)
    return f"; did you mean {names[near[0]]}?" if near else ""


def _utf_16(data: bytes, remark: Remark) -> str:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError as error:
        raise FileError(f"not UTF-8, and broken as UTF-16 at byte {error.start}; save it as UTF-8") from None
    remark("it is UTF-16, and read as that")
    return text


def _kind(path: Path) -> str:
    mode = path.stat().st_mode
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in kinds if test(mode)), "a device")
