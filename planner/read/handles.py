"""Handles: the names of pictures as a sentence writes them, '@tom', in the letters of any script.

A handle is the same in any case and in any form of Unicode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

LONGEST = 64
_JOINERS = "\u200c\u200d"
_HANGUL = re.compile(r"[가-힣]+")


def folded(name: str) -> str:
    """A handle in the form in which it is compared: NFC, without case or its '@'."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.removeprefix("@")).casefold())


def is_handle(name: str) -> bool:
    """Whether a name may stand after an '@': 1 to LONGEST letters, marks, digits, _ or -, of any script."""
    return 0 < len(name) <= LONGEST and all(_may_stand(c) for c in name) and any(c.isalnum() for c in name)


def replaced(text: str, words: Mapping[str, str]) -> str:
    """A text with every '@name' whose folded name is a key of ``words`` as the word there."""
    parts = unicodedata.normalize("NFC", text).split("@")
    return parts[0] + "".join(_replaced(part, words) for part in parts[1:])


def _replaced(after: str, words: Mapping[str, str]) -> str:
    """What follows an '@', with the longest handle at its beginning replaced; with its '@' where there is none."""
    length = next((i for i, c in enumerate(after) if not _may_stand(c)), len(after))
    for end in _ends(after[:length]):
        if (word := words.get(folded(after[:end]))) is not None:
            return word + after[end:]
    return f"@{after}"


def _ends(run: str) -> Iterator[int]:
    """Where a handle may end, the longest first: at the end, before a '-', and in Hangul before any syllable."""
    yield len(run)
    hangul = _HANGUL.search(run)
    for end in range(min(len(run) - 1, LONGEST), 0, -1):
        if run[end] == "-" or (hangul and hangul.start() < end < hangul.end()):
            yield end


def _may_stand(char: str) -> bool:
    return char in "_-" or char in _JOINERS or unicodedata.category(char)[0] in "LMN"
