"""Edits against their gold: what was asked for is found, and so is what is missing, touched or changed beside."""

from typing import Any

import pytest

from planner.edit import Applied, apply
from planner.edit.read.sentence import UNREAD
from planner.evaluate import blind_edits
from planner.evaluate.bench import BENCH
from planner.evaluate.blind_edits import Outcome, blind_film, examine_blind, judge
from planner.evaluate.gold import Versions, beside, disturbed, is_done, unjudged
from planner.evaluate.sets import cases
from planner.film.lowering import Lowering
from planner.read.formats.storyboard import loads
from planner.story.patch import Patch
from planner.story.story import Story

FILM = """
id: f
title: F
cast:
  - {id: ann, name: Ann, kind: girl, features: plaits, wardrobe: [{garments: [{item: coat, colour: red}]}]}
  - {id: bob, name: Bob, kind: boy}
props: [{id: key, name: the key, kind: key}]
locations: [{id: field, name: field, kind: field}, {id: town, name: town, kind: town}]
scenes:
  - {id: one, location: field, time: day, weather: clear, mood: calm, shots: [
      {id: s1, duration: 3, description: Ann walks., staging: [{entity: ann, action: walks}]},
      {id: s2, duration: 3, description: Ann finds the key., staging: [{entity: ann, action: finds}, {entity: key}]}]}
  - {id: two, location: town, time: day, weather: clear, mood: calm, shots: [
      {id: s3, duration: 3, description: Bob waves., staging: [{entity: bob, action: waves}],
       dialogue: [{speaker: bob, text: Hello!}], transition: fade},
      {id: s4, duration: 3, description: They leave., staging: [{entity: ann, x: 0.3}, {entity: bob, x: 0.7}]}]}
"""
BEFORE = loads(FILM, name="f")


def after(*swaps: tuple[str, str]) -> Story:
    """The film with some of its text exchanged."""
    text = FILM
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return loads(text, name="f")


def change(what: str, where: Any, *becomes: Any, **more: Any) -> dict[str, Any]:
    return {"what": what, "where": where, "becomes": list(becomes), **more}


def rain(shot: str) -> tuple[str, str]:
    """What lets it rain in the scene that begins with a shot."""
    begins = f"weather: clear, mood: calm, shots: [\n      {{id: {shot}"
    return begins, begins.replace("clear", "rain")


NEW_SHOT = ("      {id: s4,", "      {id: n1, duration: 2, description: A wide river, size: wide},\n      {id: s4,")
CASES = [
    (
        change("action", ["s1"], "runs", of="ann", loses=["walks"]),
        [("action: walks", "action: runs"), ("Ann walks", "Ann runs")],
        [("action: walks", "action: sits")],
    ),
    (change("weather", ["s3", "s4"], "rain", "raining"), [rain("s3")], [rain("s1")]),
    (change("wardrobe", ["s1", "s2", "s4"], "green", of="ann", loses=["red"]), [("colour: red", "colour: green")], []),
    (
        change("wardrobe", ["s1", "s2", "s4"], "removed", "gone", of="ann", loses=["coat"]),
        [(", wardrobe: [{garments: [{item: coat, colour: red}]}]", "")],
        [("colour: red", "colour: green")],
    ),
    (change("cast", ["s1"], "Bob", of="bob"), [("action: walks}]", "action: walks}, {entity: bob, x: 0.8}]")], []),
    (change("cast", ["s4"], "removed", "gone", of="bob", loses=["Bob"]), [(", {entity: bob, x: 0.7}", "")], []),
    (change("prop", ["s1"], "key", of="key"), [("action: walks}]", "action: walks}, {entity: key}]")], []),
    (
        change("kind", ["film"], "robot", of="bob", loses=["boy"]),
        [("kind: boy", "kind: robot")],
        [("kind: boy", "kind: man")],
    ),
    (
        change("duration", ["s2"], {"at_least": 4, "at_most": 5}),
        [("{id: s2, duration: 3", "{id: s2, duration: 4.5")],
        [("{id: s2, duration: 3", "{id: s2, duration: 6")],
    ),
    (
        change("duration", ["s2"], {"more": True}),
        [("{id: s2, duration: 3", "{id: s2, duration: 4")],
        [("{id: s2, duration: 3", "{id: s2, duration: 2")],
    ),
    (
        change("dialogue", ["s3"], "Goodbye!", of="bob", loses=["Hello!"]),
        [("Hello!", "Goodbye!")],
        [("Hello!", "Goodbye")],
    ),
    (
        change("dialogue", ["s3"], "removed", "gone", of="bob", loses=["Hello!"]),
        [("\n       dialogue: [{speaker: bob, text: Hello!}],", "")],
        [("Hello!", "Hello! Hello!")],
    ),
    (change("transition", ["s3"], "cut", loses=["fade"]), [("transition: fade", "transition: cut")], []),
    (change("new shot", {"before": "s4"}, "river"), [NEW_SHOT], [("They leave", "They leave by the river")]),
    (change("size", {"before": "s4"}, "wide"), [NEW_SHOT], []),
    (
        change("merge shots", ["s1", "s2"], "one take"),
        [("description: Ann finds", "continues: s1, transition: continue, description: Ann finds")],
        [],
    ),
    (
        change("mood", ["film"], "sad"),
        [("mood: calm", "mood: sad")],
        [("weather: clear, mood: calm, shots: [\n      {id: s1", "weather: clear, mood: sad, shots: [\n      {id: s1")],
    ),
]


