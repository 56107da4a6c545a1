"""Films in the making. They go on whoever looks; one renders at a time, and plans wait for no rendering."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent import events as ev
from agent.errors import AgentError
from agent.session import Session
from memory import BlobError, StoreError
from omni_model.media import MediaError
from omni_model.spec.errors import WeightsError
from planner.direct.plan import PlanError
from planner.llm.base import LanguageModelError

MOST_WAITING = 32
MOST_OF_ONE = 4
"""Films that all people, and one person, may have in the making."""
_REFUSALS = (AgentError, StoreError, BlobError, MediaError, PlanError, LanguageModelError, WeightsError)


class StudioBusy(Exception):
    """So many films wait that no other is taken."""


@dataclass
class FilmJob:
    """A film in the making, and what is to be seen of it. ``name`` is its folder's, ``owner`` whose it is."""

    name: str
    owner: str
    sentence: str
    seed: int
    seconds: float | None
    renders: bool
    lines: list[str] = field(default_factory=list)
    shots: list[tuple[Any, str]] = field(default_factory=list)
    sheet: str | None = None
    film: str | None = None
    error: str | None = None
    ended: bool = False


class Jobs:
    """Two workers: one plans, one renders. ``open_session`` opens the production of a folder with a seed."""

    def __init__(self, out: Path, open_session: Callable[[Path, int], Session]) -> None:
        self._out, self._open = out, open_session
        self._lock = threading.Lock()
        self._jobs: dict[str, FilmJob] = {}
        self._waiting: list[FilmJob] = []
        self._plans: queue.SimpleQueue[FilmJob] = queue.SimpleQueue()
        self._renders: queue.SimpleQueue[FilmJob] = queue.SimpleQueue()
        threading.Thread(target=self._plan_all, name="plans", daemon=True).start()
        threading.Thread(target=self._render_all, name="renders", daemon=True).start()

    def start(self, job: FilmJob) -> FilmJob:
        """The job, or the one of the same film that is under way. Raises StudioBusy."""
        with self._lock:
            if (there := self._jobs.get(job.name)) is not None:
                there.renders = there.renders or job.renders
                return there
            own = sum(other.owner == job.owner for other in self._jobs.values())
            if own >= MOST_OF_ONE or len(self._jobs) >= MOST_WAITING:
                raise StudioBusy(f"{own} films of yours, {len(self._jobs)} in all, are in the making: wait for one")
            self._jobs[job.name] = job
        self._plans.put(job)
        return job

    def find(self, name: str) -> FilmJob | None:
        """The job of a film that is in the making."""
        with self._lock:
            return self._jobs.get(name)

    def ahead(self, job: FilmJob) -> int:
        """How many films are rendered before this one."""
        with self._lock:
            return self._waiting.index(job) if job in self._waiting else 0

    def _plan_all(self) -> None:
        while True:
            job = self._plans.get()
            self._try(self._plan, job)
            with self._lock:
                if job.renders and job.error is None:
                    self._waiting.append(job)
                    self._renders.put(job)
                else:
                    self._end(job)

    def _render_all(self) -> None:
        while True:
            job = self._renders.get()
            self._try(self._render, job)
            with self._lock:
                self._waiting.remove(job)
                self._end(job)

    def _end(self, job: FilmJob) -> None:
        del self._jobs[job.name]
        job.ended = True

    def _try(self, work: Callable[[FilmJob], None], job: FilmJob) -> None:
        """Works; what goes wrong is one line for whoever looks."""
        try:
            work(job)
        except _REFUSALS as error:
            job.error = str(error)
        except Exception as error:
            logging.getLogger(__name__).exception("%s failed", job.name)
            job.error = f"this film failed ({type(error).__name__}); the studio's terminal says where"

    def _plan(self, job: FilmJob) -> None:
        with self._open(self._out / job.name, job.seed) as session:
            if session.story is None:
                for event in session.say(job.sentence, duration=job.seconds, new_story=True):
                    _show(job, event, session)
            else:
                plan = session.plan().story
                job.lines.append(f"{plan.title}: {len(plan.shots)} shots")

    def _render(self, job: FilmJob) -> None:
        with self._open(self._out / job.name, job.seed) as session:
            wanted = False
            for event in session.resume():
                wanted = isinstance(event, ev.ApprovalWanted)
                _show(job, event, session)
            for event in session.approve() if wanted else ():
                _show(job, event, session)


def _show(job: FilmJob, event: ev.Event, session: Session) -> None:
    match event:
        case ev.StoryPlanned(title=title, shots=count, seconds=length):
            job.lines.append(f"{title}: {count} shots, {length:g} s")
        case ev.Notice(text=text):
            job.lines.append(text)
        case ev.ShotAccepted(shot=shot, clip=clip, doubts=doubts):
            frames = session.clip(clip)
            verdict = "; ".join(note.text for note in doubts) or "accepted"
            job.shots.append((frames[len(frames) // 2].permute(1, 2, 0).numpy().copy(), f"{shot}: {verdict}"))
        case ev.FilmCut(film=film, contact_sheet=picture):
            job.sheet, job.film = str(picture), str(film)
