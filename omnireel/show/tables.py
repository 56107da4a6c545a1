"""How the terminal shows a production: its plan, its film, its shots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.folder.files import FILM
from omnireel.show.lowerings import fates, in_shots, lowering_line
from omnireel.show.notices import planned_by
from omnireel.show.printable import printable
from omnireel.show.text import COLOUR, escape
from planner.check import explain as explanation

if TYPE_CHECKING:
    from agent.folder.report import PlanReport, Report, ShotReport
    from planner.story.story import Story


def shots_table(story: Story, report: Report | None = None) -> Table:
    """A row a shot; with a report what became of it, and how many doubts remain. What happens is cut to fit."""
    table = Table(title=escape(story.title), title_justify="left", header_style="bold")
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
        what = Text(printable(shot.description), no_wrap=True, overflow="ellipsis")
        became = [str(len(done[shot.id].takes)), _verdict(done[shot.id])] if report else []
        table.add_row(*(escape(cell) for cell in row), what, *became)
    return table


def plan(found: PlanReport, explain: bool) -> None:
    """The plan on stdout; with ``explain`` the director's notes and every lowering."""
    out = Console(highlight=False, soft_wrap=explain)
    for line in explanation.director_notes(found.story) if explain else ():
        out.print(escape(line))
    out.print(shots_table(found.story))
    out.print(escape(planned_by(found.planner)), style="dim")
    for lowering in found.planner.lowering if explain else ():
        out.print(lowering_line(lowering))
    for fate, shots in fates(found.lowering).items() if explain else ():
        out.print(f"{lowering_line(fate)} [dim]({escape(in_shots(shots, len(found.lowering)))})[/]")


def director_notes(found: PlanReport) -> dict[str, Any]:
    """The director's notes as JSON, under ``explain``."""
    return {"explain": explanation.notes(found.story)}


def film(folder: Path, story: Story, report: Report) -> None:
    """The finished film on stdout: a table of its shots, then where it lies."""
    out = Console(highlight=False, soft_wrap=True)
    out.print(shots_table(story, report))
    spent = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.totals.wall_seconds)
    out.print(f"{report.totals.film_seconds:.2f} s of film, {report.totals.takes} takes; {spent}", style="dim")
    out.print(escape(planned_by(report.planner)), style="dim")
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


def _verdict(shot: ShotReport) -> str:
    take = next(take for take in shot.takes if take.digest == shot.accepted)
    doubts = f" ({len(take.notes)})" if take.notes else ""
    reused = ", reused" if shot.reused else ""
    return f"[{COLOUR[take.verdict]}]{take.verdict}[/]{doubts}{reused}"
