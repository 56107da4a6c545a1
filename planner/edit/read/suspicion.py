"""Why a patch that was read word by word may still be wrong: what its words refer to was never settled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from planner.edit.read.coverage import listed
from planner.edit.read.mentions import Mention
from planner.edit.read.moments import Moments
from planner.edit.read.names import fits
from planner.edit.read.whereabouts import PlaceReader
from planner.film.ground import find
from planner.language.document import Document, Span
from planner.story.patch import FILM, Patch, shots_matching
from planner.story.story import Character, Story

_POINTS = re.compile(
    r"\b(?:the other(?: one)?|that one|this one|one of them|those two|these two|the two)\b(?! (?:shot|scene|second)s?)"
    r"|둘 ?중|둘이|저거|그거|다른 ?거",
    re.I,
)
_BOUNDS = frozenset({"before", "until", "till", "once", "after", "unless", "whenever", "as soon as"})
_COMES = frozenset({"cast", "prop"})
_VALUES = frozenset({"setting", "species", "prop", "wardrobe"})
_LASTING = frozenset({"wardrobe", "features", "colour", "kind", "name", "title", "style"})
_LIKE_ANOTHER = re.compile(
    r"\b(?:as (?:long|short|brief) as|no (?:longer|shorter) than|(?:longer|shorter) than)\b[^,.]*|\S+만큼", re.I
)
_FRAMED = frozenset({"size", "angle", "camera", "transition", "duration", "pace"})
"""Fields of a picture: who is named beside them only says what it is a picture of."""
_PLACED = frozenset({"mood", "time", "weather", "light", "camera", "size", "angle", "duration", "pace"})


def suspicions(document: Document, patch: Patch, said: Sequence[Mention], story: Story, at: str) -> Iterator[str]:
    """Questions that a patch leaves open, the gravest first."""
    pointed = _POINTS.search(document.text)
    named = any(m.kind in ("who", "thing") for m in said)
    called = any(o.field in ("title", "name") for o in patch.operations)
    if pointed and not at and not named and not called:
        yield f"Which is meant by “{pointed.group()}”? Name the shot, scene or person."
    yield from _pronouns(document, patch, said, story, at)
    yield from _newcomers(document, patch)
    yield from _unused(document, patch, said)
    for clause in document.clauses:
        bound = clause.link == "when" and clause.marker in _BOUNDS
        if bound and not any(m.kind in ("place", "reason") and Span(m.start, m.end).meets(clause.span) for m in said):
            yield f"Which shots are “{document.at(clause.span)}”?"
    yield from _unplaced(document, patch, said, story)
    yield from _bounds(document, patch, story)
    yield from _given_up(document, patch, said)
    yield from _likened(document, patch)
    yield from _compared(document, patch)


def _unused(document: Document, patch: Patch, said: Sequence[Mention]) -> Iterator[str]:
    """Somebody or something of the film is named and takes no part in what is read."""
    parts = {o.scope.entity for o in patch.statements}
    values = [str(o.value).lower() for o in patch.statements if o.value]
    telling = any(o.field in ("shot", "scene") or o.op == "undo" for o in patch.operations)
    telling = telling or all(o.field in _FRAMED for o in patch.operations)
    placed = [Span(m.start, m.end) for m in said if m.kind in ("place", "reason", "aside", "beside")]
    for mention in said:
        span = Span(mention.start, mention.end)
        apart = mention.kind in ("who", "thing") and mention.value not in parts and not _is_used(mention, values)
        idle_value = (
            mention.kind in _VALUES and mention.fit != "near" and not mention.scopes and not _is_used(mention, values)
        )
        if (apart or idle_value) and not telling and not any(span.meets(p) for p in placed):
            yield f"I read nothing that is done to “{mention.text}”: what should be?"
    worn = [c for c in document.clauses if c.verb.lemma in listed("verbs", "wear") and c.objects]
    if worn and not any(o.field == "wardrobe" for o in patch.statements):
        yield f"What should be worn in “{document.at(worn[0].span)}”?"


def _is_used(mention: Mention, values: Sequence[str]) -> bool:
    """Whether a value went into an operation, in its own words or in those of film grammar."""
    said = mention.text.lower()
    return any(v and (mention.value.lower() in v or said in v or v in said) for v in values)


def _pronouns(document: Document, patch: Patch, said: Sequence[Mention], story: Story, at: str) -> Iterator[str]:
    """'He' of several men, before any of them is named."""
    changed = {o.scope.entity for o in patch.operations}
    first = next((m for m in said if m.kind == "pronoun" and m.value in ("he", "she")), None)
    if first is None or at or not changed - {None}:
        return
    before = any(m.kind in ("who", "wardrobe", "thing", "place") and m.start < first.end for m in said)
    opposite = {"she": "he", "he": "she"}[first.value]
    fitting = [c.id for c in story.cast if _is_human(c, first.value) and not fits(c, opposite)]
    if not before and len(fitting) > 1 and changed & set(fitting):
        names = [c.name for c in story.cast if c.id in fitting]
        yield f"Who is meant by “{first.text}”: {', '.join(names[:-1])} or {names[-1]}?"


def _is_human(character: Character, pronoun: str) -> bool:
    return fits(character, pronoun) or any(m.word == "person" for m in find("species", character.kind))


def _given_up(document: Document, patch: Patch, said: Sequence[Mention]) -> Iterator[str]:
    """'Instead of playing the flute' gives up the playing, and not the flute; 'she whistles' brings no whistle."""
    verbs = {w.text.lower() for w in document.words if w.part == "VERB"}
    for clause in document.clauses:
        before = document.text[max(0, clause.span.start - 12) : clause.span.start]
        if not re.search(r"\b(?:instead of|rather than)\b", before + document.at(clause.span)[:14], re.I):
            continue
        within = {m.value for m in said if Span(m.start, m.end).meets(clause.span)} | verbs
        for operation in patch.operations:
            gone = operation.op == "remove" and operation.scope.entity in within
            come = operation.op == "add" and any(v.startswith(str(operation.value).lower()) for v in verbs)
            if gone or come:
                yield f"What should be done instead of “{document.at(clause.span)}”, by whom and in which shot?"


def _likened(document: Document, patch: Patch) -> Iterator[str]:
    """'Breathe like a cathedral' brings no cathedral."""
    for operation in patch.operations:
        value = re.escape(str(operation.value).lower())
        likened = re.search(rf"\blike (?:an? |the )?{value}\b", document.text, re.I)
        if likened and operation.field in ("location", "cast", "prop"):
            yield f"What is meant by “like {operation.value}”?"


def _bounds(document: Document, patch: Patch, story: Story) -> Iterator[str]:
    """'Once the drinks are poured' read as one shot, or as none: the circumstance and the change disagree."""
    if any(o.field in ("shot", "scene") for o in patch.operations):
        return
    moments = Moments(story)
    places = PlaceReader(document, moments)
    for clause in document.clauses:
        if clause.link != "when" or clause.marker not in _BOUNDS:
            continue
        meant = places.of(clause.span, []).shots
        changed = {
            s.id
            for o in patch.operations
            if o.field not in _LASTING
            for _, s in shots_matching(story, o.scope.of(None))
        }
        up_to = clause.marker in ("before", "until", "till")
        if up_to and meant and changed and not changed <= set(meant) | set(moments.order[-1:]):
            yield f"Which shots are “{document.at(clause.span)}”?"
        if meant and len(meant) > 1 and len(changed) == 1:
            yield f"Which shots are “{document.at(clause.span)}”?"


def _compared(document: Document, patch: Patch) -> Iterator[str]:
    """'As long as the first shot': a length that another shot gives."""
    found = _LIKE_ANOTHER.search(document.text)
    if found and any(o.field == "duration" and not isinstance(o.value, float) for o in patch.operations):
        yield f"How many seconds is “{found.group()}”?"


def _newcomers(document: Document, patch: Patch) -> Iterator[str]:
    """'The dog' in a film that has none: nobody new comes by a name that takes them as known."""
    coming = [
        str(o.value).lower().split()[-1:] for o in patch.operations if o.op == "add" and o.field in _COMES and o.value
    ]
    for phrase in document.phrases:
        owns = any(p.owner is not None and document.phrases[p.owner] is phrase for p in document.phrases)
        if (owns or phrase.determiner in ("the", "that", "this")) and [phrase.head.text.lower()] in coming:
            core = document.at(phrase.core)
            yield f"Nothing in this film is called “{core}”: should it be added, or what is meant?"


def _unplaced(document: Document, patch: Patch, said: Sequence[Mention], story: Story) -> Iterator[str]:
    """A place of the film is named and the whole film would change."""
    if patch.protected or not any(o.scope.of(None) == FILM and o.field in _PLACED for o in patch.operations):
        return
    moments = Moments(story)
    for phrase in document.phrases:
        read = any(m.kind == "place" and Span(m.start, m.end).meets(phrase.core) for m in said)
        if not read and phrase.kind == "noun" and moments.set_in(document.at(phrase.core)):
            yield f"Should that hold for the whole film, or only for “{document.at(phrase.core)}”?"
