"""The caption grammar: facts of a picture -> the dense captions that generators were trained on.

Both sides of training and planning meet here. The procedural world captions its clips with it, and
the planner's prompt enhancer writes with it, so what a planner asks is what a model has read.

Open weights were trained on prose: :func:`written` says the same facts in the manner of each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from omni_model.spec.conditioning import CaptionStyle, Frozen, Slug

Direction = Literal["", "left", "right", "toward", "away"]


class GarmentFacts(Frozen):
    item: str
    colour: str


class SubjectFacts(Frozen):
    """A visible character, in the generator's own words."""

    entity: Slug
    species: str
    colour: str
    wardrobe: tuple[GarmentFacts, ...] = ()
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

    @property
    def shown(self) -> tuple[SubjectFacts | PropFacts, ...]:
        """Whom and what sheets may show: subjects, then props."""
        return (*self.subjects, *self.props)


WEATHER_PHRASES = {"clear": "", "rain": " in the rain", "snow": " in falling snow", "fog": " in thick fog"}
"""How a caption says the weather, after the time."""
TIME_PHRASES = {"day": "by day", "dawn": "at dawn", "dusk": "at dusk", "night": "at night"}


def _a(words: str) -> str:
    return f"an {words}" if words[:1] in "aeiou" else f"a {words}"


def _wardrobe(garments: tuple[GarmentFacts, ...]) -> str:
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
    weather = WEATHER_PHRASES.get(facts.weather, f" {facts.weather}")
    where = f"{facts.setting} {TIME_PHRASES.get(facts.time, facts.time)}{weather}"
    look = f"{facts.mood} mood, {facts.style} style"
    lens = f"{facts.size} shot, {facts.camera}"
    if variant == 1:
        return f"{where}: {who}; {lens}; {look}"
    if variant == 3:
        return f"{lens}, {look}. in the {where}, {who}"
    return f"{who} in the {where}; {look}; {lens}"


def sheet_caption(shown: SubjectFacts | PropFacts, style: str) -> str:
    """Asks for a character, or a prop, alone on a plain ground."""
    look = appearance(shown) if isinstance(shown, SubjectFacts) else _a(f"{shown.colour} {shown.kind}")
    return f"character sheet: {look}; {style} style"


def plate_caption(facts: SceneFacts) -> str:
    """Asks for the empty place in its light."""
    empty = {"subjects": (), "props": (), "size": "wide", "camera": "static"}
    return "plate: " + caption(facts.model_copy(update=empty))


class Written(NamedTuple):
    """Writers of the prompts of shots, sheets and plates."""

    shot: Callable[[SceneFacts], str]
    sheet: Callable[[SubjectFacts, str], str]
    plate: Callable[[SceneFacts], str]


def written(style: CaptionStyle) -> Written:
    """The writers of a style. Wan reads who, where, light and lens; LTX what happens first, then the rest."""
    if style == "grammar":
        return Written(caption, sheet_caption, plate_caption)
    order = (_told_subjects, _told_place, _told_look, _told_lens)
    order = order if style == "wan" else (_told_lens, _told_subjects, _told_place, _told_look)
    return Written(
        lambda facts: " ".join(filter(None, (tell(facts) for tell in order))),
        lambda subject, look: (
            f"A character sheet of {appearance(subject)}: one whole figure stands alone and faces the camera on a "
            f"plain light grey background, evenly lit. {look} style."
        ),
        lambda facts: f"{_told_place(facts)} Nobody is there. {_told_look(facts)} Wide shot, static camera.",
    )


def _told_subjects(facts: SceneFacts) -> str:
    who = [f"{appearance(s)} {_subject(s, terse=True).removeprefix(f'@{s.entity} ')}" for s in facts.subjects]
    things = [_prop(p).removeprefix(f"@{p.entity} ") for p in facts.props]
    return _sentence(" and ".join([*who, *things]))


def _told_place(facts: SceneFacts) -> str:
    weather = WEATHER_PHRASES.get(facts.weather, f" with {facts.weather}")
    return _sentence(f"the place is {_a(facts.setting)} {TIME_PHRASES.get(facts.time, facts.time)}{weather}")


def _told_look(facts: SceneFacts) -> str:
    return _sentence(f"the mood is {facts.mood}") + " " + _sentence(f"{facts.style} style")


def _told_lens(facts: SceneFacts) -> str:
    return _sentence(f"{facts.size} shot, {facts.camera} camera")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""
