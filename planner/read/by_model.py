"""The brief, as a language model reads it: checked against the text, and asked again once for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from planner.language.analysis import analyse
from planner.language.document import Span
from planner.llm.base import LanguageModel, LanguageModelError, Message
from planner.story.brief import Brief, Demand, Demands
from prompts.loader import render

MOST_TOKENS = 12_000
"""Of one answer."""
_LISTS = ("people", "things", "places", "events", "settings", "speech", "form", "never")


class NamedPicture(NamedTuple):
    """A still that was given with the text."""

    name: str
    """Whom or what it shows: '@ann'."""
    png: bytes


def read(text: str, llm: LanguageModel, pictures: Sequence[NamedPicture] = (), seed: int = 0) -> Brief:
    """What ``text`` asks for. Raises LanguageModelError where the model does not answer, or twice with a list that
    contradicts itself."""
    question = render("brief_question", text=text, pictures=[picture.name for picture in pictures])
    turns = [
        Message(role="system", text=render("brief")),
        Message(role="user", text=question, images=tuple(picture.png for picture in pictures)),
    ]
    answer = llm.generate_object(turns, Demands, max_tokens=MOST_TOKENS, seed=seed)
    demands, wrong = locate(answer, text)
    unread = uncovered(demands, text)
    if wrong or unread:
        repair = render("brief_repair", faults=wrong, unread=unread)
        said = Message(role="assistant", text=answer.model_dump_json(exclude_defaults=True))
        turns += [said, Message(role="user", text=repair)]
        demands, wrong = locate(llm.generate_object(turns, Demands, max_tokens=MOST_TOKENS, seed=seed), text)
    if wrong := list(demands.contradictions):
        raise LanguageModelError(f"the list of demands contradicts itself: {wrong[0]}")
    return Brief(**dict(demands), text=text, unread=tuple(uncovered(demands, text)))


def locate(demands: Demands, text: str) -> tuple[Demands, list[str]]:
    """The demands with the places of their words in ``text``, and what is wrong with the list.

    Words that stand in the text several times are taken where the demand before them left off, if they come again.
    What does not stand there loses its words: it is implied at best.
    """
    wrong, reached, located = list(demands.contradictions), 0, dict[int, Demand]()
    for demand in demands.all:
        at = _place(demand.words, text, reached)
        if at is None:
            wrong.append(f"demand {demand.number}: {demand.words[:80]!r} does not stand in the text")
            at, change = Span(reached, reached), {"origin": "implied"}
        else:
            change = {}
        reached = at.start
        located[id(demand)] = demand.model_copy(update={"words": text[at.start : at.end], "start": at.start, **change})
    several = {name: tuple(located[id(d)] for d in value) for name, value in demands if name in _LISTS}
    ending = located[id(demands.ending)] if demands.ending else None
    return demands.model_copy(update={**several, "ending": ending}), wrong


def uncovered(demands: Demands, text: str) -> list[str]:
    """Words of the text that carry a meaning and that no demand quotes."""
    spans = tuple(Span(d.start, d.end) for d in demands.all if d.words)
    return list(dict.fromkeys(word.text for word in analyse(text).covered(spans)))


def _place(words: str, text: str, reached: int) -> Span | None:
    """Where words stand, letter by letter or but for white space and capitals; nothing at all stands anywhere."""
    if not words:
        return Span(reached, reached)
    pattern = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
    match = pattern.search(text, reached) or pattern.search(text)
    return Span(match.start(), match.end()) if match else None
