"""What a person shows: a picture or a clip, whichever a file holds."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from omni_model.media.animation import animation, frames_in
from omni_model.media.files import MediaError, called, opened
from omni_model.media.heif import read_heif
from omni_model.media.intake import read_frames
from omni_model.media.kinds import HEAD, FileKind
from omni_model.media.limits import Limits
from omni_model.media.panels import has_panels
from omni_model.media.rgb import to_rgb
from omni_model.media.stills import MAX_BYTES, MAX_PIXELS, check_size, decoded, to_tensor, told_kind
from omni_model.spec.generator import Clip

_LARGEST = (640, 640)
"""Clips are reduced to fit in so many pixels: they are looked at, not cut into the film."""
SMALLEST = 24
"""Pixels: what is narrower or lower shows nobody."""


def load_shown(source: str | Path | bytes, name: str = "") -> Tensor | Clip:
    """A still uint8 [3, H, W], or the clip of a film or of a picture that moves, as any viewer shows it.

    Raises MediaError, which calls it ``name``, or else by its path, where it is neither, is beyond a limit, is too
    small to show anybody, or is several pictures on one sheet.
    """
    told = name or called(source)
    with opened(source, told) as (file, size):
        kind = _kind(told, size, file.read(HEAD))
        if kind.door == "film":
            shown: Tensor | Clip = read_frames(file, kind, told, Limits(), _LARGEST)
        elif kind.door == "heif":
            shown = read_heif(file, kind, told, MAX_PIXELS)
        else:
            file.seek(0)
            shown = _still(file.read(MAX_BYTES + 1), kind, told)
    _check(shown, told)
    return shown


def still(shown: Tensor | Clip) -> Tensor:
    """What shows best what is shown: a picture itself, of a clip the middle frame; uint8 [3, H, W]."""
    return shown.frames[len(shown.frames) // 2] if isinstance(shown, Clip) else shown


def _kind(told: str, size: int, head: bytes) -> FileKind:
    check_size(told, size, Limits().file_bytes)
    kind = told_kind(told, head)
    check_size(told, size, Limits().file_bytes if kind.door == "film" else MAX_BYTES)
    return kind


def _still(data: bytes, kind: FileKind, told: str) -> Tensor | Clip:
    with decoded(data, kind, told) as picture:
        if frames_in(picture) > 1:
            return animation(picture, told, _LARGEST, Limits())
        return to_tensor(to_rgb(picture))


def _check(shown: Tensor | Clip, told: str) -> None:
    height, width = shown.frames.shape[2:] if isinstance(shown, Clip) else shown.shape[1:]
    if min(height, width) < SMALLEST:
        raise MediaError(
            f"{told} is {width}x{height} pixels: too small to show anybody; {SMALLEST}x{SMALLEST} is the least"
        )
    if isinstance(shown, Tensor) and has_panels(shown):
        raise MediaError(f"{told} holds several pictures side by side: cut it up and give one of them")
