"""Wan 2.2 TI2V-5B: text and, where there is one, a first frame; every token is told its own time."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from omni_model.adapters.checkpoint import Checkpoint
from omni_model.adapters.given import ShotInputs
from omni_model.adapters.pieces import FrameSpan
from omni_model.adapters.sampler import JobBatch
from omni_model.adapters.sizes import Native
from omni_model.adapters.text import PromptEmbedding
from omni_model.adapters.wan import Wan, WanT2V, values_of
from omni_model.spec.conditioning import Capabilities
from omni_model.spec.errors import WeightsError


class WanTI2V(Wan):
    """A given first frame is latent frame 0, held at time 0 through all steps."""

    kind = "wan-ti2v"
    classes: ClassVar = WanT2V.classes
    native = Native(1280, 704, fps=24.0, size_grid=32, frame_grid=4, max_frames=121, steps=50, guidance=5.0)

    @classmethod
    def check(cls, checkpoint: Checkpoint) -> None:
        if not checkpoint.index.get("expand_timesteps"):
            raise WeightsError(f"{checkpoint.folder} tells all tokens one time: open it as wan-t2v")

    def declare(self, common: Capabilities) -> Capabilities:
        roles, held = frozenset({"continue", "edit"}), frozenset({"first"})
        return common.model_copy(update={"context_roles": roles, "frames_held": held, "caption_style": "wan"})

    def prepare(
        self, shot: ShotInputs, span: FrameSpan, vae: Any, noise: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        free = torch.ones_like(noise[:1])
        known = torch.zeros_like(noise[:, :1])
        first = shot.first if shot.before is None else shot.before[-1:]
        if first is not None:
            free[:, 0] = 0.0
            known = self.encode(vae, values_of(first))
        return noise, self.source(vae, shot, span), {"free": free, "known": known}

    def predict(self, network: Any, batch: JobBatch, time: Tensor, text: PromptEmbedding) -> Tensor:
        states = self.settle(batch).to(self.plan.dtype)
        times = (batch.inputs["free"][:, 0, :, ::2, ::2] * time).flatten(1)
        return torch.as_tensor(
            network(
                hidden_states=states,
                timestep=times,
                encoder_hidden_states=text.embeddings.to(states),
                return_dict=False,
            )[0]
        )

    def settle(self, batch: JobBatch) -> Tensor:
        free, known = batch.inputs["free"], batch.inputs["known"]
        return (1.0 - free) * known + free * batch.latents
