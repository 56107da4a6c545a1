"""The director: a sentence to a story that a generator can film, and the record of what became of each word."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, Literal

from pydantic import ValidationError

from omni_model.spec.conditioning import Capabilities, Frozen
from planner.check.ledger import with_facts
from planner.check.lint import Finding, lint, mend
from planner.direct.assemble import assemble
from planner.direct.audit import audit
from planner.direct.breakdown import Breakdown, break_down
from planner.direct.develop import complete
from planner.direct.undress import without_worn
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.film.lowering import Lowering
from planner.language.text import LONGEST, sentences, words
from planner.llm.base import LanguageModel
from planner.read import alone, extract, handles, looks, rules, views
from planner.read.formats import script
from planner.story.locks import fitted, keep_locked
from planner.story.story import Character, EntityReference, Location, Story

log = logging.getLogger(__name__)

LONGEST_FILM = 7200.0
"""Seconds."""
LONGEST_SENTENCE = 4000
"""Letters: the most that a shot can tell."""
_COUNTED = {"cast": "characters", "props": "things", "locations": "places", "places": "places"}
NOTHING = looks.Look(traits=())

StepProgress = Callable[[str], None]
Reads = Literal["rules", "model", "both"]


class PlanError(Exception):
    """The intent cannot be planned: one line that says what to type instead."""


class PlannerRecord(Frozen):
    """Who planned. ``degraded``: some or all of it was done by rules because no language model could."""

    backend: str
    model: str
    degraded: bool


class Plan(Frozen):
    """A story ready to be filmed, the fate of every word of the intent, who planned it, and remarks."""

    story: Story
    lowering: tuple[Lowering, ...]
    planner: PlannerRecord
    notes: tuple[str, ...] = ()


@contextmanager
def bounded() -> Iterator[None]:
    """Says in one line which bound of a story is broken. Raises PlanError."""
    try:
        yield
    except ValidationError as error:
        raise PlanError(_bound(error.errors(include_url=False, include_input=False)[0])) from error


@bounded()
def plan(
    intent: str,
    *,
    llm: LanguageModel | None,
    capabilities: Capabilities,
    duration: float | None = None,
    seed: int = 0,
    references: Mapping[str, EntityReference] = {},
    seen: Mapping[str, looks.Look] = {},
    keep: Story | None = None,
    reads: Reads = "both",
    progress: StepProgress | None = None,
) -> Plan:
    """Plans a film of ``duration`` seconds (None: what the story needs), deterministically.

    With a language model, it says what happens in order; film grammar does the rest, and all of it when
    there is no model or it fails; ``reads`` says who reads the text. The seed changes only what is seen, never
    what is told. ``references`` are pictures by the name of a character or place, ``seen`` what they show of
    characters, which fills in what the intent leaves open; what is locked in ``keep`` stays as it is there. Raises
    PlanError for an intent without a word, or with more than a story can hold, and for a duration that no film has.
    """
    tell = progress or (lambda step: None)
    typed, unshown = intent, _unshown(intent, references)
    intent = _without_handles(intent, (*references, *unshown), seen)
    names = {name: views.alias(name, seen.get(name)) for name in references}
    references = {names[name]: picture for name, picture in references.items()}
    seen = {names.get(name, name): look for name, look in seen.items()}
    text = _checked(intent, duration)
    tell("reading the story")
    read = _read(intent, llm, reads, tell)
    outline, notes = read.outline, [*map(_no_picture, unshown), *read.notes]
    by_owner = _by_owner((*outline.cast, *outline.places), seen)
    against = {
        c.id: found for c in outline.cast if (found := looks.disagreements(c, by_owner.get(c.id, NOTHING), text))
    }
    outline, shown = looks.apply(outline, by_owner, text)
    outline = without_worn(outline)
    tell("breaking it down into shots")
    outline = complete(outline.model_copy(update={"genre": genre_of(text)}), capabilities)
    breakdown = break_down(outline, capabilities, duration, Random(f"breakdown {seed}"))
    story, unused = _with_references(assemble(breakdown, text, capabilities, seed), references)
    story, overruled = _without_overruled(story, against)
    story, viewed = views.apply(story, _by_owner((*story.cast, *story.locations), seen), typed)
    story = _mended(story if keep is None else keep_locked(story, keep, capabilities), capabilities, duration)
    story, findings = with_facts(story), lint(story, capabilities)
    notes += [*outline.notes, *map(remark, findings), *_unsaid(breakdown)]
    if script.is_cut(intent):
        notes.append(
            f"only the first {script.LONGEST_STORY:,} characters are read, of a paragraph the first {LONGEST:,}"
        )
    lowering = (*audit(text, story, breakdown, capabilities), *unused, *overruled, *shown, *viewed)
    return Plan(story=story, lowering=lowering, planner=_record(llm, read.degraded), notes=tuple(notes))


def _read(intent: str, llm: LanguageModel | None, reads: Reads, tell: StepProgress) -> extract.OutlineReading:
    """What a text says, by rules, by a model alone, or by both."""
    if llm is None or reads == "rules":
        return extract.OutlineReading(rules.read(intent))
    return alone.read(intent, llm, tell) if reads == "model" else extract.read(intent, llm, tell)


def _mended(story: Story, capabilities: Capabilities, duration: float | None) -> Story:
    """The story without what can be mended, as long as it was asked to be."""
    mended, _ = mend(story, capabilities)
    return mended if duration is None else fitted(mended, story.duration, capabilities)


def genre_of(text: str) -> str:
    """The genre that a text names; empty: none."""
    said = text.lower()
    cues = ((name, cue) for name, genre in grammar().genres.items() for cue in genre.cues)
    return next((name for name, cue in cues if re.search(rf"\b{re.escape(cue)}\b", said)), "")


def remark(finding: Finding) -> str:
    """A finding as one line, with why it was left to a person."""
    why = f" ({finding.unrepaired})" if finding.unrepaired else ""
    return f"{finding.place}: {finding.message}{why}"


def _unsaid(breakdown: Breakdown) -> Iterator[str]:
    for event in breakdown.unsaid:
        yield f"the film has no time for what is said: {event.lines[0].text[:80]!r}"


def _checked(intent: str, duration: float | None) -> str:
    text = script.plain(intent)
    if not words(text):
        raise PlanError('there is nothing to film: say who does what, for example "a fox dances in the snow"')
    if (longest := max(map(len, _said(intent)), default=0)) > LONGEST_SENTENCE:
        told = f"a sentence has {longest:,} letters, and at most {LONGEST_SENTENCE:,} are read"
        raise PlanError(f"{told}: part it into shorter ones")
    if duration is not None and not (math.isfinite(duration) and 0 < duration <= LONGEST_FILM):
        raise PlanError(f"a film lasts more than 0 and at most {LONGEST_FILM:.0f} seconds, not {duration:g}")
    return text


def _said(intent: str) -> Iterator[str]:
    """Every sentence of a story, told or spoken."""
    for passage in script.passages(intent):
        for part in passage.told:
            yield from sentences(part if isinstance(part, str) else part.text)


def _bound(problem: Any) -> str:
    """What is too long or too many, by the first problem of a story that cannot be; and what to do."""
    most, given = (problem.get("ctx") or {}).get("max_length"), (problem.get("ctx") or {}).get("actual_length")
    field = next((str(step) for step in reversed(problem["loc"]) if isinstance(step, str)), "")
    if problem["type"] == "string_too_long":
        return f"a {field or 'text'} is longer than {most:,} letters: say it in shorter sentences"
    if problem["type"] == "too_long":
        counted = _COUNTED.get(field, field)
        return f"a story has at most {most} {counted}, and this one has {given}: tell it in several films"
    return f"the story cannot be planned: {'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def _record(llm: LanguageModel | None, degraded: bool) -> PlannerRecord:
    if llm is None:
        return PlannerRecord(backend="rules", model="", degraded=True)
    return PlannerRecord(backend=llm.backend, model=llm.model, degraded=degraded)


def _with_references(story: Story, references: Mapping[str, EntityReference]) -> tuple[Story, tuple[Lowering, ...]]:
    """Gives each picture to the character or place of its name; a name that nobody has is refused.

    A picture of a place is its plate, whatever role it came with but that of a style.
    """
    given: dict[str, list[EntityReference]] = {}
    refused = []
    for name, reference in references.items():
        entities: tuple[Character | Location, ...] = (*story.cast, *story.locations)
        if owner := next((e.id for e in entities if _is_called(e, name)), None):
            given.setdefault(owner, []).append(reference)
            continue
        known = ", ".join(f"@{e.id}" for e in entities)
        detail = f"nobody in this story has that name; there are: {known}"
        refused.append(Lowering(directive=f"image: @{name.lstrip('@')}", outcome="refused", detail=detail))
    cast = tuple(c.model_copy(update={"references": (*given.get(c.id, ()),)}) for c in story.cast)
    places = tuple(
        p.model_copy(update={"references": tuple(_as_plate(r) for r in given.get(p.id, ()))}) for p in story.locations
    )
    return story.model_copy(update={"cast": cast, "locations": places}), tuple(refused)


def _as_plate(reference: EntityReference) -> EntityReference:
    return reference.model_copy(update={"role": "plate"}) if reference.role == "sheet" else reference


def _without_overruled(story: Story, against: Mapping[str, Sequence[str]]) -> tuple[Story, tuple[Lowering, ...]]:
    """The story without the pictures of whoever the words describe otherwise: by them alone is such a body drawn."""
    cast = tuple(c.model_copy(update={"references": ()}) if c.id in against else c for c in story.cast)
    fates = (
        Lowering(directive=f"image: @{owner}", outcome="refused", detail=_outvoted(said))
        for owner, said in against.items()
    )
    return story.model_copy(update={"cast": cast}), tuple(fates)


def _outvoted(said: Iterable[str]) -> str:
    told = " and ".join(map(repr, said))
    return f"the words say {told} and it shows something else: the words win, and the picture is not used"


def _by_owner(owners: Sequence[Character | Location], seen: Mapping[str, looks.Look]) -> dict[str, looks.Look]:
    """What pictures show, by the id of the character or place that they are named after."""
    return {owner.id: look for name, look in seen.items() for owner in owners if _is_called(owner, name)}


def _unshown(intent: str, names: Iterable[str]) -> tuple[str, ...]:
    """The handles of an intent that no picture was given for, in order."""
    known = {name.lstrip("@").lower() for name in names}
    found: list[str] = []

    def note(unsaid: str) -> str:
        found.extend(re.findall(r"(?<!\w)@([^\W\d_][\w-]*)", unsaid))
        return unsaid

    script.change_unsaid(intent, note)
    return tuple(name for name in dict.fromkeys(found) if name.lower() not in known)


def _no_picture(handle: str) -> str:
    return f"@{handle} has no picture: the words alone decide how it looks; show it with --image @{handle}=FILE"


def _without_handles(intent: str, names: Iterable[str], seen: Mapping[str, looks.Look]) -> str:
    """The intent with '@tom' as 'Tom', who is somebody; '@fox' as 'fox', and a place as what its picture shows.

    What somebody says stays as it is.
    """
    words_: dict[str, str] = {}
    for given in names:
        word = views.alias(given.lstrip("@"), seen.get(given))
        known = find("species", word) or find("setting", word)
        words_[handles.folded(given)] = word if known else word.capitalize()
    return script.change_unsaid(intent, lambda unsaid: handles.replaced(unsaid, words_))


def _is_called(entity: Character | Location, name: str) -> bool:
    called = handles.folded(name.strip())
    return called in (entity.id, handles.folded(entity.name), handles.folded(entity.kind))
