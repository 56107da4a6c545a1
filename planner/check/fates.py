"""The fate of every demand: what became of each thing that a person asked for. None is lost in silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from omni_model.spec.conditioning import Capabilities, Frozen
from planner.check.form import broken
from planner.film.lowering import Lowering
from planner.story.brief import Demand, Form, Never, Number, Person, Place, Setting, Speech, Thing
from planner.story.story import Story

Outcome = Literal["shown", "approximated", "refused", "lost"]


class Fate(Frozen):
    """What became of one demand."""

    number: Number
    words: str
    outcome: Outcome
    """'shown': seen or heard as asked for, or, of what must never be, kept out; 'lost': nothing of it is in the film,
    and nothing says why."""
    shots: tuple[str, ...] = ()
    detail: str = ""


def fates(story: Story, capabilities: Capabilities, lowerings: Sequence[Lowering] = ()) -> tuple[Fate, ...]:
    """The fate of every demand of the story's brief, by number. ``lowerings`` say what the generator cannot draw."""
    if story.brief is None:
        return ()
    return tuple(_fate(demand, story, capabilities, lowerings) for demand in story.brief.all)


def _fate(demand: Demand, story: Story, capabilities: Capabilities, lowerings: Sequence[Lowering]) -> Fate:
    if isinstance(demand, Form):
        return _of_form(demand, story, capabilities)
    if isinstance(demand, Never):
        return _of_never(demand, story)
    shots = _shots(demand, story)
    if not shots:
        return _made(demand, "lost", detail="it is in no shot")
    losses = [found for found in lowerings if found.outcome != "honoured" and _is_about(found, demand)]
    if not losses:
        return _made(demand, "shown", shots)
    worst: Literal["refused", "approximated"] = (
        "refused" if all(x.outcome == "refused" for x in losses) else "approximated"
    )
    return _made(demand, worst, shots, "; ".join(dict.fromkeys(found.detail for found in losses)))


def _of_form(demand: Form, story: Story, capabilities: Capabilities) -> Fate:
    wrong = broken(story, demand, capabilities)
    if wrong is None:
        return _made(demand, "refused", detail=f"no rule of this program can keep it: {demand.rule}: {demand.value}")
    return _made(demand, "refused", detail=wrong) if wrong else _made(demand, "shown")


def _of_never(demand: Never, story: Story) -> Fate:
    """What must never be seen is kept out; where it is staged all the same, that is a fault and is said."""
    shown = [shot.id for _, shot in story.shots if any(staging.entity in demand.ids for staging in shot.staging)]
    return _made(demand, "lost", tuple(shown), "it is seen") if shown else _made(demand, "shown")


def _shots(demand: Demand, story: Story) -> tuple[str, ...]:
    """The shots in which a demand is seen or heard."""
    match demand:
        case Person(seen=True) | Thing() if not _is_hidden(demand.id, story):
            return tuple(s.id for _, s in story.shots if any(staging.entity == demand.id for staging in s.staging))
        case Place():
            return tuple(shot.id for scene, shot in story.shots if scene.location == demand.id)
        case Speech():
            return tuple(s.id for _, s in story.shots if any(line.text == demand.text for line in s.dialogue))
        case Setting():
            held = set(demand.events)
            return tuple(shot.id for _, shot in story.shots if demand.number in shot.serves or (held & {*shot.serves}))
        case _:
            return tuple(shot.id for _, shot in story.shots if demand.number in shot.serves)


def _is_hidden(entity: str, story: Story) -> bool:
    """Whether somebody or something must never be seen, so that what serves it are its traces."""
    return story.brief is not None and any(entity in never.ids for never in story.brief.never)


def _is_about(lowering: Lowering, demand: Demand) -> bool:
    path = lowering.directive.split(":", 1)[0].split(".")
    return isinstance(demand, Person | Thing | Place) and demand.id in path


def _made(demand: Demand, outcome: Outcome, shots: tuple[str, ...] = (), detail: str = "") -> Fate:
    return Fate(number=demand.number, words=demand.words, outcome=outcome, shots=shots, detail=detail)
