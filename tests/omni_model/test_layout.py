"""The layout shows each reference where the staging puts it."""

from __future__ import annotations

import torch

from omni_model.layout import collages, layout_rows
from omni_model.rows import target_anchors
from omni_model.vae import VAEConfig, VideoVAE
from omni_model.world import render, sample_scene, sheet
from omni_model.world.render import plate


def _anchors(x: float, zoom: float, facing: float = 1.0) -> torch.Tensor:
    tracks = torch.zeros(1, 5, 3, 4)
    tracks[:, :, 0] = torch.tensor((x, 0.9, 0.5, facing))
    return target_anchors(tracks, torch.tensor((0.5, 0.5, zoom)).expand(1, 5, 3), 64, 112, 1.75)


def test_the_plate_under_a_still_camera_is_the_plate() -> None:
    picture = torch.rand(1, 3, 64, 112) * 2 - 1
    place, cast = collages(picture, [None] * 3, _anchors(0.5, 1.0))
    assert place.shape == (1, 2, 3, 64, 112)
    assert torch.allclose(place[:, 0], picture, atol=1e-4)
    assert not cast.any()


def test_a_sheet_lies_on_its_track_and_mirrors() -> None:
    half = torch.full((1, 3, 64, 64), -1.0)
    half[..., 32:] = 1.0
    for facing in (1.0, -1.0):
        _, cast = collages(None, [half, None, None], _anchors(0.25, 1.0, facing))
        seen = torch.nonzero(cast[0, 0, 0])
        assert abs(float(seen[:, 1].float().mean()) - 0.25 * 112) < 2
        left, right = cast[0, 0, 0, 50, 20], cast[0, 0, 0, 50, 36]
        assert (left < right) == (facing > 0)


def test_the_collage_of_a_real_scene_is_near_it() -> None:
    """For a scene of the world with a still camera, the place collage is the clip but for the cast."""
    scene = sample_scene(5, subjects=1, frames=5).model_copy(update={"weather": "clear", "props": ()})
    truth = render(scene)
    anchors = target_anchors(
        torch.nn.functional.pad(truth.tracks, (0, 0, 0, 2))[None], truth.camera[None], 64, 112, 1.75
    )
    who = scene.subjects[0]
    signal = plate(scene)[None].float() / 127.5 - 1
    figure = sheet(who.species, who.colour, who.wardrobe, scene.style)[None].float() / 127.5 - 1
    place, cast = collages(signal, [figure, None, None], anchors)
    frame = truth.frames[0].float() / 127.5 - 1
    empty = ~truth.masks[0, 0]
    assert (place[0, 0] - frame).abs().mean(0)[empty].mean() < 0.08
    assert cast[0, 0].any()


def test_rows_match_the_targets() -> None:
    vae = VideoVAE(VAEConfig(width=8, inner_width=8, channels=4))
    place = torch.rand(2, 3, 3, 16, 24)
    rows = layout_rows(vae, place, -place)
    assert rows.shape == (2, 3 * 2 * 3, 8)
    alone = layout_rows(vae, place[1:, 2:], -place[1:, 2:])
    assert torch.allclose(rows[1:, 12:], alone, atol=1e-5)
