"""Films: H.264 in MP4 as browsers want it, streamed in constant memory, the same bytes every time."""

from __future__ import annotations

import math
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import torch
from av.container import InputContainer, OutputContainer
from av.subtitles.stream import SubtitleStream
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from av.video.stream import VideoStream
from torch import Tensor

from omni_model.media.clips import check_frames
from omni_model.media.files import MediaError, printable, reason, written_aside
from omni_model.media.scale import fit

FILM_SIZE = (448, 256)
_CHUNK = 4
"""Frames that are enlarged at once: as many as a processor's caches hold."""

# One thread, because x264 cuts a frame into other pieces for every number of them.
# No macroblock tree: with AVX-512 its bit allocation is another one on every run.
_X264 = {
    "preset": "medium",
    "crf": "16",
    "tune": "animation",
    "x264-params": "threads=1:lookahead-threads=1:mbtree=0",
}
_MP4 = {"movflags": "+faststart+use_metadata_tags", "fflags": "+bitexact"}
_SWSCALE = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.BITEXACT
)
_MILLISECOND = Fraction(1, 1000)
_BT709 = 1
"""The number of BT.709 in ITU-T H.273, as matrix, primaries and transfer alike."""
# FFmpeg's caption encoder wants an SSA script's head, although MP4 keeps only the words.
_SSA_HEAD = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment
Style: Default,Arial,16,&Hffffff,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
_LONGEST_TEXT = 2**16 - 1
"""Bytes of a caption that its two bytes of length can tell."""


