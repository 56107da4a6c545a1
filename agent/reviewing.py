"""Looking at what was rendered: accept a shot's best take, or ask for another."""

from __future__ import annotations

from dataclasses import replace

from agent.crew import Crew, Emit
from agent.events import ShotAccepted, TakeReviewed
from agent.findings import Shown
from agent.review import Review, Take
from agent.revise import revise
from agent.state import State, story_of, takes_of
from memory import FactRow, TakeRow
from omni_model.conditioning import Conditioning
from planner.lowering import CompiledShot
from planner.story import Shot


def review(state: State, crew: Crew, emit: Emit) -> State:
    """Reviews every take of the batch; each shot is then accepted or has another take asked for."""
    shots = {shot.id: shot for _, shot in story_of(state, crew.memory).shots}
    after: State = {
        **state,
        "takes": dict(state.get("takes", {})),
        "accepted": dict(state.get("accepted", {})),
        "retakes": list(state.get("retakes", [])),
    }
    for take in (Take.model_validate(item) for item in state["queue"]):
        after["takes"][take.shot] = [*after["takes"].get(take.shot, []), take.model_dump(mode="json")]
        found = _look(take, shots[take.shot], after, crew)
        emit(TakeReviewed(take.shot, take.attempt, take.digest, found.verdict, found.notes))
        again = _another(take, found, crew)
        if again is not None:
            after["retakes"].append(again.model_dump(mode="json"))
            continue
        best = _accept_best(shots[take.shot], after, crew)
        after["accepted"][take.shot] = best.digest
        doubts = review_of(best).notes
        emit(ShotAccepted(best.shot, best.digest, best.clip, doubts, len(after["accepted"]), len(shots)))
    return {"takes": after["takes"], "accepted": after["accepted"], "retakes": after["retakes"], "queue": []}


def review_of(row: TakeRow) -> Review:
    """The review that memory keeps of a take."""
    return Review.model_validate({"scores": row.scores, "notes": row.notes, "verdict": row.verdict})


def _look(take: Take, shot: Shot, state: State, crew: Crew) -> Review:
    """Reviews the take and keeps the review with it."""
    row = crew.on_record(take.digest, take.shot)
    found = crew.critic.review(_shown(row, shot, state, crew))
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


def _accept_best(shot: Shot, state: State, crew: Crew) -> TakeRow:
    """Accepts the best of the shot's takes."""
    rows = [crew.on_record(take.digest, take.shot) for take in takes_of(state, shot.id)]
    best = min(rows, key=lambda row: review_of(row).rank)
    put_in(shot, best, state, crew)
    return best


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
