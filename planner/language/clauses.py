"""Clauses: a sentence in parts that each have a verb, and how each part is joined to the one before.

What joins two clauses says which of them happens first: 'before opening the door, she found the key' is told in the
other order than it happens. :func:`in_time` gives the order in which a film shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from planner.film.grammar import grammar
from planner.film.ground import find
from planner.language.text import VERBS, has_verb, verbs, words

_LINKS = "and then|and|then|but first|but|while|so|until|before|after|when|because|once|as soon as|as"
_JOIN = re.compile(
    rf"[;:]\s*|,\s*(?:(?P<listed>{_LINKS})\s+)?|\s+(?P<joined>{_LINKS})\s+"
    r"|\s+(?=(?P<relative>who|which)\s)|\s+(?P<past>that|whom)\s+(?=(?:[\w'’-]+\s+){1,4}?had\s)"
    r"|(?:(?<=\bremembers)|(?<=\bremembered)|(?<=\brecalls)|(?<=\brecalled))\s+(?P<memory>how|that|when)\s+"
    r"|(?<=[가-힣](?:고|며|자))\s+|(?<=[가-힣](?:면서|지만|는데|아서|어서|해서))\s+|(?<=기 전에)\s+"
    r"|(?<=(?:후에|뒤에))\s+"
)
_OPENING = re.compile(r"(before|after|until|when|once|because|as soon as)\s+", re.I)
_KOREAN_BEFORE = re.compile(r"([가-힣])기 전에\s*$")
_TRAILING = re.compile(rf"[\s,;:]+(?:{_LINKS}|how|that|whom)?\s*$")
_SUBJECT = re.compile(r"\s(?=(?:(?:he|she|it|they|we|an?|the|his|her|its|their|my|our)\b|[A-Z])[^,;]*$)")
_GERUND = re.compile(r"\w+ing\b")
_ONGOING = re.compile(r"\b(?:is|are|was|were)\s+(?:\w+ly\s+)?(?:\w+ing|about to)\b", re.I)
_NO_DEED = re.compile(
    r"\w+\s+(?:\w+\s+)?(?:cannot|can|could|would|must|wants?|wanted|never|does|did|has no|had no)\b", re.I
)
_HABIT = re.compile(r"(?:who|which)\s+(?:never|rarely|always|usually|\w+\s+not|\w+n['’]t|can|cannot|wants?)\b", re.I)
_PERFECT = re.compile(
    r"\bhad\s+(?:(?:already|just|once|long|also|never|been|not|[a-z]+ly)\s+)*"
    r"(?!an?\b|the\b|his\b|her\b|its\b|their\b|to\b)([a-z]+)",
    re.I,
)

#: A clause that such a word opens happens before that to which it is joined, or after it.
_EARLIER = frozenset({"after", "once", "as soon as", "because", "but first", "when", "memory", "past"})
_LATER = frozenset({"before", "until"})
#: These may be followed by a verb in -ing that stands for a clause.
_TIMED = frozenset({"before", "after"})


class TextClause(NamedTuple):
    """A clause and what joins it to the one before: a conjunction, 'memory', 'past' or 'relative'; else empty."""

    link: str
    text: str


def clauses(sentence: str) -> list[str]:
    """The clauses of a sentence as told; a part without a verb stays with its neighbour."""
    return [clause.text for clause in linked(sentence)]


def linked(sentence: str) -> list[TextClause]:
    """The clauses of a sentence as told, with what joins them."""
    parts: list[TextClause] = []
    for (start, link), (end, _) in pairwise([*_cuts(sentence), (len(sentence), "")]):
        raw = sentence[start:end]
        part = _opened(raw) if not start else _korean(raw) or TextClause(link, _finite(raw) if link in _TIMED else raw)
        habit = part.link == "relative" and _HABIT.match(raw)
        if parts and (habit or not (has_verb(part.text) and has_verb(parts[-1].text))):
            parts[-1] = TextClause(parts[-1].link, parts[-1].text + raw)
        else:
            parts.append(_completed(part, parts[-1].text) if part.link == "past" and parts else part)
    return [TextClause(part.link, _TRAILING.sub("", part.text)) for part in parts]


def in_time(told: Sequence[TextClause]) -> list[int]:
    """The indices of clauses in the order in which they happen; what is joined by a mere 'and' stays together."""
    order: list[int] = []
    waiting: list[int] = []
    main, under = 0, ""
    for i, clause in enumerate(told):
        kind = under if clause.link == "and" and under else _kind(told, i)
        if kind == "later":
            waiting.append(i)
        elif kind == "earlier":
            order.insert(main, i)
            main += 1
        else:
            order.append(i)
            main = len(order) - 1
        under = kind
    return [*order, *waiting]


def is_past(text: str) -> bool:
    """Whether a clause tells what had happened before: 'had found', '찾았었다'."""
    if found := _PERFECT.search(text):
        word = found.group(1).lower()
        return word.endswith("ed") or word in grammar().irregular or any(find(kind, word) for kind in VERBS)
    return any(_ends_in_past(m.group(1)) for m in re.finditer(r"([가-힣])었(?:다|고|으나|지만)", text))


def _ends_in_past(syllable: str) -> bool:
    """Whether a Korean syllable already carries the past (final ㅆ); 있 and 겠 only look so."""
    return (ord(syllable) - ord("가")) % 28 == 20 and syllable not in "있겠"


def _kind(told: Sequence[TextClause], at: int) -> str:
    """'earlier' or 'later' than the main clause, where it is told on the other side of it; else empty."""
    link = told[at].link
    if link == "전에" or (link in _LATER and not at):
        return "later"
    ongoing = link == "when" and at and _ONGOING.search(told[at - 1].text)
    return "earlier" if at and link in _EARLIER and not ongoing else ""


def _cuts(sentence: str) -> Iterator[tuple[int, str]]:
    """Where parts begin, and by what they are joined."""
    cuts = {0: ""}
    for match in _JOIN.finditer(sentence):
        link = _link(match)
        if link != "because" or not _NO_DEED.match(sentence[match.end() :]):
            cuts[match.end()] = link
    if (main := _after_opening(sentence)) and not any(0 < cut <= main for cut in cuts):
        cuts[main] = ""
    return iter(sorted(cuts.items()))


def _link(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found["relative"]:
        return "past" if is_past(match.string[match.end() :].split(",")[0]) else "relative"
    if found["past"] or found["memory"]:
        return "past" if found["past"] else "memory"
    listed = found["listed"] or ""
    return found["joined"] or (listed if listed in _EARLIER | _LATER and listed != "when" else "")


def _after_opening(sentence: str) -> int:
    """Where the main clause begins after an opening one without a comma: 'before she left | she wept'; 0: nowhere."""
    happening = verbs(sentence) if _OPENING.match(sentence) else ()
    if len(happening) < 2:
        return 0
    start = happening[0].end
    subjects = list(_SUBJECT.finditer(sentence[start : happening[1].start]))
    return start + subjects[-1].end() if subjects else 0


def _opened(raw: str) -> TextClause:
    """The first part of a sentence: without the word that opens it, where that word joins it to the next."""
    if korean := _korean(raw):
        return korean
    opening = _OPENING.match(raw)
    rest = _finite(raw[opening.end() :]) if opening else ""
    return TextClause(opening.group(1).lower(), rest) if opening and _has_subject(rest) else TextClause("", raw)


def _has_subject(text: str) -> bool:
    """Whether a text begins with a verb or its subject, and not with a time: not 'dinner she washes the plates'."""
    happening = verbs(text)
    before = text[: happening[0].start] if happening else ""
    inner = (words(before[: m.start()])[-1:] for m in _SUBJECT.finditer(before))
    return bool(happening) and all(last and last[0].lower() in grammar().prepositions for last in inner)


def _korean(raw: str) -> TextClause | None:
    """'문을 열기 전에' -> '문을 연다', which happens after what follows."""
    found = _KOREAN_BEFORE.search(raw)
    return TextClause("전에", f"{raw[: found.start()]}{_plain(found.group(1))}") if found else None


def _plain(syllable: str) -> str:
    """The last syllable of a Korean verb's stem in the plain present: 열 -> 연다, 가 -> 간다, 먹 -> 먹는다."""
    code = ord(syllable) - ord("가")
    return chr(ord(syllable) - code % 28 + 4) + "다" if code % 28 in (0, 8) else f"{syllable}는다"


