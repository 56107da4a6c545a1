"""The instruction that turns one take into another: the one thing that is different."""

from __future__ import annotations

from collections.abc import Iterator

from omni_model.spec.captions import SceneFacts, SubjectFacts
from omni_model.spec.instructions import (
    SCENE_ATTRIBUTES,
    AddGarment,
    AddProp,
    Instruction,
    NamedSubject,
    RemoveSubject,
    ReplaceSubject,
    SetScene,
)
from planner.film.lowering import CompiledShot


def instruction(before: CompiledShot, after: CompiledShot) -> Instruction | None:
    """What makes one shot of the other; None when more than one thing is different, or what no edit can say.

    An edit keeps the length, the camera, the place, and where everybody is and what they do.
    """
    old, new = before.conditioning, after.conditioning
    if (old.frames, old.camera, before.facts.setting) != (new.frames, new.camera, after.facts.setting):
        return None
    was, now = ({t.entity: t.keys for t in c.tracks} for c in (old, new))
    if any(was[entity] != now[entity] for entity in was.keys() & now.keys()):
        return None
    deeds = [{s.entity: (s.action, s.direction) for s in c.facts.subjects} for c in (before, after)]
    if any(deeds[0][entity] != deeds[1][entity] for entity in deeds[0].keys() & deeds[1].keys()):
        return None
    different = list(_differences(before.facts, after.facts))
    return different[0] if len(different) == 1 else None


def _differences(before: SceneFacts, after: SceneFacts) -> Iterator[Instruction | None]:
    """Everything that is different; None for what no edit can say."""
    for attribute in SCENE_ATTRIBUTES:
        if getattr(before, attribute) != (value := getattr(after, attribute)):
            yield SetScene(attribute=attribute, value=value)
    new = {s.entity: s for s in after.subjects}
    for subject in before.subjects:
        if subject.entity in new:
            yield from _looks(subject, new[subject.entity])
        else:
            yield RemoveSubject(who=_named(subject))
    yield from (None for s in after.subjects if s.entity not in {b.entity for b in before.subjects})
    yield from (AddProp(colour=p.colour, prop=p.kind) for p in after.props if p not in before.props)
    yield from (None for p in before.props if p not in after.props)


def _looks(before: SubjectFacts, after: SubjectFacts) -> Iterator[Instruction | None]:
    if (before.species, before.colour) != (after.species, after.colour):
        yield ReplaceSubject(who=_named(before), by=_named(after))
    new = (g for g in after.wardrobe if g not in before.wardrobe)
    yield from (AddGarment(who=_named(before), colour=g.colour, item=g.item) for g in new)
    yield from (None for g in before.wardrobe if g not in after.wardrobe)


def _named(subject: SubjectFacts) -> NamedSubject:
    return NamedSubject(colour=subject.colour, species=subject.species)
