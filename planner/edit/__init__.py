"""Edits: a sentence about a story that stands becomes a :class:`planner.patch.Patch`, and the patch a new story."""

from __future__ import annotations

from planner.edit.apply import Applied, apply
from planner.edit.read import read

__all__ = ["Applied", "apply", "read"]
