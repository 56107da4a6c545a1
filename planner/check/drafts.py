"""What is wrong with what a director wrote, before it becomes a story; each fault is a line that its author reads."""

from __future__ import annotations

from collections.abc import Iterator

from planner.story.brief import Brief
from planner.story.draft import SceneDraft, ShotDraft
from planner.story.treatment import SceneOutline, Treatment

_OFF = 0.02
"""Share of a film by which the scenes' seconds may miss its length; they are fitted to the frame."""


def treatment_faults(treatment: Treatment, brief: Brief, seconds: float | None) -> list[str]:
    """Unknown places and events, events in no scene or out of order, and a length that is not the one asked for."""
    return [*_unknown(treatment, brief), *_untold(treatment, brief), *_length(treatment, seconds)]


def _unknown(treatment: Treatment, brief: Brief) -> Iterator[str]:
    places, events = {place.id for place in brief.places}, {event.number for event in brief.events}
    for scene in treatment.scenes:
        if places and scene.place not in places:
            yield f"scene {scene.id}: there is no place {scene.place!r}; there are: {', '.join(sorted(places))}"
        if strange := [n for n in scene.events if n not in events]:
            yield f"scene {scene.id}: demand {strange[0]} is no event"
    ids = [scene.id for scene in treatment.scenes]
    yield from (f"two scenes have the id {i!r}" for i in dict.fromkeys(ids) if ids.count(i) > 1)


def _untold(treatment: Treatment, brief: Brief) -> Iterator[str]:
    filmed = [n for scene in treatment.scenes for n in scene.events]
    for event in brief.events:
        if event.number not in filmed:
            yield f"event {event.number} ({event.does}) is in no scene"
    order = [event.number for event in brief.events if event.number in filmed and not event.earlier]
    reached = -1
    for number in order:
        if filmed.index(number) < reached:
            yield f"event {number} is filmed before what comes before it"
        reached = max(reached, filmed.index(number))


def _length(treatment: Treatment, seconds: float | None) -> Iterator[str]:
    planned = sum(scene.seconds for scene in treatment.scenes)
    if seconds is not None and abs(planned - seconds) > _OFF * seconds:
        yield f"the scenes last {planned:g} seconds together and the film {seconds:g}"


def scene_faults(draft: SceneDraft, outline: SceneOutline, brief: Brief) -> list[str]:
    """Figures, lines and demands that are not there, demands of the scene that no shot serves, shots said twice."""
    faults = [f"shot {n}: {fault}" for n, shot in enumerate(draft.shots, 1) for fault in _shot_faults(shot, brief)]
    served = {n for shot in draft.shots for n in shot.serves}
    unserved = [event for event in brief.events if event.number in outline.events and event.number not in served]
    faults += [f"no shot serves event {event.number} ({event.does})" for event in unserved]
    heard = [n for shot in draft.shots for n in shot.speech]
    due = [line.number for line in brief.speech if line.event in outline.events]
    faults += [f"line {n} is in no shot" for n in due if n not in heard]
    faults += [f"line {n} is heard twice" for n in dict.fromkeys(heard) if heard.count(n) > 1]
    pictures = [shot.picture for shot in draft.shots]
    return faults + [
        f"shot {n} shows what a shot before it shows" for n, p in enumerate(pictures, 1) if p in pictures[: n - 1]
    ]


def _shot_faults(shot: ShotDraft, brief: Brief) -> Iterator[str]:
    hidden = {person.id for person in brief.people if not person.seen}
    known = {person.id for person in brief.people} | {thing.id for thing in brief.things}
    for figure in shot.figures:
        if figure.entity not in known:
            yield f"nobody and nothing has the id {figure.entity!r}"
        elif figure.entity in hidden:
            yield f"{figure.entity} is heard and never seen"
    lines, numbers = {line.number for line in brief.speech}, {demand.number for demand in brief.all}
    yield from (f"{n} is no line" for n in shot.speech if n not in lines)
    yield from (f"there is no demand {n}" for n in shot.serves if n not in numbers)
