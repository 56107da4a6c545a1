"""What a sentence would change, and which shots would be rendered for it; nothing is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.context import ProductionContext
from agent.folder.report import PlannerReport, StageSeconds
from agent.versions.carry import carry
from agent.versions.lineage import Version
from agent.versions.parts import missing, parts
from planner.edit import apply, read
from planner.film.lowering import Lowering
from planner.llm.base import LanguageModel
from planner.story.patch import FILM, Operation, Patch
from planner.story.story import Character, EntityReference, Location, Story


@dataclass(frozen=True)
class Proposal:
    """What a sentence would do, before anything is done."""

    patch: Patch
    story: Story
    lowering: tuple[Lowering, ...]
    stale: tuple[str, ...]
    """Shots that would be rendered, in film order."""
    predicted_seconds: float | None
    """To cast and render them, at the pace of the takes so far; None before anything was rendered."""
    reader: PlannerReport
    """Who read the sentence: a model is asked only what the rules cannot read."""

    @property
    def only_undoes(self) -> bool:
        """Whether it asks for nothing but the version before."""
        wanted = [(o.op, o.scope, o.field) for o in self.patch.operations]
        return wanted == [("undo", FILM, "all")]

    def as_json(self) -> dict[str, Any]:
        return {
            "patch": self.patch.model_dump(mode="json"),
            "lowering": [entry.model_dump(mode="json") for entry in self.lowering],
            "stale": list(self.stale),
            "predicted_seconds": self.predicted_seconds,
        }


def propose(
    text: str,
    line: Sequence[Version],
    context: ProductionContext,
    *,
    duration: float | None = None,
    images: Mapping[str, str] = {},
) -> Proposal:
    """What a sentence does to the current version, the first of ``line``."""
    now = line[0].story
    past = [v.patch for v in reversed(line) if v.patch is not None]
    patch = read(text, now, past)
    llm = context.llm() if patch.question else None
    patch = read(text, now, past, llm) if llm else patch
    if duration is not None:
        longer = Operation(op="set", field="duration", value=float(duration), reason=f"{duration:g} s are asked for")
        patch = patch.model_copy(update={"operations": (*patch.operations, longer), "question": ""})
    done = apply(now, patch, context.generator.capabilities, [v.story for v in line[1:]])
    story, shown = with_pictures(done.story, images)
    patch = patch.model_copy(update={"assumptions": (*patch.assumptions, *done.assumptions)[:32]})
    standing = carry(story, line, context).accepted
    stale = tuple(shot.id for _, shot in story.shots if shot.id not in standing)
    cost = _cost(story, stale, line, context)
    return Proposal(patch, story, (*done.lowering, *shown), stale, cost, _reader(llm, asked=bool(patch.question)))


def with_pictures(story: Story, images: Mapping[str, str]) -> tuple[Story, tuple[Lowering, ...]]:
    """The story with pictures added to the characters and places of their names."""
    fates: list[Lowering] = []
    for name, image in images.items():
        called = name.lstrip("@").strip().lower()
        named: tuple[Character | Location, ...] = (*story.cast, *story.locations)
        owner = next((e.id for e in named if called in (e.id, e.name.lower(), e.kind.lower())), None)
        detail = "" if owner else "nobody and no place in this story has that name"
        fates.append(Lowering(directive=f"image: @{called}", outcome="honoured" if owner else "refused", detail=detail))
        sheet, plate = EntityReference(image=image, role="sheet"), EntityReference(image=image, role="plate")
        cast = tuple(
            c.model_copy(update={"references": (sheet, *c.references)[:8]}) if c.id == owner else c for c in story.cast
        )
        places = tuple(
            p.model_copy(update={"references": (plate, *p.references)[:4]}) if p.id == owner else p
            for p in story.locations
        )
        story = story.model_copy(update={"cast": cast, "locations": places})
    return story, tuple(fates)


def _cost(story: Story, stale: Sequence[str], line: Sequence[Version], context: ProductionContext) -> float | None:
    """Seconds to render what is stale and to cut the film, as the latest production that rendered something took."""
    if not stale:
        return 0.0
    fps = context.generator.capabilities.fps
    frames = sum(round(shot.duration * fps) for _, shot in story.shots if shot.id in stale)
    pictures = missing(story, context)
    for version in line:
        spent = StageSeconds.model_validate(version.rendition.seconds if version.rendition else {})
        rendered = _frames_rendered(version, fps)
        if rendered and spent.render:
            made = len(parts(version.story, context.generator.capabilities)) or 1
            shots = (spent.render + spent.review) / rendered * frames
            return round(shots + spent.cast / made * pictures + spent.cut, 1)
    return None


def _frames_rendered(version: Version, fps: float) -> int:
    """Frames of the shots that a production rendered, each counted once however many takes it needed."""
    rendered = {shot for shot, rows in version.attempts.items() if any(not row.reused for row in rows)}
    return sum(round(shot.duration * fps) for _, shot in version.story.shots if shot.id in rendered)


def _reader(llm: LanguageModel | None, *, asked: bool) -> PlannerReport:
    """Who read a sentence; ``asked`` in vain, where there was no model to ask."""
    if llm is None:
        return PlannerReport(backend="rules", model="", degraded=asked)
    return PlannerReport(backend=llm.backend, model=llm.model, degraded=False)
