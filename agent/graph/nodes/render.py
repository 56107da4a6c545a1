"""Choosing what to render next, and rendering it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from agent.context import Emit, ProductionContext
from agent.events import RenderProgress, TakeRendered
from agent.graph.state import State
from agent.versions.carry import as_edit
from memory import AttemptRow, SourceRow, TakeRow
from omni_model.spec.conditioning import Conditioning
from planner.compile.shot import compile_shot, with_continuation
from planner.film.lowering import CompiledShot
from planner.story.story import Shot, Story


class _Stage(NamedTuple):
    """What decides how a shot is asked for."""

    story: Story
    rendition: int
    accepted: Mapping[str, str]
    sources: Mapping[str, SourceRow]


def schedule(state: State, context: ProductionContext, emit: Emit) -> State:
    """Settles the next round: takes that review asked for, then shots whose dependencies are in.

    A round that is under way stays as it is, so that a killed production renders the same batch again.
    """
    rendition = state["rendition"]
    attempts = context.memory.attempts(rendition)
    under_way = [row.round for row in attempts if row.round and not row.decided]
    if under_way:
        return {"round": under_way[0]}
    waiting = [row for row in attempts if row.round is None][: context.budget.batch]
    fresh = _fresh(attempts, rendition, context, context.budget.batch - len(waiting))
    if not waiting and not fresh:
        return {"round": 0}
    number = max((row.round or 0 for row in attempts), default=0) + 1
    with context.memory.transaction() as unit:
        for row in waiting:
            unit.attempt(replace(row, round=number))
        for compiled in fresh:
            first = context.attempt(unit, rendition, compiled.shot, 0, compiled.conditioning, compiled)
            unit.attempt(replace(first, round=number))
    return {"round": number}


def round_of(context: ProductionContext, state: State) -> list[AttemptRow]:
    """The takes of the round under way, in the order of asking."""
    attempts = context.memory.attempts(state["rendition"])
    return [row for row in attempts if row.round == state["round"] and not row.decided]


def _fresh(
    attempts: Iterable[AttemptRow], rendition: int, context: ProductionContext, count: int
) -> list[CompiledShot]:
    """At most ``count`` first takes."""
    version = context.memory.rendition(rendition).version
    accepted, sources = context.memory.accepted_in(rendition), context.memory.sources(rendition)
    stage = _Stage(context.story(version), rendition, accepted, sources)
    ready = _ready(stage, {row.shot for row in attempts})
    return [_compile(shot, stage, context) for _, shot in zip(range(count), ready, strict=False)]


def _ready(stage: _Stage, begun: set[str]) -> Iterator[Shot]:
    """Shots without a take whose dependencies are accepted, in film order."""
    for _, shot in stage.story.shots:
        if shot.id not in begun and (shot.continues is None or shot.continues in stage.accepted):
            yield shot


def _compile(shot: Shot, stage: _Stage, context: ProductionContext) -> CompiledShot:
    """The shot as the generator is asked for it, after the pins and the take that it goes on from."""
    capabilities, story = context.generator.capabilities, stage.story
    compiled = compile_shot(story, shot.id, capabilities, context.pins(stage.rendition), seed=story.seed)
    if shot.continues is None or "continue" not in capabilities.context_roles:
        source = stage.sources.get(shot.id)
        return as_edit(compiled, source, context) if source and "edit" in capabilities.context_roles else compiled
    row = context.recorded_take(stage.accepted[shot.continues], shot.continues)
    return with_continuation(compiled, row.clip)


def render(state: State, context: ProductionContext, emit: Emit) -> State:
    """Renders the round's takes that are not on record, all at once, and records them in one transaction."""
    began, batch = time.monotonic(), round_of(context, state)
    fresh = [row for row in batch if not row.reused]
    missing = any(not context.has_take(row.digest, row.shot) for row in fresh)
    clips = _render(fresh, context, emit) if missing else {}
    takes = [_take_of(row, clips, state, context) for row in batch]
    with context.memory.transaction() as unit:
        for take in takes:
            unit.record_take(take)
        unit.spend(state["rendition"], "render", time.monotonic() - began)
    for row, take in zip(batch, takes, strict=True):
        emit(TakeRendered(row.shot, row.attempt, row.digest, take.clip, row.reused))
    return {"round": state["round"]}


def _take_of(row: AttemptRow, clips: Mapping[str, str], state: State, context: ProductionContext) -> TakeRow:
    """The take of an attempt: as it is recorded for the shot, with new frames where they were lost, or new."""
    known = context.memory.take(row.digest, row.shot)
    if known is not None and known.clip in context.memory.blobs:
        return known
    clip = clips.get(row.digest) or context.recorded_take(row.digest, row.shot).clip
    if known is not None:
        return replace(known, clip=clip)
    conditioning = context.gallery.document(row.conditioning, Conditioning).model_dump(mode="json")
    version = context.memory.rendition(state["rendition"]).version
    return TakeRow(row.digest, row.shot, clip, conditioning, version)


def _render(attempts: list[AttemptRow], context: ProductionContext, emit: Emit) -> dict[str, str]:
    """Take digest -> digest of the rendered clip."""
    shots = tuple(row.shot for row in attempts)
    batch = [context.gallery.document(row.conditioning, Conditioning) for row in attempts]
    clips = context.generator.render(
        batch, context.pixels, lambda done, total: emit(RenderProgress(shots, done, total))
    )
    kept = [context.gallery.keep(clip) for clip in clips]
    return {row.digest: clip for row, clip in zip(attempts, kept, strict=True)}
