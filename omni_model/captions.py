"""The caption grammar: facts of a picture -> the dense captions that generators were trained on.

Both sides of training and planning meet here. The procedural world captions its clips with it, and
the planner's prompt enhancer writes with it, so what a planner asks is what a model has read.
"""

from __future__ import annotations

from typing import Literal

from omni_model.conditioning import Frozen, Slug

Direction = Literal["", "left", "right", "toward", "away"]


class Garment(Frozen):
    item: str
    colour: str


class SubjectFacts(Frozen):
    """A visible character, in the generator's own words."""

    entity: Slug
    species: str
    colour: str
    wardrobe: tuple[Garment, ...] = ()
    action: str = "stands"
    direction: Direction = ""


class PropFacts(Frozen):
    entity: Slug
    kind: str
    colour: str
    motion: str = "rests"


class SceneFacts(Frozen):
    """What one shot shows. Subjects come first to last in order of importance."""

    setting: str
    time: str = "day"
    weather: str = "clear"
    mood: str = "calm"
    style: str = "flat"
    subjects: tuple[SubjectFacts, ...] = ()
    props: tuple[PropFacts, ...] = ()
    size: str = "wide"
    camera: str = "static"


_WEATHER = {"clear": "", "rain": " in the rain", "snow": " in falling snow", "fog": " in thick fog"}
_TIME = {"day": "by day", "dawn": "at dawn", "dusk": "at dusk", "night": "at night"}


def _a(words: str) -> str:
    return f"an {words}" if words[:1] in "aeiou" else f"a {words}"


def _wardrobe(garments: tuple[Garment, ...]) -> str:
    return " and ".join(_a(f"{g.colour} {g.item}") for g in garments)


def appearance(subject: SubjectFacts) -> str:
    """'a red fox with a blue scarf'."""
    dressed = f" with {_wardrobe(subject.wardrobe)}" if subject.wardrobe else ""
    return _a(f"{subject.colour} {subject.species}{dressed}")


def _subject(subject: SubjectFacts, terse: bool) -> str:
    handle = f"@{subject.entity}"
    look = handle if terse else f"{handle} {appearance(subject)}"
    to = {"left": " to the left", "right": " to the right"}.get(subject.direction, "")
    return f"{look} {subject.action}{to}"


def _prop(prop: PropFacts) -> str:
    return f"@{prop.entity} {_a(f'{prop.colour} {prop.kind}')} {prop.motion}"


def caption(facts: SceneFacts, variant: int = 0) -> str:
    """The dense caption of a shot. ``variant`` 0 is canonical; 1..3 are paraphrases (2 is terse)."""
    terse = variant == 2
    who = ", ".join([*(_subject(s, terse) for s in facts.subjects), *(_prop(p) for p in facts.props)])
    who = who or "an empty place"
    where = f"{facts.setting} {_TIME.get(facts.time, facts.time)}{_WEATHER.get(facts.weather, ' ' + facts.weather)}"
    look = f"{facts.mood} mood, {facts.style} style"
    lens = f"{facts.size} shot, {facts.camera}"
    if variant == 1:
        return f"{where}: {who}; {lens}; {look}"
    if variant == 3:
        return f"{lens}, {look}. in the {where}, {who}"
    return f"{who} in the {where}; {look}; {lens}"


def sheet_caption(subject: SubjectFacts, style: str) -> str:
    """Asks for the character alone on a plain ground."""
    return f"character sheet: {appearance(subject)}; {style} style"


def plate_caption(facts: SceneFacts) -> str:
    """Asks for the empty place in its light."""
    empty = {"subjects": (), "props": (), "size": "wide", "camera": "static"}
    return "plate: " + caption(facts.model_copy(update=empty))
