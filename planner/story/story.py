"""The story: what a film is before a frame of it exists. Frozen, closed, bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from omni_model.spec.conditioning import Digest, Frozen, Slug
from planner.story.brief import Brief

Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
FreeText = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
Words = Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(gt=0.0, le=600.0)]

ShotSize = Literal["wide", "medium", "close"]
Angle = Literal["eye", "low", "high"]
Transition = Literal["cut", "continue", "dissolve", "fade"]


class Garment(Frozen):
    """A piece of wardrobe, in the author's words ('scarf', 'blue')."""

    item: Words
    colour: Words = ""


class WardrobeState(Frozen):
    """What a character wears from a shot on, and why it changed."""

    garments: Annotated[tuple[Garment, ...], Field(max_length=8)] = ()
    from_shot: Slug | None = None
    """None: from the beginning."""
    reason: Words = ""


class EntityReference(Frozen):
    """A picture the user gave for an entity, by the digest of its blob."""

    image: Digest
    role: Literal["sheet", "plate", "style"] = "sheet"


class Character(Frozen):
    """Static features never change; wardrobe states do, by shot."""

    id: Slug
    name: Name
    kind: Words
    """What it is, in the author's words ('fox', 'astronaut')."""
    colour: Words = ""
    features: FreeText = ""
    count: Annotated[int, Field(ge=1, le=100_000)] = 1
    """How many look like this and act together."""
    wardrobe: Annotated[tuple[WardrobeState, ...], Field(max_length=32)] = ()
    references: Annotated[tuple[EntityReference, ...], Field(max_length=8)] = ()


class Prop(Frozen):
    id: Slug
    name: Name
    kind: Words
    colour: Words = ""


class Location(Frozen):
    id: Slug
    name: Name
    kind: Words
    """The place in the author's words ('night forest')."""
    features: FreeText = ""
    references: Annotated[tuple[EntityReference, ...], Field(max_length=4)] = ()


class Staging(Frozen):
    """Where one character or prop is in a shot and what it does. Stage coordinates, feet at (x, y)."""

    entity: Slug
    x: Unit = 0.5
    y: Unit = 0.85
    height: Annotated[float, Field(gt=0.0, le=1.0)] = 0.4
    to_x: Unit | None = None
    """Where it ends up; None: it stays."""
    to_y: Unit | None = None
    action: Words = ""
    """In the author's words ('searches', 'is thrown')."""


class Fact(Frozen):
    """A world-state fact: 'ghost wears red hat', as (entity, attribute, value)."""

    entity: Slug
    attribute: Words
    value: Words


class Reason(Frozen):
    """Why a directive is as it is: the field, and what a director would say of it."""

    field: Words
    because: Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]


Reasons = Annotated[tuple[Reason, ...], Field(max_length=24)]


class Line(Frozen):
    """Something said."""

    speaker: Slug
    text: FreeText
    """Letter by letter, in the lines in which it was written."""
    cue: Annotated[str, StringConstraints(max_length=120, strip_whitespace=True)] = ""
    """The speaker as the script spells it ('ROBOT'); empty: by name."""


class Shot(Frozen):
    id: Slug
    duration: Seconds
    description: FreeText = ""
    """What happens, in the author's words; the content that later levels must keep."""
    picture: FreeText = ""
    """What the frame shows, in prose; empty: what the description and the staging say."""
    sound: FreeText = ""
    """What is heard besides what is said."""
    serves: Annotated[tuple[int, ...], Field(max_length=64)] = ()
    """Numbers of the brief's demands that are seen or heard in it."""
    size: ShotSize = "wide"
    angle: Angle = "eye"
    camera: Words = "static"
    """Camera move in film terms ('push in')."""
    staging: Annotated[tuple[Staging, ...], Field(max_length=16)] = ()
    dialogue: Annotated[tuple[Line, ...], Field(max_length=8)] = ()
    caption: FreeText = ""
    """Text shown with the shot (a title card or a subtitle)."""
    mood: Words = ""
    """Overrides the scene's mood."""
    transition: Transition = "cut"
    continues: Slug | None = None
    """The shot whose last frame this one goes on from, when the camera does not cut."""
    setup: Slug | None = None
    """Camera setup shared by shots that are taken from the same place."""
    before: Annotated[tuple[Fact, ...], Field(max_length=64)] = ()
    after: Annotated[tuple[Fact, ...], Field(max_length=64)] = ()
    lock: bool = False
    """Whether planning again leaves it as it is."""
    reasons: Reasons = ()


