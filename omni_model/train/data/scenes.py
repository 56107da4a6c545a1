"""Scenes made ahead of training: clips, plates, sheets and truth in shards of safetensors.

Shape legend: N scenes of a shard, T frames, S subject slots, H/W pixels, h/w latent cells of CELL pixels.
A shard that exists is complete (written aside, then renamed), so generation resumes where it stopped.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from omni_model.world.edits import Edit, edit_of
from omni_model.world.render import Rendering, plate, prop_sheet, render, sheet, stage
from omni_model.world.sample import is_held_out, sample_scene
from omni_model.world.spec import SceneSpec

log = logging.getLogger(__name__)

SLOTS = 3
CELL = 8
FRAME = (64, 112)
"""Height and width of the clips, pixels."""
SHARD = 250
PORTRAITS = 1000
"""Frames of a shard of portraits."""
TAKES = 4
"""Portraits taken in one place."""
_SEEDS = 10_000_000_000
"""How far the numbers of portraits of one seed are from those of the next."""
LEAST_VISIBLE = 60
"""Pixels of the first subject that must be seen in the middle frame, else the scene is left out."""


def keep(scene: SceneSpec, seen: Rendering) -> bool:
    """False for a scene whose first subject is off screen or hidden: nothing could be learned of it."""
    return not scene.subjects or int(seen.masks[scene.frames // 2, 0].sum()) >= LEAST_VISIBLE


def entity_cells(masks: Tensor, subjects: int) -> Tensor:
    """Who is seen in each latent cell: uint8 [k+1, h, w]; 0 place, 1..S subjects, S+1 props.

    ``masks`` bool [T, S', H, W] with subjects first. Latent frame 0 is frame 0, latent frame k is frames 4k-3..4k.
    """
    t, count, height, width = masks.shape
    middle = torch.cat((torch.zeros(1, dtype=torch.long), torch.arange(2, t, 4)))
    share = torch.zeros(len(middle), SLOTS + 2, height // CELL, width // CELL)
    pooled = F.avg_pool2d(masks[middle].float(), CELL) if count else share[:, :0]
    share[:, 1 : 1 + subjects] = pooled[:, :subjects]
    if count > subjects:
        share[:, SLOTS + 1] = pooled[:, subjects:].amax(1)
    share[:, 0] = 0.25
    return share.argmax(1).to(torch.uint8)


def extents(masks: Tensor) -> Tensor:
    """The box around all that is seen of each thing, [..., 4] x0 y0 x1 y1 in shares of the frame, from masks bool
    [..., H, W]; 0 of what is not seen."""
    sides = []
    for seen in (masks.any(-2), masks.any(-1)):
        count = seen.shape[-1]
        first, last = seen.float().argmax(-1), count - seen.flip(-1).float().argmax(-1)
        sides.append(torch.stack((first, last), -1) / count)
    across, down = sides
    box = torch.stack((across[..., 0], down[..., 0], across[..., 1], down[..., 1]), -1)
    return torch.where(masks.flatten(-2).any(-1)[..., None], box, 0.0)


def _padded(values: Tensor, slots: int, dim: int) -> Tensor:
    """``values`` with dimension ``dim`` cut or zero-padded to ``slots``."""
    values = values.narrow(dim, 0, min(slots, values.shape[dim]))
    missing = list(values.shape)
    missing[dim] = slots - values.shape[dim]
    return torch.cat((values, torch.zeros(missing, dtype=values.dtype)), dim)


def example(scene: SceneSpec, height: int = 64, width: int = 112) -> dict[str, Tensor] | None:
    """One scene's tensors, or None when it is filtered out. Heights of empty slots are 0."""
    seen = render(scene, height, width)
    return _tensors(scene, seen) if keep(scene, seen) else None


def _tensors(scene: SceneSpec, seen: Rendering) -> dict[str, Tensor]:
    n = len(scene.subjects)
    sheets = [sheet(s.species, s.colour, s.wardrobe, scene.style) for s in scene.subjects]
    sheets += [prop_sheet(p.kind, p.colour, scene.style) for p in scene.props]
    return {
        "frames": seen.frames,
        "plate": plate(scene, *seen.frames.shape[-2:]),
        "sheets": _padded(torch.stack(sheets) if sheets else torch.zeros(0, 3, 64, 64, dtype=torch.uint8), SLOTS, 0),
        "tracks": _padded(seen.tracks[:, :n], SLOTS, 1),
        "boxes": _padded(seen.boxes[:, :n], SLOTS, 1),
        "camera": seen.camera,
        "cells": entity_cells(seen.masks, n),
    }


def _shard(first_seed: int, count: int, frames: int, held_out: bool) -> dict[str, Tensor]:
    rows: list[dict[str, Tensor]] = []
    seed = first_seed
    while len(rows) < count:
        row = example(sample_scene(seed, held_out=held_out, frames=frames))
        if row is not None:
            rows.append({**row, "seed": torch.tensor(seed)})
        seed += 1
    return _stacked(rows)


def _stacked(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([r[name] for r in rows]).contiguous() for name in rows[0]}


def seen_in_training(scene: SceneSpec) -> bool:
    """True when no subject of the scene is one of the combinations that are held out."""
    return not any(is_held_out(scene.setting, scene.time, s.species, s.colour) for s in scene.subjects)


def edited(scene: SceneSpec, number: int) -> Edit | None:
    """The edit of a training scene, the same one whenever it is asked for."""
    return edit_of(scene, number, seen_in_training)


def generate_edits(folder: Path, shards: list[Path], frames: int) -> list[Path]:
    """Beside each shard of scenes, the same scenes with one thing changed. ``changed`` is False where none can be."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / shard.name for shard in shards]
    for index, (path, shard) in enumerate(zip(paths, shards, strict=True)):
        if path.exists():
            continue
        aside = path.with_suffix(".partial")
        with safe_open(shard, framework="pt") as file:
            numbers = file.get_tensor("seed").tolist()
        save_file(_stacked([_edited_row(number, frames) for number in numbers]), aside)
        aside.rename(path)
        log.info("edits: shard %d of %d", index + 1, len(paths))
    return paths


def _edited_row(number: int, frames: int) -> dict[str, Tensor]:
    scene = sample_scene(number, frames=frames)
    edit = edited(scene, number)
    after = scene if edit is None else edit.after
    row = _tensors(after, render(after))
    return row | {"seed": torch.tensor(number), "changed": torch.tensor(edit is not None)}


def generate(folder: Path, scenes: int, *, frames: int = 25, seed: int = 1, held_out: bool = False) -> list[Path]:
    """Write the shards that are missing; returns all of them in order. Seeds of shards never overlap."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index in range(-(-scenes // SHARD)):
        path = folder / f"scenes-{index:04d}.safetensors"
        paths.append(path)
        if path.exists():
            continue
        first = (seed * 1000 + index) * 100_000 + (50_000_000_000 if held_out else 0)
        aside = path.with_suffix(".partial")
        save_file(_shard(first, min(SHARD, scenes - index * SHARD), frames, held_out), aside)
        aside.rename(path)
        log.info("scenes: shard %d of %d", index + 1, -(-scenes // SHARD))
    return paths


def portrait_scene(number: int) -> SceneSpec:
    """One frame of a scene at a random moment. TAKES consecutive numbers share place and light, not cast or mood."""
    first = sample_scene(number - number % TAKES, frames=1)
    same = {k: getattr(first, k) for k in ("setting", "time", "weather", "style", "layout")}
    scene = sample_scene(number, frames=25)
    cast = tuple(s for s in scene.subjects if not is_held_out(first.setting, first.time, s.species, s.colour))
    return scene.model_copy(update=same | {"subjects": cast, "frames": 1, "start": number * 7 % 25})


def _portraits(numbers: list[int]) -> dict[str, Tensor]:
    count = len(numbers)
    frames, boxes, visible = [], torch.zeros(count, SLOTS, 4), torch.zeros(count, SLOTS, dtype=torch.bool)
    around = torch.zeros(count, SLOTS + 1, 4)
    place, empty = -1, None
    for i, number in enumerate(numbers):
        scene = portrait_scene(number)
        if number // TAKES != place:
            place, empty = number // TAKES, stage(scene)
        seen = render(scene, empty=empty)
        n = len(scene.subjects)
        frames.append(seen.frames[0])
        boxes[i, :n] = seen.boxes[0, :n]
        visible[i, :n] = seen.masks[0, :n].sum((1, 2)) >= LEAST_VISIBLE
        found = extents(seen.masks[0])
        around[i, :n] = found[:n]
        around[i, SLOTS:] = found[n : n + 1].sum(0)
    return {
        "frames": torch.stack(frames),
        "boxes": boxes,
        "extents": around,
        "visible": visible,
        "seed": torch.tensor(numbers),
    }


def _with_props(seed: int, index: int) -> Iterator[int]:
    """Numbers of portraits with a prop, far from all others."""
    numbers = itertools.count(seed * _SEEDS + _SEEDS // 2 + index * 10 * PORTRAITS)
    return (number for number in numbers if portrait_scene(number).props)


def generate_portraits(folder: Path, count: int, *, seed: int = 1, props: bool = False) -> list[Path]:
    """Single frames for the networks that look: many more places and faces than there are clips. ``props``: only of
    scenes with a prop, which are a third."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"portraits-{i:04d}.safetensors" for i in range(-(-count // PORTRAITS))]
    for index, path in enumerate(paths):
        if not path.exists():
            wanted = _with_props(seed, index) if props else itertools.count(seed * _SEEDS + index * PORTRAITS)
            aside = path.with_suffix(".partial")
            save_file(_portraits(list(itertools.islice(wanted, min(PORTRAITS, count - index * PORTRAITS)))), aside)
            aside.rename(path)
            log.info("portraits: shard %d of %d", index + 1, len(paths))
    return paths


@dataclass(frozen=True)
class Pool:
    """All shards in memory; ``specs`` are rebuilt from their ``numbers``, the seeds."""

    tensors: dict[str, Tensor]
    specs: list[SceneSpec]
    numbers: list[int]

    def __len__(self) -> int:
        return len(self.specs)


def load_pool(paths: list[Path], names: tuple[str, ...], *, scene_of: Callable[[int], SceneSpec]) -> Pool:
    """The named tensors of all shards, concatenated; ``scene_of`` rebuilds a scene from its number."""
    parts: list[dict[str, Tensor]] = []
    for path in paths:
        with safe_open(path, framework="pt") as shard:
            parts.append({name: shard.get_tensor(name) for name in (*names, "seed")})
    tensors = {name: torch.cat([p[name] for p in parts]) for name in (*names, "seed")}
    numbers = [int(n) for n in tensors.pop("seed").tolist()]
    return Pool(tensors, [scene_of(n) for n in numbers], numbers)


def augment(frames: Tensor, generator: torch.Generator) -> Tensor:
    """Frames [N, 3, H, W] in -1..1 as a generator might render them: a little soft, a little noisy."""
    n = len(frames)
    soft = F.avg_pool2d(F.pad(frames, (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = torch.rand(n, 1, 1, 1, generator=generator) * (torch.rand(n, 1, 1, 1, generator=generator) < 0.5)
    noise = torch.randn(frames.shape, generator=generator) * torch.rand(n, 1, 1, 1, generator=generator) * 0.06
    return (torch.lerp(frames, soft, share.to(frames)) + noise.to(frames)).clamp(-1, 1)


def scenes_of(frames: int, held_out: bool = False) -> Callable[[int], SceneSpec]:
    """How the scenes of clip shards are numbered."""
    return lambda number: sample_scene(number, held_out=held_out, frames=frames)
