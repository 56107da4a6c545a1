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
from agent.context import Crew
from agent.critic.critic import Critic
from agent.errors import FolderTaken, NothingToFilm, NothingToUndo, NotPlanned
from agent.events import ApprovalWanted, Event, FilmCut, Notice, Question, StoryEdited
from agent.folder.files import CONTACT_SHEET, FILM, REPORT
from agent.folder.gallery import Gallery
from agent.folder.report import PlannerReport, PlanReport, Report
from agent.folder.request import Request
from agent.graph.build import build
from agent.graph.nodes.cut import cut
from agent.graph.state import State
from agent.models import language_model, open_critic, open_generator
from agent.versions.propose import Proposal, Version, carried, lineage, propose, restore
from memory import Memory, StoryRow
from omni_model.media import MediaError, encode_image, load_shown, still
from omni_model.spec.conditioning import canonical_json, sha256
from omni_model.spec.generator import Generator
from planner.compile.shot import compile_shot
from planner.direct.plan import LONGEST_SENTENCE
from planner.llm.base import LanguageModel
from planner.read.formats import storyboard
from planner.read.formats.textfile import Remark, unremarked
from planner.story.story import Story

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
        opener, eyes = language_model(llm)
        renderer = open_generator(generator) if isinstance(generator, str) else generator
        self._memory = Memory.open(self.folder, database_url)
        self._crew = Crew(
            folder=self.folder,
            memory=self._memory,
            gallery=Gallery(self._memory.blobs),
            generator=renderer,
            critic=critic or open_critic(renderer.capabilities),
            llm=opener,
            eyes=eyes,
            budget=budget or Budget(),
        )
        self._checkpoints = sqlite3.connect(self.folder / "graph.db", check_same_thread=False)
        self._graph = build(self._crew, SqliteSaver(self._checkpoints))
        self._origin = Request.load(self.folder)

    @classmethod
    def from_storyboard(
        cls,
        path: str | Path,
        folder: str | Path,
        *,
        seed: int | None = None,
        remark: Remark = unremarked,
        **options: Any,
    ) -> Self:
        """A session whose story is read from a YAML or JSON file; ``options`` as for the class.

        The plan stands when this returns; ``seed`` overrides the file's, and ``remark`` is told how the file was
        read. Raises StoryboardError, NothingToFilm, and FolderTaken when the folder holds another story.
        """
        pictures: dict[str, bytes] = {}
        remarks: list[str] = []

        def keep(data: bytes) -> str:
            try:
                picture = encode_image(still(load_shown(data)))
            except MediaError as error:
                raise storyboard.StoryboardError(str(error)) from error
            pictures[digest := sha256(picture)] = picture
            return digest

        story = storyboard.load(path, keep, remarks.append)
        if not story.shots:
            raise NothingToFilm("; ".join([f"{path} has no shot to film: add one to a scene", *remarks]))
        for line in remarks:
            remark(line)
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

        ``images`` shows entities by name, in pictures or clips; ``duration`` is the film's length in seconds;
        ``keep`` is a storyboard whose locked scenes and shots stay as they are. In a folder that
        holds a story, the sentence edits it: the last event may then be a Question, and nothing has changed.
        What was said last and is not filmed yet, said again, goes on with the work. With ``new_story``
        another story's folder is refused. Raises NothingToFilm, MediaError, FolderTaken, NothingToUndo.
        """
        if not text.strip():
            raise NothingToFilm("nothing to film: say in a sentence or more what happens")
        shown = {name: self._crew.gallery.keep_shown(i, f"@{name}") for name, i in (images or {}).items()}
        if not new_story and self.story is not None and not self._is_under_way(text.strip()):
            return self._edit(text.strip(), self._propose(text.strip(), duration, shown))
        remarks: list[str] = []
        kept = self._kept(keep, remarks.append)
        asked = self._asked(sentences=(text.strip(),), images=shown, duration=duration, keep=kept)
        self._adopt(asked, new_story)
        return Run(chain(map(Notice, remarks), self._drive()))

    def preview(self, text: str, *, duration: float | None = None) -> Proposal:
        """What a sentence would do to the story, and which shots would be rendered; nothing is changed.

        Raises NothingToFilm, NotPlanned.
        """
        if not text.strip():
            raise NothingToFilm("nothing to change: say in a sentence what should be different")
        return self._propose(text.strip(), duration, {})

    def undo(self) -> Run:
        """Goes back to the version before; what was filmed of it is not rendered again. Raises NothingToUndo."""
        row = self._memory.current()
        if row is None or row.parent is None or "patch" not in row.provenance:
            raise NothingToUndo("there is no edit to undo")
        return self._go_to(row.parent)

    def redo(self) -> Run:
        """Takes back the last undo; the latest of several branches is followed. Raises NothingToUndo."""
        row = self._memory.current()
        undone = [v.version for v in self._memory.versions() if row and v.parent == row.version]
        if not undone:
            raise NothingToUndo("there is no undone edit to do again")
        return self._go_to(undone[-1])

    @property
    def request(self) -> Request | None:
        """What the folder answers; None while nothing was asked."""
        row = self._memory.current()
        edited = row is not None and "patch" in row.provenance
        return self._origin and self._origin.at(row.version if row and edited else None)

    def versions(self) -> list[StoryRow]:
        """Every version of the story, oldest first; ``parent`` is the one that it was made from."""
        return self._memory.versions()

    @property
    def version(self) -> int | None:
        """The version in force; None while there is no story."""
        row = self._memory.current()
        return row.version if row else None

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

    def _kept(self, path: str | Path | None, remark: Remark) -> str | None:
        """The storyboard of a path, kept as a document; ``remark`` is told how it was read. Raises StoryboardError."""
        if path is None:
            return None
        return self._crew.gallery.keep_document(storyboard.load(path, self._memory.blobs.put, remark))

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

    def _is_under_way(self, text: str) -> bool:
        """Whether a sentence was said last and its film is not there yet, or asked for the story itself."""
        row, origin = self._memory.current(), self._origin
        first = origin is not None and origin.sentences[-1:] == (text,)
        return first or (row is not None and row.reason == text and not self._state.get("film"))

    def _propose(self, text: str, duration: float | None, images: Mapping[str, str]) -> Proposal:
        version = self.version
        if version is None:
            raise NotPlanned("there is no story to change: say what to film first")
        if len(text) > LONGEST_SENTENCE:
            told = f"what should be different has {len(text):,} letters, and at most {LONGEST_SENTENCE:,} are read"
            raise NothingToFilm(f"{told}: say one thing at a time")
        return propose(text, self._lineage(version), self._crew, duration=duration, images=images)

    def _lineage(self, version: int) -> tuple[Version, ...]:
        return lineage(self._crew, self._state_of, self._memory.versions(), version)

    def _edit(self, text: str, proposal: Proposal) -> Run:
        """Keeps what the sentence makes of the story as a version, and drives it."""
        if proposal.only_undoes:
            return self.undo()
        refused = tuple(f"{e.directive}: {e.detail}" for e in proposal.lowering if e.outcome == "refused")
        if proposal.story == self.story:
            told = proposal.patch.question or "; ".join(refused) or "that changes nothing: it is so already"
            return Run(iter([Question(told)]))
        made = {
            "patch": proposal.patch.model_dump(mode="json"),
            "lowering": [entry.model_dump(mode="json") for entry in proposal.lowering],
            "reader": proposal.reader.model_dump(mode="json"),
        }
        version = self._memory.save_story(proposal.story.model_dump(mode="json"), text, provenance=made)
        operations = tuple(entry.directive for entry in proposal.lowering if entry.outcome != "refused")
        assumed = proposal.patch.assumptions
        edited = StoryEdited(version, operations, assumed, refused, proposal.stale, proposal.predicted_seconds)
        return Run(chain([edited], self._drive()))

    def _go_to(self, version: int) -> Run:
        self._memory.go_to(version)
        return self._drive()

    def _state_of(self, version: int) -> State:
        """Of the production that films a version; empty where there is none."""
        row = next(row for row in self._memory.versions() if row.version == version)
        request = self._origin and self._origin.at(version if "patch" in row.provenance else None)
        config: RunnableConfig = {"configurable": {"thread_id": request.thread if request else ""}}
        return cast(State, self._graph.get_state(config).values)

    def _adopt(self, asked: Request, new_story: bool) -> None:
        """Makes the folder answer the request."""
        held = self._origin
        again = held is not None and held.sentences[-1:] == asked.sentences != ()
        if held is None or held.same_story(asked):
            self._origin = asked
        elif new_story:
            raise FolderTaken(
                f"{self.folder} holds another production (other words, images, duration, seed or language "
                "model): choose another folder with --out"
            )
        elif again:
            self._origin = held.made_by(asked.makers)
        else:
            self._origin = held.followed_by(asked)
        self._origin.save(self.folder)

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
        begin = None if begun else {"request": self.request.model_dump(mode="json"), **self._begun_with()}
        events: Iterator[Any] = self._graph.stream(
            command or begin, self._config, stream_mode="custom", durability="sync"
        )
        yield from events
        for pending in self._graph.get_state(self._config).interrupts:
            yield ApprovalWanted(**pending.value)

    def _begun_with(self) -> State:
        """What an edited story's production begins with: the shots that are not stale."""
        story = self.story
        if self.request is None or self.request.version is None or story is None:
            return {}
        return carried(story, self._lineage(self.request.version)[1:], self._crew)

    def _shown_again(self) -> Iterator[Event]:
        """The end of a finished production; what is missing on disk is cut anew from its takes."""
        if not self._finished:
            restore(self._state, self._crew)
            cut(self._state, self._crew, lambda event: None)
        totals = self._read_report().totals
        yield FilmCut(self.folder / FILM, self.folder / CONTACT_SHEET, totals.film_seconds, totals.shots)

    def _read_report(self) -> Report:
        return Report.model_validate_json((self.folder / REPORT).read_bytes())
