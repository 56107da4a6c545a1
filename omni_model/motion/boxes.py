"""Where the plan puts things in the frame: boxes and windows from a Conditioning."""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.motion.poses import body_motion
from omni_model.motion.tracks import camera_frames, track_frames
from omni_model.spec.conditioning import Conditioning

#: A body's box around its feet, in body heights: half its width, and its height with what it wears.
_HALF_WIDTH, _HEIGHT = 0.46, 1.05


def windows(conditioning: Conditioning) -> Tensor:
    """What the camera sees of the stage: float ``[T, 4]``, x0, y0, x1, y1 in stage coordinates."""
    x, y, zoom = camera_frames(conditioning.camera, _times(conditioning)).unbind(1)
    half = 0.5 / zoom
    return torch.stack([x - half, y - half, x + half, y + half], dim=1)


def boxes(conditioning: Conditioning, entity: str, *, moving: bool = True) -> Tensor:
    """The entity's box in every frame, as high above its track as its action lifts it: float ``[T, 4]`` in frame
    coordinates.

    ``moving`` False: as if it stayed where it begins, while the camera moves. KeyError when it is not staged.
    """
    track = {track.entity: track for track in conditioning.tracks}[entity]
    keys = track.keys if moving else track.keys[:1]
    x, y, height, _ = track_frames(keys, _times(conditioning)).unbind(1)
    y = y - height * body_motion(track.action, torch.arange(conditioning.frames) / conditioning.fps)[:, 0]
    half = _HALF_WIDTH * height * conditioning.height / conditioning.width
    stage = torch.stack([x - half, y - _HEIGHT * height, x + half, y], dim=1)
    window = windows(conditioning)
    size = (window[:, 2:] - window[:, :2]).repeat(1, 2)
    return (stage - window[:, :2].repeat(1, 2)) / size


def _times(conditioning: Conditioning) -> Tensor:
    """Key time of every frame: float ``[T]``, 0..1."""
    return torch.arange(conditioning.frames, dtype=torch.float32) / max(conditioning.frames - 1, 1)
