"""Boxes found frame by frame, joined to tracks: who in this frame is who in the next."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from omni_model.eyes.captioner_net import Box, nearness

_SAME = {"subject": 0.0, "prop": -0.6}
"""Least nearness of boxes that follow one another, of one thing. Props are small, and fly."""
_GAP = 4
"""Frames for which something may be lost."""
_SURE, _LASTING = {"subject": 0.4, "prop": 0.0}, {"subject": 1 / 3, "prop": 0.0}
"""Least mean presence of a track, and least share of a clip's frames in which it is found: of props :meth:`Track.odds`
are asked."""


@dataclass
class DetectionTrack:
    """The boxes of one thing: ``frames`` are those in which it was found."""

    kind: str
    frames: list[int]
    boxes: list[Box]

    @property
    def presence(self) -> float:
        return sum(box.presence for box in self.boxes) / len(self.boxes)

    def odds(self, count: int) -> float:
        """Log odds that it is there, of what its boxes say, on average over ``count`` frames: one in which it is not
        found says neither yes nor no."""
        return float(torch.logit(torch.tensor([box.presence for box in self.boxes]), 1e-6).sum()) / count

    @property
    def weight(self) -> float:
        """How much it matters: how large it is, and for how long."""
        return sum((b.corners[3] - b.corners[1]) for b in self.boxes)

    @property
    def known(self) -> Tensor:
        """Its boxes where it was found, [len(frames), 4]."""
        return torch.tensor([box.corners for box in self.boxes])

    def boxed(self, corners: Tensor) -> DetectionTrack:
        """The same track in other boxes [len(frames), 4]."""
        boxes = [box._replace(corners=tuple(c)) for box, c in zip(self.boxes, corners.tolist(), strict=True)]
        return DetectionTrack(self.kind, self.frames, boxes)

    def corners(self, count: int) -> Tensor:
        """[count, 4], one box for every frame of a clip: straight lines where it was lost, held before and after."""
        known = self.known
        at, times = torch.arange(count, dtype=torch.float32), torch.tensor(self.frames, dtype=torch.float32)
        right = torch.searchsorted(times, at).clamp(1, max(len(times) - 1, 1)).clamp_max(len(times) - 1)
        left = (right - 1).clamp_min(0)
        share = ((at - times[left]) / (times[right] - times[left]).clamp_min(1e-6)).clamp(0, 1)[:, None]
        return torch.lerp(known[left], known[right], share)


def tracked(found: list[list[Box]]) -> list[DetectionTrack]:
    """The tracks of what was found in each frame, the most important first; what flickers is left out."""
    tracks: list[DetectionTrack] = []
    for t, boxes in enumerate(found):
        free = list(boxes)
        for track, box in _pairs([k for k in tracks if t - k.frames[-1] <= _GAP], boxes):
            if track.frames[-1] < t and box in free:
                track.frames.append(t)
                track.boxes.append(box)
                free.remove(box)
        tracks += [DetectionTrack(box.kind, [t], [box]) for box in free]
    kept = [k for k in tracks if k.presence >= _SURE[k.kind] and len(k.frames) >= _LASTING[k.kind] * len(found)]
    return sorted(kept, key=lambda track: -track.weight)


def _pairs(tracks: list[DetectionTrack], boxes: list[Box]) -> list[tuple[DetectionTrack, Box]]:
    """Tracks and boxes that may be one, the likeliest first: near, and of a track that is sure, so that what flies past
    a stray is not lost to it."""
    both = [(track, box) for track in tracks for box in boxes if track.kind == box.kind]
    near = [(nearness(track.boxes[-1], box), track, box) for track, box in both]
    pairs = [((1 + share) * track.presence, track, box) for share, track, box in near if share > _SAME[track.kind]]
    return [(track, box) for _, track, box in sorted(pairs, key=lambda p: -p[0])]


def within(boxes: Tensor, beyond: tuple[float, ...], height: int, width: int) -> Tensor:
    """bool [T, H, W]: the pixels in boxes [T, 4] that reach ``beyond`` theirs on the left, above, right and below, in
    widths and heights of the box."""
    device = boxes.device
    y, x = ((torch.arange(n, device=device) + 0.5) / n for n in (height, width))
    outwards = torch.tensor((-1.0, -1.0, 1.0, 1.0), device=device) * torch.tensor(beyond, device=device)
    size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    x0, y0, x1, y1 = (boxes + size * outwards)[..., None].unbind(1)
    return ((y0 < y) & (y < y1))[:, :, None] & ((x0 < x) & (x < x1))[:, None]
