"""Training of OmniDiT on latents made ahead: shots in their context, character sheets, empty plates.

Shape legend: B samples, F latent frames in the window, C channels, h/w latent cells, S subject slots.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from omni_model.captions import caption, plate_caption, sheet_caption
from omni_model.dit import OmniDiT
from omni_model.flow import loss_weight, noised, sample_sigma
from omni_model.layout import collages, layout_rows
from omni_model.rows import (
    Role,
    Rows,
    context_rows,
    drop_anchors,
    reference_rows,
    target_anchors,
    target_rows,
    to_rows,
)
from omni_model.tokenizer import Text, Tokenizer
from omni_model.train.config import TrainConfig
from omni_model.train.data import load_pool, scenes_of
from omni_model.train.loop import Training
from omni_model.vae import VideoVAE
from omni_model.world.props import trajectory
from omni_model.world.spec import SceneSpec

DROP = 0.10
"""Share of samples from which each condition (text, each reference, each anchor) is withheld."""
CONTEXT = 0.35
"""Share of shot batches whose window is preceded by a clean latent frame."""
SHIFT = 2.0
REFERENCE_NOISE = 0.2
CONTEXT_NOISE = 0.6
"""Most noise on what came before: a window must not trust it more than the references, or errors add up."""
WEIGHT_CAP = 2.0
SUBJECT_WEIGHT = 5.0
"""Loss of cells that show a subject or a prop, relative to the place's."""
AUX_WEIGHT = 0.05
DRAWS = 2
"""Targets that share one scene's conditions in a shot batch."""
TASKS = {"shot": 0.72, "sheet": 0.16, "plate": 0.12}


@dataclass(frozen=True)
class LatentPool:
    """Latents of all scenes: clips [N, F, C, h, w], plates [N, C, h, w], sheets [N, S, C, 8, 8], and truth."""

    clips: Tensor
    plates: Tensor
    sheets: Tensor
    tracks: Tensor
    camera: Tensor
    cells: Tensor
    plate: Tensor
    """uint8 [N, 3, H, W]: the pictures themselves, of which layouts are made."""
    sheet: Tensor
    """uint8 [N, S, 3, s, s]"""
    specs: list[SceneSpec]

    def with_subjects(self, count: int) -> list[int]:
        return [i for i, s in enumerate(self.specs) if len(s.subjects) == count]


@torch.inference_mode()
def _encoded(vae: VideoVAE, images: Tensor) -> Tensor:
    """uint8 [N, T, 3, H, W] -> half-precision latents [N, F, C, h, w], a few clips at a time."""
    parts = []
    for chunk in torch.split(images, 8):
        with torch.autocast("cpu", torch.bfloat16):
            parts.append(vae.encode(chunk.float() / 127.5 - 1.0).half())
    return torch.cat(parts)


def encode_shard(vae: VideoVAE, shard: Path, folder: Path) -> Path:
    """The latents of one shard, written once."""
    out = folder / shard.name
    if not out.exists():
        folder.mkdir(parents=True, exist_ok=True)
        raw = load_file(shard)
        made = {
            "clips": _encoded(vae, raw["frames"]),
            "plates": _encoded(vae, raw["plate"][:, None])[:, 0],
            "sheets": _encoded(vae, raw["sheets"].flatten(0, 1)[:, None])[:, 0].view(
                *raw["sheets"].shape[:2], vae.config.channels, 8, 8
            ),
        }
        kept = {k: raw[k] for k in ("tracks", "camera", "cells", "seed")}
        aside = out.with_suffix(".partial")
        save_file({k: v.contiguous() for k, v in (made | kept).items()}, aside)
        aside.rename(out)
    return out


def load_latents(paths: list[Path], shards: list[Path], frames: int) -> LatentPool:
    names = ("clips", "plates", "sheets", "tracks", "camera", "cells")
    pool = load_pool(paths, names, scene_of=scenes_of(frames))
    for tracks, spec in zip(pool.tensors["tracks"], pool.specs, strict=True):
        _stage_props(tracks, spec)
    pictures = load_pool(shards, ("plate", "sheets"), scene_of=scenes_of(frames)).tensors
    tensors = {n: pool.tensors[n] for n in names}
    return LatentPool(**tensors, plate=pictures["plate"], sheet=pictures["sheets"], specs=pool.specs)


def _stage_props(tracks: Tensor, spec: SceneSpec) -> None:
    """Props take the slots that subjects leave free in ``tracks`` [T, S, 4]: staged, but shown by no sheet."""
    for slot, prop in enumerate(spec.props[: tracks.shape[1] - len(spec.subjects)], len(spec.subjects)):
        tracks[:, slot, :2] = trajectory(prop, spec.seconds())
        tracks[:, slot, 2:] = torch.tensor((prop.height, 1.0))


def entities_of(spec: SceneSpec) -> list[str]:
    """Who has slot 1, 2, ...: subjects, then props."""
    return [*(s.entity for s in spec.subjects), *(p.entity for p in spec.props)]


