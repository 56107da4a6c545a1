"""ARCHITECTURE.md names what is there: its doors resolve by import, with their parameters, and its files exist."""

from __future__ import annotations

import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
DOORS = re.findall(r"^((?:planner|memory|omni_model)(?:\.\w+)+)\(([^)]*)\)", PAGE, re.M)
FILES = sorted(set(re.findall(r"`(?:\w+/)*(\w+\.(?:py|yaml))[`:]", PAGE)))


def resolved(name: str) -> Any:
    """What a dotted name stands for. Raises AttributeError or ImportError."""
    return pkgutil.resolve_name(name)


def unknown_parameters(door: Any, listed: str) -> set[str]:
    """The listed parameters that a door does not take."""
    names = {part.strip().lstrip("*") for part in listed.split(",")} - {""}
    return names - set(inspect.signature(door).parameters)


@pytest.mark.parametrize(("name", "listed"), DOORS)
def test_a_door_is_there_and_takes_what_the_page_says(name: str, listed: str) -> None:
    assert unknown_parameters(resolved(name), listed) == set()


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_page_exists(name: str) -> None:
    rooms = ("agent", "memory", "omni_model", "omnireel", "planner", "prompts", "tests")
    assert any(next((ROOT / room).rglob(name), None) for room in rooms)


def test_the_check_sees_doors_and_what_they_do_not_take() -> None:
    assert len(DOORS) > 40 and len(FILES) > 20
    assert unknown_parameters(unknown_parameters, "door, gone") == {"gone"}
    with pytest.raises(AttributeError):
        resolved("memory.Memory.save_story")
