"""Text of others on a terminal: what would move its cursor, change its colours or turn lines around is shown."""

from __future__ import annotations

import json
import re
from typing import Any

#: Control characters but the new line, what reorders text, and halves of characters, which no terminal can write.
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    """A text that is safe to print: a tab is a space, and what a terminal would obey is written as its code."""
    return _UNSAFE.sub(lambda found: " " if found.group() == "\t" else _code(found.group()), text)


def printable_json(value: Any) -> str:
    """A value as JSON that is safe to print, and still says the same."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _code(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
