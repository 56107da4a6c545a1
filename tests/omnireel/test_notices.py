"""What could not be done as asked is said by every command, once, on stderr; and in --json."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from omnireel.show import notices
from omnireel.show.progress import Follower
from planner.film.lowering import Lowering
from tests.omnireel.conftest import Run
from tests.support.films import ghost_storyboard

PLAIN = ("--generator", "oracle", "--llm", "none")
ASKED = "An astronaut repairs a submarine in Paris."
REFUSED = "'submarine' cannot be drawn"


def test_a_plan_says_what_it_cannot_draw_without_being_asked(omnireel: Run) -> None:
    done = omnireel("plan", ASKED, "--duration", "4s", *PLAIN)
    lines = done.err.splitlines()
    assert any(line.startswith("refused ") and REFUSED in line for line in lines)
    assert any(line.startswith("approximated ") and "'Paris' is drawn as 'city'" in line for line in lines)
    assert REFUSED not in done.out
    assert max(Counter(lines).values()) == 1
    first = [line.split()[0] for line in lines if line.startswith(("refused", "approximated"))]
    assert first == sorted(first, reverse=True)


def test_an_explained_plan_says_it_once(omnireel: Run) -> None:
    done = omnireel("plan", ASKED, "--duration", "4s", "--explain", *PLAIN)
    assert REFUSED in done.out and REFUSED not in done.err


def test_every_command_that_shows_a_film_says_what_it_lacks(omnireel: Run) -> None:
    made = omnireel("make", ASKED, "--duration", "2s", "--out", "film", *PLAIN)
    assert REFUSED in made.err and "planned by rules (no language model)" in made.out
    looked = omnireel("inspect", "film")
    assert REFUSED in looked.err
    told = json.loads(omnireel("inspect", "film", "--json").out)
    assert any(REFUSED in line for line in told["notices"])
    planned = json.loads(omnireel("make", ASKED, "--duration", "2s", "--out", "film", "--json", *PLAIN).out)
    assert any(REFUSED in line for line in planned["notices"])


def test_findings_of_a_storyboard_are_said_once(omnireel: Run, tmp_path: Path) -> None:
    path = ghost_storyboard(tmp_path)
    done = omnireel("render", path, "--plan-only", "--out", "film", *PLAIN)
    told = json.loads(omnireel("render", path, "--plan-only", "--json", "--out", "film", *PLAIN).out)
    assert told["planner"]["notes"] == [n for n in told["notices"] if n in told["planner"]["notes"]]
    assert all(done.err.count(note) == 1 for note in told["planner"]["notes"])


def fate(directive: str, outcome: str = "approximated", detail: str = "no words") -> Lowering:
    return Lowering(directive=directive, outcome=outcome, detail=detail)


def test_fates_with_one_reason_share_a_line_and_many_are_counted() -> None:
    of_shots = {f"s{i}": (fate(f"shot.description: {i}"), fate("shot.size: wide", "honoured")) for i in range(6)}
    (line,) = notices.shortfalls((), of_shots)
    assert line == notices.NoticeLine("approximated", "shot.description: 6 of them: no words", "every shot")


def test_a_reason_that_the_film_has_is_not_repeated_for_its_shots() -> None:
    (line,) = notices.shortfalls((fate("place: Paris", detail="a city"),), {"s1": (fate("x: Paris", detail="a city"),)})
    assert line == notices.NoticeLine("approximated", "place: Paris: a city")


@pytest.mark.parametrize("width", [80, 120])
def test_a_follower_says_nothing_twice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    follower = Follower(quiet=False)
    for _ in range(2):
        follower.tell(
            [notices.NoticeLine("refused", "[b]never[/b] " + "long " * 40, "s1"), notices.NoticeLine("note", "b")]
        )
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 2 and "[b]never[/b]" in said.err
    assert follower.notices[1:] == ["b"]
