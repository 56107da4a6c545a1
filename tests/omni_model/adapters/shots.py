"""What the tests of open weights share: shots to ask for, and what the stock pipelines make of the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

pytest.importorskip("diffusers", reason="the extra 'wan' is not installed")
pytest.importorskip("transformers", reason="the extra 'wan' is not installed")

from omni_model.adapters.base import OpenWeights
from omni_model.adapters.given import resolve_inputs
from omni_model.spec.conditioning import Conditioning, sha256

KINDS = ("wan-vace", "wan-t2v", "wan-t2v-two", "wan-ti2v", "ltx", "ltx2")
"""Checkpoints; the kind of a name that ends in '-two' is without that."""
WORDS = "a red fox walks in the forest at night"
STEPS, GUIDANCE = 3, 4.0
SIDE = {"ltx": 64, "ltx2": 64, "ltx2-later": 64, "wan-ti2v": 64}


def pixels(*shape: int, seed: int = 0) -> Tensor:
    """Random uint8 pixels."""
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def picture(frame: Tensor) -> Image.Image:
    return Image.fromarray(frame.permute(1, 2, 0).numpy())


class Shelf(dict[str, Tensor]):
    """Assets by digest."""

    def put(self, value: Tensor) -> str:
        digest = sha256(value.numpy().tobytes())
        self[digest] = value
        return digest

    def __call__(self, digest: str) -> Tensor:
        return self[digest]


def asking(kind: str, **fields: Any) -> Conditioning:
    side = SIDE.get(kind, 32)
    fields = {"caption": WORDS, "frames": 9, "fps": 24.0, "seed": 5, "steps": STEPS, "guidance": GUIDANCE} | fields
    return Conditioning(width=side, height=side, **fields)


def latents(generator: OpenWeights, asked: Conditioning, shelf: Shelf) -> Tensor:
    """Ours, as the pipelines give them."""
    shot = resolve_inputs(asked, shelf)
    with torch.inference_mode():
        made = generator.latents([shot])[0]
        return generator.unpacked(made, shot) if hasattr(generator, "unpacked") else made


def theirs(
    pipeline: Any, generator: OpenWeights, asked: Conditioning, frames: int | None = None, **more: Any
) -> Tensor:
    more |= {name: more[name][None] for name in ("video", "mask") if name in more}
    found = pipeline(
        prompt=asked.caption, negative_prompt=generator.negative, height=asked.height, width=asked.width,
        num_frames=frames or asked.frames, num_inference_steps=asked.steps, guidance_scale=asked.guidance,
        generator=torch.Generator().manual_seed(asked.seed), output_type="latent", **more,
    )  # fmt: skip
    return torch.as_tensor(found.frames[0])


def same(a: Tensor, b: Tensor) -> None:
    assert a.shape == b.shape, (a.shape, b.shape)
    difference = (a - b).abs().max()
    assert difference < 1e-4, float(difference)
