"""The strangers' sets: frozen, cut in two halves by their ids, and of a sealed half nothing but figures."""

import json

import pytest

from omnireel.show import figures as shown
from planner.evaluate import blind, blind_edits
from planner.evaluate.bench import BENCH
from planner.evaluate.blind_edits import BlindEdit
from planner.evaluate.rows import row
from planner.evaluate.sets import HALVES, MANIFEST, SETS, cases, digests, given_file
from planner.evaluate.sets.freeze import split
from planner.evaluate.stories import data

NAMES = {"intents": "id", "edits": "id", "files": "file"}


def test_the_sets_are_as_they_were_frozen() -> None:
    assert digests() == json.loads(MANIFEST.read_text("utf-8"))


@pytest.mark.parametrize("name, count", [("intents", 120), ("edits", 200), ("files", 40)])
def test_both_halves_are_of_one_size_and_share_no_case(name: str, count: int) -> None:
    ids = [[case[NAMES[name]] for case in cases(name, half)] for half in HALVES]
    assert len(ids[0]) == len(ids[1]) == count / 2
    assert len({*ids[0], *ids[1]}) == count


def test_the_halves_do_not_depend_on_the_order_of_the_cases() -> None:
    every = [case for half in HALVES for case in cases("edits", half)]
    assert split("edits", every) == split("edits", every[::-1])
    assert [c["id"] for c in split("edits", every)["open"]] == [c["id"] for c in cases("edits", "open")]


def test_every_file_of_the_set_is_there() -> None:
    assert all(given_file(half, case["file"]).is_file() for half in HALVES for case in cases("files", half))


def test_a_sealed_case_that_fails_is_a_figure_and_an_open_one_is_seen() -> None:
    def work(case: dict[str, object]) -> str:
        raise ValueError(f"the text of {case['id']}")

    assert blind.attempts("sealed", [{"id": "secret"}], work) == ([], 1)
    with pytest.raises(ValueError, match="the text of mine"):
        blind.attempts("open", [{"id": "mine"}], work)


def test_no_measure_names_a_case(capsys: pytest.CaptureFixture[str]) -> None:
    """What a row holds and shows is its measure and numbers."""
    shown.rows([row("lines not verbatim", 0.25, 4)])
    assert "0.25" in capsys.readouterr().out
    ids = {case["id"] for half in HALVES for name in ("intents", "edits") for case in cases(name, half)}
    found = blind_edits.figures(blind.attempts("open", cases("edits", "open")[:2], _edit)[0])
    assert not any(one in r.measure for one in ids for r in found)


def _edit(case: dict[str, object]) -> BlindEdit:
    return blind_edits.examine_blind(case, BENCH)


def test_no_stranger_wrote_what_the_older_sets_hold() -> None:
    old = {intent["text"] for intent in data("intents")}
    assert not old & {case["text"] for half in HALVES for case in cases("intents", half)}
    assert set(SETS) == {"intents", "edits", "files"}
