"""From a request to a story that stands: planned or read, kept, and its facts entered in the ledger."""

from __future__ import annotations

import time
from typing import NamedTuple

from agent.context import Emit, ProductionContext
from agent.errors import NotPlanned
from agent.events import Notice, Planning, StoryPlanned
from agent.folder.files import STORY, write_json
from agent.folder.report import EyesReport, PlannerReport
from agent.folder.request import Request
from agent.graph.state import State
from agent.versions.carry import begin_rendition, planner_of_edit
from agent.versions.lineage import lineage
from agent.vision.sight import cached, read_photographs
from memory import RenditionRow, StoryRow
from planner.check.lint import lint
from planner.direct import plan as direct
from planner.llm import weights
from planner.story.story import EntityReference, Story


class _Planned(NamedTuple):
    """A story, who planned it, and who saw the pictures that it was planned from."""

    story: Story
    planner: PlannerReport
    eyes: EyesReport | None


def plan(state: State, context: ProductionContext, emit: Emit) -> State:
    """Begins the rendition that answers the request, unless it was begun; story.json says what it films."""
    rendition = context.rendition() or _begin(context, emit)
    story = context.story(rendition.version)
    if context.critic.digest == "measures":
        why = "the critic's network is not here, or does not know this generator's pictures"
        emit(Notice(f"{why}: takes are reviewed by plain measures alone"))
    write_json(context.folder / STORY, story)
    emit(StoryPlanned(story.title, len(story.shots), story.duration, rendition.version))
    return {"rendition": rendition.id}


def _begin(context: ProductionContext, emit: Emit) -> RenditionRow:
    """A story that an edit made is filmed as it is; another is planned for these makers."""
    began, current = time.monotonic(), context.memory.current()
    if current is not None and "patch" in current.provenance:
        return _begin_edited(current, context)
    request = context.request()
    if request is None:
        raise NotPlanned("there is no plan to show: say what to film first")
    planned = _planned(request, context, emit)
    with context.memory.transaction() as unit:
        version = unit.save_story(planned.story.model_dump(mode="json"), request.intent or "storyboard")
        rendition = begin_rendition(unit, context, version, planned.story, planned.planner, planned.eyes)
        unit.spend(rendition, "plan", time.monotonic() - began)
    return context.memory.rendition(rendition)


def _begin_edited(current: StoryRow, context: ProductionContext) -> RenditionRow:
    line = lineage(context, current.version)
    story = line[0].story
    with context.memory.transaction() as unit:
        planner = planner_of_edit(current.provenance)
        rendition = begin_rendition(unit, context, current.version, story, planner, None, line)
    return context.memory.rendition(rendition)


def _planned(request: Request, context: ProductionContext, emit: Emit) -> _Planned:
    eyes = read_photographs(request, context, emit)
    if request.storyboard is not None:
        story = context.gallery.document(request.storyboard, Story)
        return _Planned(story, _read(story, context, emit), eyes)
    opened = context.llm()
    llm = opened and cached(opened, context)
    if llm is None and request.llm == "auto":
        emit(Notice(f"planning by film grammar alone; {weights.status()}"))
    planned = direct.plan(
        request.intent,
        llm=llm,
        capabilities=context.generator.capabilities,
        duration=request.duration,
        seed=request.seed,
        references={name: EntityReference(image=context.gallery.still(i)) for name, i in request.images.items()},
        seen=eyes.photographs if eyes else {},
        keep=None if request.keep is None else context.gallery.document(request.keep, Story),
        progress=lambda step: emit(Planning(step)),
    )
    for fate in planned.lowering:
        if fate.outcome == "refused" and fate.directive.startswith("image"):
            emit(Notice(f"{fate.directive}: {fate.detail}"))
    return _Planned(planned.story, _report(planned), eyes)


def _report(planned: direct.Plan) -> PlannerReport:
    return PlannerReport(
        backend=planned.planner.backend,
        model=planned.planner.model,
        degraded=planned.planner.degraded,
        notes=planned.notes,
        lowering=planned.lowering,
    )


def _read(story: Story, context: ProductionContext, emit: Emit) -> PlannerReport:
    """A storyboard stays as its author wrote it; what lint finds is said, not mended."""
    notes = tuple(f"{found.place}: {found.message}" for found in lint(story, context.generator.capabilities))
    for note in notes:
        emit(Notice(note))
    return PlannerReport(backend="storyboard", model="", degraded=False, notes=notes)
