"""``omnireel read``: a picture or a film in, a caption and facts out; what cannot be read is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from omni_model.eyes.captioner import WEIGHTS
from omni_model.media import encode_image
from omni_model.world.render import sheet
from tests.omnireel.conftest import Run

NEEDED = pytest.mark.skipif(not WEIGHTS.exists(), reason="the captioner's weights are not here")


@pytest.fixture
def bear(tmp_path: Path) -> Path:
    path = tmp_path / "bear.png"
    path.write_bytes(encode_image(sheet("bear", "blue", (), size=128)))
    return path


@pytest.mark.parametrize("content", [None, b"", b"no picture at all"])
def test_what_cannot_be_read_is_one_line(omnireel: Run, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.png"
    if content is not None:
        path.write_bytes(content)
    done = omnireel("read", path)
    assert done.code == 2 and done.out == "" and done.err.count("\n") == 1 and "x.png" in done.err


@NEEDED
def test_it_prints_a_caption_and_facts_or_json(omnireel: Run, bear: Path) -> None:
    plain = omnireel("read", bear)
    assert plain.code == 0 and "character sheet: a blue bear" in plain.out and "species" in plain.out
    told = json.loads(omnireel("read", bear, "--json").out)
    assert told["picture"] == "sheet" and told["of_world"] > 0.5
    assert told["subjects"][0]["facts"]["species"]["word"] == "bear"
    assert told["caption"].startswith("character sheet: a blue bear")
