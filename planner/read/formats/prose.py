"""Reading film prose by the grammar: framing, camera, light, wardrobe and action of one description."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from planner.film.ground import WordMatch, find
from planner.story.story import Angle, Garment, ShotSize

_CAMERA = re.compile(
    r"camera|\blens\b|tripod|doll(?:y|ies)|push|pull[s-]|\bpans?\b|tilt|handheld|tracking|crane|zoom|lock|static",
    re.I,
)
_MOVER = re.compile(r"camera|lens|shot|push|pull|pan|tilt|handheld|dolly|zoom|static|track|tripod|lock", re.I)
_SECONDS = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?[ -]seconds?\b")
_BREAK = re.compile(
    r"[,;:.()—]|\b(?:a|an|the|this|of|in|on|at|with|under|by|to|from|into|inside|onto|through|and|view|same)\b",
    re.I,
)
_WORN = re.compile(r"\b(?:wear(?:s|ing)|dressed in|\) in (?=an? ))\s*", re.I)
_PIECE = re.compile(
    r"[,;:()]|\.\s|\s(?:and|over|with|under|around|wrapped|worn|tied|tucked|buttoned|zipped|clipped|on|at|in|of|near|behind|stands?|sits?|holding|holds|looking|faces|facing)\s"
)
_SIZES: dict[str, ShotSize] = {"wide": "wide", "medium": "medium", "close": "close"}
_ANGLES: dict[str, Angle] = {"eye": "eye", "low": "low", "high": "high"}
MAX_GARMENTS = 8


def sentences(text: str) -> list[str]:
    """At least one sentence, which is empty for an empty text."""
    return re.split(r"(?<=[.!?])\s+", text.strip())


def clauses(text: str) -> list[str]:
    return [part for part in re.split(r"[.;,]\s+|\s+(?:as|while|then)\s+", text) if part]


def size(text: str) -> ShotSize:
    """The first shot size that is named; wide if none is."""
    return next((_SIZES[m.word] for m in find("size", text) if m.word in _SIZES), "wide")


def angle(text: str) -> Angle:
    return next((_ANGLES[m.word] for m in find("angle", text) if m.word in _ANGLES), "eye")


def camera(text: str) -> str:
    """The first camera move in the author's words; 'static' if the camera is not said to move."""
    for clause in clauses(text):
        if _CAMERA.search(clause):
            for mention in find("camera", clause):
                if mention.word != "static" and _MOVER.search(clause):
                    return mention.text[:80]
    return "static"


def seconds(text: str, default: float) -> float:
    """The duration that a text gives ('over 5–7 seconds': the middle)."""
    if not (found := _SECONDS.search(text)):
        return default
    low = float(found[1])
    return min(max((low + float(found[2] or low)) / 2, 0.5), 600.0)


def time(opening: str, text: str) -> str:
    """The time of day that a description names, clearly or in its opening; empty: none."""
    found = [*find("time", opening), *(m for m in find("time", text) if m.fit != "near")]
    return found[0].text.lower()[:80] if found else ""


def weather(opening: str) -> str:
    """The weather that the opening of a description names; 'clear' under a sun; empty: none."""
    found = [m for m in find("weather", opening) if m.fit != "near" and m.word != "clear"]
    if found:
        return found[0].text.lower()[:80]
    return "clear" if re.search(r"\bsun(?:ny|lit|light|rise|set)?\b", opening, re.I) else ""


def phrase(text: str, mentions: Sequence[WordMatch]) -> str:
    """The noun phrase that ends in the first mentions: 'a bright desert plain' -> 'bright desert plain'."""
    end = mentions[0].end
    for mention in mentions[1:]:
        if text[end : mention.start].strip(" -") == "":
            end = mention.end
    before = _BREAK.split(text[: mentions[0].start])[-1].split()[-4:]
    return re.sub(r"['’]s$", "", " ".join([*before, text[mentions[0].start : end]])).strip(" -'’\"")


def action(text: str) -> str:
    """The first word for something done, in the author's form; empty: none."""
    found = find("action", text)
    return next((m.text for m in found if m.word != "stands"), found[0].text if found else "")[:80]


def garments(text: str) -> tuple[Garment, ...]:
    """What someone in ``text`` is said to wear, each once: after 'wearing', or listed in brackets."""
    parts = _WORN.split(text)[1:] or re.findall(r"\((.+)", text)
    pieces = (piece for part in parts for piece in _PIECE.split(part))
    worn: dict[str, Garment] = {}
    for piece in pieces:
        words = re.sub(r"^(?:an?|the|his|her|same|modest)\s+", "", piece.strip(' .()"”'), flags=re.I)
        if _is_garment(words):
            colour = find("colour", words)
            worn.setdefault(words.lower(), Garment(item=words[:80], colour=colour[0].text if colour else ""))
    return tuple(worn.values())[:MAX_GARMENTS]


def _is_garment(words: str) -> bool:
    """Whether a short phrase ends in a piece of clothing."""
    found = [*find("wardrobe", words), *find("garment", words)]
    return len(words.split()) <= 7 and not words.startswith("no ") and any(m.end == len(words) for m in found)


def slug(text: str) -> str:
    """An id made from words; 'x' when no letter of them can stand in one."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-") or "x"


def first(kind: str, texts: Sequence[str], *, near: bool = True) -> str:
    """The first word of ``kind`` in the texts, in the author's form; empty: none."""
    found = (m for text in texts for m in find(kind, text) if near or m.fit != "near")
    return next((m.text.lower()[:80] for m in found), "")
