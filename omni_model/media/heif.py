"""HEIC pictures (ISO/IEC 23008-12): where the tiles of a picture lie, and how it is to be turned.

FFmpeg decodes the tiles; which belong to the picture, and how they make it, stands in boxes that are read here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import torch
from PIL import Image
from torch import Tensor

from omni_model.media.files import MediaError
from omni_model.media.intake import decode
from omni_model.media.kinds import FileKind
from omni_model.media.limits import Limits
from omni_model.media.rgb import managed
from omni_model.media.stills import check_pixels, to_pil, to_tensor

_MOST_META = 4 * 2**20
_MOST_TILES = 1024
_CODED = (b"hvc1", b"hev1")


@dataclass
class Boxes:
    """The ``meta`` box of a file, as far as a picture needs it."""

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=dict)
    """The tiles of a derived item."""
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)
    """Of an item, its properties' numbers from 1, in the order in which they apply."""
    places: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Of an item: 0 (in the file) or 1 (in ``idat``), where, how many bytes."""
    idat: bytes = b""


@dataclass(frozen=True)
class Tiling:
    """A picture of ``width`` x ``height`` pixels, made of tiles row by row."""

    columns: int
    width: int
    height: int
    tiles: tuple[int, ...]


def read_heif(file: BinaryIO, kind: FileKind, told: str, max_pixels: int) -> Tensor:
    """The primary picture -> uint8 [3, H, W], all its tiles, upright, sRGB. Raises MediaError."""
    try:
        boxes = _boxes(file)
        tiling = _tiling(boxes, file)
    except (struct.error, IndexError, ValueError) as error:
        said = str(error) if type(error) is ValueError else "it is damaged or cut off"
        raise MediaError(f"{told} cannot be decoded: {said}") from None
    check_pixels(told, (tiling.width, tiling.height), max_pixels)
    limits = Limits(pixels=2 * max_pixels)
    frames, _ = decode(file, kind, told, limits, tiles=tiling.tiles)
    rows = [torch.cat(list(row), 2) for row in torch.split(frames, tiling.columns)]
    whole = torch.cat(rows, 1)
    if whole.shape[1] < tiling.height or whole.shape[2] < tiling.width:
        raise MediaError(f"{told} cannot be decoded: its tiles are smaller than the picture")
    shown = _in_srgb(whole[:, : tiling.height, : tiling.width], boxes, tiling)
    return _turned(shown, boxes).contiguous()


def _tiling(boxes: Boxes, file: BinaryIO) -> Tiling:
    """Raises ValueError for a picture that is made in another way."""
    kind = boxes.kinds.get(boxes.primary, b"")
    if kind in _CODED:
        width, height = struct.unpack(">II", _property(boxes, boxes.primary, b"ispe")[4:12])
        return Tiling(1, width, height, (boxes.primary,))
    if kind != b"grid":
        raise ValueError(f"it is made of {kind.decode('latin-1').strip() or 'nothing'!r} and not of HEVC tiles")
    data = _data(boxes, boxes.primary, file)
    rows, columns = data[2] + 1, data[3] + 1
    width, height = struct.unpack(">II" if data[1] & 1 else ">HH", data[4 : 12 if data[1] & 1 else 8])
    tiles = tuple(boxes.parts.get(boxes.primary, ()))
    if len(tiles) != rows * columns or len(tiles) > _MOST_TILES or {boxes.kinds.get(i) for i in tiles} - set(_CODED):
        raise ValueError(f"it has {len(tiles)} tiles for {rows} rows and {columns} columns")
    return Tiling(columns, width, height, tiles)


def _in_srgb(picture: Tensor, boxes: Boxes, tiling: Tiling) -> Tensor:
    for item in (boxes.primary, tiling.tiles[0]):
        colour = _property(boxes, item, b"colr")
        if colour[:4] in (b"prof", b"rICC"):
            shown: Image.Image = to_pil(picture)
            shown.info["icc_profile"] = colour[4:]
            return to_tensor(managed(shown))
    return picture


def _turned(picture: Tensor, boxes: Boxes) -> Tensor:
    """Cut, turned and mirrored as the picture's properties say, in their order."""
    for index in boxes.owned.get(boxes.primary, ()):
        name, data = boxes.properties[index - 1] if 0 < index <= len(boxes.properties) else (b"", b"")
        if name == b"irot":
            picture = torch.rot90(picture, data[0] & 3, (1, 2))
        elif name == b"imir":
            picture = picture.flip(2 if data[0] & 1 else 1)
        elif name == b"clap":
            picture = _cut(picture, struct.unpack(">8i", data[:32]))
    return picture


