"""New stories, continuity and duration: the planner's figures that need no gold patch.

:func:`rows` plans the intents of ``intents.yaml`` and the contradictory stories of ``contradictions.yaml`` as a user
would, and counts. A required thing counts as present where the plan would film it: an entity must be in the cast, the
props or the places; an event must be told by a shot that stages who does it, no earlier than the event before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from planner.ground import stem
from planner.story import Shot, Story
from planner.text import words

CONTINUITY = frozenset(
    {"teleport", "unexplained-wardrobe", "prop-returns", "dead-acts", "time-runs-back", "effect-before-cause",
     "broken-axis", "dialogue-too-long", "repeated-description", "generic-phrase"}
)  # fmt: skip
"""Rules whose findings are contradictions; the others are faults of the picture."""
TEN_MINUTES = 600.0

Row = dict[str, Any]
Intent = Mapping[str, Any]
Progress = Callable[[str], None]


class Wanted(NamedTuple):
    """One required event: who must be staged, in the shot that tells what with whom; alternatives each."""

    who: tuple[tuple[str, ...], ...]
    words: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=4)
def data(name: str) -> tuple[Intent, ...]:
    """What ``name``.yaml of this folder holds."""
    text = resources.files("planner.evaluate").joinpath(f"{name}.yaml").read_text("utf-8")
    return tuple(yaml.safe_load(text))


def missing(intent: Intent, story: Story) -> list[str]:
    """The required entities and events that a plan lacks, as the data writes them."""
    things = [f"{e.name} {e.kind}" for e in (*story.cast, *story.props, *story.locations)]
    lost = [entity for entity in intent["entities"] if not any(_says(thing, entity) for thing in things)]
    names = {e.id: f"{e.name} {e.kind}" for e in (*story.cast, *story.props)}
    at = 0
    for event in intent["events"]:
        wanted = _wanted(event)
        found = next((i for i, (_, shot) in enumerate(story.shots) if i >= at and _tells(shot, wanted, names)), None)
        if found is None:
            lost.append(event)
        else:
            at = found
    return lost


def _wanted(event: str) -> Wanted:
    who, what, whom = (part.strip() for part in event.split("|"))
    people = () if who == "-" else tuple(tuple(name.strip().split("/")) for name in who.split("&"))
    people = tuple(names for names in people if "-" not in names)
    return Wanted(people, tuple(tuple(part.split("/")) for part in (what, whom) if part))


def _tells(shot: Shot, wanted: Wanted, names: Mapping[str, str]) -> bool:
    told = " ".join([shot.description, *(line.text for line in shot.dialogue)])
    there = [names[s.entity] for s in shot.staging] + [names[line.speaker] for line in shot.dialogue]
    staged = all(any(_says(name, one) for name in there for one in who) for who in wanted.who)
    return staged and all(any(_says(told, one) for one in any_of) for any_of in wanted.words)


def _says(text: str, word: str) -> bool:
    if re.search("[가-힣]", word):
        return word in text
    return stem(word) in {stem(w) for w in words(text)}
