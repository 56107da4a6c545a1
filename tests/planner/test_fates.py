"""Demands against plans: each kind of demand met and missed, and whole plans written by hand."""

from pathlib import Path
from typing import Any

import pytest

from omni_model.spec.conditioning import Capabilities
from planner.evaluate.bench import BENCH
from planner.evaluate.evidence import PlanEvidence
from planner.evaluate.fates import Fate, fate, is_broken, noticed
from planner.evaluate.sets import cases
from planner.film.lowering import Lowering
from planner.read.formats.storyboard import load
from planner.story.story import Story

PERFECT = sorted((Path(__file__).parent / "perfect").glob("*.yaml"))
INTENTS = {case["id"]: case for case in cases("intents", "open")}
SCOPE = BENCH.model_copy(update={"width": 956, "height": 400})
"""A generator of wide pictures, which the ferry asks for."""


def story(**fields: Any) -> Story:
    """A boy in a yellow raincoat with a kite on a beach at dawn; a girl in a coat calls him in the second shot."""
    given: dict[str, Any] = {
        "id": "kite", "title": "Kite",
        "cast": [
            {"id": "boy", "name": "Boy", "kind": "boy",
             "wardrobe": [{"garments": [{"item": "raincoat", "colour": "yellow"}]}]},
            {"id": "girl", "name": "Ann", "kind": "girl", "wardrobe": [{"garments": [{"item": "coat"}]}]},
        ],
        "props": [{"id": "kite", "name": "kite", "kind": "kite"}],
        "locations": [{"id": "beach", "name": "beach", "kind": "beach"}, {"id": "hut", "name": "hut", "kind": "hut"}],
        "scenes": [
            {"id": "one", "location": "beach", "time": "dawn", "mood": "calm", "shots": [
                {"id": "s1", "duration": 3, "description": "The boy flies a kite.",
                 "staging": [{"entity": "boy", "action": "flies"}, {"entity": "kite"}]},
                {"id": "s2", "duration": 2, "description": "Somebody calls.", "staging": [{"entity": "girl"}],
                 "dialogue": [{"speaker": "girl", "text": "Come in!"}]}]},
            {"id": "two", "location": "hut", "time": "night", "mood": "sad", "shots": [
                {"id": "s3", "duration": 2, "description": "An empty chair.", "caption": "The end"}]},
        ],
    }  # fmt: skip
    return Story.model_validate(given | fields)


def judged(kind: str, signs: list[list[str]], words: str = "w", **demand: Any) -> Fate:
    """The fate of one demand in the story of the kite."""
    one = {"kind": kind, "words": words, "means": demand.pop("means", words), "signs": signs, **demand}
    return fate(one, words, [*demand.pop("others", ()), one], PlanEvidence(story(), (), BENCH))


@pytest.mark.parametrize(
    "kind, right, wrong",
    [
        ("event", [["boy"], ["fly"], ["kite"]], [["boy"], ["call"]]),
        ("somebody", [["girl", "woman"]], [["fisherman"]]),
        ("something", [["kite"]], [["chair"]]),  # no prop, no place: only a word
        ("place", [["hut", "cabin"]], [["harbour"]]),
        ("time", [["dawn", "daybreak"]], [["noon"]]),
        ("mood", [["sad", "sorrowful"]], [["funny"]]),
        ("look", [["yellow"], ["raincoat"]], [["red"], ["raincoat"]]),
        ("end", [["empty"], ["chair"]], [["kite"]]),
        ("sound", [["call"]], [["piano"]]),
    ],
)
def test_a_demand_is_shown_where_it_belongs_and_else_lost(
    kind: str, right: list[list[str]], wrong: list[list[str]]
) -> None:
    assert judged(kind, right) == "shown"
    assert judged(kind, wrong) == "lost"


def test_an_event_needs_the_one_who_acts_in_its_shot() -> None:
    boy = {"kind": "somebody", "words": "a boy", "signs": [["boy"]]}
    assert judged("event", [["call"]], means="The boy calls.", others=[boy]) == "lost"
    assert judged("event", [["fly"]], means="The boy flies.", others=[boy]) == "shown"


def test_a_garment_belongs_to_the_right_one() -> None:
    girl = {"kind": "somebody", "words": "a girl in a yellow raincoat", "signs": [["girl"]]}
    boy = girl | {"words": "a boy in a yellow raincoat", "signs": [["boy"]]}
    signs = [["yellow"], ["raincoat"]]
    assert judged("look", signs, "a yellow raincoat", others=[boy]) == "shown"
    assert judged("look", signs, "a yellow raincoat", others=[girl]) == "lost"


