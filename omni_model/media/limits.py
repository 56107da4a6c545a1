"""What a clip may cost to read."""

from __future__ import annotations

from dataclasses import dataclass


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
