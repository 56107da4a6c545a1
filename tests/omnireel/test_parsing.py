"""What people type: durations, named images, paths, folder names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnireel import parsing


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m", 60), ("1m30s", 90), ("12.5", 12.5), ("2min", 120), (" 90 S ", 90), ("0.5m", 30)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parsing.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-3", "nan", "inf", "1h", "1e9", "0", "0s", "999m", "3,5", "1m 30s x"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no duration|lasts more than"):
        parsing.duration(text)


def test_images() -> None:
    assert parsing.images(["@ghost=a.png", "red_fox=b/c=d.jpg"]) == {
        "ghost": Path("a.png"),
        "red_fox": Path("b/c=d.jpg"),
    }


@pytest.mark.parametrize("items", [["ghost.png"], ["@=a.png"], ["@ghost="], ["@../x=a.png"], ["@a=x", "a=y"]])
def test_what_names_no_image_is_refused(items: list[str]) -> None:
    with pytest.raises(ValueError, match="image"):
        parsing.images(items)


def test_names_of_images_are_the_same_in_any_case_and_script() -> None:
    assert parsing.images(["@Tom=a.png", "@곰=b.png", "@Émile=~/c.png"]) == {
        "tom": Path("a.png"),
        "곰": Path("b.png"),
        "émile": Path.home() / "c.png",
    }
    with pytest.raises(ValueError, match="@tom is given two images"):
        parsing.images(["@Tom=a.png", "@TOM=b.png"])


@pytest.mark.parametrize(
    "words",
    [
        "A fox runs.",
        "a fox",
        "dance",
        "곰이 춤춘다",
        "The Mr. Fox",
        "and/or he sleeps.",
        "",
        " ",
        "x" * 5000,
        "a\0b",
        "Fin.",
    ],
)
def test_a_sentence_is_no_path(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parsing.story_path(words) is None


@pytest.mark.parametrize("words", ["film.fountain", " film.FDX ", "my story.txt", "acts/one.md"])
def test_a_story_file_is_one(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / words.strip()
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert parsing.story_path(words) == Path(words.strip())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("stroy.fountain", "there is no file stroy.fountain; did you mean story.fountain?"),
        ("my story.txt", "there is no file my story.txt"),
        ("acts/one", "there is no file acts/one"),
        ("C:\\films\\one", "there is no file"),
        ("https://example.com/a.txt", "there is no file"),
        ("gone.yaml", "there is no file gone.yaml"),
        ("board.yaml", "is a storyboard, no story: film it with `omnireel render board.yaml`"),
        ("./folder/", "is a folder: a story is one of"),
        ("notes", "notes is no story file: a story is one of"),
        ("fox.png", "fox.png is no story file"),
    ],
)
def test_what_looks_like_a_path_is_never_filmed(
    words: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name in ("story.fountain", "board.yaml", "notes", "fox.png"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=re.escape(told)):
        parsing.story_path(words)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_a_sentence_a_path_or_refused(words: str) -> None:
    try:
        assert parsing.story_path(words) is None
    except ValueError as error:
        assert "there is no file" in str(error) or "is no story file" in str(error) or "is a folder" in str(error)


def test_each_sentence_has_a_folder_of_its_own_and_finds_it_again() -> None:
    held = {Path("out/a-fox-runs-to-the"): "A fox runs to the mill."}

    def folder(told: str) -> Path:
        found = parsing.folder_for(Path("out"), told, told, held.get)
        held.setdefault(found, told.strip())
        return found

    first, second, third = (folder(f"A fox runs to the {place}.") for place in ("mill", "beach", "moon"))
    assert first == Path("out/a-fox-runs-to-the") and len({first, second, third}) == 3
    assert folder(" A fox runs to the beach. ") == second and folder("A fox runs to the mill.") == first
    assert all(path.parent == Path("out") and path.name.startswith("a-fox-runs-to-the") for path in held)


@given(st.text(max_size=300))
def test_a_folder_name_is_one_plain_name_of_any_sentence(sentence: str) -> None:
    name = parsing.folder_name(sentence)
    assert Path(name).name == name and name not in {".", ".."} and "\0" not in name
    assert 0 < len(name.encode()) <= 255
