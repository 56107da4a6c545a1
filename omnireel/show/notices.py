"""What was refused, approximated or left out, as lines: each fate once, with its reason and where it applies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from omnireel.show.lowerings import in_shots

if TYPE_CHECKING:
    from agent.folder.report import PlannerReport, PlanReport, Report
    from planner.film.lowering import Lowering

_NAMED = 2
"""Most values of directives that are named where several share a fate; more are counted."""
_LEDGER = ("shot.before", "shot.after")
"""Directives that are for the ledger, and that nobody expects to see drawn."""
_DIRECTORS = re.compile(r"shot\.description|scenes\.[^.]+\.beat|cast\.[^.]+\.wardrobe\.reason")
"""Directives in the director's words where the director planned: the fate of each of a person's words is said."""


class NoticeLine(NamedTuple):
    """One line for a person: what kind of news it is ('refused', 'approximated', 'note'), and the news."""

    label: str
    text: str
    where: str = ""
    """The shots that it concerns; empty: the film."""


def of_plan(plan: PlanReport) -> Iterator[NoticeLine]:
    """What a plan cannot do as it was asked, what is refused first."""
    yield from shortfalls(
        plan.planner.lowering,
        {s: [f for f in _asked_for(plan.planner, fates) if _is_due(f)] for s, fates in plan.lowering.items()},
    )
    yield from _notes(plan.planner)


def of_film(report: Report) -> Iterator[NoticeLine]:
    """What a film does not show as it was asked, and which models did not answer."""
    yield from shortfalls(
        report.planner.lowering, {shot.id: _asked_for(report.planner, shot.lowering) for shot in report.shots}
    )
    yield from _notes(report.planner)
    for name, why in report.eyes.failures.items() if report.eyes else ():
        yield NoticeLine("note", f"the photograph of @{name} was not read: {why}")
    for failure in report.judge.failures if report.judge else ():
        yield NoticeLine("note", unanswered(failure.shot, failure.dimension, failure.why))


def unanswered(shot: str, dimension: str, why: str) -> str:
    """What is said of a question that the judge did not answer."""
    return f"{shot}: {dimension} was not answered: {why}"


def planned_by(planner: PlannerReport) -> str:
    """Who planned, and whether some or all of it was done by rules because no language model could."""
    said = f"planned by {planner.backend} {planner.model}".rstrip()
    short = "no language model" if planner.backend == "rules" else "in part by rules: the language model failed"
    return f"{said} ({short})" if planner.degraded else said


def _notes(planner: PlannerReport) -> Iterator[NoticeLine]:
    return (NoticeLine("note", note) for note in planner.notes)


def shortfalls(of_story: Iterable[Lowering], of_shots: Mapping[str, Sequence[Lowering]]) -> Iterator[NoticeLine]:
    """Every fate that is not 'honoured', once. Of a story's fate and a shot's with the same reason the story's stands;
    directives of one kind that share their fate and reason share a line."""
    grouped: dict[tuple[str, str, str], tuple[dict[str, None], dict[str, None]]] = {}
    reasons: set[tuple[str, str]] = set()
    for lowering in of_story:
        reasons.add((lowering.outcome, lowering.detail))
        grouped.setdefault(_fate(lowering), ({}, {}))[0][_value(lowering)] = None
    for shot, lowerings in of_shots.items():
        for lowering in lowerings:
            if (lowering.outcome, lowering.detail) not in reasons or not lowering.detail:
                values, shots = grouped.setdefault(_fate(lowering), ({}, {}))
                values[_value(lowering)] = None
                shots[shot] = None
    for outcome in ("refused", "approximated"):
        for (fate, kind, detail), (values, shots) in grouped.items():
            if fate == outcome:
                where = in_shots(list(shots), len(of_shots)) if shots else ""
                yield NoticeLine(fate, _joined(kind, list(values), detail), where)


def _asked_for(planner: PlannerReport, lowerings: Iterable[Lowering]) -> list[Lowering]:
    """The fates of directives that a person may have given: all of a storyboard's but those for the ledger."""
    written = planner.backend == "storyboard"
    seen = (fate for fate in lowerings if not fate.directive.startswith(_LEDGER))
    return [fate for fate in seen if written or not _DIRECTORS.match(fate.directive)]


def _is_due(lowering: Lowering) -> bool:
    """Whether a plan can say it already: what is told in words until it is cast will be shown by its picture."""
    return lowering.outcome == "refused" or not lowering.directive.startswith("reference.")


def _fate(lowering: Lowering) -> tuple[str, str, str]:
    kind = lowering.directive.partition(": ")[0]
    return lowering.outcome, re.sub(r"^scenes\.[^.]+", "scene", kind), lowering.detail


def _value(lowering: Lowering) -> str:
    return lowering.directive.partition(": ")[2]


def _joined(kind: str, values: Sequence[str], detail: str) -> str:
    named = ", ".join(values) if len(values) <= _NAMED else f"{len(values)} of them"
    return ": ".join(part for part in (kind, named, detail) if part)
