"""What a file is by its first bytes, whatever it is called: a picture, a clip, or something that is refused by name."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

HEAD = 1024
"""Bytes that tell what a file is."""

Door = Literal["still", "heif", "film", ""]


class FileKind(NamedTuple):
    """``word`` says what it is; ``door`` who reads it, by the name that Pillow or FFmpeg has for it; "": nobody."""

    word: str
    door: Door = ""
    reader: str = ""


READ = "a PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP or TIFF picture or an MP4, MOV, WebM, MKV, AVI, MPEG or Ogg clip"

_SOUND = "sound without a picture"
_LIST = "a list of other files"
_RAW = "a camera's raw picture"
_MOV = FileKind("an MP4 or MOV file", "film", "mov")

_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), FileKind("an AVIF picture", "still", "AVIF")),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1"), FileKind("a HEIC picture", "heif", "mov")),
    b"crx ": FileKind(_RAW),
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), FileKind(_SOUND)),
}
_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (rb"\x89PNG\r\n\x1a\n", FileKind("a PNG picture", "still", "PNG")),
    (rb"\xff\xd8\xff", FileKind("a JPEG picture", "still", "JPEG")),
    (rb"RIFF....WEBP", FileKind("a WebP picture", "still", "WEBP")),
    (rb"GIF8[79]a", FileKind("a GIF picture", "still", "GIF")),
    (rb"BM.{12}[\x0c-\x7c]\x00\x00\x00", FileKind("a BMP picture", "still", "BMP")),
    (rb"II\*\0....CR|IIRO|IIU\0|FUJIFILM", FileKind(_RAW)),
    (rb"II[*+]\0|MM\0[*+]", FileKind("a TIFF picture", "still", "TIFF")),
    (rb"....(?:moov|mdat|wide|free|skip|pnot)", _MOV),
    (rb"\x1aE\xdf\xa3", FileKind("a WebM or MKV film", "film", "matroska")),
    (rb"RIFF....AVI ", FileKind("an AVI film", "film", "avi")),
    (rb"G.{187}G.{187}G", FileKind("an MPEG film", "film", "mpegts")),
    (rb"\0\0\x01\xba", FileKind("an MPEG film", "film", "mpeg")),
    (rb"OggS", FileKind("an Ogg film", "film", "ogg")),
    (
        rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xfd]|\xff[\xf1\xf9]|fLaC|RIFF....WAVE|FORM....AIF[FC]|MThd|#!AMR",
        FileKind(_SOUND),
    ),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FileKind("a Windows Media film")),
    (rb"FLV\x01", FileKind("a Flash film")),
    (rb"%PDF", FileKind("a PDF document")),
    (rb"%!PS|\xc5\xd0\xd3\xc6", FileKind("a PostScript document")),
    (rb"8BPS", FileKind("a Photoshop picture")),
    (rb"\0\0\x01\0|\0\0\x02\0", FileKind("an icon")),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", FileKind("a JPEG XL picture")),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", FileKind("a JPEG 2000 picture")),
    (rb"v/1\x01", FileKind("an OpenEXR picture")),
    (rb"#\?RADIANCE", FileKind("a Radiance picture")),
    (rb"qoif", FileKind("a QOI picture")),
    (rb"P[1-7]\s", FileKind("a Netpbm picture")),
    (rb"gimp xcf", FileKind("a GIMP picture")),
    (rb"PK\x03\x04", FileKind("a ZIP archive or an office document")),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd", FileKind("a packed archive")),
    (rb"\x7fELF|MZ", FileKind("a program")),
    (rb"\xff\xfe|\xfe\xff", FileKind("text")),
    (rb"SQLite format 3", FileKind("a database")),
    (rb"(?:\xef\xbb\xbf)?\s*(?:ffconcat |#EXTM3U)", FileKind(_LIST)),
    (rb"(?s:(?:\xef\xbb\xbf)?\s*<(?:\?xml.{0,400})?.{0,400}<?svg\b)", FileKind("an SVG drawing")),
    (rb"(?i:(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html))", FileKind("a web page")),
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _MAGIC)
_TEXT = FileKind("text")
_UNKNOWN = FileKind("no kind of file that is known here")


def kind_of(head: bytes) -> FileKind:
    """What a file is whose first HEAD bytes are ``head``, which is not empty."""
    if head[4:8] == b"ftyp":
        return _branded(head)
    for pattern, kind in _PATTERNS:
        if pattern.match(head):
            return kind
    return _TEXT if _is_text(head) else _UNKNOWN


def _branded(head: bytes) -> FileKind:
    """ISO/IEC 14496-12, 4.3: the major brand, then the compatible ones; ``mif1`` says only that it is a picture."""
    box = head[: max(16, int.from_bytes(head[:4], "big"))]
    brands = [box[8:12], *(box[i : i + 4] for i in range(16, len(box), 4))]
    if brands[0] == b"mif1":
        brands = [*(brand for brand in brands if brand in _BRANDS and brand != b"mif1"), b"mif1"]
    return _BRANDS.get(brands[0], _MOV)


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8", "strict" if len(head) < HEAD else "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f\ufeff" for letter in text)
