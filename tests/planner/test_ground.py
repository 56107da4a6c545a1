"""Open words become words that the generator draws, and say how."""

from __future__ import annotations

import pytest

from omni_model.spec.vocabulary import VOCABULARY
from planner.film.grammar import grammar
from planner.film.ground import find, ground, stem


@pytest.mark.parametrize("kind, word", [(kind, word) for kind, words in VOCABULARY.items() for word in words])
def test_every_word_of_the_vocabulary_is_itself(kind: str, word: str) -> None:
    grounded = ground(kind, word, VOCABULARY)
    assert (grounded.word, grounded.outcome, grounded.detail) == (word, "honoured", "")


@pytest.mark.parametrize(
    "kind, words, word, outcome",
    [
        ("species", "Foxes", "fox", "honoured"),
        ("species", "two mice", "mouse", "honoured"),
        ("species", "wolf", "dog", "approximated"),
        ("species", "an astronaut", "person", "approximated"),
        ("species", "cat burglar", "person", "approximated"),
        ("species", "ghost of a bear", "ghost", "approximated"),
        ("species", "xylophone", "person", "approximated"),
        ("species", "여우가", "fox", "honoured"),
        ("species", "개구리", "frog", "honoured"),
        ("species", "개", "dog", "honoured"),
        ("setting", "woods", "forest", "honoured"),
        ("setting", "Paris", "city", "approximated"),
        ("setting", "night forest", "forest", "honoured"),
        ("setting", "haunted forest", "forest", "approximated"),
        ("setting", "숲속에서", "forest", "honoured"),
        ("time", "midnight", "night", "honoured"),
        ("time", "밤에", "night", "honoured"),
        ("colour", "crimson", "red", "honoured"),
        ("action", "sprints", "runs", "honoured"),
        ("action", "was hiding", "hides", "honoured"),
        ("action", "달려간다", "runs", "honoured"),
        ("mood", "terrifying", "scary", "honoured"),
        ("mood", "eerie", "mysterious", "approximated"),
        ("camera", "slow dolly in", "push in", "honoured"),
        ("camera", "static, then push-in", "push in", "approximated"),
        ("wardrobe", "왕관을", "crown", "honoured"),
        ("wardrobe", "cap", "hat", "honoured"),
        ("wardrobe", "red cape", "cape", "honoured"),
        ("wardrobe", "sunglasses", "glasses", "approximated"),
        ("wardrobe", "jeans", None, "refused"),
        ("prop", "submarine", None, "refused"),
        ("prop_motion", "falling", "falls", "honoured"),
    ],
)
def test_words_are_grounded(kind: str, words: str, word: str | None, outcome: str) -> None:
    grounded = ground(kind, words, VOCABULARY)
    assert (grounded.word, grounded.outcome) == (word, outcome)
    assert grounded.detail or outcome == "honoured"


def test_what_is_lost_is_named() -> None:
    assert "broken" in ground("setting", "dock with a broken crane", VOCABULARY).detail
    assert "cat" in ground("species", "cat burglar", VOCABULARY).detail


def test_no_words_take_the_default_and_an_open_vocabulary_takes_all() -> None:
    assert ground("weather", "", VOCABULARY).word == "clear"
    assert ground("prop", "", VOCABULARY).word == ""
    assert ground("prop", "submarine", {}).word == "submarine"


def test_another_vocabulary_draws_its_own_words_only() -> None:
    grounded = ground("species", "a dragon", {"species": ("person", "dragon")})
    assert (grounded.word, grounded.outcome) == ("dragon", "honoured")
    assert ground("species", "puppy", {"species": ("person", "dragon")}).word == "person"


def test_mentions_are_found_in_order_with_their_places() -> None:
    text = "A shy ghost searches the night forest; a fox helps."
    found = find("species", text)
    assert [(m.word, text[m.start : m.end]) for m in found] == [("ghost", "ghost"), ("fox", "fox")]
    assert [m.word for m in find("time", text)] == ["night"]
    assert [m.word for m in find("species", "개구리가 곰에게 왕관을 준다")] == ["frog", "bear"]


@pytest.mark.parametrize(
    "words",
    ["run runs running ran", "wave waves waved waving", "hide hides hid hiding", "dance dances dancing",
     "cry cried crying", "fall falls fell falling", "city cities", "box boxes", "fox's foxes", "glass glasses"],
)  # fmt: skip
def test_inflections_have_one_stem(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


def test_the_grammar_speaks_the_vocabulary() -> None:
    """A typing error in the data would silently turn a synonym into an unknown word."""
    known = {kind: set(words) for kind, words in VOCABULARY.items()}
    for kind, words in known.items():
        assert set(grammar().words[kind]) == words
    assert set(grammar().moods) == known["mood"]
    assert set(grammar().travel) <= known["action"]
    assert set(grammar().coverage) == set(grammar().words["event"])
    for shots in grammar().coverage.values():
        assert sum(shot.share for shot in shots) == pytest.approx(1.0)
        assert {shot.action for shot in shots} <= known["action"]
        assert {shot.camera for shot in shots} <= known["camera"]
    for mood in grammar().moods.values():
        assert mood.time in known["time"] and mood.weather in known["weather"]
        assert set(mood.cameras) <= known["camera"]
    for word, colour in grammar().natural_colours.items():
        assert word in known["species"] | known["wardrobe"] | known["prop"] and colour in known["colour"]
