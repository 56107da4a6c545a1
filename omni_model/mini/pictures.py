"""The pictures and clips that a conditioning names, as latents of the shot's size."""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.mini.vae import GROUP, VideoVAE
from omni_model.spec.conditioning import Assets, Conditioning


class Pictures:
    """Pictures and clips as latents."""

    def __init__(self, assets: Assets, vae: VideoVAE) -> None:
        self._assets, self._vae = assets, vae

    def picture(self, digest: str) -> Tensor:
        """[1, 3, H, W] in -1..1."""
        return asset(self._assets, digest, 3)[None].float() / 127.5 - 1.0

    def still(self, digest: str) -> Tensor:
        """[1, C, h, w] of an image of any size that is a multiple of 8."""
        return self._vae.encode(self.picture(digest)[None])[:, 0]

    def frame(self, digest: str, asked: Conditioning) -> Tensor:
        """[1, C, h, w] of an image of the shot's size."""
        return self._encode(_of_size(asset(self._assets, digest, 3)[None], digest, asked))[:, 0]

    def clip_end(self, digest: str, asked: Conditioning) -> Tensor:
        """[1, C, h, w] of a clip's last four frames, or of its last frame where it has no more than four."""
        frames = clip_of(self._assets, digest, asked)
        return self._encode(frames[-GROUP - 1 :] if len(frames) > GROUP else frames[-1:])[:, -1]

    def clip_start(self, digest: str, asked: Conditioning) -> Tensor:
        """[1, C, h, w] of a clip's first frame."""
        return self._encode(clip_of(self._assets, digest, asked)[:1])[:, 0]

    def clip(self, digest: str, asked: Conditioning, count: int) -> Tensor:
        """[1, T, 3, H, W] in -1..1, frames of ``count`` latent frames; the last one is held where there are too few."""
        frames = clip_of(self._assets, digest, asked)
        return held(frames, GROUP * (count - 1) + 1)[None].float() / 127.5 - 1.0

    def _encode(self, frames: Tensor) -> Tensor:
        return self._vae.encode(frames[None].float() / 127.5 - 1.0)


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


def clip_of(assets: Assets, digest: str, asked: Conditioning) -> Tensor:
    """uint8 [T, 3, H, W], a clip of the shot's size. ValueError as :func:`asset`, and for another size."""
    return _of_size(asset(assets, digest, 4), digest, asked)


def held(frames: Tensor, count: int) -> Tensor:
    """The first ``count`` frames [T, 3, H, W]; the last one is held where there are too few."""
    return frames[torch.arange(count).clamp(max=len(frames) - 1)]


def _of_size(frames: Tensor, digest: str, asked: Conditioning) -> Tensor:
    height, width = frames.shape[-2:]
    if (width, height) != (asked.width, asked.height):
        raise ValueError(f"asset {digest[:12]} is {width}x{height} in a shot of {asked.width}x{asked.height}")
    return frames
