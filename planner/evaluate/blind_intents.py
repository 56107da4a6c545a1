"""Stories that strangers asked for: what became of their demands, and what is in the films that nobody asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from omni_model.spec.conditioning import Capabilities
from planner.direct.plan import plan
from planner.evaluate import forms, novelty
from planner.evaluate.evidence import PlanEvidence
from planner.evaluate.fates import FATES, Fate, fate, is_broken, speakers_of
from planner.evaluate.rows import PlannerRow, row
from planner.evaluate.sets import Case
from planner.llm.base import LanguageModel
from planner.story.treatment import Treatment

LANGUAGES = {"en": "English", "ko": "Korean"}
KINDS = {"story": "stories", "form": "films of a form", "never": "films with what must not be seen"}


class JudgedIntent(NamedTuple):
    """One intent with its plan: a fate for every demand that asks for something, by kind, and shares of its shots."""

    case: Case
    fates: tuple[tuple[str, Fate], ...]
    nevers: int
    broken: int
    lines: int
    not_verbatim: int
    unknown: tuple[str, ...]
    """Rules of form that nobody here knows."""
    frames_off: int | None
    """Of the asked length; None where none was given with the intent."""
    shots: int
    unasked: int
    news: int
    stock: int
    changes: int
    varied: int
    """Cuts between shots of different lengths, among ``changes`` cuts."""
    evidence: PlanEvidence


def planned(case: Case, capabilities: Capabilities, llm: LanguageModel | None) -> PlanEvidence:
    """The plan of an intent, as a user would have it."""
    found = plan(case["text"], llm=llm, capabilities=capabilities, duration=case["seconds"])
    treatment: Treatment | None = getattr(found, "treatment", None)  # a plan without one says nothing of inventions
    inventions = [i.what for scene in treatment.scenes for i in scene.inventions] if treatment else []
    return PlanEvidence(found.story, found.lowering, capabilities, remarks=found.notes, inventions=inventions)


def judge_intent(case: Case, evidence: PlanEvidence) -> JudgedIntent:
    """What a plan makes of an intent."""
    demands = case["demands"]
    wanted = [d for d in demands if d["kind"] != "never"]
    nevers = [d for d in demands if d["kind"] == "never"]
    said = [d["signs"][0][0] for d in demands if d["kind"] == "said"]
    frames = sum(evidence.frames(s.shot.duration) for s in evidence.shots)
    cuts = novelty.varied(evidence.story)
    return JudgedIntent(
        case=case,
        fates=tuple((d["kind"], fate(d, case["text"], demands, evidence)) for d in wanted),
        nevers=len(nevers),
        broken=sum(is_broken(d, evidence) for d in nevers),
        lines=len(said),
        not_verbatim=sum(not speakers_of(line, evidence) for line in said),
        unknown=tuple(name for d in wanted for name in forms.unknown(d.get("check", {}))),
        frames_off=None if case["seconds"] is None else abs(frames - evidence.frames(case["seconds"])),
        shots=len(evidence.shots),
        unasked=sum(novelty.unasked(case["text"], evidence)),
        news=sum(novelty.news(evidence)),
        stock=sum(novelty.stale(evidence, novelty.stock())),
        changes=len(cuts),
        varied=sum(cuts),
        evidence=evidence,
    )


def figures(found: Sequence[JudgedIntent], failed: int = 0) -> list[PlannerRow]:
    """The rows of a set of judged intents; ``failed`` of the set could not be planned."""
    rows = []
    for language, name in LANGUAGES.items():
        some = [f for f in found if f.case["language"] == language]
        rows += _fates(f"strangers' demands, {name}", some, failed)
        for kind, told in KINDS.items():
            shown, *_, lost = _fates(f"strangers' demands, {name}, {told}", [f for f in some if f.case["kind"] == kind])
            rows += [shown, lost]
        nevers = sum(f.nevers for f in some)
        rows.append(_share(f"never to be seen, {name}: broken", sum(f.broken for f in some), nevers))
    return [*rows, *_pictures(found)]


def _fates(measure: str, found: Sequence[JudgedIntent], failed: int = 0) -> list[PlannerRow]:
    met = [one for f in found for _, one in f.fates]
    words = {"shown": "shown", "approximated": "approximated, with a reason", "refused": "refused by name"}
    return [_share(f"{measure}: {words.get(f, 'silently lost')}", met.count(f), len(met), failed) for f in FATES]


def _pictures(found: Sequence[JudgedIntent]) -> list[PlannerRow]:
    shots, cuts = sum(f.shots for f in found), sum(f.changes for f in found)
    recurring = novelty.recurring(f.evidence for f in found)
    again = sum(sum(novelty.stale(f.evidence, recurring)) for f in found)
    timed = [f.frames_off for f in found if f.frames_off is not None]
    lines = sum(f.lines for f in found)
    return [
        _share("shots with somebody or something that nobody asked for", sum(f.unasked for f in found), shots),
        _share("shots that show something new", sum(f.news for f in found), shots),
        _share("cuts between shots of different lengths", sum(f.varied for f in found), cuts),
        _share("shots with a stock phrase of 2026-12-01", sum(f.stock for f in found), shots),
        _share("shots with a phrase of three unrelated plans", again, shots),
        _share("lines not verbatim", sum(f.not_verbatim for f in found), lines),
        _share("films that miss their length by a frame", sum(1 for off in timed if off), len(timed)),
        row("rules of form that are not judged", float(sum(len(f.unknown) for f in found)), len(found)),
    ]


def _share(measure: str, count: int, of: int, failed: int = 0) -> PlannerRow:
    return row(measure, count / of if of else None, of, failed=failed)


def costs(llm: LanguageModel | None, calls: int, tokens: int, found: Sequence[JudgedIntent]) -> list[PlannerRow]:
    """What a model was asked a minute of film; none without one. ``calls`` and ``tokens`` were spent before."""
    if llm is None:
        return []
    minutes = sum(f.evidence.story.duration for f in found) / 60
    spent = llm.usage.prompt_tokens + llm.usage.completion_tokens - tokens
    return [
        row("calls of the model a minute of film", (llm.usage.calls - calls) / minutes, len(found)),
        row("tokens a minute of film", spent / minutes, len(found)),
    ]
