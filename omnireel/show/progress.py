"""How the terminal shows work under way: what happens, and a bar with the time left, on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from agent import events as ev
from omnireel.show.notices import NoticeLine, unanswered
from omnireel.show.text import COLOUR, escape


class Follower:
    """Follows events on stderr, so that stdout holds the answer alone; ``quiet`` shows nothing.

    No notice is shown twice by one follower.
    """

    def __init__(self, quiet: bool) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False)
        self.notices: list[str] = []
        """What was given notice of, in order."""

    def follow(self, events: Iterable[ev.Event]) -> ev.Event:
        """Reads all events, showing what is under way; returns the last."""
        last = ev.Event()
        with self._progress() as bar:
            for last in events:
                if isinstance(last, ev.Notice | ev.JudgeFailed | ev.StoryEdited):
                    self.tell(_notices(last))
                bar.see(last)
        return last

    def tell(self, notices: Iterable[NoticeLine]) -> None:
        """Shows the notices that were not shown yet, a line each."""
        for notice in notices:
            if notice.text not in self.notices:
                self.notices.append(notice.text)
                where = f" [dim]({escape(notice.where)})[/]" if notice.where else ""
                line = f"[{COLOUR[notice.label]}]{notice.label:<12}[/] {escape(notice.text)}{where}"
                self.console.print(line, soft_wrap=not self.console.is_terminal)

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
        update, log = self._progress.update, self._log
        match event:
            case ev.StoryEdited(stale=stale):
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
            case ev.ShotAccepted(shot=shot, doubts=doubts, done=done, total=total):
                update(self._task, total=total, completed=done)
                log(f"[green]✓[/] {shot}" + escape("".join(f"; {note.text}" for note in doubts)))

    def _log(self, line: str, style: str | None = None) -> None:
        self._progress.console.print(line, style=style, soft_wrap=not self._progress.console.is_terminal)


def _notices(event: ev.Notice | ev.JudgeFailed | ev.StoryEdited) -> Iterator[NoticeLine]:
    """What an event gives notice of."""
    match event:
        case ev.Notice(text=text):
            yield NoticeLine("note", text)
        case ev.JudgeFailed(shot=shot, dimension=dimension, why=why):
            yield NoticeLine("note", unanswered(shot, dimension, why))
        case ev.StoryEdited(operations=operations, assumptions=assumptions, refused=refused):
            for label, lines in (("change", operations), ("assumed", assumptions), ("refused", refused)):
                yield from (NoticeLine(label, line) for line in lines)


def remark(line: str) -> None:
    """A note on stderr, of how something that was given is understood."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[yellow]note[/] {escape(line)}")
