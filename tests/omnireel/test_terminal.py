"""Text of others on a terminal: nothing of it is obeyed, and JSON still says the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnireel.show.printable import printable, printable_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A fox\n곰 — “é” 👩‍🚀", "A fox\n곰 — “é” 👩‍🚀"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("a\rb\x7f", "a\\x0db\\x7f"),
        ("gpj.\u202efox", "gpj.\\u202efox"),
        ("caf\udce9", "caf\\udce9"),
        ("a\tb", "a b"),
    ],
)
def test_what_a_terminal_would_obey_is_written_as_its_code(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_everything_can_be_written(text: str) -> None:
    printable(text + "\ud800").encode("utf-8")


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters(exclude_categories=[]))))
def test_json_says_the_same(value: dict[str, str]) -> None:
    shown = printable_json(value)
    assert json.loads(shown) == value
    assert printable(shown) == shown
