"""Still pictures: PNG out, whatever cameras and editors write in, under limits."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from omni_model.media.files import MediaError, called, opened, printable
from omni_model.media.kinds import HEAD, READ, FileKind, kind_of
from omni_model.media.rgb import Unshowable, to_rgb

MAX_PIXELS = 24_000_000
MAX_BYTES = 64 * 2**20


def encode_image(image: Tensor) -> bytes:
    """uint8 [3, H, W] -> PNG bytes. Raises MediaError."""
    buffer = io.BytesIO()
    to_pil(image).save(buffer, "PNG")
    return buffer.getvalue()


def load_image(
    source: str | Path | bytes, name: str = "", max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES
) -> Tensor:
    """A picture that Pillow reads -> uint8 [3, H, W], upright, sRGB, what was transparent laid on a sheet's ground.

    Of what moves, the first frame. Raises MediaError, which calls the picture ``name`` or else by its path, for
    anything but a whole picture within the limits; its size is checked before a pixel is decoded.
    """
    told = name or called(source)
    with opened(source, told) as (file, size):
        check_size(told, size, max_bytes)
        data = file.read(max_bytes + 1)
    kind = told_kind(told, data[:HEAD])
    if kind.door != "still":
        raise MediaError(f"{told} is {kind.word}, not {READ}")
    with decoded(data, kind, told, max_pixels) as picture:
        return to_tensor(to_rgb(picture))


def check_size(told: str, size: int, most: int) -> None:
    """Raises MediaError for a file that is empty or has more than ``most`` bytes."""
    if not size:
        raise MediaError(f"{told} is empty")
    if size > most:
        raise MediaError(f"{told} has {size} bytes; {most} are allowed")


def told_kind(told: str, head: bytes) -> FileKind:
    """What a file is, by its first bytes. Raises MediaError where nobody here reads it."""
    kind = kind_of(head)
    if not kind.door:
        raise MediaError(f"{told} is {kind.word}, not {READ}")
    return kind


@contextmanager
def decoded(data: bytes, kind: FileKind, told: str, max_pixels: int = MAX_PIXELS) -> Iterator[Image.Image]:
    """The picture, whose pixels are read inside the block; what goes wrong there becomes a MediaError too."""
    try:
        with warnings.catch_warnings():
            # Our own limit stands below; Pillow's warning about it would be noise.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            picture = Image.open(io.BytesIO(data), formats=(kind.reader,))
            check_pixels(told, picture.size, max_pixels)
            yield picture
    except MediaError:
        raise
    except UnidentifiedImageError:
        raise MediaError(f"{told} begins like {kind.word} and is none: it is damaged or cut off") from None
    except Unshowable as error:
        raise MediaError(f"{told} {error}") from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise MediaError(f"{told} cannot be decoded: {printable(str(error))}") from None


def check_pixels(told: str, size: tuple[int, int], most: int) -> None:
    """Raises MediaError for a picture of ``size`` (W, H) with more than ``most`` pixels."""
    if size[0] * size[1] > most:
        raise MediaError(f"{told} has {size[0]}x{size[1]} pixels; {most} are allowed")


def to_pil(image: Tensor) -> Image.Image:
    """uint8 [3, H, W] -> RGB picture. Raises MediaError."""
    if image.dtype != torch.uint8 or image.dim() != 3 or image.shape[0] != 3 or image.numel() == 0:
        raise MediaError(f"an image must be uint8 [3, H, W], not {image.dtype} {list(image.shape)}")
    return Image.fromarray(image.permute(1, 2, 0).contiguous().cpu().numpy())


def to_tensor(picture: Image.Image) -> Tensor:
    """An RGB picture -> uint8 [3, H, W]."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()
