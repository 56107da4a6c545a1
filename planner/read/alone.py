"""A story read by a language model alone, without the rules: what the ablation compares them with.

The model names who and what there is, then what happens, in lines. Only the forms are ours: ids, the kind of event
that a verb is, and which of the named things stand in a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from planner.language.text import sentences, slug, verbs, words
from planner.llm.base import LanguageModel, LanguageModelError
from planner.read import extract
from planner.read.extract import AnswerLine, OutlineReading
from planner.read.formats import script
from planner.read.rules import ACTION_EVENT
from planner.story.outline import Outline, OutlineEvent
from planner.story.story import Character, Location, Prop
from prompts import render

#: Most names in one answer, and tokens for them.
MOST_NAMES, TOKENS = 14, 200
_NAMES = f"""root ::= line{{1,{MOST_NAMES}}} "end"
line ::= name " | " kind "\\n"
name ::= [^|\\n]{{2,40}}
kind ::= "character" | "thing" | "place\""""


def read(text: str, llm: LanguageModel, tell: extract.Tell) -> OutlineReading:
    """The outline that a model gives of a text; empty parts where it fails, noted."""
    text, notes = script.plain(text), []
    events: list[OutlineEvent] = []
    try:
        cast = _Cast(_names(text, llm))
    except LanguageModelError as error:
        return OutlineReading(Outline(), True, (f"who is who was not answered: {error}",))
    for number, piece in enumerate(extract.pieces(sentences(text))[: extract.MOST_PIECES], start=1):
        tell(f"asking {llm.model} alone ({number})")
        try:
            lines = extract.ask(" ".join(piece), cast.people, cast.places, llm) if cast.people else []
            events += [cast.event(line) for line in lines]
        except LanguageModelError as error:
            notes.append(f"part {number} was not answered: {error}")
    outline = Outline(
        cast=tuple(Character(id=i, name=name, kind=name[:80]) for name, i in cast.people.items()),
        props=tuple(Prop(id=i, name=name, kind=name[:80]) for name, i in cast.things.items()),
        places=tuple(Location(id=i, name=name, kind=name[:80]) for name, i in cast.places.items()),
        events=tuple(events),
    )
    return OutlineReading(outline, bool(notes), tuple(notes))


def _names(text: str, llm: LanguageModel) -> list[list[str]]:
    answer = llm.generate_lines(
        extract.messages("names", render("names_question", story=text)), _NAMES, max_tokens=TOKENS
    )
    return [fields for line in answer if len(fields := [f.strip() for f in line.split("|")]) == 2]


class _Cast:
    """Who and what the model named: name -> id."""

    def __init__(self, named: Iterable[Sequence[str]]) -> None:
        self.people: dict[str, str] = {}
        self.things: dict[str, str] = {}
        self.places: dict[str, str] = {}
        kinds = {"character": self.people, "thing": self.things, "place": self.places}
        taken: set[str] = set()
        for name, kind in named:
            if kind in kinds and not any(name in known for known in kinds.values()):
                kinds[kind][name] = slug(name, kind, taken)
                taken.add(kinds[kind][name])

    def event(self, line: AnswerLine) -> OutlineEvent:
        """A line as an event of those named."""
        who = [self.people[name] for name in line.who if name in self.people]
        told = {word.lower() for word in words(line.what)}
        known = (self.people | self.things).items()
        whom = [i for name, i in known if i not in who and told & {word.lower() for word in words(name)}]
        said: dict[str, Any] = {"time": line.time, "mood": line.mood, "place": self.places.get(line.place)}
        text = f"{' and '.join(line.who)} {line.what}"
        return OutlineEvent(
            text=text, kind=_kind(text), who=tuple(who), whom=tuple(whom), action=line.what[:80], **said
        )


def _kind(text: str) -> str:
    """The kind of event that a line tells by its first verb; work, where it is known by none."""
    first = next(iter(verbs(text)), None)
    if first is None:
        return "help"
    return first.mention.word if first.kind == "event" else ACTION_EVENT[first.mention.word]
