"""Edit instructions: one grammar, rendered and read back, and what requests keep of them."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from omni_model.mini.tokenizer import prompt
from omni_model.spec.conditioning import Conditioning, canonical_json, take_digest
from omni_model.spec.instructions import (
    SCENE_ATTRIBUTES,
    AddGarment,
    AddProp,
    FreeText,
    Instruction,
    NamedSubject,
    RemoveSubject,
    ReplaceSubject,
    SetScene,
    parse_instruction,
    render_instruction,
)
from omni_model.spec.vocabulary import COLOURS, PROPS, SPECIES, VOCABULARY, WARDROBE
from omni_model.world.edits import edits_of
from omni_model.world.sample import sample_scene

FOX, BEAR = NamedSubject(colour="red", species="fox"), NamedSubject(colour="blue", species="bear")
ADAPTER: TypeAdapter[Instruction] = TypeAdapter(Instruction)

colours = st.sampled_from(COLOURS)
named = st.builds(NamedSubject, colour=colours, species=st.sampled_from(SPECIES))
who = st.none() | named
typed = st.one_of(
    *(st.builds(SetScene, attribute=st.just(a), value=st.sampled_from(VOCABULARY[a])) for a in SCENE_ATTRIBUTES),
    st.builds(AddGarment, who=who, colour=colours, item=st.sampled_from(WARDROBE)),
    st.builds(ReplaceSubject, who=who, by=named),
    st.builds(RemoveSubject, who=who),
    st.builds(AddProp, colour=colours, prop=st.sampled_from(PROPS)),
)


@given(typed)
def test_what_is_rendered_is_read_back(instruction: Instruction) -> None:
    assert parse_instruction(render_instruction(instruction)) == instruction


def test_every_type_is_rendered_and_read_back() -> None:
    told = {type(instruction) for instruction, _ in SAID}
    assert told | {FreeText} == set(get_args(get_args(Instruction)[0]))


@given(st.text(min_size=1, max_size=1000))
def test_other_words_stay_as_they_are(text: str) -> None:
    assert render_instruction(parse_instruction(text)) == text


SAID: list[tuple[Instruction, str]] = [
    (SetScene(attribute="mood", value="scary"), "make the mood scary"),
    (SetScene(attribute="time", value="night"), "make it night"),
    (SetScene(attribute="weather", value="snow"), "make the weather snow"),
    (SetScene(attribute="style", value="ink"), "change the style to ink"),
    (AddGarment(who=FOX, colour="orange", item="hat"), "give the red fox a orange hat"),
    (AddGarment(who=None, colour="blue", item="cape"), "give it a blue cape"),
    (ReplaceSubject(who=FOX, by=BEAR), "replace the red fox with a blue bear"),
    (ReplaceSubject(who=None, by=BEAR), "replace it with a blue bear"),
    (RemoveSubject(who=FOX), "remove the red fox"),
    (RemoveSubject(who=None), "remove it"),
    (AddProp(colour="red", prop="ball"), "add a red ball"),
    (AddProp(colour="orange", prop="balloon"), "add a orange balloon"),
]


@pytest.mark.parametrize(("instruction", "sentence"), SAID)
def test_the_sentences_are_those_that_networks_were_trained_with(instruction: Instruction, sentence: str) -> None:
    assert render_instruction(instruction) == sentence
    assert prompt("a caption", instruction) == f"edit: {sentence}; a caption"


@pytest.mark.parametrize("seed", range(8))
def test_what_the_world_asks_for_is_read_back(seed: int) -> None:
    edits = edits_of(sample_scene(seed), seed)
    assert [parse_instruction(render_instruction(edit.instruction)) for edit in edits] == [e.instruction for e in edits]


@pytest.mark.parametrize("said", ["Give the red fox an orange hat.", " give  the red fox a orange\nhat "])
def test_how_a_person_writes_makes_no_difference(said: str) -> None:
    assert parse_instruction(said) == AddGarment(who=FOX, colour="orange", item="hat")


@pytest.mark.parametrize(
    "said",
    [
        "make it scarier",
        "make it",
        "make the mood night",
        "make it night and add a red ball",
        "add a red ball to the scene",
        "remove the lamp",
        "remove the red fox and make it night",
        "give the red fox a red ball",
        "replace the red fox with a bear",
    ],
)
def test_nothing_is_read_into_other_words(said: str) -> None:
    assert parse_instruction(said) == FreeText(text=said)


def test_words_of_no_vocabulary_are_rendered_and_read_as_they_are() -> None:
    golden = SetScene(attribute="time", value="golden hour")
    assert render_instruction(golden) == "make it golden hour"
    assert parse_instruction("make it golden hour") == FreeText(text="make it golden hour")
    bare = AddGarment(who=NamedSubject(colour="", species="wolf"), colour="", item="helmet")
    assert render_instruction(bare) == "give the wolf a helmet"


@given(typed | st.builds(FreeText, text=st.text(min_size=1, max_size=1000)))
def test_a_request_keeps_its_instruction_through_json(instruction: Instruction) -> None:
    asked = Conditioning(caption="x", instruction=instruction)
    assert Conditioning.model_validate_json(canonical_json(asked)) == asked
    assert take_digest(asked, "w", "s") != take_digest(Conditioning(caption="x"), "w", "s")


def test_requests_on_record_from_before_instructions_were_typed_are_read() -> None:
    """And where nothing is instructed their digests are what they were."""
    old = canonical_json(Conditioning(caption="x"))
    assert '"instruction":""' in old
    assert Conditioning.model_validate_json(old).instruction is None
    assert canonical_json(Conditioning.model_validate_json(old)) == old
    assert take_digest(Conditioning(caption="x"), "w", "s").startswith("c470501f60bd50e1")
    said = Conditioning.model_validate_json(old.replace('"instruction":""', '"instruction":"make it night"'))
    assert said.instruction == SetScene(attribute="time", value="night")


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "nothing"},
        {"kind": "set_scene", "attribute": "size", "value": "wide"},
        {"kind": "add_prop", "colour": "red"},
        {"kind": "free_text", "text": ""},
        "x" * 1001,
    ],
)
def test_what_is_no_instruction_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Conditioning.model_validate({"caption": "x", "instruction": value})
