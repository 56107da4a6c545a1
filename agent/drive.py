"""Working on a production: who may, from where the graph goes on, and when a command has come to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from langchain_core.runnables import RunnableConfig
from pydantic import ValidationError

from agent.context import ProductionContext
from agent.events import ApprovalWanted, Event, FilmCut
from agent.folder.files import CONTACT_SHEET, FILM, REPORT, are_there, sweep
from agent.folder.report import Report
from agent.folder.request import Request
from agent.graph.build import build
from agent.graph.checkpoints import MemorySaver
from agent.graph.nodes.cut import write_all
from memory import RenditionRow, StoreError, is_of_storage, storage_error

_STEPS = 100_000
"""Bound of LangGraph's own; a film of any length stays below it."""


class Drive:
    """Does the work of one session, under the folder's lock.

    A command is under way (``step`` in memory) from the transaction that begins it until whoever gave it has seen its
    end: killed in between and given again, it is completed, not done a second time.
    """

    def __init__(self, context: ProductionContext) -> None:
        self._context = context
        self._memory = context.memory
        self._graph = build(context, MemorySaver(context.memory.checkpoints))
        self._seen: str | None = None

    def with_context(self, context: ProductionContext) -> Drive:
        """The same drive by other makers."""
        other = Drive(context)
        other._seen = self._seen
        return other

    def begin(self) -> None:
        """Take the folder for a command; the one before has been seen to its end. Raises FolderBusy, StoreError."""
        if self._memory.lock.take():
            sweep(self._context.folder)
            self._memory.blobs.sweep()
        self._acknowledge()

    def release(self) -> None:
        """Let others work on the folder."""
        self._memory.lock.release()

    def close(self) -> None:
        """Let go of the folder; what was shown to its end is over."""
        # A disk that is full leaves the step open: the same command shows its end again.
        with suppress(StoreError):
            self._acknowledge()
        self.release()

    def request(self) -> Request | None:
        """What the production answers, for these makers and the version in force; None while nothing was asked."""
        request, current = self._context.request(), self._memory.current()
        edited = current is not None and "patch" in current.provenance
        version = current.version if current and edited else None
        return request and request.made_by(self._context.makers).at(version)

    def finished(self) -> RenditionRow | None:
        """The rendition in force, if its film was cut: by these makers, or before them and come back to."""
        now = self._memory.production()
        row = None if now.rendition is None else self._memory.rendition(now.rendition)
        shown = row is not None and row.outputs and (row.makers == self._context.makers or now.step)
        return row if shown else None

    def is_finished(self) -> bool:
        """Whether the film on disk is the one that the rendition in force ended in."""
        row = self.finished()
        return row is not None and are_there(self._context.folder, {FILM: row.outputs[FILM]})

    def report(self) -> Report | None:
        """The report in the folder; None when it is missing or damaged."""
        try:
            return Report.model_validate_json((self._context.folder / REPORT).read_bytes())
        except (OSError, ValidationError):
            return None

    def events(self) -> Iterator[Event]:
        """Works until approval is wanted or the film is cut. Raises StoreError for what a disk refuses."""
        row = self.finished()
        try:
            for event in self._shown_again(row) if row else self._work():
                if isinstance(event, FilmCut):
                    self._seen = self._memory.production().step
                yield event
        except OSError as error:
            if is_of_storage(error):
                raise storage_error(error, self._context.folder) from error
            raise

    def _take_up(self) -> None:
        """Puts the rendition that these makers began in force again, where others began one since."""
        memory, makers = self._context.memory, self._context.makers
        version = memory.production().version
        if version is None or self._context.rendition() is not None:
            return
        begun = [row for row in memory.renditions(version) if row.makers == makers]
        if begun:
            with memory.transaction() as unit:
                unit.go_to(version, begun[-1].id)

    def _work(self) -> Iterator[Event]:
        self._take_up()
        config = self._config()
        # What a killed task wrote and no checkpoint took up yet is still a task, though nothing comes ``next``.
        begun = bool(self._graph.get_state(config).tasks)
        events: Iterator[Any] = self._graph.stream(
            None if begun else {"round": 0}, config, stream_mode="custom", durability="sync"
        )
        yield from events
        waiting = self._graph.get_state(config).interrupts
        for pending in waiting:
            yield ApprovalWanted(**pending.value)
        if not waiting:
            self.release()

    def _shown_again(self, row: RenditionRow) -> Iterator[Event]:
        """The end of a finished production; what is missing or another's on disk is cut anew from its takes."""
        folder, report = self._context.folder, self.report()
        if report is None or not (folder / CONTACT_SHEET).is_file() or not are_there(folder, row.outputs):
            seconds, shots, _ = write_all(row, self._context)
        else:
            seconds, shots = report.totals.film_seconds, report.totals.shots
        yield FilmCut(folder / FILM, folder / CONTACT_SHEET, seconds, shots)
        self.release()

    def _config(self) -> RunnableConfig:
        """The thread of the graph that films the version in force."""
        request = self.request()
        assert request is not None
        return {"configurable": {"thread_id": request.thread}, "recursion_limit": _STEPS}

    def _acknowledge(self) -> None:
        """The command before has been seen to its end."""
        if self._seen and self._memory.production().step == self._seen:
            with self._memory.transaction() as unit:
                unit.begin_step("")
        self._seen = None
