"""``omnireel eval omni-mini`` on the shipped weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.omnireel.conftest import Run


def test_the_table_is_json(omnireel: Run) -> None:
    done = omnireel("eval", "omni-mini", "--task", "VAE", "--cases", 2, "--seed", 5, "--json")
    told = json.loads(done.out)
    (row,) = told["rows"]
    assert (done.code, told["seed"], len(told["weights_digest"])) == (0, 5, 64)
    assert (row["task"], row["n_evaluated"], row["n_failed"]) == ("VAE", 2, 0)
    assert 20 < row["value"] < 60 and row["floor_met"] == (row["value"] >= row["floor"])


def test_the_table_is_shown(omnireel: Run) -> None:
    done = omnireel("eval", "omni-mini", "--task", "VAE", "--cases", 1)
    assert done.code == 0 and "VAE" in done.out and "PSNR, dB" in done.out and done.err == ""


def test_a_case_is_drawn_by_the_shipped_weights(omnireel: Run, tmp_path: Path) -> None:
    """One step of sampling: what counts is that the request is understood, not how it looks."""
    asked = "--task", "instruction edit", "--cases", 2, "--steps", 1, "--pictures", tmp_path, "--json"
    rows = json.loads(omnireel("eval", "omni-mini", *asked).out)["rows"]
    assert len(rows) == 3 and all(row["n_failed"] == 0 for row in rows), rows
    assert [path.name for path in tmp_path.iterdir()] == ["edits.png"]


@pytest.mark.parametrize(
    "wrong", [("--task", "painting"), ("--cases", 0), ("--weights", "nowhere"), ("--steps", 0), ("--seed", -1)]
)
def test_what_cannot_be_measured_is_refused_in_a_line(omnireel: Run, tmp_path: Path, wrong: tuple[str, object]) -> None:
    done = omnireel("eval", "omni-mini", *wrong)
    assert done.code == 2 and done.out == "" and len(done.err.splitlines()) == 1
