"""New stories, continuity and duration: the planner's figures that need no gold patch.

:func:`rows` plans the intents of ``intents.yaml`` and the contradictory stories of ``contradictions.yaml`` as a user
would, and counts. A required thing counts as present where the plan would film it: an entity must be in the cast, the
props or the places; an event must be told by a shot that stages who does it, no earlier than the event before it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from omni_model.spec.conditioning import Capabilities
from planner.check.lint import Finding, lint
from planner.direct.plan import plan
from planner.evaluate.rows import PlannerRow, row
from planner.film.ground import stem
from planner.language.text import words
from planner.llm.base import LanguageModel
from planner.story.story import Shot, Story

CONTINUITY = frozenset(
    {"teleport", "unexplained-wardrobe", "prop-returns", "dead-acts", "time-runs-back", "effect-before-cause",
     "broken-axis", "dialogue-too-long", "repeated-description", "generic-phrase"}
)  # fmt: skip
"""Rules whose findings are contradictions; the others are faults of the picture."""
TEN_MINUTES = 600.0

Intent = Mapping[str, Any]


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
    names = _names(story)
    things = [*names.values(), *(f"{place.name} {place.kind}" for place in story.locations)]
    lost = [entity for entity in intent["entities"] if not any(_says(thing, entity) for thing in things)]
    at = 0
    for event in intent["events"]:
        wanted = _wanted(event)
        found = next((i for i, (_, shot) in enumerate(story.shots) if i >= at and _tells(shot, wanted, names)), None)
        if found is None:
            lost.append(event)
        else:
            at = found
    return lost


def _names(story: Story) -> dict[str, str]:
    """What everybody and everything is called, by id."""
    return {c.id: f"{c.name} {c.kind}" for c in story.cast} | {p.id: f"{p.name} {p.kind}" for p in story.props}


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


def rows(capabilities: Capabilities, llm: LanguageModel | None = None) -> list[PlannerRow]:
    """All rows of new stories and continuity, with ``llm`` and, where there is one, also by rules alone."""
    found = _told(capabilities, llm, "")
    found += _told(capabilities, None, " (rules alone)") if llm else []
    return [*found, *_in_order(capabilities, llm), *_continuity(capabilities)]


def _told(capabilities: Capabilities, llm: LanguageModel | None, suffix: str) -> list[PlannerRow]:
    """What becomes of the intents: content, duration, schema, lint, sameness, locks; a long film's seconds."""
    intents = data("intents")
    stories = [_planned(intent, capabilities, llm) for intent in intents]
    english = [i for i, intent in enumerate(intents) if intent.get("language", "en") == "en"]
    korean = [i for i in range(len(intents)) if i not in english]
    faults = [f for story in stories for f in lint(story, capabilities) if f.severity == "error"]
    again = [_planned(intent, capabilities, llm) == story for intent, story in zip(intents, stories, strict=True)]
    return [
        _present(f"required entities and events, in order{suffix}", intents, stories, english, 0.92, 0.99),
        _present(f"required entities and events, in order, Korean{suffix}", intents, stories, korean, None, None),
        _share(
            f"duration exact to the frame{suffix}",
            [_is_exact(i, s, capabilities) for i, s in zip(intents, stories, strict=True)],
        ),
        _share(f"schema valid{suffix}", [Story.model_validate_json(s.model_dump_json()) == s for s in stories]),
        row(f"lint errors left after repair{suffix}", len(faults), len(stories), floor=0, aim=0, least=True),
        _share(f"same seed, same plan{suffix}", again),
        _share(f"locked parts unchanged{suffix}", [_keeps_locks(s, capabilities) for s in stories]),
        _ten_minutes(capabilities, llm, suffix),
    ]


def _in_order(capabilities: Capabilities, llm: LanguageModel | None) -> list[PlannerRow]:
    """Stories told out of order: whether their events are filmed as they happened."""
    told = data("order")
    stories = [_planned(intent, capabilities, llm) for intent in told]
    english = [i for i, intent in enumerate(told) if intent.get("language", "en") == "en"]
    korean = [i for i in range(len(told)) if i not in english]
    return [
        _present("events told out of order, filmed as they happened", told, stories, english, None, None),
        _present("events told out of order, filmed as they happened, Korean", told, stories, korean, None, None),
    ]


