"""The cut: accepted takes, in story order, become the film, its shots, the contact sheet and the report."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from omni_model.media import Caption, SheetRow, contact_sheet, write_film
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
    rows: list[SheetRow] = []
    with on_disk(folder):
        own_folder(folder / SHOTS)
        metadata = {"title": story.title, "comment": story.logline}
        clips = film_clips(story, _finished(chosen, context, rows), fps)
        frames = write_film(folder / FILM, clips, fps, metadata=metadata, captions=captions(story))
        for path in (folder / SHOTS).glob("*.mp4"):
            if f"{SHOTS}/{path.name}" not in shots:
                path.unlink()
        subtitle = f"{len(rows)} shots · {story.duration:g} s · {context.generator.capabilities.name}"
        scripts = contact_sheet(rows, folder / CONTACT_SHEET, story.title, subtitle)
    write_json(folder / STORY, story)
    spent = StageSeconds.model_validate({**rendition.seconds, "cut": round(time.monotonic() - began, 3)})
    write_json(folder / REPORT, report(chosen, context, frames / fps, spent))
    outputs = digests(folder, [FILM, CONTACT_SHEET, STORY, REPORT, *shots])
    with context.memory.transaction() as unit:
        unit.update_rendition(rendition.id, outputs=outputs, seconds=spent.model_dump())
    return frames / fps, len(shots), scripts


def _finished(chosen: Selection, context: ProductionContext, rows: list[SheetRow]) -> Iterator[Tensor]:
    """The accepted takes as the film shows them, each finished once, written as a film of its own and sheeted."""
    for scene, shot in chosen.story.shots:
        clip = context.finished(chosen.takes[shot.id])
        write_film(context.folder / shot_file(shot.id), [clip], context.generator.capabilities.fps)
        rows.append(_sheet_row(scene, shot, clip, chosen))
        yield clip


def film_clips(story: Story, clips: Iterable[Tensor], fps: float) -> Iterator[Tensor]:
    """The shots' frames with their transitions, one shot at a time; the length is that of the shots."""
    blend = round(_BLEND * fps)
    last: Tensor | None = None
    for (_, shot), clip in zip(story.shots, clips, strict=True):
        yield entered(clip, last, shot.transition, min(blend, len(clip) // 3))
        last = clip[-1]


def entered(clip: Tensor, last: Tensor | None, transition: Transition, count: int) -> Tensor:
    """A shot's frames, the first ``count`` of them blended from what was seen before.

    A dissolve comes out of the held ``last`` frame of the shot before, a fade out of black. Uint8 both.
    """
    if count == 0 or transition not in ("dissolve", "fade") or (transition == "dissolve" and last is None):
        return clip
    source = torch.zeros_like(clip[0]) if transition == "fade" or last is None else last
    share = (torch.arange(1, count + 1) / (count + 1))[:, None, None, None]
    blended = source.float() * (1 - share) + clip[:count].float() * share
    return torch.cat([blended.round().byte(), clip[count:]])


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


def _sheet_row(scene: Scene, shot: Shot, clip: Tensor, chosen: Selection) -> SheetRow:
    found = review_of(chosen.takes[shot.id])
    said = [found.verdict, _count(len(chosen.attempts[shot.id]), "take")]
    said += [_count(len(found.notes), "doubt")] if found.notes else []
    about = f"{scene.location}, {scene.time} · {shot.size} · {shot.duration:.2f} s. {shot.description}"
    return SheetRow(shot.id, about, [clip[i].clone() for i in (0, len(clip) // 2, -1)], " · ".join(said))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
