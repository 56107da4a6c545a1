"""One meaning a noun: a public class name is used once in the house."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("agent", "memory", "omni_model", "omnireel", "planner", "prompts")


def homes(sources: dict[str, str]) -> dict[str, list[str]]:
    """Public class name -> the modules that define it, of modules by name."""
    found: dict[str, list[str]] = defaultdict(list)
    for module, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(module)
    return found


def test_a_public_class_name_is_used_once() -> None:
    paths = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    sources = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    assert {name: modules for name, modules in homes(sources).items() if len(modules) > 1} == {}


@pytest.mark.parametrize("second, count", [("class Take: ...", 2), ("class _Take: ...", 1), ("Take = int", 1)])
def test_the_check_counts_what_is_public(second: str, count: int) -> None:
    assert len(homes({"a": "class Take: ...", "b": second})["Take"]) == count
