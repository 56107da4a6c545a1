"""Wan VACE (1.3B, 14B): references, known frames, masks and control videos through one branch of conditions.

The branch sees a video and a mask (1: generate). What is known and what is not are encoded apart, 16 channels each,
with the mask as 64 more (8 x 8 pixels of a cell); every reference is a latent frame before the first. See
arXiv:2503.07598.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.adapters.checkpoint import Checkpoint
from omni_model.adapters.given import ShotInputs
from omni_model.adapters.parts import library
from omni_model.adapters.pieces import FrameSpan
from omni_model.adapters.sampler import JobBatch
from omni_model.adapters.sizes import Native
from omni_model.adapters.text import PromptEmbedding
from omni_model.adapters.wan import Wan, values_of
from omni_model.motion.boxes import boxes
from omni_model.spec.conditioning import Capabilities

_CELL = 8
_OUTLINE = 2
"""Pixels: boxes of the layout control are drawn as the model's annotator drew them, black on white."""
_GREY = (0.299, 0.587, 0.114)


class WanVACE(Wan):
    kind = "wan-vace"
    classes: ClassVar = {
        "text_encoder": "UMT5EncoderModel",
        "transformer": "WanVACETransformer3DModel",
        "vae": "AutoencoderKLWan",
    }
    native = Native(832, 480, fps=16.0, size_grid=16, frame_grid=4, max_frames=81, steps=50, guidance=5.0)
    overlap = 5

    @classmethod
    def check(cls, checkpoint: Checkpoint) -> None:
        """Nothing else is of these classes."""

    def declare(self, common: Capabilities) -> Capabilities:
        return common.model_copy(
            update={
                "max_references": 4,
                "context_roles": frozenset({"continue", "precede", "edit", "motion"}),
                "edits": frozenset({"region", "outpaint", "redraw"}),
                "frames_held": frozenset({"first", "last"}),
                "staging": "boxes",
                "caption_style": "wan",
            }
        )

    def division(self) -> Mapping[str, Any]:
        """The library has none for VACE: both branches divide the same tokens, so that hints meet their own."""
        parallel = library("diffusers.models._modeling_parallel")
        tokens = parallel.ContextParallelInput(split_dim=1, expected_dims=3)
        angles = parallel.ContextParallelInput(split_dim=1, expected_dims=4, split_output=True)
        return {
            "rope": {0: angles, 1: angles},
            "vace_blocks.0": {"hidden_states": tokens, "control_hidden_states": tokens},
            "blocks.0": {"hidden_states": tokens},
            "proj_out": parallel.ContextParallelOutput(gather_dim=1, expected_dims=3),
        }

    def shape(self, shot: ShotInputs, span: FrameSpan) -> tuple[int, ...]:
        channels, frames, height, width = super().shape(shot, span)
        return channels, frames + len(shot.references), height, width

    def prepare(
        self, shot: ShotInputs, span: FrameSpan, vae: Any, noise: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        video, mask = scene(shot, span)
        references = [self._reference(vae, shot, picture) for picture in shot.references]
        apart = torch.cat([self.encode(vae, video * (1.0 - mask)), self.encode(vae, video * mask)])
        shown = [torch.cat([latent, torch.zeros_like(latent)]) for latent in references]
        latents = torch.cat([*shown, apart], dim=1)
        cells = _cells(mask, len(references)).to(latents)
        weights = [reference.weight for reference in shot.asked.references]
        scale = torch.tensor(sum(weights) / len(weights) if weights else 1.0, device=latents.device)
        inputs = {"control": torch.cat([latents, cells]), "scale": scale}
        return noise, self._clean(vae, shot, span, references), inputs

    def predict(self, network: Any, batch: JobBatch, time: Tensor, text: PromptEmbedding) -> Tensor:
        states = batch.latents.to(self.plan.dtype)
        layers = len(self.checkpoint.parts["transformer"].config["vace_layers"])
        scale = batch.inputs["scale"].to(states).view(1, -1, 1, 1)
        return torch.as_tensor(
            network(
                hidden_states=states,
                timestep=time.expand(len(states)),
                encoder_hidden_states=text.embeddings.to(states),
                control_hidden_states=batch.inputs["control"].to(states),
                control_hidden_states_scale=scale.expand(layers, -1, -1, -1),
                return_dict=False,
            )[0]
        )

    def decode(self, vae: Any, latents: Tensor, shot: ShotInputs) -> Tensor:
        return super().decode(vae, latents[:, len(shot.references) :], shot)

    def _reference(self, vae: Any, shot: ShotInputs, picture: Tensor) -> Tensor:
        """Latents [C, 1, h, w] of a picture letterboxed on white."""
        height, width = shot.asked.height, shot.asked.width
        scale = min(height / picture.shape[1], width / picture.shape[2])
        inner = (int(picture.shape[1] * scale), int(picture.shape[2] * scale))
        scaled = F.interpolate(values_of(picture[None]), inner, mode="bilinear", align_corners=False)
        top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
        pad = (left, width - inner[1] - left, top, height - inner[0] - top)
        return self.encode(vae, F.pad(scaled, pad, value=1.0))

    def _clean(self, vae: Any, shot: ShotInputs, span: FrameSpan, references: list[Tensor]) -> Tensor | None:
        """Only an edit without a mask is drawn over its source: a masked one begins from noise."""
        if shot.redrawn is not None:
            return None
        source = self.source(vae, shot, span)
        return None if source is None else torch.cat([*references, source], dim=1)


def scene(shot: ShotInputs, span: FrameSpan) -> tuple[Tensor, Tensor]:
    """The control video [T, 3, H, W] in -1..1 and its mask [T, 1, H, W], 1 where frames are to be made."""
    size = (shot.asked.height, shot.asked.width)
    video = torch.zeros(span.total, 3, *size)
    mask = torch.ones(span.total, 1, *size)
    body = slice(span.lead, span.lead + span.frames)
    control = _control(shot)
    if control is not None:
        video[body] = control
    if shot.source is not None and shot.redrawn is not None:
        video[body] = values_of(shot.source)
        mask[body] = shot.redrawn.float()
        video = torch.where(mask > 0, torch.zeros(()), video)
    known = {body.start: shot.first, body.stop - 1: shot.last}
    for at, frame in known.items():
        if frame is not None:
            video[at], mask[at] = values_of(frame)[0], 0.0
    if shot.before is not None:
        video[: span.lead], mask[: span.lead] = values_of(shot.before[-span.lead :]), 0.0
    if shot.after is not None:
        tail = shot.after[: span.tail]
        video[body.stop : body.stop + len(tail)], mask[body.stop : body.stop + len(tail)] = values_of(tail), 0.0
    return video, mask


def _control(shot: ShotInputs) -> Tensor | None:
    """[frames, 3, H, W] in -1..1: a clip's motion as its grey version, or the plan's staging as boxes."""
    if shot.motion is not None:
        grey = (values_of(shot.motion) * torch.tensor(_GREY).view(1, 3, 1, 1)).sum(1, keepdim=True)
        return grey.expand(-1, 3, -1, -1)
    if shot.asked.frames == 1 or not shot.asked.tracks or shot.source is not None:
        return None
    height, width = shot.asked.height, shot.asked.width
    y, x = torch.arange(height).view(1, -1, 1), torch.arange(width).view(1, 1, -1)
    outlined = torch.zeros(shot.frames, height, width, dtype=torch.bool)
    for track in shot.asked.tracks:
        box = boxes(shot.asked, track.entity)[shot.start : shot.start + shot.frames]
        x0, y0, x1, y1 = (box * torch.tensor([width, height] * 2)).round()[:, :, None, None].unbind(1)
        inside = (x0 <= x) & (x < x1) & (y0 <= y) & (y < y1)
        core = (x0 + _OUTLINE <= x) & (x < x1 - _OUTLINE) & (y0 + _OUTLINE <= y) & (y < y1 - _OUTLINE)
        outlined |= inside & ~core
    return torch.where(outlined, -1.0, 1.0)[:, None].expand(-1, 3, -1, -1)


def _cells(mask: Tensor, references: int) -> Tensor:
    """[64, F, h, w] of a mask [T, 1, H, W]: pixels of a cell as channels, the nearest frame of each latent one."""
    count, _, height, width = mask.shape
    h, w = height // _CELL, width // _CELL
    pixels = mask.view(count, h, _CELL, w, _CELL).permute(2, 4, 0, 1, 3).flatten(0, 1)
    cells = F.interpolate(pixels[None], ((count + 3) // 4, h, w), mode="nearest-exact")[0]
    return F.pad(cells, (0, 0, 0, 0, references, 0))
