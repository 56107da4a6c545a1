"""Changes in prose: features of somebody, and what a shot shows or lets hear that has no field of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.edit.apply.cast import recast
from planner.edit.apply.film import on_shots
from planner.edit.apply.refusal import CannotApply
from planner.story.story import Shot, Story

if TYPE_CHECKING:
    from planner.edit.apply.work import Work


def features(work: Work) -> Story:
    """Looks of somebody in the whole film, or in the pictures of some shots; ``remove`` takes one away."""
    entity, words = work.one(), work.text
    person = next((c for c in work.story.cast if c.id == entity), None)
    whole = {i for i in work.asked if i in work.ids} == _shown(work.story, entity)
    if person is None or not whole:
        return _seen_on(work, entity, words)
    parts = [part.strip() for part in re.split(r"[,;]", person.features) if part.strip()]
    alike = [part for part in parts if _ends_alike(part, words)]
    if work.operation.op == "remove":
        if not alike:
            raise CannotApply(f"{person.name} has no {words}")
        return recast(work.story, entity, lambda _: {"features": ", ".join(p for p in parts if p not in alike)})
    kept = [part for part in parts if part not in alike]
    return recast(work.story, entity, lambda _: {"features": ", ".join((*kept, words))})


def retold(story: Story, entity: str, ids: tuple[str, ...], action: str) -> Story:
    """Descriptions that say what somebody now does: what was told of that one alone gives way."""
    names = {c.id: {w.lower() for w in re.findall(r"\w{3,}", f"{c.name} {c.kind}")} - _SMALL for c in story.cast}
    name = next(c.name for c in story.cast if c.id == entity)

    def change(_: object, shot: Shot) -> dict[str, str]:
        return {
            field: _told(getattr(shot, field), entity, names, f"{name} {action}.")
            for field in ("description", "picture")
            if getattr(shot, field)
        }

    return on_shots(story, ids, change)


_SMALL = frozenset({"the", "and", "with", "old", "young", "big", "small", "little", "from", "one"})


def _told(prose: str, entity: str, names: dict[str, set[str]], new: str) -> str:
    sentences = re.split(r"(?<=[.!?])\s+", prose)
    about = [{i for i, words in names.items() if words & {w.lower() for w in re.findall(r"\w+", s)}} for s in sentences]
    at = next((n for n, who in enumerate(about) if who == {entity}), None)
    kept = [s for n, s in enumerate(sentences) if n != at]
    kept.insert(len(kept) if at is None else at, new)
    return " ".join(kept)


def picture(work: Work) -> Story:
    """More that the frames of some shots show."""
    return on_shots(
        work.story, work.ids, lambda _, shot: {"picture": _with(shot.picture or shot.description, work.text)}
    )


def sound(work: Work) -> Story:
    """What is heard in some shots: more of it, or nothing."""
    if work.operation.op == "remove":
        return on_shots(work.story, work.ids, lambda *_: {"sound": ""})
    return on_shots(work.story, work.ids, lambda _, shot: {"sound": _with(shot.sound, work.text)})


def _seen_on(work: Work, entity: str, words: str) -> Story:
    """Looks that only some shots show are written into their pictures."""
    name = next(e.name for e in work.story.entities if e.id == entity)
    told = f"{name}: without {words}" if work.operation.op == "remove" else f"{name}: {words}"
    shown = tuple(i for i in work.ids if i in _shown(work.story, entity))
    if not shown:
        raise CannotApply(f"{name} is not seen there")
    work.assumptions.append(f"the looks of {name} are the same in the whole film; here the picture says otherwise")

    def change(_: object, shot: Shot) -> dict[str, str]:
        return {"picture": _with(shot.picture or shot.description, told)}

    return on_shots(work.story, shown, change)


def _shown(story: Story, entity: str) -> set[str]:
    return {shot.id for _, shot in story.shots if any(s.entity == entity for s in shot.staging)}


def _with(prose: str, words: str) -> str:
    """Prose with one more sentence."""
    sentence = words[:1].upper() + words[1:].rstrip(".") + "."
    return f"{prose.rstrip()} {sentence}".strip()


def _ends_alike(one: str, other: str) -> bool:
    """Whether two features are of the same part of a body: 'torn ears' and 'whole ears'."""
    nouns = {re.sub(r"s$", "", w.lower()) for w in re.findall(r"\w+", other)}
    return bool(nouns & {re.sub(r"s$", "", w.lower()) for w in re.findall(r"\w+", one)})