def _planned(intent: Intent, capabilities: Capabilities, llm: LanguageModel | None, seed: int = 0) -> Story:
    return plan(intent["text"], llm=llm, capabilities=capabilities, duration=float(intent["seconds"]), seed=seed).story


def _present(
    measure: str, intents: Sequence[Intent], stories: Sequence[Story], at: Sequence[int], floor: float | None,
    aim: float | None,
) -> PlannerRow:  # fmt: skip
    wanted = sum(len(intents[i]["entities"]) + len(intents[i]["events"]) for i in at)
    lost = sum(len(missing(intents[i], stories[i])) for i in at)
    return row(measure, 1 - lost / wanted, wanted, floor=floor, aim=aim)


def _share(measure: str, hold: Sequence[bool]) -> PlannerRow:
    return row(measure, sum(hold) / len(hold), len(hold), floor=1.0, aim=1.0)


def _is_exact(intent: Intent, story: Story, capabilities: Capabilities) -> bool:
    frames = sum(round(shot.duration * capabilities.fps) for _, shot in story.shots)
    return frames == round(float(intent["seconds"]) * capabilities.fps)


def _keeps_locks(story: Story, capabilities: Capabilities) -> bool:
    """Whether the first scene and the last shot, locked, survive a plan of the same story with another seed."""
    first, last = story.scenes[0].model_copy(update={"lock": True}), story.scenes[-1]
    held = last.shots[-1].model_copy(update={"lock": True})
    scenes = (first, *story.scenes[1:-1], last.model_copy(update={"shots": (*last.shots[:-1], held)}))
    locked = story.model_copy(update={"scenes": scenes if len(story.scenes) > 1 else (first,)})
    other = plan(story.logline, llm=None, capabilities=capabilities, duration=story.duration, seed=1, keep=locked).story
    kept = {shot.id: shot for _, shot in other.shots}
    return first in other.scenes and (len(story.scenes) == 1 or kept.get(held.id) == held)


def _ten_minutes(capabilities: Capabilities, llm: LanguageModel | None, suffix: str) -> PlannerRow:
    """Wall seconds of the longest stories' plans, the worst of them."""
    spent = []
    for intent in (i for i in data("intents") if i["seconds"] >= TEN_MINUTES):
        began = time.monotonic()
        _planned(intent, capabilities, llm)
        spent.append(time.monotonic() - began)
    return row(
        f"seconds to plan a ten-minute storyline{suffix}", max(spent), len(spent), floor=720, aim=240, least=True
    )


def _continuity(capabilities: Capabilities) -> list[PlannerRow]:
    """Planted contradictions found, and clean stories with a false alarm."""
    found, planted, alarms = 0, 0, 0
    cases = data("contradictions")
    for case in cases:
        seen = contradictions(case, capabilities)
        planted += len(case["planted"])
        found += sum(_is_found(mark, seen) for mark in case["planted"])
        alarms += bool(contradictions(case, capabilities, clean=True))
    return [
        row("planted contradictions found", found / planted, planted, floor=0.95, aim=1.0),
        row("clean stories with a false alarm", alarms / len(cases), len(cases), floor=0.02, aim=0.0, least=True),
    ]


def contradictions(case: Intent, capabilities: Capabilities, *, clean: bool = False) -> list[Finding]:
    """The contradictions that lint finds in a case, or in its clean twin: prose as planned, a board as written."""
    if "board" in case:
        story = _board(case["board"], case["clean"] if clean else {})
    else:
        story = plan(case["clean" if clean else "text"], llm=None, capabilities=capabilities).story
    return [finding for finding in lint(story, capabilities) if finding.rule in CONTINUITY]


def _board(board: Mapping[str, Any], over: Mapping[str, Mapping[str, Any]]) -> Story:
    scenes = [
        scene | {"shots": [shot | over.get(shot["id"], {}) for shot in scene["shots"]]} for scene in board["scenes"]
    ]
    return Story.model_validate({"id": "board", "title": "Board", **board, "scenes": scenes})


def _is_found(mark: str, seen: Sequence[Finding]) -> bool:
    rule, word = (part.strip() for part in mark.split("|"))
    return any(f.rule == rule and word.lower() in f"{f.place} {f.message}".lower() for f in seen)
