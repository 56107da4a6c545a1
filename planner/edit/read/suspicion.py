"""Why a patch that was read word by word may still be wrong: what its words refer to was never settled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from planner.edit.read.coverage import listed
from planner.edit.read.mentions import Mention
from planner.edit.read.moments import Moments
from planner.language.document import Document, Span
from planner.story.patch import FILM, Patch
from planner.story.story import Story

_POINTS = re.compile(
    r"\b(?:the other(?: one)?|that one|this one|one of them|those two|these two|the two)\b(?! (?:shot|scene|second)s?)"
    r"|둘 ?중|둘이|저거|그거|다른 ?거",
    re.I,
)
_BOUNDS = frozenset({"before", "until", "till", "once", "after", "unless", "whenever", "as soon as"})
_COMES = frozenset({"cast", "prop"})
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


def _unused(document: Document, patch: Patch, said: Sequence[Mention]) -> Iterator[str]:
    """Somebody or something of the film is named and takes no part in what is read."""
    parts = {o.scope.entity for o in (*patch.operations, *patch.protected)}
    values = " ".join(str(o.value).lower() for o in patch.operations)
    telling = any(o.field in ("shot", "scene") or o.op == "undo" for o in patch.operations)
    telling = telling or all(o.field in _FRAMED for o in patch.operations)
    placed = [Span(m.start, m.end) for m in said if m.kind in ("place", "reason", "aside", "beside")]
    for mention in said:
        span = Span(mention.start, mention.end)
        apart = mention.kind in ("who", "thing") and mention.value not in parts and mention.text.lower() not in values
        if apart and not telling and not any(span.meets(p) for p in placed):
            yield f"I read nothing that is done to “{mention.text}”: what should be?"
    worn = [c for c in document.clauses if c.verb.lemma in listed("verbs", "wear") and c.objects]
    if worn and not any(o.field == "wardrobe" for o in (*patch.operations, *patch.protected)):
        yield f"What should be worn in “{document.at(worn[0].span)}”?"


def _pronouns(document: Document, patch: Patch, said: Sequence[Mention], story: Story, at: str) -> Iterator[str]:
    """'He' of several men, before any of them is named."""
    changed = {o.scope.entity for o in patch.operations}
    first = next((m for m in said if m.kind == "pronoun" and m.value in ("he", "she")), None)
    if first is None or at or not changed - {None}:
        return
    before = any(m.kind in ("who", "wardrobe", "thing", "place") and m.start < first.end for m in said)
    fitting = Moments(story).meant(first.value, [], [])
    if not before and len(fitting) > 1 and changed & set(fitting):
        names = [c.name for c in story.cast if c.id in fitting]
        yield f"Who is meant by “{first.text}”: {', '.join(names[:-1])} or {names[-1]}?"


def _newcomers(document: Document, patch: Patch) -> Iterator[str]:
    """'The dog' in a film that has none: nobody new comes by a name that takes them as known."""
    coming = [str(o.value).lower().split()[-1:] for o in patch.operations if o.op == "add" and o.field in _COMES and o.value]
    for phrase in document.phrases:
        if phrase.determiner in ("the", "that", "this") and [phrase.head.text.lower()] in coming:
            yield f"Nobody and nothing in this film is called “{document.at(phrase.core)}”: should it be added, or what is meant?"


def _unplaced(document: Document, patch: Patch, said: Sequence[Mention], story: Story) -> Iterator[str]:
    """A place of the film is named and the whole film would change."""
    if patch.protected or not any(o.scope.of(None) == FILM and o.field in _PLACED for o in patch.operations):
        return
    moments = Moments(story)
    for phrase in document.phrases:
        read = any(m.kind == "place" and Span(m.start, m.end).meets(phrase.core) for m in said)
        if not read and phrase.kind == "noun" and moments.set_in(document.at(phrase.core)):
            yield f"Should that hold for the whole film, or only for “{document.at(phrase.core)}”?"
