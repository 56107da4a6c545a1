"""The video autoencoder: shapes, causality, streaming, statistics."""

from __future__ import annotations

import pytest
import torch

from omni_model.mini.vae import VAEConfig, VideoVAE
from omni_model.train.tasks.vae import loss_of, start_from_components
from omni_model.world import render, sample_scene

TINY = VAEConfig(channels=4, width=8, inner_width=16, depth=1, inner_depth=1)


@pytest.fixture(scope="module")
def vae() -> VideoVAE:
    torch.manual_seed(0)
    vae = VideoVAE(TINY).eval().requires_grad_(False)
    for weight in vae.parameters():
        weight.normal_(std=0.1)
    return vae


@pytest.fixture(scope="module")
def frames() -> torch.Tensor:
    return torch.rand(2, 13, 3, 16, 24, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_shapes(vae: VideoVAE, frames: torch.Tensor) -> None:
    latents = vae.encode(frames)
    assert latents.shape == (2, 4, 4, 2, 3)
    assert vae.decode(latents).shape == frames.shape


@pytest.mark.parametrize(("frame", "group"), [(0, 0), (1, 1), (4, 1), (5, 2), (12, 3)])
def test_a_frame_changes_its_own_group_only(vae: VideoVAE, frames: torch.Tensor, frame: int, group: int) -> None:
    changed = frames.clone()
    changed[:, frame] *= -1
    same = (vae.encode(frames) - vae.encode(changed)).abs().amax((0, 2, 3, 4)) == 0
    assert same.tolist() == [g != group for g in range(4)]


def test_decoding_is_causal(vae: VideoVAE, frames: torch.Tensor) -> None:
    latents = vae.encode(frames)
    changed = latents.clone()
    changed[:, 2] += 1
    difference = (vae.decode(latents) - vae.decode(changed)).abs().amax((0, 2, 3, 4))
    assert (difference[:5] == 0).all() and (difference[5:13] > 0).all()


def test_an_image_is_a_video_of_one_frame(vae: VideoVAE, frames: torch.Tensor) -> None:
    image = vae.encode(frames[:, :1])
    torch.testing.assert_close(image, vae.encode(frames)[:, :1])
    torch.testing.assert_close(vae.decode(image), vae.decode(vae.encode(frames))[:, :1])


def test_streamed_decoding_equals_the_whole(vae: VideoVAE, frames: torch.Tensor) -> None:
    latents = vae.encode(frames)
    streamed = [vae.decode(latents[:, :2]), vae.decode(latents[:, 2:], previous=latents[:, 1])]
    torch.testing.assert_close(torch.cat(streamed, 1), vae.decode(latents))


def test_statistics_normalise_and_decoding_takes_them_back(vae: VideoVAE, frames: torch.Tensor) -> None:
    raw = vae.encode(frames)
    other = VideoVAE(TINY.model_copy(update={"latents_mean": (1.0,) * 4, "latents_std": (2.0,) * 4}))
    other.load_state_dict(vae.state_dict())
    torch.testing.assert_close(other.encode(frames), (raw - 1) / 2)
    torch.testing.assert_close(other.decode((raw - 1) / 2), vae.decode(raw))


def test_set_statistics_changes_the_config() -> None:
    vae = VideoVAE(TINY)
    vae.set_statistics((0.5,) * 4, (3.0,) * 4)
    assert vae.config.latents_std == (3.0,) * 4 and vae.std.flatten().tolist() == [3.0] * 4


def test_what_cannot_be_encoded_is_refused(vae: VideoVAE) -> None:
    with pytest.raises(ValueError, match=r"4k \+ 1 frames, this one has 4"):
        vae.encode(torch.zeros(1, 4, 3, 16, 16))
    with pytest.raises(ValueError, match="20x16: sizes are multiples of 8"):
        vae.encode(torch.zeros(1, 1, 3, 16, 20))
    with pytest.raises(ValueError, match="3 values for 4 latent channels"):
        VAEConfig(channels=4, latents_mean=(0.0, 0.0, 0.0))


def test_the_decoder_learns_what_the_linear_maps_cannot_give_back() -> None:
    torch.manual_seed(0)
    scenes = [sample_scene(seed, frames=9) for seed in range(6)]
    clips = torch.stack([render(scene).frames for scene in scenes])
    frames, boxes = clips.float() / 127.5 - 1, torch.zeros(6, 9, 1, 4)
    vae = VideoVAE(VAEConfig(channels=8, width=16, inner_width=16, depth=1, inner_depth=1))
    start_from_components(vae, clips)
    optimiser = torch.optim.AdamW([p for p in vae.parameters() if p.requires_grad], lr=2e-3)
    found = []
    for step in range(60):
        loss, figures = loss_of(vae, frames, boxes, torch.Generator().manual_seed(step))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(figures["psnr"])
    assert found[-1] > found[0] + 0.3
    assert all(p.grad is not None and p.grad.any() for p in vae.decoder.parameters())


def test_colours_of_a_patch_can_be_changed_in_its_latent() -> None:
    """With as many channels as a patch has numbers the maps lose nothing, and a matrix of colours is exact."""
    torch.manual_seed(0)
    vae = VideoVAE(VAEConfig(width=8, inner_width=8, channels=2, latents_std=(2.0, 0.5), latents_mean=(0.1, -0.2)))
    reds = torch.zeros(1, 12, 8, 8)
    reds[:, ::3] = 1 / 16.0  # red of all four frames, of unit length; the second channel holds the greens
    for held in (vae.analysis.weight, vae.synthesis.weight):
        held.data.copy_(torch.cat([reds, reds.roll(1, 1)]))
    clip = torch.zeros(1, 4, 3, 8, 8)
    clip[:, :, 0], clip[:, :, 1] = 0.6, 0.2
    matrix = torch.tensor([[0.5, 1.0, 0.0], [0.25, 2.0, 0.0], [0.0, 0.0, 1.0]])
    grey = vae.project(clip * 0).flatten()
    wanted = vae.project(torch.einsum("ij,btjhw->btihw", matrix, clip)).flatten() - grey
    seen = vae.project(clip).flatten() - grey
    changed = sum(entry * seen @ by for entry, by in zip(matrix.flatten(), vae.colours(), strict=True))
    torch.testing.assert_close(changed, wanted)
