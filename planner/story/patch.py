"""The patch: what a sentence does to a story. Typed operations over scopes, each with its reason. Plain JSON.

A scope is one short text, ``PLACE``, ``entity:ID`` or ``PLACE/entity:ID``, where PLACE is one of ``film``,
``opening``, ``ending``, ``act:N`` (1..3, thirds of the film), ``half:N`` (1, 2), ``scene:ID``, ``shot:ID`` and
``shots:ID..ID`` (both included). With an entity, a scope is every shot of the place that shows it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_serializer, model_validator

from omni_model.spec.conditioning import Frozen, Slug
from planner.story.story import FreeText, Scene, Shot, Story

Op = Literal["set", "lower", "add", "remove", "move", "swap", "merge", "undo"]
"""``lower`` asks for less of a mood; ``move`` puts a shot or scene behind the place that the value names; ``merge``
takes the cuts out between some shots."""

Aspect = Literal[
    "title", "style", "mood", "time", "weather", "light", "location", "pace", "duration",
    "camera", "size", "angle", "transition", "dialogue", "caption",
    "wardrobe", "colour", "kind", "name", "features", "cast", "prop", "action", "position", "shot", "scene", "picture",
    "sound", "all",
]  # fmt: skip
"""What an operation is about. ``features`` are looks that are no clothes (of somebody, with ``remove`` the one named);
``picture`` and ``sound`` are prose of what is seen and heard beside all that has a field of its own; ``all`` is
everything: for what is undone or protected."""

Where = Literal["film", "opening", "ending", "act", "half", "scene", "shot", "shots"]
PatchValue = float | Annotated[str, StringConstraints(max_length=4000)] | None

#: The opening and the ending are the first and last scene, but never more than this share of the shots.
END_SHARE = 0.4
_SCOPE = re.compile(
    r"(?:(?P<where>film|opening|ending|act|half|scene|shots?)(?::(?P<id>[a-z0-9_.-]{1,130}))?)?"
    r"(?:(?:^|(?<=.)/)entity:(?P<entity>[a-z0-9_-]{1,64}))?"
)


class Scope(Frozen):
    """Where in a film an operation works, and on whom. Written as text; see the module."""

    model_config = ConfigDict(json_schema_extra={"type": "string"})

    where: Where = "film"
    id: str = ""
    entity: Slug | None = None

    @model_validator(mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        found = _SCOPE.fullmatch(value)
        if not value or found is None:
            raise ValueError(f"{value!r} is no scope: write film, ending, scene:ID, shot:ID or entity:ID")
        return {"where": found["where"] or "film", "id": found["id"] or "", "entity": found["entity"]}

    @model_validator(mode="after")
    def _names_a_place(self) -> Scope:
        if bool(self.id) != (self.where in ("act", "half", "scene", "shot", "shots")):
            raise ValueError(f"the scope {self.where!r} {'needs an' if not self.id else 'has no'} id")
        if self.where == "shots" and self.id.count("..") != 1:
            raise ValueError("a scope of several shots is written shots:FIRST..LAST")
        if self.where in ("act", "half") and self.id not in ("1", "2", "3")[: 3 if self.where == "act" else 2]:
            raise ValueError(f"there is no {self.where} {self.id!r}")
        return self

    @model_serializer
    def __str__(self) -> str:
        place = f"{self.where}:{self.id}" if self.id else self.where
        if self.entity is None:
            return place
        return f"entity:{self.entity}" if place == "film" else f"{place}/entity:{self.entity}"

    def of(self, entity: str | None) -> Scope:
        """The same place, for ``entity``."""
        return self.model_copy(update={"entity": entity})


FILM = Scope()


class Operation(Frozen):
    """One change. ``value`` is a number of seconds, or words of the author's own language or of film grammar."""

    op: Op
    scope: Scope = FILM
    field: Aspect
    value: PatchValue = None
    reason: FreeText = ""
    """The words of the sentence that ask for it."""


class Protected(Frozen):
    """What must stay as it is: a field in a scope; with ``value``, this one thing of it (one garment)."""

    scope: Scope = FILM
    field: Aspect = "all"
    value: Annotated[str, StringConstraints(max_length=80)] | None = None


class Patch(Frozen):
    """What one sentence asks for. Either there is something to do, or there is a question."""

    operations: Annotated[tuple[Operation, ...], Field(max_length=64)] = ()
    protected: Annotated[tuple[Protected, ...], Field(max_length=16)] = ()
    assumptions: Annotated[tuple[FreeText, ...], Field(max_length=32)] = ()
    """What was decided without being said."""
    question: FreeText = ""
    """At most one, when what is meant matters and cannot be told."""

    @property
    def statements(self) -> tuple[Operation | Protected, ...]:
        """What it does and what it keeps."""
        return (*self.operations, *self.protected)


def shots_matching(story: Story, scope: Scope) -> tuple[tuple[Scene, Shot], ...]:
    """The shots of a scope in film order, with their scenes; none where the story has no such place."""
    place = _place(story, scope)
    if scope.entity is None:
        return place
    return tuple(pair for pair in place if any(s.entity == scope.entity for s in pair[1].staging))


def _place(story: Story, scope: Scope) -> tuple[tuple[Scene, Shot], ...]:
    shots = story.shots
    match scope.where:
        case "film":
            return shots
        case "opening":
            return shots[: _end_size(story, story.scenes[0])] if shots else ()
        case "ending":
            return shots[-_end_size(story, story.scenes[-1]) :] if shots else ()
        case "act" | "half":
            parts = 3 if scope.where == "act" else 2
            part = int(scope.id) - 1
            return shots[round(part * len(shots) / parts) : round((part + 1) * len(shots) / parts)]
        case "scene":
            return tuple(pair for pair in shots if pair[0].id == scope.id)
        case "shot":
            return tuple(pair for pair in shots if pair[1].id == scope.id)
        case "shots":
            first, last = scope.id.split("..")
            ids = [shot.id for _, shot in shots]
            return shots[ids.index(first) : ids.index(last) + 1] if {first, last} <= set(ids) else ()


def _end_size(story: Story, scene: Scene) -> int:
    return max(1, min(len(scene.shots), int(END_SHARE * len(story.shots))))
