"""Edits from the command line: what would change, what changed, and back again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.omnireel.conftest import Run
from tests.support.films import ghost_storyboard

ORACLE = ("--generator", "oracle")


@pytest.fixture
def folder(omnireel: Run, tmp_path: Path) -> Path:
    """A film of three shots."""
    done = omnireel("render", ghost_storyboard(tmp_path), "--out", "film", "--yes", *ORACLE)
    assert done.code == 0, done.err
    return tmp_path / "film"


def test_a_sentence_is_previewed_applied_undone_and_done_again(folder: Path, omnireel: Run) -> None:
    first = (folder / "film.mp4").read_bytes()
    plan = omnireel("say", "film", "zoom in on shot 1", "--dry-run", "--json", "--llm", "none", *ORACLE)
    told = json.loads(plan.out)
    assert plan.code == 0 and told["stale"] == ["one"] and told["predicted_seconds"] > 0
    (operation,) = told["patch"]["operations"]
    assert operation == {
        "op": "set", "scope": "shot:one", "field": "camera", "value": "push in", "reason": "zoom in on shot 1",
    }  # fmt: skip
    assert told["patch"]["assumptions"] == []
    assert (folder / "film.mp4").read_bytes() == first, "nothing was done"

    done = json.loads(omnireel("say", "film", "zoom in on shot 1", "--json", "--llm", "none", *ORACLE).out)
    assert [shot["id"] for shot in done["report"]["shots"] if not shot["reused"]] == ["one"]
    second = (folder / "film.mp4").read_bytes()
    assert second != first

    log = json.loads(omnireel("log", "film", "--json").out)["versions"]
    assert [(v["version"], v["parent"], v["sentence"], v["current"]) for v in log] == [
        (1, None, "storyboard", False), (2, 1, "zoom in on shot 1", True),
    ]  # fmt: skip
    difference = json.loads(omnireel("diff", "film", "1", "2", "--json").out)["differences"]
    assert difference == [{"place": "scenes.night.shots.one.camera", "before": "static", "after": "push in"}]

    assert omnireel("undo", "film", *ORACLE).code == 0 and (folder / "film.mp4").read_bytes() == first
    assert omnireel("redo", "film", *ORACLE).code == 0 and (folder / "film.mp4").read_bytes() == second

    shown = omnireel("say", "film", "make it sad, but keep shot 2", "--dry-run", "--llm", "none", *ORACLE)
    assert "set film mood: sad" in shown.out and "kept" in shown.out and "to render: one, three" in shown.out
    assert "* 2 zoom in on shot 1" in omnireel("log", "film").out
    assert "static" in omnireel("diff", "film", "1", "2").out
    unread = omnireel("say", "film", "Florble the quux.", "--llm", "none", *ORACLE)
    assert unread.code == 2 and unread.err.splitlines()[-1].startswith("omnireel: ")


def test_eval_planner_measures_another_set_of_the_same_form(omnireel: Run, tmp_path: Path) -> None:
    right = {"story": "ghost", "sentence": "let it rain in scene 1", "language": "en",
             "operations": [{"op": "set", "scope": "scene:scene-1", "field": "weather", "value": "rain"}]}  # fmt: skip
    (tmp_path / "mine.jsonl").write_text(json.dumps(right) + "\n")
    done = omnireel("eval", "planner", "--llm", "none", "--sentences", "mine.jsonl", "--json")
    rows = {row["measure"]: row for row in json.loads(done.out)["rows"]}
    assert rows["edits, English: precision"]["value"] == rows["edits, English: recall"]["value"] == 1.0
    assert set(rows["edits, Korean: recall"]) == {
        "measure", "value", "n_evaluated", "n_failed", "n_skipped", "floor", "aim", "floor_met", "aim_met",
    }  # fmt: skip
    assert rows["edits, Korean: recall"]["value"] is rows["edits, Korean: recall"]["floor_met"] is None
    assert "edits, English: recall" in omnireel("eval", "planner", "--llm", "none", "--sentences", "mine.jsonl").out