def test_an_hour_holds_where_its_sentence_happens() -> None:
    event = {"kind": "event", "words": "The boy flies a kite", "means": "He flies it.", "signs": [["fly"]]}
    night = {"kind": "time", "words": "at night", "means": "It is night.", "signs": [["night"]]}
    text = "The boy flies a kite at night. Then he sleeps."
    evidence = PlanEvidence(story(), (), BENCH)
    assert fate(night, text, [event, night], evidence) == "lost"
    assert fate(night, text.replace(" at night.", ". It is at night."), [event, night], evidence) == "shown"


@pytest.mark.parametrize(
    "line, who, met",
    [("Come in!", "a girl", "shown"), ("Come in", "a girl", "lost"), ("Come in!", "the boy", "lost")],
)
def test_a_line_is_said_letter_by_letter_by_its_speaker(line: str, who: str, met: Fate) -> None:
    assert judged("said", [[line]], who=who) == met


def test_a_line_may_be_said_in_parts_that_follow_each_other() -> None:
    lines = [{"speaker": "girl", "text": "Come in!"}, {"speaker": "girl", "text": "It rains."}]
    scenes = story().model_dump()["scenes"]
    scenes[0]["shots"][1]["dialogue"] = lines
    one = {"kind": "said", "words": "w", "means": "w", "signs": [["Come in! It rains."]], "who": "a girl"}
    assert fate(one, "", [one], PlanEvidence(story(scenes=scenes), (), BENCH)) == "shown"


def test_what_is_not_shown_is_refused_by_name_or_lost() -> None:
    notices = (
        Lowering(directive="word: trumpet", outcome="refused", detail="not drawn"),
        Lowering(directive="action: glows", outcome="approximated", detail="as light"),
        Lowering(directive="place: beach", outcome="honoured"),
    )
    evidence = PlanEvidence(story(), notices, BENCH)
    assert noticed("a trumpet", evidence) == "refused"
    assert noticed("it glows", evidence) == "approximated"
    assert noticed("a beach", evidence) == "lost"
    assert noticed("a trumpet on a shelf over the old stove", evidence) == "lost"


@pytest.mark.parametrize(
    "signs, means, broken",
    [
        ([["kite"]], "No kite is seen.", True),
        ([["boy"], ["call"]], "The boy never calls.", False),  # in no shot together
        ([["end"]], "No end is seen.", True),  # a caption
        ([["come"]], "Nobody comes.", False),  # only said
        ([["come"]], "Nobody says so.", True),
    ],
)
def test_what_must_not_be_seen_is_broken_by_a_shot(signs: list[list[str]], means: str, broken: bool) -> None:
    assert is_broken({"signs": signs, "means": means}, PlanEvidence(story(), (), BENCH)) is broken


def test_what_a_description_denies_is_not_shown() -> None:
    scenes = story().model_dump()["scenes"]
    scenes[1]["shots"][0]["description"] = "The hut without a ghost."
    assert not is_broken({"signs": [["ghost"]], "means": "No ghost."}, PlanEvidence(story(scenes=scenes), (), BENCH))


def shares(plan: Path, intents: list[str]) -> tuple[int, int, int]:
    """Demands shown, demands, and things seen that must not be, of some intents in one plan."""
    evidence = PlanEvidence(load(plan), (), _generator(plan))
    shown = wanted = broken = 0
    for name in intents:
        demands = INTENTS[name]["demands"]
        asked = [d for d in demands if d["kind"] != "never"]
        shown += sum(fate(d, INTENTS[name]["text"], demands, evidence) == "shown" for d in asked)
        wanted += len(asked)
        broken += sum(is_broken(d, evidence) for d in demands if d["kind"] == "never")
    return shown, wanted, broken


def _generator(plan: Path) -> Capabilities:
    return SCOPE if plan.stem == "oner-ferry" else BENCH


def test_plans_written_by_hand_meet_their_own_demands_and_not_those_of_others() -> None:
    names = [plan.stem for plan in PERFECT]
    own = [shares(plan, [plan.stem]) for plan in PERFECT]
    others = [shares(plan, [name for name in names if name != plan.stem]) for plan in PERFECT]
    assert len(names) == 6
    assert sum(s for s, _, _ in own) >= 0.95 * sum(w for _, w, _ in own)
    assert sum(broken for _, _, broken in own) == 0
    assert sum(s for s, _, _ in others) <= 0.10 * sum(w for _, w, _ in others)
