"""LTX-Video: text, and pictures or clips at any frame with a strength; every token is told its own time.

What is given for the first frames replaces them; what is given for later frames is added as tokens before the clip's
own, with the pixel coordinates of where it belongs. A token held with strength s is told ``min(t, 1 - s)``. See
arXiv:2501.00103.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from omni_model.adapters.base import OpenWeights
from omni_model.adapters.checkpoint import Checkpoint
from omni_model.adapters.given import ShotInputs, held
from omni_model.adapters.parts import library
from omni_model.adapters.pieces import FrameSpan
from omni_model.adapters.sampler import Job, JobBatch
from omni_model.adapters.sizes import Native
from omni_model.adapters.text import PromptEmbedding
from omni_model.adapters.wan import values_of
from omni_model.spec.conditioning import Capabilities
from omni_model.spec.errors import WeightsError

TRAINED_TIMES = 1000.0
_HELD_NOISE = 0.15
"""Noise on what is held whole, as a share of the square of the time: it keeps a still from freezing the clip."""
_DECODED_AT, _DECODED_NOISE = 0.05, 0.025
"""For decoders that take a time: the model card's figures."""


class Condition(NamedTuple):
    """Frames [T, 3, H, W] in -1..1 that belong at a frame of the clip, and how closely it is held to them."""

    frames: Tensor
    at: int
    strength: float = 1.0


