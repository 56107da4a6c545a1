"""The command line: films, plans, and one clear line for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.read.formats.storyboard import json_schema
from planner.story.story import Story
from tests.omnireel.conftest import Run
from tests.support.films import ghost_storyboard

SENTENCE = "A bear dances on the beach."
ORACLE = ("--generator", "oracle")
PLAIN = (*ORACLE, "--llm", "none")
COMMANDS = (
    "make", "plan", "render", "inspect", "say", "log", "diff", "undo", "redo", "schema", "train", "doctor", "studio",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(process: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a film, and what making it printed."""
    place = tmp_path_factory.mktemp("made")
    done = process("make", SENTENCE, "--duration", "2s", "--out", "film", *PLAIN, cwd=place)
    assert done.code == 0, done.err
    return place / "film", done.out


def test_make_ends_with_a_table_of_the_shots_and_the_path_of_the_film(made: tuple[Path, str]) -> None:
    folder, told = made
    story = Story.model_validate_json((folder / "story.json").read_bytes())
    assert all(shot.id in told for _, shot in story.shots)
    assert told.strip().splitlines()[-1] == str(Path("film") / "film.mp4")
    for name in ("film.mp4", "report.json", "contact-sheet.png", "production.db", "blobs", "shots"):
        assert (folder / name).exists(), name


def test_the_same_again_gives_the_same_film_at_once(made: tuple[Path, str], omnireel: Run) -> None:
    folder, _ = made
    film = folder / "film.mp4"
    before = film.stat().st_mtime_ns
    done = omnireel("make", SENTENCE, "--duration", "2", "--out", "film", "--json", *PLAIN, cwd=folder.parent)
    assert done.code == 0 and done.err == ""
    answer = json.loads(done.out)
    assert answer["event"] == "FilmCut" and Path(answer["film"]) == Path("film") / "film.mp4"
    assert answer["report"]["totals"]["film_seconds"] == answer["seconds"]
    assert film.stat().st_mtime_ns == before


@pytest.mark.parametrize("other", [["A fox runs."], [SENTENCE, "--duration", "2", "--seed", "8"]])
def test_a_folder_of_something_else_is_refused(made: tuple[Path, str], omnireel: Run, other: list[str]) -> None:
    folder, _ = made
    done = omnireel("make", *other, "--out", "film", *PLAIN, cwd=folder.parent)
    assert done.code == 2
    assert done.err.count("\n") == 1 and "choose another folder with --out" in done.err


def test_inspect_shows_the_film_and_its_report(made: tuple[Path, str], omnireel: Run) -> None:
    folder, _ = made
    assert "film.mp4" in omnireel("inspect", folder, cwd=folder).out
    told = json.loads(omnireel("inspect", folder, "--json", cwd=folder).out)
    assert told["report"] == json.loads((folder / "report.json").read_text())


