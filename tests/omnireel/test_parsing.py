"""What people type: durations, named images, folder names."""

from __future__ import annotations

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


@given(st.text(max_size=300))
def test_a_folder_name_is_one_plain_name_of_any_sentence(sentence: str) -> None:
    name = parsing.folder_name(sentence)
    assert Path(name).name == name and name not in {".", ".."} and "\0" not in name
    assert 0 < len(name.encode()) <= 255
