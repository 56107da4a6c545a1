"""What pictures show of places: setting, hour and weather where the words leave them open, and the style of the film.

Characters are the concern of :mod:`planner.read.looks`; the rules are the same. A person's words are never overruled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from planner.film.ground import find
from planner.film.lowering import Lowering
from planner.read.looks import Look, Trait, doubt, fate, strange
from planner.story.story import Location, Scene, Story

_OF_SCENES = ("time", "weather")


def alias(name: str, look: Look | None) -> str:
    """The word that a handle stands for in a sentence: '@glade' whose picture shows a forest is 'forest'.

    A name that says itself what it is, or that is somebody's, stays.
    """
    if look is None or find("species", name) or find("setting", name) or look.of("species"):
        return name
    setting = look.of("setting")
    return setting.words if setting and not doubt(setting) else name


def apply(story: Story, looks: Mapping[str, Look], text: str) -> tuple[Story, tuple[Lowering, ...]]:
    """The story with what pictures of its places and cast, by id, show of place and style; and each trait's fate."""
    fates: list[Lowering] = []
    for place in story.locations:
        if look := looks.get(place.id):
            fates += strange(place.id, look)
            story = _placed(story, place.id, look, text, fates)
    style = [mention.word for mention in find("style", text)]
    for owner, look in looks.items():
        trait = look.of("style")
        if trait and _enters(owner, trait, style, fates):
            style = [trait.words]
            story = story.model_copy(update={"style": trait.words})
    return story, tuple(fates)


def _placed(story: Story, place: str, look: Look, text: str, fates: list[Lowering]) -> Story:
    """The story with one place, and the scenes in it, as its picture shows them."""
    setting = look.of("setting")
    held = next(p for p in story.locations if p.id == place)
    if setting and _enters(place, setting, _said(held, text), fates):
        places = [p.model_copy(update={"kind": setting.words}) if p.id == place else p for p in story.locations]
        story = story.model_copy(update={"locations": tuple(places)})
    for kind in _OF_SCENES:
        trait = look.of(kind)
        if trait and _enters(place, trait, [m.word for m in find(kind, text)], fates):
            scenes = tuple(_with(s, kind, trait.words) if s.location == place else s for s in story.scenes)
            story = story.model_copy(update={"scenes": scenes})
    return story


def _said(place: Location, text: str) -> list[str]:
    """What the words say that a place is. A name that nobody says but as a handle, and that only resembles a place
    ('@home'), says nothing."""
    bare = re.search(rf"@{re.escape(place.name)}\b", text, re.I)
    words = re.search(rf"(?<!@)\b{re.escape(place.name)}\b", text, re.I)
    found = find("setting", place.kind)
    return [m.word for m in found if words or not bare or m.fit != "near"]


def _with(scene: Scene, kind: str, word: str) -> Scene:
    return scene.model_copy(update={kind: word})


def _enters(owner: str, trait: Trait, said: list[str], fates: list[Lowering]) -> bool:
    """Whether a trait enters the story; its fate is told either way."""
    agreed = trait.words in said
    refused = doubt(trait) or ("" if agreed or not said else f"the story says {said[0]!r}")
    fates.append(fate(owner, trait, refused))
    return not (refused or said)
