"""How the terminal shows figures and facts: measured tables, what a picture shows, what is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from omnireel.show.printable import printable
from omnireel.show.text import escape

if TYPE_CHECKING:
    from omni_model.evaluate import TableRow
    from omni_model.eyes.observation import Observation
    from planner.evaluate import PlannerRow

_HEADINGS = ("task", "measure", "value", "of", "failed", "skipped", "examiner's error", "floor", "aim", "")


@contextmanager
def counting(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar of cases with the time left, on a terminal's stderr; ``quiet`` shows nothing."""
    console = Console(stderr=True, quiet=quiet)
    columns = TextColumn("cases"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("· left")
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("cases", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def painter(rows: Sequence[TableRow]) -> None:
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


def _figure(row: TableRow, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if row.measure.endswith((", dB", ", ratio")) else f"{100 * value:.3g}%"


def rows(found: Iterable[PlannerRow]) -> None:
    """Measured figures with their floors and aims, on stdout."""
    table = Table(header_style="bold")
    for heading in ("measure", "value", "of", "floor", "aim", ""):
        words = heading in ("measure", "")  # the measure folds in a narrow terminal, figures never do
        table.add_column(heading, justify="left" if words else "right", no_wrap=heading != "measure", overflow="fold")
    for row in found:
        met = "" if row.floor_met is None else "aim" if row.aim_met else "floor" if row.floor_met else "[red]below[/]"
        figures = ["-" if x is None else f"{x:.4g}" for x in (row.value, row.n_evaluated, row.floor, row.aim)]
        table.add_row(escape(row.measure), *figures, met)
    Console(highlight=False).print(table)


def facts(found: Mapping[str, str]) -> None:
    """A name and a value a line, on stdout."""
    out = Console(highlight=False, soft_wrap=True)
    for name, value in found.items():
        out.print(f"[bold]{name:<20}[/] {escape(value)}")


def seen(found: Observation) -> None:
    """What a picture or clip shows: the caption, then every fact with how sure it is."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(printable(found.caption), style="bold"))
    console.print(f"of this world: {found.of_world:.0%}")
    if not found.told():
        return
    table = Table("", "fact", "word", "sure", box=None)
    for told in found.told():
        table.add_row(told.who, told.kind, told.word, f"{told.confidence:.0%}")
    console.print(table)
