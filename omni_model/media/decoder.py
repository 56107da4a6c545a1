"""The process that :mod:`omni_model.media.intake` starts: stdin is the film, raw frames to stdout, JSON to stderr.

It runs as a script, alone: a film that breaks it breaks nothing else. It opens nothing: neither files nor addresses
that the film names. Exit code 2: the last line of stderr says why the film is refused, as it goes on from its name.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorTrc

_MEGABYTE = 2**20
_HDR = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
_SQUARE = 1 << 16
_UPRIGHT = (_SQUARE, 0, 0, 0, _SQUARE, 0, 0, 0, 1 << 30)
_WIDEST = 8.0
"""Times as wide as high, or as high as wide, that a pixel may be meant."""


class Refused(Exception):
    """The film is beyond a limit, or is no film."""


def decode(order: dict[str, Any], source: BinaryIO, out: BinaryIO) -> dict[str, Any]:
    """Write RGB24 frames to ``out``; returns width, height, rate and times. Raises Refused, FFmpegError.

    With ``tiles``, stream ids, one frame of each is written instead.
    """
    whitelist = {"format_whitelist": order["demuxer"], "protocol_whitelist": ""}
    opened: Any = av.open(source, options=whitelist, metadata_errors="replace")
    with opened as container:
        if order.get("tiles"):
            return _tiles(container, order, out)
        stream = _moving(container)
        _check(container, stream, order)
        return _film(stream, order, _progressive(container.decode(stream), stream), out)


def _moving(container: Any) -> Any:
    """The stream that a player shows. Raises Refused."""
    attached = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    shown = [stream for stream in container.streams.video if not stream.disposition & attached]
    if not shown:
        cover = " but that of a cover" if container.streams.video else ""
        what = "sound and no picture" if container.streams.audio else "no picture"
        raise Refused(f"has {what}{cover}")
    best = container.streams.best("video")
    return best if best in shown else shown[0]


def _check(container: Any, stream: Any, order: dict[str, Any]) -> None:
    """Raises Refused for what the head of the file says is beyond the limits."""
    _check_pixels((stream.codec_context.width, stream.codec_context.height), order)
    seconds = _length(container, stream)
    if seconds > order["seconds"]:
        raise Refused(f"lasts {seconds:.1f} s; {order['seconds']:g} s are allowed")
    if stream.frames > order["frames"]:
        raise Refused(f"has {stream.frames} frames; {order['frames']} are allowed")


def _check_pixels(size: tuple[int, int], order: dict[str, Any]) -> None:
    if size[0] * size[1] > order["pixels"]:
        raise Refused(f"has {size[0]}x{size[1]} pixels a frame; {order['pixels']} are allowed")


def _length(container: Any, stream: Any) -> float:
    """Seconds of the stream, or of all streams where only that is known; 0: unknown."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / av.time_base


def _film(stream: Any, order: dict[str, Any], frames: Iterator[Any], out: BinaryIO) -> dict[str, Any]:
    size: tuple[int, int] = (0, 0)
    turn: tuple[int, ...] = _UPRIGHT
    times: list[float] = []
    for frame in frames:
        if not times:
            turn = _matrix(frame)
            size = _shown(frame, _aspect(stream), turn, order)
            _check_pixels(size, order)
            fits = order["decoded_bytes"] // (size[0] * size[1] * 3)
        times.append(frame.time if frame.time is not None else float(len(times)))
        if len(times) > order["frames"]:
            raise Refused(f"has more than {order['frames']} frames, the most that are allowed")
        if len(times) > fits:
            most = order["decoded_bytes"] // _MEGABYTE
            raise Refused(f"has more than {fits} frames of {size[0]}x{size[1]} pixels; {most} MB of them are allowed")
        if times[-1] - times[0] > order["seconds"]:
            raise Refused(f"lasts longer than {order['seconds']:g} s, the most that is allowed")
        out.write(_rgb(frame, size, turn).tobytes())
    if not times:
        raise Refused("has no frames")
    _check_whole(stream, times)
    return {"width": size[0], "height": size[1], "fps": float(stream.average_rate or 0), "times": times}


def _check_whole(stream: Any, times: list[float]) -> None:
    """Raises Refused where frames are missing at the end."""
    rate = float(stream.average_rate or 0)
    if not (stream.duration and stream.time_base and rate):
        return
    promised, there = float(stream.duration * stream.time_base), times[-1] - times[0] + 1 / rate
    if there < 0.9 * promised - 2 / rate:
        raise Refused(f"breaks off: {there:.1f} s of {promised:.1f} s are there")