@pytest.mark.parametrize("wanted, right, wrong", CASES, ids=[f"{c['what']} {c['becomes'][0]}" for c, _, _ in CASES])
def test_an_expected_change_is_found_and_its_absence_too(wanted: Any, right: Any, wrong: Any) -> None:
    done, other = Versions(BEFORE, after(*right)), Versions(BEFORE, after(*wrong))
    assert is_done(wanted, done) and beside([wanted], done) == []
    assert not is_done(wanted, other)


def test_a_shot_moves_to_its_place() -> None:
    wanted = change("move shot", ["s1"], {"after": "s2"})
    first, second = BEFORE.scenes[0].shots
    scene = BEFORE.scenes[0].model_copy(update={"shots": (second, first)})
    moved = BEFORE.model_copy(update={"scenes": (scene, *BEFORE.scenes[1:])})
    assert is_done(wanted, Versions(BEFORE, moved))
    assert not is_done(wanted, Versions(BEFORE, BEFORE))


def test_what_should_have_stayed_is_told() -> None:
    stays = [{"where": ["s1"], "what": "wardrobe", "of": "ann"}, {"where": ["s3"], "what": "everything"}]
    assert disturbed(stays, Versions(BEFORE, after(("action: walks", "action: runs")))) == []
    assert disturbed(stays, Versions(BEFORE, after(("colour: red", "colour: green")))) == stays[:1]
    assert disturbed(stays, Versions(BEFORE, after(("{id: s3, duration: 3", "{id: s3, duration: 4")))) == stays[1:]


def test_what_changes_beside_is_told_and_what_follows_is_not() -> None:
    wanted = [change("action", ["s1"], "runs", of="ann")]
    follows = after(("action: walks", "action: runs, to_x: 0.9"), ("Ann walks", "Ann runs"))
    assert beside(wanted, Versions(BEFORE, follows)) == []
    too_much = after(("action: walks", "action: runs"), ("{id: s2, duration: 3", "{id: s2, duration: 5"))
    assert beside(wanted, Versions(BEFORE, too_much)) == [("s2", ("duration", ""))]
    assert beside(wanted, Versions(BEFORE, after(NEW_SHOT))) == [("n1", ("shot", ""))]


REFUSED = (Lowering(directive="set action", outcome="refused", detail="nobody can"),)
RUNS = (("action: walks", "action: runs"), ("Ann walks", "Ann runs"))


@pytest.mark.parametrize(
    "should, story, question, refusals, outcome",
    [
        ("change", after(*RUNS), "", (), "right"),
        ("change", after(*RUNS, ("Hello!", "Hi!")), "", (), "wrong"),
        ("change", BEFORE, "", (), "wrong"),
        ("change", BEFORE, "Who runs?", (), "asked"),
        ("change", BEFORE, UNREAD, (), "asked"),
        ("change", BEFORE, "", REFUSED, "refused"),
        ("ask", BEFORE, "Who runs?", (), "right"),
        ("ask", BEFORE, UNREAD, (), "asked"),
        ("ask", after(*RUNS), "", (), "wrong"),
        ("refuse", BEFORE, "There is no elephant.", (), "right"),
        ("refuse", BEFORE, "", REFUSED, "right"),
        ("refuse", BEFORE, "", (), "wrong"),
        ("refuse", after(*RUNS), "", (), "wrong"),
    ],
)
def test_the_outcome_of_a_sentence(
    should: str, story: Story, question: str, refusals: tuple[Lowering, ...], outcome: Outcome
) -> None:
    gold = {"changes": [change("action", ["s1"], "runs", of="ann", loses=["walks"])], "stays": []}
    case = {"id": "c", "language": "en", "should": should, **(gold if should == "change" else {})}
    applied = Applied(story=story, lowering=refusals)
    assert judge(case, BEFORE, Patch(question=question), applied).outcome == outcome


