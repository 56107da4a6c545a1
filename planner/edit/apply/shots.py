"""Shots and scenes that come, go and change places."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from planner.direct.blocking import draws
from planner.edit.apply.cast import acting, enter, placed, staged
from planner.edit.apply.film import insert, on_shots, reordered, without
from planner.edit.apply.refusal import CannotApply
from planner.edit.read.mentions import Mention, mentions
from planner.film.grammar import CoverageShot, grammar
from planner.film.ground import find
from planner.language.text import slug
from planner.story.patch import Scope, shots_matching
from planner.story.story import Location, Shot, Story

if TYPE_CHECKING:
    from planner.edit.apply.work import Work

#: Seconds of a shot that is put in.
NEW_SHOT = 2.5
#: Most shots of a scene that is put in, and the event that one is covered as when its words name none.
LOOKS, USUAL = 3, "arrive"


def changed(work: Work) -> Story:
    """The story with shots or scenes added, removed, moved or exchanged."""
    match work.operation.op:
        case "add":
            return _added(work)
        case "remove":
            if len(work.ids) == len(work.story.shots):
                raise CannotApply("a film needs at least one shot")
            return without(work.story, work.ids)
        case "move" | "swap":
            return reordered(work.story, _order(work))
        case "merge":
            return _in_one_take(work)
    raise CannotApply(f"a {work.operation.field} cannot be {work.operation.op}")


def _in_one_take(work: Work) -> Story:
    """Each of some shots goes on from the one before, without a cut between them."""
    order = [shot.id for _, shot in work.story.shots]
    at = [order.index(i) for i in work.ids]
    if len(at) < 2 or at != list(range(at[0], at[0] + len(at))):
        raise CannotApply("only shots that follow each other can be one take")
    behind = {after: first for first, after in pairwise(work.ids)}
    return on_shots(work.story, tuple(behind), lambda _, s: {"transition": "continue", "continues": behind[s.id]})


def _order(work: Work) -> list[str]:
    """The ids of the shots as they are to follow each other."""
    order = [shot.id for _, shot in work.story.shots]
    target = Scope.model_validate(work.text)
    other = [shot.id for _, shot in shots_matching(work.story, target)]
    mine = list(work.ids)
    if not other or set(mine) & set(other) or work.kept:
        raise CannotApply(f"there is no place {target} to go to")
    if work.operation.op == "swap":
        first, second = sorted((mine, other), key=lambda part: order.index(part[0]))
        between = order[order.index(first[-1]) + 1 : order.index(second[0])]
        start = order.index(first[0])
        return [*order[:start], *second, *between, *first, *order[start + len([*first, *between, *second]) :]]
    rest = [i for i in order if i not in mine]
    at = 0 if target.where == "opening" else rest.index(other[-1]) + 1
    return [*rest[:at], *mine, *rest[at:]]


def _added(work: Work) -> Story:
    """A new shot, or a small scene, as its words tell it, in the light of its neighbour unless they say otherwise."""
    words = work.text
    said = mentions(words, work.story)
    opens = work.operation.scope.where == "opening"
    anchor = work.asked[0] if opens else work.asked[-1]
    story, place = _place(work.story, said)
    scene = next(s for s, shot in story.shots if shot.id == anchor)
    light = {m.kind: m.text[:80] for m in said if m.kind in ("time", "weather", "mood")}
    looks = _coverage(words) if work.operation.field == "scene" else ()
    new = None
    if looks or place not in (None, scene.location) or light:
        new = scene.model_copy(update={"id": _free("scene", {s.id for s in story.scenes}), "beat": "", **light})
        new = new.model_copy(update={"location": place or scene.location})
    told = _shot(work, story, words)
    size, camera = (looks[0].size, looks[0].camera) if looks else ("wide", "static")
    told = told.model_copy(update={"size": _said(said, "size", size), "camera": _said(said, "camera", camera)})
    story = insert(story, told, None if opens else anchor, new)
    story = _peopled(story, told.id, said, work.capabilities.max_subjects)
    for look in looks[1:]:
        story = _covered(work, story, told.id, look)
    return story


def _coverage(words: str) -> tuple[CoverageShot, ...]:
    """How film grammar covers what happens: the look that tells it, and those that follow."""
    known = grammar().coverage
    kinds = [m.word for m in find("event", words) if m.word in known]
    return tuple(known[kinds[0] if kinds else USUAL][:LOOKS])


def _covered(work: Work, story: Story, told: str, look: CoverageShot) -> Story:
    """The story with one more look at the people of a new scene, behind those that are there; none without them."""
    scene, first = next(pair for pair in story.shots if pair[1].id == told)
    cast = {c.id for c in story.cast}
    people = [s for s in first.staging if s.entity in cast]
    shown = {"all": people, "actor": people[:1], "other": people[1:2]}.get(look.who, [])
    if not shown:
        return story
    description = f"{first.description[:200]}: {look.purpose}"
    shot = _shot(work, story, description).model_copy(update={"size": look.size, "camera": look.camera})
    story = insert(story, shot.model_copy(update={"staging": tuple(shown)}), scene.shots[-1].id)
    return story if len(shown) > 1 else placed(story, shown[0].entity, [shot.id], "middle")


def _shot(work: Work, story: Story, description: str) -> Shot:
    fps = work.capabilities.fps
    taken = {shot.id for _, shot in story.shots}
    return Shot(id=_free("new", taken), duration=round(NEW_SHOT * fps) / fps, description=description)


def _free(base: str, taken: set[str]) -> str:
    return next(i for n in range(1, 10_000) if (i := f"{base}-{n}") not in taken)


def _said(said: list[Mention], kind: str, otherwise: str) -> str:
    return next((m.value for m in said if m.kind == kind), otherwise)


def _place(story: Story, said: list[Mention]) -> tuple[Story, str | None]:
    """The location that the words name, new or known."""
    for mention in said:
        if mention.kind == "setting" and mention.scopes:
            return story, next(s.location for s in story.scenes if s.id == mention.scopes[0].id)
        if mention.kind == "setting":
            words = mention.text[:80]
            new = Location(id=slug(words, mention.value, [p.id for p in story.locations]), name=words, kind=words)
            return story.model_copy(update={"locations": (*story.locations, new)}), new.id
    return story, None


def _peopled(story: Story, shot_id: str, said: list[Mention], limit: int) -> Story:
    """Who and what the words name, doing what they say, known or new."""
    action = next((m.value if m.fit != "near" else m.text for m in said if m.kind == "action"), "")
    for mention in said:
        if mention.kind in ("who", "thing"):
            story = staged(story, mention.value, [shot_id], limit)
        elif mention.kind in ("species", "prop", "wardrobe"):
            colour = next((c.text for c in said if c.kind == "colour" and c.end <= mention.start <= c.end + 2), "")
            kind = "cast" if mention.kind == "species" else "prop"
            story = enter(story, f"{colour} {mention.text}".strip(), [shot_id], limit, kind=kind)
    shot = next(s for _, s in story.shots if s.id == shot_id)
    people = [s.entity for s in shot.staging if any(c.id == s.entity for c in story.cast)]
    for entity in people if action and (draws(action) or people) else ():
        story = acting(story, entity, [shot_id], action)
    return story
