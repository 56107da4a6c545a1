"""Choosing what to render next, and rendering it."""

from __future__ import annotations

from collections.abc import Iterator

from agent.context import Crew, Emit
from agent.critic.review import Take
from agent.events import RenderProgress, TakeRendered
from agent.graph.state import State, story_of
from agent.versions.propose import as_edit
from memory import TakeRow
from omni_model.spec.conditioning import Conditioning
from planner.compile.shot import compile_shot, with_continuation
from planner.film.lowering import CompiledShot
from planner.story.story import Shot, Story


def select(state: State, crew: Crew, emit: Emit) -> State:
    """Settles the next batch: takes that review asked for, then shots whose dependencies are in."""
    story = story_of(state, crew.memory)
    asked = state.get("retakes", [])
    planned = dict(state.get("planned", {}))
    queue = asked[: crew.budget.batch]
    for shot in _ready(story, state):
        if len(queue) >= crew.budget.batch:
            break
        compiled = _compile(story, shot, state, crew)
        take = crew.take(shot.id, 0, compiled.conditioning)
        planned[shot.id] = {"compiled": crew.gallery.keep_document(compiled), "digest": take.digest}
        queue.append(take.model_dump(mode="json"))
    return {"queue": queue, "retakes": asked[crew.budget.batch :], "planned": planned}


def _ready(story: Story, state: State) -> Iterator[Shot]:
    """Shots without a take whose dependencies are accepted, in film order."""
    accepted, begun = state.get("accepted", {}), state.get("planned", {})
    for _, shot in story.shots:
        if shot.id not in begun and (shot.continues is None or shot.continues in accepted):
            yield shot


def _compile(story: Story, shot: Shot, state: State, crew: Crew) -> CompiledShot:
    """The shot as the generator is asked for it, after the pins and the take that it goes on from."""
    capabilities = crew.generator.capabilities
    compiled = compile_shot(story, shot.id, capabilities, crew.pins, seed=story.seed)
    if shot.continues is None or "continue" not in capabilities.context_roles:
        source = state.get("sources", {}).get(shot.id)
        return as_edit(compiled, source, crew) if source and "edit" in capabilities.context_roles else compiled
    row = crew.on_record(state["accepted"][shot.continues], shot.continues)
    return with_continuation(compiled, row.clip)


def render(state: State, crew: Crew, emit: Emit) -> State:
    """Renders the batch's takes that are not on record, all at once, and records them."""
    batch = [Take.model_validate(take) for take in state["queue"]]
    fresh = [take for take in batch if not take.reused]
    missing = any(crew.memory.take(take.digest, take.shot) is None for take in fresh)
    clips = _render(fresh, crew, emit) if missing else {}
    for take in batch:
        clip = clips.get(take.digest) or crew.on_record(take.digest, take.shot).clip
        if crew.memory.take(take.digest, take.shot) is None:
            conditioning = crew.gallery.document(take.conditioning, Conditioning).model_dump(mode="json")
            crew.memory.record_take(TakeRow(take.digest, take.shot, clip, conditioning, state["version"]))
        emit(TakeRendered(take.shot, take.attempt, take.digest, clip, take.reused))
    return {}


def _render(takes: list[Take], crew: Crew, emit: Emit) -> dict[str, str]:
    """Take digest -> digest of the rendered clip."""
    shots = tuple(take.shot for take in takes)
    batch = [crew.gallery.document(take.conditioning, Conditioning) for take in takes]
    clips = crew.generator.render(batch, crew.gallery, lambda done, total: emit(RenderProgress(shots, done, total)))
    kept = [crew.gallery.keep(clip) for clip in clips]
    return {take.digest: clip for take, clip in zip(takes, kept, strict=True)}