def _completed(part: TextClause, before: str) -> TextClause:
    """A clause of the past with the noun that it describes: 'he had lost' after 'the key' -> 'he had lost the key'."""
    thing = re.search(r"([^\W\d_]+)\W*(?:\b(?:that|whom)\W*)?$", before)
    happened = _PERFECT.search(part.text)
    if not thing or not happened or re.match(r"who|which", part.text):
        return part
    return TextClause(part.link, f"{part.text[: happened.end()]} the {thing.group(1)}{part.text[happened.end() :]}")


def _finite(text: str) -> str:
    """'opening the door' -> 'opens the door', where that is a verb."""
    found = _GERUND.match(text)
    verb = _by_gerund().get(found.group().lower()) if found else None
    return verb + text[found.end() :] if found and verb else text


@lru_cache(maxsize=1)
def _by_gerund() -> dict[str, str]:
    """'opening' -> 'opens', of every verb that film grammar knows."""
    entries = (e for kind in VERBS for e in grammar().words[kind].values())
    known = {w.split()[0] for e in entries for w in (*e.same, *e.near) if w.isascii()}
    return {gerund: verb for verb in sorted(known) if verb.endswith("s") for gerund in _gerunds(verb)}


def _gerunds(verb: str) -> Iterator[str]:
    base = re.sub(r"(?<=[^aeiou])ies$", "y", verb)
    base = re.sub(r"(?<=sh|ch|ss)es$|(?<=[xzo])es$", "", base) if base == verb else base
    base = base[:-1] if base == verb else base
    yield base[:-1] + "ing" if re.search(r"[^eyo]e$", base) else base + "ing"
    if re.search(r"[^aeiou][aeiou][bdgmnprt]$", base):
        yield f"{base}{base[-1]}ing"
