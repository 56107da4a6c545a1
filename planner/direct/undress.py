"""What somebody wears and takes off comes off: it is no second thing, and a state of their wardrobe says since when."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.direct.acts import Content
from planner.film.ground import find
from planner.story.outline import Outline, OutlineEvent
from planner.story.story import Character, Garment, WardrobeState

_OFF = re.compile(
    r"\b(?:tak\w+|took|pull\w*|slip\w*|throw\w*)\s+(?:off\s+(?P<after>[^,.;]+)|(?P<between>[^,.;]+?)\s+off\b)"
    r"|\b(?:remov|doff|shed)\w*\s+(?P<plain>[^,.;]+)",
    re.I,
)


def without_worn(outline: Outline) -> Outline:
    """The outline without the things that are what somebody wears and takes off."""
    worn = {i for e in outline.events for c in outline.cast for g in taken_off(c, e) for i in _same(outline, e, g)}
    events = (e.model_copy(update={"whom": tuple(i for i in e.whom if i not in worn)}) for e in outline.events)
    return outline.model_copy(
        update={
            "props": tuple(p for p in outline.props if p.id not in worn),
            "quests": tuple(q for q in outline.quests if q.prop not in worn),
            "events": tuple(events),
        }
    )


def taken_off(character: Character, event: OutlineEvent) -> tuple[Garment, ...]:
    """What a character, who acts in an event, wears at first and takes off in it."""
    if character.id not in event.who or not character.wardrobe or event.duty != "told":
        return ()
    named = {m.word for found in _OFF.finditer(event.text) for said in found.groups("") for m in find("wardrobe", said)}
    return tuple(g for g in character.wardrobe[0].garments if named & {m.word for m in find("wardrobe", g.item)})


def undressed(character: Character, contents: Sequence[Content]) -> Character:
    """The character without what it takes off, from the shot after the one that tells it (the last: from that one)."""
    for at, content in enumerate(contents):
        if content.beat.order == 0 and (off := taken_off(character, content.beat.event)):
            start = contents[min(at + 1, len(contents) - 1)].id
            left = tuple(g for g in character.wardrobe[-1].garments if g not in off)
            state = WardrobeState(garments=left, from_shot=start, reason="taken off")
            character = character.model_copy(update={"wardrobe": (*character.wardrobe, state)})
    return character


def _same(outline: Outline, event: OutlineEvent, garment: Garment) -> list[str]:
    """The things of an event that a garment is."""
    drawn = {m.word for m in find("wardrobe", garment.item)}
    return [
        p.id
        for p in outline.props
        if p.id in event.whom
        and drawn & {m.word for m in find("wardrobe", p.kind)}
        and ("" in (p.colour, garment.colour) or p.colour == garment.colour)
    ]
