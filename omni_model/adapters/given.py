"""What a shot is given as pixels, piece by piece: a Conditioning with its assets looked up and brought to size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.spec.conditioning import Assets, Conditioning, ContextClip


@dataclass(frozen=True)
class ShotInputs:
    """A piece of a shot: ``frames`` frames from the shot's frame ``start`` on. Pixels are uint8 of the shot's size."""

    asked: Conditioning
    start: int
    frames: int
    references: tuple[Tensor, ...] = ()
    """[3, h, w] each, of any size."""
    first: Tensor | None = None
    """[1, 3, H, W]"""
    last: Tensor | None = None
    before: Tensor | None = None
    """[T, 3, H, W]: the clip that it goes on from."""
    after: Tensor | None = None
    """[T, 3, H, W]: the clip that it leads to."""
    source: Tensor | None = None
    """[frames, 3, H, W]: what is edited."""
    redrawn: Tensor | None = None
    """[1, 1, H, W] bool: where the source is drawn anew; None: everywhere."""
    strength: float = 1.0
    """How closely the source is held to."""
    motion: Tensor | None = None
    """[frames, 3, H, W]: a clip whose motion is imitated."""

    @property
    def seed(self) -> int:
        """Every piece draws from its own noise."""
        return (self.asked.seed + self.start) % 2**63


def resolve_inputs(asked: Conditioning, assets: Assets) -> ShotInputs:
    """The whole shot as one piece. ValueError for an asset that is missing or is no picture or clip."""
    clips = {item.role: item for item in asked.context}
    size = (asked.height, asked.width)

    def frame(digest: str | None) -> Tensor | None:
        return None if digest is None else filling(_pixels(assets, digest, 3)[None], size)

    def clip(role: str) -> Tensor | None:
        return filling(_pixels(assets, clips[role].clip, 4), size) if role in clips else None

    source, redrawn = _edited(asked, assets, clips.get("edit"))
    motion = clip("motion")
    return ShotInputs(
        asked=asked,
        start=0,
        frames=asked.frames,
        references=tuple(_pixels(assets, reference.image, 3) for reference in asked.references),
        first=frame(asked.first_frame),
        last=frame(asked.last_frame),
        before=clip("continue"),
        after=clip("precede"),
        source=source,
        redrawn=redrawn,
        strength=clips["edit"].strength if "edit" in clips else 1.0,
        motion=None if motion is None else held(motion, asked.frames),
    )


def piece(whole: ShotInputs, start: int, frames: int, before: Tensor | None) -> ShotInputs:
    """``frames`` frames of the shot from ``start`` on; ``before`` is what was made of it already, if anything."""
    if start == 0 and frames == whole.frames:
        return whole
    end = start + frames
    return replace(
        whole,
        start=start,
        frames=frames,
        first=whole.first if start == 0 else None,
        before=whole.before if start == 0 else before,
        last=whole.last if end == whole.frames else None,
        after=whole.after if end == whole.frames else None,
        source=None if whole.source is None else whole.source[start:end],
        motion=None if whole.motion is None else whole.motion[start:end],
    )


def _edited(asked: Conditioning, assets: Assets, edit: ContextClip | None) -> tuple[Tensor | None, Tensor | None]:
    """The clip that is edited, and where: its regions, or what surrounds a clip that is smaller than the shot."""
    if edit is None:
        if asked.regions:
            raise ValueError("regions need a context clip of role 'edit' to keep the rest of")
        return None, None
    clip = held(_pixels(assets, edit.clip, 4), asked.frames)
    redrawn = _regions(asked)
    height, width = clip.shape[2:]
    if height < asked.height or width < asked.width:
        clip, around = _surrounded(clip, asked.height, asked.width)
        redrawn = around if redrawn is None else redrawn | around
    return filling(clip, (asked.height, asked.width)), redrawn


def _regions(asked: Conditioning) -> Tensor | None:
    if not asked.regions:
        return None
    y = (torch.arange(asked.height) + 0.5)[:, None] / asked.height
    x = (torch.arange(asked.width) + 0.5)[None] / asked.width
    inside = torch.zeros(asked.height, asked.width, dtype=torch.bool)
    for box in asked.regions:
        inside |= (box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)
    return inside[None, None]


def _surrounded(clip: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """A smaller clip in the middle of the frame, and the mask [1, 1, H, W] of what is around it."""
    h, w = min(height, clip.shape[2]), min(width, clip.shape[3])
    top, left = (height - h) // 2, (width - w) // 2
    pad = (left, width - w - left, top, height - h - top)
    around = F.pad(torch.zeros(1, 1, h, w, dtype=torch.bool), pad, value=True)
    return F.pad(clip[:, :, :h, :w], pad), around


def filling(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """The middle of uint8 [T, 3, h, w], scaled to fill ``size`` (H, W)."""
    height, width = size
    if frames.shape[2:] == (height, width):
        return frames
    scale = max(width / frames.shape[3], height / frames.shape[2])
    inner = (max(height, round(frames.shape[2] * scale)), max(width, round(frames.shape[3] * scale)))
    scaled = F.interpolate(frames.float(), inner, mode="bicubic", align_corners=False, antialias=True)
    top, left = (inner[0] - height) // 2, (inner[1] - width) // 2
    return scaled[:, :, top : top + height, left : left + width].round().clamp(0, 255).byte()


def held(frames: Tensor, count: int) -> Tensor:
    """``count`` frames: the first of them, the last one held where there are too few."""
    return frames[torch.arange(count).clamp(max=len(frames) - 1)]


def _pixels(assets: Assets, digest: str, dimensions: int) -> Tensor:
    try:
        found = assets(digest)
    except LookupError:
        raise ValueError(f"no picture or clip has the digest {digest}") from None
    if found.dim() != dimensions or found.dtype is not torch.uint8 or found.shape[-3] != 3 or not found.numel():
        kind = "picture (3, H, W)" if dimensions == 3 else "clip (T, 3, H, W)"
        raise ValueError(f"asset {digest[:12]} is {found.dtype} of shape {tuple(found.shape)}, not a uint8 {kind}")
    return found
