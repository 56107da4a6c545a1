"""Edit sentences that the word lists do not know: each kind of clause, and what must be asked or refused."""

# ruff: noqa: E501  (the storyboard is written as authors write it)

from __future__ import annotations

from functools import lru_cache

import pytest

from planner.edit import Applied, apply, read
from planner.edit.apply.film import worn
from planner.evaluate.bench import BENCH
from planner.read.formats.storyboard import loads
from planner.story.patch import Patch
from planner.story.story import Story

FILM = """
id: mill
title: The Mill
cast:
  - {id: ada, name: Ada, kind: girl, features: "black braids, freckles", wardrobe: [{garments: [{item: jacket, colour: green}]}]}
  - {id: bo, name: Bo, kind: heron, colour: grey}
  - {id: tom, name: Tom, kind: miller, features: "white beard", wardrobe: [{garments: [{item: apron, colour: white}]}]}
props:
  - {id: sack, name: The sack, kind: flour sack}
locations:
  - {id: mill, name: The mill, kind: windmill}
  - {id: pond, name: The pond, kind: pond among reeds}
scenes:
  - id: scene-1
    location: mill
    time: day
    mood: calm
    shots:
      - {id: shot-1, duration: 4.0, description: The windmill turns slowly., size: wide}
      - {id: shot-2, duration: 3.0, description: Ada climbs the ladder., staging: [{entity: ada, action: climbs}]}
      - id: shot-3
        duration: 3.0
        description: Tom drops the sack.
        staging: [{entity: tom, action: drops the sack}, {entity: sack, x: 0.6}]
        dialogue: [{speaker: tom, text: Not again.}]
        transition: dissolve
  - id: scene-2
    location: pond
    time: night
    mood: happy
    shots:
      - {id: shot-4, duration: 3.0, description: Bo catches a fish in the pond., staging: [{entity: bo, action: catches a fish}]}
      - {id: shot-5, duration: 3.0, description: Ada waves at Bo., staging: [{entity: ada, action: waves}, {entity: bo, x: 0.7, action: stands}]}
      - {id: shot-6, duration: 3.0, description: Bo flies away., staging: [{entity: bo, action: flies away}], caption: The end}
"""


@lru_cache(maxsize=1)
def film() -> Story:
    return loads(FILM, name="mill")


def done(sentence: str, at: str = "", past: tuple[Patch, ...] = ()) -> tuple[Patch, Applied]:
    patch = read(sentence, film(), past, at=at)
    return patch, apply(film(), patch, BENCH)


def clothes(applied: Applied, entity: str) -> dict[str, str]:
    """What somebody wears in each shot, as words."""
    person = next(c for c in applied.story.cast if c.id == entity)
    states = worn(applied.story, person).items()
    return {shot: ", ".join(f"{g.colour} {g.item}".strip() for g in garments) for shot, garments in states}


def test_what_somebody_wears_takes_the_colour_and_not_its_wearer() -> None:
    _, applied = done("The girl's jacket ought to be teal now.")
    assert set(clothes(applied, "ada").values()) == {"teal jacket"}
    assert next(c for c in applied.story.cast if c.id == "ada").colour == ""


def test_a_garment_may_last_until_something_happens() -> None:
    _, applied = done("Give Tom a bowler hat until he drops the sack.")
    assert [shot for shot, words in clothes(applied, "tom").items() if "hat" in words] == ["shot-1", "shot-2"]


def test_looks_are_features_in_the_words_of_the_sentence() -> None:
    _, applied = done("Tom's beard should be braided.")
    assert next(c for c in applied.story.cast if c.id == "tom").features == "braided beard"


def test_a_deed_of_open_words_is_told_by_staging_and_description() -> None:
    _, applied = done("Have Ada juggle three pebbles in shot 2.")
    shot = next(s for _, s in applied.story.shots if s.id == "shot-2")
    assert shot.staging[0].action == "juggles three pebbles"
    assert shot.description == "Ada juggles three pebbles."


