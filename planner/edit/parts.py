"""Shots and scenes that come, go and change places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.blocking import draws
from planner.edit.bodies import acting, enter, staged
from planner.edit.film import insert, reordered, without
from planner.edit.mentions import Mention, mentions
from planner.edit.refusal import CannotApply
from planner.patch import Scope, shots_in
from planner.story import Location, Shot, Size, Story
from planner.text import slug

if TYPE_CHECKING:
    from planner.edit.apply import Work

#: Seconds of a shot that is put in.
NEW_SHOT = 2.5


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
    raise CannotApply(f"a {work.operation.field} cannot be {work.operation.op}")


def _order(work: Work) -> list[str]:
    """The ids of the shots as they are to follow each other."""
    order = [shot.id for _, shot in work.story.shots]
    target = Scope.model_validate(work.text)
    other = [shot.id for _, shot in shots_in(work.story, target)]
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
    """A new shot as its words tell it, in the light of its neighbour unless they say otherwise."""
    story, words = work.story, work.text
    said = mentions(words, story)
    opens = work.operation.scope.where == "opening"
    anchor = work.asked[0] if opens else work.asked[-1]
    scene = next(s for s, shot in story.shots if shot.id == anchor)
    story, place = _place(story, said)
    light = {m.kind: m.text[:80] for m in said if m.kind in ("time", "weather", "mood")}
    own = work.operation.field == "scene" or place not in (None, scene.location) or bool(light)
    number = next(n for n in range(1, 10_000) if f"new-{n}" not in {s.id for _, s in story.shots})
    seconds = round(NEW_SHOT * work.capabilities.fps) / work.capabilities.fps
    shot = Shot(id=f"new-{number}", duration=seconds, description=words, size=_size(said), camera=_camera(said))
    new = None
    if own:
        taken = {s.id for s in story.scenes}
        identity = next(f"scene-{n}" for n in range(len(taken) + 1, 10_000) if f"scene-{n}" not in taken)
        new = scene.model_copy(update={"id": identity, "location": place or scene.location, "beat": "", **light})
    story = insert(story, shot, None if opens else anchor, new)
    return _peopled(story, shot.id, said, work.capabilities.max_subjects)


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


def _size(said: list[Mention]) -> Size:
    sizes: dict[str, Size] = {"wide": "wide", "medium": "medium", "close": "close"}
    return next((sizes[m.value] for m in said if m.kind == "size"), "wide")


def _camera(said: list[Mention]) -> str:
    return next((m.value for m in said if m.kind == "camera"), "static")


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
