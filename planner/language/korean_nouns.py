"""Korean noun groups taken apart: the noun, how many, of which kind, its name, and as what it stands in its clause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from planner.language.document import Kind, Phrase, Span, Word
from planner.language.korean_morphemes import Morpheme, NounGroup, is_being, korean_words
from planner.language.text import lexicon

_SUBJECT = frozenset({"이", "가", "께서", "에서가"})
_TOPIC = frozenset({"은", "는", "도", "만", "마저", "조차", "ᆫ", "이야", "야말로"})


@dataclass(eq=False)
class NounParts:
    """A noun group taken apart."""

    core: list[Morpheme]
    """The noun itself, with its suffix for several or its title."""
    count: int | None = None
    determiner: str = ""
    position: str = ""
    later: str = ""
    compounds: tuple[str, ...] = ()
    ordinals: tuple[str, ...] = ()
    name: Morpheme | None = None
    is_time: bool = False
    is_measure: bool = False


def take_apart(group: Sequence[Morpheme]) -> NounParts:
    """'펭귄 일곱 마리', '나무 아래', '한 시간 뒤', '두 번째 샷', '토끼 뭉치' by their parts."""
    table = korean_words()
    row, parts = list(group), NounParts([])
    if len(row) > 1 and row[-1].form in ("뒤", "후", "전") and row[-2].form in table["units"]:
        parts.later = {"전": "ago"}.get(row.pop().form, "later")
    elif len(row) > 1 and row[-1].form in table["positions"] and row[-1].tag in ("NNG", "NNB"):
        parts.position = row.pop().form
    row = _without_ordinal(row, parts)
    row = _without_number(row, parts)
    while row and row[0].tag == "MM":
        parts.determiner = table["determiners"].get(row.pop(0).form, "")
    _divide(row, parts)
    last = parts.core[-1].form if parts.core else ""
    parts.is_time = bool(parts.core) and parts.core[0].form in table["hours"]
    parts.is_measure = last in table["units"] and parts.count is not None
    return parts


def _without_ordinal(row: list[Morpheme], parts: NounParts) -> list[Morpheme]:
    """Takes '두 번째' off the front."""
    at = next((n for n, m in enumerate(row) if m.form in ("째", "번째")), None)
    if at is None or at + 1 >= len(row):
        return row
    parts.ordinals = (" ".join(_written(row[: at + 1])),)
    return row[at + 1 :]


def _written(row: Sequence[Morpheme]) -> Iterator[str]:
    """Morphemes as words: what touches is one."""
    word = row[0].form
    for before, morpheme in pairwise(row):
        if morpheme.span.start > before.span.end:
            yield word
            word = ""
        word += morpheme.form
    yield word


def _without_number(row: list[Morpheme], parts: NounParts) -> list[Morpheme]:
    """Takes a number with its counter off: '곰 두 마리', '세 명의', '2초' (which stays a measure)."""
    table = korean_words()
    for n, morpheme in enumerate(row):
        count = int(morpheme.form) if morpheme.form.isdecimal() else table["numbers"].get(morpheme.form)
        if count is None or morpheme.tag not in ("NR", "MM", "SN"):
            continue
        counter = row[n + 1].form if n + 1 < len(row) else ""
        if counter in table["counters"] and (n or len(row) > n + 2):
            parts.count = count
            return row[:n] + row[n + 2 :]
        if counter or n:
            parts.count = count
            return row[:n] + row[n + 1 :]
    return row


def _divide(row: list[Morpheme], parts: NounParts) -> None:
    """The noun of a group, nouns before it, and a name after it."""
    if not row:
        return
    blocks: list[list[Morpheme]] = [[row[0]]]
    for before, morpheme in pairwise(row):
        if morpheme.span.start == before.span.end or morpheme.tag == "XSN":
            blocks[-1].append(morpheme)
        else:
            blocks.append([morpheme])
    kind = "".join(m.form for m in blocks[-2]) if len(blocks) > 1 else ""
    last_one = "".join(m.form for m in blocks[-1])
    its_own = last_one in lexicon("korean_pictureless") or last_one in korean_words()["attributes"]
    if (
        kind
        and is_being(kind)
        and not its_own
        and len(blocks[-1]) <= 2
        and blocks[-1][0].tag in ("NNG", "NNP", "SL", "NNB")
    ):
        parts.name = _merged(blocks.pop())
    parts.core = blocks[-1]
    parts.compounds = tuple("".join(m.form for m in block) for block in blocks[:-1])


def _merged(block: Sequence[Morpheme]) -> Morpheme:
    span = Span(block[0].span.start, block[-1].span.end)
    return Morpheme("".join(m.form for m in block), "NNP", span)


def head_word(text: str, parted: NounParts) -> Word:
    """The noun as one word; its plural suffix belongs to it."""
    span = Span(parted.core[0].span.start, parted.core[-1].span.end)
    lemma = "".join(m.form for m in parted.core if m.form != "들")
    part = {"NNP": "PROPN", "SL": "PROPN", "NP": "PRON"}.get(parted.core[-1].tag, "NOUN")
    return Word(span, text[span.start : span.end], lemma, part)


def name_phrase(text: str, name: Morpheme) -> Phrase:
    return Phrase(name.span, name.span, Word(name.span, text[slice(*name.span)], name.form, "PROPN"), "name")


def kind_of(parted: NounParts) -> Kind:
    tags: dict[str, Kind] = {"NNP": "name", "NP": "pronoun", "SL": "name"}
    return tags.get(parted.core[0].tag, "noun")


def has_only(group: NounGroup, particle: str) -> bool:
    return [p.form for p in group.particles] == [particle]


def is_joining(group: NounGroup) -> bool:
    return bool(group.particles) and group.particles[-1].tag == "JC" and not group.postposition


def role_of(group: NounGroup, parted: NounParts) -> str:
    """As what a noun group stands in its clause, by its particles."""
    forms = [p.form for p in group.particles]
    if group.postposition:
        return group.postposition
    if parted.later:
        return parted.later
    if is_joining(group):
        return "joined"
    if parted.position:
        going = bool(set(forms) & {"으로", "로"})
        return f"@{parted.position} {int(going)}"
    if any(p.tag == "JKC" for p in group.particles):
        return "complement"
    if set(forms) & _SUBJECT:
        return "subject"
    if set(forms) & {"을", "를", "ᆯ"}:
        return "object"
    by = next((f for f in forms if f in korean_words()["particles"]), "")
    if by:
        return f"@{by}" if not {"부터", "까지"} & set(forms) else f"@{next(f for f in forms if f in ('부터', '까지'))}"
    if set(forms) & _TOPIC:
        return "topic" if {"은", "는", "ᆫ"} & set(forms) else "also"
    return "time" if parted.is_time or parted.is_measure else "bare"