def _aspect(stream: Any) -> float:
    """How many times wider than high a pixel is."""
    aspect = float(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1) or 1.0
    return aspect if 1 / _WIDEST <= aspect <= _WIDEST else 1.0


def _matrix(frame: Any) -> tuple[int, ...]:
    """The display matrix (ISO/IEC 14496-12, 6.2.2) as FFmpeg keeps it."""
    data = next((bytes(side) for side in frame.side_data if side.type.name == "DISPLAYMATRIX"), b"")
    return struct.unpack("=9i", data) if len(data) == 36 else _UPRIGHT


def _lies(turn: tuple[int, ...]) -> bool:
    """Whether rows are shown as columns."""
    return abs(turn[1]) + abs(turn[3]) > abs(turn[0]) + abs(turn[4])


def _shown(frame: Any, aspect: float, turn: tuple[int, ...], order: dict[str, Any]) -> tuple[int, int]:
    """Width and height as shown: pixels made square by making them larger, turned, then reduced to fit."""
    width, height = frame.width * max(1.0, aspect), frame.height * max(1.0, 1 / aspect)
    if _lies(turn):
        width, height = height, width
    bounds = order["size"]
    scale = min(1.0, bounds[0] / width, bounds[1] / height) if bounds else 1.0
    return max(1, round(width * scale)), max(1, round(height * scale))


def _rgb(frame: Any, size: tuple[int, int], turn: tuple[int, ...]) -> Any:
    """uint8 [H, W, 3] of a frame, turned and mirrored as it is to be shown."""
    width, height = size[::-1] if _lies(turn) else size
    light = {}
    if frame.color_trc in _HDR:
        light = {"dst_color_trc": ColorTrc.BT709, "dst_color_primaries": ColorPrimaries.BT709}
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height, **light)
    if _lies(turn):
        pixels, across, down = pixels.transpose(1, 0, 2), turn[3], turn[1]
    else:
        across, down = turn[0], turn[4]
    return np.ascontiguousarray(pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])


def _progressive(frames: Iterator[Any], stream: Any) -> Iterator[Any]:
    """The frames; where they are woven of two fields, each is made of one."""
    first = next(frames, None)
    if first is None:
        return
    if not first.interlaced_frame:
        yield first
        yield from frames
        return
    graph = av.filter.Graph()
    graph.link_nodes(graph.add_buffer(template=stream), graph.add("yadif"), graph.add("buffersink")).configure()
    for frame in chain((first,), frames, (None,)):
        graph.push(frame)
        yield from _ready(graph)


def _ready(graph: Any) -> Iterator[Any]:
    try:
        while True:
            yield graph.pull()
    except (av.error.BlockingIOError, av.error.EOFError):
        return


def _tiles(container: Any, order: dict[str, Any], out: BinaryIO) -> dict[str, Any]:
    """The frames of the streams, each once, in order; all have the first one's size. Raises Refused."""
    streams = {stream.id: stream for stream in container.streams.video}
    if set(order["tiles"]) - set(streams):
        raise Refused("lacks parts of its picture")
    frames: dict[int, Any] = {}
    for packet in container.demux(list(streams.values())):
        for frame in packet.decode():
            frames.setdefault(packet.stream.id, frame)
    size = (0, 0)
    for tile in order["tiles"]:
        if tile not in frames:
            raise Refused("is cut off: parts of its picture are missing")
        size = size if any(size) else (frames[tile].width, frames[tile].height)
        if size != (frames[tile].width, frames[tile].height):
            raise Refused("has parts of several sizes")
        _check_pixels((size[0], size[1] * len(order["tiles"])), order)
        out.write(_rgb(frames[tile], size, _UPRIGHT).tobytes())
    return {"width": size[0], "height": size[1], "fps": 1.0, "times": list(range(len(order["tiles"])))}


def main() -> int:
    order = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (order["cpu_seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["decoded_bytes"],) * 2)
    try:
        head = decode(order, sys.stdin.buffer, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except Refused as error:
        sys.stderr.write(f"\n{error}\n")
        return 2
    except (OSError, ValueError, MemoryError, av.error.FFmpegError) as error:
        sys.stderr.write(f"\ncannot be decoded: {getattr(error, 'strerror', None) or error}\n")
        return 2
    sys.stderr.write(f"\n{json.dumps(head)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
