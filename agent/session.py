"""A session: one folder, one story, and a conversation about it. The whole agent behind one object."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from torch import Tensor

from agent.budget import Budget
from agent.context import ProductionContext
from agent.critic.critic import Critic
from agent.drive import Drive
from agent.errors import FolderTaken, NothingToFilm, NothingToUndo, NotPlanned
from agent.events import Event, Notice, Question, StoryEdited
from agent.folder.files import FILM
from agent.folder.report import PlannerReport, PlanReport, Report
from agent.folder.request import Request
from agent.folder.settings import ProductionSettings
from agent.models import EMBEDDED
from agent.opening import Choices, open_production
from agent.versions.carry import begin_rendition, planner_of_edit
from agent.versions.lineage import lineage, rendition_of
from agent.versions.propose import Proposal, propose
from memory import StoryRow, Unit
from omni_model.media import MediaError, encode_image, load_shown, still
from omni_model.spec.conditioning import sha256
from omni_model.spec.generator import Generator as Renderer
from planner.compile.shot import compile_shot
from planner.direct.plan import LONGEST_SENTENCE
from planner.llm.base import LanguageModel
from planner.read.formats import storyboard
from planner.read.formats.textfile import Remark, unremarked
from planner.story.story import Story

UNDO, REDO = "undo", "redo"


class Run(Iterator[Event]):
    """Work that is done while its events are read. Nothing happens before the first is asked for."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """Leaves the work where it is: the next command goes on from there."""
        if isinstance(self._events, Generator):
            self._events.close()

    def finish(self) -> Event | None:
        """Does all of the work; returns the last event, None when there was nothing to do."""
        last = None
        for last in self:  # noqa: B007
            pass
        return last


class Session:
    """A production in ``folder``, which is made if need be; a killed one goes on where it stopped.

    ``generator`` is a name (open weights: ``wan-vace:PATH?memory=12``) or an object, ``llm`` a spec of
    :func:`planner.llm.open_model` or an object, and ``critic`` the one whose weights are here unless another is
    given. What is not said is as the folder remembers it, and in a new folder as ``defaults`` say. The same sentences,
    images, seed and models give the same film, byte for byte, on the same machine.

    One session at a time works on a folder; others that only look are welcome.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        generator: str | Renderer | None = None,
        llm: str | LanguageModel | None = None,
        critic: Critic | None = None,
        seed: int | None = None,
        budget: Budget | None = None,
        memory_plan: str | None = None,
        defaults: ProductionSettings | None = None,
        database_url: str | None = None,
    ) -> None:
        """``memory_plan``: GiB of GPU memory for open weights. Raises UnknownGenerator, WeightsError, StoreError,
        FolderTaken."""
        self.folder = Path(folder)
        choices = Choices(generator, llm, critic, budget, memory_plan)
        self._production = open_production(self.folder, choices, defaults or ProductionSettings(), database_url)
        self._memory = self._production.context.memory
        self._drive = Drive(self._production.context)
        request = self.request
        self.seed = seed if seed is not None else request.seed if request else 0

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
        try:
            session._read_storyboard(story, pictures)
        except BaseException:
            session.close()
            raise
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
        another story's folder is refused. Raises NothingToFilm, MediaError, FolderTaken, NothingToUndo, StoreError.
        """
        text = text.strip()
        if not text:
            raise NothingToFilm("nothing to film: say in a sentence or more what happens")
        self._drive.begin()
        shown = {name: self._context.gallery.keep_shown(i, f"@{name}") for name, i in (images or {}).items()}
        if new_story or self.story is None:
            remarks: list[str] = []
            kept = self._kept(keep, remarks.append)
            self._adopt(self._asked(sentences=(text,), images=shown, duration=duration, keep=kept), new_story)
            return self._go_on(*map(Notice, remarks))
        if self._is_under_way(text, shown, duration):
            return self._go_on()
        return self._edit(text, self._propose(text, duration, shown))

    def preview(self, text: str, *, duration: float | None = None) -> Proposal:
        """What a sentence would do to the story, and which shots would be rendered; nothing is changed.

        Raises NothingToFilm, NotPlanned.
        """
        if not text.strip():
            raise NothingToFilm("nothing to change: say in a sentence what should be different")
        return self._propose(text.strip(), duration, {})

    def undo(self) -> Run:
        """Goes back to the version before; what was filmed of it is not rendered again. Raises NothingToUndo.

        One that was killed is completed when it is asked for again.
        """
        self._drive.begin()
        return self._go_on() if self._memory.production().step == UNDO else self._undo(UNDO)

    def redo(self) -> Run:
        """Takes back the last undo; the latest of several branches is followed. Raises NothingToUndo."""
        self._drive.begin()
        if self._memory.production().step == REDO:
            return self._go_on()
        row = self._memory.current()
        undone = [v.version for v in self._memory.versions() if row and v.parent == row.version]
        if not undone:
            raise NothingToUndo("there is no undone edit to do again")
        return self._go_to(undone[-1], REDO)

    @property
    def request(self) -> Request | None:
        """What the folder answers; None while nothing was asked."""
        return self._drive.request()

    def versions(self) -> list[StoryRow]:
        """Every version of the story, oldest first; ``parent`` is the one that it was made from."""
        return self._memory.versions()

    @property
    def version(self) -> int | None:
        """The version in force; None while there is no story."""
        return self._memory.production().version

    def approve(self, yes: bool = True) -> Run:
        """Renders the plan; the last event is FilmCut. ``yes`` False leaves it as it is, and nothing is rendered.

        Raises NotPlanned.
        """
        rendition = self._context.rendition()
        if rendition is None:
            raise NotPlanned("there is no plan to approve: say what to film first")
        if not yes:
            self._drive.release()
            return Run(iter(()))
        self._drive.begin()
        with self._memory.transaction() as unit:
            unit.update_rendition(rendition.id, approved=True)
        return self._go_on()

    def resume(self) -> Run:
        """Goes on with what was asked before; the last event is as for :meth:`say`. Raises NotPlanned."""
        if self.request is None:
            raise NotPlanned(f"{self.folder} holds no production to go on with: say what to film first")
        self._drive.begin()
        return self._go_on()

    @property
    def story(self) -> Story | None:
        """The story as planned; None while there is none."""
        version = self.version
        return None if version is None else self._context.story(version)

    @property
    def film(self) -> Path | None:
        """The finished film; None while there is none."""
        return self.folder / FILM if self._drive.is_finished() else None

    @property
    def report(self) -> Report | None:
        """What was planned, rendered, seen and spent; None while there is no film."""
        return self._drive.report() if self._drive.is_finished() else None

    @property
    def memory_plan(self) -> str:
        """How open weights use this machine; empty for other generators."""
        return str(getattr(self._context.generator, "plan", ""))

    def plan(self) -> PlanReport:
        """The story, who planned it, and the fate of every directive as of now. Raises NotPlanned."""
        rendition = self._context.rendition()
        if rendition is None:
            raise NotPlanned("there is no plan to show: say what to film first")
        story, capabilities = self._context.story(rendition.version), self._context.generator.capabilities
        pins = self._context.pins(rendition.id)
        compiled = (compile_shot(story, shot.id, capabilities, pins, seed=story.seed) for _, shot in story.shots)
        lowering = {shot.shot: shot.lowering for shot in compiled}
        return PlanReport(story=story, planner=PlannerReport.model_validate(rendition.planner), lowering=lowering)

    def clip(self, digest: str) -> Tensor:
        """Frames of a take by the clip's digest, as events name it: uint8 ``[T, 3, H, W]``."""
        return self._context.gallery(digest)

    def close(self) -> None:
        """Lets go of the folder and its database; what was made stays."""
        self._drive.close()
        self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _context(self) -> ProductionContext:
        return self._production.context

    def _read_storyboard(self, story: Story, pictures: Mapping[str, bytes]) -> None:
        """Makes a storyboard the production's story, and plans it."""
        self._drive.begin()
        for picture in pictures.values():
            self._memory.blobs.put(picture)
        document = self._context.gallery.keep_document(story)
        self._adopt(self._asked(storyboard=document), new_story=True)
        if self._context.rendition() is None and self._drive.finished() is None:
            self._go_on().finish()

    def _kept(self, path: str | Path | None, remark: Remark) -> str | None:
        """The storyboard of a path, kept as a document; ``remark`` is told how it was read. Raises StoryboardError."""
        if path is None:
            return None
        return self._context.gallery.keep_document(storyboard.load(path, self._memory.blobs.put, remark))

    def _asked(self, **fields: Any) -> Request:
        """A request of this session. A language model that nobody names is the one that planned before."""
        held, named = self.request, self._production.choices.llm is not None
        llm = held.llm if held and not named else self._production.settings.llm
        return Request(seed=self.seed, llm=llm, makers=self._context.makers, **fields)

    def _adopt(self, asked: Request, new_story: bool) -> None:
        """Makes the folder answer the request. Raises FolderTaken."""
        held = self._context.request()
        if held is not None and not held.same_story(asked):
            if new_story:
                raise FolderTaken(
                    f"{self.folder} holds another production (other words, images, duration, seed or language "
                    "model): choose another folder with --out"
                )
            asked = held.followed_by(asked)
        with self._memory.transaction() as unit:
            unit.save_request(asked.model_dump(mode="json"), self._production.settings.model_dump(mode="json"))

    def _is_under_way(self, text: str, images: Mapping[str, str], duration: float | None) -> bool:
        """Whether a sentence was said last and its end was not seen yet, or asked for the story itself."""
        request = self.request
        first = request is not None and request.sentences[-1:] == (text,)
        same = request is not None and duration in (None, request.duration) and images in ({}, request.images)
        return self._memory.production().step == text or (first and same)

    def _propose(self, text: str, duration: float | None, images: Mapping[str, str]) -> Proposal:
        version = self.version
        if version is None:
            raise NotPlanned("there is no story to change: say what to film first")
        if len(text) > LONGEST_SENTENCE:
            told = f"what should be different has {len(text):,} letters, and at most {LONGEST_SENTENCE:,} are read"
            raise NothingToFilm(f"{told}: say one thing at a time")
        return propose(text, lineage(self._context, version), self._context, duration=duration, images=images)

    def _edit(self, text: str, proposal: Proposal) -> Run:
        """Keeps what the sentence makes of the story as a version, begins to film it, and goes on with that."""
        if proposal.only_undoes:
            return self._undo(text)
        refused = tuple(f"{e.directive}: {e.detail}" for e in proposal.lowering if e.outcome == "refused")
        if proposal.story == self.story:
            self._drive.release()
            told = proposal.patch.question or "; ".join(refused) or "that changes nothing: it is so already"
            return Run(iter([Question(told)]))
        version = self._save(text, proposal)
        operations = tuple(entry.directive for entry in proposal.lowering if entry.outcome != "refused")
        assumed = proposal.patch.assumptions
        edited = StoryEdited(version, operations, assumed, refused, proposal.stale, proposal.predicted_seconds)
        return self._go_on(edited)

    def _save(self, text: str, proposal: Proposal) -> int:
        """The version that a sentence makes, and its rendition with all that stands, in one transaction."""
        made = {
            "patch": proposal.patch.model_dump(mode="json"),
            "lowering": [entry.model_dump(mode="json") for entry in proposal.lowering],
            "reader": proposal.reader.model_dump(mode="json"),
        }
        line = lineage(self._context, self._memory.production().version or 0)
        with self._memory.transaction() as unit:
            unit.begin_step(text)
            self._remember(unit)
            version = unit.save_story(proposal.story.model_dump(mode="json"), text, provenance=made)
            planner = planner_of_edit(made)
            begin_rendition(unit, self._context, version, proposal.story, planner, None, line)
        return version

    def _remember(self, unit: Unit) -> None:
        """How the film is made from now on."""
        asked = self._memory.production().request
        if asked is not None:
            unit.save_request(asked, self._production.settings.model_dump(mode="json"))

    def _undo(self, step: str) -> Run:
        row = self._memory.current()
        if row is None or row.parent is None or "patch" not in row.provenance:
            raise NothingToUndo("there is no edit to undo")
        return self._go_to(row.parent, step)

    def _go_to(self, version: int, step: str) -> Run:
        """Makes a version current as it was last filmed, by whoever filmed it unless another is asked for."""
        target = rendition_of(self._context, version)
        others = target is not None and target.makers != self._context.makers
        if target and others and target.generator in EMBEDDED and self._production.choices.generator is None:
            self._production = self._production.by_generator(target.generator)
            self._drive = self._drive.with_context(self._context)
        with self._memory.transaction() as unit:
            unit.begin_step(step)
            self._remember(unit)
            unit.go_to(version, target.id if target else None)
        return self._go_on()

    def _go_on(self, *first: Event) -> Run:
        return Run(self._events(first))

    def _events(self, first: Sequence[Event]) -> Iterator[Event]:
        yield from self._notices()
        yield from first
        yield from self._drive.events()

    def _notices(self) -> Iterator[Event]:
        """That another generator than before was asked for by name."""
        before, now = self._production.remembered, self._production.settings
        if before is not None and before.generator != now.generator:
            yield Notice(f"made by {before.generator} so far: {now.generator} renders every shot anew")
