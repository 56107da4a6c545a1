"""Which move the camera makes in a clip: the one of the world's moves that explains it best."""

from __future__ import annotations

import random

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.eyes.camera import from_first
from omni_model.eyes.registration import misfits, pixels_of
from omni_model.motion.tracks import camera_frames
from omni_model.spec.vocabulary import CAMERAS
from omni_model.world.render import Rendering
from omni_model.world.sample import camera_path

_SHARES = (0.6, 1.0, 1.4)
"""How far a move may go, of what was asked."""


def move_seen(frames: Tensor, truth: Rendering, move: str, size: str) -> str:
    """A word of ``CAMERAS`` for a clip whose true camera makes ``move`` in a shot of this size.

    The true path and, for every other move, a path as the world draws it, each gone as it is, shorter and farther, are
    held against the clip where the truth shows the place and no character.
    """
    time = torch.linspace(0, 1, len(frames))
    paths = {
        other: from_first(camera_frames(camera_path(size, other, 0.5, 0.5, random.Random(0)), time))
        for other in CAMERAS
    } | {move: from_first(truth.camera)}
    tried = [(name, _gone(path, share)) for name, path in paths.items() for share in _SHARES]
    cast = F.max_pool2d(truth.masks.any(1)[:, None].float(), 5, 1, 2)[:, 0] > 0
    misfit = misfits(pixels_of(frames, ~cast), [path for _, path in tried])
    return tried[misfit.index(min(misfit))][0]


def _gone(path: Tensor, share: float) -> Tensor:
    """A share of the way of a path ``[T, 3]``."""
    return torch.cat([0.5 + share * (path[:, :2] - 0.5), path[:, 2:] ** share], 1)
