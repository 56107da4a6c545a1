"""Staging: where everybody is and what the camera sees, at every frame.

Shapes: B samples, T = 4F - 3 frames, F latent frames of h x w cells, S subject slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from omni_model.mini.conditions.state import LatentState
from omni_model.mini.rows import TRACK, drop_anchors, sample_keys, target_anchors
from omni_model.motion.poses import body_motion
from omni_model.spec.conditioning import CameraPath, Track


@dataclass(frozen=True)
class StagingCondition:
    """``tracks`` [B, T, S, TRACK] (height 0: not staged) and ``camera`` [B, T, 3] for a grid of ``cells`` (h and w) of
    a picture of this ``aspect``. ``placed`` False: the targets have no place, as a sheet has none. ``known``
    [B, S + 1] bool: whose anchors are told; all of them without it."""

    tracks: Tensor
    camera: Tensor
    cells: tuple[int, int]
    aspect: float
    placed: bool = True
    known: Tensor | None = None

    def apply(self, state: LatentState) -> LatentState:
        anchors = target_anchors(self.tracks, self.camera, *self.cells, self.aspect)
        if not self.placed:
            anchors[..., 0, :] = 0.0
        return replace(state, anchors=anchors if self.known is None else drop_anchors(anchors, self.known))


def staged_tracks(
    tracks: Sequence[Track], entities: Sequence[str], slots: int, times: Tensor, seconds: Tensor
) -> Tensor:
    """[1, T, S, TRACK] at key times ``times`` [T] and ``seconds`` [T]: whoever of the ``entities`` has a track, moving
    as the action says."""
    staged = torch.zeros(1, len(times), slots, TRACK, device=times.device)
    for track in (t for t in tracks if t.entity in entities):
        keys = torch.tensor([[k.t, k.x, k.y, k.height, k.facing] for k in track.keys], device=times.device)
        places = torch.cat([sample_keys(keys, times), body_motion(track.action, seconds)], 1)
        staged[0, :, entities.index(track.entity)] = places
    return staged


def camera_windows(path: CameraPath, times: Tensor) -> Tensor:
    """[1, T, 3]: x, y and zoom at key times ``times`` [T]."""
    keys = torch.tensor([[k.t, k.x, k.y, k.zoom] for k in path.keys], device=times.device)
    return sample_keys(keys, times)[None]
