"""The rows of strangers' intents: fates by language and kind, and what else is measured of their films."""

from typing import Any

from planner.evaluate import blind, blind_intents
from planner.evaluate.bench import BENCH
from planner.evaluate.blind_intents import costs, figures, judge_intent, planned
from planner.evaluate.evidence import PlanEvidence
from planner.film.lowering import Lowering
from planner.llm.scripted import ScriptedModel
from planner.read.formats.storyboard import loads

FILM = """
id: f
title: F
cast: [{id: fox, name: fox, kind: fox}]
locations: [{id: barn, name: barn, kind: barn}]
scenes: [{id: one, location: barn, time: night, shots: [
  {id: s1, duration: 2, description: A fox sings., staging: [{entity: fox, action: sings}],
   dialogue: [{speaker: fox, text: La!}]},
  {id: s2, duration: 2, description: A fox sings. (the face), staging: [{entity: fox, action: sings}]}]}]
"""
CASE: dict[str, Any] = {
    "id": "c", "language": "en", "kind": "story", "seconds": 4, "text": "A fox sings in a barn with a drum. No cat.",
    "demands": [
        {"n": 1, "kind": "event", "words": "A fox sings", "means": "It sings.", "signs": [["fox"], ["sing"]]},
        {"n": 2, "kind": "something", "words": "a drum", "means": "A drum.", "signs": [["drum"]]},
        {"n": 3, "kind": "time", "words": "noon", "means": "It is noon.", "signs": [["noon"]]},
        {"n": 4, "kind": "said", "words": "La!", "means": "It says so.", "signs": [["La!"]], "who": "the fox"},
        {"n": 5, "kind": "form", "words": "smell", "means": "x", "check": {"smell": "roses"}},
        {"n": 6, "kind": "never", "words": "No cat", "means": "No cat is seen.", "signs": [["cat"]]},
        {"n": 7, "kind": "never", "words": "no barn", "means": "No song is seen.", "signs": [["sing"]]},
    ],
}  # fmt: skip


def evidence() -> PlanEvidence:
    notice = Lowering(directive="prop: drum", outcome="refused", detail="not drawn")
    return PlanEvidence(loads(FILM, name="f"), (notice,), BENCH)


def test_every_demand_has_its_fate_and_the_film_its_shares() -> None:
    found = judge_intent(CASE, evidence())
    assert found.fates == (
        ("event", "shown"), ("something", "refused"), ("time", "lost"), ("said", "shown"), ("form", "lost"),
    )  # fmt: skip
    assert (found.nevers, found.broken, found.unknown) == (2, 1, ("smell",))
    assert (found.shots, found.unasked, found.news, found.stock) == (2, 0, 1, 1)
    assert (found.lines, found.not_verbatim, found.frames_off, found.varied, found.changes) == (1, 0, 0, 0, 1)


def test_a_length_that_is_missed_is_missed_by_frames() -> None:
    assert judge_intent(CASE | {"seconds": 5}, evidence()).frames_off == 12
    assert judge_intent(CASE | {"seconds": None}, evidence()).frames_off is None


def test_the_rows_are_shares_by_language_and_kind() -> None:
    rows = {row.measure: (row.value, row.n_evaluated) for row in figures([judge_intent(CASE, evidence())])}
    assert rows["strangers' demands, English: shown"] == (0.4, 5)
    assert rows["strangers' demands, English: refused by name"] == (0.2, 5)
    assert rows["strangers' demands, English, stories: silently lost"] == (0.4, 5)
    assert rows["strangers' demands, English, films of a form: shown"] == (None, 0)
    assert rows["strangers' demands, Korean: shown"] == (None, 0)
    assert rows["never to be seen, English: broken"] == (0.5, 2)
    assert rows["rules of form that are not judged"] == (1.0, 1)


def test_an_intent_is_planned_as_a_user_would() -> None:
    found = judge_intent(CASE, planned(CASE, BENCH, None))
    assert found.frames_off == 0 and found.fates[0] == ("event", "shown")


def test_a_model_costs_calls_and_tokens_a_minute() -> None:
    model = ScriptedModel([])
    model.usage.calls, model.usage.prompt_tokens = 5, 600
    found = [judge_intent(CASE, evidence())]
    assert [row.value for row in costs(model, 1, 0, found)] == [60.0, 9000.0]
    assert costs(None, 0, 0, found) == []


def test_a_story_that_cannot_be_planned_is_a_failure() -> None:
    found, failed = blind.attempts("open", [CASE | {"text": "..."}], lambda c: blind_intents.planned(c, BENCH, None))
    assert (found, failed) == ([], 1)
    assert figures([], failed)[0].n_failed == 1
