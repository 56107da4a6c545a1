"""Handles of any script, in any case and form of Unicode."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.read import handles


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("@Tom waves.", {"tom": "Tom"}, "Tom waves."),
        ("@tom's hat, @TOM.", {"tom": "Tom"}, "Tom's hat, Tom."),
        ("@tomas waves at @tom", {"tom": "Tom"}, "@tomas waves at Tom"),
        ("@red-fox and @red", {"red-fox": "a fox", "red": "Red"}, "a fox and Red"),
        ("@tom-like", {"tom": "Tom"}, "Tom-like"),
        ("@곰이 춤춘다", {"곰": "곰"}, "곰이 춤춘다"),
        ("@곰돌이가 @곰을", {"곰": "큰곰", "곰돌이": "곰돌이"}, "곰돌이가 큰곰을"),
        ("@ÉMILE waves", {"émile": "Émile"}, "Émile waves"),
        ("@" + unicodedata.normalize("NFD", "Émile") + " waves", {"émile": "Émile"}, "Émile waves"),
        ("@STRASSE @straße", {"strasse": "road"}, "road road"),
        ("@मीरा आती है", {"मीरा": "Mira"}, "Mira आती है"),
        ("tom@example.com", {"tom": "Tom"}, "tom@example.com"),
        ("a @ b @", {"b": "c"}, "a @ b @"),
    ],
)
def test_handles_are_replaced(text: str, words: dict[str, str], told: str) -> None:
    assert handles.replaced(text, words) == told


@pytest.mark.parametrize("name", ["tom", "곰", "Ελένη", "मीरा", "red_fox-2", "7"])
def test_names_of_any_script_are_handles(name: str) -> None:
    assert handles.is_handle(name)


@pytest.mark.parametrize("name", ["", "-", "../x", "a b", "a/b", "a" * 65, "@", "\x1b", "\u202ea"])
def test_what_is_no_name_is_none(name: str) -> None:
    assert not handles.is_handle(name)


@given(st.text(max_size=60))
def test_a_text_without_known_handles_stays(text: str) -> None:
    assert handles.replaced(text, {}) == unicodedata.normalize("NFC", text)


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=20))
def test_a_name_is_found_in_any_case(name: str) -> None:
    assert handles.replaced(f"@{name.upper()} and @{name}.", {handles.folded(name): "X"}).endswith("X.")
