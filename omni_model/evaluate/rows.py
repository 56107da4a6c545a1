"""Rows of the table: what is measured, from where on it is good enough, and how cases become a figure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import NamedTuple


class Limit(NamedTuple):
    """The CPU floor and the aim of a measure; None where it is only reported."""

    floor: float | None
    aim: float
    at_most: bool = False
    """Less is better."""


LIMITS: dict[tuple[str, str], Limit] = {
    ("text to video", "look right"): Limit(0.93, 0.99),
    ("text to video", "action and direction right"): Limit(0.88, 0.97),
    ("text to video", "camera move right"): Limit(0.88, 0.97),
    ("reference images", "look of the sheet right"): Limit(0.90, 0.98),
    ("reference images", "two subjects on the right bodies"): Limit(0.80, 0.95),
    ("reference images", "plate kept, dB"): Limit(22.0, 27.0),
    ("instruction edit", "asked change present"): Limit(0.90, 0.98),
    ("instruction edit", "everything else kept"): Limit(0.92, 0.98),
    ("instruction edit", "PSNR, dB"): Limit(22.0, 28.0),
    ("continuation", "forward PSNR, dB"): Limit(20.0, 26.0),
    ("continuation", "forward jump, ratio"): Limit(2.0, 1.2, at_most=True),
    ("continuation", "backward PSNR, dB"): Limit(20.0, 26.0),
    ("continuation", "backward jump, ratio"): Limit(2.0, 1.2, at_most=True),
    ("continuation", "first and last frame PSNR, dB"): Limit(20.0, 26.0),
    ("continuation", "first and last frame jump, ratio"): Limit(2.0, 1.2, at_most=True),
    ("camera transfer", "move right"): Limit(0.80, 0.95),
    ("in-context example", "change present and rest kept"): Limit(0.75, 0.92),
    ("physics", "gravity, median error"): Limit(0.20, 0.05, at_most=True),
    ("physics", "bounce time, median error"): Limit(0.20, 0.05, at_most=True),
    ("time", "flicker, ratio"): Limit(1.5, 1.1, at_most=True),
    ("time", "identity drift, ratio"): Limit(1.5, 1.1, at_most=True),
    ("distribution", "Fréchet distance, ratio"): Limit(None, 2.0, at_most=True),
    ("VAE", "PSNR, dB"): Limit(31.0, 35.0),
}


@dataclass(frozen=True)
class TableRow:
    """One line of the table.

    ``value`` is a share 0..1, a PSNR in dB, a relative error, or a ratio to real clips; None if nothing could be
    measured. ``examiner_error`` is what the measure makes of true clips: the share that it misreads, or its median
    error; 0 where pixels are compared with the exact truth, None for ratios to what it makes of real clips. A case
    that was refused or lost has ``failed``; one that even the truth does not decide is ``skipped``.
    """

    task: str
    measure: str
    value: float | None
    n_evaluated: int
    n_failed: int
    n_skipped: int
    examiner_error: float | None
    floor: float | None
    aim: float
    floor_met: bool | None
    aim_met: bool
    parts: dict[str, float]
    """The value by kind, where there are kinds; the value is their mean."""
    failures: dict[str, int]
    """Why cases failed, and how many."""


@dataclass
class MeasureTally:
    """The cases of one row, gathered one by one."""

    task: str
    measure: str
    seen: dict[str, list[float]] = field(default_factory=dict)
    """By kind, what was measured on the painter's clips."""
    real: dict[str, list[float]] = field(default_factory=dict)
    """The same on true clips."""
    failures: dict[str, int] = field(default_factory=dict)
    """Why cases were lost, and how many."""
    evaluated: int = 0
    skipped: int = 0

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    def fail(self, why: str) -> None:
        """One case that was refused, or whose measure found nothing."""
        self.failures[why] = self.failures.get(why, 0) + 1

    def add(self, seen: dict[str, float] | float, real: dict[str, float] | float | None = None) -> None:
        """One case: a figure, or a figure per kind; the case is skipped where no kind could be judged."""
        if seen == {}:
            self.skipped += 1
            return
        self.evaluated += 1
        for values, found in ((self.seen, seen), (self.real, real)):
            for kind, value in found.items() if isinstance(found, dict) else [] if found is None else [("", found)]:
                values.setdefault(kind, []).append(float(value))

    def shares(self) -> TableRow:
        """The mean over kinds of the share that is right; the examiner's error likewise."""
        return self.row(_mean(self.seen), None if (real := _mean(self.real)) is None else 1 - real)

    def exact(self) -> TableRow:
        """The mean over kinds of a figure that compares pixels with the truth."""
        return self.row(_mean(self.seen), 0.0)

    def ratio(self) -> TableRow:
        """The mean on painted clips over the mean on real ones."""
        seen, real = _mean(self.seen), _mean(self.real)
        return self.row(None if seen is None or not real else seen / real, None)

    def median(self) -> TableRow:
        """The median error; a failure counts as an infinite one."""
        seen, real = self.seen.get("", []), self.real.get("", [])
        worst = [math.inf] * self.failed
        value = median([*seen, *worst]) if seen else None
        return self.row(value, median(real) if real else None, failures_counted=True)

    def row(self, value: float | None, examiner_error: float | None, *, failures_counted: bool = False) -> TableRow:
        """The finished row. Where the value does not count failures, a single one keeps it from meeting anything."""
        limit = LIMITS[self.task, self.measure]
        known = value is not None and math.isfinite(value)
        passes = known and (failures_counted or not self.failed)
        return TableRow(
            task=self.task,
            measure=self.measure,
            value=value if known else None,
            n_evaluated=self.evaluated,
            n_failed=self.failed,
            n_skipped=self.skipped,
            examiner_error=examiner_error,
            floor=limit.floor,
            aim=limit.aim,
            floor_met=None if limit.floor is None else passes and _meets(value, limit.floor, limit.at_most),
            aim_met=passes and _meets(value, limit.aim, limit.at_most),
            parts={kind: fmean(values) for kind, values in sorted(self.seen.items()) if kind},
            failures=self.failures,
        )


def _meets(value: float | None, bound: float, at_most: bool) -> bool:
    return value is not None and (value <= bound if at_most else value >= bound)


def _mean(values: dict[str, list[float]]) -> float | None:
    return fmean(fmean(v) for v in values.values()) if values else None
