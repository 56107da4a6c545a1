"""How the terminal shows work under way: what happens, and a bar with the time left, on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from agent import events as ev
from omnireel.show.text import escape


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
                update(self._task, description=f"planning: {escape(step)}")
            case ev.StoryPlanned(title=title, shots=shots, seconds=seconds):
                log(f"[bold]{escape(title)}[/]: {shots} shots, {seconds:g} s")
            case ev.CastPinned(entity=entity, role=role, origin=origin, doubts=doubts):
                update(self._task, description=f"casting {entity}")
                log(escape(f"{role} of {entity} {origin}" + "".join(f"; {doubt}" for doubt in doubts)), style="dim")
            case ev.RenderProgress(shots=shots, done=done, total=total):
                update(self._task, description=f"rendering {', '.join(shots)} ({done}/{total} steps)")
            case ev.TakeReviewed(shot=shot, verdict="revise", notes=notes):
                log(escape(f"{shot} again: " + "; ".join(note.text for note in notes)), style="yellow")
            case ev.JudgeFailed(shot=shot, dimension=dimension, why=why):
                log(f"[yellow]note[/] {escape(f'{shot}: {dimension} was not answered: {why}')}")
            case ev.ShotAccepted(shot=shot, doubts=doubts, done=done, total=total):
                update(self._task, total=total, completed=done)
                log(f"[green]✓[/] {shot}" + escape("".join(f"; {note.text}" for note in doubts)))


def remark(line: str) -> None:
    """A note on stderr, of how something that was given is understood."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[yellow]note[/] {escape(line)}")
