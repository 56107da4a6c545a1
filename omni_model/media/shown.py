"""What a person shows: a picture or a clip, whichever a file holds."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from omni_model.media.files import MediaError
from omni_model.media.intake import read_film
from omni_model.media.stills import load_image
from omni_model.spec.generator import Clip

_LARGEST = (640, 640)
"""Clips are reduced to fit in so many pixels: they are looked at, not cut into the film."""


def load_shown(source: str | Path | bytes) -> Tensor | Clip:
    """A picture uint8 [3, H, W] of PNG, JPEG or WebP, or else the clip of a film file.

    Raises MediaError, with what is wrong with it as a picture, where it is neither.
    """
    try:
        return load_image(source)
    except MediaError as no_picture:
        if isinstance(source, bytes) or not Path(source).is_file():
            raise
        try:
            return read_film(source, size=_LARGEST)
        except MediaError:
            raise no_picture from None
