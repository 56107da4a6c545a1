"""The command line as a person starts it, and the same within this process, which is quicker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def process() -> Run:
    """Runs ``omnireel ARGUMENTS`` in a process of its own."""

    def run(*arguments: object, cwd: Path) -> Done:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "omnireel.cli", *map(str, arguments)],
            cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def omnireel(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs ``omnireel ARGUMENTS`` within this process, in an empty folder unless told otherwise."""
    from omnireel.cli import app as cli

    def run(*arguments: object, cwd: Path = tmp_path) -> Done:
        monkeypatch.setattr(sys, "argv", ["omnireel", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.chdir(cwd)
        with pytest.raises(SystemExit) as end:
            cli.main()
        told = capsys.readouterr()
        return Done(int(end.value.code or 0), told.out, told.err)

    return run
