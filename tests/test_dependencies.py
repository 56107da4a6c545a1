"""What is imported is declared, what is declared is pinned, and pins have hashes."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
OURS = {path.parent.name for path in ROOT.glob("*/*.py")}
#: Names that only type checkers know.
STUBS = {"_typeshed"}
#: vLLM wants a GPU's builds of everything, so no file pins it.
PINNED_EXTRAS = sorted(EXTRAS.keys() - {"vllm"})


def imported(source: str) -> Iterator[str]:
    """Top-level modules that a source imports absolutely, wherever in it, by statement or by a name in a call."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.Call) and re.search(r"import|\blibrary$", ast.unparse(node.func)):
            names = (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))
            yield from (str(name).partition(".")[0] for name in names if str(name).isprintable())


def foreign(source: str) -> set[str]:
    """The imported modules that are neither Python's nor ours."""
    return set(imported(source)) - OURS - sys.stdlib_module_names - STUBS - {""}


@cache
def installed() -> Mapping[str, list[str]]:
    return packages_distributions()


def distributions(module: str) -> set[str]:
    """Who installs a module; what is not installed here is taken for a distribution of that name."""
    return {str(canonicalize_name(name)) for name in installed().get(module, [module])}


def names(requirements: list[str]) -> set[str]:
    return {str(canonicalize_name(Requirement(line).name)) for line in requirements}


@pytest.mark.parametrize("folder", sorted(OURS))
def test_every_import_is_of_a_declared_distribution(folder: str) -> None:
    never_installed: set[str] = set() if folder in {"tests", "benchmarks", "requirements"} else {"dev"}
    extras = chain.from_iterable(EXTRAS[name] for name in EXTRAS.keys() - never_installed)
    declared = names([*PROJECT["dependencies"], *extras])
    wrong = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for module in sorted(foreign(path.read_text(encoding="utf-8"))):
            if not distributions(module) & declared:
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    [
        "import undeclared.part",
        "from undeclared.part import name",
        "def late():\n    import undeclared",
        "import_module('undeclared.part')",
        "importlib.import_module('undeclared')",
        "pytest.importorskip('undeclared')",
        "library('undeclared.hooks').streamed()",
        "if TYPE_CHECKING:\n    import undeclared",
    ],
)
def test_the_check_sees_every_kind_of_import(source: str) -> None:
    assert foreign(source) == {"undeclared"}
    assert foreign("import os.path, agent.session\nfrom . import undeclared\nlibrary()") == set()


def pins() -> dict[str, str]:
    """Distribution -> the lines that pin it, of every file."""
    text = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "requirements").glob("*.txt"))
    blocks = [block for block in re.split(r"^(?=\w)", text, flags=re.MULTILINE) if block.strip()]
    found = {str(canonicalize_name(block.partition("==")[0])): block for block in blocks}
    assert len(found) == len(blocks), "something is pinned twice"
    return found


def test_every_declared_range_holds_its_pin() -> None:
    found, wrong = pins(), []
    for line in [*PROJECT["dependencies"], *chain.from_iterable(EXTRAS[name] for name in PINNED_EXTRAS)]:
        wanted = Requirement(line)
        pin = found.get(str(canonicalize_name(wanted.name)), "")
        version = re.match(r".*?==([^\s;]+)", pin)
        if version is None or Version(version[1]) not in wanted.specifier:
            wrong.append(f"{line}, pinned as {pin[:60]!r}: make pin")
    assert wrong == []


def test_every_pin_has_hashes_and_names_no_place() -> None:
    for name, block in pins().items():
        head, *hashes = block.rstrip("\n").split(" \\\n")
        assert hashes and all(re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}", line) for line in hashes), name
        assert re.fullmatch(r"[\w.-]+==[\w.+!]+( ; [\w .'<>=!()]+)?", head), head
