"""A picture of any mode as a viewer shows it: upright, sRGB, eight bits, what is clear on a sheet's ground."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms, ImageOps

from omni_model.spec.conditioning import SHEET_GROUND

_GROUND = tuple(round(255 * channel) for channel in SHEET_GROUND)
_WHITE_16 = 65535


class Unshowable(Exception):
    """No viewer can know how the picture is meant, or it shows nothing; the message goes on from its name."""


def to_rgb(picture: Image.Image) -> Image.Image:
    """The first frame of ``picture``, decoded, as RGB. Raises Unshowable, and what Pillow raises."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16"):
        return on_ground(_from_16_bits(picture))
    if picture.mode == "I":
        raise Unshowable(
            "holds whole numbers of 32 bits, and nothing says which of them is white: save it with 8 or 16"
        )
    if picture.mode == "F":
        return _from_floats(picture)
    return on_ground(managed(picture))


def on_ground(picture: Image.Image) -> Image.Image:
    """RGB of a picture; what is clear shows the ground that sheets have. Raises Unshowable where all is clear."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    if clear.getchannel("A").getextrema() == (0, 0):
        raise Unshowable("is transparent everywhere")
    return Image.alpha_composite(Image.new("RGBA", clear.size, _GROUND), clear).convert("RGB")


def managed(picture: Image.Image) -> Image.Image:
    """The picture in sRGB where it carries a colour profile of another kind; else as it is."""
    profile = _profile(picture)
    if profile is None:
        return picture
    clear = picture.convert("RGBA").getchannel("A") if picture.has_transparency_data else None
    plain = picture if picture.mode in ("L", "CMYK", "LAB") and clear is None else picture.convert("RGB")
    try:
        shown = ImageCms.profileToProfile(plain, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        # The profile is damaged or not of this mode: the numbers are shown as they are.
        return picture
    if shown is None:
        return picture
    if clear:
        shown.putalpha(clear)
    return shown


def _profile(picture: Image.Image) -> ImageCms.ImageCmsProfile | None:
    data = picture.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        return None if ImageCms.getProfileDescription(profile).startswith("sRGB") else profile
    except (ImageCms.PyCMSError, OSError):
        return None


def _from_16_bits(picture: Image.Image) -> Image.Image:
    values = np.array(picture).astype(np.uint32)
    grey = Image.fromarray(((values * 255 + _WHITE_16 // 2) // _WHITE_16).astype(np.uint8))
    clear = picture.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def _from_floats(picture: Image.Image) -> Image.Image:
    values = np.array(picture)
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise Unshowable("holds floating-point numbers beyond 0 (black) and 1 (white): save it with 8 or 16 bits")
    return Image.fromarray((values * 255).round().astype(np.uint8)).convert("RGB")
