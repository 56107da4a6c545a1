"""LTX-Video: pictures and clips at any frame with a strength, against the stock pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from omni_model.adapters import Spec, open_weights
from omni_model.spec.conditioning import ContextClip
from tests.omni_model.adapters.shots import Shelf, asking, latents, picture, pixels, same, theirs
from tests.support.tiny_weights import build

# The stock LTX pipeline gives numpy a tensor.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LTX_CASES: dict[str, Callable[[Shelf], tuple[dict[str, Any], int, list[dict[str, Any]]]]] = {
    "first": lambda shelf: (
        {"first_frame": shelf.put(pixels(3, 64, 64))}, 9, [{"image": picture(pixels(3, 64, 64))}],
    ),
    "first and last": lambda shelf: (
        {"first_frame": shelf.put(pixels(3, 64, 64)), "last_frame": shelf.put(pixels(3, 64, 64, seed=1))}, 9,
        [{"image": picture(pixels(3, 64, 64))}, {"image": picture(pixels(3, 64, 64, seed=1)), "frame_index": 8}],
    ),
    "continue": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(pixels(9, 3, 64, 64)), role="continue"),)}, 25,
        [{"video": [picture(frame) for frame in pixels(9, 3, 64, 64)]}],
    ),
    "continue loosely": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(pixels(9, 3, 64, 64)), role="continue", strength=0.4),)}, 25,
        [{"video": [picture(frame) for frame in pixels(9, 3, 64, 64)], "strength": 0.4}],
    ),
    "precede": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(pixels(9, 3, 64, 64)), role="precede"),)}, 17,
        [{"image": picture(pixels(9, 3, 64, 64)[0]), "frame_index": 9}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LTX_CASES)
def test_ltx_is_conditioned_as_by_the_stock_pipeline(opened: Any, stock: Any, case: str) -> None:
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

    shelf, generator = Shelf(), opened("ltx")
    fields, frames, conditions = LTX_CASES[case](shelf)
    asked = asking("ltx", **fields)
    shown = [LTXVideoCondition(**condition) for condition in conditions]
    pipeline = stock("ltx", "LTXConditionPipeline")
    expected = theirs(pipeline, generator, asked, frames, conditions=shown, frame_rate=24)
    same(latents(generator, asked, shelf), expected)


def test_ltx_draws_an_edit_over_its_source(opened: Any, stock: Any) -> None:
    shelf, generator, clip = Shelf(), opened("ltx"), pixels(9, 3, 64, 64)
    asked = asking("ltx", context=(ContextClip(clip=shelf.put(clip), role="edit"),), steps=5)
    pipeline = stock("ltx", "LTXConditionPipeline")
    random = torch.Generator().manual_seed(asked.seed)
    torch.randn(8, 2, 2, 2, generator=random)
    with torch.inference_mode():
        coded = pipeline.vae.encode((clip / 127.5 - 1).movedim(0, 1)[None]).latent_dist.sample(random)
    mean, std = (value.view(1, -1, 1, 1, 1) for value in (pipeline.vae.latents_mean, pipeline.vae.latents_std))
    expected = theirs(pipeline, generator, asked, latents=(coded - mean) / std, denoise_strength=0.6, frame_rate=24)
    same(latents(generator, asked, shelf), expected)


def test_a_decoder_that_takes_a_time_is_given_one(tmp_path: Path) -> None:
    folder = build("ltx-timed", tmp_path)
    generator = open_weights(Spec.parse(f"ltx:{folder}"))
    first, second = (generator.render([asking("ltx", steps=1)], Shelf())[0].frames for _ in range(2))
    assert torch.equal(first, second) and first.float().std() > 0
