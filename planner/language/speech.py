"""What is said in prose: quotations taken out of their sentences, and speeches cut to what one shot can hold."""

from __future__ import annotations

import re

#: Words that are said in one shot at most, unless one sentence has more.
BREATH = 14
_QUOTE = re.compile(r"[\"“]([^\"“”]+)[\"”]")
_PERSON = r"(?:the\s+|an?\s+|his\s+|her\s+)?(?:[a-z]+\s+)?\w+"


def unquoted(text: str) -> tuple[str, list[str]]:
    """A sentence without what is said in it, and that; who is named after the verb comes before it."""
    quotes = [q.strip(" ,") for q in _QUOTE.findall(text) if len(q.split()) > 1 or q[-1:] in ".!?,"]
    if not quotes:
        return text, []
    bare = " ".join(_QUOTE.sub(" ", text).split()).strip(" ,")
    if re.match(r"(?:he|she|they|it)\b", bare, re.I):
        return bare, quotes
    return re.sub(rf"^(\w+)\s+({_PERSON})(?=[.!?,]|$)", r"\2 \1", bare), quotes


def breaths(said: str) -> list[str]:
    """A speech in pieces of whole sentences that one shot can hold."""
    pieces: list[str] = []
    for sentence in re.findall(r"[^.!?…]+[.!?…]*\s*", said) or [said]:
        if pieces and len((pieces[-1] + sentence).split()) <= BREATH:
            pieces[-1] += sentence
        else:
            pieces.append(sentence)
    return [piece.strip() for piece in pieces if piece.strip()]
