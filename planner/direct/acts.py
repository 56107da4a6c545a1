"""Acts and scenes: where a film changes place, time or light, what each part is for, which shots share a camera."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from omni_model.spec.conditioning import Capabilities
from planner.direct import shooting
from planner.direct.breakdown import Beat, Breakdown
from planner.direct.develop import MOOD
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.story.outline import Outline
from planner.story.story import Reason, Scene, Shot

#: A scene that grows beyond this many shots ends with its event.
LONG_SCENE = 14
#: Films shorter than this, in seconds, or with fewer scenes have one act.
ONE_ACT, FEWEST_SCENES = 45.0, 3
#: Fewest shots of one kind in a scene that share a camera setup.
SHARED = 2


class Content:
    """One shot's content: who is in it and does what. Frozen before anybody thinks of the camera."""

    def __init__(self, identity: str, beat: Beat, frames: int, people: Sequence[str], actions: dict[str, str]):
        self.id, self.beat, self.frames, self.people, self.actions = identity, beat, frames, people, actions
        self.props: tuple[str, ...] = ()


def setting(content: Content) -> tuple[str, str, str, str]:
    event = content.beat.event
    return (event.place or "somewhere", event.time, event.weather, event.mood)


def grouped(contents: Sequence[Content], outline: Outline) -> list[list[Content]]:
    """Scenes: where and when it happens stays the same; a screenplay says itself where they begin."""
    groups: list[list[Content]] = []
    for content in contents:
        last = groups[-1][-1] if groups else None
        event = content.beat.event
        new_event = last is not None and content.beat.at != last.beat.at
        cut = outline.screenplay and last is not None and event.part != last.beat.event.part
        full = bool(groups) and len(groups[-1]) >= LONG_SCENE and new_event
        if last is None or cut or full or setting(content) != setting(last):
            groups.append([])
        groups[-1].append(content)
    return groups


def acts(groups: Sequence[Sequence[Content]], capabilities: Capabilities) -> list[int]:
    """The act of each scene, by where its middle lies in the film."""
    total = sum(c.frames for group in groups for c in group)
    if total / capabilities.fps < ONE_ACT or len(groups) < FEWEST_SCENES:
        return [1] * len(groups)
    ends = list(accumulate(act.share for act in grammar().acts))
    middles, at = [], 0
    for group in groups:
        length = sum(c.frames for c in group)
        middles.append((at + length / 2) / total)
        at += length
    return [1 + next(i for i, end in enumerate(ends) if middle <= end + 1e-9) for middle in middles]


def scene(group: Sequence[Content], identity: str, act: int, breakdown: Breakdown) -> Scene:
    """A scene without its shots: where, when, in what mood, what for, and why."""
    place, time, weather, mood = setting(group[0])
    told = next((c.beat.event for c in group if c.beat.event.duty == "told"), group[0].beat.event)
    known, part = grammar().moods.get(_mood_word(mood)), grammar().acts[act - 1]
    light = f"; {known.light}: {known.why}" if known else ""
    why = shooting.reasons(
        act=f"{part.name}: {part.why}",
        location=f"it happens here: {told.text}",
        time=_because("time", time, breakdown),
        weather=_because("weather", weather, breakdown),
        mood=_because("mood", mood, breakdown, told.kind) + light,
    )
    return Scene(
        id=identity,
        location=place,
        time=time,
        weather=weather,
        mood=mood,
        beat=told.text,
        shots=(),
        act=act,
        reasons=why,
    )


def _mood_word(mood: str) -> str:
    return next((m.word for m in find("mood", mood)), mood)


def _because(field: str, value: str, breakdown: Breakdown, kind: str = "") -> str:
    """Why a scene has its time, weather or mood: said, brought by what happens, or usual."""
    if any(value and value == getattr(e, field) and value in e.text.lower() for e in breakdown.outline.events):
        return f"the story says so: {value}"
    if field == "mood" and kind and MOOD.get(kind) == value:
        return f"to {kind} is felt as {value}"
    if any(value == getattr(e, field) for e in breakdown.outline.events):
        return f"{value} goes on from what came before"
    return f"nobody says otherwise: {value}, so that everything can be seen"


def set_up(scene: str, shots: Sequence[Shot]) -> tuple[Shot, ...]:
    """Shots of one size on the same unmoving people share a camera setup."""
    looks: dict[tuple[str, ...], list[str]] = {}
    for shot in shots:
        still = shot.camera == "static" and shot.staging and all(s.to_x is None for s in shot.staging)
        if still and shot.continues is None:
            looks.setdefault((shot.size, *sorted(s.entity for s in shot.staging)), []).append(shot.id)
    named = {i: f"{scene}-{n}" for n, ids in enumerate(looks.values(), 1) if len(ids) >= SHARED for i in ids}
    first = {i: ids[0] for ids in looks.values() for i in ids}
    return tuple(
        shot.model_copy(
            update={"setup": named[shot.id], "reasons": (*shot.reasons, *_same_place(shot.id, first[shot.id]))}
        )
        if shot.id in named
        else shot
        for shot in shots
    )


def _same_place(shot: str, first: str) -> tuple[Reason, ...]:
    why = (
        f"the camera is back where it was in {first}: the eye knows its way"
        if shot != first
        else "the camera will come back to this place"
    )
    return shooting.reasons(setup=why)


def told_once(scenes: Sequence[Scene]) -> list[Scene]:
    """The scenes with every description told apart from the same one before."""
    seen: Counter[str] = Counter()
    result = []
    for scene in scenes:
        shots = []
        for shot in scene.shots:
            seen[shot.description] += 1
            again = f" — look {seen[shot.description]}" if seen[shot.description] > 1 else ""
            shots.append(shot.model_copy(update={"description": shot.description + again}))
        result.append(scene.model_copy(update={"shots": tuple(shots)}))
    return result
