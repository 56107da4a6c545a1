"""What is wrong in a story, where, and what would mend it."""

from __future__ import annotations

from typing import Literal

from omni_model.spec.conditioning import Frozen
from planner.story.story import Scene, Shot, Staging

FindingSeverity = Literal["error", "warning"]
Rule = Literal[
    "whole-frames", "dialogue-too-long", "teleport", "overlap", "off-stage", "too-many-subjects",
    "goes-nowhere", "continues-elsewhere", "empty-scene", "unexplained-wardrobe", "repeated-description",
    "monotonous-coverage", "dead-acts", "prop-returns", "effect-before-cause", "time-runs-back", "broken-axis",
    "generic-phrase",
]  # fmt: skip


class FieldChange(Frozen):
    """A new value for a field of a shot, or of the staging of ``entity`` in it."""

    shot: str
    field: str
    value: float | str | None
    entity: str = ""


class Finding(Frozen):
    """One thing that is wrong in a story, and where. An error would be seen in the film."""

    rule: Rule
    place: str
    message: str
    severity: FindingSeverity = "error"
    changes: tuple[FieldChange, ...] = ()
    """What :func:`repair` does about it."""
    drop: str = ""
    """The scene that :func:`repair` leaves out."""
    unrepaired: str = ""
    """Why :func:`repair` leaves it to a person."""

    @property
    def fixable(self) -> bool:
        return bool(self.changes or self.drop)


def place_of(scene: Scene, shot: Shot) -> str:
    return f"scenes.{scene.id}.shots.{shot.id}"


def moves(shot: Shot, staging: Staging, values: dict[str, float]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(shot=shot.id, entity=staging.entity, field=field, value=value) for field, value in values.items()
    )


def end_of(staging: Staging) -> tuple[float, float]:
    x, y = staging.to_x, staging.to_y
    return (staging.x if x is None else x, staging.y if y is None else y)


def once(shot: Shot) -> list[Staging]:
    """The staging without second mentions of an entity, which nothing draws."""
    return list({s.entity: s for s in reversed(shot.staging)}.values())[::-1]
