"""Looking at what was rendered: accept a shot's best take, or ask for another."""

from __future__ import annotations

from dataclasses import replace

from agent.context import Crew, Emit
from agent.critic.findings import Shown
from agent.critic.judge import Judge
from agent.critic.review import Comparison, Review, Take
from agent.critic.revise import revise
from agent.events import JudgeFailed, ShotAccepted, TakeReviewed, TakesCompared
from agent.graph.state import State, story_of, takes_of
from agent.vision.sight import judge_of
from memory import FactRow, TakeRow
from omni_model.spec.conditioning import Conditioning
from planner.film.lowering import CompiledShot
from planner.llm.base import LanguageModelError
from planner.story.story import Shot


def review(state: State, crew: Crew, emit: Emit) -> State:
    """Reviews every take of the batch; each shot is then accepted or has another take asked for."""
    shots = {shot.id: shot for _, shot in story_of(state, crew.memory).shots}
    after: State = {
        **state,
        "takes": dict(state.get("takes", {})),
        "accepted": dict(state.get("accepted", {})),
        "retakes": list(state.get("retakes", [])),
        "judged": {kind: list(said) for kind, said in state.get("judged", {}).items()},
    }
    judge = judge_of(state, crew)
    for take in (Take.model_validate(item) for item in state["queue"]):
        after["takes"][take.shot] = [*after["takes"].get(take.shot, []), take.model_dump(mode="json")]
        found = _look(take, shots[take.shot], after, crew, judge)
        _tell_failures(take, found, after, emit)
        emit(TakeReviewed(take.shot, take.attempt, take.digest, found.verdict, found.notes))
        again = _another(take, found, crew)
        if again is not None:
            after["retakes"].append(again.model_dump(mode="json"))
            continue
        best = _best(shots[take.shot], after, crew, emit, judge)
        put_in(shots[take.shot], best, after, crew)
        after["accepted"][take.shot] = best.digest
        doubts = review_of(best).notes
        emit(ShotAccepted(best.shot, best.digest, best.clip, doubts, len(after["accepted"]), len(shots)))
    return {
        "takes": after["takes"],
        "accepted": after["accepted"],
        "retakes": after["retakes"],
        "judged": after["judged"],
        "queue": [],
    }


def review_of(row: TakeRow) -> Review:
    """The review that memory keeps of a take."""
    return Review.model_validate({"scores": row.scores, "notes": row.notes, "verdict": row.verdict})


def _look(take: Take, shot: Shot, state: State, crew: Crew, judge: Judge | None) -> Review:
    """Reviews the take and keeps the review with it."""
    row = crew.on_record(take.digest, take.shot)
    found = crew.critic.review(_shown(row, shot, state, crew), judge)
    kept = found.model_dump(mode="json")
    crew.memory.record_take(replace(row, scores=kept["scores"], notes=kept["notes"], verdict=kept["verdict"]))
    return found


def _shown(row: TakeRow, shot: Shot, state: State, crew: Crew) -> Shown:
    """What the critic looks at: the take's frames beside what they should show."""
    compiled = crew.gallery.document(state["planned"][shot.id]["compiled"], CompiledShot)
    conditioning = Conditioning.model_validate(row.conditioning)
    before = state["accepted"].get(shot.continues or "")
    return Shown(
        facts=compiled.facts,
        conditioning=conditioning,
        frames=crew.gallery(row.clip),
        stills={(r.entity, r.role): crew.gallery(r.image) for r in reversed(conditioning.references)},
        before=crew.gallery(crew.on_record(before, shot.continues).clip) if before else None,
    )


def _another(take: Take, found: Review, crew: Crew) -> Take | None:
    """The next take to make, or None when this one stands or the budget is spent."""
    changed = revise(
        crew.gallery.document(take.conditioning, Conditioning),
        found,
        attempt=take.attempt,
        clip=crew.on_record(take.digest, take.shot).clip,
        budget=crew.budget,
        capabilities=crew.generator.capabilities,
        keyframes=crew.keyframes,
    )
    return None if changed is None else crew.take(take.shot, take.attempt + 1, changed)


def _tell_failures(take: Take, found: Review, state: State, emit: Emit) -> None:
    for failure in found.failures:
        emit(JudgeFailed(take.shot, take.attempt, failure.dimension, failure.why))
        told = {"shot": take.shot, "attempt": take.attempt, **failure.model_dump(mode="json")}
        state["judged"].setdefault("failures", []).append(told)


def _best(shot: Shot, state: State, crew: Crew, emit: Emit, judge: Judge | None) -> TakeRow:
    """The best of a shot's takes. Between those that the notes do not tell apart a judge decides, if it can."""
    rows = [crew.on_record(take.digest, take.shot) for take in takes_of(state, shot.id)]
    best, *others = sorted(rows, key=lambda row: review_of(row).rank)
    for rival in others:
        if judge is None or review_of(rival).rank[:2] != review_of(best).rank[:2]:
            break
        found = _compare(best, rival, shot, state, crew, judge)
        emit(TakesCompared(shot.id, found.first, found.second, found.outcome))
        state["judged"].setdefault("comparisons", []).append(found.model_dump(mode="json"))
        best = rival if found.outcome == "second" else best
    return best


def _compare(first: TakeRow, second: TakeRow, shot: Shot, state: State, crew: Crew, judge: Judge) -> Comparison:
    found = Comparison(shot=shot.id, first=first.digest, second=second.digest, outcome="failed")
    facts = _shown(first, shot, state, crew).facts
    try:
        outcome = judge.prefers(facts, crew.gallery(first.clip), crew.gallery(second.clip))
    except LanguageModelError as error:
        return found.model_copy(update={"why": str(error)})
    return found.model_copy(update={"outcome": outcome})


def put_in(shot: Shot, best: TakeRow, state: State, crew: Crew) -> None:
    """Makes a take the shot's own: its true frames enter the bank, what it shows the ledger."""
    crew.memory.accept(shot.id, best.digest)
    shown = _shown(best, shot, state, crew)
    for frame in crew.critic.keyframes(shown):
        image = crew.gallery.keep_still(frame.image)
        crew.memory.admit(frame.entity, shot.id, image, frame.fidelity, frame.threshold, frame.index)
    facts = [
        FactRow(s.entity, s.attribute, s.value, shot.id, evidence={"probability": round(s.probability, 4)})
        for s in crew.critic.see(shown)
    ]
    crew.memory.ledger.see(facts, [shot.id])
