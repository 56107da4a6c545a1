"""Where a version comes from, and how far each of its forebears was filmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agent.context import ProductionContext
from memory import AttemptRow, RenditionRow
from planner.story.patch import Patch
from planner.story.story import Story


class Version(NamedTuple):
    """A version of the story, the patch that made it, and the rendition that shows most of it."""

    number: int
    story: Story
    patch: Patch | None
    rendition: RenditionRow | None
    accepted: Mapping[str, str]
    """shot -> digest of its accepted take."""
    attempts: Mapping[str, Sequence[AttemptRow]]
    """shot -> the takes that were asked for, first to last."""


def lineage(context: ProductionContext, version: int) -> tuple[Version, ...]:
    """A version and those that it came from, the latest first."""
    rows = {row.version: row for row in context.memory.versions()}
    line: list[Version] = []
    at: int | None = version
    while at is not None:
        patch = Patch.model_validate(rows[at].provenance["patch"]) if "patch" in rows[at].provenance else None
        rendition = rendition_of(context, at)
        accepted = context.memory.accepted_in(rendition.id) if rendition else {}
        line.append(Version(at, context.story(at), patch, rendition, accepted, attempts_of(context, rendition)))
        at = rows[at].parent
    return tuple(line)


def rendition_of(context: ProductionContext, version: int) -> RenditionRow | None:
    """The rendition to show of a version: by these makers, else the latest that was finished, else the latest."""
    rows = context.memory.renditions(version)
    return max(rows, key=lambda row: (row.makers == context.makers, bool(row.outputs), row.id), default=None)


def attempts_of(context: ProductionContext, rendition: RenditionRow | None) -> dict[str, list[AttemptRow]]:
    """shot -> the takes that a rendition asked for, first to last."""
    found: dict[str, list[AttemptRow]] = {}
    for row in context.memory.attempts(rendition.id) if rendition else ():
        found.setdefault(row.shot, []).append(row)
    return {shot: sorted(rows, key=lambda row: row.attempt) for shot, rows in found.items()}
