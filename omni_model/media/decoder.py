"""The process that :mod:`omni_model.media.intake` starts: raw frames to stdout, one line of JSON to stderr.

It runs as a script, alone: a film that breaks it breaks nothing else. Exit code 2: the last line of
stderr says why the film is refused.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any, BinaryIO

import av


class Refused(Exception):
    """The film is beyond a limit, or is no film."""


def decode(order: dict[str, Any], out: BinaryIO) -> dict[str, Any]:
    """Write RGB24 frames to ``out``; returns width, height and fps. Raises Refused, FFmpegError."""
    with av.open(order["path"]) as container:
        if not container.streams.video:
            raise Refused("it has no picture")
        stream = container.streams.video[0]
        context = stream.codec_context
        if context.width * context.height > order["pixels"]:
            raise Refused(f"{context.width}x{context.height} pixels are more than {order['pixels']}")
        width, height = _fit((context.width, context.height), order["size"])
        budget = min(order["frames"], order["decoded_bytes"] // (width * height * 3))
        count = 0
        for count, frame in enumerate(container.decode(stream), 1):
            if count > budget:
                raise Refused(f"it has more than {budget} frames")
            if (frame.time or 0.0) > order["seconds"]:
                raise Refused(f"it is longer than {order['seconds']} seconds")
            out.write(frame.to_ndarray(format="rgb24", width=width, height=height).tobytes())
        if not count:
            raise Refused("it has no frames")
        return {"width": width, "height": height, "fps": float(stream.average_rate or 0) or 1.0}


def _fit(natural: tuple[int, int], size: tuple[int, int] | None) -> tuple[int, int]:
    """The largest size within ``size`` of the same shape; a smaller film keeps its own."""
    scale = min(1.0, size[0] / natural[0], size[1] / natural[1]) if size else 1.0
    return max(1, round(natural[0] * scale)), max(1, round(natural[1] * scale))


def main() -> int:
    order = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (order["cpu_seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["decoded_bytes"],) * 2)
    try:
        head = decode(order, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except (Refused, OSError, ValueError, MemoryError, av.error.FFmpegError) as error:
        sys.stderr.write(f"\n{getattr(error, 'strerror', None) or error}\n")
        return 2
    sys.stderr.write(f"\n{json.dumps(head)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
