"""A text in sentences: where each stands, which words are quoted, and how a parser gets to see it.

A parser sees a :class:`Stretch`: quoted speech is one neutral word, so that it does not disturb the sentence that
holds it, letters in pieces are whole, and every character knows where it stands in the whole text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from planner.language.document import Quote, Span

#: The mark that opens -> those that close.
_MARKS = {
    '"': '"', "'": "'", "“": "”", "„": "“”", "‟": "”", "«": "»", "»": "«", "‹": "›", "‘": "’", "‚": "‘’",
    "「": "」", "『": "』", "《": "》", "〈": "〉", "＂": "＂",
}  # fmt: skip
_CLOSING = frozenset("".join(_MARKS.values()))
_MARK = re.compile(f"[{''.join(sorted({*_MARKS, *_CLOSING}))}]|\n")
_END = re.compile(r"[.!?…‥]+[)\]]*|[。！？]+[)\]」』]*|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|prof|capt|sgt|lt|col|gen|sr|jr|vs|etc|approx|ca|fig|int|ext|no|vol|e\.g|i\.e|[a-z])|^\W*\d{1,2})$",
    re.I,
)
_BULLET = re.compile(r"\s*(?:[-*•–—·]\s+|\d{1,2}[.)]\s+|\(\d{1,2}\)\s+)")
_LONGEST = 500
"""Characters of a sentence; the parsers' trees must not become deep."""
_CLOSE_TO_NAME = 3
"""Words: a quotation of so many or fewer, without a full stop, is a name or a title."""
_SAID_BEFORE = re.compile(
    r"[,:]\s*$|(?:\b(?:say|said|ask|whisper|shout|cry|crie|reply|replie|repl|call out)\w*|고|라)\s+$"
)
_SAID_AFTER = re.compile("(?:이?라(?:고|며|면서)|하고)")
_NEUTRAL = {True: "이것", False: "this"}


class Stretch(NamedTuple):
    """A sentence as a parser gets it."""

    text: str
    starts: tuple[int, ...]
    """Of each character, where in the whole text that begins which it stands for."""
    ends: tuple[int, ...]
    span: Span
    """Where the sentence stands in the whole text."""

    def masks(self, quoted: Span) -> bool:
        """Whether a neutral word stands for a quotation."""
        return any(
            start == quoted.start and end == quoted.end for start, end in zip(self.starts, self.ends, strict=True)
        )

    def place(self, span: Span) -> Span:
        """A span of the stretch as one of the whole text."""
        last = len(self.starts) - 1  # a morpheme may be read beyond a lone jamo
        return Span(self.starts[min(span.start, last)], self.ends[min(max(span.end, span.start + 1) - 1, last)])


def quotes(text: str) -> tuple[Quote, ...]:
    """What stands in quotation marks, without what is quoted within; no quotation goes over the end of a line."""
    spans = sorted(_paired(text))
    outer = [s for n, s in enumerate(spans) if not n or s.end > max(t.end for t in spans[max(n - 1, 0) : n])]
    found, end = [], 0
    for span in outer:
        if span.start >= end:
            found.append(Quote(span, text[span.start + 1 : span.end - 1]))
            end = span.end
    return tuple(found)


def _paired(text: str) -> Iterator[Span]:
    """Every pair of marks, inner ones first."""
    opened: list[tuple[str, int]] = []
    count: Counter[str] = Counter()
    for match in _MARK.finditer(text):
        mark, at = match.group(), match.start()
        if mark == "\n":
            opened, count = [], Counter()
            continue
        opener = next((o for o in _openers(mark) if count[o] and _may_close(text, at)), None)
        if opener is None:
            if mark in _MARKS and _may_open(text, at):
                opened.append((mark, at))
                count[mark] += 1
            continue
        while opened:
            last, start = opened.pop()
            count[last] -= 1
            if last == opener:
                if text[start + 1 : at].strip() and (mark not in "'’" or at - start > 2):
                    yield Span(start, at + 1)
                break


def _openers(mark: str) -> tuple[str, ...]:
    return tuple(o for o, closing in _MARKS.items() if mark in closing)


