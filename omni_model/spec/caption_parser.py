"""The caption grammar read backwards: the facts that a caption names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from omni_model.spec.captions import TIME_PHRASES, WEATHER_PHRASES, GarmentFacts, PropFacts, SceneFacts, SubjectFacts
from omni_model.spec.vocabulary import (
    ACTIONS,
    CAMERAS,
    COLOURS,
    MOODS,
    PROP_MOTIONS,
    PROPS,
    SETTINGS,
    SIZES,
    SPECIES,
    STYLES,
    WARDROBE,
)


def _any(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"


_COLOUR = _any(COLOURS)
_GARMENT = rf"an? ({_COLOUR}) ({_any(WARDROBE)})"
_WORN = rf"(?: with (?P<worn>an? {_COLOUR} {_any(WARDROBE)}(?: and an? {_COLOUR} {_any(WARDROBE)})*))?"
_LOOK_OF = rf"an? (?P<colour>{_COLOUR}) (?P<species>{_any(SPECIES)}){_WORN}"
_SUBJECT = re.compile(
    rf"@(?P<entity>[a-z0-9_-]+) {_LOOK_OF} (?P<action>{_any(ACTIONS)})(?: to the (?P<direction>left|right))?"
)
_SHEET = re.compile(rf"character sheet: {_LOOK_OF}; (?P<style>{_any(STYLES)}) style")
_PROP = re.compile(
    rf"@(?P<entity>[a-z0-9_-]+) an? (?P<colour>{_COLOUR}) (?P<kind>{_any(PROPS)}) (?P<motion>{_any(PROP_MOTIONS)})"
)
_PLACE = re.compile(
    rf"\b(?P<setting>{_any(SETTINGS)})(?P<time> {_any(TIME_PHRASES.values())})"
    rf"(?P<weather>{_any(filter(None, WEATHER_PHRASES.values()))})?"
)
_LOOK = re.compile(rf"\b(?P<mood>{_any(MOODS)}) mood, (?P<style>{_any(STYLES)}) style")
_LENS = re.compile(rf"\b(?P<size>{_any(SIZES)}) shot, (?P<camera>{_any(CAMERAS)})")


def parse(caption: str) -> SceneFacts | None:
    """What :func:`~omni_model.spec.captions.caption` was given, for every variant that names looks.

    Subjects that are called by their handle alone are left out; None where no place is named.
    """
    place, look, lens = (pattern.search(caption) for pattern in (_PLACE, _LOOK, _LENS))
    if place is None:
        return None
    return SceneFacts(
        setting=place["setting"],
        time=_key(TIME_PHRASES, place["time"].strip()),
        weather=_key(WEATHER_PHRASES, place["weather"] or ""),
        subjects=tuple(_subject(found) for found in _SUBJECT.finditer(caption)),
        props=tuple(PropFacts.model_validate(found.groupdict()) for found in _PROP.finditer(caption)),
        **({} if look is None else look.groupdict()),
        **({} if lens is None else lens.groupdict()),
    )


def parse_sheet(caption: str) -> tuple[SubjectFacts, str] | None:
    """The character and the style that :func:`~omni_model.spec.captions.sheet_caption` was given, or None."""
    found = _SHEET.search(caption)
    if found is None:
        return None
    told = {"entity": "a", "colour": found["colour"], "species": found["species"]}
    return SubjectFacts.model_validate(told | {"wardrobe": _worn(found)}), found["style"]


def _worn(found: re.Match[str]) -> tuple[GarmentFacts, ...]:
    return tuple(GarmentFacts(colour=colour, item=item) for colour, item in re.findall(_GARMENT, found["worn"] or ""))


def _key(phrases: dict[str, str], said: str) -> str:
    return next(word for word, phrase in phrases.items() if phrase == said)


def _subject(found: re.Match[str]) -> SubjectFacts:
    told = {k: v or "" for k, v in found.groupdict().items() if k != "worn"}
    return SubjectFacts.model_validate(told | {"wardrobe": _worn(found)})