@dataclass(frozen=True)
class Caption:
    """A line of a soft subtitle track, in seconds of the film."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class FilmFacts:
    """What a file is, measured from its packets and boxes."""

    codec: str
    pixel_format: str
    matrix: int
    primaries: int
    transfer: int
    full_range: bool
    width: int
    height: int
    frames: int
    fps: float
    seconds: float
    faststart: bool
    captions: int
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def bt709(self) -> bool:
        """Flagged BT.709 in every respect, limited range."""
        return (self.matrix, self.primaries, self.transfer, self.full_range) == (_BT709,) * 3 + (False,)


def write_film(
    path: str | Path,
    clips: Iterable[Tensor],
    fps: float,
    size: tuple[int, int] = FILM_SIZE,
    metadata: Mapping[str, str] | None = None,
    captions: Sequence[Caption] = (),
) -> int:
    """Write uint8 [T, 3, H, W] clips one after another and return the number of frames.

    ``clips`` may be a generator: one clip at a time is held. Raises what :func:`open_film` raises.
    """
    with open_film(path, fps, size, metadata, captions) as film:
        for clip in clips:
            film.write(film_frames(clip, size))
    return film.frames


@contextmanager
def open_film(
    path: str | Path,
    fps: float,
    size: tuple[int, int] = FILM_SIZE,
    metadata: Mapping[str, str] | None = None,
    captions: Sequence[Caption] = (),
) -> Iterator[FilmWriter]:
    """A film to be written to, whose file appears whole when the block ends well, or not at all.

    Raises MediaError for an odd size, frames of another kind, a film without frames, or a full disk.
    """
    if size[0] % 2 or size[1] % 2 or min(size) < 2:
        raise MediaError(f"a film's width and height must be even, not {size[0]}x{size[1]}")
    with (
        written_aside(Path(path)) as aside,
        av.open(str(aside), "w", format="mp4", options=_MP4) as container,
    ):
        container.metadata.update({name: _clean(text) for name, text in (metadata or {}).items()})
        picture = _picture_stream(container, fps, size)
        text = _caption_stream(container) if captions else None
        container.start_encoding()
        if text:
            container.mux(list(_caption_packets(text, captions)))
        film = FilmWriter(container, picture)
        yield film
        film.close()


class FilmWriter:
    """The picture of a film while it is written; ``frames`` counts those that are in."""

    def __init__(self, container: OutputContainer, picture: VideoStream) -> None:
        self._container, self._picture = container, picture
        self.frames = 0

    def write(self, pictures: Iterable[av.VideoFrame]) -> None:
        """Adds :func:`film_frames` frames to the end; the same may be written to several films."""
        for frame in pictures:
            frame.pts, frame.time_base = self.frames, 1 / Fraction(self._picture.codec_context.framerate)
            self._container.mux(self._picture.encode(frame))
            self.frames += 1

    def close(self) -> None:
        """Write what the encoder still holds. Raises MediaError for a film without frames."""
        if not self.frames:
            raise MediaError("a film needs at least one frame")
        self._container.mux(self._picture.encode())


def _picture_stream(container: OutputContainer, fps: float, size: tuple[int, int]) -> VideoStream:
    stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options=_X264)
    context = stream.codec_context
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.thread_count = 1
    context.color_range = ColorRange.MPEG
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    return stream


def film_frames(clip: Tensor, size: tuple[int, int] = FILM_SIZE) -> Iterator[av.VideoFrame]:
    """Frames of a film from uint8 [T, 3, H, W]. Raises MediaError for frames of another kind."""
    for chunk in torch.split(check_frames(clip), _CHUNK):
        for rgb in fit(chunk, size).permute(0, 2, 3, 1).contiguous().numpy():
            yield av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
                dst_color_trc=ColorTrc.BT709,
                dst_color_primaries=ColorPrimaries.BT709,
                interpolation=_SWSCALE,
                threads=1,
            )


def _caption_stream(container: OutputContainer) -> SubtitleStream:
    stream = container.add_stream("mov_text")
    stream.codec_context.subtitle_header = _SSA_HEAD
    stream.codec_context.time_base = _MILLISECOND
    return stream


def _caption_packets(stream: SubtitleStream, captions: Sequence[Caption]) -> Iterator[av.Packet[SubtitleStream]]:
    ordered = sorted(captions, key=lambda caption: caption.start)
    nexts = [caption.start for caption in ordered[1:]] + [math.inf]
    for caption, limit in zip(ordered, nexts, strict=True):
        # A track shows one caption at a time: the next one ends this one.
        start, end = round(caption.start * 1000), round(min(caption.end, limit) * 1000)
        packet: Any = av.Packet(_text_sample(caption.text))
        packet.stream, packet.time_base = stream, _MILLISECOND
        packet.pts = packet.dts = start
        packet.duration = end - start
        yield packet


def _text_sample(text: str) -> bytes:
    """Text as MP4 keeps it (3GPP TS 26.245, 5.17): its length and its letters, whatever they are; no markup.

    FFmpeg's encoder takes SSA, where braces and backslashes are commands, and has no way to write them.
    """
    letters = _readable(text).encode()[:_LONGEST_TEXT].decode(errors="ignore").encode()
    return struct.pack(">H", len(letters)) + letters


def _readable(text: str) -> str:
    """What UTF-8 can hold, in lines, without control characters."""
    lines = text.encode(errors="replace").decode().splitlines()
    return "\n".join("".join(c for c in line if c == "\t" or unicodedata.category(c) != "Cc") for line in lines)


def _clean(text: str) -> str:
    """One line that UTF-8 and C strings can hold."""
    return " ".join(_readable(text).split())


def probe(path: str | Path) -> FilmFacts:
    """The facts of a film that omnireel wrote, counted from its packets. Raises MediaError.

    For files of unknown origin use :func:`read_film`, which looks at them in a process of its own.
    """
    try:
        with av.open(str(path)) as container:
            return _facts(container, Path(path))
    except (OSError, av.error.FFmpegError, IndexError) as error:
        raise MediaError(f"cannot read the film {printable(str(path))}: {reason(error)}") from None


def _facts(container: InputContainer, path: Path) -> FilmFacts:
    stream = container.streams.video[0]
    context = stream.codec_context
    streams = [packet.stream for packet in container.demux() if packet.size > 2]
    frames = streams.count(stream)
    seconds = float((stream.duration or 0) * (stream.time_base or 0))
    return FilmFacts(
        codec=context.name,
        pixel_format=str(context.pix_fmt),
        matrix=context.colorspace,
        primaries=context.color_primaries,
        transfer=context.color_trc,
        full_range=context.color_range == ColorRange.JPEG,
        width=context.width,
        height=context.height,
        frames=frames,
        fps=float(stream.average_rate or 0),
        seconds=seconds,
        faststart=_boxes(path)[:2] == ["ftyp", "moov"],
        captions=len(streams) - frames,
        metadata=dict(container.metadata),
    )


def _boxes(path: Path) -> list[str]:
    """The names of an MP4's outermost boxes (ISO/IEC 14496-12, 4.2), in file order."""
    names, offset = [], 0
    with path.open("rb") as file:
        while len(head := file.read(16)) >= 8:
            size, name = struct.unpack(">I4s", head[:8])
            if size == 1 and len(head) == 16:
                size = struct.unpack(">Q", head[8:])[0]
            names.append(name.decode("latin-1"))
            if size < 8:
                break
            offset += size
            file.seek(offset)
    return names
