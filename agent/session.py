"""A session: one folder, one story, and a conversation about it. The whole agent behind one object."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Self, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from torch import Tensor

from agent.budget import Budget
from agent.crew import Crew
from agent.critic import Critic
from agent.cut import cut
from agent.errors import FolderTaken, NothingToFilm, NotPlanned
from agent.events import ApprovalWanted, Event, FilmCut, Notice
from agent.files import CONTACT_SHEET, FILM, REPORT
from agent.gallery import Gallery
from agent.models import open_critic, open_generator
from agent.production import build
from agent.report import PlannerReport, PlanReport, Report
from agent.request import Request
from agent.state import State
from memory import Memory
from omni_model.conditioning import canonical_json, sha256
from omni_model.generator import Generator
from omni_model.media import encode_image, load_image
from planner import storyboard
from planner.compile import compile_shot
from planner.llm import open_model
from planner.llm.base import LanguageModel
from planner.story import Story

NO_EDITOR = (
    "The editor is not built yet: the whole story is planned again from all sentences together; "
    "shots that come out the same are not rendered again."
)
_STEPS = 100_000
"""Bound of LangGraph's own; a film of any length stays below it."""


class Run(Iterator[Event]):
    """Work that is done while its events are read. Nothing happens before the first is asked for."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events

    def __next__(self) -> Event:
        return next(self._events)

    def finish(self) -> Event:
        """Does all of the work; returns the last event."""
        *_, last = self
        return last


class Session:
    """A production in ``folder``, which is made if need be; a killed one goes on where it stopped.

    ``generator`` is a name (open weights: ``wan-vace:PATH?memory=12``) or an object, ``llm`` a spec of
    :func:`planner.llm.open_model` or an object, and ``critic`` the one whose weights are here unless another is
    given. The same sentences, images, seed and models give the same film, byte for byte, on the same machine.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        generator: str | Generator = "omni-mini",
        llm: str | LanguageModel = "auto",
        critic: Critic | None = None,
        seed: int = 0,
        budget: Budget | None = None,
        database_url: str | None = None,
    ) -> None:
        """Raises UnknownGenerator, MissingWeights, StoreError, FolderTaken."""
        self.folder = Path(folder)
        self.seed = seed
        self._llm = llm
        renderer = open_generator(generator) if isinstance(generator, str) else generator
        self._memory = Memory.open(self.folder, database_url)
        self._crew = Crew(
            folder=self.folder,
            memory=self._memory,
            gallery=Gallery(self._memory.blobs),
            generator=renderer,
            critic=critic or open_critic(renderer.capabilities),
            llm=lambda: open_model(llm) if isinstance(llm, str) else llm,
            budget=budget or Budget(),
        )
        self._checkpoints = sqlite3.connect(self.folder / "graph.db", check_same_thread=False)
        self._graph = build(self._crew, SqliteSaver(self._checkpoints))
        self.request = Request.load(self.folder)
        """What the folder answers; None while nothing was asked."""

    @classmethod
    def from_storyboard(cls, path: str | Path, folder: str | Path, *, seed: int | None = None, **options: Any) -> Self:
        """A session whose story is read from a YAML or JSON file; ``options`` as for the class.

        The plan stands when this returns; ``seed`` overrides the file's. Raises StoryboardError, NothingToFilm,
        MediaError,
        and FolderTaken when the folder holds another story.
        """
        pictures: dict[str, bytes] = {}

        def keep(data: bytes) -> str:
            picture = encode_image(load_image(data))
            pictures[digest := sha256(picture)] = picture
            return digest

        story = storyboard.load(path, keep)
        if not story.shots:
            raise NothingToFilm(f"{path} has no shot to film: add one to a scene")
        story = story if seed is None else story.model_copy(update={"seed": seed})
        session = cls(folder, seed=story.seed, **options)
        for picture in pictures.values():
            session._memory.blobs.put(picture)
        asked = session._asked(storyboard=session._crew.gallery.keep_document(story))
        session._adopt(asked, new_story=True)
        if "version" not in session._state:
            session._drive().finish()
        return session

    def say(
        self,
        text: str,
        *,
        images: Mapping[str, str | Path | bytes] | None = None,
        duration: float | None = None,
        keep: str | Path | None = None,
        new_story: bool = False,
    ) -> Run:
        """Plans the story of ``text``; the last event is ApprovalWanted, or FilmCut when the film is there.

        ``images`` shows entities by name; ``duration`` is the film's length in seconds; ``keep`` is a
        storyboard whose locked scenes and shots stay as they are. In a folder that
        holds a story, the sentence is added to what was said before; the last one said again goes on with
        the work. With ``new_story`` another story's folder is refused. Raises NothingToFilm, MediaError,
        FolderTaken.
        """
        if not text.strip():
            raise NothingToFilm("nothing to film: say in a sentence or more what happens")
        shown = {name: self._crew.gallery.keep_still(load_image(i)) for name, i in (images or {}).items()}
        asked = self._asked(sentences=(text.strip(),), images=shown, duration=duration, keep=self._kept(keep))
        added = self._adopt(asked, new_story)
        return Run(chain([Notice(NO_EDITOR)] if added else [], self._drive()))

    def approve(self, yes: bool = True) -> Run:
        """Renders the plan; the last event is FilmCut. ``yes`` False refuses it, and nothing is rendered.

        Raises NotPlanned.
        """
        if self.request is None or not self._state:
            raise NotPlanned("there is no plan to approve: say what to film first")
        waits = bool(self._graph.get_state(self._config).interrupts)
        return self._drive(Command(resume=yes) if waits else None)

    def resume(self) -> Run:
        """Goes on with what was asked before; the last event is as for :meth:`say`. Raises NotPlanned."""
        if self.request is None:
            raise NotPlanned(f"{self.folder} holds no production to go on with: say what to film first")
        return self._drive()

    @property
    def story(self) -> Story | None:
        """The story as planned; None while there is none."""
        held = self._memory.story()
        return None if held is None else Story.model_validate(held)

    @property
    def film(self) -> Path | None:
        """The finished film; None while there is none."""
        return self.folder / FILM if self._finished else None

    @property
    def report(self) -> Report | None:
        """What was planned, rendered, seen and spent; None while there is no film."""
        return self._read_report() if self._finished else None

    def plan(self) -> PlanReport:
        """The story, who planned it, and the fate of every directive as of now. Raises NotPlanned."""
        story, record = self.story, self._state.get("planner") if self.request else None
        if story is None or record is None:
            raise NotPlanned("there is no plan to show: say what to film first")
        capabilities, pins = self._crew.generator.capabilities, self._crew.pins
        compiled = (compile_shot(story, shot.id, capabilities, pins, seed=story.seed) for _, shot in story.shots)
        lowering = {shot.shot: shot.lowering for shot in compiled}
        return PlanReport(story=story, planner=PlannerReport.model_validate(record), lowering=lowering)

    def clip(self, digest: str) -> Tensor:
        """Frames of a take by the clip's digest, as events name it: uint8 ``[T, 3, H, W]``."""
        return self._crew.gallery(digest)

    def close(self) -> None:
        """Lets go of the databases; what was made stays."""
        self._checkpoints.close()
        self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _kept(self, path: str | Path | None) -> str | None:
        """The storyboard of a path, kept as a document. Raises StoryboardError."""
        if path is None:
            return None
        return self._crew.gallery.keep_document(storyboard.load(path, self._memory.blobs.put))

    def _asked(self, **fields: Any) -> Request:
        llm = self._llm if isinstance(self._llm, str) else f"{self._llm.backend}:{self._llm.model}"
        crew = self._crew
        makers = [
            crew.generator.weights_digest,
            crew.generator.sampler,
            crew.critic.digest,
            crew.budget.model_dump(),
        ]
        return Request(seed=self.seed, llm=llm, makers=sha256(canonical_json(makers)), **fields)

    def _adopt(self, asked: Request, new_story: bool) -> bool:
        """Makes the folder answer the request; returns whether it was added to an older one."""
        held = self.request
        again = held is not None and held.sentences[-1:] == asked.sentences != ()
        added = False
        if held is None or held.same_story(asked):
            self.request = asked
        elif new_story:
            raise FolderTaken(
                f"{self.folder} holds another production (other words, images, duration, seed or language "
                "model): choose another folder with --out"
            )
        elif again:
            self.request = held.made_by(asked.makers)
        else:
            self.request, added = held.followed_by(asked), True
        self.request.save(self.folder)
        return added

    @property
    def _config(self) -> RunnableConfig:
        thread = self.request.thread if self.request else ""
        return {"configurable": {"thread_id": thread}, "recursion_limit": _STEPS}

    @property
    def _state(self) -> State:
        """Of the production that answers the request, as of its last checkpoint."""
        return cast(State, self._graph.get_state(self._config).values)

    @property
    def _finished(self) -> bool:
        """Whether the film on disk is the one that the production ended in."""
        film = self.folder / FILM
        cut_as = self._state.get("film") if self.request else None
        return cut_as is not None and film.is_file() and sha256(film.read_bytes()) == cut_as

    def _drive(self, command: Command[Any] | None = None) -> Run:
        """Works until approval is wanted or the film is cut."""
        if self._state.get("film"):
            return Run(self._shown_again())
        return Run(self._work(command))

    def _work(self, command: Command[Any] | None) -> Iterator[Event]:
        assert self.request is not None
        begun = bool(self._graph.get_state(self._config).next)
        begin = None if begun else {"request": self.request.model_dump(mode="json")}
        events: Iterator[Any] = self._graph.stream(
            command or begin, self._config, stream_mode="custom", durability="sync"
        )
        yield from events
        for pending in self._graph.get_state(self._config).interrupts:
            yield ApprovalWanted(**pending.value)

    def _shown_again(self) -> Iterator[Event]:
        """The end of a finished production; what is missing on disk is cut anew from its takes."""
        if not self._finished:
            cut(self._state, self._crew, lambda event: None)
        totals = self._read_report().totals
        yield FilmCut(self.folder / FILM, self.folder / CONTACT_SHEET, totals.film_seconds, totals.shots)

    def _read_report(self) -> Report:
        return Report.model_validate_json((self.folder / REPORT).read_bytes())
