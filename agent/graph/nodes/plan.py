"""From a request to a story that stands: planned or read, kept, and its facts entered in the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from agent.context import Crew, Emit
from agent.events import Notice, Planning, StoryPlanned
from agent.folder.files import STORY, write_json
from agent.folder.report import EyesReport, PlannerReport
from agent.folder.request import Request
from agent.graph.state import State
from agent.vision.sight import kept, read_photographs
from memory import FactRow
from omni_model.spec.captions import SceneFacts
from omni_model.spec.conditioning import Capabilities
from planner.check.lint import lint
from planner.compile.shot import compile_shot
from planner.direct import plan as direct
from planner.llm import weights
from planner.story.story import EntityReference, Story


def plan(state: State, crew: Crew, emit: Emit) -> State:
    """The story of the request, kept as a version of memory and as story.json."""
    request = Request.model_validate(state["request"])
    eyes = read_photographs(request, crew, emit)
    story, record = _story(request, eyes, crew, emit)
    if crew.critic.digest == "measures":
        why = "the critic's network is not here, or does not know this generator's pictures"
        emit(Notice(f"{why}: takes are reviewed by plain measures alone"))
    version = request.version or crew.memory.save_story(story.model_dump(mode="json"), request.intent or "storyboard")
    crew.memory.ledger.plan(planned_facts(story, crew.generator.capabilities))
    write_json(crew.folder / STORY, story)
    emit(StoryPlanned(story.title, len(story.shots), story.duration, version))
    return {
        "version": version,
        "planner": record.model_dump(mode="json"),
        "eyes": None if eyes is None else eyes.model_dump(mode="json"),
    }


def _story(request: Request, eyes: EyesReport | None, crew: Crew, emit: Emit) -> tuple[Story, PlannerReport]:
    if request.version is not None:
        return _edited(request.version, crew)
    if request.storyboard is not None:
        return _read(crew.gallery.document(request.storyboard, Story), crew, emit)
    opened = crew.llm()
    llm = opened and kept(opened, crew)
    if llm is None and request.llm == "auto":
        emit(Notice(f"planning by film grammar alone; {weights.status()}"))
    planned = direct.plan(
        request.intent,
        llm=llm,
        capabilities=crew.generator.capabilities,
        duration=request.duration,
        seed=request.seed,
        references={name: EntityReference(image=crew.gallery.still(i)) for name, i in request.images.items()},
        seen=eyes.photographs if eyes else {},
        keep=None if request.keep is None else crew.gallery.document(request.keep, Story),
        progress=lambda step: emit(Planning(step)),
    )
    for fate in planned.lowering:
        if fate.outcome == "refused" and fate.directive.startswith("image"):
            emit(Notice(f"{fate.directive}: {fate.detail}"))
    record = PlannerReport(
        backend=planned.planner.backend,
        model=planned.planner.model,
        degraded=planned.planner.degraded,
        notes=planned.notes,
        lowering=planned.lowering,
    )
    return planned.story, record


def _edited(version: int, crew: Crew) -> tuple[Story, PlannerReport]:
    """A story that an edit made, with what the edit could not do."""
    made = next(row.provenance for row in crew.memory.versions() if row.version == version)
    record = PlannerReport.model_validate(
        made["reader"] | {"notes": made["patch"]["assumptions"], "lowering": made["lowering"]}
    )
    return Story.model_validate(crew.memory.story(version)), record


def _read(story: Story, crew: Crew, emit: Emit) -> tuple[Story, PlannerReport]:
    """A storyboard stays as its author wrote it; what lint finds is said, not mended."""
    found = lint(story, crew.generator.capabilities)
    notes = tuple(f"{finding.place}: {finding.message}" for finding in found)
    for note in notes:
        emit(Notice(note))
    return story, PlannerReport(backend="storyboard", model="", degraded=False, notes=notes)


def planned_facts(story: Story, capabilities: Capabilities) -> Iterator[FactRow]:
    """What every shot must show, in the words that the critic reads with."""
    for _, shot in story.shots:
        facts = compile_shot(story, shot.id, capabilities, lambda *_: None, seed=story.seed).facts
        for entity, attribute, value in _attributes(facts):
            yield FactRow(entity, attribute, value, shot.id)


def _attributes(facts: SceneFacts) -> Iterator[tuple[str, str, str]]:
    for kind in ("setting", "time", "weather", "mood", "style"):
        yield "scene", kind, getattr(facts, kind)
    for subject in facts.subjects:
        yield subject.entity, "species", subject.species
        yield subject.entity, "colour", subject.colour
