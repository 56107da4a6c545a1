"""What of a storyboard cannot hold together, as its author wrote it: in one list, each with its place.

What holds, but hardly as it was meant, is a doubt: it is said, and the storyboard is filmed as it stands.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from planner.story.story import Character, Location, Prop, Shot, Story

FieldPath = tuple[int | str, ...]
"""Keys and indices from the top of a storyboard to a field."""
_Entity = Character | Prop | Location
_TOLERANCE = 0.1
"""Seconds by which the shots may miss the length that is aimed at."""


class Inconsistency(NamedTuple):
    """Two parts of a storyboard that exclude each other, or a mention of nothing: its place and one line."""

    location: FieldPath
    message: str


class _Fields(NamedTuple):
    location: FieldPath
    fields: dict[str, Any]


def contradictions(data: Any) -> Iterator[Inconsistency]:
    """Everything that contradicts itself in the plain data of a storyboard, which may be of any form."""
    cast, props, places, scenes = (list(_items(data, kind)) for kind in ("cast", "props", "locations", "scenes"))
    shots = [_Fields(("scenes", i, "shots", j), shot) for i, scene in scenes for j, shot in _items(scene, "shots")]
    yield from _twice("character, prop", [*_ids("cast", cast), *_ids("props", props)])
    yield from _twice("location", _ids("locations", places))
    yield from _twice("scene", _ids("scenes", scenes))
    yield from _twice("shot", [((*shot.location, "id"), shot.fields.get("id")) for shot in shots])
    yield from _order(shots)
    yield from _wardrobe(cast, [shot.fields.get("id") for shot in shots])
    if not all(_is_whole(data, kind) for kind in ("cast", "props", "locations")):
        return
    known = [place.get("id") for _, place in places]
    for i, scene in scenes:
        if "location" in scene:
            told = f"scene {scene.get('id')!r} is set in unknown location"
            yield from _unknown(("scenes", i, "location"), scene["location"], known, told)
    people = [one.get("id") for _, one in cast]
    yield from _mentions(shots, people, [*people, *(prop.get("id") for _, prop in props)])


def doubts(story: Story) -> Iterator[Inconsistency]:
    """What of a sound story is hardly meant so."""
    yield from _namesakes(story)
    yield from _never_worn(story)
    yield from _facts_of_nobody(story)
    for location, shot in _shots(story):
        staged = Counter(s.entity for s in shot.staging)
        for entity in (e for e, count in staged.items() if count > 1):
            told = f"shot {shot.id!r} stages {entity!r} {staged[entity]} times: it is shown once"
            yield Inconsistency((*location, "staging"), told)
    for i, place in enumerate(story.locations):
        if any(r.role == "sheet" for r in place.references):
            told = f"a picture of {place.id!r} has the role 'sheet', as characters have; a place has a 'plate'"
            yield Inconsistency(("locations", i, "references"), told)
    if story.target_duration and abs(story.target_duration - story.duration) > _TOLERANCE:
        told = f"the shots last {story.duration:g} s together, and are filmed so, not {story.target_duration:g} s"
        yield Inconsistency(("target_duration",), told)


def _shots(story: Story) -> Iterator[tuple[FieldPath, Shot]]:
    for i, scene in enumerate(story.scenes):
        for j, shot in enumerate(scene.shots):
            yield ("scenes", i, "shots", j), shot


def _namesakes(story: Story) -> Iterator[Inconsistency]:
    kinds: dict[str, Sequence[_Entity]] = {"cast": story.cast, "props": story.props, "locations": story.locations}
    for kind, entities in kinds.items():
        first: dict[str, str] = {}
        for i, entity in enumerate(entities):
            if (other := first.setdefault(entity.name.casefold(), entity.id)) != entity.id:
                told = f"{entity.id!r} is called {entity.name!r} like {other!r}: a sentence cannot tell them apart"
                yield Inconsistency((kind, i, "name"), told)


def _items(data: Any, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of a list in a mapping, with their indices; nothing where the form is another."""
    found = data.get(key) if isinstance(data, dict) else None
    for index, item in enumerate(found if isinstance(found, list) else ()):
        if isinstance(item, dict):
            yield index, item


