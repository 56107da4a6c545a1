"""Reading an edit sentence: what is known word by word is done; the rest is read from its grammar, or asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.edit.read.coverage import doubt, uncovered
from planner.edit.read.grammatical import read_grammar
from planner.edit.read.impossible import impossible
from planner.edit.read.mentions import Mention, mentions
from planner.edit.read.retract import taken_back
from planner.edit.read.said import changed_lines
from planner.edit.read.sentence import UNREAD, read_mentions
from planner.edit.read.spelling import mended
from planner.edit.read.suspicion import suspicions
from planner.language.analysis import analyse
from planner.language.document import Document, Span, Word
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
    if refusal := impossible(text, " ".join(quote.text for quote in document.quotes)):
        return Patch(question=refusal)
    if back := taken_back(text, past, story):
        return back
    if lines := changed_lines(document, story):
        return Patch(operations=tuple(lines))
    known = read_mentions(sentence, story, past, llm)
    said = mentions(text, story)
    left = _left(document, known, said)
    repaired, _ = mended(text, story)
    if left and repaired != text and not _left(analyse(repaired), known, mentions(repaired, story)):
        left = []
    question = next(suspicions(document, known, said, story, at), "") if known.operations else ""
    by_model = any(told.startswith("read by ") for told in known.assumptions)
    if by_model or (not left and not question and (known.operations or known.question != UNREAD)):
        return _looked_at(known, said, at)
    parsed = read_grammar(text, story, at)
    if parsed.operations or parsed.question:
        return parsed.model_copy(update={"assumptions": (*known.assumptions, *parsed.assumptions)})
    if question or not known.operations:
        return Patch(question=question) if question else known
    return Patch(question=doubt(left, known.operations, story))


def _left(document: Document, patch: Patch, said: Sequence[Mention]) -> list[Word]:
    """The words that took part in nothing: neither in what is known nor in the words of a value."""
    values = " ".join(str(o.value) for o in patch.operations).lower()
    # 'Long' of '30 seconds long' says nothing more.
    left = uncovered(document, [Span(m.start, m.end + 5 * (m.kind == "seconds")) for m in said])
    return [word for word in left if not re.search(rf"(?<!\w){re.escape(word.text.lower())}", values)]


def _looked_at(patch: Patch, said: Sequence[Mention], at: str) -> Patch:
    """The patch at the shot that the person looks at, where its sentence names no other place."""
    placed = any(m.kind == "place" or m.scopes for m in said)
    if not at or placed:
        return patch
    return patch.model_copy(update={"operations": tuple(_at(o, at) for o in patch.operations)})


def _at(operation: Operation, shot: str) -> Operation:
    if operation.scope.of(None) != FILM or operation.field in _LASTING or operation.op == "undo":
        return operation
    return operation.model_copy(update={"scope": Scope(where="shot", id=shot, entity=operation.scope.entity)})
