"""Changes of who is in a film, how they look, what they wear, do and say."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from planner.direct.blocking import GROUND, HEIGHT, PROP_GROUND, PROP_HEIGHT, goes
from planner.edit.apply.film import dress, on_shots, worn
from planner.film.ground import find, stem
from planner.language.text import slug, words
from planner.story.story import Character, Garment, Line, Prop, Scene, Shot, Staging, Story

Ids = Collection[str]
#: Where somebody who comes into a shot may stand, the likeliest place first.
PLACES = (0.5, 0.3, 0.7, 0.16, 0.84)
SIDES = {"left": 0.22, "middle": 0.5, "right": 0.78}
APART = 0.14


def garment(words_: str) -> Garment:
    """'Red hat' as a garment of a colour."""
    colours = [m for m in find("colour", words_) if m.fit != "near"]
    if not colours or colours[0].end >= len(words_):
        return Garment(item=words_[:80])
    return Garment(item=words_[colours[0].end :].strip()[:80], colour=colours[0].text[:80])


def is_like(a: str, b: str) -> bool:
    """Whether two words name the same kind of garment."""
    kinds = [{m.word for m in find("wardrobe", w)} | {stem(p) for p in words(w)} for w in (a, b)]
    return bool(kinds[0] & kinds[1])


def dressed(story: Story, entity: str, ids: Ids, words_: str, *, off: bool) -> Story:
    """A garment put on or taken off in some shots; one of the same kind is replaced."""
    character = next(c for c in story.cast if c.id == entity)
    new, clothes = garment(words_), worn(story, character)
    for shot in clothes:
        if shot in ids:
            kept = tuple(g for g in clothes[shot] if not is_like(g.item, new.item))
            clothes[shot] = kept if off else (*kept, new)[-8:]
    return dress(story, {entity: clothes})


def recast(story: Story, entity: str, change: Callable[[Any], dict[str, Any]]) -> Story:
    """New fields for one character or prop, in the whole film; a script's spelling of an old name goes."""
    new = story.model_copy(
        update={
            "cast": tuple(c.model_copy(update=change(c)) if c.id == entity else c for c in story.cast),
            "props": tuple(p.model_copy(update=change(p)) if p.id == entity else p for p in story.props),
        }
    )
    renamed = {c.id for c, old in zip(new.cast, story.cast, strict=True) if c.name != old.name}
    speaking = [shot.id for _, shot in new.shots if any(x.speaker in renamed and x.cue for x in shot.dialogue)]
    return on_shots(new, speaking, lambda _, shot: {"dialogue": tuple(_uncued(x, renamed) for x in shot.dialogue)})


def _uncued(line: Line, renamed: Collection[str]) -> Line:
    return line.model_copy(update={"cue": ""}) if line.speaker in renamed else line


def become(character: Character | Prop, words_: str) -> dict[str, Any]:
    """Another body for a character: what the old one looked like goes, what it wears and does stays."""
    colour, kind = parted(words_)
    name = kind if find("species", character.name) else character.name
    plain = {"kind": kind[:80], "name": name[:120], "colour": colour}
    return plain if isinstance(character, Prop) else {**plain, "features": "", "references": ()}


def parted(words_: str) -> tuple[str, str]:
    """'Black cat' as colour and noun."""
    worn_ = garment(words_)
    return worn_.colour, worn_.item


def enter(story: Story, words_: str, ids: Ids, limit: int, *, kind: str) -> Story:
    """Somebody or something new in some shots, standing where there is room; nobody beyond ``limit`` a shot."""
    colour, noun = parted(words_)
    found = find("species" if kind == "cast" else "prop", noun)
    word = found[-1].word if found else noun
    identity = slug(noun, word, [*(c.id for c in story.cast), *(p.id for p in story.props)])
    if kind == "cast":
        new = Character(id=identity, name=noun[:120], kind=noun[:80], colour=colour)
        story = story.model_copy(update={"cast": (*story.cast, new)})
    else:
        thing = Prop(id=identity, name=noun[:120], kind=noun[:80], colour=colour)
        story = story.model_copy(update={"props": (*story.props, thing)})
    return staged(story, identity, ids, limit)


