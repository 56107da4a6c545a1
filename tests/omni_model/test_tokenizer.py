"""The tokenizer: nothing is lost, captions are short, handles become slots."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omni_model.mini.tokenizer import BEGIN, JOIN, PAD, WORDS, Tokenizer, normalise, prompt
from omni_model.spec.captions import (
    GarmentFacts,
    PropFacts,
    SceneFacts,
    SubjectFacts,
    caption,
    plate_caption,
    sheet_caption,
)
from omni_model.spec.instructions import parse_instruction
from omni_model.spec.vocabulary import (
    ACTIONS,
    CAMERAS,
    MOODS,
    PROP_MOTIONS,
    SETTINGS,
    SIZES,
    STYLES,
    TIMES,
    WEATHERS,
)

TOKENIZER = Tokenizer()
FIRST_WORD = TOKENIZER.size - len(WORDS)
MIA = SubjectFacts(entity="mia", species="fox", colour="red", wardrobe=(GarmentFacts(item="scarf", colour="blue"),))
BO = SubjectFacts(entity="bo", species="ghost", colour="white", action="looks around", direction="left")
SCENE = SceneFacts(setting="forest", subjects=(MIA, BO), props=(PropFacts(entity="b", kind="ball", colour="red"),))
captions_like = st.lists(
    st.sampled_from([*WORDS, "@mia", "@bo", "@eve", " ", "  ", "Ünïcode", "한글", "x-1", "@", "\t", "fox'S"])
).map("".join)


@given(st.text() | captions_like)
def test_nothing_is_lost(text: str) -> None:
    ids = list(TOKENIZER.tokens(text, ("mia", "bo")))
    assert TOKENIZER.decode(ids, ("mia", "bo")) == normalise(text)
    assert all(0 < token < TOKENIZER.size for token in ids)


def _every_word_of_the_world() -> list[SceneFacts]:
    columns = (SETTINGS, TIMES, WEATHERS, MOODS, STYLES, ACTIONS, CAMERAS, SIZES, PROP_MOTIONS)
    rows = zip(*(itertools.islice(itertools.cycle(c), len(ACTIONS)) for c in columns), strict=True)
    return [
        SceneFacts(
            setting=setting, time=time, weather=weather, mood=mood, style=style, camera=camera, size=size,
            subjects=(MIA.model_copy(update={"action": action}), BO),
            props=(PropFacts(entity="b", kind="balloon", colour="pink", motion=motion),),
        )
        for setting, time, weather, mood, style, action, camera, size, motion in rows
    ]  # fmt: skip


@pytest.mark.parametrize("variant", range(4))
def test_captions_need_no_bytes(variant: int) -> None:
    for facts in _every_word_of_the_world():
        texts = [caption(facts, variant), plate_caption(facts), sheet_caption(MIA, facts.style)]
        for text in texts:
            ids = list(
                TOKENIZER.tokens(
                    prompt(text, parse_instruction("make it night and add a white hat")), ("mia", "bo", "b")
                )
            )
            assert all(token >= FIRST_WORD or JOIN < token <= JOIN + 3 for token in ids), text


def test_slots_follow_the_subject_phrase() -> None:
    encoded = TOKENIZER.encode("@mia a red fox walks, @bo a ghost; calm mood", ("bo", "mia"))
    assert encoded.slots.tolist() == [0, 2, 2, 2, 2, 2, 0, 1, 1, 1, 0, 0, 0]
    assert encoded.ids[1] == JOIN + 2 and encoded.ids[7] == JOIN + 1


def test_handles_without_a_slot_are_spelt() -> None:
    names = ("a", "b", "c", "d")
    ids = list(TOKENIZER.tokens("@d @x", names))
    assert TOKENIZER.decode(ids, names) == "@d @x" and not set(ids) & {JOIN + s for s in (1, 2, 3)}


def test_encoding_pads_and_cuts() -> None:
    assert TOKENIZER.encode("a fox", length=5).ids.tolist()[3:] == [PAD, PAD]
    assert TOKENIZER.encode("a fox walks", length=2).ids.shape == (2,)
    assert TOKENIZER.encode("").ids.tolist() == [BEGIN]


def test_a_batch_is_as_long_as_its_longest_text() -> None:
    batch = TOKENIZER.batch([caption(SCENE), ""], [("mia", "bo"), ()], limit=96)
    assert batch.ids.shape == batch.slots.shape == (2, len(TOKENIZER.encode(caption(SCENE), ("mia", "bo")).ids))
    assert batch.ids[1].tolist() == [BEGIN] + [PAD] * (batch.ids.shape[1] - 1)
    assert TOKENIZER.batch([caption(SCENE)], [()], limit=7).ids.shape == (1, 7)


def test_the_digest_is_the_meaning_of_ids() -> None:
    assert Tokenizer(WORDS).digest == TOKENIZER.digest
    assert Tokenizer(WORDS[::-1]).digest != TOKENIZER.digest != Tokenizer(slots=2).digest
    assert len(set(WORDS)) == len(WORDS)
