"""What nobody asked for, what is new in a shot, and what is said of any story."""

from typing import Any

from planner.evaluate import novelty
from planner.evaluate.bench import BENCH
from planner.evaluate.evidence import PlanEvidence
from planner.story.story import Story

TEXT = "A fox steals a lantern from a shed. The fox runs."


def told(*shots: dict[str, Any], **fields: Any) -> PlanEvidence:
    scene = {
        "id": "one",
        "location": "shed",
        "shots": [{"id": f"s{i}", "duration": 2} | s for i, s in enumerate(shots)],
    }
    given: dict[str, Any] = {
        "id": "f", "title": "F", "scenes": [scene],
        "cast": [{"id": "fox", "name": "fox", "kind": "fox"}, {"id": "owl", "name": "Ulla", "kind": "owl"}],
        "props": [{"id": "lantern", "name": "lantern", "kind": "lantern"}],
        "locations": [{"id": "shed", "name": "shed", "kind": "shed"}],
    }  # fmt: skip
    return PlanEvidence(Story.model_validate(given | fields), (), BENCH)


def test_whoever_is_staged_or_told_and_in_no_text_is_unasked() -> None:
    film = told(
        {"description": "The fox steals the lantern.", "staging": [{"entity": "fox"}, {"entity": "lantern"}]},
        {"description": "Ulla looks on.", "staging": [{"entity": "owl"}]},
        {"description": "A dog barks at the fox.", "staging": [{"entity": "fox"}]},
    )
    assert novelty.unasked(TEXT, film) == [False, True, True]


def test_what_the_treatment_prepares_is_no_stranger() -> None:
    film = told({"description": "The owl waits.", "staging": [{"entity": "owl"}]})
    prepared = PlanEvidence(film.story, (), BENCH, inventions=("an owl that warns of the fox",))
    assert novelty.unasked(TEXT, film) == [True]
    assert novelty.unasked(TEXT, prepared) == [False]


def test_a_shot_is_new_when_it_brings_a_word_an_action_or_a_line() -> None:
    film = told(
        {"description": "The fox steals the lantern.", "staging": [{"entity": "fox", "action": "steals"}]},
        {"description": "The fox steals the lantern. (the face)", "size": "close"},
        {"description": "The fox steals the lantern.", "staging": [{"entity": "fox", "action": "looks around"}]},
        {"description": "The fox runs.", "staging": [{"entity": "fox", "action": "runs"}]},
        {"description": "The fox runs.", "staging": [{"entity": "fox", "action": "limps"}]},
        {"description": "The fox.", "dialogue": [{"speaker": "fox", "text": "Mine!"}]},
        {"description": "A close shot of the lantern."},
    )
    assert novelty.news(film) == [True, False, False, True, True, True, False]


def test_lengths_vary_where_a_shot_is_a_tenth_longer_or_shorter_than_the_one_before() -> None:
    film = told({"duration": 2.0}, {"duration": 2.1}, {"duration": 3.0}, {"duration": 1.0})
    assert novelty.varied(film.story) == [False, True, True]


def test_what_unrelated_stories_have_in_common_is_stock() -> None:
    plans = [
        told({"description": f"The {name} takes a deep breath. (the face)"}, {"description": f"The {name} {own}."},
             cast=[{"id": "fox", "name": name, "kind": name}])
        for name, own in (("fox", "steals"), ("judge", "dances"), ("nun", "sails"))
    ]  # fmt: skip
    assert novelty.recurring(plans) == {"_ takes a deep breath", "the face"}
    assert novelty.recurring(plans[:2]) == frozenset()
    assert novelty.stale(plans[0], novelty.recurring(plans)) == [True, False]


def test_the_stock_of_old_is_found_in_a_plan_that_has_it() -> None:
    assert len(novelty.own_intents()) == 30 and "_ takes a deep breath" in novelty.stock()
    film = told({"description": "The fox takes a deep breath."}, {"description": "The fox steals the lantern."})
    assert novelty.stale(film, novelty.stock()) == [True, False]
