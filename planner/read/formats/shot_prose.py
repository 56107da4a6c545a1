"""Stories told shot by shot in prose: what the files of ViMax and StoryMem have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from omni_model.spec.conditioning import Frozen
from planner.read.formats import prose
from planner.story.story import Character

Prose = Annotated[str, StringConstraints(max_length=8000, strip_whitespace=True)]


class SourceShot(Frozen, extra="ignore"):
    """A shot as prose."""

    shot_id: int | str
    first_frame: Prose
    video_prompt: Prose
    goes_on: bool = False
    """Whether it goes on from the shot before without a cut."""

    @property
    def text(self) -> str:
        """All of its prose."""
        return f"{self.first_frame}\n\n{self.video_prompt}".strip()

    @property
    def opening(self) -> str:
        """The prose of its first frame, or of all of it where that has none of its own."""
        return self.first_frame or self.video_prompt


class SourceScene(Frozen, extra="ignore"):
    """Shots that its author put together."""

    shots: Annotated[tuple[SourceShot, ...], Field(max_length=400)]


class Source(Frozen, extra="ignore"):
    """A story told shot by shot."""

    story_overview: Prose = ""
    consistency_type: str = ""
    scenes: Annotated[tuple[SourceScene, ...], Field(max_length=200)]

    @property
    def shots(self) -> list[SourceShot]:
        """Every shot in order."""
        return [shot for scene in self.scenes for shot in scene.shots]


@dataclass(frozen=True)
class SourceRole:
    """One of the cast as the prose calls it."""

    name: str
    kind: str
    calls: re.Pattern[str]
    character: str = ""
    """The id of who is called so, where that is known."""

    @property
    def id(self) -> str:
        """The id of the character."""
        return self.character or prose.slug(self.name)

    @classmethod
    def of(cls, character: Character) -> SourceRole:
        """The role of a character who is called by name or kind."""
        calls = "|".join(dict.fromkeys(re.escape(word) for word in (character.name, character.kind)))
        return cls(character.name, character.kind, re.compile(rf"\b(?:{calls})s?\b", re.I), character.id)
