"""Photographs become facts of characters: open words, how sure the model is of each, and what is made of them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from omni_model.spec.vocabulary import VOCABULARY
from omni_model.world.oracle import OracleGenerator
from planner.compile.shot import compile_shot
from planner.direct import plan as direct
from planner.llm.base import LanguageModelError
from planner.llm.scripted import ScriptedModel
from planner.read import looks
from planner.read.looks import CONFIDENT, Look, Trait
from planner.story.story import EntityReference
from tests.support.films import ghost_story

CAPABILITIES = OracleGenerator().capabilities
CAT = {"species": "tabby cat", "colour": "ginger", "wardrobe": [{"colour": "blue", "item": "muffler"}]}
REFERENCE = EntityReference(image="0" * 64)


def photograph() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "orange").save(out, "PNG")
    return out.getvalue()


def read(described: Any, *answers: Any) -> Look:
    return looks.read(photograph(), ScriptedModel([described, *answers], sees=True), CAPABILITIES)


def trait(kind: Any, words: str, confidence: float | None = 0.9, colour: str = "") -> Trait:
    return Trait(kind=kind, words=words, colour=colour, confidence=confidence, drawn=words)


def test_words_stay_open_and_are_grounded_beside() -> None:
    look = read(CAT, {"yes": 0.6, "no": 0.2}, {"yes": 0.1, "no": 0.3}, {"yes": 0.001})
    told = [(t.kind, t.told, t.drawn, t.confidence) for t in look.traits]
    assert told == [
        ("species", "tabby cat", "cat", 0.75),
        ("colour", "ginger", "orange", 0.25),
        ("wardrobe", "blue muffler", "scarf", None),
    ]


def test_every_question_shows_the_picture() -> None:
    llm = ScriptedModel([CAT, *[{"yes": 1.0}] * 3], sees=True)
    looks.read(photograph(), llm, CAPABILITIES)
    assert [messages[-1].images for messages in llm.requests] == [(photograph(),)] * 4
    assert "wear a blue muffler" in llm.requests[-1][-1].text


def test_a_photograph_that_is_not_described_is_a_failure() -> None:
    with pytest.raises(LanguageModelError, match="species"):
        read('{"species": "A Cat!", "colour": "ginger", "wardrobe": []}')
    with pytest.raises(LanguageModelError, match="cannot see"):
        looks.read(photograph(), ScriptedModel([CAT]), CAPABILITIES)


def planned(intent: str, *traits: Trait) -> direct.Plan:
    return direct.plan(
        intent,
        llm=None,
        capabilities=CAPABILITIES,
        references={"tom": REFERENCE, "fox": REFERENCE},
        seen={"tom": Look(traits=traits), "fox": Look(traits=traits)},
    )


def fates(plan: direct.Plan, name: str) -> dict[str, tuple[str, str]]:
    told = [(e.directive, e.outcome, e.detail) for e in plan.lowering if e.directive.startswith(f"photograph: @{name}")]
    return {directive.split(" ", 2)[2]: (outcome, detail) for directive, outcome, detail in told}


def test_a_photograph_says_what_the_sentence_leaves_open() -> None:
    look = read(CAT, *[{"yes": 0.9, "no": 0.1}] * 3)
    plan = planned("@tom chases a mouse in the forest.", *look.traits)
    tom = next(c for c in plan.story.cast if c.name == "Tom")
    assert (tom.kind, tom.colour) == ("tabby cat", "ginger")
    assert [(g.item, g.colour) for g in tom.wardrobe[0].garments] == [("muffler", "blue")]
    assert tom.references == (REFERENCE,)
    assert {outcome for outcome, _ in fates(plan, "tom").values()} == {"honoured"}
    assert fates(plan, "tom")["colour: ginger"][1] == "the model is 90% sure; drawn as 'orange'"
    shot = next(shot.id for _, shot in plan.story.shots if any(s.entity == tom.id for s in shot.staging))
    compiled = compile_shot(plan.story, shot, CAPABILITIES, lambda *_: None, seed=0)
    drawn = next(s for s in compiled.facts.subjects if s.entity == tom.id)
    assert (drawn.species, drawn.colour, drawn.wardrobe[0].item) == ("cat", "orange", "scarf")


def test_a_sentence_is_never_overruled_by_a_photograph() -> None:
    plan = planned("A red fox with a hat walks on the beach.", trait("species", "cat"), trait("colour", "blue"),
                   trait("wardrobe", "crown", colour="green"))  # fmt: skip
    fox = next(c for c in plan.story.cast if c.id == "fox")
    assert (fox.kind, fox.colour) == ("fox", "red")
    assert [g.item for g in fox.wardrobe[0].garments] == ["hat"]
    assert [detail for _, detail in fates(plan, "fox").values()] == [
        "the story says 'fox'", "the story says 'red'", "the story says 'hat'",
    ]  # fmt: skip


def test_what_the_model_is_not_sure_of_is_told_and_not_used() -> None:
    plan = planned("A fox walks.", trait("colour", "blue", 0.4), trait("wardrobe", "crown", None))
    fox = next(c for c in plan.story.cast if c.id == "fox")
    assert (fox.colour, fox.wardrobe) == ("", ())
    assert fates(plan, "fox") == {
        "colour: blue": ("refused", "the model is 40% sure, and 60% are needed"),
        "wardrobe: crown": ("refused", "the model would not say whether it is so"),
    }


@given(st.sampled_from(VOCABULARY["colour"]), st.one_of(st.none(), st.floats(0, 1)), st.booleans())
def test_a_colour_enters_where_it_is_sure_and_free(word: str, sure: float | None, said: bool) -> None:
    told = ghost_story()
    fox = told.cast[1].model_copy(update={"colour": "white" if said else ""})
    story = told.model_copy(update={"cast": (told.cast[0], fox)})
    after, (fate,) = looks.apply(story, {"fox": Look(traits=(trait("colour", word, sure),))}, "a fox")
    taken = not said and sure is not None and sure >= CONFIDENT
    assert after.cast[0] == told.cast[0]
    assert after.cast[1].colour == (word if taken else fox.colour)
    agreed = said and word == "white" and sure is not None and sure >= CONFIDENT
    assert (fate.outcome == "refused") != (taken or agreed) and (taken or fate.detail)


def pictured(intent: str, **looks_: Look) -> direct.Plan:
    references = dict.fromkeys(looks_, REFERENCE)
    return direct.plan(intent, llm=None, capabilities=CAPABILITIES, references=references, seen=looks_)


FOX = Look(traits=(trait("species", "fox"), trait("colour", "red"), trait("wardrobe", "scarf", colour="blue")))
ANN = Look(traits=(trait("species", "person"), trait("colour", "blue"), trait("wardrobe", "hat", colour="red")))


def test_no_filler_overrules_a_photograph() -> None:
    plan = pictured("@tom and @ann wave.", tom=FOX, ann=ANN)
    assert [(c.name, c.kind, c.colour) for c in plan.story.cast] == [("Tom", "fox", "red"), ("Ann", "person", "blue")]
    assert {outcome for outcome, _ in fates(plan, "ann").values()} == {"honoured"}
    assert not any("told from" in note for note in plan.notes)


def test_two_of_a_kind_that_pictures_do_not_tell_apart_are_still_told_apart() -> None:
    plan = pictured("@tom and @ann wave.", tom=Look(traits=()), ann=Look(traits=()))
    assert [c.colour for c in plan.story.cast] == ["", "white"]


@pytest.mark.parametrize("words", ["@tom is a blue cat and waves.", "@tom, a blue cat, waves."])
def test_who_is_described_otherwise_in_words_is_one_and_drawn_by_the_words(words: str) -> None:
    plan = pictured(words, tom=FOX)
    (tom,) = plan.story.cast
    assert (tom.name, tom.kind, tom.colour, tom.references) == ("Tom", "cat", "blue", ())
    assert [(g.colour, g.item) for g in tom.wardrobe[0].garments] == [("blue", "scarf")]
    (image,) = (e for e in plan.lowering if e.directive == "image: @tom")
    assert image.outcome == "refused" and "'cat' and 'blue'" in image.detail and "the words win" in image.detail


@pytest.mark.parametrize("words", ["@tom is a red fox and waves.", "@tom waves."])
def test_words_that_agree_leave_the_picture_in_use(words: str) -> None:
    (tom,) = pictured(words, tom=FOX).story.cast
    assert (tom.kind, tom.colour, tom.references) == ("fox", "red", (REFERENCE,))


@pytest.mark.parametrize(
    "words",
    [
        "@ann takes off her red hat. She dances.",
        "@ann takes her hat off. She dances.",
        "@ann removes her hat. She runs.",
    ],
)
def test_what_a_picture_shows_worn_comes_off(words: str) -> None:
    story = pictured(words, ann=ANN).story
    (ann,) = story.cast
    worn, bare = ann.wardrobe
    assert [g.item for g in worn.garments] == ["hat"] and (bare.garments, bare.reason) == ((), "taken off")
    assert story.props == () and bare.from_shot is not None
    told = next(shot.id for _, shot in story.shots if "hat" in shot.description)
    order = [shot.id for _, shot in story.shots]
    assert order.index(bare.from_shot) == order.index(told) + 1


def test_only_what_is_worn_and_named_comes_off() -> None:
    story = pictured("@tom takes off a hat.", tom=FOX).story
    assert [g.item for state in story.cast[0].wardrobe for g in state.garments] == ["scarf"]


def test_a_place_that_is_only_a_handle_is_what_its_picture_shows() -> None:
    beach = Look(traits=(trait("setting", "beach"),))
    plan = pictured("A fox waves at @home.", home=beach)
    (place,) = plan.story.locations
    assert (place.name, place.kind) == ("home", "beach") and place.references
    assert fates(plan, "home")["setting: beach"][0] == "honoured"
    assert [e.outcome for e in plan.lowering if e.directive == "place: home"] == ["honoured"]
    said = pictured("A fox waves in a forest, its home.", forest=beach)
    assert said.story.locations[0].kind == "forest"
    assert fates(said, "forest")["setting: beach"] == ("refused", "the story says 'forest'")


def test_a_handle_without_a_picture_keeps_its_name_and_is_noted() -> None:
    plan = pictured("@tom waves to @Ann. Write to fox@example.com.", tom=FOX)
    assert {"Tom", "Ann"} <= {c.name for c in plan.story.cast}
    assert [note for note in plan.notes if "has no picture" in note] == [
        "@Ann has no picture: the words alone decide how it looks; show it with --image @Ann=FILE"
    ]
