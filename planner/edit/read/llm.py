"""What the rules cannot read, asked of a language model: lines of a grammar that knows the film and its words.

The model can only choose among places, people and words that are there; it is asked nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from planner.film.grammar import grammar
from planner.llm.base import LanguageModel, LanguageModelError, Message
from planner.story.patch import Operation, Scope
from planner.story.story import Story
from prompts import render

#: Fields whose values film grammar lists; ``action`` is of somebody.
FIELDS = ("mood", "time", "weather", "style", "camera", "size")
MORE = {"pace": ("faster", "slower"), "light": ("darker", "brighter")}
MOST, TOKENS = 4, 96


def asked(sentence: str, story: Story, llm: LanguageModel) -> tuple[tuple[Operation, ...], str]:
    """The operations that a model reads in a sentence, and what is assumed; nothing where it fails."""
    names = {f"{s.id} ({_place(story, s.location)})": f"scene:{s.id}" for s in story.scenes}
    names |= {shot.id: f"shot:{shot.id}" for _, shot in story.shots}
    people = {c.id: c.id for c in story.cast}
    question = render("edit_question", places=list(names), people=list(people), wish=sentence[:500])
    messages = [Message(role="system", text=render("edit")), Message(role="user", text=question)]
    where = {"film": "film", "opening": "opening", "ending": "ending"} | {n.split(" ")[0]: s for n, s in names.items()}
    try:
        lines = llm.generate_lines(messages, _grammar(where, people), max_tokens=TOKENS)
    except LanguageModelError as error:
        return (), f"the language model could not read it either: {error}"
    found = [o for line in lines if (o := _operation(line, where, people, sentence))]
    return tuple(dict.fromkeys(found)), f"read by {llm.model}" if found else ""


def _place(story: Story, location: str) -> str:
    return next(p.name for p in story.locations if p.id == location)


def _values() -> dict[str, tuple[str, ...]]:
    return {field: tuple(grammar().words[field]) for field in (*FIELDS, "action")} | MORE


def _operation(line: str, where: dict[str, str], people: dict[str, str], sentence: str) -> Operation | None:
    """A line as an operation; None where it names what is not there."""
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 3 or parts[2] not in _values().get(parts[1], ()):
        return None
    place, _, entity = parts[0].partition(" ")
    if place not in where or (entity and entity not in people) or (parts[1] == "action") != bool(entity):
        return None
    scope = Scope.model_validate(where[place]).of(entity or None)
    return Operation(op="set", scope=scope, field=parts[1], value=parts[2], reason=sentence)  # type: ignore[arg-type]


def _grammar(where: Iterable[str], people: Iterable[str]) -> str:
    looks = " | ".join(f'("{field} | " {field})' for field in (*FIELDS, *MORE))
    deed = ' | where " " who " | action | " action "\\n"' if people else ""
    rules = {
        "root": f'line{{0,{MOST}}} "end"',
        "line": f'where " | " ({looks}) "\\n"{deed}',
        "where": _choice(where),
        **({"who": _choice(people)} if people else {}),
        **{field: _choice(values) for field, values in _values().items()},
    }
    return "\n".join(f"{name} ::= {rule}" for name, rule in rules.items())


def _choice(options: Iterable[str]) -> str:
    return " | ".join(json.dumps(option, ensure_ascii=False) for option in options)