def _may_open(text: str, at: int) -> bool:
    """Apostrophes are within words or after them, inch marks after digits."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] in "'‘‚":
        return not before.isalnum() and bool(after.strip())
    return not (text[at] == '"' and before.isdigit())


def _may_close(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return text[at] not in "'’‘" or (bool(before.strip()) and not (after.isalnum() and after.isascii()))


def stretches(text: str, quoted: Sequence[Quote]) -> list[Stretch]:
    """The sentences of a text in order; what holds no letter and no digit is none."""
    spans = [Span(*_trimmed(text, span)) for span in _cut(text, quoted)]
    starts = [q.span.start for q in quoted]
    found = [_stretch(text, s, quoted[bisect_right(starts, s.start - 1) : bisect_right(starts, s.end)]) for s in spans]
    return [s for s in found if any(c.isalnum() for c in text[s.span.start : s.span.end])]


def _trimmed(text: str, span: Span) -> tuple[int, int]:
    bullet = _BULLET.match(text, span.start, span.end)
    start = bullet.end() if bullet and text[bullet.end() : span.end].strip() else span.start
    inside = text[start : span.end]
    start += len(inside) - len(inside.lstrip())
    return start, max(start, span.end - (len(inside) - len(inside.rstrip())))


def _cut(text: str, quoted: Sequence[Quote]) -> Iterator[Span]:
    start = 0
    for end in (*_ends(text, quoted), len(text)):
        if end > start and (end == len(text) or _ends_sentence(text, start, end)):
            yield from _pieces(text, Span(start, end))
            start = end


def _pieces(text: str, span: Span) -> Iterator[Span]:
    """A sentence that is too long for a parser, cut where it pauses."""
    start = span.start
    while span.end - start > _LONGEST:
        pauses = (text.rfind(pause, start + _LONGEST // 2, start + _LONGEST) for pause in ("; ", ", ", " "))
        end = next((at + 1 for at in pauses if at > 0), start + _LONGEST)
        yield Span(start, end)
        start = end
    yield Span(start, span.end)


def _ends(text: str, quoted: Sequence[Quote]) -> Iterator[int]:
    """Where a sentence may end: after a mark that is not quoted, or after a quotation that ends with one."""
    starts = [q.span.start for q in quoted]
    after = {q.span.end for q in quoted if q.text.rstrip()[-1:] in ".!?…。！？"}
    marks = (m.end() for m in _END.finditer(text))
    yield from sorted(after.union(end for end in marks if not _inside(end, quoted, starts)))


def _inside(end: int, quoted: Sequence[Quote], starts: Sequence[int]) -> bool:
    at = bisect_right(starts, end - 1) - 1
    return at >= 0 and end <= quoted[at].span.end


def _ends_sentence(text: str, start: int, end: int) -> bool:
    mark, rest = text[end - 1], text[end : end + 40]
    following = rest.lstrip()[:1]
    if mark == "\n":
        blank = "\n" in rest[: len(rest) - len(rest.lstrip())]
        return blank or not _goes_on(text[max(start, end - 40) : end], following)
    if mark in _CLOSING and text[start:end].lstrip()[:1] in _MARKS and not following.islower():
        return following == "" or "\n" in rest[: len(rest) - len(rest.lstrip())]
    if not following or mark in "。！？":
        return True
    if mark in _CLOSING and not rest[:1].isspace():
        return False
    if not rest[:1].isspace():
        return (following.isupper() and rest[1:2].islower()) or "가" <= following <= "힣"
    before = text[max(start, end - 40) : end].rstrip(".…!?)]")
    if mark in "…" or text[max(start, end - 2) : end] == "..":
        return not following.islower()
    if mark in "!?" or mark in _CLOSING:
        return mark not in _CLOSING or not following.islower()
    short = _ABBREVIATION.search(before)
    return not short or (short.group() in ("m", "M") and following.isupper() and len(before) > 1)


def _goes_on(line: str, following: str) -> bool:
    """Whether a line was broken within a sentence."""
    last = line.strip()[-1:]
    return following.islower() and (last.islower() or last in ",-" or last.isdigit())


def _stretch(text: str, span: Span, quoted: Sequence[Quote]) -> Stretch:
    """The sentence with whole letters, plain apostrophes and spaces, and a neutral word for what is said in it."""
    pieces: list[tuple[str, int, int]] = []
    at = span.start
    for quote in quoted:
        if at <= quote.span.start and quote.span.end <= span.end:
            pieces += _plain(text, at, quote.span.start)
            pieces += _masked(text, quote, span)
            at = quote.span.end
    pieces += _plain(text, at, span.end)
    characters = [(c, start, end) for piece, start, end in pieces for c in piece]
    spaced = zip([(" ", 0, 0), *characters], characters, strict=False)
    characters = [after for before, after in spaced if (before[0], after[0]) != (" ", " ")]
    return Stretch(
        "".join(c for c, _, _ in characters), tuple(s for _, s, _ in characters), tuple(e for *_, e in characters), span
    )


def _masked(text: str, quote: Quote, sentence: Span) -> list[tuple[str, int, int]]:
    """What the parser sees of a quotation: a name as it is, the speech that opens a sentence not at all."""
    start, end = quote.span
    words = quote.text.split()
    before, after = text[sentence.start : start], text[end : sentence.end]
    named = len(words) <= _CLOSE_TO_NAME and quote.text.rstrip()[-1:] not in ".!?,…。"
    if named and not _SAID_BEFORE.search(before[-20:]) and not _SAID_AFTER.match(after):
        gap = [] if "가" <= after[:1] <= "힣" else [(" ", end - 1, end)]
        return [(" ", start, start + 1), *_plain(text, start + 1, end - 1), *gap]
    korean = bool(re.match(r"\s*[가-힣]", after)) or bool(re.search("[가-힣]", before))
    if not before.strip() and after.lstrip()[:1].isupper():
        return [(" ", start, end)]
    return [(f'"{_NEUTRAL[korean]}{"," if quote.text.rstrip()[-1:] in ",!?" and after.strip() else ""}"', start, end)]


def _plain(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """Characters with their places; those that make up one letter together are one."""
    found: list[tuple[str, int, int]] = []
    at = start
    while at < end:
        upto = at + 1
        while upto < end and _continues(text[upto]):
            upto += 1
        found.append((_letter(text[at:upto]), at, upto))
        at = upto
    return found


def _continues(character: str) -> bool:
    return bool(unicodedata.combining(character)) or "ᅠ" <= character <= "ᇿ" or character in "\u200d\ufe0f"


def _letter(characters: str) -> str:
    composed = unicodedata.normalize("NFC", characters)
    if composed in ("’", "ʼ", "＇", "`", "´"):
        return "'"
    return "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in composed)
