"""LTX-2: pictures and clips at any frame with a strength, against the stock pipeline; 2.0 and 2.3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from omni_model.adapters.base import OpenWeights
from omni_model.spec.conditioning import Conditioning, ContextClip
from tests.omni_model.adapters.shots import Shelf, asking, latents, picture, pixels, same, theirs

STILL, OTHER, CLIP = pixels(3, 64, 64), pixels(3, 64, 64, seed=1), pixels(9, 3, 64, 64)
FILM = [picture(frame) for frame in CLIP]


def expected(pipeline: Any, generator: OpenWeights, asked: Conditioning, frames: int, **more: Any) -> Tensor:
    """The stock pipeline's latents as they are before they are made ready to be decoded; guidance by words alone."""
    plain = {"stg_scale": 0.0, "modality_scale": 1.0, "guidance_rescale": 0.0, "spatio_temporal_guidance_blocks": None}
    alike = {"audio_guidance_scale": None} | {f"audio_{name}": None for name in plain if "blocks" not in name}
    more |= {"frame_rate": 24.0, "use_cross_timestep": pipeline.transformer.config.cross_attn_mod}
    made = theirs(pipeline, generator, asked, frames, **plain, **alike, **more)
    mean, std = (value.view(-1, 1, 1, 1) for value in (pipeline.vae.latents_mean, pipeline.vae.latents_std))
    return (made - mean) / std


@pytest.mark.parametrize("guidance", [4.0, 1.0])
@pytest.mark.parametrize("name", ["ltx2", "ltx2-later"])
def test_words_alone_give_the_stock_pipelines_latents(opened: Any, stock: Any, name: str, guidance: float) -> None:
    asked, pipeline = asking(name, guidance=guidance), stock(name, "LTX2ConditionPipeline")
    same(latents(opened(name), asked, Shelf()), expected(pipeline, opened(name), asked, 9))


#: What is asked, the frames that are made, and the stock pipeline's conditions: frames, latent index, strength.
CASES: dict[str, Callable[[Shelf], tuple[dict[str, Any], int, list[tuple[Any, int, float]]]]] = {
    "first": lambda shelf: ({"first_frame": shelf.put(STILL)}, 9, [(picture(STILL), 0, 1.0)]),
    "first and last": lambda shelf: (
        {"first_frame": shelf.put(STILL), "last_frame": shelf.put(OTHER), "frames": 10}, 17,
        [(picture(STILL), 0, 1.0), (picture(OTHER), 2, 1.0)],
    ),
    "continue": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(CLIP), role="continue"),)}, 25, [(FILM, 0, 1.0)],
    ),
    "continue loosely": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(CLIP), role="continue", strength=0.4),)}, 25, [(FILM, 0, 0.4)],
    ),
    "precede": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(CLIP), role="precede"),)}, 17, [(FILM[0], 2, 1.0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_conditioned_as_by_the_stock_pipeline(opened: Any, stock: Any, case: str) -> None:
    from diffusers.pipelines.ltx2 import LTX2VideoCondition

    shelf, generator, name = Shelf(), opened("ltx2"), "ltx2"
    fields, frames, conditions = CASES[case](shelf)
    asked = asking(name, **fields)
    shown = [LTX2VideoCondition(frames=given, index=at, strength=strength) for given, at, strength in conditions]
    wanted = expected(stock(name, "LTX2ConditionPipeline"), generator, asked, frames, conditions=shown)
    same(latents(generator, asked, shelf), wanted)


def test_an_edit_is_drawn_over_its_source(opened: Any, stock: Any) -> None:
    """Five steps of which two are left out; the sound begins as noise."""
    shelf, generator, pipeline = Shelf(), opened("ltx2"), stock("ltx2", "LTX2ConditionPipeline")
    asked = asking("ltx2", context=(ContextClip(clip=shelf.put(CLIP), role="edit"),), steps=5)
    with torch.inference_mode():
        coded = pipeline.vae.encode((CLIP / 127.5 - 1).movedim(0, 1)[None]).latent_dist.mode()
    sigmas = [1.0 - 0.2 * step for step in range(5)]
    shift = {"mu": 0.95 + (8 - 1024) * (2.05 - 0.95) / (4096 - 1024)}
    pipeline.scheduler.set_timesteps(sigmas=sigmas, **shift)
    level = float(pipeline.scheduler.sigmas[2])
    wanted = expected(pipeline, generator, asked, 9, latents=coded, sigmas=sigmas[2:], noise_scale=level)
    same(latents(generator, asked, shelf), wanted)


def test_a_film_of_it_has_frames_and_no_sound(opened: Any) -> None:
    clips = opened("ltx2").render([asking("ltx2", frames=6, steps=2)], Shelf())
    assert clips[0].frames.shape == (6, 3, 64, 64) and clips[0].frames.float().std() > 0
    with pytest.raises(ValueError, match="two steps or more"):
        opened("ltx2").render([asking("ltx2", frames=6, steps=1)], Shelf())
