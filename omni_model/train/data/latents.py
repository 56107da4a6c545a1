"""Latents made ahead of training: scenes, and the same scenes with one thing changed.

Shape legend: N scenes, T frames, F latent frames, C channels, h/w latent cells, S subject slots.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from omni_model.mini.rows import TRACK
from omni_model.mini.vae import VideoVAE
from omni_model.motion.physics import trajectory
from omni_model.motion.poses import INERT, body_motion
from omni_model.spec.instructions import Instruction
from omni_model.train.data.scenes import edited, load_pool, scenes_of
from omni_model.weights.precision import autocast
from omni_model.world.spec import SceneSpec

log = logging.getLogger(__name__)

_LATENTS = ("clips", "plates", "sheets", "tracks", "camera", "cells")
_PICTURES = ("plate", "sheets", "boxes")


class StoredFrames:
    """Frames of clips in shards, read from disk when they are wanted: all of them fill the memory."""

    def __init__(self, shards: list[Path]) -> None:
        self._clips = [safe_open(path, framework="pt").get_slice("frames") for path in shards]  # type: ignore[no-untyped-call]
        self._ends = list(accumulate(int(clips.get_shape()[0]) for clips in self._clips))

    def __getitem__(self, at: tuple[int, int | slice]) -> Tensor:
        """uint8 [3, H, W]: frame ``at[1]`` of clip ``at[0]``; [T, 3, H, W] of a slice."""
        shard = bisect_right(self._ends, at[0])
        begin = self._ends[shard - 1] if shard else 0
        frames: Tensor = self._clips[shard][at[0] - begin, at[1]]
        return frames


@dataclass(frozen=True)
class LatentPool:
    """Latents of N scenes: clips [N, F, C, h, w], plates [N, C, h, w], sheets [N, S, C, 8, 8], and truth."""

    clips: Tensor
    plates: Tensor
    sheets: Tensor
    tracks: Tensor
    camera: Tensor
    cells: Tensor
    frames: StoredFrames
    plate: Tensor
    """uint8 [N, 3, H, W]: the pictures themselves, of which layouts are made."""
    sheet: Tensor
    """uint8 [N, S, 3, s, s]"""
    boxes: Tensor
    """[N, T, S, 4]: where subjects are seen, x0, y0, x1, y1 in shares of the frame."""
    specs: list[SceneSpec]
    instructions: list[Instruction | None]
    """What was asked of each scene; None where nothing was."""

    def by_cast(self, changed: bool = False) -> dict[int, list[int]]:
        """Number of subjects -> the scenes that show so many; only those that were edited where ``changed``."""
        found: dict[int, list[int]] = {}
        for n, spec in enumerate(self.specs):
            if not changed or self.instructions[n]:
                found.setdefault(len(spec.subjects), []).append(n)
        return found


@torch.inference_mode()
def encode_images(vae: VideoVAE, images: Tensor) -> Tensor:
    """uint8 [N, T, 3, H, W] -> half-precision latents [N, F, C, h, w], a few clips at a time."""
    device = vae.mean.device
    parts = []
    for chunk in torch.split(images, 8):
        with autocast(device=device.type):
            parts.append(vae.encode(chunk.to(device).float() / 127.5 - 1.0).half().cpu())
    return torch.cat(parts)


def encode_shard(vae: VideoVAE, shard: Path, folder: Path) -> Path:
    """The latents of one shard, written once."""
    out = folder / shard.name
    if not out.exists():
        folder.mkdir(parents=True, exist_ok=True)
        raw = load_file(shard)
        sheets = encode_images(vae, raw["sheets"].flatten(0, 1)[:, None])[:, 0]
        made = {
            "clips": encode_images(vae, raw["frames"]),
            "plates": encode_images(vae, raw["plate"][:, None])[:, 0],
            "sheets": sheets.view(*raw["sheets"].shape[:2], *sheets.shape[1:]),
        }
        kept = {k: raw[k] for k in ("tracks", "camera", "cells", "seed")}
        aside = out.with_suffix(".partial")
        save_file({k: v.contiguous() for k, v in (made | kept).items()}, aside)
        aside.rename(out)
        log.info("latents: %s", out.name)
    return out


def load_latents(latents: list[Path], shards: list[Path], frames: int, *, edits: bool = False) -> LatentPool:
    """Scenes as they are, or, from shards of ``edits``, as they became."""
    scene_of = scenes_of(frames)
    pool = load_pool(latents, _LATENTS, scene_of=scene_of)
    specs, instructions = pool.specs, list[Instruction | None]([None] * len(pool))
    if edits:
        for n, (spec, number) in enumerate(zip(pool.specs, pool.numbers, strict=True)):
            if edit := edited(spec, number):
                specs[n], instructions[n] = edit.after, edit.instruction
    pool.tensors["tracks"] = torch.stack(
        [stage_tracks(tracks, spec) for tracks, spec in zip(pool.tensors["tracks"], specs, strict=True)]
    )
    pictures = load_pool(shards, _PICTURES, scene_of=scene_of).tensors
    shown = {"plate": pictures["plate"], "sheet": pictures["sheets"], "boxes": pictures["boxes"]}
    return LatentPool(**pool.tensors, **shown, frames=StoredFrames(shards), specs=specs, instructions=instructions)


def stage_tracks(places: Tensor, spec: SceneSpec) -> Tensor:
    """Tracks [T, S, TRACK] of subjects at ``places`` [T, S, 4], moving as their actions say. Props take the slots
    that subjects leave free: staged, but shown by no sheet."""
    tracks = torch.zeros(*places.shape[:2], TRACK)
    tracks[..., :4], tracks[..., 4:] = places, torch.tensor(INERT)
    for slot, subject in enumerate(spec.subjects):
        tracks[:, slot, 4:] = body_motion(subject.action, spec.seconds())
    for slot, prop in enumerate(spec.props[: tracks.shape[1] - len(spec.subjects)], len(spec.subjects)):
        tracks[:, slot, :2] = trajectory(prop, spec.seconds())
        tracks[:, slot, 2:4] = torch.tensor((prop.height, 1.0))
    return tracks


def entities_of(spec: SceneSpec) -> list[str]:
    """Who has slot 1, 2, ...: subjects, then props."""
    return [*(s.entity for s in spec.subjects), *(p.entity for p in spec.props)]
