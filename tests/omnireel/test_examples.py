"""Every example script is run."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_the_example_runs_and_ends_with_a_film(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMNIREEL_LLM", "none")
    main = runpy.run_path(str(script))["main"]
    main(str(tmp_path / "film"), "oracle")
    assert str(tmp_path / "film" / "film.mp4") in capsys.readouterr().out
    assert (tmp_path / "film" / "film.mp4").stat().st_size > 1000


def test_there_are_three_of_them() -> None:
    assert len(list(EXAMPLES.glob("*.py"))) == 3
