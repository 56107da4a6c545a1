"""Training of the causal video autoencoder on pieces of clips."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from omni_model.train.config import TrainConfig
from omni_model.train.data import load_pool, scenes_of
from omni_model.train.loop import Training
from omni_model.vae import SPATIAL, VideoVAE

_KL = 1e-5
_EDGES = 0.5
_LATENT_NOISE = 0.03
"""Noise on latents in training, of their standard deviation 1: the decoder forgives a generator's errors."""


def _edges(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., 1:, :] - x[..., :-1, :], x[..., 1:] - x[..., :-1]


def loss_of(net: VideoVAE, frames: Tensor, noise: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    """L1 on pixels and on their differences, and the KL to a unit normal. ``frames`` [B, 4k+1, 3, H, W] in -1..1."""
    mean, logvar = net.posterior(frames)
    deviation = torch.exp(0.5 * logvar) + _LATENT_NOISE
    latents = mean + deviation * torch.randn(mean.shape, generator=noise, dtype=mean.dtype)
    out = net.decode(latents).float()
    pixels = (out - frames).abs().mean()
    edges = sum(((a - b).abs().mean() for a, b in zip(_edges(out), _edges(frames), strict=True)), torch.zeros(()))
    kl = 0.5 * (mean.float() ** 2 + logvar.float().exp() - 1 - logvar.float()).mean()
    psnr = -10 * torch.log10(((out - frames) ** 2).mean() / 4)
    return pixels + _EDGES * edges + _KL * kl, {"psnr": float(psnr.detach()), "kl": float(kl.detach())}


@torch.no_grad()
def start_from_components(net: VideoVAE, clips: Tensor, patches: int = 60_000) -> None:
    """Set the linear maps to the principal components of 4-frame 8x8 patches, and the networks beside them to 0.

    ``clips`` uint8 [N, T, 3, H, W]; coefficients come out with unit deviation. The maps then stay as they are:
    one step of Adam is as large as their weights. The networks beside them learn what a linear map cannot.
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
    for last in (net.encoder[-1], net.decoder[-2]):
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    net.encoder[-1].bias[channels:] = -10.0  # type: ignore[operator]


def train_vae(config: TrainConfig, shards: list[Path], folder: Path, *, resume: bool) -> VideoVAE:
    """The trained autoencoder with the statistics of its latents set."""
    torch.manual_seed(config.seed)
    net = VideoVAE(config.vae)
    clips = load_pool(shards, ("frames",), scene_of=scenes_of(config.frames)).tensors["frames"]
    batch = config.vae_budget.batch
    start_from_components(net, clips)

    def draw(generator: torch.Generator) -> Tensor:
        """Pieces of nine frames: a still and two groups."""
        which = torch.randint(len(clips), (batch,), generator=generator)
        start = torch.randint(clips.shape[1] - 8, (batch,), generator=generator)
        pieces = torch.stack([clips[i, s : s + 9] for i, s in zip(which.tolist(), start.tolist(), strict=True)])
        flip = torch.rand(batch, generator=generator) < 0.5
        pieces[flip] = pieces[flip].flip(-1)
        return pieces.float() / 127.5 - 1.0

    def step(_: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        with torch.autocast("cpu", torch.bfloat16):
            return loss_of(net, draw(generator), generator)

    training = Training("vae", net, config.vae_budget, folder, seed=config.seed)
    net.load_state_dict(training.run(step, resume))
    net.eval()
    _set_statistics(net, clips[:64])
    return net


@torch.inference_mode()
def _set_statistics(net: VideoVAE, clips: Tensor) -> None:
    raw = torch.cat([net.posterior(c[None].float() / 127.5 - 1.0)[0] for c in clips])
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
