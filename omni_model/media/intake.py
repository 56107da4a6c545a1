"""Films that users give: decoded in a process of its own, because a damaged file can take its reader down."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from omni_model.media.files import MediaError, called, opened, printable
from omni_model.media.kinds import HEAD, READ, FileKind
from omni_model.media.limits import Limits
from omni_model.media.stills import check_size, told_kind
from omni_model.media.timing import steady
from omni_model.spec.generator import Clip

_DECODER = Path(__file__).with_name("decoder.py")


def read_film(
    source: str | Path | bytes, limits: Limits | None = None, size: tuple[int, int] | None = None, name: str = ""
) -> Clip:
    """The film's picture as players show it -> frames uint8 [T, 3, H, W] at one rate.

    Upright, with square pixels, and each frame for as long as it is to be seen. With ``size`` (W, H), larger
    frames are reduced to fit. Raises MediaError when it cannot be decoded whole and within ``limits``.
    """
    told, bounds = name or called(source), limits or Limits()
    with opened(source, told) as (file, length):
        check_size(told, length, bounds.file_bytes)
        kind = told_kind(told, file.read(HEAD))
        if kind.door != "film":
            raise MediaError(f"{told} is {kind.word}, not {READ}")
        return read_frames(file, kind, told, bounds, size)


def read_frames(file: BinaryIO, kind: FileKind, told: str, limits: Limits, size: tuple[int, int] | None = None) -> Clip:
    """The clip in an open file of that kind. Raises MediaError."""
    frames, head = decode(file, kind, told, limits, size)
    order, rate = steady(head["times"], head["fps"], limits.frames)
    return Clip(frames if order is None else frames[order], rate)


def decode(
    file: BinaryIO,
    kind: FileKind,
    told: str,
    limits: Limits,
    size: tuple[int, int] | None = None,
    tiles: Sequence[int] = (),
) -> tuple[Tensor, dict[str, Any]]:
    """The frames of a film as they come, uint8 [T, 3, H, W], or one of each stream of ``tiles``; with its head.

    The head has the mean rate ``fps`` (0: unknown) and the frames' ``times`` in seconds. Raises MediaError.
    """
    order = json.dumps({"demuxer": kind.reader, "size": size, "tiles": list(tiles), **asdict(limits)})
    with tempfile.TemporaryFile() as raw, tempfile.TemporaryFile() as copy:
        head = json.loads(_said(_plain(file, copy), order, told, limits, raw))
        raw.seek(0)
        pixels = np.fromfile(raw, np.uint8)
    frames = torch.from_numpy(pixels).view(-1, head["height"], head["width"], 3)
    return frames.permute(0, 3, 1, 2).contiguous(), head


def _plain(file: BinaryIO, copy: Any) -> Any:
    """What another process can read as its standard input, from the beginning."""
    file.seek(0)
    try:
        # What was read ahead lies in this process: the descriptor itself must go back.
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        return file
    except OSError:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        return copy


def _said(source: Any, order: str, told: str, limits: Limits, out: Any) -> str:
    """The last line of the decoder, which writes to ``out``. Raises MediaError."""
    command = [sys.executable, "-I", str(_DECODER), order]
    try:
        done = subprocess.run(command, stdin=source, stdout=out, stderr=subprocess.PIPE, timeout=limits.cpu_seconds * 2)
    except subprocess.TimeoutExpired:
        raise MediaError(f"{told} took too long to decode") from None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode:
        # The decoder's own refusal is its last line; a crash or a limit of the system leaves none of ours.
        ours = done.returncode == 2 and said
        raise MediaError(f"{told} {printable(said[-1]) if ours else 'cannot be decoded: the decoder gave up'}")
    return said[-1]
