"""What the Wan models share, and the plainest of them: Wan T2V (2.1, and 2.2 with its two networks)."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from omni_model.adapters.base import OpenWeights
from omni_model.adapters.checkpoint import Checkpoint
from omni_model.adapters.given import ShotInputs, held
from omni_model.adapters.parts import library
from omni_model.adapters.pieces import FrameSpan
from omni_model.adapters.sampler import JobBatch
from omni_model.adapters.sizes import Native
from omni_model.adapters.text import PromptEmbedding
from omni_model.spec.conditioning import Capabilities, Conditioning
from omni_model.spec.errors import WeightsError

_TRAINED_TIMES = 1000


class Wan(OpenWeights):
    """UMT5, a causal VAE of four frames a latent, and latents [C, F, h, w]. See arXiv:2503.20314."""

    text_length: ClassVar[int] = 512
    blank_padding: ClassVar[bool] = True
    negative: ClassVar[str] = (
        "overexposed, blurred details, subtitles, watermark, static picture, worst quality, low quality, JPEG "
        "artifacts, ugly, deformed, extra fingers, fused fingers, cluttered background, walking backwards"
    )

    def network_at(self, time: Tensor) -> str:
        boundary = self.checkpoint.index.get("boundary_ratio")
        return "transformer_2" if boundary is not None and time < boundary * _TRAINED_TIMES else "transformer"

    def said(self, asked: Conditioning) -> str:
        return str(library("diffusers.pipelines.wan.pipeline_wan").prompt_clean(super().said(asked)))

    def shape(self, shot: ShotInputs, span: FrameSpan) -> tuple[int, ...]:
        """[C, F, h, w] of the latents."""
        vae = self.checkpoint.parts["vae"].config
        cell = int(vae.get("scale_factor_spatial") or 8)
        frames = (span.total - 1) // self.native.frame_grid + 1
        return int(vae["z_dim"]), frames, shot.asked.height // cell, shot.asked.width // cell

    def encode(self, vae: Any, values: Tensor) -> Tensor:
        """Normalised latents [C, F, h, w] of pixels [T, 3, H, W] in -1..1."""
        latents = vae.encode(values.movedim(0, 1)[None].to(self.device, vae.dtype)).latent_dist.mode()
        mean, std = self._moments(latents)
        return torch.as_tensor((latents.float() - mean) / std)[0]

    def decode(self, vae: Any, latents: Tensor, shot: ShotInputs) -> Tensor:
        mean, std = self._moments(latents[None])
        decoded = vae.decode((latents[None] * std + mean).to(vae.dtype), return_dict=False)[0]
        return torch.as_tensor(decoded)[0].movedim(1, 0)

    def source(self, vae: Any, shot: ShotInputs, span: FrameSpan) -> Tensor | None:
        """Latents of the clip that is edited, with what lies before and after it held."""
        if shot.source is None:
            return None
        return self.encode(vae, values_of(held(shot.source, span.frames + span.tail)))

    def _moments(self, like: Tensor) -> tuple[Tensor, Tensor]:
        config = self.checkpoint.parts["vae"].config
        mean, std = (
            torch.tensor(config[name], device=like.device).view(1, -1, 1, 1, 1)
            for name in ("latents_mean", "latents_std")
        )
        return mean, std


class WanT2V(Wan):
    """Words only: every shot is told, none is shown anything. An edit without a mask is drawn over its source."""

    kind = "wan-t2v"
    classes: ClassVar = {
        "text_encoder": "UMT5EncoderModel",
        "transformer": "WanTransformer3DModel",
        "vae": "AutoencoderKLWan",
    }
    native = Native(832, 480, fps=16.0, size_grid=16, frame_grid=4, max_frames=81, steps=50, guidance=5.0)

    @classmethod
    def check(cls, checkpoint: Checkpoint) -> None:
        if checkpoint.index.get("expand_timesteps"):
            raise WeightsError(f"{checkpoint.folder} tells every token its time: open it as wan-ti2v")
        config = checkpoint.parts["transformer"].config
        if config.get("in_channels") != config.get("out_channels"):
            raise WeightsError(f"{checkpoint.folder} is an image-to-video model, which no adapter here drives")

    def declare(self, common: Capabilities) -> Capabilities:
        return common.model_copy(update={"context_roles": frozenset({"edit"}), "caption_style": "wan"})

    def prepare(
        self, shot: ShotInputs, span: FrameSpan, vae: Any, noise: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        return noise, self.source(vae, shot, span), {}

    def predict(self, network: Any, batch: JobBatch, time: Tensor, text: PromptEmbedding) -> Tensor:
        states = batch.latents.to(self.plan.dtype)
        return torch.as_tensor(
            network(
                hidden_states=states,
                timestep=time.expand(len(states)),
                encoder_hidden_states=text.embeddings.to(states),
                return_dict=False,
            )[0]
        )


def values_of(frames: Tensor) -> Tensor:
    """uint8 0..255 -> float -1..1."""
    return frames.float() / 127.5 - 1.0
