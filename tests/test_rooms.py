"""Which room may import which: the table in ARCHITECTURE.md, enforced."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def rooms() -> dict[str, frozenset[str]]:
    """Room -> what it may import of ours, as the table says it."""
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", (ROOT / "ARCHITECTURE.md").read_text(), re.M)
    names = frozenset(room for room, _ in rows)
    return {room: names if may == "every room" else frozenset(re.findall(r"`([\w.]+)`", may)) for room, may in rows}


def imported(source: str, package: list[str]) -> Iterator[str]:
    """Dotted names that a module imports, wherever in it; ``package`` is where relative ones start."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            parts = [*above, *filter(None, [node.module])]
            yield from (".".join([*parts, alias.name]) for alias in node.names)
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def forbidden(room: str, targets: Iterator[str], table: dict[str, frozenset[str]]) -> list[str]:
    """The targets that are ours and that the table does not allow ``room``."""
    ours = [target for target in targets if target.split(".")[0] in table.keys() - {room}]
    return [name for name in ours if not any(f"{name}.".startswith(f"{may}.") for may in table[room])]


def test_the_table_names_the_rooms_that_are_there() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert folders == set(rooms())
    assert rooms()["memory"] == rooms()["omni_model"] == rooms()["prompts"] == frozenset()


@pytest.mark.parametrize("room", sorted(rooms()))
def test_no_room_imports_one_that_the_table_does_not_allow(room: str) -> None:
    table, wrong = rooms(), []
    for path in sorted((ROOT / room).rglob("*.py")):
        package = list(path.relative_to(ROOT).parent.parts)
        targets = imported(path.read_text(encoding="utf-8"), package)
        wrong += [f"{path.relative_to(ROOT)} imports {name}" for name in forbidden(room, targets, table)]
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    [
        "import agent.session",
        "import omni_model",
        "from omni_model import media",
        "from omni_model.mini.engine import OmniMini",
        "def late():\n    from memory import Memory",
        "from ..memory.store import Memory",
        "from .. import agent",
        "import importlib\nimportlib.import_module('omnireel')",
        "if TYPE_CHECKING:\n    import memory",
    ],
)
def test_the_check_sees_every_kind_of_import(source: str) -> None:
    assert forbidden("planner", imported(source, ["planner"]), rooms())


@pytest.mark.parametrize(
    "source",
    [
        "from omni_model.spec.conditioning import Slug",
        "from omni_model.spec import captions",
        "from . import story",
        "from .llm.base import Message",
        "import memory_profiler",
        "import prompts",
    ],
)
def test_the_check_lets_allowed_imports_be(source: str) -> None:
    assert not forbidden("planner", imported(source, ["planner"]), rooms())
