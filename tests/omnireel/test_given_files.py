"""Files and names as people type them at the command line: read as meant, or refused in one line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import torch

from omni_model.media import encode_image
from tests.omnireel.conftest import Run

PLAIN = ("--generator", "oracle", "--llm", "none")
BOARD = """\
id: lamp
title: "The \\e[31mLamp"
cast: [{id: fox, name: Fox, kind: fox, references: [{image: fox.bmp}]}]
locations: [{id: here, name: Here, kind: forest}]
scenes: [{id: one, location: here, shots: [{id: s1, duration: 2.0, staging: [{entity: fox}]}]}]
"""
BMP = b"BM" + bytes(100)


def test_a_missing_story_is_not_filmed(omnireel: Run, tmp_path: Path) -> None:
    (tmp_path / "story.fountain").write_text("A fox runs.")
    done = omnireel("plan", "stroy.fountain", *PLAIN)
    assert done.code == 2 and "did you mean story.fountain?" in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_another_sentence_with_the_same_first_words_has_a_folder_of_its_own(omnireel: Run, tmp_path: Path) -> None:
    sentences = ("A bear dances on the beach.", "A bear dances on the roof.")
    for sentence in (*sentences, *sentences):
        done = omnireel("plan", sentence, *PLAIN)
        assert done.code == 0, done.err
    assert "holds another film: this one is in" in done.err
    assert len(list((tmp_path / "out").iterdir())) == 2


@pytest.mark.parametrize(("handle", "sentence"), [("Tom", "@tom waves."), ("곰", "@곰이 춤춘다.")])
def test_a_picture_is_named_in_any_script(omnireel: Run, tmp_path: Path, handle: str, sentence: str) -> None:
    (tmp_path / "tom.png").write_bytes(encode_image(torch.full((3, 64, 64), 200, dtype=torch.uint8)))
    done = omnireel("plan", sentence, "--image", f"@{handle}=tom.png", "--json", *PLAIN)
    assert done.code == 0, done.err
    assert [len(c["references"]) for c in json.loads(done.out)["story"]["cast"]] == [1]


def test_a_picture_that_is_none_is_named(omnireel: Run, tmp_path: Path) -> None:
    (tmp_path / "fox.bmp").write_bytes(BMP)
    (tmp_path / "a.yaml").write_text(BOARD)
    done = omnireel("render", "a.yaml", "--plan-only", *PLAIN)
    assert done.code == 2 and done.err.count("\n") == 1
    assert "a.yaml: line 3, column 61: cast[0].references[0].image: 'fox.bmp'" in done.err


def test_what_was_forgiven_is_said_and_nothing_is_obeyed(omnireel: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(BOARD.replace(", references: [{image: fox.bmp}]", ""))
    done = omnireel("render", "a.json", "--plan-only", *PLAIN)
    assert done.code == 0 and "note a.json: it is YAML, though it is called .json" in done.err
    assert "\x1b" not in done.out and "The \\x1b[31mLamp" in done.out


def test_a_storyboard_and_a_story_are_told_apart(omnireel: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(BOARD)
    (tmp_path / "a.fountain").write_text("INT. MILL - DAY\n\nA fox runs.\n")
    assert "omnireel render a.yaml" in omnireel("plan", "a.yaml", *PLAIN).err
    assert "omnireel make a.fountain" in omnireel("render", "a.fountain", *PLAIN).err


def test_a_plan_printed_as_json_can_be_filmed(omnireel: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(omnireel("plan", "A fox runs.", "--json", *PLAIN).out)
    done = omnireel("render", "plan.json", "--plan-only", *PLAIN)
    assert done.code == 0 and "the storyboard under 'story' is read" in done.err


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux")
def test_a_path_that_is_not_utf_8_is_one_line(process: Run, tmp_path: Path) -> None:
    for arguments in (("plan", "A fox.", "--out", os.fsdecode(b"caf\xe9")), ("inspect", os.fsdecode(b"caf\xe9"))):
        done = process(*arguments, cwd=tmp_path)
        assert done.code == 2 and "caf\\udce9 is not UTF-8" in done.err and done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            " ".join(f"{chr(65 + i % 26)}{chr(97 + i // 26)}ara runs." for i in range(70)),
            "a story has at most 64 characters",
        ),
        ("A fox " + "very " * 1000 + "slowly runs.", "and at most 4,000 are read: part it into shorter ones"),
        ("A fox says " + "so " * 1500, "at most 4,000 are read"),
        ("A fox " + "a" * 3985, "letters: say it in shorter sentences"),
    ],
)
def test_what_is_more_than_a_story_holds_is_refused_by_name(omnireel: Run, sentence: str, told: str) -> None:
    done = omnireel("plan", sentence, "--out", "film", *PLAIN)
    assert done.code == 2 and told in done.err and done.err.count("\n") == 1
