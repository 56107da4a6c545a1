"""One measured figure with its bounds and its honesty."""

from __future__ import annotations

from omni_model.spec.conditioning import Frozen


class PlannerRow(Frozen):
    """``value`` is None when nothing could be evaluated; ``floor`` and ``aim`` are None where nothing is demanded.

    ``n_failed`` were tried without an answer; ``n_skipped`` were not tried.
    """

    measure: str
    value: float | None
    n_evaluated: int
    n_failed: int = 0
    n_skipped: int = 0
    floor: float | None = None
    aim: float | None = None
    floor_met: bool | None = None
    aim_met: bool | None = None


def row(
    measure: str, value: float | None, evaluated: int, *, failed: int = 0, skipped: int = 0,
    floor: float | None = None, aim: float | None = None, least: bool = False,
) -> PlannerRow:  # fmt: skip
    """A row with its bounds judged. ``least``: smaller is better.

    What was tried without a value meets no bound; where nothing was tried, nothing is judged.
    """

    def meets(bound: float | None) -> bool | None:
        if bound is None or not (evaluated or failed):
            return None
        return value is not None and (value <= bound if least else value >= bound)

    rounded = None if value is None else round(value, 4)
    return PlannerRow(
        measure=measure,
        value=rounded,
        n_evaluated=evaluated,
        n_failed=failed,
        n_skipped=skipped,
        floor=floor,
        aim=aim,
        floor_met=meets(floor),
        aim_met=meets(aim),
    )
