"""The public names, the settings, and what --help may not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import omnireel
from omnireel import Settings


def test_every_public_name_is_there_and_nothing_else() -> None:
    assert sorted(omnireel._HOMES) == omnireel.__all__ == sorted(omnireel.__all__)
    for name in omnireel.__all__:
        assert getattr(omnireel, name).__name__ == name
    assert set(dir(omnireel)) == {*omnireel.__all__, "__version__"}
    with pytest.raises(AttributeError, match="nonsense"):
        _ = omnireel.nonsense


def test_settings_come_from_the_environment() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"OMNIREEL_LLM": ""}) == Settings()
    found = Settings.from_environment(
        {"OMNIREEL_LLM": "none", "OMNIREEL_GENERATOR": "oracle", "OMNIREEL_DATABASE_URL": "sqlite://",
         "OMNIREEL_OUT": "films"}
    )  # fmt: skip
    assert found == Settings("none", "oracle", "sqlite://", Path("films"))


def test_help_loads_no_heavy_library() -> None:
    heavy = ("torch", "pydantic", "langgraph", "sqlalchemy", "numpy", "av", "gradio")
    code = (
        "import sys; sys.argv = ['omnireel', '--help']\n"
        "from omnireel.cli.app import main\n"
        "try: main()\n"
        f"finally: print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "omnireel make" in done.stdout
