"""LTX-2 (2.0 and 2.3): pictures and clips at any frame with a strength, as LTX; sound is drawn along and left out.

Tokens of the clip, of what is given for later frames, and of the sound are denoised as one row. A token held with
strength s is told the time t (1 - s) and pulled to what is given in the space of clean data. Guidance is by words
alone, the same for picture and sound. See arXiv:2601.03233.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.adapters.checkpoint import Checkpoint
from omni_model.adapters.given import ShotInputs
from omni_model.adapters.ltx import LTX, TRAINED_TIMES, Condition, conditions, moment, tokens_of
from omni_model.adapters.parts import library
from omni_model.adapters.pieces import FrameSpan
from omni_model.adapters.sampler import Job, JobBatch
from omni_model.adapters.sizes import Native
from omni_model.adapters.text import PromptEmbedding, tokenized
from omni_model.spec.errors import WeightsError

_STILL_QUALITY = 33
"""H.264's constant rate factor of stills: the model was trained on frames of compressed films."""
_SHIFTS = {"base_image_seq_len": 1024, "max_image_seq_len": 4096, "base_shift": 0.95, "max_shift": 2.05}
"""Of the schedule, by the number of tokens, where the scheduler's config does not say."""


class LTX2(LTX):
    kind = "ltx2"
    classes: ClassVar = {
        "text_encoder": "Gemma3ForConditionalGeneration",
        "connectors": "LTX2TextConnectors",
        "transformer": "LTX2VideoTransformer3DModel",
        "vae": "AutoencoderKLLTX2Video",
    }
    native = Native(768, 512, fps=24.0, size_grid=32, frame_grid=8, max_frames=121, steps=40, guidance=4.0)
    divisible = False
    text_length = 1024
    negative = "worst quality, inconsistent motion, blurry, jittery, distorted, static"

    @classmethod
    def check(cls, checkpoint: Checkpoint) -> None:
        super().check(checkpoint)
        config = checkpoint.parts["transformer"].config
        if config.get("in_channels", 128) != config.get("audio_in_channels", 128):
            raise WeightsError(
                f"{checkpoint.folder}: tokens of picture and sound differ in width, which is not known here"
            )

    def read(self, prompts: list[str]) -> list[PromptEmbedding]:
        """Embeddings for the picture and, behind them in the last dimension, for the sound."""
        tokenizer = self.parts.tokenizer()
        tokenizer.padding_side = "left"
        layers = []
        with self.parts.use("text_encoder") as encoder:
            for prompt in prompts:
                tokens = tokenized(tokenizer, prompt.strip(), self.text_length).to(self.device)
                states = encoder(**tokens, output_hidden_states=True, logits_to_keep=1).hidden_states
                layers.append((torch.stack(states, dim=-1).flatten(2).cpu(), tokens.attention_mask))
        with self.parts.use("connectors") as connectors:
            read = [connectors(state.to(self.device), words, padding_side="left") for state, words in layers]
        return [PromptEmbedding(torch.cat([seen, heard], dim=-1)[0], words[0].bool()) for seen, heard, words in read]

    def schedule(self, scheduler: Any, job: Job) -> Tensor:
        if job.steps == 1:
            raise ValueError("ltx2 takes two steps or more: its schedule is stretched between the first and the last")
        module = library("diffusers.pipelines.ltx2.pipeline_ltx2_condition")
        shift = module.calculate_shift(job.inputs["at"].shape[1], *(scheduler.config.get(*s) for s in _SHIFTS.items()))
        sigmas = torch.linspace(1.0, 1.0 / job.steps, job.steps, dtype=torch.float64).numpy()
        scheduler.set_timesteps(sigmas=sigmas, mu=shift, device=job.noise.device)
        return torch.as_tensor(scheduler.timesteps)

    def shape(self, shot: ShotInputs, span: FrameSpan) -> tuple[int, ...]:
        """[N, C]: the clip's tokens, and those of what is given for later frames."""
        channels, frames, height, width = super().shape(shot, span)
        later = [item for item in conditions(shot, span) if item.at > 0]
        return (frames + len(later)) * height * width, channels

    def prepare(
        self, shot: ShotInputs, span: FrameSpan, vae: Any, noise: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        """Tokens [N, C]; inputs: 'at', from where to where they reach in seconds and pixels [3, N, 2]; 'hold' and
        'given', how closely they are held to what [N] (or [1] where nothing is given), [N, C]. Then those of sound."""
        clip = super().shape(shot, span)
        places, filled = [self._reach(clip, 0, 1)], clip[1] * clip[2] * clip[3]
        given, hold = torch.zeros_like(noise), torch.zeros(len(noise), device=noise.device)
        for item in conditions(shot, span):
            latents = self._encode(vae, _as_in_films(item), random)
            tokens = tokens_of(latents)
            start = filled if item.at else 0
            given[start : start + len(tokens)], hold[start : start + len(tokens)] = tokens, item.strength
            if item.at:
                places.append(self._reach(latents.shape, item.at, len(item.frames)))
                filled += len(tokens)
        at = torch.cat(places, dim=1).to(noise.device)
        at[0] /= shot.asked.fps
        sound = torch.randn(self._sound(shot, span), noise.shape[1], generator=random).to(noise.device)
        source, clean = self._source(vae, shot, span, random), None
        if source is not None:
            drawn = F.pad(tokens_of(source), (0, 0, 0, len(noise) - source[0].numel()))
            clean = torch.cat([torch.where(hold[:, None] > 0, given, drawn), sound])
        inputs = {"at": at, "given": given, "hold": hold if hold.any() else hold[:1]}
        return torch.cat([torch.lerp(noise, given, hold[:, None]), sound]), clean, inputs

    def enter(self, batch: JobBatch, time: Tensor) -> JobBatch:
        return batch

    def predict(self, network: Any, batch: JobBatch, time: Tensor, text: PromptEmbedding) -> Tensor:
        config = self.checkpoint.parts["connectors"].config
        width = config["video_hidden_dim" if config.get("per_modality_projections") else "caption_channels"]
        states = batch.latents.to(self.plan.dtype)
        picture, sound = states.tensor_split([batch.inputs["at"].shape[2]], dim=1)
        seen, heard = text.embeddings.to(states).tensor_split([width], dim=2)
        times = time.float().expand(len(states))
        predicted = network(
            hidden_states=picture,
            audio_hidden_states=sound,
            encoder_hidden_states=seen,
            audio_encoder_hidden_states=heard,
            timestep=times[:, None] * (1.0 - batch.inputs["hold"]),
            audio_timestep=times,
            sigma=times,
            encoder_attention_mask=text.words,
            audio_encoder_attention_mask=text.words,
            audio_num_frames=sound.shape[1],
            video_coords=batch.inputs["at"],
            use_cross_timestep=bool(self.checkpoint.parts["transformer"].config.get("cross_attn_mod")),
            return_dict=False,
        )
        return torch.cat(predicted, dim=1).float()

    def advance(self, scheduler: Any, batch: JobBatch, prediction: Tensor, time: Tensor) -> Tensor:
        noise = time.float() / TRAINED_TIMES
        seen = batch.inputs["at"].shape[2]
        clean = (batch.latents - noise * prediction)[:, :seen]
        held = torch.lerp(clean, batch.inputs["given"], batch.inputs["hold"][..., None].expand_as(clean))
        velocity = torch.cat([(batch.latents[:, :seen] - held) / noise, prediction[:, seen:]], dim=1)
        return torch.as_tensor(scheduler.step(velocity, time, batch.latents, return_dict=False)[0])

    def unpacked(self, latents: Tensor, shot: ShotInputs) -> Tensor:
        """[C, F, h, w] of tokens [N, C]: the first ones."""
        channels, frames, height, width = super().shape(shot, self.span(shot))
        return latents[: frames * height * width].T.reshape(channels, frames, height, width)

    def _encode(self, vae: Any, values: Tensor, random: torch.Generator) -> Tensor:
        latents = vae.encode(values.movedim(0, 1)[None].to(self.device, vae.dtype)).latent_dist.mode().float()
        return torch.as_tensor((latents - moment(vae.latents_mean, latents)) / moment(vae.latents_std, latents))[0]

    def _sound(self, shot: ShotInputs, span: FrameSpan) -> int:
        """Tokens of the sound of a piece."""
        config = self.checkpoint.parts["transformer"].config
        hop = config.get("audio_hop_length", 160) * config.get("audio_scale_factor", 4)
        rate: float = config.get("audio_sampling_rate", 16000) / hop
        return round(span.total / shot.asked.fps * rate)

    def _reach(self, shape: tuple[int, ...], at: int, count: int) -> Tensor:
        """[3, N, 2]: first frame and top left pixel of each token, and those behind it. ``count`` frames from ``at``
        on; a clip's own first frame is a token of its own, and a single frame given for later reaches one frame."""
        frames, rows, columns = (torch.arange(size, dtype=torch.float32) for size in shape[1:])
        step, grid = self.native.frame_grid, self.native.size_grid
        ends = []
        for further in (0, 1):
            time = ((frames + further) * step + 1 - step).clamp(min=0) if at == 0 else (frames + further) * step + at
            if at and count == 1 and further:
                time = frames + at + 1
            cells = torch.meshgrid(time, (rows + further) * grid, (columns + further) * grid, indexing="ij")
            ends.append(torch.stack(cells).flatten(1))
        return torch.stack(ends, dim=-1)


def _as_in_films(condition: Condition) -> Tensor:
    """Frames [T, 3, H, W] in -1..1; a still as a compressed film would show it."""
    if len(condition.frames) > 1:
        return condition.frames
    frame = ((condition.frames[0] + 1.0) * 127.5).round().byte().permute(1, 2, 0).numpy()
    shown = library("diffusers.pipelines.ltx2.utils").apply_image_conditioning_crf(frame, _STILL_QUALITY)
    return torch.from_numpy(shown).permute(2, 0, 1)[None].float() / 127.5 - 1.0
