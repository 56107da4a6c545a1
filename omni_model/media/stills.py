"""Still pictures: PNG out, PNG, JPEG and WebP in, under limits."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from omni_model.media.files import MediaError, reason

MAX_PIXELS = 24_000_000
MAX_BYTES = 64 * 2**20
_FORMATS = ("PNG", "JPEG", "WEBP")


def encode_image(image: Tensor) -> bytes:
    """uint8 [3, H, W] -> PNG bytes. Raises MediaError."""
    buffer = io.BytesIO()
    to_pil(image).save(buffer, "PNG")
    return buffer.getvalue()


def load_image(source: str | Path | bytes, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> Tensor:
    """A user's picture -> uint8 [3, H, W], upright, sRGB, what was transparent laid on white.

    Raises MediaError for anything but a whole PNG, JPEG or WebP within the limits; its size is checked
    before a pixel is decoded.
    """
    name = "the picture" if isinstance(source, bytes) else str(source)
    data = source if isinstance(source, bytes) else _read(Path(source), max_bytes)
    if len(data) > max_bytes:
        raise MediaError(f"{name} is larger than {max_bytes} bytes")
    try:
        with warnings.catch_warnings():
            # Our own limit stands below; Pillow's warning about it would be noise.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        if picture.width * picture.height > max_pixels:
            raise MediaError(f"{name} has {picture.width}x{picture.height} pixels; {max_pixels} are allowed")
        return _to_tensor(_on_white(ImageOps.exif_transpose(picture)))
    except UnidentifiedImageError:
        raise MediaError(f"{name} is not a PNG, JPEG or WebP picture") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise MediaError(f"{name} cannot be decoded: {error}") from None


def to_pil(image: Tensor) -> Image.Image:
    """uint8 [3, H, W] -> RGB picture. Raises MediaError."""
    if image.dtype != torch.uint8 or image.dim() != 3 or image.shape[0] != 3 or image.numel() == 0:
        raise MediaError(f"an image must be uint8 [3, H, W], not {image.dtype} {list(image.shape)}")
    return Image.fromarray(image.permute(1, 2, 0).contiguous().cpu().numpy())


def _to_tensor(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        if not path.is_file():
            raise MediaError(f"{path} is not a file")
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise MediaError(f"cannot read {path}: {reason(error)}") from None
