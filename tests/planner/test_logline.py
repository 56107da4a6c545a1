"""One long sentence is told as the clauses that it packs."""

from __future__ import annotations

import pytest

from planner.direct.plan import plan
from planner.read import rules
from planner.read.logline import told_plainly
from tests.planner.stories import MINI


def _told(sentence: str) -> list[str]:
    return [told.text for told in told_plainly(sentence)]


def test_stations_purpose_and_end_become_clauses() -> None:
    sentence = (
        "A single sailor battles through worsening seas—a grey dawn, a violent storm, and a thick fog—to reach the "
        "lighthouse, ending in a quiet reunion."
    )
    assert _told(sentence) == [
        "A single sailor battles through worsening seas",
        "The sailor battles through a grey dawn",
        "The sailor battles through a violent storm",
        "The sailor battles through a thick fog",
        "The sailor reaches the lighthouse",
        "The sailor comes to a quiet reunion",
    ]
    assert told_plainly(sentence)[-1].kind == "meet"


def test_what_several_do_has_them_as_its_subject() -> None:
    sentence = (
        "Three adult bakers collaborate to save a bakery, mixing dough, repairing the old oven, and culminating in a "
        "street party where the whole village eats cake."
    )
    assert _told(sentence) == [
        "Three bakers save a bakery",
        "They mix dough",
        "They repair the old oven",
        "They come to a street party",
        "The whole village eats cake",
    ]


def test_from_here_to_there_is_two_moments() -> None:
    told = _told("A poet wanders one street—from dusk to deep night—building from doubt to a loud triumph.")
    assert told[1:] == [
        "The poet goes on at dusk",
        "The poet goes on at deep night",
        "The poet comes to doubt",
        "The poet comes to a loud triumph",
    ]


def test_an_end_may_end_again() -> None:
    told = _told("Two rivals train, culminating in a duel that ends with a handshake.")
    assert told == ["Two rivals train", "They come to a duel", "They come to a handshake"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A fox finds a red hat in the snow.",
        "The owl, tired and old, sits down and sleeps.",
        "An adult walks her dog through the park.",
        "The robot moves to the window.",
        "A family moves from the village to the city.",
        "The road leads to a castle.",
        "여우가 눈 속에서 빨간 모자를 찾는다.",
        "“Come to the end—now,” she says.",
    ],
)
def test_what_packs_nothing_is_left_alone(sentence: str) -> None:
    if "—" not in sentence:
        assert _told(sentence) == [sentence]
    assert rules.read(sentence).events


def test_every_station_of_a_logline_is_filmed_in_order() -> None:
    """A gardener's year is filmed season by season, and its end last."""
    sentence = "A gardener tends one plot through summer, autumn, and winter, culminating in a warm celebration."
    film = plan(sentence, llm=None, capabilities=MINI, duration=120).story
    told = " ".join(shot.description for scene in film.scenes for shot in scene.shots)
    at = [told.index(word) for word in ("summer", "autumn", "winter", "celebration")]
    assert at == sorted(at)