def _is_whole(data: Any, key: str) -> bool:
    """Whether a list of mappings with ids has its form, so that what is not in it is unknown."""
    found = data.get(key, []) if isinstance(data, dict) else None
    return isinstance(found, list) and all(isinstance(i, dict) and isinstance(i.get("id"), str) for i in found)


def _ids(kind: str, items: Iterable[tuple[int, dict[str, Any]]]) -> list[tuple[FieldPath, Any]]:
    return [((kind, i, "id"), item.get("id")) for i, item in items]


def _twice(kind: str, ids: Iterable[tuple[FieldPath, Any]]) -> Iterator[Inconsistency]:
    seen: set[str] = set()
    for location, identity in ids:
        if isinstance(identity, str):
            if identity in seen:
                yield Inconsistency(location, f"two of kind {kind} have the id {identity!r}")
            seen.add(identity)


def _unknown(location: FieldPath, word: Any, known: Collection[Any], told: str) -> Iterator[Inconsistency]:
    """A contradiction where a word is none of the known ids."""
    if isinstance(word, str) and word not in known:
        ids = [i for i in known if isinstance(i, str)]
        near = difflib.get_close_matches(word[:100], ids[:2000], n=1)
        which = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(ids[:8])}" if ids else ""
        yield Inconsistency(location, f"{told} {word[:80]!r}{which}")


def _mentions(shots: Iterable[_Fields], people: list[Any], entities: list[Any]) -> Iterator[Inconsistency]:
    """Who is staged or speaks, and is nobody."""
    for shot in shots:
        name = shot.fields.get("id")
        for i, staging in _items(shot.fields, "staging"):
            location = (*shot.location, "staging", i, "entity")
            yield from _unknown(location, staging.get("entity"), entities, f"shot {name!r} stages unknown")
        for i, line in _items(shot.fields, "dialogue"):
            location = (*shot.location, "dialogue", i, "speaker")
            yield from _unknown(location, line.get("speaker"), people, f"shot {name!r} has dialogue of unknown")


def _order(shots: Iterable[_Fields]) -> Iterator[Inconsistency]:
    """Shots that go on from one that is not before them."""
    seen: set[Any] = set()
    for shot in shots:
        before = shot.fields.get("continues")
        if isinstance(before, str) and before not in seen:
            told = f"shot {shot.fields.get('id')!r} continues {before[:80]!r}, which is no earlier shot"
            yield Inconsistency((*shot.location, "continues"), told)
        if isinstance(identity := shot.fields.get("id"), str):
            seen.add(identity)


def _wardrobe(cast: Iterable[tuple[int, dict[str, Any]]], shots: list[Any]) -> Iterator[Inconsistency]:
    """Clothes that begin at no shot, and two states that begin at the same one."""
    for i, character in cast:
        begun: dict[Any, int] = {}
        for j, state in _items(character, "wardrobe"):
            start = state.get("from_shot")
            location = ("cast", i, "wardrobe", j)
            if not isinstance(start, str | None):
                continue
            told = f"wardrobe of {character.get('id')!r} starts at unknown shot"
            yield from _unknown((*location, "from_shot"), start, shots, told)
            if start in begun:
                when = f"at the shot {start!r}" if start else "with the film"
                told = f"wardrobe of {character.get('id')!r} has two states that begin {when}"
                yield Inconsistency(location, f"{told}: write all that is worn then in one")
            begun[start] = j


def _never_worn(story: Story) -> Iterator[Inconsistency]:
    first = next((shot.id for _, shot in story.shots), None)
    for i, character in enumerate(story.cast):
        starts = [state.from_shot for state in character.wardrobe]
        if first is not None and None in starts and first in starts:
            told = (
                f"what {character.id!r} wears from the beginning is never seen: other clothes begin with the first shot"
            )
            yield Inconsistency(("cast", i, "wardrobe"), told)


def _facts_of_nobody(story: Story) -> Iterator[Inconsistency]:
    lists: tuple[Sequence[_Entity], ...] = (story.cast, story.props, story.locations)
    entities = {entity.id for entities in lists for entity in entities}
    for location, shot in _shots(story):
        unknown = {fact.entity for fact in (*shot.before, *shot.after)} - entities
        for entity in sorted(unknown):
            yield Inconsistency(location, f"shot {shot.id!r} tells a fact of {entity!r}, who is nobody in this story")