def _cut(picture: Tensor, clap: tuple[int, ...]) -> Tensor:
    """The clean aperture: width, height and the offsets of its centre as fractions; nonsense cuts nothing."""
    if 0 in clap[1::2]:
        return picture
    width, height, right, down = (clap[i] / clap[i + 1] for i in (0, 2, 4, 6))
    left = round((picture.shape[2] - width) / 2 + right)
    top = round((picture.shape[1] - height) / 2 + down)
    if left < 0 or top < 0 or width < 1 or height < 1:
        return picture
    return picture[:, top : top + round(height), left : left + round(width)]


def _property(boxes: Boxes, item: int, name: bytes) -> bytes:
    found = (boxes.properties[index - 1] for index in boxes.owned.get(item, ()) if 0 < index <= len(boxes.properties))
    return next((data for kind, data in found if kind == name), b"")


def _data(boxes: Boxes, item: int, file: BinaryIO) -> bytes:
    method, start, length = boxes.places.get(item, (0, 0, 0))
    if method == 1:
        return boxes.idat[start : start + length]
    file.seek(start)
    return file.read(min(length, 64))


def _boxes(file: BinaryIO) -> Boxes:
    """Raises ValueError where there is no ``meta`` box, struct.error and IndexError where it is damaged."""
    boxes = Boxes()
    readers = {b"pitm": _primary, b"iinf": _infos, b"iref": _references, b"iprp": _properties, b"iloc": _places}
    for name, data in _children(_meta(file)[4:]):
        if name in readers:
            readers[name](boxes, data)
        elif name == b"idat":
            boxes.idat = data
    return boxes


def _meta(file: BinaryIO) -> bytes:
    file.seek(0)
    while len(head := file.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        if size == 1:
            size = struct.unpack(">Q", file.read(8))[0] - 8
        if size < 8:
            break
        if name == b"meta":
            data = file.read(min(size - 8, _MOST_META))
            if len(data) < size - 8:
                raise ValueError("it is damaged or cut off")
            return data
        file.seek(size - 8, 1)
    raise ValueError("it says nothing of its picture (no 'meta' box)")


def _children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 0
    while offset + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, offset)
        if size < 8:
            return
        yield name, data[offset + 8 : offset + size]
        offset += size


def _primary(boxes: Boxes, data: bytes) -> None:
    boxes.primary = struct.unpack_from(">I" if data[0] else ">H", data, 4)[0]


def _infos(boxes: Boxes, data: bytes) -> None:
    for name, info in _children(data[8 if data[0] else 6 :]):
        if name == b"infe" and info[0] >= 2:
            item, after = (
                (struct.unpack_from(">I", info, 4)[0], 8) if info[0] == 3 else (struct.unpack_from(">H", info, 4)[0], 6)
            )
            boxes.kinds[item] = info[after + 2 : after + 6]


def _references(boxes: Boxes, data: bytes) -> None:
    letter, wide = ("I", 4) if data[0] else ("H", 2)
    for name, reference in _children(data[4:]):
        if name == b"dimg":
            item, count = struct.unpack_from(f">{letter}H", reference)
            boxes.parts[item] = list(struct.unpack_from(f">{count}{letter}", reference, wide + 2))


def _properties(boxes: Boxes, data: bytes) -> None:
    for name, inner in _children(data):
        if name == b"ipco":
            boxes.properties = list(_children(inner))
        elif name == b"ipma":
            _associations(boxes, inner)


def _associations(boxes: Boxes, data: bytes) -> None:
    wide_item, wide_index = data[0] > 0, data[3] & 1
    count, offset = struct.unpack_from(">I", data, 4)[0], 8
    for _ in range(count):
        item = struct.unpack_from(">I" if wide_item else ">H", data, offset)[0]
        offset += 4 if wide_item else 2
        number, offset = data[offset], offset + 1
        indices = struct.unpack_from(f">{number}{'H' if wide_index else 'B'}", data, offset)
        offset += number * (2 if wide_index else 1)
        boxes.owned[item] = [index & (0x7FFF if wide_index else 0x7F) for index in indices]


def _places(boxes: Boxes, data: bytes) -> None:
    """Of items with one extent; others are none that a grid needs."""
    version, sizes = data[0], (data[4] >> 4, data[4] & 15, data[5] >> 4, data[5] & 15 if data[0] else 0)
    offset, wide = 6, version == 2
    count, offset = _number(data, offset, 4 if wide else 2)
    for _ in range(count):
        item, offset = _number(data, offset, 4 if wide else 2)
        method, offset = _number(data, offset, 2) if version else (0, offset)
        base, offset = _number(data, offset + 2, sizes[2])
        extents, offset = _number(data, offset, 2)
        for _ in range(extents):
            start, offset = _number(data, offset + sizes[3], sizes[0])
            length, offset = _number(data, offset, sizes[1])
            boxes.places.setdefault(item, (method & 15, base + start, length))


def _number(data: bytes, offset: int, size: int) -> tuple[int, int]:
    if offset + size > len(data):
        raise IndexError(offset)
    return int.from_bytes(data[offset : offset + size], "big"), offset + size