def test_something_comes_into_hands_and_the_light_stays() -> None:
    _, applied = done("Hand the heron a lantern in shot 5.")
    there = [s.id for _, s in applied.story.shots if any("lantern" in x.entity for x in s.staging)]
    assert there == ["shot-5"]
    assert {scene.time for scene in applied.story.scenes} == {"day", "night"}


def test_what_happens_names_its_shot() -> None:
    patch, _ = done("Make the climb shorter.")
    assert [(str(o.scope), o.field, o.value) for o in patch.operations] == [("shot:shot-2", "duration", "shorter")]


def test_two_moments_become_one_take() -> None:
    _, applied = done("The catch and the wave can be one shot.")
    assert next(s for _, s in applied.story.shots if s.id == "shot-5").continues == "shot-4"


@pytest.mark.parametrize("sentence", ["Neither of the dissolves is needed.", "Lose the dissolve."])
def test_a_way_between_shots_goes(sentence: str) -> None:
    _, applied = done(sentence)
    assert all(s.transition == "cut" for _, s in applied.story.shots)


def test_a_line_becomes_another_by_its_words() -> None:
    _, applied = done("'Not again.' -> 'Oh well.'")
    assert [x.text for _, s in applied.story.shots for x in s.dialogue] == ["Oh well."]


def test_a_line_said_instead_stands_alone() -> None:
    _, applied = done('In shot 3 Tom should say "Lost something?" instead.')
    assert [x.text for _, s in applied.story.shots for x in s.dialogue] == ["Lost something?"]


def test_the_caption_of_the_end_is_the_one_that_is_there() -> None:
    _, applied = done('Change the title card at the end to "Fin".')
    assert [s.caption for _, s in applied.story.shots if s.caption] == ["Fin"]


def test_what_a_person_looks_at_is_meant() -> None:
    _, applied = done("closer", at="shot-1")
    before = {s.id: s.size for _, s in film().shots}
    assert {s.id: s.size for _, s in applied.story.shots} == {**before, "shot-1": "close"}


def test_an_edit_before_the_last_is_taken_back_by_what_it_was_about() -> None:
    story, past, versions = film(), list[Patch](), list[Story]()
    for sentence in ("Make Bo white.", "Ada gets a red hat."):
        past.append(read(sentence, story, past))
        versions.insert(0, story)
        story = apply(story, past[-1], BENCH, versions[1:]).story
    undone = apply(story, read("Undo the thing with the heron, the hat can stay.", story, past), BENCH, versions)
    assert next(c for c in undone.story.cast if c.id == "bo").colour == "grey"
    assert all("red hat" in words for words in clothes(undone, "ada").values())


@pytest.mark.parametrize(
    "sentence",
    [
        "Make that one shorter than the other.",
        "Instead of fishing he whistles.",
        "Give the smith a hammer when he wakes up.",
        "Let the opening breathe like a cathedral.",
        "Ada and Bo are the same person.",
        "둘이 자리 좀 바꿔 줘.",
    ],
)
def test_what_cannot_be_told_is_asked_and_changes_nothing(sentence: str) -> None:
    patch, applied = done(sentence)
    assert patch.question
    assert applied.story == film()


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("Make it vertical.", "vertical"),
        ("Regenerate shot 3 with another seed.", "seed"),
        ("Shot 2 should last minus two seconds.", "minus"),
        ("Use my dad's real voice for Tom.", "voice"),
        ("세로 영상으로 바꿔 줘.", "세로"),
    ],
)
def test_what_a_story_cannot_do_is_refused_by_name(sentence: str, named: str) -> None:
    patch, applied = done(sentence)
    assert named in patch.question.lower()
    assert applied.story == film()


@pytest.mark.parametrize(
    "sentence", ["2번 샷부터 아다는 초록색 목도리를 하고 있어.", "From shot 2 on Ada has a green scarf."]
)
def test_from_a_shot_on_in_both_languages(sentence: str) -> None:
    _, applied = done(sentence)
    wearing = clothes(applied, "ada")
    assert "scarf" in wearing["shot-2"] + wearing["shot-6"] or "목도리" in wearing["shot-2"] + wearing["shot-6"]
    assert "scarf" not in wearing["shot-1"]
