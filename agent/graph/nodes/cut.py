"""The cut: accepted takes, in story order, become the film, its shots, the contact sheet and the report."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from agent.context import Emit, ProductionContext
from agent.events import FilmCut, Notice
from agent.folder.files import (
    CONTACT_SHEET,
    FILM,
    REPORT,
    SHOTS,
    STORY,
    digests,
    own_folder,
    shot_file,
    write_json,
)
from agent.folder.report import (
    EyesReport,
    GeneratorReport,
    JudgeReport,
    PlannerReport,
    Report,
    ShotReport,
    StageSeconds,
    TakeReport,
    Totals,
)
from agent.graph.nodes.review import review_of
from agent.graph.state import State
from agent.versions.lineage import attempts_of
from agent.vision.sight import judges
from memory import AttemptRow, RenditionRow, TakeRow, on_disk
from omni_model.media import Caption, FilmWriter, SheetRow, contact_sheet, film_frames, open_film
from planner.film.lowering import CompiledShot
from planner.story.story import Scene, Shot, Story, Transition

_BLEND = 0.5
"""Seconds of a dissolve or fade, at most a third of the shot."""


@dataclass(frozen=True)
class Selection:
    """What a film is cut from: the story, its rendition, and of each shot the attempts and the take that is in."""

    story: Story
    rendition: RenditionRow
    attempts: Mapping[str, Sequence[AttemptRow]]
    takes: Mapping[str, TakeRow]

    @classmethod
    def of(cls, rendition: RenditionRow, context: ProductionContext) -> Selection:
        """Raises StoreError when a take is gone."""
        accepted = context.memory.accepted_in(rendition.id)
        takes = {shot: context.recorded_take(digest, shot) for shot, digest in accepted.items()}
        return cls(context.story(rendition.version), rendition, attempts_of(context, rendition), takes)


def cut(state: State, context: ProductionContext, emit: Emit) -> State:
    """Writes everything that the folder shows; may be done again at any time with the same film."""
    rendition = context.memory.rendition(state["rendition"])
    seconds, shots, scripts = write_all(rendition, context)
    if scripts:
        names = " and ".join(scripts)
        emit(Notice(f"no font of this machine has letters of {names}: the contact sheet spells them; install one"))
    emit(FilmCut(context.folder / FILM, context.folder / CONTACT_SHEET, seconds, shots))
    return {"rendition": rendition.id}


def write_all(rendition: RenditionRow, context: ProductionContext) -> tuple[float, int, Sequence[str]]:
    """Writes the film, its shots, the sheet, the story and the report, and what they are into memory.

    Returns the film's seconds, the number of its shots, and scripts that no font here has. Raises StoreError.
    """
    began, folder, fps = time.monotonic(), context.folder, context.generator.capabilities.fps
    chosen = Selection.of(rendition, context)
    story, shots = chosen.story, [shot_file(shot.id) for _, shot in chosen.story.shots]
    with on_disk(folder):
        own_folder(folder / SHOTS)
        metadata = {"title": story.title, "comment": story.logline}
        with open_film(folder / FILM, fps, metadata=metadata, captions=captions(story)) as film:
            rows = _write_shots(film, chosen, context)
        for path in (folder / SHOTS).glob("*.mp4"):
            if f"{SHOTS}/{path.name}" not in shots:
                path.unlink()
        subtitle = f"{len(rows)} shots · {story.duration:g} s · {context.generator.capabilities.name}"
        scripts = contact_sheet(rows, folder / CONTACT_SHEET, story.title, subtitle)
    write_json(folder / STORY, story)
    spent = StageSeconds.model_validate({**rendition.seconds, "cut": round(time.monotonic() - began, 3)})
    write_json(folder / REPORT, report(chosen, context, film.frames / fps, spent))
    outputs = digests(folder, [FILM, CONTACT_SHEET, STORY, REPORT, *shots])
    with context.memory.transaction() as unit:
        unit.update_rendition(rendition.id, outputs=outputs, seconds=spent.model_dump())
    return film.frames / fps, len(shots), scripts


class _Stills:
    """The first, middle and last frame of a shot of ``count`` frames that come some at a time."""

    def __init__(self, count: int) -> None:
        self._wanted = (0, count // 2, count - 1)
        self._found: dict[int, Tensor] = {}
        self.seen = 0

    def see(self, piece: Tensor) -> None:
        for i in self._wanted:
            if self.seen <= i < self.seen + len(piece):
                self._found[i] = piece[i - self.seen].clone()
        self.seen += len(piece)

    @property
    def frames(self) -> list[Tensor]:
        """Uint8 [3, H, W] each, when the shot was seen to its end."""
        return [self._found[i] for i in self._wanted]


def _write_shots(film: FilmWriter, chosen: Selection, context: ProductionContext) -> list[SheetRow]:
    """Writes the accepted takes to the film, and each to a film of its own; returns the rows of the sheet.

    A take is finished once, and of its frames some at a time are held.
    """
    fps, rows = context.generator.capabilities.fps, []
    last: Tensor | None = None
    for scene, shot in chosen.story.shots:
        take = context.finished(chosen.takes[shot.id])
        stills, blend = _Stills(take.length), min(round(_BLEND * fps), take.length // 3)
        with open_film(context.folder / shot_file(shot.id), fps) as alone:
            for piece in take.pieces:
                pictures, begun = list(film_frames(piece)), entered(piece, stills.seen, last, shot.transition, blend)
                alone.write(pictures)
                film.write(pictures if begun is piece else film_frames(begun))
                stills.see(piece)
        rows.append(_sheet_row(scene, shot, stills.frames, chosen))
        last = stills.frames[-1]
    return rows


def entered(piece: Tensor, at: int, last: Tensor | None, transition: Transition, count: int) -> Tensor:
    """Frames of a shot from its frame ``at`` on; the shot's first ``count`` are blended from what was seen before.

    A dissolve comes out of the held ``last`` frame of the shot before, a fade out of black. Uint8 all.
    """
    blend = min(count - at, len(piece))
    if blend <= 0 or transition not in ("dissolve", "fade") or (transition == "dissolve" and last is None):
        return piece
    source = torch.zeros_like(piece[0]) if transition == "fade" or last is None else last
    share = (torch.arange(at + 1, at + blend + 1) / (count + 1))[:, None, None, None]
    blended = source.float() * (1 - share) + piece[:blend].float() * share
    return torch.cat([blended.round().byte(), piece[blend:]])


def captions(story: Story) -> list[Caption]:
    """What is said or shown as text, over the seconds of its shot."""
    found, start = [], 0.0
    names = {character.id: character.name for character in story.cast}
    for _, shot in story.shots:
        lines = [shot.caption, *(f"{line.cue or names[line.speaker]}: {line.text}" for line in shot.dialogue)]
        lines = [line for line in lines if line]
        span = shot.duration / max(len(lines), 1)
        for i, line in enumerate(lines):
            found.append(Caption(start + i * span, start + (i + 1) * span, line))
        start += shot.duration
    return found


def report(chosen: Selection, context: ProductionContext, film_seconds: float, spent: StageSeconds) -> Report:
    """The contract of report.json."""
    rendition = chosen.rendition
    shots = tuple(_shot_report(scene, shot, chosen, context) for scene, shot in chosen.story.shots)
    generator = context.generator
    return Report(
        story_id=chosen.story.id,
        seed=chosen.story.seed,
        planner=PlannerReport.model_validate(rendition.planner),
        generator=GeneratorReport(name=generator.capabilities.name, weights_digest=generator.weights_digest),
        critic=context.critic.digest,
        shots=shots,
        totals=Totals(
            shots=len(shots),
            takes=sum(len(shot.takes) for shot in shots),
            film_seconds=round(film_seconds, 6),
            wall_seconds=spent,
            peak_rss_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        ),
        eyes=EyesReport.model_validate(rendition.eyes) if rendition.eyes else None,
        judge=_judge_report(shots, rendition, context),
    )


def _judge_report(
    shots: tuple[ShotReport, ...], rendition: RenditionRow, context: ProductionContext
) -> JudgeReport | None:
    if rendition.eyes is None or not judges(rendition):
        return None
    scores = (score for shot in shots for take in shot.takes for score in take.scores.items())
    questions = [measure for dimension, measure in scores if dimension.startswith("judge.")]
    return JudgeReport.model_validate(
        {
            "backend": rendition.eyes["backend"],
            "model": rendition.eyes["model"],
            "answered": sum(measure.n_evaluated for measure in questions),
            "failed": sum(measure.n_failed for measure in questions),
            "failures": context.memory.judgements(rendition.id, "failure"),
            "comparisons": context.memory.judgements(rendition.id, "comparison"),
        }
    )


def _shot_report(scene: Scene, shot: Shot, chosen: Selection, context: ProductionContext) -> ShotReport:
    attempts = chosen.attempts[shot.id]
    return ShotReport(
        id=shot.id,
        scene=scene.id,
        seconds=shot.duration,
        digest=attempts[0].digest,
        lowering=context.gallery.document(attempts[0].compiled, CompiledShot).lowering,
        takes=tuple(_take_report(row, context) for row in attempts),
        accepted=chosen.takes[shot.id].digest,
        reused=all(row.reused for row in attempts),
    )


def _take_report(row: AttemptRow, context: ProductionContext) -> TakeReport:
    found = review_of(context.recorded_take(row.digest, row.shot))
    return TakeReport(digest=row.digest, scores=found.scores, notes=found.notes, verdict=found.verdict)


def _sheet_row(scene: Scene, shot: Shot, stills: Sequence[Tensor], chosen: Selection) -> SheetRow:
    found = review_of(chosen.takes[shot.id])
    said = [found.verdict, _count(len(chosen.attempts[shot.id]), "take")]
    said += [_count(len(found.notes), "doubt")] if found.notes else []
    about = f"{scene.location}, {scene.time} · {shot.size} · {shot.duration:.2f} s. {shot.description}"
    return SheetRow(shot.id, about, stills, " · ".join(said))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
