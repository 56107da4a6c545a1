"""Prompts for generators that read any words: one dense paragraph a shot, in the order that its makers publish.

Wan: who and what they do, where, light, lens, style; 80 to 120 words. LTX: how the shot is taken and what happens, as
one flowing description, then the rest. LTX-2 also hears: sound and spoken lines. Sources: the prompt guides and prompt
extension templates that Alibaba (Wan2.1, Wan2.2) and Lightricks (LTX-Video, LTX-2) publish.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from planner.compile.facts import character_of, location_of, wardrobe_at
from planner.story.story import Character, Garment, Scene, Shot, Story

ProseStyle = Literal["wan", "ltx", "ltx2"]

_MOVES = {
    "static": "the camera is fixed",
    "push in": "the camera slowly pushes in",
    "pull out": "the camera slowly pulls back",
    "pan left": "the camera pans to the left",
    "pan right": "the camera pans to the right",
    "tilt up": "the camera tilts up",
    "tilt down": "the camera tilts down",
    "shake": "the camera is hand-held and shakes",
}
_SIZES = {"wide": "Wide shot", "medium": "Medium shot", "close": "Close-up"}
_ANGLES = {"eye": "at eye level", "low": "from a low angle", "high": "from a high angle"}
_WEATHER = {"clear": "", "rain": "in the rain", "snow": "in falling snow", "fog": "in thick fog"}
_ENDS = (".", "!", "?", "…", "”", '"')
_HOURS = {"day": "in daylight", "night": "at night"}


def shot_prompt(story: Story, scene: Scene, shot: Shot, style: ProseStyle) -> str:
    """The paragraph that asks for a shot; ``style`` is the generator's: 'wan', 'ltx' or 'ltx2'."""
    shown, lens, look = list(_shown(story, scene, shot)), _lens(shot), _style(story)
    if style == "wan":
        return _paragraph([*shown, lens, look])
    heard = list(_heard(story, shot)) if style == "ltx2" else []
    return _paragraph([lens, *shown, look, *heard])


def sheet_prompt(story: Story, character: Character, shot_id: str) -> str:
    """Asks for one character alone, as it is dressed in a shot."""
    look = _appearance(character, wardrobe_at(story, character, shot_id).garments)
    alone = "One whole figure stands alone and faces the camera on a plain light grey background, evenly lit"
    return _paragraph([f"A character sheet of {look}", alone, _style(story)])


def plate_prompt(story: Story, scene: Scene) -> str:
    """Asks for the empty place of a scene in its light."""
    return _paragraph(
        [_place(story, scene), "Nobody is there", "Wide shot at eye level, the camera is fixed", _style(story)]
    )


def _shown(story: Story, scene: Scene, shot: Shot) -> Iterator[str]:
    """What the frame shows: the director's prose, else what happens, who they are and where it is."""
    if shot.picture:
        yield shot.picture
        return
    if shot.description:
        yield shot.description
    ids = dict.fromkeys(staging.entity for staging in shot.staging)
    for character in (character_of(story, i) for i in ids if any(c.id == i for c in story.cast)):
        yield f"{character.name} is {_appearance(character, wardrobe_at(story, character, shot.id).garments)}"
    yield _place(story, scene)


def _appearance(character: Character, worn: Sequence[Garment]) -> str:
    """'an old clockmaker with a long grey beard, wearing a leather apron'; features as they are written."""
    kind = _article(" ".join(filter(None, (character.colour, character.kind))))
    garments = [" ".join(filter(None, (garment.colour, garment.item))) for garment in worn]
    features = f", {character.features}" if character.features else ""
    return f"{kind}{features}" + (f", wearing {' and '.join(map(_article, garments))}" if garments else "")


def _place(story: Story, scene: Scene) -> str:
    place = location_of(story, scene.location)
    kind = place.kind if place.name.lower() in place.kind.lower() else f"{place.kind}, {place.name}"
    features = f", {place.features}" if place.features else ""
    light = [_HOURS.get(scene.time, f"at {scene.time}"), _WEATHER.get(scene.weather, f"in {scene.weather}")]
    mood = f"The mood is {scene.mood}" if scene.mood != "calm" else ""
    return ". ".join(filter(None, [" ".join(filter(None, [f"The place is {_article(kind)}{features}", *light])), mood]))


def _lens(shot: Shot) -> str:
    return f"{_SIZES[shot.size]} {_ANGLES[shot.angle]}, {_MOVES.get(shot.camera, f'camera: {shot.camera}')}"


def _style(story: Story) -> str:
    return ", ".join(filter(None, (f"{story.style} style", story.style_notes)))


def _heard(story: Story, shot: Shot) -> Iterator[str]:
    names = {character.id: character.name for character in story.cast}
    if shot.sound:
        yield shot.sound
    yield from (f'{names[line.speaker]} says: "{line.text}"' for line in shot.dialogue)


def _article(words: str) -> str:
    if words.split(" ", 1)[0].lower() in ("a", "an", "the", "some") or not words:
        return words
    return f"an {words}" if words[0].lower() in "aeiou" else f"a {words}"


def _paragraph(parts: Sequence[str]) -> str:
    """Sentences, each begun with a capital and ended."""
    said = [" ".join(part.split()) for part in parts if part.strip()]
    return " ".join(f"{part[0].upper()}{part[1:]}{'' if part.endswith(_ENDS) else '.'}" for part in said)
