"""What is said in prose: quotations taken out of their sentences, and speeches cut to what one shot can hold."""

from __future__ import annotations

import re

from planner.language.text import SPEECH

#: Words that are said in one shot at most, unless one sentence has more.
BREATH = 14
#: The end of a sentence, before the space that parts it from the next one.
_STOP = re.compile(r"(?<=[.!?…。！？])[\"'”’»」』)\]]*(\s+)(?=\S)")
_PERSON = r"(?:the\s+|an?\s+|his\s+|her\s+)?(?:[a-z]+\s+)?\w+"


def unquoted(text: str) -> tuple[str, list[str]]:
    """A sentence without what is said in it, and that; who is named after the verb comes before it."""
    quotes = [q.strip(" ,") for q in (said[1:-1] for said in SPEECH.findall(text)) if _is_said(q)]
    if not quotes:
        return text, []
    bare = " ".join(SPEECH.sub(" ", text).split()).strip(" ,")
    if re.match(r"(?:he|she|they|it)\b", bare, re.I):
        return bare, quotes
    return re.sub(rf"^(\w+)\s+({_PERSON})(?=[.!?,]|$)", r"\2 \1", bare), quotes


def _is_said(quote: str) -> bool:
    """Whether a quotation is a speech and not a word that is spoken of."""
    return len(quote.split()) > 1 or quote.endswith((".", "!", "?", ","))


def breaths(said: str) -> list[str]:
    """A speech in pieces of whole sentences that one shot can hold; only the space between them is in none."""
    said = said.strip()
    stops = [stop.span(1) for stop in _STOP.finditer(said) if not said[stop.end()].islower()]
    pieces: list[tuple[int, int]] = []
    for start, end in zip(
        [0, *(after for _, after in stops)], [*(before for before, _ in stops), len(said)], strict=True
    ):
        if pieces and len(said[pieces[-1][0] : end].split()) <= BREATH:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
    return [said[start:end] for start, end in pieces if said]
