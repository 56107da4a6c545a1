"""Looking at what was rendered: each take is reviewed by itself; then shots are accepted, or asked for again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from agent.context import Emit, ProductionContext
from agent.critic.findings import ReviewInput
from agent.critic.judge import Judge
from agent.critic.review import Comparison, Review
from agent.critic.revise import revise
from agent.events import JudgeFailed, ShotAccepted, TakeReviewed, TakesCompared
from agent.graph.nodes.render import round_of
from agent.graph.state import ReviewTask, State
from agent.vision.sight import judge_of
from memory import Admission, AttemptRow, FactRow, TakeRow, Unit
from omni_model.spec.conditioning import Conditioning
from planner.film.lowering import CompiledShot
from planner.llm.base import LanguageModelError
from planner.story.story import Shot


class _Acceptance(NamedTuple):
    """Everything that is written when a take becomes its shot's own."""

    take: TakeRow
    frames: list[Admission]
    facts: list[FactRow]


def review(state: ReviewTask, context: ProductionContext, emit: Emit) -> State:
    """Reviews one take and keeps the review with it."""
    rendition = state["rendition"]
    row = next(row for row in context.memory.attempts(rendition) if row.id == state["attempt"])
    take = context.recorded_take(row.digest, row.shot)
    with context.device:
        began = time.monotonic()
        found = review_take(row, take, context)
    said = found.model_dump(mode="json")
    told = {"shot": row.shot, "attempt": row.attempt}
    with context.memory.transaction() as unit:
        unit.record_take(replace(take, scores=said["scores"], notes=said["notes"], verdict=said["verdict"]))
        for failure in found.failures:
            unit.judge(rendition, "failure", told | failure.model_dump(mode="json"))
        unit.spend(rendition, "review", time.monotonic() - began)
    for failure in found.failures:
        emit(JudgeFailed(row.shot, row.attempt, failure.dimension, failure.why))
    emit(TakeReviewed(row.shot, row.attempt, row.digest, found.verdict, found.notes))
    return {"reviewed": [row.id]}


def review_take(row: AttemptRow, take: TakeRow, context: ProductionContext) -> Review:
    """What the critic, and a judge where there is one, says of a take."""
    judge = judge_of(context.memory.rendition(row.rendition), context)
    return context.critic.review(_shown(row, take, context), judge)


def review_of(row: TakeRow) -> Review:
    """The review that memory keeps of a take."""
    return Review.model_validate({"scores": row.scores, "notes": row.notes, "verdict": row.verdict})


def decide(state: State, context: ProductionContext, emit: Emit) -> State:
    """In the order of asking, accepts each shot's best take or asks for another; a shot is one transaction."""
    version = context.memory.rendition(state["rendition"]).version
    shots = {shot.id: shot for _, shot in context.story(version).shots}
    for row in round_of(context, state):
        changed = next_take(row, context)
        if changed is None:
            _accept(row, shots, context, emit)
            continue
        with context.memory.transaction() as unit:
            compiled = context.gallery.document(row.compiled, CompiledShot)
            unit.attempt(context.attempt(unit, row.rendition, row.shot, row.attempt + 1, changed, compiled))
            unit.attempt(replace(row, decided=True))
    return {"round": state["round"]}


def next_take(row: AttemptRow, context: ProductionContext) -> Conditioning | None:
    """How the next take is asked for, or None when this one stands or the budget is spent."""
    take = context.recorded_take(row.digest, row.shot)
    return revise(
        context.gallery.document(row.conditioning, Conditioning),
        review_of(take),
        attempt=row.attempt,
        clip=take.clip,
        budget=context.budget,
        capabilities=context.generator.capabilities,
        keyframes=context.keyframes,
    )


