"""What a clause says of the picture: its time, weather, mood, style and place, the camera and the size of the shot."""

from __future__ import annotations

import re

from planner.film.ground import find
from planner.language.text import Tag, attributive, determined, located, tags

_SEEN_AS = re.compile(r"\b(is|are|was|were|feels?|looks?|sounds?|becomes?|mood|atmosphere)\b", re.I)
_AMBIGUOUS = frozenset({"clear", "fine", "fair", "dry", "cool", "cold", "warm", "hot", "wet", "still"})
_SKY = re.compile(r"\s*(?:$|[.,;]|(?:sk(?:y|ies)|weather|day|night|morning|afternoon|evening|air)\b)", re.I)
_MERE_DAY = re.compile(r"days?$", re.I)
_CAMERA = re.compile(r"\b(camera|zoom|pan|tilt|dolly|track)\w*\b|카메라", re.I)
_FRAMING = re.compile(r"\b(shot|close[- ]?up)\b|클로즈업", re.I)
_STYLED = re.compile(r"^\W*(style|film|movie|cartoon|animation|drawing|look|story|스타일)", re.I)
_GROUND = frozenset({"search", "arrive", "chase", "part"})


def is_place(text: str, tag: Tag, verb: Tag | None) -> bool:
    """Whether a noun of a setting is where it happens and not only a thing in it."""
    if located(text, tag.start) or (verb is None and not determined(text, tag.start)):
        return True
    if verb is None:
        return not re.search(r"\bof\s+(?:\w+\s+){0,2}$", text[: tag.start])
    if verb.kind == "event" and verb.mention.word in _GROUND:
        return tag.start > verb.start
    return bool(_SEEN_AS.match(text[tag.end :].strip()))


def sets(text: str, tag: Tag, kind: str) -> bool:
    """Whether a modifier tells the time, weather or mood of the scene and not of somebody in it."""
    if kind == "weather" and tag.mention.text.lower() in _AMBIGUOUS and not _SKY.match(text[tag.end :]):
        return False
    if tag.kind != kind or (kind == "time" and _MERE_DAY.match(tag.mention.text) and not located(text, tag.start)):
        return False
    if tag.mention.fit != "near":
        return True
    if kind == "mood":
        colours_place = any(t.kind == "setting" and 0 <= t.start - tag.end < 12 for t in tags(text))
        return colours_place or bool(_SEEN_AS.search(text[: tag.start])) or is_of_film(text, tag)
    follows = next((t for t in tags(text) if t.start > tag.start), None)
    qualifies = follows is not None and follows.kind in ("setting", "time", "weather") and follows.start - tag.end < 2
    standing = located(text, tag.start) or determined(text, tag.start)
    return standing and (qualifies or not attributive(text, tag.end))


def is_of_film(text: str, tag: Tag) -> bool:
    """Whether a mood is that of the whole film: 'a sad story'."""
    return bool(_STYLED.match(text[tag.end :]))


def style(text: str) -> str:
    """The style that a text asks for, in the author's words; empty: none."""
    return next((m.text for m in find("style", text) if _is_style(text, m.start, m.end)), "")


def _is_style(text: str, start: int, end: int) -> bool:
    return bool(_STYLED.match(text[end:])) or text[:start].rstrip().lower().endswith((" in", "style:"))


def camera(text: str) -> str:
    """The camera move that a clause asks for in so many words; empty: none."""
    return _asked("camera", text, _CAMERA)


def size(text: str) -> str:
    """The shot size that a clause asks for in so many words; empty: none."""
    return _asked("size", text, _FRAMING)


def _asked(kind: str, text: str, marker: re.Pattern[str]) -> str:
    return next((m.text for m in find(kind, text)), "") if marker.search(text) else ""