def test_plan_explains_every_directive_and_renders_nothing(omnireel: Run, tmp_path: Path) -> None:
    done = omnireel("plan", "An astronaut repairs a submarine in Paris.", "--explain", *PLAIN)
    assert done.code == 0, done.err
    assert "approximated" in done.out and "honoured" in done.out
    assert not list(tmp_path.rglob("film.mp4"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["an-astronaut-repairs-a-submarine"]


def test_plan_as_json_is_the_story_with_its_lowering(omnireel: Run, tmp_path: Path) -> None:
    done = omnireel("plan", "유령이 숲에서 모자를 찾는다.", "--json", "--out", "film", *PLAIN)
    told = json.loads(done.out)
    story = Story.model_validate(told["story"])
    assert set(told["lowering"]) == {shot.id for _, shot in story.shots}
    assert told["planner"]["degraded"] is True
    unfilmed = omnireel("inspect", "film")
    assert unfilmed.code == 0 and "not filmed yet" in unfilmed.out


def test_render_plans_and_films_a_storyboard(omnireel: Run, tmp_path: Path) -> None:
    path = ghost_storyboard(tmp_path)
    planned = omnireel("render", path, "--plan-only", "--json", "--out", "film", *ORACLE)
    assert json.loads(planned.out)["planner"]["backend"] == "storyboard"
    assert not (tmp_path / "film" / "film.mp4").exists()
    done = omnireel("render", path, "--out", "film", "--yes", *ORACLE)
    assert done.code == 0, done.err
    assert (tmp_path / "film" / "film.mp4").exists()


def test_schema_is_the_storyboards_schema(omnireel: Run) -> None:
    assert json.loads(omnireel("schema").out) == json_schema()


def test_doctor_says_what_is_here(omnireel: Run) -> None:
    told = json.loads(omnireel("doctor", "--json").out)
    assert told["torch"].startswith("2.")
    assert {"device", "language model", "weights dit", "weights critic"} <= set(told)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(omnireel: Run, command: str) -> None:
    told = omnireel(command, "--help").out
    assert "Example" in told and f"omnireel {command}" in told


def test_the_help_names_every_command(omnireel: Run) -> None:
    told = omnireel()
    assert told.code == 0
    assert all(f"\n  {command} " in told.out for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "  ", *PLAIN], "nothing to film"),
        (["make"], "SENTENCE"),
        (["make", "x", "--duration", "-3"], "no duration"),
        (["make", "x", "--image", "ghost.png"], "names no image"),
        (["make", "a ghost", "--image", "@ghost=missing.png", *PLAIN], "missing.png is not a file"),
        (["make", "x", "--generator", "sora"], "no generator 'sora'"),
        (["make", "x", "--llm", "gpt", *ORACLE], "no language model 'gpt'"),
        (["make", "x", "--seed", "-1"], "--seed"),
        (["render", "missing.yaml", *ORACLE], "missing.yaml"),
        (["say", "nowhere", "make it scarier", *PLAIN], "nowhere holds no production"),
        (["undo", "nowhere", *ORACLE], "nowhere holds no production"),
        (["log", "nowhere"], "nowhere holds no production"),
        (["diff", "nowhere", "1", "2"], "nowhere holds no production"),
        (["eval", "planner", "--llm", "none", "--sentences", "none.jsonl"], "none.jsonl: cannot be read"),
        (["inspect", "nowhere"], "nowhere holds no production"),
        (["train", "wan"], "'wan' cannot be trained"),
        (["direct", "x"], "No such command"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_exit_code_2(omnireel: Run, arguments: list[str], said: str) -> None:
    done = omnireel(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("omnireel: ") and done.err.count("\n") == 1
    assert said in done.err


def test_a_process_ends_with_one_line_and_no_traceback(process: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("title: [")
    done = process("render", "bad.yaml", *ORACLE, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("omnireel: bad.yaml") and done.err.count("\n") == 1


@pytest.mark.slow
def test_every_benchmark_story_is_planned_with_the_fate_of_every_directive(omnireel: Run, shared_data: Path) -> None:
    files = sorted((shared_data / "vimax_stories").rglob("*.json"))
    assert files
    for path in files:
        done = omnireel("render", path, "--plan-only", "--json", "--out", path.stem, *ORACLE)
        assert done.code == 0, done.err
        told = json.loads(done.out)
        shots = [shot["id"] for scene in told["story"]["scenes"] for shot in scene["shots"]]
        assert shots and set(told["lowering"]) == set(shots)
        assert all(fates for fates in told["lowering"].values())


FILM = "INT. MILL - NIGHT\n\nA fox dances.\n\nFOX\nGood night.\n\nEXT. BEACH - DAWN\n\nThe fox sleeps.\n"


def test_a_story_file_is_planned_to_the_frame_with_directors_notes(omnireel: Run, tmp_path: Path) -> None:
    (tmp_path / "film.fountain").write_text(FILM, encoding="utf-8")
    done = omnireel("plan", "film.fountain", "--duration", "40s", "--explain", *PLAIN)
    assert done.code == 0
    assert "INT" not in done.out and "“Good night.” (fox)" in done.out
    assert "camera" in done.out and "staging: " in done.out
    again = omnireel("plan", "--story", "film.fountain", "--duration", "40s", "--explain", "--json", *PLAIN)
    answer = json.loads(again.out)
    assert Story.model_validate(answer["story"]).duration == pytest.approx(40.0)
    shot = answer["explain"]["acts"][0]["scenes"][0]["shots"][0]
    assert {"size", "camera", "duration", "staging"} <= set(shot["because"])


def test_locked_parts_are_kept_by_another_plan(omnireel: Run, tmp_path: Path) -> None:
    (tmp_path / "film.fountain").write_text(FILM, encoding="utf-8")
    omnireel("plan", "film.fountain", "--duration", "40s", "--out", "one", *PLAIN)
    held = json.loads((tmp_path / "one" / "story.json").read_text())
    held["scenes"][0]["lock"] = True
    (tmp_path / "locked.json").write_text(json.dumps(held), encoding="utf-8")
    asked = ("plan", "film.fountain", "--duration", "40s", "--seed", "5", "--keep", "locked.json")
    done = omnireel(*asked, "--out", "two", "--json", *PLAIN)
    answer = json.loads(done.out)
    kept = Story.model_validate(answer["story"])
    assert kept.scenes[0] == Story.model_validate(held).scenes[0] and kept.duration == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["plan"], "give either a sentence or --story FILE"),
        (["plan", "A fox runs.", "--story", "a.txt"], "give either a sentence or --story FILE"),
        (["plan", "--story", "a.txt"], "a.txt: cannot be read"),
        (["make", "--story", "a.yaml"], "a story is one of"),
        (["plan", "A fox runs.", "--keep", "none.json"], "none.json"),
    ],
)
def test_a_story_that_cannot_be_read_is_one_line(omnireel: Run, arguments: list[str], why: str) -> None:
    done = omnireel(*arguments, *PLAIN)
    assert done.code == 2 and why in done.err and done.err.count("\n") == 1