def test_every_shot_and_field_of_the_open_gold_is_known() -> None:
    for case in cases("edits", "open"):
        shots = {shot.id for _, shot in blind_film(case["film"]).shots}
        for one in (*case.get("changes", ()), *case.get("stays", ())):
            where = one["where"].values() if isinstance(one["where"], dict) else one["where"]
            assert set(where) <= {*shots, "film"}, case["id"]


def test_every_change_of_the_open_gold_is_judged_and_another_is_counted() -> None:
    assert not any(unjudged(c) for case in cases("edits", "open") for c in case.get("changes", ()))
    assert unjudged(change("smell", ["s1"], "roses"))
    assert not is_done(change("smell", ["s1"], "roses"), Versions(BEFORE, after(("Ann walks", "Roses"))))


def test_a_gold_that_nothing_was_done_for_is_never_right() -> None:
    """Of a change that is asked for, the film as it is holds too little."""
    wanted = [case for case in cases("edits", "open") if case["should"] == "change" and not case.get("before")]
    for case in wanted:
        film = blind_film(case["film"])
        versions = Versions(film, film)
        assert not all(is_done(one, versions) for one in case["changes"]), case["id"]


IDEAL: dict[str, list[tuple[str, str, str, object]]] = {
    "laundry-17": [("set", "shot:shot-1", "duration", 6.5)],
    "murano-17": [("set", "shot:shot-7", "size", "medium")],
    "laundry-29": [("set", "shot:shot-7", "angle", "eye")],
    "cheese-02": [("set", "shots:shot-11..shot-13", "mood", "bittersweet")],
    "wren-03": [("set", "shots:shot-1..shot-3", "weather", "rain")],
    "lastbus-22": [("set", "shot:shot-14/entity:dele", "dialogue", "종점입니다.")],
    "murano-19": [("set", f"shot:shot-{n}", "transition", "cut") for n in (8, 11)],
    "lastbus-25": [("move", "shot:shot-13", "shot", "shot:shot-11")],
    "wren-21": [("move", "scene:scene-2", "scene", "scene:scene-3")],
    "ridge-05": [("remove", "entity:sova", "wardrobe", "harness")],
    "ridge-07": [("remove", "shot:shot-12/entity:eagle", "cast", None)],
    "ridge-18": [("set", "shot:shot-12", "caption", "끝이 아니라 시작")],
    "laundry-18": [("remove", "shot:shot-4", "dialogue", None)],
    "wren-13": [("set", "shot:shot-3/entity:wren", "action", "sneezes")],
    "murano-12": [("set", "entity:goblet", "kind", "glass dove"), ("set", "entity:goblet", "colour", "clear")],
}
"""Patches that do what a sentence asks for, and nothing else: operations as their FIELDS."""
FIELDS = ("op", "scope", "field", "value")


@pytest.mark.parametrize("name", IDEAL)
def test_a_patch_that_does_what_is_asked_is_right_and_the_same_of_the_whole_film_is_not(name: str) -> None:
    case = next(c for c in cases("edits", "open") if c["id"] == name)
    film = blind_film(case["film"])
    patches = [
        Patch.model_validate(
            {"operations": [dict(zip(("op", "scope", "field", "value"), o, strict=True)) for o in some]}
        )
        for some in (IDEAL[name], [("set", "film", "mood", "scary")])
    ]
    right, wrong = (judge(case, film, patch, apply(film, patch, BENCH)) for patch in patches)
    assert (right.outcome, right.missing, right.touched, right.beside) == ("right", (), (), ())
    assert wrong.outcome == "wrong" and wrong.beside


def test_earlier_sentences_come_first_and_figures_are_by_language() -> None:
    case = next(c for c in cases("edits", "open") if c.get("before"))
    found = examine_blind(case, BENCH)
    rows = {row.measure: row for row in blind_edits.figures([found])}
    assert sum(rows[f"strangers' edits, English: {told}"].value or 0 for told in blind_edits.OUTCOMES.values()) == 1
    assert rows["strangers' edits, Korean: right"].value is None
