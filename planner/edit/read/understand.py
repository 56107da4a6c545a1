"""Reading an edit sentence: what is known word by word is done; what is not is read from its grammar, or asked about."""

from __future__ import annotations

from collections.abc import Sequence

from planner.edit.read.coverage import doubt, uncovered
from planner.edit.read.grammatical import read_grammar
from planner.edit.read.impossible import impossible
from planner.edit.read.mentions import mentions
from planner.edit.read.sentence import UNREAD, read_mentions
from planner.language.analysis import analyse
from planner.language.document import Document, Span
from planner.language.text import clean
from planner.llm.base import LanguageModel
from planner.story.patch import FILM, Operation, Patch, Scope
from planner.story.story import Story

#: Fields that a person or the film has as a whole: what the person looks at does not narrow them.
_LASTING = frozenset({"wardrobe", "colour", "kind", "name", "title", "style", "features"})


def read(
    sentence: str, story: Story, past: Sequence[Patch] = (), llm: LanguageModel | None = None, at: str = ""
) -> Patch:
    """The patch that a sentence asks for, or one question, or why it cannot be done.

    ``past`` are the patches before it, oldest first; ``at`` is the shot that the person looks at ('closer' means it).
    """
    text = clean(sentence)
    document = analyse(text)
    if told := impossible(text, " ".join(quote.text for quote in document.quotes)):
        return Patch(question=told)
    known = read_mentions(sentence, story, past, llm)
    left = uncovered(document, _mentioned(text, story))
    if not left:
        return _looked_at(known, text, story, at)
    told = read_grammar(text, story, at)
    if told.operations or told.question:
        return told
    return Patch(question=doubt(left, known.operations, story)) if known.operations else known


def _mentioned(text: str, story: Story) -> list[Span]:
    return [Span(m.start, m.end) for m in mentions(text, story)]


def _looked_at(patch: Patch, text: str, story: Story, at: str) -> Patch:
    """The patch at the shot that the person looks at, where its sentence names no other place."""
    placed = any(m.kind == "place" or m.scopes for m in mentions(text, story))
    if not at or placed:
        return patch
    return patch.model_copy(update={"operations": tuple(_at(o, at) for o in patch.operations)})


def _at(operation: Operation, shot: str) -> Operation:
    if operation.scope.of(None) != FILM or operation.field in _LASTING or operation.op == "undo":
        return operation
    return operation.model_copy(update={"scope": Scope(where="shot", id=shot, entity=operation.scope.entity)})
