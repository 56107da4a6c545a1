"""Clips as blobs: lossless, and safe to open (safetensors holds numbers, never code)."""

from __future__ import annotations

import math

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from omni_model.media.files import MediaError
from omni_model.spec.generator import Clip


def check_frames(frames: Tensor) -> Tensor:
    """``frames`` unchanged if they are uint8 [T, 3, H, W] with T, H, W ≥ 1. Raises MediaError."""
    if frames.dtype != torch.uint8 or frames.dim() != 4 or frames.shape[1] != 3 or frames.numel() == 0:
        raise MediaError(f"frames must be uint8 [T, 3, H, W], not {frames.dtype} {list(frames.shape)}")
    return frames


def encode_clip(clip: Clip) -> bytes:
    """A clip as safetensors bytes; the same clip gives the same bytes. Raises MediaError."""
    frames = check_frames(clip.frames).contiguous().cpu()
    return save({"frames": frames, "fps": torch.tensor(_check_rate(clip.fps), dtype=torch.float64)})


def read_clip(data: bytes) -> Clip:
    """What :func:`encode_clip` made, exactly. Raises MediaError."""
    try:
        tensors = load(data)
        return Clip(check_frames(tensors["frames"]), _check_rate(float(tensors["fps"])))
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise MediaError(f"not a clip: {error}") from None


def _check_rate(fps: float) -> float:
    if not (math.isfinite(fps) and fps > 0):
        raise MediaError(f"frames a second must be above 0, not {fps}")
    return fps
