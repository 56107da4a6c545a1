"""Remembered answers: killed half-way, damaged, handed over by a stranger, and too many."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from planner.llm import LanguageModelError, Message, TimedFrame
from planner.llm.cache import MOST_BYTES, CachedModel
from planner.llm.scripted import ScriptedModel

QUESTION = [Message(role="user", text="Who?")]


class Somebody(BaseModel):
    name: str
    height: float = 1.0


def ask_all(model: CachedModel) -> list[object]:
    """The answers of all three kinds to one question."""
    return [
        model.generate_object(QUESTION, Somebody),
        model.generate_lines(QUESTION, "root ::= x"),
        model.first_token_probabilities(QUESTION, ("yes", "no")),
    ]


ANSWERS = ({"name": "fox"}, ["fox", "end"], {"yes": 0.5, "no": 0.25})
SAID = [Somebody(name="fox"), ["fox", "end"], {"yes": 0.5, "no": 0.25}]
DAMAGE = (
    b"", b"{", b"null", b"7", b'"fox"', b"\xff\xfe", b'["fox", 7]', b"[" * 100_000, b'{"name": "fox", "height": NaN}',
    b'{"yes": 0.5}', b'{"yes": 0.5, "no": 0.25, "fox": 0.1}', b'{"yes": 7, "no": 0}', b'{"name": "\\ud800"}',
    b"\0" * 99,
)  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The three answers, written."""
    ask_all(CachedModel(ScriptedModel(ANSWERS), tmp_path))
    written = sorted(tmp_path.iterdir())
    assert len(written) == 3 and {file.suffix for file in written} == {".json"}
    return written


def test_what_was_answered_is_not_asked_again(files: list[Path]) -> None:
    script = ScriptedModel([])
    cached = CachedModel(script, files[0].parent)
    assert ask_all(cached) == SAID
    assert script.requests == [] and cached.usage.calls == 0


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_answer_is_asked_for_again_and_written_anew(files: list[Path], damage: bytes) -> None:
    whole = [file.read_bytes() for file in files]
    for file in files:
        file.write_bytes(damage)
    assert ask_all(CachedModel(ScriptedModel(ANSWERS), files[0].parent)) == SAID
    assert [file.read_bytes() for file in files] == whole


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "dangling", "large", "loop"])
def test_what_a_stranger_put_there_is_no_answer(files: list[Path], kind: str) -> None:
    for file in files:
        file.unlink()
        match kind:
            case "folder":
                file.mkdir()
            case "pipe":
                os.mkfifo(file)
            case "device":
                file.symlink_to("/dev/zero")
            case "dangling":
                file.symlink_to(file.with_name("nowhere"))
            case "large":
                file.write_bytes(b" " * (4 * 2**20) + b"[]")
            case "loop":
                file.symlink_to(file)
    assert ask_all(CachedModel(ScriptedModel(ANSWERS), files[0].parent)) == SAID


def test_nothing_is_written_through_a_strangers_link(tmp_path: Path, files: list[Path]) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("dear")
    for file in files:
        file.unlink()
        file.with_suffix(".part").symlink_to(mine)
    ask_all(CachedModel(ScriptedModel(ANSWERS), tmp_path))
    assert mine.read_text() == "dear" and sorted(tmp_path.iterdir()) == sorted([*files, mine])


KILLED = """
import os, signal, sys
from pathlib import Path
from planner.llm import Message as Turn
from planner.llm.cache import CachedModel
from planner.llm.scripted import ScriptedModel
sys.addaudithook(lambda event, _: event == "os.rename" and os.kill(os.getpid(), signal.SIGKILL))
question = [Turn(role="user", text="Who?")]
CachedModel(ScriptedModel([["half"]]), Path(sys.argv[1])).generate_lines(question, "root ::= x")
"""


def test_a_kill_between_write_and_rename_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path])
    assert done.returncode == -signal.SIGKILL
    assert [file.suffix for file in tmp_path.iterdir()] == [".part"]
    cached = CachedModel(ScriptedModel([["whole"]]), tmp_path)
    assert cached.generate_lines(QUESTION, "root ::= x") == cached.generate_lines(QUESTION, "root ::= x") == ["whole"]
    assert [file.suffix for file in tmp_path.iterdir()] == [".json"]


def test_the_oldest_go_when_there_are_too_many_and_strangers_files_stay(tmp_path: Path) -> None:
    old, older, foreign = tmp_path / f"{1:032x}.json", tmp_path / f"{2:032x}.json", tmp_path / "download.part"
    for age, file in enumerate((old, older, foreign)):
        with file.open("wb") as out:
            out.truncate(MOST_BYTES // 2 + 1)
        os.utime(file, (1000 - age, 1000 - age))
    assert CachedModel(ScriptedModel([["fox"]]), tmp_path).generate_lines(QUESTION, "x") == ["fox"]
    assert not older.exists() and old.exists() and foreign.exists() and len(list(tmp_path.iterdir())) == 3


def test_where_nothing_can_be_written_the_answer_is_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "answers").write_text("a file where a folder should be")
    assert ask_all(CachedModel(ScriptedModel(ANSWERS), tmp_path / "answers")) == SAID
    assert len(caplog.records) == 3


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    cached = CachedModel(ScriptedModel([LanguageModelError("down"), ["fox"]]), tmp_path)
    with pytest.raises(LanguageModelError, match="down"):
        cached.generate_lines(QUESTION, "x")
    assert cached.generate_lines(QUESTION, "x") == ["fox"]
    assert (cached.usage.calls, cached.usage.failures) == (2, 1)


def test_what_is_shown_and_when_is_part_of_the_question(tmp_path: Path) -> None:
    frames = [(), ((b"a", 0.0),), ((b"b", 0.0),), ((b"a", 1.0),), ((b"a", 0.0), (b"a", 1.0))]
    clips = [tuple(TimedFrame(image=image, seconds=at) for image, at in clip) for clip in frames]
    script = ScriptedModel([[str(number)] for number in range(len(clips))], sees=True)
    for _ in range(2):
        asked = [[Message(role="user", text="?", clip=clip)] for clip in clips]
        said = [CachedModel(script, tmp_path).generate_lines(question, "x") for question in asked]
        assert said == [["0"], ["1"], ["2"], ["3"], ["4"]]
    assert len(script.requests) == len(clips)
