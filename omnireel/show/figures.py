"""How the terminal shows the painter's table, and how far its measuring is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from omni_model.evaluate import Row

_HEADINGS = ("task", "measure", "value", "of", "failed", "skipped", "examiner's error", "floor", "aim", "")


@contextmanager
def counting(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar of cases with the time left, on a terminal's stderr; ``quiet`` shows nothing."""
    console = Console(stderr=True, quiet=quiet)
    columns = TextColumn("cases"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("· left")
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("cases", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def painter(rows: Sequence[Row]) -> None:
    """The painter's table, on stdout. Shares in percent; ratios, errors and dB as their measures say."""
    table = Table(header_style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading in ("task", "measure", "") else "right")
    for row in rows:
        figures = (_figure(row, value) for value in (row.value, row.examiner_error, row.floor, row.aim))
        value, error, floor, aim = figures
        met = "aim" if row.aim_met else "below" if row.floor_met is False else "floor" if row.floor_met else ""
        counts = map(str, (row.n_evaluated, row.n_failed, row.n_skipped))
        table.add_row(row.task, row.measure, value, *counts, error, floor, aim, met)
    out = Console(highlight=False, soft_wrap=True)
    out.print(table)
    for why in dict.fromkeys((row.task, why, count) for row in rows for why, count in row.failures.items()):
        out.print("{}: {} ({} cases)".format(*why), markup=False)


def _figure(row: Row, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if row.measure.endswith((", dB", ", ratio")) else f"{100 * value:.3g}%"
