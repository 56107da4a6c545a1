"""The instruction that turns one take into another: what is different, in the words of edited training clips."""

from __future__ import annotations

from collections.abc import Iterator

from omni_model.spec.captions import SceneFacts, SubjectFacts
from planner.film.lowering import CompiledShot

_PHRASES = {
    "time": "make it {}",
    "weather": "make the weather {}",
    "mood": "make the mood {}",
    "style": "change the style to {}",
}


def instruction(before: CompiledShot, after: CompiledShot) -> str:
    """What to say to make one shot of the other; empty when more than one thing is different, or what no edit can say.

    An edit keeps the length, the camera, the place, and where everybody is and what they do.
    """
    old, new = before.conditioning, after.conditioning
    if (old.frames, old.camera, before.facts.setting) != (new.frames, new.camera, after.facts.setting):
        return ""
    was, now = ({t.entity: t.keys for t in c.tracks} for c in (old, new))
    if any(was[entity] != now[entity] for entity in was.keys() & now.keys()):
        return ""
    deeds = [{s.entity: (s.action, s.direction) for s in c.facts.subjects} for c in (before, after)]
    if any(deeds[0][entity] != deeds[1][entity] for entity in deeds[0].keys() & deeds[1].keys()):
        return ""
    different = list(_differences(before.facts, after.facts))
    return different[0] if len(different) == 1 else ""


def _differences(before: SceneFacts, after: SceneFacts) -> Iterator[str]:
    """Everything that is different, said; what no edit can say is an empty text."""
    for field, phrase in _PHRASES.items():
        if getattr(before, field) != (value := getattr(after, field)):
            yield phrase.format(value)
    new = {s.entity: s for s in after.subjects}
    for subject in before.subjects:
        if subject.entity in new:
            yield from _looks(subject, new[subject.entity])
        else:
            yield f"remove {_named(subject)}"
    yield from ("" for s in after.subjects if s.entity not in {b.entity for b in before.subjects})
    yield from (f"add a {p.colour} {p.kind}" for p in after.props if p not in before.props)
    yield from ("" for p in before.props if p not in after.props)


def _looks(before: SubjectFacts, after: SubjectFacts) -> Iterator[str]:
    if (before.species, before.colour) != (after.species, after.colour):
        yield f"replace {_named(before)} with a {after.colour} {after.species}"
    yield from (f"give {_named(before)} a {g.colour} {g.item}" for g in after.wardrobe if g not in before.wardrobe)
    yield from ("" for g in before.wardrobe if g not in after.wardrobe)


def _named(subject: SubjectFacts) -> str:
    return f"the {subject.colour} {subject.species}"
