"""How the terminal shows a production: progress with time left, tables of shots, lowerings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agent import events as ev
from agent.folder.files import FILM
from planner.check import explain as explanation

if TYPE_CHECKING:
    from agent.folder.report import PlanReport, Report, ShotReport
    from agent.versions.propose import Proposal
    from memory import StoryRow
    from omni_model.eyes.observation import Seen
    from planner.evaluate import Row
    from planner.film.lowering import Lowering
    from planner.story.difference import Difference
    from planner.story.story import Story

_COLOUR = {
    "honoured": "green",
    "approximated": "yellow",
    "refused": "red",
    "accept": "green",
    "revise": "yellow",
}


_NAMED = 4
"""Most shots that are named where several share a fate."""


class Show:
    """Follows events on stderr, so that stdout holds the answer alone; ``quiet`` shows nothing."""

    def __init__(self, quiet: bool) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)

    def follow(self, events: Iterable[ev.Event]) -> ev.Event:
        """Reads all events, showing what is under way; returns the last."""
        last = ev.Event()
        with self._progress() as bar:
            for last in events:
                bar.see(last)
        return last

    @contextmanager
    def _progress(self) -> Iterator[_Bar]:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(30),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("· left"),
            TimeRemainingColumn(),
        )
        shown = self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=not shown) as progress:
            yield _Bar(progress)


class _Bar:
    """One bar over all shots: accepted ones, and the share done of the batch under way."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)

    def see(self, event: ev.Event) -> None:
        update, log = self._progress.update, self._progress.console.print
        match event:
            case ev.Notice(text=text):
                log(f"[yellow]note[/] {escape(text)}")
            case ev.StoryEdited(operations=operations, assumptions=assumptions, refused=refused, stale=stale):
                for what, told in (("change", operations), ("assumed", assumptions), ("refused", refused)):
                    for line in told:
                        log(f"[bold]{what}[/] {escape(line)}")
                log(f"to render: {escape(', '.join(stale)) or 'nothing'}")
            case ev.Planning(step=step):
                update(self._task, description=f"planning: {step}")
            case ev.StoryPlanned(title=title, shots=shots, seconds=seconds):
                log(f"[bold]{escape(title)}[/]: {shots} shots, {seconds:g} s")
            case ev.CastPinned(entity=entity, role=role, origin=origin, doubts=doubts):
                update(self._task, description=f"casting {entity}")
                log(f"{role} of {entity} {origin}" + "".join(f"; {doubt}" for doubt in doubts), style="dim")
            case ev.RenderProgress(shots=shots, done=done, total=total):
                update(self._task, description=f"rendering {', '.join(shots)} ({done}/{total} steps)")
            case ev.TakeReviewed(shot=shot, verdict="revise", notes=notes):
                log(f"{shot} again: " + "; ".join(note.text for note in notes), style="yellow")
            case ev.JudgeFailed(shot=shot, dimension=dimension, why=why):
                log(f"[yellow]note[/] {escape(f'{shot}: {dimension} was not answered: {why}')}")
            case ev.ShotAccepted(shot=shot, doubts=doubts, done=done, total=total):
                update(self._task, total=total, completed=done)
                log(f"[green]✓[/] {shot}" + "".join(f"; {note.text}" for note in doubts))


def shots_table(story: Story, report: Report | None = None) -> Table:
    """A row a shot; with a report what became of it, and how many doubts remain. What happens is cut to fit."""
    table = Table(title=story.title, title_justify="left", header_style="bold")
    look = () if report else ("size", "camera")
    for heading in ("shot", "place", "sec", *look):
        table.add_column(heading, justify="right" if heading == "sec" else "left", no_wrap=True)
    table.add_column("what happens")
    done = {shot.id: shot for shot in report.shots} if report else {}
    for heading in ("takes", "verdict") if report else ():
        table.add_column(heading, justify="right" if heading == "takes" else "left", no_wrap=True)
    for scene, shot in story.shots:
        row = [shot.id, f"{scene.location}, {scene.time}", f"{shot.duration:.2f}"]
        row += [] if report else [shot.size, shot.camera]
        what = Text(shot.description, no_wrap=True, overflow="ellipsis")
        became = [str(len(done[shot.id].takes)), _verdict(done[shot.id])] if report else []
        table.add_row(*(escape(cell) for cell in row), what, *became)
    return table


def plan(found: PlanReport, explain: bool) -> None:
    """The plan on stdout; with ``explain`` the director's notes and every lowering."""
    out = Console(highlight=False, soft_wrap=explain)
    for line in explanation.told(found.story) if explain else ():
        out.print(escape(line))
    degraded = " (no language model)" if found.planner.degraded else ""
    out.print(shots_table(found.story))
    out.print(f"planned by {found.planner.backend} {found.planner.model}{degraded}".rstrip(), style="dim")
    for note in found.planner.notes if explain else ():
        out.print(f"note: {escape(note)}", style="yellow")
    for lowering in found.planner.lowering if explain else ():
        out.print(_lowering(lowering))
    for fate, shots in _fates(found.lowering).items() if explain else ():
        out.print(f"{_lowering(fate)} [dim]({escape(_in_shots(shots, len(found.lowering)))})[/]")


