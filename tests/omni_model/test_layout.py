"""The layout shows each reference where the staging puts it."""

from __future__ import annotations

import pytest
import torch

from omni_model.mini.layout import LAYERS, collages, grouped_frames, layout_rows
from omni_model.mini.puppet import difference, matte
from omni_model.mini.rows import TRACK
from omni_model.mini.vae import VAEConfig, VideoVAE
from omni_model.motion.poses import body_motion
from omni_model.spec.captions import GarmentFacts
from omni_model.spec.conditioning import TrackKey
from omni_model.spec.vocabulary import ACTIONS, WARDROBE
from omni_model.train.data.latents import stage_tracks
from omni_model.world import render, sample_scene, sheet
from omni_model.world.render import plate
from omni_model.world.spec import SceneSpec, SubjectSpec

STILL = torch.tensor((0.5, 0.5, 1.0)).expand(1, 4, 3)


def _tracks(x: float, facing: float = 1.0, action: str = "stands") -> torch.Tensor:
    tracks = torch.zeros(1, 4, 3, TRACK)
    tracks[:, :, 0, :4] = torch.tensor((x, 0.9, 0.5, facing))
    tracks[:, :, 0, 4:] = body_motion(action, torch.arange(4) / 12)
    return tracks


def _signal(picture: torch.Tensor) -> torch.Tensor:
    return picture[None].float() / 127.5 - 1


def test_the_plate_under_a_still_camera_is_the_plate() -> None:
    picture = torch.rand(1, 3, 64, 112) * 2 - 1
    place, cast = collages(picture, [None] * 3, _tracks(0.5), STILL, (64, 112))
    assert place.shape == (1, 4, 3, 64, 112)
    assert torch.allclose(place[:, 0], picture, atol=1e-4)
    assert torch.equal(cast, place)


def test_a_sheet_lies_on_its_track_and_mirrors() -> None:
    half = torch.full((1, 3, 64, 64), 0.8)
    half[..., 16:60, 12:32], half[..., 16:60, 32:52] = -1.0, 0.2
    for facing in (1.0, -1.0):
        _, cast = collages(None, [half, None, None], _tracks(0.25, facing), STILL, (64, 112))
        seen = torch.nonzero(cast[0, 0, 0])
        assert abs(float(seen[:, 1].float().mean()) - 0.25 * 112) < 2
        left, right = cast[0, 0, 0, 50, 24], cast[0, 0, 0, 50, 32]
        assert (left < right) == (facing > 0)
    unstaged = _tracks(0.25) * 0
    assert not collages(None, [half, None, None], unstaged, STILL, (64, 112))[1].any()


