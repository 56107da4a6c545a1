"""Training of OmniDiT on latents made ahead.

Shape legend: B samples, N target rows, C channels.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.mini.dit import OmniDiT
from omni_model.mini.flow import add_noise, loss_weight, sample_sigma
from omni_model.mini.rows import target_rows, to_rows
from omni_model.mini.vae import VideoVAE
from omni_model.train.configs import ENTITY_CLASSES, TrainConfig
from omni_model.train.data.batches import Batches, TrainingBatch
from omni_model.train.data.latents import LatentPool
from omni_model.train.loop import Training
from omni_model.weights.io import read_weights
from omni_model.weights.precision import autocast

SHIFT = 2.0
WEIGHT_CAP = 2.0
SUBJECT_WEIGHT = 5.0
"""Loss of cells that show a subject, relative to the place's."""
PROP_WEIGHT = 10.0
"""The same of a prop, which is small."""
CHANGED_WEIGHT = 15.0
"""Loss of cells that an edit changes: they are few where it is local, and to copy the source is easy."""
AUX_WEIGHT = 0.05


def loss_of(
    net: OmniDiT, batch: TrainingBatch, generator: torch.Generator, channels: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """Weighted squared error of the clean latents, and the cross-entropy of 'which entity is here'.

    ``channels`` [C] weighs the latent channels by what they mean in pixels; its mean is 1.
    """
    sigma = sample_sigma(len(batch.clean), generator, SHIFT).to(channels.device)
    noise = torch.randn(batch.clean.shape, generator=generator).to(channels.device)
    rows = target_rows(add_noise(batch.clean, noise, sigma), sigma, batch.anchors, batch.start)
    cache = net.condition(batch.text, batch.conditions)
    out = net(rows, cache if batch.draws == 1 else cache.repeat(batch.draws), batch.layout)
    error = ((out.clean.float() - to_rows(batch.clean)) ** 2 * channels).mean(-1)
    cells = batch.cells.flatten(1).long() if batch.cells is not None else None
    weight = torch.ones_like(error) if cells is None else _weights(cells)
    if batch.changed is not None:
        weight = weight.where(~batch.changed.flatten(1), CHANGED_WEIGHT)
    per_sample = (error * weight).sum(1) / weight.sum(1)
    loss = (per_sample * loss_weight(sigma, WEIGHT_CAP)).mean()
    figures = {"error": float(per_sample.mean().detach())}
    if cells is not None and out.entity is not None:
        entity = F.cross_entropy(out.entity.float().flatten(0, 1), cells.flatten())
        loss = loss + AUX_WEIGHT * entity
        figures["entity"] = float(entity.detach())
    return loss, figures


def _weights(cells: Tensor) -> Tensor:
    """The weight of every row, by the entity that it shows."""
    kinds = torch.full((ENTITY_CLASSES,), SUBJECT_WEIGHT, device=cells.device)
    kinds[0], kinds[-1] = 1.0, PROP_WEIGHT
    return kinds[cells]


def train_dit(
    config: TrainConfig,
    vae: VideoVAE,
    scenes: LatentPool,
    edits: LatentPool,
    folder: Path,
    *,
    resume: bool,
    start: Path | None = None,
) -> tuple[OmniDiT, Training]:
    """The trained transformer with averaged weights, and its training's history. ``start``: see :func:`start_from`."""
    torch.manual_seed(config.seed + 5)
    net = OmniDiT(config.dit)
    if start is not None:
        start_from(net, start)
    net.colours.copy_(vae.colours())
    net.to(config.device)
    batches = Batches(scenes, edits, vae.to(config.device), config, config.dit_budget.batch)
    channels = channel_weights(vae)

    def step(_: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        batch = batches.draw(generator).to(config.device)
        with autocast(device=config.device):
            return loss_of(net, batch, generator, channels)

    training = Training("dit", net, config.dit_budget, folder, seed=config.seed + 5, muon=True)
    net.load_state_dict(training.run(step, resume))
    vae.cpu()
    return net.cpu().eval(), training


def start_from(net: OmniDiT, weights: Path) -> None:
    """Take over every parameter of older weights that has the same name and shape; the others stay as they are."""
    own = net.state_dict()
    older, _ = read_weights(weights)
    net.load_state_dict(own | {k: v for k, v in older.items() if k in own and v.shape == own[k].shape})


def channel_weights(vae: VideoVAE) -> Tensor:
    """[C], mean 1: the square root of how much a unit step of each normalised channel changes the pixels."""
    reach = vae.synthesis.weight.detach().flatten(1).norm(dim=1) * vae.std.flatten()
    weights: Tensor = (reach / reach.mean()).sqrt()
    return weights
