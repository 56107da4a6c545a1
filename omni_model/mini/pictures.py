"""The pictures and clips that a conditioning names, as latents of the shot's size."""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.eyes.perception import signal_of
from omni_model.mini.vae import GROUP, VideoVAE, group_frames
from omni_model.spec.conditioning import Assets, Conditioning

_GROUPS_AT_ONCE = 32
"""Groups of frames that are encoded together."""


class PictureEncoder:
    """Pictures and clips as latents."""

    def __init__(self, assets: Assets, vae: VideoVAE) -> None:
        self._assets, self._vae = assets, vae

    def picture(self, digest: str) -> Tensor:
        """[1, 3, H, W] in -1..1."""
        return signal_of(asset(self._assets, digest, 3)[None].to(self._device))

    def still(self, digest: str) -> Tensor:
        """[1, C, h, w] of an image of any size that is a multiple of 8."""
        return self._vae.encode(self.picture(digest)[None])[:, 0]

    def frame(self, digest: str, request: Conditioning) -> Tensor:
        """[1, C, h, w] of an image of the shot's size."""
        return self._encode(_of_size(asset(self._assets, digest, 3)[None], digest, request))[:, 0]

    def clip_end(self, digest: str, request: Conditioning) -> Tensor:
        """[1, C, h, w] of a clip's last four frames, or of its last frame where it has no more than four."""
        frames = clip_of(self._assets, digest, request)
        return self._encode(frames[-GROUP - 1 :] if len(frames) > GROUP else frames[-1:])[:, -1]

    def clip_start(self, digest: str, request: Conditioning) -> Tensor:
        """[1, C, h, w] of a clip's first frame."""
        return self._encode(clip_of(self._assets, digest, request)[:1])[:, 0]

    def grouped(self, digest: str, request: Conditioning, count: int) -> Tensor:
        """uint8 [1, F, 4, 3, H, W], a clip as ``count`` groups of frames; the last frame is held where there are too
        few."""
        frames = clip_of(self._assets, digest, request)
        return group_frames(held(frames, GROUP * (count - 1) + 1)[None].to(self._device))

    def encode_groups(self, groups: Tensor) -> Tensor:
        """[1, F, C, h, w] of uint8 [1, F, 4, 3, H, W], some groups at a time."""
        chunks = torch.split(groups, _GROUPS_AT_ONCE, 1)
        return torch.cat([self._vae.project(signal_of(chunk.flatten(1, 2))) for chunk in chunks], 1)

    def _encode(self, frames: Tensor) -> Tensor:
        return self._vae.encode(signal_of(frames[None].to(self._device)))

    @property
    def _device(self) -> torch.device:
        return self._vae.mean.device


def asset(assets: Assets, digest: str, dimensions: int) -> Tensor:
    """uint8 [3, H, W] or [T, 3, H, W], as many ``dimensions``. ValueError where there is none, or something else."""
    try:
        found = assets(digest)
    except LookupError:
        raise ValueError(f"no picture or clip has the digest {digest}") from None
    if found.dim() != dimensions or found.dtype is not torch.uint8 or found.shape[-3] != 3 or not len(found):
        shape = tuple(found.shape)
        raise ValueError(f"asset {digest[:12]} is {found.dtype} of shape {shape}, not uint8 (T, 3, H, W) or (3, H, W)")
    return found


def clip_of(assets: Assets, digest: str, request: Conditioning) -> Tensor:
    """uint8 [T, 3, H, W], a clip of the shot's size. ValueError as :func:`asset`, and for another size."""
    return _of_size(asset(assets, digest, 4), digest, request)


def held(frames: Tensor, count: int) -> Tensor:
    """The first ``count`` frames [T, 3, H, W]; the last one is held where there are too few."""
    return frames[torch.arange(count, device=frames.device).clamp(max=len(frames) - 1)]


def _of_size(frames: Tensor, digest: str, request: Conditioning) -> Tensor:
    height, width = frames.shape[-2:]
    if (width, height) != (request.width, request.height):
        raise ValueError(f"asset {digest[:12]} is {width}x{height} in a shot of {request.width}x{request.height}")
    return frames
