"""The cut: accepted takes, in story order, become the film, its shots, the contact sheet and the report."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from agent.context import Crew, Emit
from agent.events import FilmCut, Notice
from agent.folder.files import CONTACT_SHEET, FILM, REPORT, SHOTS, write_json
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
from agent.graph.state import State, story_of, takes_of
from agent.vision.sight import judges
from omni_model.media import Caption, SheetRow, contact_sheet, write_film
from omni_model.spec.conditioning import sha256
from planner.film.lowering import CompiledShot
from planner.story.story import Scene, Shot, Story, Transition

_BLEND = 0.5
"""Seconds of a dissolve or fade, at most a third of the shot."""


def cut(state: State, crew: Crew, emit: Emit) -> State:
    """Writes everything that the folder shows; may be done again at any time with the same bytes."""
    began = time.monotonic()
    story = story_of(state, crew.memory)
    fps = crew.generator.capabilities.fps
    film = crew.folder / FILM
    metadata = {"title": story.title, "comment": story.logline}
    rows: list[SheetRow] = []
    clips = film_clips(story, _finished(story, state, crew, rows), fps)
    frames = write_film(film, clips, fps, metadata=metadata, captions=captions(story))
    for path in (crew.folder / SHOTS).glob("*.mp4"):
        if path.stem not in {shot.id for _, shot in story.shots}:
            path.unlink()
    subtitle = f"{len(rows)} shots · {story.duration:g} s · {crew.generator.capabilities.name}"
    scripts = contact_sheet(rows, crew.folder / CONTACT_SHEET, story.title, subtitle)
    if scripts:
        names = " and ".join(scripts)
        emit(Notice(f"no font of this machine has letters of {names}: the contact sheet spells them; install one"))
    spent = StageSeconds.model_validate({**state["seconds"], "cut": round(time.monotonic() - began, 3)})
    write_json(crew.folder / REPORT, report(story, state, crew, frames / fps, spent))
    emit(FilmCut(film, crew.folder / CONTACT_SHEET, frames / fps, len(story.shots)))
    return {"film": sha256(film.read_bytes())}


def _finished(story: Story, state: State, crew: Crew, rows: list[SheetRow]) -> Iterator[Tensor]:
    """The accepted takes as the film shows them, each finished once, written as a film of its own and sheeted."""
    for scene, shot in story.shots:
        clip = crew.finished(crew.on_record(state["accepted"][shot.id], shot.id))
        write_film(crew.folder / SHOTS / f"{shot.id}.mp4", [clip], crew.generator.capabilities.fps)
        rows.append(_sheet_row(scene, shot, clip, state, crew))
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
        lines = [shot.caption, *(f"{names[line.speaker]}: {line.text}" for line in shot.dialogue)]
        lines = [line for line in lines if line]
        span = shot.duration / max(len(lines), 1)
        for i, line in enumerate(lines):
            found.append(Caption(start + i * span, start + (i + 1) * span, line))
        start += shot.duration
    return found


def report(story: Story, state: State, crew: Crew, film_seconds: float, spent: StageSeconds) -> Report:
    """The contract of report.json."""
    shots = tuple(_shot_report(scene, shot, state, crew) for scene, shot in story.shots)
    return Report(
        story_id=story.id,
        seed=story.seed,
        planner=PlannerReport.model_validate(state["planner"]),
        generator=GeneratorReport(name=crew.generator.capabilities.name, weights_digest=crew.generator.weights_digest),
        critic=crew.critic.digest,
        shots=shots,
        totals=Totals(
            shots=len(shots),
            takes=sum(len(shot.takes) for shot in shots),
            film_seconds=round(film_seconds, 6),
            wall_seconds=spent,
            peak_rss_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        ),
        eyes=EyesReport.model_validate(state["eyes"]) if state.get("eyes") else None,
        judge=_judge_report(shots, state),
    )


def _judge_report(shots: tuple[ShotReport, ...], state: State) -> JudgeReport | None:
    eyes = state.get("eyes")
    if not (eyes and judges(state)):
        return None
    scores = (score for shot in shots for take in shot.takes for score in take.scores.items())
    asked = [measure for dimension, measure in scores if dimension.startswith("judge.")]
    told = {
        "backend": eyes["backend"],
        "model": eyes["model"],
        "answered": sum(measure.n_evaluated for measure in asked),
        "failed": sum(measure.n_failed for measure in asked),
    }
    return JudgeReport.model_validate(told | state.get("judged", {}))


def _shot_report(scene: Scene, shot: Shot, state: State, crew: Crew) -> ShotReport:
    planned = state["planned"][shot.id]
    takes = takes_of(state, shot.id)
    return ShotReport(
        id=shot.id,
        scene=scene.id,
        seconds=shot.duration,
        digest=planned["digest"],
        lowering=crew.gallery.document(planned["compiled"], CompiledShot).lowering,
        takes=tuple(_take_report(take.digest, shot.id, crew) for take in takes),
        accepted=state["accepted"][shot.id],
        reused=all(take.reused for take in takes),
    )


def _take_report(digest: str, shot: str, crew: Crew) -> TakeReport:
    found = review_of(crew.on_record(digest, shot))
    return TakeReport(digest=digest, scores=found.scores, notes=found.notes, verdict=found.verdict)


def _sheet_row(scene: Scene, shot: Shot, clip: Tensor, state: State, crew: Crew) -> SheetRow:
    takes = len(takes_of(state, shot.id))
    found = review_of(crew.on_record(state["accepted"][shot.id], shot.id))
    told = [found.verdict, _count(takes, "take")]
    told += [_count(len(found.notes), "doubt")] if found.notes else []
    about = f"{scene.location}, {scene.time} · {shot.size} · {shot.duration:.2f} s. {shot.description}"
    return SheetRow(shot.id, about, [clip[i].clone() for i in (0, len(clip) // 2, -1)], " · ".join(told))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
