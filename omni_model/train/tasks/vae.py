"""Training of the causal video autoencoder on pieces of clips."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from omni_model.mini.vae import SPATIAL, VideoVAE
from omni_model.train.configs import TrainConfig
from omni_model.train.data.scenes import load_pool, scenes_of
from omni_model.train.loop import Training
from omni_model.weights.precision import autocast

_EDGES = 0.5
_SQUARES = 4.0
_CAST_WEIGHT = 3.0
"""Loss of pixels in the box of a subject, relative to the place's: faces are small."""
_LATENT_NOISE = 0.03
"""The posterior's deviation, of latents whose own is 1: the decoder forgives a generator's errors."""


def _edges(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., 1:, :] - x[..., :-1, :], x[..., 1:] - x[..., :-1]


def _mirrored(boxes: Tensor) -> Tensor:
    """Boxes [..., 4] of the pictures seen in a mirror."""
    x0, y0, x1, y1 = boxes.unbind(-1)
    return torch.stack([1 - x1, y0, 1 - x0, y1], -1)


def attention(boxes: Tensor, height: int, width: int) -> Tensor:
    """Weights [B, T, 1, H, W] of pixels: more in the boxes [B, T, S, 4] of subjects; their mean is 1."""
    y, x = (torch.arange(n, device=boxes.device) + 0.5 for n in (height, width))
    y, x = y[:, None] / height, x[None] / width
    x0, y0, x1, y1 = boxes[..., None, None].unbind(3)
    inside = ((x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)).any(2, keepdim=True)
    weights = 1.0 + (_CAST_WEIGHT - 1.0) * inside.float()
    return weights / weights.mean()


def loss_of(net: VideoVAE, frames: Tensor, boxes: Tensor, noise: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    """L1 and squares of pixels, and L1 of their differences. The KL to a unit normal is a constant here.

    ``frames`` [B, 4k+1, 3, H, W] in -1..1, ``boxes`` [B, 4k+1, S, 4].
    """
    latents = net.encode(frames)
    out = net.decode(latents + _LATENT_NOISE * torch.randn(latents.shape, generator=noise).to(latents)).float()
    off = out - frames
    pixels = ((off.abs() + _SQUARES * off**2) * attention(boxes, *frames.shape[-2:])).mean()
    edges = sum(((a - b).abs().mean() for a, b in zip(_edges(out), _edges(frames), strict=True)))
    psnr = -10 * torch.log10((off**2).mean() / 4)
    return pixels + _EDGES * edges, {"psnr": float(psnr.detach())}


@torch.no_grad()
def start_from_components(net: VideoVAE, clips: Tensor, patches: int = 60_000) -> None:
    """Set the linear maps to the principal components of 4-frame 8x8 patches, and the decoder beside them to 0.

    ``clips`` uint8 [N, T, 3, H, W]; coefficients come out with unit deviation. The maps then stay as they are:
    the decoder learns what a linear map cannot give back.
    """
    channels, size = net.config.channels, SPATIAL
    groups = clips[:, 1:5].flatten(1, 2)[:: max(1, len(clips) // 800)]
    cut = groups.unfold(2, size, size).unfold(3, size, size).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12 * size * size)
    cut = cut[:: max(1, len(cut) // patches)].float() / 127.5 - 1.0
    centre = cut.mean(0)
    _, values, axes = torch.pca_lowrank(cut - centre, q=channels + 16, center=False, niter=6)
    deviation = values[:channels] / len(cut) ** 0.5
    basis = axes[:, :channels].T
    net.analysis.weight.copy_((basis / deviation[:, None]).view(channels, 12, size, size))
    net.analysis.bias.copy_(-(basis @ centre) / deviation)  # type: ignore[union-attr]
    net.synthesis.weight.copy_((basis * deviation[:, None]).view(channels, 12, size, size))
    net.synthesis.bias.copy_(centre.view(12, -1).mean(1))  # type: ignore[union-attr]
    for fixed in (net.analysis, net.synthesis):
        fixed.requires_grad_(False)
    last = cast(nn.Conv2d, net.decoder[-2])
    nn.init.zeros_(last.weight)
    nn.init.zeros_(cast(Tensor, last.bias))


def train_vae(config: TrainConfig, shards: list[Path], folder: Path, *, resume: bool) -> VideoVAE:
    """The trained autoencoder with the statistics of its latents set."""
    torch.manual_seed(config.seed)
    net = VideoVAE(config.vae)
    pool = load_pool(shards, ("frames", "boxes"), scene_of=scenes_of(config.frames)).tensors
    clips, boxes = pool["frames"], pool["boxes"]
    batch = config.vae_budget.batch
    start_from_components(net, clips)
    _set_statistics(net, clips[:64])

    def draw(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pieces of nine frames, a still and two groups, and the boxes in them."""
        which = torch.randint(len(clips), (batch,), generator=generator)
        start = torch.randint(clips.shape[1] - 8, (batch,), generator=generator)
        places = list(zip(which.tolist(), start.tolist(), strict=True))
        pieces, around = (torch.stack([v[i, s : s + 9] for i, s in places]) for v in (clips, boxes))
        flip = torch.rand(batch, generator=generator) < 0.5
        pieces[flip] = pieces[flip].flip(-1)
        around[flip] = _mirrored(around[flip])
        return pieces.float() / 127.5 - 1.0, around

    def step(_: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        frames, around = (t.to(config.device) for t in draw(generator))
        with autocast(device=config.device):
            return loss_of(net, frames, around, generator)

    net.to(config.device)
    training = Training("vae", net, config.vae_budget, folder, seed=config.seed)
    net.load_state_dict(training.run(step, resume))
    return net.cpu().eval()


@torch.inference_mode()
def _set_statistics(net: VideoVAE, clips: Tensor) -> None:
    raw = torch.cat([net.encode(c[None].float() / 127.5 - 1.0) for c in clips])
    channels = raw.transpose(1, 2).flatten(2).transpose(0, 1).flatten(1).float()
    net.set_statistics(tuple(channels.mean(1).tolist()), tuple(channels.std(1).tolist()))


@torch.inference_mode()
def psnr_of(net: VideoVAE, clips: Tensor) -> float:
    """Mean PSNR in dB over clips uint8 [N, T, 3, H, W], frame by frame means."""
    values = []
    for clip in clips:
        signal = clip[None].float() / 127.5 - 1.0
        out = net.decode(net.encode(signal)).clamp(-1, 1)
        values.append(float(-10 * torch.log10(F.mse_loss(out, signal) / 4)))
    return sum(values) / len(values)
