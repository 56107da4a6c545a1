"""A language model in the director's chair: the treatment, then the scenes, several at a time; what is wrong with an
answer is said once, and the model answers again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pydantic import BaseModel

from omni_model.spec.conditioning import Capabilities
from planner.check.drafts import scene_faults, treatment_faults
from planner.llm.base import LanguageModel, LanguageModelError, Message, slots_of
from planner.story.brief import Brief, Demand, Form, Never, Person, Place, Setting, Speech, StoryEvent, Thing
from planner.story.draft import SceneDraft
from planner.story.treatment import SceneOutline, Treatment
from prompts.loader import render

MOST_TOKENS = 8_000
"""Of one answer."""
_DRAWABLE = ("species", "colour", "wardrobe", "prop", "setting", "time", "weather", "mood", "style")
_STAGED = ("action", "camera", "size", "mood", "style")
"""Kinds of words that a treatment, and a scene, can choose."""

T = TypeVar("T", bound=BaseModel)


def write_treatment(
    brief: Brief, llm: LanguageModel, capabilities: Capabilities, seconds: float | None, seed: int = 0
) -> Treatment:
    """The treatment of a film of ``seconds`` (None: what the story needs). Raises LanguageModelError, also for an
    answer that is wrong twice."""
    question = render(
        "treatment_question",
        seconds=f"{seconds:g}" if seconds else "what the story needs, at most 120",
        drawable=_words(capabilities, _DRAWABLE),
        demands=listed(brief.all),
    )
    turns = [Message(role="system", text=render("treatment")), Message(role="user", text=question)]
    return _answered(llm, turns, Treatment, lambda found: treatment_faults(found, brief, seconds), seed)


def write_scenes(
    brief: Brief, treatment: Treatment, llm: LanguageModel, capabilities: Capabilities, seed: int = 0,
    tell: Callable[[str], None] = lambda step: None,
) -> tuple[SceneDraft, ...]:  # fmt: skip
    """The shots of every scene, in order; as many scenes at a time as the model has slots. Raises as
    :func:`write_treatment`."""

    def write(outline: SceneOutline) -> SceneDraft:
        tell(f"scene {outline.id}")
        own, others = _split(brief, outline)
        question = render(
            "scene_question",
            treatment=treatment,
            outline=outline,
            drawable=_words(capabilities, _STAGED),
            looks=treatment.looks,
            own=listed(own),
            others=listed(others),
        )
        turns = [Message(role="system", text=render("scene")), Message(role="user", text=question)]
        return _answered(llm, turns, SceneDraft, lambda found: scene_faults(found, outline, brief), seed)

    with ThreadPoolExecutor(max_workers=slots_of(llm)) as pool:
        return tuple(pool.map(write, treatment.scenes))


def _answered(
    llm: LanguageModel, turns: Sequence[Message], schema: type[T], wrong_with: Callable[[T], Sequence[str]], seed: int
) -> T:
    """An answer without faults, asked for twice at most."""
    answer = llm.generate_object(turns, schema, max_tokens=MOST_TOKENS, seed=seed)
    if not (faults := wrong_with(answer)):
        return answer
    said = Message(role="assistant", text=answer.model_dump_json(exclude_defaults=True))
    again = Message(role="user", text=render("draft_repair", faults=faults))
    answer = llm.generate_object([*turns, said, again], schema, max_tokens=MOST_TOKENS, seed=seed)
    if faults := wrong_with(answer):
        raise LanguageModelError(f"{llm.model} directs wrongly, twice: {faults[0]}")
    return answer


def _words(capabilities: Capabilities, kinds: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """What a generator can draw, of some kinds; nothing for one that reads any words."""
    return {kind: capabilities.vocabulary[kind] for kind in kinds if kind in capabilities.vocabulary}


def _split(brief: Brief, outline: SceneOutline) -> tuple[list[Demand], list[Demand]]:
    """The demands that bear on a scene, and the others."""
    events = [event for event in brief.events if event.number in outline.events]
    numbers, ids = {event.number for event in events}, {i for event in events for i in (*event.who, *event.whom)}
    spoken = [line for line in brief.speech if line.event in numbers or line.event is None]
    ids |= {outline.place, *(line.speaker for line in spoken)}
    ids |= {thing.id for thing in brief.things if thing.carried_by in ids}

    def bears(demand: Demand) -> bool:
        match demand:
            case Person() | Thing() | Place():
                return demand.id in ids
            case StoryEvent():
                return demand.number in numbers
            case Setting():
                return not demand.events or bool(numbers & {*demand.events})
            case Speech():
                return demand in spoken
            case _:
                return True

    own = [demand for demand in brief.all if bears(demand)]
    return own, [demand for demand in brief.all if demand not in own]


def listed(demands: Iterable[Demand]) -> str:
    """Demands as lines: '3 place market: street market; crowded'."""
    return "\n".join(f"{demand.number} {_line(demand)}" for demand in demands)


def _line(demand: Demand) -> str:
    match demand:
        case Person():
            return f"somebody {demand.id}: {'; '.join(_person(demand))}"
        case Thing():
            number = f"{demand.count} " if demand.count > 1 else ""
            held = (f"carried by {demand.carried_by}",) if demand.carried_by else ()
            return f"thing {demand.id}: {'; '.join([f'{number}{demand.kind}', *demand.looks, *held])}"
        case Place():
            inside = {None: (), True: ("inside",), False: ("outside",)}[demand.inside]
            return f"place {demand.id}: {'; '.join([demand.kind + _named(demand.name), *demand.looks, *inside])}"
        case StoryEvent():
            told = "; happened before, shown as a look back" if demand.earlier else ""
            return f"event: {demand.does}{f'; in {demand.place}' if demand.place else ''}{told}"
        case Setting():
            where = f", during event {', '.join(map(str, demand.events))}" if demand.events else ""
            return f"{demand.kind}: {demand.value}{where}"
        case Speech():
            manner = f" ({demand.manner})" if demand.manner else ""
            return f"line of {demand.speaker}{manner}{f' in {demand.event}' if demand.event else ''}: {demand.text!r}"
        case Form():
            return f"form: {demand.rule}: {demand.value} ({demand.words})"
        case Never():
            return f"never: {demand.what}"
        case _:
            return f"end: {demand.words}"


def _person(person: Person) -> Iterator[str]:
    number = "a crowd of " if person.crowd else f"{person.count} " if person.count > 1 else ""
    yield f"{number}{person.kind}{_named(person.name)}"
    yield from person.looks
    for garb in person.wears:
        since = f" from {garb.since} on" if garb.since else ""
        yield f"wears {garb.item}{since}{f' until {garb.until}' if garb.until else ''}"
    if not person.seen:
        yield "is heard and never seen"


def _named(name: str) -> str:
    return f" called {name}" if name else ""
