"""Fountain's marks in a line of text: which letters are markup, and how a letter is written that is none.

By the Fountain specification ``*italics*``, ``**bold**``, ``***both***`` and ``_underline_`` are emphasis within one
line where no space separates a mark from what it encloses, and a backslash before a star or an underscore makes it a
letter. A mark within a word (``snake_case``, ``5*3*2``) opens and closes nothing. A tilde that begins a line of speech
marks a lyric, and a line of speech in parentheses is a direction. Every other letter is itself.
"""

from __future__ import annotations

import re

_EMPHASIS = re.compile(
    r"(?<![\w*])(?P<stars>\*{1,3})(?=[^\s*])(?P<starred>[^*\n]*(?<=[^\s*]))(?P=stars)(?![\w*])"
    r"|(?<!\w)_(?=[^\s_])(?P<underlined>[^_\n]*(?<=[^\s_]))_(?!\w)"
)
#: Escaped stars and underscores, while emphasis is looked for: letters that no text may hold.
_ESCAPED = {r"\*": "\0", r"\_": "\1"}
_DEEPEST = 4
"""Emphasis within emphasis: stars of three kinds, and an underline."""
_DIRECTION = re.compile(r"\(.*\)")
_NOTE_OPENS = re.compile(r"\[(\\*)(?=\[)")


def letters(line: str) -> str:
    """A line of Fountain without its emphasis, and with its escaped marks as the letters that they stand for."""
    line = line.replace("\0", "").replace("\1", "")
    for mark, held in _ESCAPED.items():
        line = line.replace(mark, held)
    for _ in range(_DEEPEST):
        line = _EMPHASIS.sub(lambda m: m["starred"] or m["underlined"], line)
    for mark, held in _ESCAPED.items():
        line = line.replace(held, mark[1])
    return re.sub(r"\[\\(\\*)(?=\[)", r"[\1", line)


def speech(line: str) -> str:
    """What is said in a line under a cue; empty for a direction."""
    if _DIRECTION.fullmatch(line):
        return ""
    return letters(re.sub(r"^~\s*|^\\(?=[~(])", "", line))


def escape(text: str) -> str:
    """A text as Fountain writes it so that :func:`letters` gives every letter back."""
    return _NOTE_OPENS.sub(r"[\1\\", re.sub(r"[*_]", r"\\\g<0>", text))


def escape_speech(line: str) -> str:
    """A line of speech as Fountain writes it so that :func:`speech` gives every letter back."""
    opens = line.startswith("~") or re.match(r"\\+[~(]", line) or _DIRECTION.fullmatch(line)
    return ("\\" if opens else "") + escape(line)
