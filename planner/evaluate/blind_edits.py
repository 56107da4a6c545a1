"""Sentences that strangers said of films, and what came of each: right, asked back, refused, or wrong in silence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from omni_model.spec.conditioning import Capabilities
from planner.edit import Applied, apply, read
from planner.edit.read.sentence import UNREAD
from planner.evaluate.gold import Versions, beside, disturbed, is_done, unjudged
from planner.evaluate.rows import PlannerRow, row
from planner.evaluate.sets import FOLDER, Case
from planner.llm.base import LanguageModel
from planner.read.formats.storyboard import loads
from planner.story.patch import Patch
from planner.story.story import Story

Outcome = Literal["right", "asked", "refused", "wrong"]

OUTCOMES: dict[Outcome, str] = {
    "right": "right", "asked": "asked back", "refused": "refused", "wrong": "wrong in silence",
}  # fmt: skip
LANGUAGES = {"en": "English", "ko": "Korean"}


class BlindEdit(NamedTuple):
    """How one sentence came out: what was missing, touched though it should stay, and changed beside."""

    case: Case
    outcome: Outcome
    missing: tuple[str, ...]
    touched: tuple[str, ...]
    beside: tuple[str, ...]
    seconds: float


@lru_cache(maxsize=16)
def blind_film(name: str) -> Story:
    """One of the films that the sentences are about."""
    return loads((FOLDER / "edits" / "films" / f"{name}.yaml").read_text("utf-8"), name=name)


def say(case: Case, capabilities: Capabilities, llm: LanguageModel | None) -> tuple[Patch, Applied, Story, float]:
    """What the sentence of a case does after those before it: patch, result, the story before, seconds."""
    story, past, versions = blind_film(case["film"]), list[Patch](), list[Story]()
    for sentence in case.get("before", ()):
        past.append(read(sentence, story, past, llm))
        versions.insert(0, story)
        story = apply(story, past[-1], capabilities, versions[1:]).story
    began = time.monotonic()
    patch = read(case["sentence"], story, past, llm)
    seconds = time.monotonic() - began
    return patch, apply(story, patch, capabilities, versions), story, seconds


def judge(case: Case, before: Story, patch: Patch, applied: Applied) -> BlindEdit:
    """The outcome of a case."""
    versions = Versions(before, applied.story)
    changes, stays = case.get("changes", ()), case.get("stays", ())
    missing = tuple(f"{c['what']} of {c.get('of', 'the shot')}" for c in changes if not is_done(c, versions))
    touched = tuple(f"{s['what']} of {s.get('of', 'the shot')}" for s in disturbed(stays, versions))
    others = tuple(f"{shot} {field} {entity}".strip() for shot, (field, entity) in beside(changes, versions))
    refusals = [fate for fate in applied.lowering if fate.outcome == "refused"]
    outcome: Outcome = "wrong"
    if versions.is_same:
        outcome = _of_nothing(patch.question, bool(refusals))
        if (case["should"], outcome) in (("ask", "asked"), ("refuse", "refused")) and patch.question != UNREAD:
            outcome = "right"
    elif case["should"] == "change" and not touched and not others:
        outcome = "right" if not missing else "refused" if refusals else "wrong"
    return BlindEdit(case, outcome, missing, touched, others, 0.0)


def _of_nothing(question: str, refused: bool) -> Outcome:
    """What was done where nothing changed: a question was asked, it was refused in words, or nothing was said.

    That a sentence was not understood is a question, though not the one that a doubt asks for.
    """
    if "?" in question or "？" in question or question == UNREAD:
        return "asked"
    return "refused" if question or refused else "wrong"


def examine_blind(case: Case, capabilities: Capabilities, llm: LanguageModel | None = None) -> BlindEdit:
    """Says the sentence of a case and judges what came of it."""
    patch, applied, before, seconds = say(case, capabilities, llm)
    return judge(case, before, patch, applied)._replace(seconds=seconds)


def figures(found: Sequence[BlindEdit]) -> list[PlannerRow]:
    """Shares of outcomes by language; how many sentences touched what should stay; seconds a sentence."""
    shares = []
    for language, name in LANGUAGES.items():
        some = [f for f in found if f.case["language"] == language]
        for outcome, told in OUTCOMES.items():
            share = sum(f.outcome == outcome for f in some) / len(some) if some else None
            shares.append(row(f"strangers' edits, {name}: {told}", share, len(some)))
    guarded = [f for f in found if f.case.get("stays")]
    touched = float(sum(bool(f.touched) for f in guarded)) if guarded else None
    seconds = sum(f.seconds for f in found) / len(found) if found else None
    return [
        *shares,
        row("strangers' edits: sentences that touch what should stay", touched, len(guarded), least=True),
        row(
            "changes that are not judged",
            float(sum(unjudged(c) for f in found for c in f.case.get("changes", ()))),
            len(found),
        ),
        row("strangers' edits: seconds to read one", seconds, len(found)),
    ]
