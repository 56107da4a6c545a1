"""What is said or written in a film, changed by its own words: 'You kept it.' becomes 'You came.'"""

from __future__ import annotations

import re
from collections.abc import Iterator

from planner.edit.read.moments import Moments
from planner.language.document import Document
from planner.story.patch import Operation, Scope
from planner.story.story import Story

_GOES = re.compile(r"\b(?:cut|drop|delete|remove|lose|without|no longer|not)\b|빼|없애|삭제|지우|지워", re.I)


def changed_lines(document: Document, story: Story) -> list[Operation]:
    """A line or caption of the film, quoted in a sentence, that becomes another quotation, or goes."""
    old = [(n, scope, field) for n, quote in enumerate(document.quotes) for scope, field in _places(quote.text, story)]
    if len(old) != 1:
        return []
    number, scope, field = old[0]
    new = [quote.text for n, quote in enumerate(document.quotes) if n != number]
    if len(new) == 1:
        return [Operation(op="set", scope=scope, field=field, value=new[0], reason=document.text)]  # type: ignore[arg-type]
    if not new and _GOES.search(document.text):
        return [Operation(op="remove", scope=scope, field=field, reason=document.text)]  # type: ignore[arg-type]
    return []


def _places(text: str, story: Story) -> Iterator[tuple[Scope, str]]:
    """Where a line or a caption stands, in these words."""
    wanted = _plain(text)
    for _, shot in story.shots:
        for line in shot.dialogue:
            if wanted and _plain(line.text) == wanted:
                yield Scope(where="shot", id=shot.id, entity=line.speaker), "dialogue"
        if wanted and _plain(shot.caption) == wanted:
            yield Scope(where="shot", id=shot.id), "caption"


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def last_line(entity: str, moments: Moments) -> str | None:
    """The shot in which somebody speaks last."""
    spoken = [shot.id for _, shot in moments.story.shots if any(x.speaker == entity for x in shot.dialogue)]
    return spoken[-1] if spoken else None
