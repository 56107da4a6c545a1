"""Frames at their own times as frames at one rate, which is what a clip is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_JITTER = 0.6
"""Of a frame: times that are off by less are those of a constant rate, rounded."""


def steady(times: Sequence[float], rate: float, most: int, end: float = 0.0) -> tuple[list[int] | None, float]:
    """Which frame shows at each tick of a constant rate, and that rate; None: all of them, one after another.

    ``times``: seconds of the frames, ascending; ``rate``: the mean rate that the file names, 0 if none;
    ``end``: until when the last is shown, 0: as long as the others.
    At most ``most`` ticks: a longer clip gets fewer a second.
    """
    since = np.maximum.accumulate(np.asarray(times, np.float64)) - times[0]
    if len(since) < 2 or since[-1] <= 0:
        return None, rate or 1.0
    rate = rate or (len(since) - 1) / float(since[-1])
    if np.abs(since * rate - np.arange(len(since))).max() < _JITTER:
        return None, rate
    steps = np.sort(np.diff(since))
    step = float(steps[steps > 0][(np.count_nonzero(steps) - 1) // 2])
    lasts = max(end - times[0], float(since[-1]) + step)
    rate = min(1 / step, most / lasts)
    ticks = np.arange(max(1, round(lasts * rate))) / rate
    # A frame shows from its time on; half a thousandth of a tick forgives rounded times.
    shown = np.searchsorted(since, ticks + 5e-4 / rate, side="right") - 1
    return shown.tolist(), rate
