"""Habits of the house that no other tool checks, on the files that are committed."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MEGABYTE = 10**6

# In character classes, so that this file does not name them either.
_REGISTRY = re.compile("pypi[.]org|python[h]osted|registry[.]npmjs|index[-]url", re.IGNORECASE)
_MACHINE = re.compile(r"(?<![\w.:/~}])/(?:home|root|work|opt|mnt|Users)/\w")
_PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib"}


@pytest.fixture(scope="module")
def committed() -> list[Path]:
    """The files that git knows, as they are in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts(paths: list[Path]) -> list[tuple[str, str]]:
    """Name and text of each file that is text."""
    found = []
    for path in paths:
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            found.append((str(path.relative_to(ROOT)), data.decode("utf-8")))
    return found


def modules(paths: list[Path]) -> list[tuple[str, ast.Module]]:
    """Name and syntax tree of each Python file that is not empty."""
    return [(name, ast.parse(text)) for name, text in texts(paths) if name.endswith(".py") and text]


@pytest.mark.parametrize("pattern", [_REGISTRY, _MACHINE], ids=["registry", "machine"])
def test_nothing_names_a_registry_or_a_machine(committed: list[Path], pattern: re.Pattern[str]) -> None:
    found = [f"{name}: {match[0]}" for name, text in texts(committed) for match in pattern.finditer(text)]
    assert found == []


def test_the_patterns_find_what_they_look_for() -> None:
    assert _MACHINE.search("--find-links=" + "/opt" + "/wheels") and _MACHINE.search("cd " + "/root" + "/x")
    assert _MACHINE.search("path = '" + "/home" + "/me'")
    assert not _MACHINE.search("https://example.com/home/page") and not _MACHINE.search("out/work/x")
    assert _REGISTRY.search("https://" + "pypi." + "org/simple")


def test_every_module_says_what_it_is_for(committed: list[Path]) -> None:
    assert [name for name, tree in modules(committed) if ast.get_docstring(tree) is None] == []


def test_weights_are_small_and_hold_no_code(committed: list[Path]) -> None:
    weights = [path for path in committed if ROOT / "omni_model" / "weights" in path.parents]
    assert sum(path.stat().st_size for path in weights) < 120 * MEGABYTE
    assert {path.suffix for path in weights} <= {".safetensors", ".json", ".md", ".py"}


def test_nothing_large_is_committed_but_weights(committed: list[Path]) -> None:
    large = [path for path in committed if path.stat().st_size > 2 * MEGABYTE]
    assert [str(path) for path in large if path.suffix != ".safetensors"] == []


def test_no_pickle_is_kept_or_read(committed: list[Path]) -> None:
    assert [path.name for path in committed if path.suffix in _PICKLES] == []
    wrong = []
    for name, tree in modules(committed):
        for node in ast.walk(tree):
            said = ast.unparse(node) if isinstance(node, ast.Call | ast.Import | ast.ImportFrom) else ""
            if re.match(r"import pickle|from pickle|pickle\.|(np|numpy)\.load\(.*allow_pickle=True", said):
                wrong.append(f"{name}: {said}")
            if said.startswith("torch.load(") and "weights_only=True" not in said:
                wrong.append(f"{name}: {said}")
    assert wrong == []
