"""Edits of a production: what a sentence would change, which shots go stale, and what stays as it was filmed.

A shot is stale when its Conditioning is not the one that its accepted take was asked for with. Staleness is
worked out on reading, from the takes of the versions that led to a story, and never stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from agent.context import Crew
from agent.folder.files import STORY, write_json
from agent.folder.report import PlannerReport, StageSeconds
from agent.graph.nodes.cast import parts
from agent.graph.nodes.plan import planned_facts
from agent.graph.nodes.review import put_in
from agent.graph.state import State, story_of, takes_of
from memory import StoryRow
from omni_model.spec.conditioning import Conditioning
from planner.compile.instruct import instruction
from planner.compile.redraw import drawn_over
from planner.compile.shot import compile_shot
from planner.edit import apply, read
from planner.film.lowering import CompiledShot, Lowering
from planner.llm.base import LanguageModel
from planner.story.patch import FILM, Operation, Patch
from planner.story.story import Character, EntityReference, Location, Shot, Story


class Version(NamedTuple):
    """A version of the story, the patch that made it, and how far its production is."""

    number: int
    story: Story
    patch: Patch | None
    state: State


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


def lineage(
    crew: Crew, state_of: Callable[[int], State], versions: Sequence[StoryRow], version: int
) -> tuple[Version, ...]:
    """A version and those that it came from, the latest first."""
    rows = {row.version: row for row in versions}
    line: list[Version] = []
    at: int | None = version
    while at is not None:
        row = rows[at]
        patch = Patch.model_validate(row.provenance["patch"]) if "patch" in row.provenance else None
        line.append(Version(at, Story.model_validate(crew.memory.story(at)), patch, state_of(at)))
        at = row.parent
    return tuple(line)


def propose(
    text: str, line: Sequence[Version], crew: Crew, *, duration: float | None = None, images: Mapping[str, str] = {}
) -> Proposal:
    """What a sentence does to the current version, the first of ``line``."""
    now = line[0].story
    past = [v.patch for v in reversed(line) if v.patch is not None]
    patch = read(text, now, past)
    llm = crew.llm() if patch.question else None
    patch = read(text, now, past, llm) if llm else patch
    if duration is not None:
        longer = Operation(op="set", field="duration", value=float(duration), reason=f"{duration:g} s are asked for")
        patch = patch.model_copy(update={"operations": (*patch.operations, longer), "question": ""})
    done = apply(now, patch, crew.generator.capabilities, [v.story for v in line[1:]])
    story, shown = with_pictures(done.story, images)
    patch = patch.model_copy(update={"assumptions": (*patch.assumptions, *done.assumptions)[:32]})
    kept = carried(story, line, crew)
    stale = tuple(shot.id for _, shot in story.shots if shot.id not in kept["accepted"])
    cost = _cost(story, stale, line, crew)
    return Proposal(patch, story, (*done.lowering, *shown), stale, cost, _reader(llm, asked=bool(patch.question)))


def carried(story: Story, line: Sequence[Version], crew: Crew) -> State:
    """The state in which a version's production begins: what stands of earlier ones, and what may be edited.

    Of each shot, the latest version whose accepted take was asked for as this story asks for it gives its
    takes; a shot without one is rendered, where the generator can, as an edit of its last accepted take.
    """
    begin: State = {"planned": {}, "takes": {}, "accepted": {}, "sources": {}}
    for _, shot in story.shots:
        compiled = compile_shot(story, shot.id, crew.generator.capabilities, crew.pins, seed=story.seed)
        filmed = [v.state for v in line if shot.id in v.state.get("accepted", {})]
        same = next((s for s in filmed if _stands(shot, compiled, s, begin, crew)), None)
        if same is not None:
            begin["planned"][shot.id] = same["planned"][shot.id]
            takes = [take.model_copy(update={"reused": True}) for take in takes_of(same, shot.id)]
            begin["takes"][shot.id] = [take.model_dump(mode="json") for take in takes]
            begin["accepted"][shot.id] = same["accepted"][shot.id]
        elif filmed:
            row = crew.on_record(filmed[0]["accepted"][shot.id], shot.id)
            begin["sources"][shot.id] = {"clip": row.clip, "compiled": filmed[0]["planned"][shot.id]["compiled"]}
    return begin


def _stands(shot: Shot, compiled: CompiledShot, state: State, begin: State, crew: Crew) -> bool:
    """Whether a shot's accepted take of an earlier production is the one that is asked for now."""
    planned = state["planned"][shot.id]
    asked = crew.gallery.document(planned["compiled"], CompiledShot).conditioning
    if _bare(asked) != _bare(compiled.conditioning) or crew.digest(asked) != planned["digest"]:
        return False
    before = {clip.clip for clip in asked.context if clip.role == "continue"}
    if shot.continues is None or not before:
        return True
    source = begin["accepted"].get(shot.continues)
    return source is not None and crew.on_record(source, shot.continues).clip in before


def _bare(conditioning: Conditioning) -> Conditioning:
    """What a story asks for, without the clips that a take was made from."""
    return conditioning.model_copy(update={"context": (), "instruction": None})


def as_edit(compiled: CompiledShot, source: Mapping[str, str], crew: Crew) -> CompiledShot:
    """The shot as an edit of an accepted take, where that says all that is different; else as it is."""
    before = crew.gallery.document(source["compiled"], CompiledShot)
    said = instruction(before, compiled)
    return drawn_over(compiled, source["clip"], said, crew.generator.capabilities) if said else compiled


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


def restore(state: State, crew: Crew) -> None:
    """Makes memory and story.json those of a finished production: its takes are in force again."""
    story = story_of(state, crew.memory)
    write_json(crew.folder / STORY, story)
    crew.memory.ledger.plan(planned_facts(story, crew.generator.capabilities))
    for _, shot in story.shots:
        digest = state["accepted"][shot.id]
        held = crew.memory.accepted(shot.id)
        if held is None or held.digest != digest:
            put_in(shot, crew.on_record(digest, shot.id), state, crew)


def _cost(story: Story, stale: Sequence[str], line: Sequence[Version], crew: Crew) -> float | None:
    """Seconds to render what is stale and to cut the film, as the latest production that rendered something took."""
    if not stale:
        return 0.0
    fps = crew.generator.capabilities.fps
    frames = sum(round(shot.duration * fps) for _, shot in story.shots if shot.id in stale)
    wanted = {(p.entity, p.role, p.key) for p in parts(story, crew.generator.capabilities)}
    pictures = sum(crew.pins(*part) is None for part in wanted)
    for version in line:
        spent = StageSeconds.model_validate(version.state.get("seconds", {}))
        rendered = _frames_rendered(version, fps)
        if rendered and spent.render:
            made = len(parts(version.story, crew.generator.capabilities))
            shots = (spent.render + spent.review) / rendered * frames
            return round(shots + spent.cast / made * pictures + spent.cut, 1)
    return None


def _frames_rendered(version: Version, fps: float) -> int:
    """Frames of the shots that a production rendered, each counted once however many takes it needed."""
    rendered = {
        shot for shot in version.state.get("takes", {}) if any(not t.reused for t in takes_of(version.state, shot))
    }
    return sum(round(shot.duration * fps) for _, shot in version.story.shots if shot.id in rendered)


def _reader(llm: LanguageModel | None, *, asked: bool) -> PlannerReport:
    """Who read a sentence; ``asked`` in vain, where there was no model to ask."""
    if llm is None:
        return PlannerReport(backend="rules", model="", degraded=asked)
    return PlannerReport(backend=llm.backend, model=llm.model, degraded=False)
