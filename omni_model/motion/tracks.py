"""Keys of staging and camera as numbers at every frame.

Shapes: T moments, D numbers at each.
"""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.spec.conditioning import CameraKey, CameraPath, TrackKey


def interpolate(times: list[float], values: list[list[float]], at: Tensor) -> Tensor:
    """Piecewise linear values [T, D] at times [T]; constant outside the keys."""
    t, v = torch.tensor(times, device=at.device), torch.tensor(values, device=at.device)
    if len(times) == 1:
        return v.expand(at.shape[0], -1)
    right = torch.searchsorted(t, at.contiguous()).clamp(1, len(times) - 1)
    span = (t[right] - t[right - 1]).clamp_min(1e-6)
    w = ((at - t[right - 1]) / span).clamp(0.0, 1.0)[:, None]
    return v[right - 1] * (1 - w) + v[right] * w


def track_frames(keys: tuple[TrackKey, ...], at: Tensor) -> Tensor:
    """[T, 4]: x, y, height, facing at key times ``at`` [T]."""
    return interpolate([k.t for k in keys], [[k.x, k.y, k.height, k.facing] for k in keys], at)


def camera_frames(path: CameraPath, at: Tensor) -> Tensor:
    """[T, 3]: x, y, zoom at key times ``at`` [T]."""
    keys: tuple[CameraKey, ...] = path.keys
    return interpolate([k.t for k in keys], [[k.x, k.y, k.zoom] for k in keys], at)
