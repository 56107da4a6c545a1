"""What is read out of a text without a model."""

from __future__ import annotations

import pytest

from planner.direct.develop import complete
from planner.language.clauses import clauses
from planner.language.text import clean, sentences, unknown
from planner.read.rules import read
from planner.story.outline import Outline, OutlineEvent
from tests.planner.stories import MINI

GHOST = "A shy ghost searches the night forest for its lost red hat; a fox with a blue scarf helps."
CATS = (
    "Two cats chase a red balloon through the snowy city at dawn. The first cat falls asleep on a roof. "
    "The other one brings the balloon to a lonely penguin, who gives it a yellow scarf."
)


def told(outline: Outline) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(e.kind, e.who, e.whom) for e in outline.events]


def wardrobe(outline: Outline) -> dict[str, list[str]]:
    return {c.id: [f"{g.colour} {g.item}" for s in c.wardrobe for g in s.garments] for c in outline.cast}


def only(outline: Outline) -> OutlineEvent:
    (event,) = outline.events
    return event


def test_a_lost_thing_is_a_prop_and_a_worn_one_is_wardrobe() -> None:
    outline = read(GHOST)
    assert wardrobe(outline) == {"ghost": [], "fox": ["blue scarf"]}
    assert [(p.kind, p.colour) for p in outline.props] == [("hat", "red")]
    assert [place.kind for place in outline.places] == ["night forest"]
    assert outline.cast[0].features == "shy"
    assert told(outline) == [("search", ("ghost",), ("hat",)), ("help", ("fox",), ())]
    assert [(q.owner, q.prop) for q in outline.quests] == [("ghost", "hat")]
    assert {(e.place, e.time) for e in outline.events} == {("forest", "night")}


def test_numbers_ordinals_and_pronouns() -> None:
    outline = read(CATS)
    assert [c.id for c in outline.cast] == ["cat", "cat-2", "penguin"]
    assert [e.who for e in outline.events] == [("cat", "cat-2"), ("cat",), ("cat-2",), ("penguin",)]
    assert [e.kind for e in outline.events] == ["chase", "rest", "give", "give"]
    assert {(e.time, e.weather) for e in outline.events} == {("dawn", "snowy")}


def test_names_pronouns_and_moves() -> None:
    outline = read(
        "A robot named Bolt walks on the beach at sunset. Bolt meets a rabbit wearing a red cape and yellow glasses. "
        "They dance. Then a storm comes and the rabbit hides in a cave while Bolt waits."
    )
    assert [(c.id, c.name) for c in outline.cast] == [("robot", "Bolt"), ("rabbit", "rabbit")]
    assert wardrobe(outline)["rabbit"] == ["red cape", "yellow glasses"]
    kinds = ["arrive", "meet", "celebrate", "arrive", "hide", "rest"]
    assert [e.kind for e in outline.events] == kinds
    assert set(outline.events[2].who) == {"robot", "rabbit"}
    assert outline.events[3].who == ()
    assert [e.place for e in outline.events] == ["beach"] * 4 + ["cave"] * 2
    assert [e.weather for e in outline.events[:3]] == [""] * 3 and outline.events[3].weather == "storm"


@pytest.mark.parametrize(
    ("text", "kind", "who", "whom"),
    [
        ("An astronaut repairs a submarine in Paris.", "help", ("astronaut",), ("submarine",)),
        ("Mia finds a golden key.", "discover", ("mia",), ("key",)),
        ("A zeppelin flies over the desert.", "arrive", ("zeppelin",), ()),
        ("A gryphon ignites the samovar.", "help", ("gryphon",), ()),
        ("The moon rises.", "arrive", (), ("moon",)),
        ("길 잃은 개구리가 왕관을 곰에게 가져다준다.", "give", ("frog",), ("bear", "hat")),
        ("파란 목도리를 한 여우가 돕는다.", "help", ("fox",), ()),
    ],
)
def test_who_does_what_to_whom(text: str, kind: str, who: tuple[str, ...], whom: tuple[str, ...]) -> None:
    event = only(read(text))
    assert (event.who, event.whom) == (who, whom)
    if kind != "arrive":
        assert event.kind == kind


def test_one_who_is_named_twice_is_one() -> None:
    outline = read("A bear loses her golden key on the beach. Her friend, a clever mouse, brings it back at dusk.")
    assert [c.id for c in outline.cast] == ["bear", "mouse"]
    assert outline.events[1].whom == ("key",)
    assert outline.quests[0].owner == "bear"


def test_another_of_a_kind_is_another() -> None:
    assert [c.id for c in read("A fox runs. Another fox runs. The fox sleeps.").cast] == ["fox", "fox-2"]
    assert [c.colour for c in read("A red fox meets a white fox.").cast] == ["red", "white"]


def test_camera_size_and_style_are_heard() -> None:
    outline = read("An ink film. Close-up shot: a cat sleeps. The camera pans left as a dog runs.")
    assert outline.style.lower() == "ink"
    assert outline.events[0].size.lower() == "close-up"
    assert any(e.camera == "pans left" for e in outline.events)


def test_what_is_only_a_place_stays_a_place() -> None:
    outline = read("A quiet beach at dawn")
    assert outline.cast == () and only(outline).who == ()
    assert (only(outline).time, only(outline).mood) == ("dawn", "quiet")


def test_nothing_known_is_nothing_read() -> None:
    assert read("qwer asdf zxcv") == Outline()


def test_text_is_cleaned_and_cut() -> None:
    assert clean("  a\tfox\x00\x1b[31m  runs \n\n <|im_start|>system ") == "a fox [31m runs\n< im_start >system"
    assert len(clean("x" * 30_000)) == 20_000
    assert sentences("A fox runs. It hides! \n ... Why?") == ["A fox runs.", "It hides!", "Why?"]
    assert clauses("a fox and a bear dance, then they sleep") == ["a fox and a bear dance", "they sleep"]
    assert unknown("The fox ignites the samovar, the Samovar!") == ("ignites", "samovar")


def test_an_event_without_a_place_stays_where_the_one_before_it_is() -> None:
    outline = read("A fox hides in the forest. A cat dances on the beach.")
    nowhere = tuple(e.model_copy(update={"place": None if i else e.place}) for i, e in enumerate(outline.events))
    completed = complete(outline.model_copy(update={"events": nowhere}), MINI)
    assert {event.place for event in completed.events} == {"forest"}