class Scene(Frozen):
    id: Slug
    location: Slug
    time: Words = "day"
    weather: Words = "clear"
    mood: Words = "calm"
    beat: FreeText = ""
    shots: Annotated[tuple[Shot, ...], Field(max_length=400)]
    lock: bool = False
    act: Annotated[int, Field(ge=1, le=9)] = 1
    reasons: Reasons = ()


class Story(Frozen):
    """A whole film. Every id is unique within its kind and every mention names something that exists."""

    id: Slug
    title: Name
    logline: FreeText = ""
    style: Words = "flat"
    style_notes: FreeText = ""
    target_duration: Annotated[float, Field(gt=0.0, le=7200.0)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    cast: Annotated[tuple[Character, ...], Field(max_length=64)] = ()
    props: Annotated[tuple[Prop, ...], Field(max_length=128)] = ()
    locations: Annotated[tuple[Location, ...], Field(max_length=128)] = ()
    scenes: Annotated[tuple[Scene, ...], Field(max_length=200)]
    brief: Brief | None = None
    """What was asked for; None where nobody's words were read, as for a storyboard."""
    reasons: Reasons = ()

    @property
    def entities(self) -> tuple[Character | Prop, ...]:
        """Everybody and everything that can be staged."""
        return (*self.cast, *self.props)

    @cached_property
    def shots(self) -> tuple[tuple[Scene, Shot], ...]:
        """Every shot in film order, with its scene."""
        return tuple((scene, shot) for scene in self.scenes for shot in scene.shots)

    @cached_property
    def order(self) -> dict[str, int]:
        """Where each shot stands in :attr:`shots`, by its id."""
        return {shot.id: at for at, (_, shot) in enumerate(self.shots)}

    @cached_property
    def continued(self) -> frozenset[str]:
        """The shots that another one goes on from without a cut."""
        return frozenset(shot.continues for _, shot in self.shots if shot.continues is not None)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other fields; what follows from the fields is found anew."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("shots", "order", "continued"):
            copied.__dict__.pop(name, None)
        return copied

    @property
    def duration(self) -> float:
        """Seconds of film: the sum of the shots."""
        return sum(shot.duration for _, shot in self.shots)

    @model_validator(mode="after")
    def _consistent(self) -> Story:
        _unique("character, prop", [c.id for c in self.cast] + [p.id for p in self.props])
        _unique("location", [place.id for place in self.locations])
        _unique("scene", [s.id for s in self.scenes])
        _unique("shot", [shot.id for _, shot in self.shots])
        entities = {c.id for c in self.cast} | {p.id for p in self.props}
        places = {place.id for place in self.locations}
        seen: set[str] = set()
        for scene, shot in self.shots:
            if scene.location not in places:
                raise ValueError(f"scene {scene.id!r} is set in unknown location {scene.location!r}")
            if unknown := {s.entity for s in shot.staging} - entities:
                raise ValueError(f"shot {shot.id!r} stages unknown {sorted(unknown)}")
            if unknown := {line.speaker for line in shot.dialogue} - {c.id for c in self.cast}:
                raise ValueError(f"shot {shot.id!r} has dialogue of unknown {sorted(unknown)}")
            if shot.continues is not None and shot.continues not in seen:
                raise ValueError(f"shot {shot.id!r} continues {shot.continues!r}, which is no earlier shot")
            seen.add(shot.id)
        for character in self.cast:
            for state in character.wardrobe:
                if state.from_shot is not None and state.from_shot not in seen:
                    raise ValueError(f"wardrobe of {character.id!r} starts at unknown shot {state.from_shot!r}")
        return self


def _unique(kind: str, ids: list[str]) -> None:
    if repeated := [i for i, count in Counter(ids).items() if count > 1]:
        raise ValueError(f"two of kind {kind} have the id {repeated[0]!r}")
