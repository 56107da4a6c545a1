"""Wan TI2V with a first frame and T2V over a source, against the stock pipelines."""

from __future__ import annotations

from typing import Any

import torch

from omni_model.spec.conditioning import ContextClip
from tests.omni_model.adapters.shots import GUIDANCE, Shelf, asking, latents, picture, pixels, same, theirs


def test_a_first_frame_is_held_by_ti2v_as_by_the_stock_pipeline(opened: Any, stock: Any) -> None:
    shelf, generator, frame = Shelf(), opened("wan-ti2v"), pixels(3, 64, 64)
    pipeline = stock("wan-ti2v", "WanImageToVideoPipeline")
    asked = asking("wan-ti2v", first_frame=shelf.put(frame))
    expected = theirs(pipeline, generator, asked, image=picture(frame))
    same(latents(generator, asked, shelf), expected)
    before = ContextClip(clip=shelf.put(torch.stack([pixels(3, 64, 64, seed=1), frame])), role="continue")
    went_on = asking("wan-ti2v", context=(before,), frames=8)
    same(latents(generator, went_on, shelf), expected)


def test_an_edit_without_a_mask_is_drawn_over_its_source(opened: Any, stock: Any) -> None:
    shelf, generator, clip = Shelf(), opened("wan-t2v"), pixels(9, 3, 32, 32)
    asked = asking("wan-t2v", context=(ContextClip(clip=shelf.put(clip), role="edit"),), steps=5)
    pipeline = stock("wan-t2v", "WanVideoToVideoPipeline")
    expected = pipeline(
        video=(clip / 255)[None], prompt=asked.caption, negative_prompt=generator.negative, height=32, width=32,
        num_inference_steps=5, guidance_scale=GUIDANCE, strength=0.6, output_type="latent",
        generator=torch.Generator().manual_seed(asked.seed),
    ).frames[0]  # fmt: skip
    same(latents(generator, asked, shelf), expected)
