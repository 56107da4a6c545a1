"""One operation of a patch at work: which shots it may change, and what it assumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omni_model.spec.conditioning import Capabilities
from planner.edit.apply.cast import is_like
from planner.edit.apply.refusal import CannotApply
from planner.story.patch import Operation, Patch, Protected, shots_matching
from planner.story.story import Story

#: Fields that belong to a character or prop, not to a picture as a whole.
OF_ENTITIES = frozenset(
    {"wardrobe", "colour", "kind", "name", "features", "cast", "prop", "action", "position", "dialogue"}
)
#: Fields that a change of another works on.
_SHOWN_BY = {"light": "time", "pace": "duration"}


class Work:
    """One operation at work: the shots that it may change, and what it assumes."""

    def __init__(
        self, operation: Operation, patch: Patch, story: Story, capabilities: Capabilities, before: Sequence[Story]
    ) -> None:
        self.operation, self.story, self.capabilities, self.before = operation, story, capabilities, before
        self.assumptions: list[str] = []
        self.entity = operation.scope.entity
        self.asked = tuple(shot.id for _, shot in shots_matching(story, _shown(operation)))
        self.kept = {i for i in self.asked if _is_kept(story, i, operation, patch.protected)}
        self.ids = tuple(i for i in self.asked if i not in self.kept)
        """The shots to change, in film order."""

    @property
    def text(self) -> str:
        """The value as words. Raises CannotApply when there is none."""
        if self.operation.value is None or self.operation.value == "":
            raise CannotApply(f"no {self.operation.field} is given")
        return str(self.operation.value)

    def one(self) -> str:
        """Whom the operation is about. Raises CannotApply."""
        known = {c.id for c in self.story.cast} | {p.id for p in self.story.props}
        if self.entity is None or self.entity not in known:
            raise CannotApply(f"nobody is called {self.entity!r}" if self.entity else "nobody is named")
        return self.entity


def _shown(operation: Operation) -> Any:
    """The scope in which an operation looks for shots: newcomers are in none yet."""
    everywhere = operation.field in ("cast", "prop", "action", "dialogue", "position") and operation.op in (
        "add",
        "set",
    )
    lasting = operation.field == "wardrobe"
    return operation.scope.of(None) if everywhere or lasting else operation.scope


def _is_kept(story: Story, shot_id: str, operation: Operation, protected: Sequence[Protected]) -> bool:
    scene, shot = next(pair for pair in story.shots if pair[1].id == shot_id)
    if scene.lock or shot.lock:
        return True
    return any(_guards(story, shot_id, guard, operation) for guard in protected)


def _guards(story: Story, shot_id: str, guard: Protected, operation: Operation) -> bool:
    """Whether something protected would be touched in a shot."""
    covers = guard.field in ("all", operation.field, _SHOWN_BY.get(operation.field))
    if not covers:
        return False
    if guard.value is not None:
        same = operation.field == "wardrobe" and is_like(str(operation.value or ""), guard.value)
        return same and guard.scope.entity in (None, operation.scope.entity)
    here = any(shot.id == shot_id for _, shot in shots_matching(story, guard.scope.of(None)))
    if guard.scope.entity is None:
        return here
    if operation.field in OF_ENTITIES:
        return here and guard.scope.entity == operation.scope.entity
    return guard.field == operation.field and any(s.id == shot_id for _, s in shots_matching(story, guard.scope))
