"""Text on pictures, in any script that a font of this machine has; what none has is spelt, so that names stay apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise

from PIL import ImageDraw

from omni_model.media.fonts import OWN, face_of, font, has

_SPELT = {"–": "-", "—": "-", "→": ">", "×": "x", "ß": "ss", "æ": "ae", "ø": "o"}
_HANGUL = "HANGUL SYLLABLE "

Colour = tuple[int, int, int]


def spelt(text: str) -> str:
    """``text`` on one line, in letters that fonts here have.

    Accents that none has are dropped, Hangul is romanised, syllable by syllable; of other letters stand the
    numbers that Unicode gives them, in brackets.
    """
    groups = groupby(_clusters(text), _way)
    return " ".join("".join(_SPELL[way](list(clusters)) for way, clusters in groups).split())


def lacking(texts: Iterable[str]) -> list[str]:
    """The scripts of letters that no font here has, as Unicode calls them ('CJK', 'HANGUL'), in order."""
    clusters = {cluster for text in texts for cluster in _clusters(text)}
    unknown = (cluster[0] for cluster in clusters if _way(cluster) in ("romanised", "numbered"))
    return sorted({unicodedata.name(letter, "UNNAMED").split(" ")[0] for letter in unknown})


def length(text: str, size: int) -> float:
    """Pixels that a line takes, which :func:`spelt` gave."""
    return sum(font(size, face).getlength(run) for face, run in _runs(text))


def write(
    draw: ImageDraw.ImageDraw, corner: tuple[float, float], text: str, size: int, colour: Colour, middle: bool = False
) -> None:
    """Draw a line, which :func:`spelt` gave, right of ``corner`` and below it, or with its ``middle`` there."""
    runs = list(_runs(text))
    if all(face == OWN for face, _ in runs):
        draw.text(corner, text, fill=colour, font=font(size), anchor="lm" if middle else "la")
        return
    left, top, _, bottom = draw.textbbox(corner, "Ag", font=font(size), anchor="ls")
    baseline = corner[1] + (-(top + bottom) / 2 + corner[1] if middle else size)
    for face, run in runs:
        draw.text((left, baseline), run, fill=colour, font=font(size, face), anchor="ls")
        left += font(size, face).getlength(run)


def cut(text: str, size: int, width: int) -> str:
    """``text`` spelt, and ended with an ellipsis where it is wider than ``width`` pixels."""
    line = spelt(text)
    if length(line, size) <= width:
        return line
    # Hardly a glyph is narrower than a pixel, so a much longer text than this cannot fit; halve the rest.
    low, high = 0, min(len(line), 2 * width)
    while low < high:
        middle = (low + high + 1) // 2
        fits = length(line[:middle].rstrip() + "…", size) <= width
        low, high = (middle, high) if fits else (low, middle - 1)
    return line[:low].rstrip() + "…"


def wrap(text: str, size: int, width: int, lines: int) -> list[str]:
    """At most ``lines`` lines of at most ``width`` pixels; what does not fit ends in an ellipsis."""
    words = spelt(text).split()
    wrapped: list[str] = []
    while words and len(wrapped) < lines - 1:
        taken = 1
        while taken < len(words) and length(" ".join(words[: taken + 1]), size) <= width:
            taken += 1
        wrapped.append(cut(" ".join(words[:taken]), size, width))
        words = words[taken:]
    return [*wrapped, cut(" ".join(words), size, width)] if words else wrapped


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Stretches of a line with the font that has their letters.

    What stands between two words of one font is drawn in it too, so that a line from right to left keeps its order.
    """
    faces = [face_of(letter) or OWN for letter in text]
    words = [place for place, letter in enumerate(text) if letter.isalpha()]
    for last, following in pairwise(words):
        between = range(last + 1, following)
        if faces[last] == faces[following] and all(has(faces[last], text[place]) for place in between):
            faces[last + 1 : following] = [faces[last]] * len(between)
    for face, run in groupby(zip(faces, text, strict=True), lambda pair: pair[0]):
        yield face, "".join(letter for _, letter in run)


def _clusters(text: str) -> list[str]:
    """Letters with the marks that stand on them; what is nothing to see is left out."""
    clusters: list[str] = []
    for letter in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(letter)
        if kind[0] == "M" and clusters:
            clusters[-1] += letter
        elif letter.isspace() or kind not in ("Cc", "Cf", "Cs", "Cn"):
            clusters.append(letter)
    return clusters


def _way(cluster: str) -> str:
    """How a letter with its marks is written: by its key in ``_SPELL``."""
    if cluster.isspace():
        return "space"
    if all(face_of(letter) is not None for letter in cluster):
        return "drawn"
    if _plain(cluster):
        return "plain"
    return "romanised" if unicodedata.name(cluster[0], "").startswith(_HANGUL) else "numbered"


def _plain(cluster: str) -> str:
    """The letter without its marks, or what is written in its place; empty: nothing that a font has."""
    plain = _SPELT.get(cluster) or unicodedata.normalize("NFKD", cluster)[0]
    hangul = unicodedata.name(cluster[0], "").startswith("HANGUL")
    return plain if not hangul and all(face_of(part) is not None for part in plain) else ""


def _romanised(syllables: str) -> str:
    """Syllable by syllable: 'gan-ga' and 'gang-a' are two names."""
    return "-".join(unicodedata.name(syllable).removeprefix(_HANGUL).lower() for syllable in syllables)


def _numbered(letters: str) -> str:
    return f"[{' '.join(f'{ord(letter):04X}' for letter in letters)}]"


_SPELL: dict[str, Callable[[list[str]], str]] = {
    "space": lambda _: " ",
    "drawn": "".join,
    "plain": lambda clusters: "".join(map(_plain, clusters)),
    "romanised": lambda clusters: _romanised("".join(clusters)),
    "numbered": lambda clusters: _numbered("".join(clusters)),
}