class LTX(OpenWeights):
    kind = "ltx"
    classes: ClassVar = {
        "text_encoder": "T5EncoderModel",
        "transformer": "LTXVideoTransformer3DModel",
        "vae": "AutoencoderKLLTXVideo",
    }
    native = Native(704, 480, fps=24.0, size_grid=32, frame_grid=8, max_frames=161, steps=40, guidance=3.0)
    overlap = 9
    text_length = 256
    blank_padding = False
    negative = "worst quality, inconsistent motion, blurry, jittery, distorted"

    @classmethod
    def check(cls, checkpoint: Checkpoint) -> None:
        config = checkpoint.parts["transformer"].config
        if config.get("patch_size", 1) != 1 or config.get("patch_size_t", 1) != 1:
            raise WeightsError(f"{checkpoint.folder}: tokens of several latents, which this adapter does not know")

    def declare(self, common: Capabilities) -> Capabilities:
        return common.model_copy(
            update={
                "context_roles": frozenset({"continue", "precede", "edit"}),
                "frames_held": frozenset({"first", "last"}),
                "caption_style": "ltx",
            }
        )

    def division(self) -> Mapping[str, Any]:
        """The library's own leaves the tokens' times whole."""
        parallel = library("diffusers.models._modeling_parallel")
        angles = parallel.ContextParallelInput(split_dim=1, expected_dims=3, split_output=True)
        tokens = parallel.ContextParallelInput(split_dim=1, expected_dims=3)
        times = parallel.ContextParallelInput(split_dim=1, expected_dims=2)
        return {
            "": {"hidden_states": tokens, "timestep": times},
            "rope": {0: angles, 1: angles},
            "proj_out": parallel.ContextParallelOutput(gather_dim=1, expected_dims=3),
        }

    def schedule(self, scheduler: Any, job: Job) -> Tensor:
        module = library("diffusers.pipelines.ltx.pipeline_ltx_condition")
        sigmas = module.linear_quadratic_schedule(job.steps).numpy()
        scheduler.set_timesteps(sigmas=sigmas, timesteps=sigmas * TRAINED_TIMES, device=job.noise.device)
        return torch.as_tensor(scheduler.timesteps)

    def shape(self, shot: ShotInputs, span: FrameSpan) -> tuple[int, ...]:
        """[C, F, h, w] of the latents."""
        grid = self.native.size_grid
        channels = int(self.checkpoint.parts["transformer"].config["in_channels"])
        return channels, (span.total - 1) // 8 + 1, shot.asked.height // grid, shot.asked.width // grid

    def prepare(
        self, shot: ShotInputs, span: FrameSpan, vae: Any, noise: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        """Tokens [N, C]. Inputs: 'at', their seconds and pixels [3, N]; 'hold', how closely they are held [N], or [1]
        where nothing is given; 'given', the tokens as they begin."""
        clean = self._source(vae, shot, span, random)
        hold = torch.zeros(noise.shape[1], device=noise.device)
        tokens, places, holds = [], [], []
        for condition in conditions(shot, span):
            latents = self._encode(vae, condition.frames, random)
            if condition.at == 0:
                count = latents.shape[1]
                noise = torch.cat([torch.lerp(noise[:, :count], latents, condition.strength), noise[:, count:]], dim=1)
                hold[:count] = condition.strength
            else:
                fresh = torch.randn(latents.shape, generator=random).to(noise.device)
                tokens.append(tokens_of(torch.lerp(fresh, latents, condition.strength)))
                places.append(self._places(latents, condition.at))
                holds.append(torch.full((len(tokens[-1]),), condition.strength, device=noise.device))
        cells = noise.shape[2] * noise.shape[3]
        given = torch.cat([*tokens, tokens_of(noise)])
        at = torch.cat([*places, self._places(noise, 0)], dim=1)
        at[0] /= shot.asked.fps
        held = torch.cat([*holds, hold.repeat_interleave(cells)])
        if clean is not None:
            clean = torch.cat([*tokens, tokens_of(torch.where(hold.view(1, -1, 1, 1) > 0, noise, clean))])
        return given, clean, {"at": at, "given": given, "hold": held if held.any() else held[:1]}

    def enter(self, batch: JobBatch, time: Tensor) -> JobBatch:
        """What is held whole is given a little noise anew."""
        whole = (batch.inputs["hold"] > 1.0 - 1e-6)[..., None]
        if not whole.any():
            return batch
        shape = (1, *batch.latents.shape[1:])
        noise = torch.cat([torch.randn(shape, generator=random) for random in batch.random]).to(batch.latents)
        noised = batch.inputs["given"] + _HELD_NOISE * noise * (time / TRAINED_TIMES) ** 2
        return replace(batch, latents=torch.where(whole, noised, batch.latents))

    def predict(self, network: Any, batch: JobBatch, time: Tensor, text: PromptEmbedding) -> Tensor:
        states = batch.latents.to(self.plan.dtype)
        times = _times(batch, time)
        return torch.as_tensor(
            network(
                hidden_states=states,
                encoder_hidden_states=text.embeddings.to(states),
                timestep=times if self.team.size == 1 else times.expand(states.shape[:2]),
                encoder_attention_mask=text.words,
                video_coords=batch.inputs["at"],
                return_dict=False,
            )[0]
        )

    def advance(self, scheduler: Any, batch: JobBatch, prediction: Tensor, time: Tensor) -> Tensor:
        stepped = scheduler.step(
            -prediction, time, batch.latents, per_token_timesteps=_times(batch, time), return_dict=False
        )[0]
        free = (time / TRAINED_TIMES - 1e-6 < 1.0 - batch.inputs["hold"])[..., None]
        return torch.where(free, stepped, batch.latents)

    def unpacked(self, latents: Tensor, shot: ShotInputs) -> Tensor:
        """[C, F, h, w] of tokens [N, C]; those that were added are left out."""
        channels, frames, height, width = self.shape(shot, self.span(shot))
        return latents[-frames * height * width :].T.reshape(channels, frames, height, width)

    def decode(self, vae: Any, latents: Tensor, shot: ShotInputs) -> Tensor:
        values = self.unpacked(latents, shot)[None]
        values = values * moment(vae.latents_std, values) / vae.config.scaling_factor
        values = (values + moment(vae.latents_mean, values)).to(vae.dtype)
        time = None
        if vae.config.timestep_conditioning:
            random = torch.Generator().manual_seed(shot.seed)
            noise = torch.randn(values.shape, generator=random).to(values)
            values = torch.lerp(values, noise, _DECODED_NOISE)
            time = torch.tensor([_DECODED_AT]).to(values)
        return torch.as_tensor(vae.decode(values, time, return_dict=False)[0])[0].movedim(1, 0)

    def _encode(self, vae: Any, values: Tensor, random: torch.Generator) -> Tensor:
        """Normalised latents [C, F, h, w], drawn from the encoder's distribution."""
        clip = values.movedim(0, 1)[None].to(self.device, vae.dtype)
        latents = vae.encode(clip).latent_dist.sample(random).float()
        return torch.as_tensor((latents - moment(vae.latents_mean, latents)) / moment(vae.latents_std, latents))[0]

    def _source(self, vae: Any, shot: ShotInputs, span: FrameSpan, random: torch.Generator) -> Tensor | None:
        if shot.source is None:
            return None
        return self._encode(vae, values_of(held(shot.source, span.frames + span.tail)), random)

    def _places(self, latents: Tensor, at: int) -> Tensor:
        """[3, N]: first frame and top left pixel of each token of latents [C, F, h, w] that begin at frame ``at``."""
        grid = self.native.size_grid
        frames, rows, columns = (torch.arange(count, device=latents.device) for count in latents.shape[1:])
        times = (frames * self.native.frame_grid + 1 - self.native.frame_grid).clamp(min=0) + at
        return torch.stack(torch.meshgrid(times, rows * grid, columns * grid, indexing="ij")).flatten(1).float()


def conditions(shot: ShotInputs, span: FrameSpan) -> list[Condition]:
    """What a piece is given, and where."""
    end = span.lead + span.frames
    found = []
    if shot.before is not None:
        strength = next((item.strength for item in shot.asked.context if item.role == "continue"), 1.0)
        found.append(Condition(values_of(shot.before[-span.lead :]), 0, strength))
    if shot.first is not None:
        found.append(Condition(values_of(shot.first), 0))
    if shot.last is not None:
        found.append(Condition(values_of(shot.last), end - 1))
    if shot.after is not None:
        found.append(Condition(values_of(shot.after[:1]), end))
    return found


def tokens_of(latents: Tensor) -> Tensor:
    """[N, C] of latents [C, F, h, w]."""
    return latents.flatten(1).T


def _times(batch: JobBatch, time: Tensor) -> Tensor:
    """[B, N], or [B, 1] where nothing is held."""
    return torch.minimum(time.float(), (1.0 - batch.inputs["hold"]) * TRAINED_TIMES)


def moment(value: Tensor, like: Tensor) -> Tensor:
    return value.view(1, -1, 1, 1, 1).to(like)
