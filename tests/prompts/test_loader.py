"""Prompts are found by name, filled strictly, and never read from values."""

import hashlib

import pytest

from prompts import PromptError, digest, render
from prompts.loader import TEMPLATES

NAMES = sorted(file.stem for file in TEMPLATES.glob("*.j2"))


def test_there_are_templates() -> None:
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_digest_is_of_the_template(name: str) -> None:
    assert digest(name) == hashlib.sha256((TEMPLATES / f"{name}.j2").read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["../pyproject", "cast.j2", "/etc/passwd", "", "nothing_here"])
def test_names_are_confined(name: str) -> None:
    with pytest.raises(PromptError, match="no prompt template"):
        render(name)


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(PromptError, match="people"):
        render("events_question", story="a fox runs")


def test_values_are_never_templates() -> None:
    hostile = "{{ cycler.__init__.__globals__ }} {% for x in y %}"
    assert hostile in render("cast_question", story=hostile, words=[])