def _seen(species: str, action: str, facing: float = 1.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The pixels of a figure's collage, of the place without it, and of the world, [T, 3, H, W] in -1..1."""
    keys = (TrackKey(t=0, x=0.5, y=0.85, height=0.6, facing=facing),)
    who = SubjectSpec(entity="a", species=species, colour="blue", action=action, keys=keys)
    scene = SceneSpec(setting="meadow", subjects=(who,), frames=13, span=13)
    truth = render(scene)
    tracks = stage_tracks(torch.nn.functional.pad(truth.tracks, (0, 0, 0, 2)), scene)[None]
    figure = _signal(sheet(species, "blue", (), "flat"))
    place, cast = collages(_signal(plate(scene)), [figure, None, None], tracks, truth.camera[None], (64, 112))
    return cast[0], place[0], truth.frames.float() / 127.5 - 1


@pytest.mark.parametrize("species", ["fox", "person", "owl"])
@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_figure_in_motion_looks_as_the_world_draws_it(action: str, species: str) -> None:
    """Limbs, head and crouch too: by daylight a cut-out of the standing sheet is near the truth in any action."""
    cast, place, truth = _seen(species, action)
    either = ((cast - place).abs().amax(1) > 0.2) | ((truth - place).abs().amax(1) > 0.4)
    assert (cast - truth).abs().mean(1)[either].mean() / 2 < 0.13


@pytest.mark.parametrize("facing", [1.0, -1.0])
def test_a_raised_arm_is_where_the_world_draws_it(facing: float) -> None:
    """Where somebody who waves differs from somebody who stands, the collage is nearer to the one who waves."""
    (cast, _, truth), (_, _, rest) = _seen("cat", "waves", facing), _seen("cat", "stands", facing)
    arm = (truth - rest).abs().amax(1) > 0.3
    assert (cast - truth).abs().mean(1)[arm].mean() < 0.5 * (rest - truth).abs().mean(1)[arm].mean()


@pytest.mark.parametrize("nearer", [0, 1])
def test_who_stands_farther_down_covers_the_other(nearer: int) -> None:
    sheets = [torch.full((1, 3, 64, 64), 0.0) for _ in range(2)]
    for figure, shade in zip(sheets, (-1.0, 1.0), strict=True):
        figure[..., 16:60, 12:52] = shade
    tracks = _tracks(0.5)
    tracks[:, :, 1] = tracks[:, :, 0]
    tracks[:, :, nearer, 1] += 0.02
    _, cast = collages(None, [*sheets, None], tracks, STILL, (64, 112))
    assert float(cast[0, 0, 0, 45, 56]) == pytest.approx((-1.0, 1.0)[nearer])


def test_the_cast_stands_before_the_clip_that_is_edited() -> None:
    half, clip = torch.full((1, 3, 64, 64), 0.8), torch.rand(1, 4, 3, 64, 112)
    half[..., 16:60, 12:52] = -1.0
    place, cast = collages(None, [half, None, None], _tracks(0.25), STILL, (64, 112), clip)
    covered = (cast - clip).abs().amax(2) > 0
    assert not place.any() and 0.05 < covered.float().mean() < 0.2 and (cast.min(2).values < -0.9)[covered].any()


def test_the_collage_of_a_real_scene_is_near_it() -> None:
    """For a scene of the world, the collages are the clip but for limbs, light and shadow."""
    scene = sample_scene(5, subjects=1, frames=5).model_copy(update={"weather": "clear", "props": ()})
    truth = render(scene)
    tracks = stage_tracks(torch.nn.functional.pad(truth.tracks, (0, 0, 0, 2)), scene)[None]
    who = scene.subjects[0]
    figure = _signal(sheet(who.species, who.colour, who.wardrobe, scene.style))
    place, _ = collages(_signal(plate(scene)), [figure, None, None], tracks, truth.camera[None], (64, 112))
    off = (place[0] - (truth.frames.float() / 127.5 - 1)).abs().mean(1)
    assert off[~truth.masks[:, 0]].mean() < 0.08


def test_the_matte_keeps_the_figure_and_not_its_ground() -> None:
    white, fox = (
        sheet(species, colour, (), style)[None].float() / 127.5 - 1
        for species, colour, style in (("cat", "white", "ink"), ("fox", "red", "flat"))
    )
    for picture in (white, fox):
        alpha = matte(picture)[0, 0]
        assert alpha[:4].max() == 0 and alpha[30, 32] == 1 and alpha[52, 32] == 1 and 0.1 < alpha.mean() < 0.5
    noisy = (fox + 0.03 * torch.randn(fox.shape, generator=torch.Generator().manual_seed(0))).clamp(-1, 1)
    assert (matte(noisy) - matte(fox)).abs().mean() < 0.02


@pytest.mark.parametrize("species", ["fox", "person", "owl"])
@pytest.mark.parametrize("item", WARDROBE)
def test_what_a_sheet_has_beyond_another_dresses_it(species: str, item: str) -> None:
    given = GarmentFacts(item=item, colour="blue")
    plain, dressed = sheet(species, "red", (), "ink"), sheet(species, "red", (given,), "ink")
    alone = difference(plain, dressed)
    cover = matte(_signal(alone))[0]
    laid = torch.lerp(plain.float(), alone.float(), cover)
    off, was = ((dressed - picture.float()).abs().mean() for picture in (laid, plain))
    assert off < 0.2 * was and cover.mean() < 0.15


def test_rows_match_the_targets() -> None:
    vae = VideoVAE(VAEConfig(width=8, inner_width=8, channels=4))
    place, cast = torch.rand(2, 2, 12, 3, 16, 24)
    source = torch.rand(2, 3, 4, 2, 3)
    rows = layout_rows(vae, (place, cast), source)
    assert rows.shape == (2, 3 * 2 * 3, LAYERS * 4)
    later = layout_rows(vae, (place[1:, 8:], cast[1:, 8:]), source[1:, 2:])
    torch.testing.assert_close(later, rows[1:, 12:])
    assert torch.equal(rows[1, -1, -4:], source[1, 2, :, 1, 2])
    nothing = layout_rows(vae, (place * 0, cast), None)
    assert (nothing[..., :4] == 0).all() and (nothing[..., 8:] == 0).all() and nothing[..., 4:8].any()


def test_groups_are_projected_as_they_are_encoded() -> None:
    vae = VideoVAE(VAEConfig(width=8, inner_width=8, channels=4, latents_mean=(0.5,) * 4, latents_std=(2.0,) * 4))
    clip = torch.rand(2, 9, 3, 16, 24)
    torch.testing.assert_close(vae.project(clip[:, grouped_frames(torch.arange(3))]), vae.encode(clip))
