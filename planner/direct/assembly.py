"""From what a director wrote to the story: exact frames, ids, clothes by shot, lines by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from omni_model.spec.conditioning import Capabilities
from planner.film.ground import find
from planner.language.text import slug
from planner.story.brief import Brief, Garb, Person, Place, Speech, Thing
from planner.story.draft import Figure, SceneDraft, ShotDraft
from planner.story.story import Character, Garment, Line, Location, Prop, Scene, Shot, Staging, Story, WardrobeState
from planner.story.treatment import SceneOutline, Treatment

_HEIGHTS = {"wide": 0.4, "medium": 0.45, "close": 0.5}


def assembled(
    brief: Brief, treatment: Treatment, drafts: Sequence[SceneDraft], capabilities: Capabilities, seconds: float | None,
    seed: int,
) -> Story:  # fmt: skip
    """The story that a director wrote, ``seconds`` long (None: as long as the treatment's scenes), to the frame.

    ``drafts`` are the treatment's scenes in their order.
    """
    length = seconds if seconds is not None else sum(scene.seconds for scene in treatment.scenes)
    written = [shot for draft in drafts for shot in draft.shots]
    durations = iter(whole_frames([shot.seconds for shot in written], length, capabilities.fps))
    sheets = {sheet.id: sheet.looks for sheet in treatment.looks}
    numbers, last, scenes = iter(range(1, len(written) + 1)), None, list[Scene]()
    for outline, draft in zip(treatment.scenes, drafts, strict=True):
        shots = list[Shot]()
        for shot in draft.shots:
            before = last if shots or _is_one_take(brief) else None
            last = _shot(shot, f"shot-{next(numbers):02d}", next(durations), brief, before)
            shots.append(last)
        scenes.append(_scene(outline, shots))
    return Story(
        id=slug(treatment.title, "film", ()),
        title=treatment.title,
        logline=treatment.logline,
        style=treatment.style or "cinematic",
        target_duration=length,
        seed=seed,
        cast=tuple(_character(person, scenes, sheets.get(person.id, "")) for person in brief.people),
        props=tuple(_prop(thing) for thing in brief.things),
        locations=tuple(_locations(brief, treatment, sheets)),
        scenes=tuple(scenes),
        brief=brief,
    )


def whole_frames(wanted: Sequence[float], length: float, fps: float) -> list[float]:
    """Seconds of each shot in whole frames, in proportion to what is wanted; together ``length``, to the frame.

    Every shot has a frame at least, so that more shots than frames last longer.
    """
    total, frames = sum(wanted), max(round(length * fps), len(wanted))
    reached, ends = 0.0, [0]
    for n, seconds in enumerate(wanted, 1):
        reached += seconds
        left = len(wanted) - n
        ends.append(min(max(round(reached / total * frames), ends[-1] + 1), frames - left))
    return [(end - start) / fps for start, end in pairwise(ends)]


def _scene(outline: SceneOutline, shots: Sequence[Shot]) -> Scene:
    return Scene(
        id=outline.id,
        location=outline.place,
        time=outline.time or "day",
        weather=outline.weather or "clear",
        mood=outline.mood or "calm",
        beat=outline.purpose,
        act=outline.act,
        shots=tuple(shots),
    )


def _shot(draft: ShotDraft, name: str, seconds: float, brief: Brief, last: Shot | None) -> Shot:
    goes_on = draft.transition == "continue" and last is not None
    return Shot(
        id=name,
        duration=seconds,
        description=draft.happens,
        picture=draft.picture,
        sound=draft.sound,
        serves=tuple(sorted({*draft.serves, *draft.speech})),
        size=draft.size,
        angle=draft.angle,
        camera=draft.camera,
        staging=tuple(_staging(figure, draft.size) for figure in draft.figures if _is_staged(figure, brief)),
        dialogue=tuple(_line(line) for line in _spoken(draft, brief)),
        caption=draft.caption,
        transition=draft.transition if goes_on or draft.transition != "continue" else "cut",
        continues=last.id if goes_on and last else None,
    )


def _spoken(draft: ShotDraft, brief: Brief) -> Iterator[Speech]:
    by_number = {line.number: line for line in brief.speech}
    return (by_number[number] for number in draft.speech)


def _is_staged(figure: Figure, brief: Brief) -> bool:
    """Whether a figure can be in a picture: places are not figures, and who is only heard is not seen."""
    return any(e.id == figure.entity for e in brief.things) or any(
        p.id == figure.entity and p.seen for p in brief.people
    )


def _staging(figure: Figure, size: str) -> Staging:
    return Staging(entity=figure.entity, x=figure.x, to_x=figure.to_x, action=figure.action, height=_HEIGHTS[size])


def _line(line: Speech) -> Line:
    return Line(speaker=line.speaker, text=line.text)


def _character(person: Person, scenes: Sequence[Scene], sheet: str) -> Character:
    colour = next((look for look in person.looks if _is_colour(look)), "")
    return Character(
        id=person.id,
        name=person.name or f"the {person.kind or 'person'}",
        kind=person.kind or "person",
        colour=colour,
        features=_told([look for look in person.looks if look != colour], sheet),
        count=person.count,
        wardrobe=tuple(_wardrobe(person.wears, scenes)),
    )


def _wardrobe(wears: Sequence[Garb], scenes: Sequence[Scene]) -> Iterator[WardrobeState]:
    """What is worn from the beginning, and from each shot on in which something is put on or was taken off."""
    changes = _changes(wears, scenes)
    if wears or changes:
        yield WardrobeState(garments=_worn(wears, changes, None))
    for shot in (shot.id for scene in scenes for shot in scene.shots):
        if any(shot in when for when in changes.values()):
            yield WardrobeState(garments=_worn(wears, changes, shot, scenes), from_shot=shot)


def _changes(wears: Sequence[Garb], scenes: Sequence[Scene]) -> Mapping[int, tuple[str | None, str | None]]:
    """Of each garment that changes, by its place: the shot from which it is worn, and from which no longer."""
    served = [(shot.id, shot.serves) for scene in scenes for shot in scene.shots]
    ids = [shot for shot, _ in served]

    def first(number: int | None) -> str | None:
        return next((shot for shot, serves in served if number in serves), None) if number else None

    def after(number: int | None) -> str | None:
        last = next((shot for shot, serves in reversed(served) if number in serves), None) if number else None
        following = ids[ids.index(last) + 1 :] if last else []
        return following[0] if following else None

    return {n: (first(g.since), after(g.until)) for n, g in enumerate(wears) if g.since or g.until}


def _worn(
    wears: Sequence[Garb], changes: Mapping[int, tuple[str | None, str | None]], shot: str | None,
    scenes: Sequence[Scene] = (),
) -> tuple[Garment, ...]:  # fmt: skip
    """What is worn in a shot; None: at the beginning."""
    order = [s.id for scene in scenes for s in scene.shots]
    at = order.index(shot) if shot else -1

    def is_on(n: int, garb: Garb) -> bool:
        since, until = changes.get(n, (None, None))
        begun = garb.since is None or (since is not None and shot is not None and order.index(since) <= at)
        return begun and not (until is not None and shot is not None and order.index(until) <= at)

    return tuple(_garment(garb.item) for n, garb in enumerate(wears) if is_on(n, garb))


def _garment(item: str) -> Garment:
    """'green hooded raincoat' as a hooded raincoat that is green."""
    colour = next((m.text for m in find("colour", item) if m.fit != "near"), "")
    rest = " ".join(item.replace(colour, " ", 1).split()) if colour else item
    return Garment(item=rest or item, colour=colour if rest else "")


def _is_colour(look: str) -> bool:
    return any(m.text == look and m.fit != "near" for m in find("colour", look))


def _prop(thing: Thing) -> Prop:
    colour = next((look for look in thing.looks if _is_colour(look)), "")
    kind = " ".join([*(look for look in thing.looks if look != colour), thing.kind])
    return Prop(id=thing.id, name=thing.name or f"the {thing.kind}", kind=kind, colour=colour)


def _location(place: Place, sheet: str) -> Location:
    return Location(id=place.id, name=place.name or place.kind, kind=place.kind, features=_told(place.looks, sheet))


def _locations(brief: Brief, treatment: Treatment, sheets: Mapping[str, str]) -> Iterator[Location]:
    """The places of the brief; of a brief without any, what its scenes call their place."""
    yield from (_location(place, sheets.get(place.id, "")) for place in brief.places)
    known = {place.id for place in brief.places}
    for unknown in dict.fromkeys(scene.place for scene in treatment.scenes if scene.place not in known):
        yield Location(id=unknown, name=unknown, kind=unknown)


def _is_one_take(brief: Brief) -> bool:
    """Whether no cut is wanted, so that a take goes on into the next scene too."""
    return any(form.rule == "one take" for form in brief.form)


def _told(looks: Sequence[str], sheet: str) -> str:
    """What the text says of how it looks, then what the director adds."""
    return "; ".join(filter(None, (", ".join(looks), sheet)))
