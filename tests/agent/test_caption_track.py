"""The caption track of a film holds what its storyboard says, letter by letter."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.graph.nodes.cut import captions
from omni_model.media import Caption, write_film
from planner.read.formats import storyboard
from planner.story.story import Line, Shot
from tests.support.films import ghost_story

LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
LINES = st.lists(st.text(LETTERS, min_size=1, max_size=300), min_size=1, max_size=4)


def track(path: Path) -> list[str]:
    """The texts of the first subtitle stream, as its samples hold them (3GPP TS 26.245)."""
    with av.open(str(path)) as film:
        samples = [bytes(packet) for packet in film.demux(film.streams.subtitles[0])]
    return [sample[2 : 2 + int.from_bytes(sample[:2], "big")].decode() for sample in samples if len(sample) > 2]


def shown(said: list[Caption], folder: Path) -> list[str]:
    write_film(folder / "film.mp4", [torch.zeros(6, 3, 64, 112, dtype=torch.uint8)], 12, (32, 32), captions=said)
    return track(folder / "film.mp4")


@given(lines=LINES, cue=st.text(LETTERS, max_size=20), syntax=st.sampled_from(["yaml", "json"]))
@example(lines=["".join(map(chr, range(32, 127)))], cue="ROBOT", syntax="yaml")
@example(lines=["The", "{ok} 3\\4 C:\\new", "<i>&amp; --> 안녕 Привет مرحبا 👨‍👩‍👧"], cue="", syntax="json")
@settings(max_examples=60, deadline=None)
def test_a_line_goes_from_the_storyboard_to_the_track(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], cue: str, syntax: str
) -> None:
    folder = tmp_path_factory.mktemp("track")
    line = Line(speaker="ghost", text="\n".join(lines), cue=cue)
    story = ghost_story()
    first = story.scenes[0].shots[0].model_copy(update={"dialogue": (line,), "caption": ""})
    shots: tuple[Shot, ...] = (first, *story.scenes[0].shots[1:])
    story = story.model_copy(
        update={"scenes": (story.scenes[0].model_copy(update={"shots": shots}), *story.scenes[1:])}
    )
    (folder / f"film.{syntax}").write_text(storyboard.dumps(story, syntax), "utf-8", newline="")  # type: ignore[arg-type]
    loaded = storyboard.load(folder / f"film.{syntax}")
    name = line.cue or story.cast[0].name
    assert shown(captions(loaded), folder)[0] == f"{name}: {line.text}"


def test_who_speaks_is_called_by_name_where_no_script_spells_it() -> None:
    line = Line(speaker="ghost", text="Boo.")
    shots = tuple(shot.model_copy(update={"dialogue": (line,)}) for shot in ghost_story().scenes[0].shots)
    scene = ghost_story().scenes[0].model_copy(update={"shots": shots})
    said = [caption.text for caption in captions(ghost_story().model_copy(update={"scenes": (scene,)}))]
    assert said == ["One night", "Ghost: Boo.", "Ghost: Boo.", "Ghost: Boo."]
