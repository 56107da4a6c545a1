"""diffusers' own pipeline around a transformer of Wan's kind, as large as ours and with random weights."""

from __future__ import annotations

import tempfile
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch

from omni_model.mini.dit import DiTConfig

if TYPE_CHECKING:
    from torch import Tensor

_CELL, _GROUP = 8, 4
"""Pixels a side and frames of a latent cell: what the pipeline takes for granted without a VAE."""


class Stock:
    """Samples latents [1, C, F, h, w] as many rows at a time as ours: every cell of a latent frame is one."""

    def __init__(self, like: DiTConfig, shift: float, dtype: torch.dtype) -> None:
        """ImportError without diffusers."""
        diffusers: Any = import_module("diffusers")
        self.dtype, self.width, self.channels = dtype, like.width, like.channels
        transformer = diffusers.WanTransformer3DModel(
            patch_size=(1, 1, 1),
            num_attention_heads=like.heads,
            attention_head_dim=like.width // like.heads,
            in_channels=like.channels,
            out_channels=like.channels,
            text_dim=like.width,
            ffn_dim=like.expansion * like.width,
            num_layers=like.depth,
            rope_max_seq_len=64,
        )
        with tempfile.TemporaryDirectory() as folder:  # loading decides which modules stay in single precision
            transformer.save_pretrained(folder)
            transformer = diffusers.WanTransformer3DModel.from_pretrained(folder, torch_dtype=dtype)
        self.parameters = sum(p.numel() for p in transformer.parameters())
        self.pipeline = diffusers.WanPipeline(
            tokenizer=None,
            text_encoder=None,
            vae=None,
            scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=shift),
            transformer=transformer.eval().requires_grad_(False),
        )
        self.pipeline.set_progress_bar_config(disable=True)

    def sample(self, latent_frames: int, height: int, width: int, words: int, steps: int) -> Tensor:
        """``height`` x ``width`` cells; ``words`` rows of text, which it sees by cross-attention."""
        found: Tensor = self.pipeline(
            prompt_embeds=torch.zeros(1, words, self.width, dtype=self.dtype),
            height=height * _CELL,
            width=width * _CELL,
            num_frames=_GROUP * (latent_frames - 1) + 1,
            num_inference_steps=steps,
            guidance_scale=1.0,
            generator=torch.Generator().manual_seed(0),
            output_type="latent",
        ).frames
        return found
