"""What happens, asked of a language model: small questions, answers as lines, every line checked.

Two questions. Who or what is a word that film grammar does not know? Then, piece by piece: who does what,
in which order? The grammar of the answer names the people and places, so that the model can only choose
among them. What it says beyond the story is dropped; what it leaves out, the rules put back. The pieces' questions
depend on the rules alone, so that they may be asked all at once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import NamedTuple

from planner.film.grammar import grammar
from planner.film.ground import stem
from planner.language.nouns import names
from planner.language.text import is_function, sentences, unknown, words
from planner.llm.base import LanguageModel, LanguageModelError, Message, slots_of
from planner.read import rules
from planner.read.formats import script
from planner.read.rules import RuleReader
from planner.story.outline import Outline, OutlineEvent
from prompts import render

#: Words of story in one question, most questions, and most unknown words asked about.
PIECE, MOST_PIECES, MOST_WORDS = 80, 24, 12
#: Most events of one piece, and tokens for them.
MOST_EVENTS, TOKENS = 10, 320
_NONE = "-"

Tell = Callable[[str], None]


class OutlineReading(NamedTuple):
    """An outline read with a model's help. ``degraded``: for some part the model was of no use."""

    outline: Outline
    degraded: bool = False
    notes: tuple[str, ...] = ()


class StoryPart(NamedTuple):
    """A piece of a story, what the rules read in it, and the reader as it was then."""

    text: str
    told: tuple[OutlineEvent, ...]
    reader: RuleReader


class AnswerLine(NamedTuple):
    """One line of the model's answer, its fields stripped; '-' is empty."""

    who: tuple[str, ...]
    what: str
    place: str
    time: str
    mood: str


def read(text: str, llm: LanguageModel, tell: Tell) -> OutlineReading:
    """Reads a text; a screenplay says it all itself. What the model fails at is left to the rules, and noted."""
    if script.is_screenplay(text):
        return OutlineReading(rules.read(text))
    text = script.plain(text)
    failed: dict[str, list[str]] = {}
    try:
        reader = RuleReader((*names(text), *_characters(text, llm)))
    except LanguageModelError as error:
        failed[str(error)] = ["who is who"]
        reader = RuleReader(names(text))
    parts = [_part(piece, reader) for piece in pieces(sentences(text))]
    events: list[OutlineEvent] = []
    for number, (part, answer) in enumerate(_answers(parts, llm, tell), start=1):
        if isinstance(answer, LanguageModelError):
            failed.setdefault(str(answer), []).append(f"part {number}")
        events += part.told if isinstance(answer, LanguageModelError) else merge(part.told, answer)
    notes = [f"{_listed(unanswered)} read by rules: {why}" for why, unanswered in failed.items()]
    if len(parts) > MOST_PIECES:
        notes.append(f"the language model read the first {MOST_PIECES} of {len(parts)} parts, rules the rest")
    reader.events = events
    return OutlineReading(reader.outline(), bool(notes), tuple(notes))


def _listed(unanswered: Sequence[str]) -> str:
    """What was not answered: 'part 3', or 'part 1 and 5 more'."""
    more = f" and {len(unanswered) - 1} more" if len(unanswered) > 1 else ""
    return f"{unanswered[0]}{more}"


def _part(piece: Sequence[str], reader: RuleReader) -> StoryPart:
    """A piece read by rules; no question about it waits for the answer to another."""
    start = len(reader.events)
    for sentence in piece:
        reader.sentence(sentence)
    return StoryPart(" ".join(piece), tuple(reader.events[start:]), deepcopy(reader))


def _answers(
    parts: Sequence[StoryPart], llm: LanguageModel, tell: Tell
) -> Iterator[tuple[StoryPart, list[OutlineEvent] | LanguageModelError]]:
    """Each part with what the model says happens in it, in order; as many are asked at a time as the model answers."""
    asked, began = parts[:MOST_PIECES], time.monotonic()
    with ThreadPoolExecutor(slots_of(llm)) as slots:
        answers = slots.map(lambda part: _events(part, llm), asked)
        for number, part in enumerate(asked, start=1):
            tell(f"asking {llm.model} what happens ({number} of {len(asked)}{_left(began, number, len(asked))})")
            yield part, next(answers)
    yield from ((part, []) for part in parts[MOST_PIECES:])


def _left(began: float, number: int, count: int) -> str:
    """The time that the questions from this one on will take, by those before."""
    spent = time.monotonic() - began
    return f", about {spent / (number - 1) * (count - number + 1):.0f} s left" if number > 1 else ""


def pieces(told: Sequence[str]) -> list[list[str]]:
    """Whole sentences in runs of about PIECE words."""
    pieces: list[list[str]] = [[]]
    for sentence in told:
        if pieces[-1] and len(words(" ".join([*pieces[-1], sentence]))) > PIECE:
            pieces.append([])
        pieces[-1].append(sentence)
    return pieces


def _characters(text: str, llm: LanguageModel) -> tuple[str, ...]:
    """Those words which film grammar does not know that name somebody, says the model."""
    strange = [word for word in unknown(text) if len(word) > 2][:MOST_WORDS]
    if not strange:
        return ()
    kinds = 'kind ::= "character" | "thing" | "place" | "other"'
    rows = " ".join(_quoted(f"{word} | ") + ' kind "\\n"' for word in strange)
    question = render("cast_question", story=text[:1000], words=strange)
    answer = llm.generate_lines(messages("cast", question), f"root ::= {rows}\n{kinds}", max_tokens=16 * len(strange))
    fields = [[f.strip() for f in line.split("|")] for line in answer]
    return tuple(f[0] for f in fields if len(f) == 2 and f[0] in strange and f[1] == "character")


