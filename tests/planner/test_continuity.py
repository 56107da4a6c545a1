"""Contradictions are found, clean stories are left alone, and the evaluation counts what it says it counts."""

from __future__ import annotations

from typing import Any

import pytest

from planner.check.lint import lint, mend
from planner.direct.plan import plan
from planner.evaluate import stories
from planner.story.story import Story
from tests.planner.stories import MINI, story

CASES = {case["id"]: case for case in stories.data("contradictions")}


@pytest.mark.parametrize("name", CASES)
def test_planted_contradictions_are_found_and_clean_twins_are_clean(name: str) -> None:
    case = CASES[name]
    seen = stories.contradictions(case, MINI)
    assert [mark for mark in case["planted"] if not stories._is_found(mark, seen)] == []
    assert stories.contradictions(case, MINI, clean=True) == []


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_repaired_says_why(name: str) -> None:
    for finding in stories.contradictions(CASES[name], MINI):
        assert finding.fixable or finding.unrepaired


def test_a_plan_reports_what_its_text_contradicts() -> None:
    told = plan(CASES["duel"]["text"], llm=None, capabilities=MINI).notes
    assert any("Orlov is dead" in note and "only its author" in note for note in told)


def at(entity: str, x: float, **more: Any) -> dict[str, Any]:
    return {"entity": entity, "x": x, **more}


def test_a_broken_axis_is_mirrored_back() -> None:
    told = story(
        {"staging": [at("ann", 0.3), at("bob", 0.7)]},
        {"size": "medium", "staging": [at("ann", 0.8), at("bob", 0.2, to_x=0.4)]},
        {"size": "close", "staging": [at("ann", 0.3), at("bob", 0.7)]},
    )
    mended, left = mend(told, MINI)
    assert left == ()
    second = mended.shots[1][1].staging
    assert [(s.x, s.to_x) for s in second] == [(0.2, None), (0.8, 0.6)]


def test_three_in_a_shot_are_only_reported() -> None:
    told = story(
        {"staging": [at("ann", 0.2), at("bob", 0.5), at("wolf", 0.8)]},
        {"size": "medium", "staging": [at("ann", 0.8), at("bob", 0.5), at("wolf", 0.2)]},
    )
    (finding,) = lint(told, MINI)
    assert (finding.rule, finding.severity, finding.fixable) == ("broken-axis", "warning", False)


def test_required_things_are_counted_where_they_are_filmed() -> None:
    intent = {"entities": ["fox", "dragon"], "events": ["fox | finds | key", "fox | sleeps |", "fox | finds | key"]}
    planned = plan("A fox sleeps. The fox finds a key.", llm=None, capabilities=MINI).story
    assert stories.missing(intent, planned) == ["dragon", "fox | sleeps |"]
    nobody = planned.model_copy(
        update={
            "scenes": tuple(
                scene.model_copy(
                    update={"shots": tuple(shot.model_copy(update={"staging": ()}) for shot in scene.shots)}
                )
                for scene in planned.scenes
            )
        }
    )
    assert len(stories.missing(intent, Story.model_validate(nobody.model_dump()))) == 4


@pytest.mark.parametrize("intent", stories.data("intents")[::6], ids=lambda intent: intent["id"])
def test_most_of_an_intent_is_in_its_plan(intent: dict[str, Any]) -> None:
    planned = plan(intent["text"], llm=None, capabilities=MINI, duration=float(intent["seconds"])).story
    wanted = len(intent["entities"]) + len(intent["events"])
    assert 1 - len(stories.missing(intent, planned)) / wanted >= 0.8