def _fates(lowering: Mapping[str, Sequence[Lowering]]) -> dict[Lowering, list[str]]:
    """Every fate with the shots that share it, what is refused first. Of directives that differ only in what they ask,
    and to which the same happens, the first stands for all."""
    shared: dict[tuple[str, str, str], tuple[Lowering, dict[str, None]]] = {}
    for shot, fates in lowering.items():
        for fate in fates:
            same = (fate.outcome, fate.directive.partition(":")[0], fate.detail)
            shared.setdefault(same, (fate, {}))[1][shot] = None
    order = ("refused", "approximated", "honoured")
    return {fate: list(shots) for fate, shots in sorted(shared.values(), key=lambda each: order.index(each[0].outcome))}


def _in_shots(shots: Sequence[str], of: int) -> str:
    if len(shots) == of:
        return "every shot"
    return ", ".join(shots) if len(shots) <= _NAMED else f"{', '.join(shots[:_NAMED])} and {len(shots) - _NAMED} more"


def explained(found: PlanReport) -> dict[str, Any]:
    """The director's notes as JSON, under ``explain``."""
    return {"explain": explanation.notes(found.story)}


def film(folder: Path, story: Story, report: Report) -> None:
    """The finished film on stdout: a table of its shots, then where it lies."""
    out = Console(highlight=False, soft_wrap=True)
    out.print(shots_table(story, report))
    spent = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.totals.wall_seconds)
    out.print(f"{report.totals.film_seconds:.2f} s of film, {report.totals.takes} takes; {spent}", style="dim")
    if report.judge:
        told = f"{report.judge.answered} answers, {report.judge.failed} failures"
        out.print(escape(f"judged by {report.judge.backend} {report.judge.model}: {told}"), style="dim")
    out.print(escape(str(folder / FILM)))


def production(folder: Path, story: Story, report: Report | None) -> None:
    """A production on stdout: its film and what the critic still doubts, or how far the plan is."""
    out = Console(highlight=False, soft_wrap=True)
    if report is None:
        out.print(shots_table(story))
        out.print(f"planned, not filmed yet: {escape(str(folder))}")
        return
    film(folder, story, report)
    for shot in report.shots:
        for number, take in enumerate(shot.takes, start=1):
            for note in take.notes:
                frames = "-".join(map(str, note.evidence.frames))
                told = f"{shot.id}, take {number}, frames {frames}: {note.text} ({note.severity}, {note.by})"
                out.print(escape(told), style=None if take.digest == shot.accepted else "dim")


def proposal(found: Proposal) -> None:
    """What a sentence would do, on stdout."""
    out = Console(highlight=False, soft_wrap=True)
    for operation, entry in zip(found.patch.operations, found.lowering, strict=False):
        out.print(f"{_lowering(entry)} [dim]({escape(operation.reason)})[/]")
    for guard in found.patch.protected:
        out.print(f"  kept         {guard.scope} {guard.field} {escape(guard.value or '')}".rstrip())
    for assumption in found.patch.assumptions:
        out.print(f"  assumed      {escape(assumption)}")
    if found.patch.question:
        out.print(f"[yellow]question[/] {escape(found.patch.question)}")
    seconds = "" if found.predicted_seconds is None else f", about {found.predicted_seconds:g} s"
    out.print(f"to render: {escape(', '.join(found.stale)) or 'nothing'}{seconds}")


def versions(rows: Iterable[StoryRow], current: int | None) -> None:
    """The versions of a film, newest first; the one in force is marked."""
    out = Console(highlight=False, soft_wrap=True)
    for row in sorted(rows, key=lambda row: -row.version):
        mark = "*" if row.version == current else " "
        origin = f" (from {row.parent})" if row.parent not in (None, row.version - 1) else ""
        out.print(f"{mark} [bold]{row.version}[/] {escape(row.reason)}{origin}")


def differences(found: Iterable[Difference]) -> None:
    """Fields that are not the same, on stdout."""
    out = Console(highlight=False, soft_wrap=True)
    for item in found:
        before, after = (json.dumps(value, ensure_ascii=False) for value in (item.before, item.after))
        out.print(f"[bold]{escape(item.place)}[/]: {escape(before)} → {escape(after)}")


def rows(found: Iterable[Row]) -> None:
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


def _lowering(lowering: Lowering) -> str:
    detail = f": {escape(lowering.detail)}" if lowering.detail else ""
    return f"  [{_COLOUR[lowering.outcome]}]{lowering.outcome:<12}[/] {escape(lowering.directive)}{detail}"


def _verdict(shot: ShotReport) -> str:
    take = next(take for take in shot.takes if take.digest == shot.accepted)
    doubts = f" ({len(take.notes)})" if take.notes else ""
    reused = ", reused" if shot.reused else ""
    return f"[{_COLOUR[take.verdict]}]{take.verdict}[/]{doubts}{reused}"


def seen(found: Seen) -> None:
    """What a picture or clip shows: the caption, then every fact with how sure it is."""
    console = Console()
    console.print(Text(found.caption, style="bold"))
    console.print(f"of this world: {found.of_world:.0%}")
    table = Table("", "fact", "word", "sure", box=None)
    for told in found.told():
        table.add_row(told.who, told.kind, told.word, f"{told.confidence:.0%}")
    console.print(table)