def _events(part: StoryPart, llm: LanguageModel) -> list[OutlineEvent] | LanguageModelError:
    """What the model says happens in a part, as events of known people and places; or why it says nothing."""
    reader = part.reader
    people = {_called(reader, i): i for i in reader.entities.cast}
    places = {place.name: i for i, place in reader.places.known.items()}
    if not people:
        return []
    try:
        lines = ask(part.text, people, places, llm)
    except LanguageModelError as error:
        return error
    reader.events.clear()
    for line in lines:
        who = [people[name] for name in line.who if name in people]
        if who and _is_told(line, part.text):
            _take(reader, line, who, places.get(line.place))
    return [_known(event, reader) for event in reader.events]


def ask(text: str, people: Iterable[str], places: Iterable[str], llm: LanguageModel) -> list[AnswerLine]:
    """What the model says happens in a text to the people and at the places named. Raises LanguageModelError."""
    question = render("events_question", story=text, people=people, places=places)
    answer = llm.generate_lines(messages("events", question), _event_grammar(people, places), max_tokens=TOKENS)
    return list(filter(None, map(_parse, answer)))


def _take(scratch: RuleReader, line: AnswerLine, who: Sequence[str], place: str | None) -> None:
    event = scratch.clause(line.what, who)
    if event is None:
        return
    said = {"place": place, "time": line.time, "mood": line.mood}
    told = {"text": f"{' and '.join(line.who)} {line.what}", "earlier": False}
    scratch.events[-1] = event.model_copy(update={k: v for k, v in said.items() if v} | told)


def merge(told: Sequence[OutlineEvent], asked: Sequence[OutlineEvent]) -> list[OutlineEvent]:
    """The events of the rules, completed by the model's: moods, unsure subjects, and events in between.

    Each of the model's events is matched to the next one of the rules with the same verb, or the same kind
    and people; those that match nothing and repeat nothing stand where the model put them.
    """
    merged, rest = [], list(told)
    for event in asked:
        at = next((i for i, other in enumerate(rest) if _same(event, other)), None)
        if at is not None:
            merged += [*rest[:at], _completed(rest[at], event)]
            rest = rest[at + 1 :]
        elif not any(_same(event, other) for other in (*merged, *told)):
            merged.append(event)
    return [*merged, *rest]


def _same(a: OutlineEvent, b: OutlineEvent) -> bool:
    verb = stem(a.action.split()[0]) == stem(b.action.split()[0]) if a.action and b.action else False
    return verb or (a.kind == b.kind and set(a.who) == set(b.who))


def _completed(told: OutlineEvent, asked: OutlineEvent) -> OutlineEvent:
    who = asked.who if not told.sure and asked.who else told.who
    whom = tuple(i for i in (told.whom or asked.whom) if i not in who)
    return told.model_copy(
        update={"who": who, "whom": whom, "mood": told.mood or asked.mood, "time": told.time or asked.time}
    )


def _known(event: OutlineEvent, reader: RuleReader) -> OutlineEvent:
    """Without anybody whom the story does not have."""
    there = {*reader.entities.cast, *reader.entities.things.props}
    place = event.place if event.place in reader.places.known else None
    return event.model_copy(update={"whom": tuple(i for i in event.whom if i in there), "place": place})


def _is_told(line: AnswerLine, piece: str) -> bool:
    """Whether a line says something that the story says: a word in common beyond the names."""
    names = {stem(word) for name in line.who for word in words(name)}
    story = {stem(word) for word in words(piece)}
    content = {stem(word) for word in words(line.what) if not is_function(word)} - names
    return bool(content & story)


def _parse(line: str) -> AnswerLine | None:
    fields = [field.strip() for field in line.split("|")]
    if len(fields) != 5:
        return None
    who, what, place, time, mood = ("" if field == _NONE else field for field in fields)
    return AnswerLine(tuple(name.strip() for name in who.split(",") if name.strip()), what, place, time, mood)


def _called(reader: RuleReader, identity: str) -> str:
    """A name that nobody else has."""
    cast = reader.entities.cast
    name = cast[identity].name
    alone = sum(c.name == name for c in cast.values()) == 1
    return name if alone else identity


def _event_grammar(people: Iterable[str], places: Iterable[str]) -> str:
    rules = {
        "root": f'line{{1,{MOST_EVENTS}}} "end"',
        "line": r'who (", " who)? " | " what " | " place " | " time " | " mood "\n"',
        "what": r"[^|\n]{2,60}",
        "who": choice(people),
        "place": choice([*places, _NONE]),
        "time": choice([*grammar().words["time"], _NONE]),
        "mood": choice([*grammar().moods, _NONE]),
    }
    return "\n".join(f"{name} ::= {rule}" for name, rule in rules.items())


def choice(options: Iterable[str]) -> str:
    return " | ".join(_quoted(option) for option in options)


def _quoted(text: str) -> str:
    """A GBNF literal."""
    return json.dumps(text, ensure_ascii=False)


def messages(template: str, question: str) -> list[Message]:
    return [Message(role="system", text=render(template)), Message(role="user", text=question)]
