"""The cut takes shots some frames at a time: the same films, and no more memory for a longer shot."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from torch import Tensor

from agent.critic.critic import Critic
from agent.critic.findings import ReviewInput
from agent.folder.settings import ProductionSettings
from agent.graph.nodes.cut import entered, write_all
from agent.models import open_critic
from agent.opening import Choices, open_production
from agent.session import Session
from benchmarks.measure import peak_memory
from omni_model.spec.captions import caption
from omni_model.spec.conditioning import Assets, CameraKey, CameraPath, Conditioning
from omni_model.spec.generator import Clip
from omni_model.world import sample_scene
from omni_model.world.oracle import OracleGenerator
from omni_model.world.render import render_frames
from planner.read.formats.storyboard import dumps
from planner.story.story import Shot, Story, Transition
from tests.support.films import ghost_story

MIB = 2**20
TAKE = 3 * 64 * 112 / MIB
"""MiB of a frame of a take."""
LONGER = 480
"""Frames by which long clips here are longer than short ones: both are several parts of everything."""


class Enlarger(OracleGenerator):
    """Shows its takes four times larger each way, so many frames at a time."""

    def __init__(self, at_once: int) -> None:
        super().__init__()
        self.at_once = at_once

    def finished_pieces(self, asked: Conditioning, clip: Clip, assets: Assets) -> Iterator[Tensor]:
        for some in torch.split(clip.frames, self.at_once):
            yield some.repeat_interleave(4, -1).repeat_interleave(4, -2)


def with_shots(*changes: dict[str, object]) -> Story:
    """The ghost's first shot, changed in several ways."""
    story = ghost_story()
    (scene,) = story.scenes
    shots = tuple(Shot.model_validate(scene.shots[0].model_dump() | change) for change in changes)
    return story.model_copy(update={"scenes": (scene.model_copy(update={"shots": shots}),)})


def film(story: Story, folder: Path) -> Path:
    """Its folder."""
    folder.mkdir(exist_ok=True)
    storyboard = folder / "story.yaml"
    storyboard.write_text(dumps(story, "yaml"), encoding="utf-8")
    with Session.from_storyboard(storyboard, folder, generator="oracle", critic=Critic(None)) as session:
        session.approve().finish()
    return folder


def cut(folder: Path, at_once: int) -> dict[str, str]:
    """Digests of the films and the sheet, cut anew from the takes in a folder."""
    choices = Choices(generator=Enlarger(at_once), critic=Critic(None))
    made = open_production(folder, choices, ProductionSettings(generator="oracle", llm="none"), None)
    with made.context.memory as memory:
        rendition = memory.production().rendition
        assert rendition is not None
        write_all(memory.rendition(rendition), made.context)
    shown = [*folder.rglob("*.mp4"), *folder.glob("*.png")]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in shown}


@pytest.mark.parametrize("transition", ["cut", "dissolve", "fade"])
@pytest.mark.parametrize("last", [None, torch.full((3, 2, 4), 250, dtype=torch.uint8)])
def test_a_transition_is_the_same_wherever_the_pieces_end(transition: Transition, last: Tensor | None) -> None:
    shot = torch.arange(7, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 2, 4) + 100
    for count in range(4):
        whole = entered(shot, 0, last, transition, count)
        for size in range(1, 8):
            pieces = torch.split(shot, size)
            parts = [entered(piece, size * i, last, transition, count) for i, piece in enumerate(pieces)]
            assert torch.equal(torch.cat(parts), whole), (count, size)
    blends = transition == "fade" or (transition == "dissolve" and last is not None)
    source = 250 if transition == "dissolve" else 0
    shares = [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0] if blends else [1.0] * 7
    blended = [source * (1 - share) + (100 + i) * share for i, share in enumerate(shares)]
    assert whole[:, 0, 0, 0].tolist() == torch.tensor(blended).round().int().tolist()


def test_a_film_is_the_same_in_whatever_pieces_its_shots_come(tmp_path: Path) -> None:
    changes = ({"transition": "fade"}, {"id": "two", "transition": "dissolve", "camera": "push in"}, {"id": "three"})
    folder = film(with_shots(*changes), tmp_path)
    whole = cut(folder, 9)
    assert whole.keys() == {"film.mp4", "one.mp4", "two.mp4", "three.mp4", "contact-sheet.png"}
    for at_once in (1, 4):
        assert cut(folder, at_once) == whole, at_once


def test_a_longer_shot_takes_no_more_memory_to_cut(tmp_path: Path) -> None:
    folders = [film(with_shots({"duration": s, "transition": "fade"}), tmp_path / str(s)) for s in (2.0, 6.0)]
    short, long = (peak_memory(lambda folder=folder: cut(folder, 4)) for folder in folders)
    assert short > 4 * 16 * TAKE, "the pieces are counted"
    assert long - short < 1.1 * 48 * TAKE, "no more than the take itself"


@pytest.mark.parametrize("critic", [Critic(None), open_critic(OracleGenerator().capabilities)], ids=["measures", "net"])
def test_a_longer_shot_is_reviewed_in_memory_as_large_as_its_takes(critic: Critic) -> None:
    spec = sample_scene(3, frames=13, subjects=1)
    pan = CameraPath(keys=(CameraKey(t=0, x=0.4, zoom=1.4), CameraKey(t=1, x=0.6, zoom=1.4)))

    def shown(frames: int) -> ReviewInput:
        asked = Conditioning(caption=caption(spec.facts), tracks=spec.tracks, camera=pan, frames=frames)
        noise = torch.randint(0, 256, (frames, 3, 64, 112), generator=torch.Generator().manual_seed(1)).byte()
        sheet = {(subject.entity, "sheet"): noise[0, :, :, :64] for subject in spec.facts.subjects}
        return ReviewInput(spec.facts, asked, noise, sheet | {("place", "plate"): noise[-1]}, noise.flip(0))

    takes = [shown(frames) for frames in (600, 600 + LONGER)]
    assert critic.review(takes[0]).scores["brightness"].n_evaluated == 1
    short, long = (peak_memory(lambda take=take: critic.review(take)) for take in takes)
    assert long - short < 2.5 * LONGER * TAKE


def test_a_longer_clip_is_drawn_in_no_more_memory_than_it_is() -> None:
    spec = sample_scene(3, frames=13, subjects=1)
    lengths = (130, 130 + LONGER)
    short, long = (peak_memory(lambda n=n: render_frames(spec.model_copy(update={"frames": n}))) for n in lengths)
    assert long - short < 1.1 * LONGER * TAKE
