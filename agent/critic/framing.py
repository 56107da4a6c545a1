"""What to look at in a frame, and whether it can be looked at, from where the plan puts things."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from omni_model.eyes.measures import crops, frames_at_once
from omni_model.motion.boxes import boxes, windows
from omni_model.spec.conditioning import Conditioning

#: A body's box (:func:`omni_model.motion.boxes.boxes`) on a sheet: x0, y0, x1, y1 of the square
#: (feet at 0.92, 0.8 tall).
SHEET_BOX = torch.tensor([0.132, 0.08, 0.868, 0.92])
_STILL = 0.04


def is_staged(conditioning: Conditioning, entity: str) -> bool:
    """Whether the plan says where the entity stands."""
    return any(track.entity == entity for track in conditioning.tracks)


def visible_box(conditioning: Conditioning, entity: str, smallest: float = 0.08) -> Tensor | None:
    """The entity's boxes if it can be looked at: its centre in most frames, ``smallest`` frame heights tall."""
    if not is_staged(conditioning, entity):
        return None
    box = boxes(conditioning, entity)
    centre = (box[:, :2] + box[:, 2:]) / 2
    inside = ((centre >= 0) & (centre <= 1)).all(dim=1).float().mean()
    return box if inside > 0.5 and (box[:, 3] - box[:, 1]).mean() >= smallest else None


def travels(conditioning: Conditioning, entity: str) -> bool:
    """Whether the entity is to change its place on the stage by more than a few per cent."""
    keys = next((track.keys for track in conditioning.tracks if track.entity == entity), ())
    return any(math.hypot(key.x - keys[0].x, key.y - keys[0].y) > _STILL for key in keys)


def outside(conditioning: Conditioning) -> Tensor:
    """Which pixels nothing is staged on: bool ``[T, H, W]``."""
    rows = ((torch.arange(conditioning.height) + 0.5) / conditioning.height)[None, :, None]
    columns = ((torch.arange(conditioning.width) + 0.5) / conditioning.width)[None, None, :]
    free = torch.ones(conditioning.frames, conditioning.height, conditioning.width, dtype=torch.bool)
    for track in conditioning.tracks:
        x0, y0, x1, y1 = boxes(conditioning, track.entity)[:, :, None, None].unbind(1)
        free &= ~((columns > x0) & (columns < x1) & (rows > y0) & (rows < y1))
    return free


def through_camera(conditioning: Conditioning, plate: Tensor) -> Tensor:
    """A plate, uint8 ``[3, h, w]``, as the shot's camera sees it: uint8 ``[T, 3, h, w]``."""
    view = windows(conditioning)
    still = plate[None].expand(len(view), -1, -1, -1)
    seen, step = torch.empty_like(still, memory_format=torch.contiguous_format), frames_at_once(still)
    for at in range(0, len(view), step):
        part = slice(at, at + step)
        seen[part] = (crops(still[part], view[part], (plate.shape[1], plate.shape[2])) * 255).round()
    return seen


def still_of(frame: Tensor, box: Tensor, size: int = 64) -> Tensor:
    """What a box ``[4]`` shows of a frame, uint8 ``[3, H, W]``, as on a sheet: uint8 ``[3, size, size]``.

    The box fills of the square what :data:`SHEET_BOX` fills of a sheet.
    """
    share = SHEET_BOX[2:] - SHEET_BOX[:2]
    span = (box[2:] - box[:2]) / share
    corner = box[:2] - SHEET_BOX[:2] * span
    square = torch.cat([corner, corner + span])
    return (crops(frame[None], square[None], (size, size))[0] * 255).round().byte()
