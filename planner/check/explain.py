"""A plan as a director's notes: acts, scenes and shots, and why each directive is as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from planner.film.grammar import grammar
from planner.story.story import Reason, Scene, Shot, Story

#: Fields whose reason a shot's notes give, in the order in which a director thinks.
ORDER = (
    "description",
    "size",
    "camera",
    "angle",
    "staging",
    "continues",
    "transition",
    "setup",
    "duration",
    "dialogue",
)
#: Reasons that hold for most shots and are told only where they differ.
USUAL = {"angle": "eye", "transition": "cut"}


def notes(story: Story) -> dict[str, Any]:
    """The notes as plain JSON: the film's own, then acts > scenes > shots, each with ``because`` (field -> reason)."""
    acts = []
    for number, scenes in groupby(story.scenes, key=lambda scene: scene.act):
        part = grammar().acts[number - 1] if number <= len(grammar().acts) else None
        acts.append(
            {
                "act": number,
                "name": part.name if part else "",
                "because": part.why if part else "",
                "scenes": [_scene(scene) for scene in scenes],
            }
        )
    return {"title": story.title, "seconds": story.duration, "because": _because(story.reasons), "acts": acts}


def director_notes(story: Story) -> Iterator[str]:
    """The notes as lines of text."""
    yield f"{story.title} — {_clock(story.duration)}, {len(story.scenes)} scenes, {len(story.shots)} shots"
    yield from (f"  {r.field.replace('_', ' ')}: {r.because}" for r in story.reasons)
    at, several = 0.0, len({scene.act for scene in story.scenes}) > 1
    for number, scenes in groupby(story.scenes, key=lambda scene: scene.act):
        if several and number <= len(grammar().acts):
            part = grammar().acts[number - 1]
            yield ""
            yield f"ACT {number}: {part.name.upper()} — {part.why}"
        for scene in scenes:
            yield from _told_scene(story, scene, at)
            at += sum(shot.duration for shot in scene.shots)


def _told_scene(story: Story, scene: Scene, at: float) -> Iterator[str]:
    place = next(p.name for p in story.locations if p.id == scene.location)
    yield ""
    yield f"{scene.id} [{_clock(at)}] {place}, {scene.time}, {scene.weather}, {scene.mood}"
    yield f"  what for: {scene.beat or 'as its author wrote it'}"
    yield from (f"  {r.field}: {r.because}" for r in scene.reasons if r.field in ("time", "weather", "mood"))
    for shot in scene.shots:
        yield from _told_shot(shot)


def _told_shot(shot: Shot) -> Iterator[str]:
    angle = "" if shot.angle == "eye" else f", {shot.angle} angle"
    locked = " (locked)" if shot.lock else ""
    yield f"  {shot.id} {shot.duration:.2f} s, {shot.size}, {shot.camera}{angle}{locked}: {shot.description}"
    yield from (f"      “{line.text}” ({line.speaker})" for line in shot.dialogue)
    for fields, because in _grouped(shot.reasons, shot):
        yield f"      {fields}: {because}"


def _grouped(reasons: Sequence[Reason], shot: Shot) -> Iterator[tuple[str, str]]:
    """Reasons in order, those that are the same told once."""
    same: dict[str, list[str]] = {}
    for reason in sorted(reasons, key=lambda r: ORDER.index(r.field) if r.field in ORDER else len(ORDER)):
        if USUAL.get(reason.field) != getattr(shot, reason.field, None):
            same.setdefault(reason.because, []).append("why" if reason.field == "description" else reason.field)
    return ((", ".join(fields), because) for because, fields in same.items())


def _scene(scene: Scene) -> dict[str, Any]:
    shots = [{"id": shot.id, "because": _because(shot.reasons)} for shot in scene.shots]
    return {"id": scene.id, "beat": scene.beat, "because": _because(scene.reasons), "shots": shots}


def _because(reasons: Sequence[Reason]) -> dict[str, str]:
    return {reason.field: reason.because for reason in reasons}


def _clock(seconds: float) -> str:
    """'2:05' of 125 seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
