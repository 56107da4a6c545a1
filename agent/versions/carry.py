"""Beginning to film a version: what stands of earlier versions is carried over, the rest is stale.

A shot is stale when its Conditioning is not the one that its accepted take was asked for with. Staleness is
worked out from the takes of the versions that led to a story, and never stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.context import ProductionContext
from agent.folder.report import EyesReport, PlannerReport
from agent.versions.lineage import Version
from memory import AttemptRow, FactRow, RenditionRow, SourceRow, Unit
from memory.rows import JsonObject
from omni_model.spec.captions import SceneFacts
from omni_model.spec.conditioning import Capabilities, Conditioning
from planner.compile.instruct import instruction
from planner.compile.redraw import drawn_over
from planner.compile.shot import compile_shot
from planner.film.lowering import CompiledShot
from planner.story.story import Shot, Story


@dataclass
class Carried:
    """What stands of earlier renditions, and what a stale shot may be made from."""

    accepted: dict[str, str] = field(default_factory=dict)
    attempts: list[AttemptRow] = field(default_factory=list)
    sources: list[SourceRow] = field(default_factory=list)


def begin_rendition(
    unit: Unit,
    context: ProductionContext,
    version: int,
    story: Story,
    planner: PlannerReport,
    eyes: EyesReport | None,
    line: Sequence[Version] = (),
) -> int:
    """Begins to film a version by these makers, with all that stands of ``line``; returns the rendition's number."""
    carried = carry(story, line, context)
    row = RenditionRow(
        version,
        context.makers,
        context.generator_name,
        planner.model_dump(mode="json"),
        None if eyes is None else eyes.model_dump(mode="json"),
    )
    which = unit.begin_rendition(row)
    unit.plan_facts(version, planned_facts(story, context.generator.capabilities))
    for attempt in carried.attempts:
        unit.attempt(replace(attempt, rendition=which, reused=True, round=0, decided=True, id=0))
    for shot, digest in carried.accepted.items():
        unit.accept(which, shot, digest)
    for source in carried.sources:
        unit.keep_source(which, source)
    for pin in context.memory.pins(parent_of(line)) if parent_of(line) else ():
        unit.pin(which, pin)
    return which


def planner_of_edit(made: JsonObject) -> PlannerReport:
    """Who read the sentence that made a version, and what the edit could not do; ``made`` is its provenance."""
    said = {"notes": made["patch"]["assumptions"], "lowering": made["lowering"]}
    return PlannerReport.model_validate(made["reader"] | said)


def parent_of(line: Sequence[Version]) -> int | None:
    """The latest rendition of a line."""
    return next((version.rendition.id for version in line if version.rendition), None)


def carry(story: Story, line: Sequence[Version], context: ProductionContext) -> Carried:
    """What a story's rendition begins with.

    Of each shot, the latest version whose accepted take was asked for as this story asks for it gives its
    takes; a shot without one is rendered, where the generator can, as an edit of its last accepted take.
    """
    carried, pins = Carried(), context.pins(parent_of(line))
    for _, shot in story.shots:
        filmed = [version for version in line if shot.id in version.accepted]
        if not filmed:
            continue
        compiled = compile_shot(story, shot.id, context.generator.capabilities, pins, seed=story.seed)
        same = next((v for v in filmed if _stands(shot, compiled, v, carried.accepted, context)), None)
        if same is not None:
            carried.attempts += same.attempts[shot.id]
            carried.accepted[shot.id] = same.accepted[shot.id]
        else:
            row = context.recorded_take(filmed[0].accepted[shot.id], shot.id)
            carried.sources.append(SourceRow(shot.id, row.clip, filmed[0].attempts[shot.id][0].compiled))
    return carried


def _stands(
    shot: Shot, compiled: CompiledShot, version: Version, accepted: Mapping[str, str], context: ProductionContext
) -> bool:
    """Whether a shot's accepted take of an earlier version is the one that is asked for now."""
    first = version.attempts[shot.id][0]
    wanted = context.gallery.document(first.compiled, CompiledShot).conditioning
    if _bare(wanted) != _bare(compiled.conditioning) or context.digest(wanted) != first.digest:
        return False
    before = {clip.clip for clip in wanted.context if clip.role == "continue"}
    if shot.continues is None or not before:
        return True
    source = accepted.get(shot.continues)
    return source is not None and context.recorded_take(source, shot.continues).clip in before


def _bare(conditioning: Conditioning) -> Conditioning:
    """What a story asks for, without the clips that a take was made from."""
    return conditioning.model_copy(update={"context": (), "instruction": ""})


def as_edit(compiled: CompiledShot, source: SourceRow, context: ProductionContext) -> CompiledShot:
    """The shot as an edit of an accepted take, where that says all that is different; else as it is."""
    before = context.gallery.document(source.compiled, CompiledShot)
    said = instruction(before, compiled)
    return drawn_over(compiled, source.clip, said, context.generator.capabilities) if said else compiled


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
