"""Text on pictures. Pillow's own font is the same everywhere but knows few letters: others are spelt with them."""

from __future__ import annotations

import unicodedata
from functools import cache

from PIL import ImageFont

_SPELT = {"–": "-", "—": "-", "→": ">", "×": "x", "ß": "ss", "æ": "ae", "ø": "o"}
_UNKNOWN = "\uffff"
_HANGUL = "HANGUL SYLLABLE "


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's built-in font, ``size`` pixels high."""
    return ImageFont.load_default(size)


def spelt(text: str) -> str:
    """``text`` on one line, in letters that the font has: accents dropped, Hangul romanised, the rest '?'."""
    return " ".join("".join(map(_spell, text)).split())


def cut(text: str, size: int, width: int) -> str:
    """``text`` spelt, and ended with an ellipsis where it is wider than ``width`` pixels."""
    line = spelt(text)
    if font(size).getlength(line) <= width:
        return line
    # No glyph is narrower than a pixel, so a longer text than this cannot fit; halve the rest.
    low, high = 0, min(len(line), width)
    while low < high:
        middle = (low + high + 1) // 2
        fits = font(size).getlength(line[:middle].rstrip() + "…") <= width
        low, high = (middle, high) if fits else (low, middle - 1)
    return line[:low].rstrip() + "…"


def wrap(text: str, size: int, width: int, lines: int) -> list[str]:
    """At most ``lines`` lines of at most ``width`` pixels; what does not fit ends in an ellipsis."""
    words = spelt(text).split()
    wrapped: list[str] = []
    while words and len(wrapped) < lines - 1:
        taken = 1
        while taken < len(words) and font(size).getlength(" ".join(words[: taken + 1])) <= width:
            taken += 1
        wrapped.append(cut(" ".join(words[:taken]), size, width))
        words = words[taken:]
    return [*wrapped, cut(" ".join(words), size, width)] if words else wrapped


@cache
def _spell(letter: str) -> str:
    if letter.isspace():
        return " "
    if unicodedata.category(letter)[0] in "CM":
        return ""
    if _drawn(letter):
        return letter
    name = unicodedata.name(letter, "")
    if name.startswith(_HANGUL):
        return name.removeprefix(_HANGUL).lower()
    plain = _SPELT.get(letter) or unicodedata.normalize("NFKD", letter)[0]
    return plain if all(map(_drawn, plain)) else "?"


@cache
def _drawn(letter: str) -> bool:
    """Whether the font has a glyph of its own for it, and not the box that stands for all others."""
    return bytes(font(16).getmask(letter)) != bytes(font(16).getmask(_UNKNOWN))
