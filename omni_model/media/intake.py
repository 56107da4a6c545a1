"""Films that users give: decoded in a process of its own, because a damaged file can take its reader down."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from omni_model.media.files import MediaError, reason
from omni_model.spec.generator import Clip

_DECODER = Path(__file__).with_name("decoder.py")


@dataclass(frozen=True)
class Limits:
    """What a film may cost to read."""

    file_bytes: int = 256 * 2**20
    pixels: int = 4096 * 2304
    """Of one frame."""
    frames: int = 2400
    seconds: float = 120.0
    """Of film."""
    decoded_bytes: int = 768 * 2**20
    """Of all frames, after ``size`` was applied."""
    cpu_seconds: int = 60
    memory_bytes: int = 3 * 2**30


def read_film(path: str | Path, limits: Limits | None = None, size: tuple[int, int] | None = None) -> Clip:
    """The first video stream -> frames uint8 [T, 3, H, W] and their mean rate.

    With ``size`` (W, H), larger frames are reduced to fit.
    Raises MediaError when it cannot be decoded whole and within ``limits``.
    """
    bounds, source = limits or Limits(), Path(path)
    try:
        # A pipe or a device never ends, and says that it has no bytes.
        if not source.is_file():
            raise MediaError(f"{source} is not a file")
        if source.stat().st_size > bounds.file_bytes:
            raise MediaError(f"{source} is larger than {bounds.file_bytes} bytes")
    except (OSError, ValueError) as error:
        raise MediaError(f"cannot read {source}: {reason(error)}") from None
    with tempfile.TemporaryFile() as raw:
        head = _decode(source.resolve(), bounds, size, raw.fileno())
        raw.seek(0)
        pixels = np.fromfile(raw, np.uint8)
    frames = torch.from_numpy(pixels).view(-1, head["height"], head["width"], 3)
    return Clip(frames.permute(0, 3, 1, 2).contiguous(), head["fps"])


def _decode(source: Path, limits: Limits, size: tuple[int, int] | None, out: int) -> dict[str, int]:
    order = json.dumps({"path": str(source), "size": size, **asdict(limits)})
    command = [sys.executable, "-I", str(_DECODER), order]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            timeout=limits.cpu_seconds * 2,
        )
    except subprocess.TimeoutExpired:
        raise MediaError(f"{source} took too long to decode") from None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode:
        # The decoder's own refusal is its last line; a crash or a limit of the system leaves none of ours.
        ours = done.returncode == 2 and said
        raise MediaError(f"cannot decode {source}: {said[-1] if ours else 'the decoder gave up'}")
    head: dict[str, int] = json.loads(said[-1])
    return head
