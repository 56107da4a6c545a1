"""Edits: a sentence about a story becomes a :class:`planner.story.patch.Patch`, and the patch a new story."""

from __future__ import annotations

from planner.edit.apply.operations import Applied, apply
from planner.edit.read.understand import read

__all__ = ["Applied", "apply", "read"]
