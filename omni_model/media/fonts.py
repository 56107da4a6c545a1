"""Fonts: Pillow's own, which is the same everywhere, and those of this machine for letters that it lacks."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
OWN = ""
"""The name of Pillow's own font."""

_FOLDERS = {
    "win32": (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",),
    "darwin": (Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path("~/Library/Fonts")),
}
_USUAL = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("~/.local/share/fonts"), Path("~/.fonts"))
_SUFFIXES = (".ttf", ".otf", ".ttc")
_MOST = 400
_UNUSUAL = ("bold", "italic", "oblique", "mono", "serif", "condensed", "light", "thin", "black", "medium", "math")
_UNKNOWN = "\uffff"
_TRIED = 16
"""Pixels at which a font is asked whether it has a letter."""


@cache
def font(size: int, face: str = OWN) -> Font:
    """A font, ``size`` pixels high, by its path. Raises OSError."""
    return ImageFont.truetype(face, size) if face else ImageFont.load_default(size)


@cache
def face_of(letter: str) -> str | None:
    """The font that draws a letter, Pillow's own where that can; None: there is none."""
    if has(OWN, letter):
        return OWN
    return next((face for face in _faces() if has(face, letter)), None)


@cache
def _faces() -> tuple[str, ...]:
    """The font files of this machine, upright text faces without serifs first."""
    folders = _FOLDERS.get(sys.platform, _USUAL)
    found = (path for folder in folders for path in folder.expanduser().rglob("*"))
    files = sorted((path for path in found if path.suffix.lower() in _SUFFIXES), key=_unusual)
    return tuple(str(path) for path in files[:_MOST])


def _unusual(path: Path) -> tuple[int, bool, str, str]:
    name = path.stem.lower()
    plain = name.replace("sansserif", "sans")
    return sum(word in plain for word in _UNUSUAL), "sans" not in name, name, str(path)


@cache
def has(face: str, letter: str) -> bool:
    """Whether a font has a glyph of its own for a letter, and not the box that stands for all others."""
    try:
        drawn = font(_TRIED, face)
        return bytes(drawn.getmask(letter)) != bytes(drawn.getmask(_UNKNOWN))
    except (OSError, ValueError, SyntaxError):
        return False