@dataclass(frozen=True)
class Batch:
    """What one step learns: B samples of conditions and B * ``draws`` targets."""

    text: Text
    conditions: Rows | None
    clean: Tensor
    anchors: Tensor
    start: Tensor
    cells: Tensor | None
    draws: int = 1
    layout: Tensor | None = None


class Batches:
    """Draws batches of one task each, so that every sample of a batch has one shape."""

    def __init__(self, pool: LatentPool, vae: VideoVAE, config: TrainConfig, batch: int) -> None:
        self.pool, self.vae, self.config, self.batch = pool, vae, config, batch
        self.tokenizer = Tokenizer(slots=config.dit.slots)
        self.by_count = {n: pool.with_subjects(n) for n in range(config.dit.slots + 1)}
        self.by_count = {n: rows for n, rows in self.by_count.items() if rows}

    def draw(self, generator: torch.Generator) -> Batch:
        r = random.Random(int(torch.randint(1 << 60, (1,), generator=generator)))
        task = r.choices(list(TASKS), list(TASKS.values()))[0]
        if task == "sheet":
            return self._sheets(r)
        if task == "plate":
            return self._plates(r)
        return self._shots(r, generator)

    def _text(self, texts: list[str], entities: list[list[str]], r: random.Random) -> Text:
        kept = ["" if r.random() < DROP else t for t in texts]
        return self.tokenizer.batch(kept, entities, self.config.dit.text_length)

    def _still(
        self, latents: Tensor, texts: list[str], entities: list[list[str]], anchors: Tensor, r: random.Random
    ) -> Batch:
        zero = torch.zeros(len(texts), dtype=torch.long)
        return Batch(self._text(texts, entities, r), None, latents.float(), anchors, zero, None)

    def _sheets(self, r: random.Random) -> Batch:
        rows = [n for count, found in self.by_count.items() if count for n in found]
        which = [r.choice(rows) for _ in range(4 * self.batch)]
        slots = [r.randrange(len(self.pool.specs[n].subjects)) for n in which]
        cast = [
            (self.pool.specs[n].subjects[s].facts, self.pool.specs[n].style) for n, s in zip(which, slots, strict=True)
        ]
        latents = self.pool.sheets[which, slots][:, None]
        texts = [sheet_caption(facts, style) for facts, style in cast]
        tracks = torch.zeros(len(which), 1, self.config.dit.slots, 4)
        tracks[:, :, 0] = torch.tensor((0.5, 0.92, 0.8, 1.0))
        camera = torch.tensor((0.5, 0.5, 1.0)).expand(len(which), 1, 3)
        anchors = self._anchors(tracks, camera, latents)
        anchors[..., 0, :] = 0.0  # a sheet has no place
        return self._still(latents, texts, [[f.entity] for f, _ in cast], anchors, r)

    def _plates(self, r: random.Random) -> Batch:
        which = [r.randrange(len(self.pool.specs)) for _ in range(3 * self.batch)]
        latents = self.pool.plates[which][:, None]
        texts = [plate_caption(self.pool.specs[n].facts) for n in which]
        tracks = torch.zeros(len(which), 1, self.config.dit.slots, 4)
        camera = torch.tensor((0.5, 0.5, 1.0)).expand(len(which), 1, 3)
        anchors = self._anchors(tracks, camera, latents)
        return self._still(latents, texts, [[] for _ in which], anchors, r)

    @staticmethod
    def _anchors(tracks: Tensor, camera: Tensor, latents: Tensor) -> Tensor:
        height, width = latents.shape[-2:]
        return target_anchors(tracks, camera, height, width, width / height)

    def _shots(self, r: random.Random, generator: torch.Generator) -> Batch:
        """``batch`` scenes, each with its conditions once and DRAWS windows of its clip as targets."""
        count = r.choices(list(self.by_count), [len(v) for v in self.by_count.values()])[0]
        which = [r.choice(self.by_count[count]) for _ in range(self.batch)]
        specs = [self.pool.specs[n] for n in which]
        texts = [caption(s.facts, r.randrange(4)) for s in specs]
        text = self._text(texts, [entities_of(s) for s in specs], r)
        clips = self.pool.clips[which].float()
        anchors = self._anchors(self.pool.tracks[which], self.pool.camera[which], clips)
        staged, kept = (torch.rand(self.batch, self.config.dit.slots + 1, generator=generator) >= DROP for _ in "ab")
        anchors = drop_anchors(anchors, staged)
        window = min(self.config.latent_window, clips.shape[1])
        last = clips.shape[1] - window + 1
        conditions = self._references(which, count, kept, generator)
        if r.random() < CONTEXT:
            start = torch.randint(last, (self.batch, 1), generator=generator).expand(-1, DRAWS)
            conditions = Rows.cat(conditions, self._before(clips, anchors, start[:, 0], generator))
        else:
            start = torch.randint(last, (self.batch, DRAWS), generator=generator)
        rows = torch.arange(self.batch).repeat_interleave(DRAWS)[:, None]
        frames = start.reshape(-1, 1) + torch.arange(window)
        cells = self.pool.cells[which][rows, frames]
        layout = self._layout(which, count, staged & kept, rows[:, 0], frames, generator)
        clean, anchors = clips[rows, frames], anchors[rows, frames]
        return Batch(text, conditions, clean, anchors, start.reshape(-1), cells, DRAWS, layout)

    def _layout(
        self, which: list[int], count: int, known: Tensor, rows: Tensor, frames: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Rows of the collages of every target: what is not ``known`` [B, S + 1] is left out."""
        plates, sheets = (p[which].float() / 127.5 - 1.0 for p in (self.pool.plate, self.pool.sheet))
        height, width = plates.shape[-2:]
        anchors = target_anchors(self.pool.tracks[which], self.pool.camera[which], height, width, width / height)
        anchors = drop_anchors(anchors, known)[rows[:, None], frames]
        cast = [sheets[rows, s] if s < count else None for s in range(sheets.shape[1])]
        place, cast_frames = collages(plates[rows], cast, anchors)
        place = place * known[rows, 0].view(-1, 1, 1, 1, 1)
        return self._worn(layout_rows(self.vae, place, cast_frames).float(), generator)

    def _before(self, clips: Tensor, anchors: Tensor, start: Tensor, generator: torch.Generator) -> Rows:
        """The clean latent frame just before the window; padding where the window is the clip's beginning."""
        rows, before = torch.arange(len(clips)), (start - 1).clamp_min(0)
        return context_rows(
            self._worn(clips[rows, before][:, None], generator, CONTEXT_NOISE),
            before[:, None].float(),
            self.config.dit.slots,
            Role.CONTEXT,
            anchors[rows, before][:, None],
            start > 0,
        )

    def _references(self, which: list[int], count: int, kept: Tensor, generator: torch.Generator) -> Rows:
        slots = self.config.dit.slots
        parts = [reference_rows(self._worn(self.pool.plates[which].float(), generator), 0, slots, kept[:, 0])]
        for s in range(count):
            sheets = self._worn(self.pool.sheets[which, s].float(), generator)
            parts.append(reference_rows(sheets, s + 1, slots, kept[:, s + 1]))
        return Rows.cat(*parts)

    @staticmethod
    def _worn(latents: Tensor, generator: torch.Generator, most: float = REFERENCE_NOISE) -> Tensor:
        """Pictures as a generator might have made them: half of them a little noisy."""
        amount = most * torch.rand(len(latents), generator=generator)
        amount = amount * (torch.rand(len(latents), generator=generator) < 0.5)
        noise = torch.randn(latents.shape, generator=generator)
        return latents + noise * amount.view(-1, *(1,) * (latents.dim() - 1))


def loss_of(
    net: OmniDiT, batch: Batch, generator: torch.Generator, channels: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """Weighted squared error of the clean latents, and the cross-entropy of 'which entity is here'.

    ``channels`` [C] weighs the latent channels by what they mean in pixels; its mean is 1.
    """
    sigma = sample_sigma(len(batch.clean), generator, SHIFT)
    noise = torch.randn(batch.clean.shape, generator=generator)
    rows = target_rows(noised(batch.clean, noise, sigma), sigma, batch.anchors, batch.start)
    cache = net.condition(batch.text, batch.conditions)
    out = net(rows, cache if batch.draws == 1 else cache.repeat(batch.draws), batch.layout)
    error = ((out.clean.float() - to_rows(batch.clean)) ** 2 * channels).mean(-1)
    cells = batch.cells.flatten(1).long() if batch.cells is not None else None
    weight = torch.ones_like(error) if cells is None else 1.0 + (SUBJECT_WEIGHT - 1.0) * (cells > 0).float()
    per_sample = (error * weight).sum(1) / weight.sum(1)
    loss = (per_sample * loss_weight(sigma, WEIGHT_CAP)).mean()
    figures = {"error": float(per_sample.mean().detach())}
    if cells is not None and out.entity is not None:
        entity = F.cross_entropy(out.entity.float().flatten(0, 1), cells.flatten())
        loss = loss + AUX_WEIGHT * entity
        figures["entity"] = float(entity.detach())
    return loss, figures


def train_dit(
    config: TrainConfig, vae: VideoVAE, shards: list[Path], folder: Path, *, resume: bool
) -> tuple[OmniDiT, Training]:
    """The trained transformer with averaged weights, and its training's history."""
    torch.manual_seed(config.seed + 5)
    pool = load_latents([encode_shard(vae, s, folder / "latents") for s in shards], shards, config.frames)
    net = OmniDiT(config.dit)
    batches = Batches(pool, vae, config, config.dit_budget.batch)
    channels = channel_weights(vae)

    def step(_: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        batch = batches.draw(generator)
        with torch.autocast("cpu", torch.bfloat16):
            return loss_of(net, batch, generator, channels)

    training = Training("dit", net, config.dit_budget, folder, seed=config.seed + 5, muon=True)
    net.load_state_dict(training.run(step, resume))
    return net.eval(), training


def channel_weights(vae: VideoVAE) -> Tensor:
    """[C], mean 1: the square root of how much a unit step of each normalised channel changes the pixels."""
    reach = vae.synthesis.weight.detach().flatten(1).norm(dim=1) * vae.std.flatten()
    weights: Tensor = (reach / reach.mean()).sqrt()
    return weights
