"""Contact sheets: a film on one picture, a row a shot."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw
from torch import Tensor

from omni_model.media.files import MediaError, written_aside
from omni_model.media.lettering import Colour, cut, lacking, length, wrap, write
from omni_model.media.scale import fit
from omni_model.media.stills import to_pil

_GROUND: Colour = (21, 22, 26)
_CARD: Colour = (31, 33, 39)
_BRIGHT: Colour = (236, 237, 240)
_DIM: Colour = (150, 155, 166)
_VERDICTS: dict[str, Colour] = {
    "accept": (92, 190, 124),
    "accepted": (92, 190, 124),
    "revise": (232, 178, 75),
    "reject": (226, 96, 92),
    "failed": (226, 96, 92),
}

_FRAME = (224, 128)
_MARGIN, _GAP, _PAD = 28, 14, 14
_TEXT = 236
_CARD_SIZE = (_PAD + _TEXT + 3 * (_FRAME[0] + _PAD), _FRAME[1] + 2 * _PAD)
_HEAD = 74
_ROWS_A_COLUMN = 14


@dataclass(frozen=True)
class SheetRow:
    """One shot: its slug, a line or two about it, its first, middle and last frame (uint8 [3, H, W])."""

    title: str
    subtitle: str
    frames: Sequence[Tensor]
    verdict: str = ""


def contact_sheet(rows: Sequence[SheetRow], path: str | Path, title: str = "", subtitle: str = "") -> list[str]:
    """Write a PNG with a card for every row, top to bottom, then the next column. Raises MediaError.

    Returns the scripts in which something is written that no font of this machine has, so that it had to be spelt.
    """
    if not rows:
        raise MediaError("a contact sheet needs at least one row")
    columns = math.ceil(len(rows) / _ROWS_A_COLUMN)
    deep = math.ceil(len(rows) / columns)
    head = _HEAD if title else 0
    size = (
        2 * _MARGIN + columns * (_CARD_SIZE[0] + _GAP) - _GAP,
        2 * _MARGIN + deep * (_CARD_SIZE[1] + _GAP) - _GAP + head,
    )
    sheet = Image.new("RGB", size, _GROUND)
    draw = ImageDraw.Draw(sheet)
    if title:
        _line(draw, (_MARGIN, _MARGIN - 2), title, 30, _BRIGHT, size[0] - 2 * _MARGIN)
        _line(draw, (_MARGIN, _MARGIN + 38), subtitle, 15, _DIM, size[0] - 2 * _MARGIN)
    for index, row in enumerate(rows):
        column, line = divmod(index, deep)
        corner = (_MARGIN + column * (_CARD_SIZE[0] + _GAP), _MARGIN + head + line * (_CARD_SIZE[1] + _GAP))
        sheet.paste(_card(row), corner)
    with written_aside(Path(path)) as aside:
        sheet.save(aside, "PNG")
    return lacking(text for row in (SheetRow(title, subtitle, ()), *rows) for text in (row.title, row.subtitle))


def _card(row: SheetRow) -> Image.Image:
    card = Image.new("RGB", _CARD_SIZE, _GROUND)
    draw = ImageDraw.Draw(card)
    draw.rounded_rectangle((0, 0, _CARD_SIZE[0] - 1, _CARD_SIZE[1] - 1), 10, fill=_CARD)
    width = _TEXT - _PAD
    _line(draw, (_PAD + 2, _PAD), row.title, 19, _BRIGHT, width)
    _paragraph(draw, (_PAD + 2, _PAD + 29), row.subtitle, width, 3)
    if row.verdict:
        _chip(draw, (_PAD + 2, _CARD_SIZE[1] - _PAD - 24), row.verdict, width)
    for place, frame in enumerate(row.frames[:3]):
        corner = (_PAD + _TEXT + place * (_FRAME[0] + _PAD), _PAD)
        card.paste(to_pil(fit(frame[None], _FRAME)[0]), corner, _rounded(_FRAME, 6))
    return card


def _chip(draw: ImageDraw.ImageDraw, corner: tuple[int, int], verdict: str, width: int) -> None:
    """The verdict on a ground of its own colour, dimmed; a word that is not known stays grey."""
    word = re.match(r"\w*", verdict.strip().lower())
    colour = _VERDICTS.get(word[0] if word else "", _DIM)
    text = cut(verdict, 13, width - 34)
    right = corner[0] + 34 + math.ceil(length(text, 13))
    ground = tuple((3 * card + own) // 4 for card, own in zip(_CARD, colour, strict=True))
    draw.rounded_rectangle((*corner, right, corner[1] + 23), 12, fill=ground)
    draw.ellipse((corner[0] + 10, corner[1] + 8, corner[0] + 17, corner[1] + 15), fill=colour)
    write(draw, (corner[0] + 24, corner[1] + 12), text, 13, colour, middle=True)


def _line(draw: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, size: int, colour: Colour, width: int) -> None:
    write(draw, corner, cut(text, size, width), size, colour)


def _paragraph(draw: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, width: int, lines: int) -> None:
    for number, line in enumerate(wrap(text, 13, width, lines)):
        write(draw, (corner[0], corner[1] + number * 17), line, 13, _DIM)


@cache
def _rounded(size: tuple[int, int], radius: int) -> Image.Image:
    # Drawn four times as large, so that the corners come out smooth.
    mask = Image.new("L", (size[0] * 4, size[1] * 4), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] * 4 - 1, size[1] * 4 - 1), radius * 4, fill=255)
    return mask.resize(size, Image.Resampling.LANCZOS)
