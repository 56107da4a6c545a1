"""The camera found again in clips of the world, where its path is known and characters move in front of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from omni_model.eyes.camera import camera_of, from_first, move_of, moved
from omni_model.motion.tracks import camera_frames
from omni_model.spec.conditioning import CameraKey
from omni_model.world import SceneSpec, render, sample_scene


def scene(move: str) -> SceneSpec:
    """A scene by day with two characters, whose camera makes the move and is not stopped by the edge of the stage."""
    found = (sample_scene(seed, subjects=2) for seed in range(2000))
    lit = (s for s in found if (s.move, s.mood, s.weather) == (move, "calm", "clear") and s.setting != "room")
    return next(s for s in lit if move_of(camera_frames(s.camera, s.phase())) == move)


@pytest.mark.parametrize(
    "move", ["static", "push in", "pull out", "pan left", "pan right", "tilt up", "tilt down", "shake"]
)
def test_the_path_of_every_move_is_found_and_named(move: str) -> None:
    truth = render(scene(move))
    path = camera_of(truth.frames)
    assert move_of(path) == move
    assert torch.allclose(path, from_first(truth.camera), atol=0.08)  # walkers pull at it


def test_snow_and_walkers_are_told_apart_from_the_camera_where_the_place_is_known() -> None:
    spec = next(
        s for s in (sample_scene(n, subjects=2) for n in range(2000)) if (s.move, s.weather) == ("pan left", "snow")
    )
    truth = render(spec)
    place = ~truth.masks.any(1)
    assert torch.allclose(camera_of(truth.frames, place), from_first(truth.camera), atol=0.03)


def test_a_vignette_and_the_slopes_at_the_edges_do_not_hold_the_camera() -> None:
    dark = (s for s in (sample_scene(n, subjects=1) for n in range(4000)) if (s.move, s.mood) == ("push in", "scary"))
    found = [move_of(camera_of(render(next(dark)).frames)) for _ in range(6)]
    assert found == ["push in"] * 6


def test_a_camera_that_only_pans_is_not_said_to_zoom() -> None:
    panning = (s for s in (sample_scene(n, subjects=1) for n in range(4000)) if s.move == "pan left")
    paths = [camera_of(render(next(panning)).frames) for _ in range(6)]
    assert sum(bool((path[:, 2] == 1).all()) for path in paths) >= 5


def test_rain_does_not_shake_a_camera_that_stands_still() -> None:
    rainy = (s for s in (sample_scene(n, subjects=1) for n in range(4000)) if (s.move, s.weather) == ("static", "rain"))
    clips = [render(next(rainy)) for _ in range(6)]
    assert [move_of(camera_of(clip.frames, ~clip.masks.any(1))) for clip in clips] == ["static"] * 6


@pytest.mark.parametrize("end", [(0.8, 0.4, 1.0), (0.35, 0.75, 1.0), (0.6, 0.5, 1.5), (0.5, 0.5, 0.7)])
def test_a_straight_path_is_found_though_most_of_the_first_frame_goes_out_of_sight(
    end: tuple[float, float, float],
) -> None:
    start = torch.tensor([0.5, 0.5, 1.0])
    path = start + torch.linspace(0, 1, 17)[:, None] * (torch.tensor(end) - start)
    rough = torch.rand(1, 3, 30, 50, generator=torch.Generator().manual_seed(3))
    stage = F.interpolate(rough, (360, 600), mode="bicubic").clamp(0, 1)
    y, x = torch.meshgrid((torch.arange(64) + 0.5) / 64, (torch.arange(112) + 0.5) / 112, indexing="ij")
    window = (torch.stack([x, y], -1) - 0.5) / path[:, None, None, 2:] + path[:, None, None, :2]
    seen = F.grid_sample(stage.expand(17, -1, -1, -1), (window - 0.5) / 1.5, align_corners=False)
    assert torch.allclose(camera_of((seen * 255).byte()), path, atol=0.02)


def test_noise_and_a_large_walker_do_not_move_the_camera() -> None:
    frames = render(scene("static")).frames.float()
    noisy = frames + 8 * torch.randn(frames.shape, generator=torch.Generator().manual_seed(1))
    assert move_of(camera_of(noisy.clamp(0, 255).to(torch.uint8))) == "static"


def test_a_blank_clip_and_a_still_have_no_motion() -> None:
    for frames in (torch.full((5, 3, 64, 112), 90, dtype=torch.uint8), torch.zeros(1, 3, 64, 112, dtype=torch.uint8)):
        assert torch.equal(camera_of(frames), torch.tensor([[0.5, 0.5, 1.0]]).expand(len(frames), 3))


@pytest.mark.parametrize("move", ["push in", "pull out", "pan left", "tilt down", "shake"])
@pytest.mark.parametrize("start", [CameraKey(t=0), CameraKey(t=0, x=0.3, y=0.7, zoom=1.8)])
def test_a_move_is_given_to_another_shot_within_its_stage(move: str, start: CameraKey) -> None:
    spec = scene(move)
    wanted = from_first(camera_frames(spec.camera, spec.phase()))
    given = moved(start, wanted)
    path = camera_frames(given, torch.linspace(0, 1, 25))
    assert move_of(path) == move
    half = 0.5 / path[:, 2:]
    assert (path[:, :2] - half).min() >= -1e-5 and (path[:, :2] + half).max() <= 1 + 1e-5
    assert torch.allclose(path[:, 2] / path[0, 2], wanted[:, 2], atol=1e-4)


def test_a_long_path_is_told_in_few_keys() -> None:
    path = torch.cat([torch.full((200, 2), 0.5), torch.linspace(1, 1.5, 200)[:, None]], 1)
    assert len(moved(CameraKey(t=0), path).keys) == 64
