"""The retoucher: what it is told, what it leaves alone, and what the shipped one makes of exact clips."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from omni_model.evaluate.cases import HeldOutScene, case_of, scenes
from omni_model.evaluate.edits import EditedScene, edited, instructed
from omni_model.evaluate.reading import is_nearer, psnr
from omni_model.eyes.perception import SCENE_HEADS
from omni_model.mini.edits.retouch import (
    WORDS,
    Composite,
    RetouchConfig,
    Retoucher,
    RetouchNet,
    changes_of,
    falls_over,
    words_of,
)
from omni_model.mini.edits.retouching import steady
from omni_model.mini.engine import OmniMini
from omni_model.motion.light import falling, grade
from omni_model.spec.conditioning import Conditioning, ContextClip, Region
from omni_model.spec.instructions import FreeText, Instruction, NamedSubject, RemoveSubject, SetScene
from omni_model.world.edits import edits_of
from omni_model.world.render import render
from omni_model.world.sample import sample_scene

SURE = {kind: {word: float(word == words[0]) for word in words} for kind, words in SCENE_HEADS.items()}


@pytest.mark.parametrize("seed", range(8))
def test_what_the_world_asks_for_is_understood(seed: int) -> None:
    scene = sample_scene(seed)
    for edit in edits_of(scene, seed):
        asked = {kind: getattr(edit.after, kind) for kind in (edit.kind,) if kind in SCENE_HEADS}
        assert changes_of(edit.instruction) == asked, edit.instruction


@pytest.mark.parametrize(
    "instruction",
    [
        None,
        FreeText(text="make it scarier"),
        SetScene(attribute="time", value="golden hour"),
        RemoveSubject(who=NamedSubject(colour="red", species="fox")),
    ],
)
def test_the_retoucher_has_no_words_for_anything_else(instruction: Instruction | None) -> None:
    assert changes_of(instruction) == {}


def test_words_say_what_is_seen_and_what_is_to_be_seen() -> None:
    same, night = words_of(SURE, {}), words_of(SURE, {"time": "night"})
    assert same.shape == night.shape == (WORDS,)
    assert int(same.sum()) == int(night.sum()) and int((same != night).sum()) == 2


@pytest.mark.parametrize(("weather", "mood", "style"), [("rain", "scary", "ink"), ("snow", "mysterious", "pastel")])
def test_what_falls_over_a_graded_frame_is_what_fell_before_its_grade(weather: str, mood: str, style: str) -> None:
    canvas = 0.3 + 0.4 * torch.rand(5, 64, 112, 3, generator=torch.Generator().manual_seed(0))
    wanted = grade(falling(canvas, weather, torch.arange(5) / 12.0), mood, style)
    before = grade(canvas, mood, style)
    fallen = falls_over(before.movedim(-1, 1) * 2 - 1, weather, mood, style, 12.0)
    assert torch.allclose((fallen.movedim(1, -1) + 1) / 2, wanted, atol=1e-4)
    assert float((before - wanted).abs().max()) > 0.1


@pytest.mark.parametrize("words", [None, words_of(SURE, {})])
def test_an_untrained_one_gives_back_what_is_laid(words: torch.Tensor | None) -> None:
    net, clip = RetouchNet(RetouchConfig(widths=(8, 8))), torch.rand(3, 3, 16, 32) * 2 - 1
    laid = Composite(clip.flip(-1), torch.zeros_like(clip), torch.tensor((0.5, 0.5, 1.0)).expand(3, 3))
    assert torch.allclose(Retoucher(net).retouch(clip, laid, words), laid.over)


@pytest.fixture(scope="module")
def mini() -> OmniMini:
    return OmniMini.load()


@cache
def _scenes() -> list[HeldOutScene]:
    return list(scenes(40, 7))


def _edits(kind: str, count: int) -> list[EditedScene]:
    """Visible edits of a kind, of as many scenes."""
    found: list[EditedScene] = []
    for number, scene in enumerate(_scenes()):
        edit = next((edit for edit in edits_of(scene[0], number) if edit.kind == kind), None)
        if edit is not None and len(found) < count and (done := edited(scene, edit)).visible:
            found.append(done)
    return found


@pytest.mark.parametrize("kind", ["mood", "time", "weather", "style", "wardrobe", "replace", "add", "remove"])
def test_edits_come_nearer_to_their_truth_than_the_clips_before(mini: OmniMini, kind: str) -> None:
    near, gained = [], []
    for number, done in enumerate(_edits(kind, 5)):
        case, before = instructed(done, number), done.before[1].frames
        frames = mini.render([case.asked], case.assets.__getitem__)[0].frames
        near.append(is_nearer(frames, done.truth.frames, before))
        gained.append(psnr(frames, done.truth.frames) - psnr(before, done.truth.frames))
    least = 3 if kind == "add" else 4  # no sheet shows the top of a balloon
    assert len(near) == 5 and sum(map(bool, near)) >= least
    assert kind not in SCENE_HEADS or sum(gained) / len(gained) > 4


def test_outside_of_regions_the_light_stays(mini: OmniMini) -> None:
    clip = render(sample_scene(3, frames=9)).frames
    asked = Conditioning(
        caption=" ",
        instruction=SetScene(attribute="time", value="night"),
        context=(ContextClip(clip="a" * 64, role="edit"),),
        regions=(Region(x0=0, y0=0, x1=0.5, y1=1),),
        frames=9,
        steps=4,
    )
    frames = mini.render([asked], lambda _: clip)[0].frames
    assert torch.equal(frames[..., 56:], clip[..., 56:])
    assert psnr(frames[..., :56], clip[..., :56]) < 25


def test_what_is_drawn_from_sheets_is_finished_and_comes_nearer_to_its_truth(mini: OmniMini) -> None:
    plain = OmniMini(mini.vae, mini.dit, mini.config)
    gained, whole = [], []
    for number, (spec, truth) in enumerate(_scenes()[:5]):
        case = case_of(spec, truth.frames, number)
        case.ask(steps=4)
        bodies = truth.masks.any(1)
        drawn, finished = (one.render([case.asked], case.assets.__getitem__)[0].frames for one in (plain, mini))
        gained.append(psnr(finished, truth.frames, bodies) - psnr(drawn, truth.frames, bodies))
        whole.append(psnr(finished, truth.frames) - psnr(drawn, truth.frames))
    assert sum(gained) / len(gained) > 1.0 and sum(whole) > 0


def test_nothing_is_finished_where_nothing_shows_how(mini: OmniMini) -> None:
    asked = Conditioning(caption="character sheet: a red fox", frames=1, width=64, height=64, steps=4)
    plain = OmniMini(mini.vae, mini.dit, mini.config)
    drawn, finished = (one.render([asked], {}.__getitem__)[0].frames for one in (plain, mini))
    assert torch.equal(drawn, finished)


def test_light_that_pumps_is_held_to_that_of_the_place() -> None:
    place = torch.rand(6, 3, 16, 32, generator=torch.Generator().manual_seed(0)) - 0.5
    lit, plain = 0.6 * place - 0.1, torch.ones(6, 1, 16, 32, dtype=torch.bool)
    plain[..., 8:20] = False
    pumping = lit + torch.tensor((0.1, -0.1, 0.1, -0.1, 0.1, -0.1)).view(-1, 1, 1, 1)
    (held,) = steady([pumping], [place], [plain])
    assert float((held - lit).abs().max()) < 0.01
    assert torch.allclose(next(steady([lit], [place], [plain])), lit, atol=1e-5)
    assert torch.equal(next(steady([pumping], [place], [torch.zeros_like(plain)])), pumping)
    parts = (torch.split(whole, [1, 3, 2]) for whole in (pumping, place, plain))
    assert torch.allclose(torch.cat(list(steady(*parts))), held, atol=1e-6), "one light for all parts"
