"""What is different between two versions of a story, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omni_model.spec.conditioning import Frozen
from planner.story.story import Story


class Difference(Frozen):
    """A field that is not the same; None where one version has no such thing."""

    place: str
    """'scenes.night.mood', 'scenes.night.shots.two.camera', 'cast.fox.colour'."""
    before: Any = None
    after: Any = None


def difference(before: Story, after: Story) -> tuple[Difference, ...]:
    """Every difference, in the order of the story; things are known by their ids, wherever they stand."""
    return tuple(_between("", _by_id(before.model_dump(mode="json")), _by_id(after.model_dump(mode="json"))))


def _by_id(value: Any) -> Any:
    """Lists of things with ids as mappings, so that they are compared by id."""
    if isinstance(value, dict):
        return {key: _by_id(item) for key, item in value.items()}
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return value
    name = next((k for k in ("id", "entity") if value and all(k in item for item in value)), None)
    if name is None or len({item[name] for item in value}) < len(value):
        return value
    return {item[name]: {k: _by_id(v) for k, v in item.items() if k != name} for item in value}


def _between(place: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        if isinstance(before, Mapping) and list(before) != list(after):
            yield Difference(place=f"{place}.order".lstrip("."), before=list(before), after=list(after))
        return
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield Difference(place=place, before=before, after=after)
        return
    for key in [*before, *(k for k in after if k not in before)]:
        yield from _between(f"{place}.{key}".lstrip("."), before.get(key), after.get(key))
