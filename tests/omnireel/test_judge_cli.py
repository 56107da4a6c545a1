"""A judge on the command line: one that is away keeps no film from being made, one that cannot be opened is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.films import ghost_storyboard

AWAY = "openai:http://127.0.0.1:1/v1#some-model"


def test_a_judge_that_is_away_is_on_record_and_the_film_is_made(omnireel: Callable[..., Any], tmp_path: Path) -> None:
    storyboard = ghost_storyboard(tmp_path)
    done = omnireel("render", storyboard, "--llm", AWAY, "--generator", "oracle", "--out", tmp_path / "film", "--json")
    assert done.code == 0
    report = json.loads(done.out)["report"]
    judge = report["judge"]
    assert (judge["backend"], judge["model"], judge["answered"]) == ("openai", "some-model", 0)
    assert judge["failed"] == len(judge["failures"]) > 0
    assert all("cannot reach" in failure["why"] for failure in judge["failures"])
    assert report["planner"]["backend"] == "storyboard"
    told = omnireel("inspect", tmp_path / "film")
    assert f"judged by openai some-model: 0 answers, {judge['failed']} failures" in told.out


def test_a_model_that_cannot_be_opened_is_one_line(omnireel: Callable[..., Any], tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "model").mkdir()
    storyboard = ghost_storyboard(tmp_path)
    done = omnireel("render", storyboard, "--llm", f"transformers:{tmp_path / 'model'}", "--generator", "oracle")
    assert done.code == 2 and done.err.count("\n") == 1
    assert done.err.startswith("omnireel: cannot load")