def staged(story: Story, entity: str, ids: Ids, limit: int) -> Story:
    """A known character or prop put into shots that do not show it yet."""
    people = {c.id: c for c in story.cast}

    def change(_: Scene, shot: Shot) -> dict[str, Any]:
        shown = [s for s in shot.staging if s.entity in people]
        full = entity in people and len(shown) >= limit
        if full or any(s.entity == entity for s in shot.staging):
            return {}
        taken = [x for s in shot.staging for x in (s.x, s.x if s.to_x is None else s.to_x)]
        x = max(PLACES, key=lambda p: (min((abs(p - t) for t in taken), default=1.0) >= APART, -PLACES.index(p)))
        if entity not in people:
            return {"staging": (*shot.staging, Staging(entity=entity, x=x, y=PROP_GROUND, height=PROP_HEIGHT))}
        known = find("species", people[entity].kind)
        tall = HEIGHT.get(known[-1].word if known else "person", HEIGHT["person"])
        new = Staging(entity=entity, x=x, y=GROUND, height=tall, action="stands")
        return {"staging": (*shown, new, *(s for s in shot.staging if s not in shown))}

    return on_shots(story, ids, change)


def leave(story: Story, entity: str, ids: Ids) -> Story:
    """A character or prop out of some shots; one that no shot shows any more leaves the story."""

    def change(_: Scene, shot: Shot) -> dict[str, Any]:
        return {
            "staging": tuple(s for s in shot.staging if s.entity != entity),
            "dialogue": tuple(line for line in shot.dialogue if line.speaker != entity),
        }

    story = on_shots(story, ids, change)
    if any(s.entity == entity for _, shot in story.shots for s in shot.staging):
        return story
    silent = not any(line.speaker == entity for _, shot in story.shots for line in shot.dialogue)
    return story.model_copy(
        update={
            "cast": tuple(c for c in story.cast if c.id != entity or not silent),
            "props": tuple(p for p in story.props if p.id != entity),
        }
    )


def acting(story: Story, entity: str, ids: Ids, action: str) -> Story:
    """What a character does in some shots; who now stays in place goes nowhere."""

    def change(_: Scene, shot: Shot) -> dict[str, Any]:
        return {"staging": tuple(_doing(s, action) if s.entity == entity else s for s in shot.staging)}

    return on_shots(story, ids, change)


def _doing(staging: Staging, action: str) -> Staging:
    stops = not goes(action)
    return staging.model_copy(update={"action": action[:80], **({"to_x": None, "to_y": None} if stops else {})})


def placed(story: Story, entity: str, ids: Ids, side: str) -> Story:
    """A character or prop on one side of some shots; somebody who stood there moves over."""

    def change(_: Scene, shot: Shot) -> dict[str, Any]:
        x = SIDES[side]
        moved = [
            s.model_copy(update={"x": x, "to_x": None})
            if s.entity == entity
            else s.model_copy(update={"x": 1 - s.x, "to_x": None if s.to_x is None else 1 - s.to_x})
            if abs(s.x - x) < APART
            else s
            for s in shot.staging
        ]
        return {"staging": tuple(moved)}

    return on_shots(story, ids, change)


def mirrored(shot: Shot) -> tuple[Staging, ...]:
    """Everything on the other side: as seen from behind."""
    return tuple(
        s.model_copy(update={"x": 1 - s.x, "to_x": None if s.to_x is None else 1 - s.to_x}) for s in shot.staging
    )


def speak(story: Story, entity: str | None, ids: Ids, text: str, *, instead: bool) -> Story:
    """A line in some shots, by ``entity`` or by whoever stands first; ``instead`` of what was said there."""
    people = {c.id for c in story.cast}
    cues = {line.speaker: line.cue for _, shot in story.shots for line in shot.dialogue}

    def change(_: Scene, shot: Shot) -> dict[str, Any]:
        speaker = entity or next((s.entity for s in shot.staging if s.entity in people), None)
        if speaker is None:
            return {}
        kept = tuple(line for line in shot.dialogue if not (instead and line.speaker == speaker))
        return {"dialogue": (*kept, Line(speaker=speaker, text=text, cue=cues.get(speaker, "")))[:8]}

    return on_shots(story, ids, change)


def hush(story: Story, entity: str | None, ids: Ids) -> Story:
    """Without what is said in some shots, by ``entity`` or by anybody."""
    return on_shots(
        story, ids, lambda _, s: {"dialogue": tuple(x for x in s.dialogue if entity and x.speaker != entity)}
    )
