"""Stills that move (GIF, WebP, PNG, AVIF) as clips, and files of several pages."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from omni_model.media.files import MediaError
from omni_model.media.limits import Limits
from omni_model.media.rgb import managed, on_ground
from omni_model.media.timing import steady
from omni_model.spec.generator import Clip

_UNTIMED, _SHORTEST = 0.1, 0.02
"""Seconds that browsers show a frame for which none are given, or too few to be meant."""
_DECODED_PIXELS = 2_000_000_000
"""Of all frames, before they are reduced: what bounds the time that it takes."""


def frames_in(picture: Image.Image) -> int:
    """How many frames or pages a picture has; the second picture of a camera's file (MPO) is no frame."""
    return 1 if picture.format == "MPO" else int(getattr(picture, "n_frames", 1))


def animation(picture: Image.Image, told: str, size: tuple[int, int], limits: Limits) -> Clip:
    """The frames of a picture that moves, reduced to fit in ``size`` (W, H). Raises MediaError, Unshowable."""
    count = frames_in(picture)
    if picture.format == "TIFF":
        raise MediaError(f"{told} has {count} pages: save the one that is meant as a picture of its own")
    if count > limits.frames or count * picture.width * picture.height > _DECODED_PIXELS:
        kind = f"{count} frames of {picture.width}x{picture.height} pixels"
        raise MediaError(
            f"{told} has {kind}; {limits.frames} are allowed, and {_DECODED_PIXELS} pixels of all together"
        )
    shown, times, end = [], [], 0.0
    for index in range(count):
        picture.seek(index)
        frame = on_ground(managed(picture))
        frame.thumbnail(size, Image.Resampling.BICUBIC)
        shown.append(np.array(frame))
        times.append(end)
        end += _seconds(picture)
    if end > limits.seconds:
        raise MediaError(f"{told} lasts {end:.1f} s; {limits.seconds:g} s are allowed")
    frames = torch.from_numpy(np.stack(shown)).permute(0, 3, 1, 2).contiguous()
    order, rate = steady(times, count / end, limits.frames, end)
    return Clip(frames if order is None else frames[order], rate)


def _seconds(picture: Image.Image) -> float:
    given = float(picture.info.get("duration") or 0) / 1000
    return given if given >= _SHORTEST else _UNTIMED