def _accept(row: AttemptRow, shots: Mapping[str, Shot], context: ProductionContext, emit: Emit) -> None:
    """Accepts the best of a shot's takes: with its keyframes, its facts and the seconds, in one transaction."""
    began = time.monotonic()
    compared: list[Comparison] = []
    best = best_take(row, context, compared)
    for found in compared:
        emit(TakesCompared(row.shot, found.first, found.second, found.outcome))
    accepted = _acceptance(row, best, context)
    with context.memory.transaction() as unit:
        for found in compared:
            unit.judge(row.rendition, "comparison", found.model_dump(mode="json"))
        accept_take(unit, row.rendition, accepted)
        unit.attempt(replace(row, decided=True))
        unit.spend(row.rendition, "review", time.monotonic() - began)
    done = context.memory.accepted_in(row.rendition)
    emit(ShotAccepted(best.shot, best.digest, best.clip, review_of(best).notes, len(done), len(shots)))


def accept_take(unit: Unit, rendition: int, accepted: _Acceptance) -> None:
    """Makes a take the shot's own: its true frames enter the bank, what it shows the ledger."""
    take = accepted.take
    unit.accept(rendition, take.shot, take.digest)
    for frame in accepted.frames:
        unit.admit(frame)
    unit.observe(take.shot, take.digest, accepted.facts)


def best_take(row: AttemptRow, context: ProductionContext, compared: list[Comparison]) -> TakeRow:
    """The best of a shot's takes. Between those that the notes do not tell apart a judge decides, if it can.

    Its comparisons are added to ``compared``.
    """
    attempts = [one for one in context.memory.attempts(row.rendition) if one.shot == row.shot and one.id <= row.id]
    rows = [context.recorded_take(one.digest, one.shot) for one in attempts]
    best, *others = sorted(rows, key=lambda take: review_of(take).rank)
    judge = judge_of(context.memory.rendition(row.rendition), context)
    for rival in others:
        if judge is None or review_of(rival).rank[:2] != review_of(best).rank[:2]:
            break
        compared.append(_compare(best, rival, row, context, judge))
        best = rival if compared[-1].outcome == "second" else best
    return best


def _compare(first: TakeRow, second: TakeRow, row: AttemptRow, context: ProductionContext, judge: Judge) -> Comparison:
    found = Comparison(shot=row.shot, first=first.digest, second=second.digest, outcome="failed")
    facts = context.gallery.document(row.compiled, CompiledShot).facts
    try:
        outcome = judge.prefers(facts, context.frames(first), context.frames(second))
    except LanguageModelError as error:
        return found.model_copy(update={"why": str(error)})
    return found.model_copy(update={"outcome": outcome})


def _acceptance(row: AttemptRow, take: TakeRow, context: ProductionContext) -> _Acceptance:
    """What the critic finds worth keeping of a take; the stills are kept before the rows that name them."""
    shown = _shown(row, take, context)
    frames = [
        Admission(
            frame.entity, take.shot, take.digest, frame.index, context.gallery.keep_still(frame.image),
            frame.fidelity, frame.threshold, False, "",
        )
        for frame in context.critic.keyframes(shown)
    ]  # fmt: skip
    facts = [
        FactRow(s.entity, s.attribute, s.value, take.shot, evidence={"probability": round(s.probability, 4)})
        for s in context.critic.see(shown)
    ]
    return _Acceptance(take, frames, facts)


def _shown(row: AttemptRow, take: TakeRow, context: ProductionContext) -> ReviewInput:
    """What the critic looks at: the take's frames beside what they should show."""
    compiled = context.gallery.document(row.compiled, CompiledShot)
    conditioning = Conditioning.model_validate(take.conditioning)
    version = context.memory.rendition(row.rendition).version
    shot = next(shot for _, shot in context.story(version).shots if shot.id == row.shot)
    before = context.memory.accepted_in(row.rendition).get(shot.continues or "")
    return ReviewInput(
        facts=compiled.facts,
        conditioning=conditioning,
        frames=context.frames(take),
        stills={(r.entity, r.role): context.pixels(r.image) for r in reversed(conditioning.references)},
        before=context.frames(context.recorded_take(before, shot.continues)) if before else None,
    )
