"""What a phrase of a text stands for: somebody, something, a place, a time, or what is said of the film itself."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Literal, NamedTuple

from planner.film.ground import find
from planner.language.document import Clause, Document, Phrase
from planner.language.text import lexicon
from planner.read.grammar_words import body_parts, garments, hours, known_words
from planner.read.headings import headings

Role = Literal[
    "person", "thing", "place", "time", "weather", "mood", "look", "sound", "film", "garment", "body", "measure",
    "pronoun", "nothing",
]  # fmt: skip
_LABEL = re.compile(
    r"(?:location|setting|place|where|sound|audio|music|style|look|lighting|mood|tone|time|weather|int|ext|"
    r"장소|배경|소리|음악|스타일|분위기|시간|날씨)\s*[:.]",
    re.I,
)
_PLACE_LABEL = re.compile(r"(?:location|setting|place|where|장소|배경)\s*[:–-]\s*$", re.I)
_PEOPLE = ("roles", "groups", "female", "male", "children", "elders", "several", "handlers")
_HONOURS = ("님", "씨", "꾼", "장수", "아저씨", "할머니", "할아버지", "아이")


class Uses(NamedTuple):
    """Where a phrase stands: the clauses that it acts in, and what it hangs on."""

    acts: tuple[int, ...] = ()
    suffers: tuple[int, ...] = ()
    gets: tuple[int, ...] = ()
    is_said: tuple[int, ...] = ()
    """Clauses whose complement it is."""
    hangs: tuple[tuple[str, int], ...] = ()
    """(preposition, clause)."""
    describes: tuple[tuple[str, int], ...] = ()
    """(preposition, phrase)."""
    owns: bool = False


def uses(doc: Document) -> dict[int, Uses]:
    """How every phrase of a text is used."""
    found: defaultdict[int, dict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
    for number, clause in enumerate(doc.clauses):
        for name, phrases in _parts(clause).items():
            for phrase in phrases:
                found[phrase][name].append(number)
        for by, phrase in clause.attached:
            found[phrase]["hangs"].append((by, number))
    for number, phrase_ in enumerate(doc.phrases):
        for by, other in phrase_.attached:
            found[other]["describes"].append((by, number))
        if phrase_.owner is not None:
            found[phrase_.owner]["owns"].append(True)
    made = {n: {k: tuple(v) if k != "owns" else True for k, v in found[n].items()} for n in range(len(doc.phrases))}
    return {n: Uses(**parts) for n, parts in made.items()}  # type: ignore[arg-type]


def _parts(clause: Clause) -> dict[str, tuple[int, ...]]:
    return {
        "acts": clause.subjects,
        "suffers": clause.objects,
        "gets": clause.receivers,
        "is_said": clause.complements,
    }


def roles(doc: Document) -> tuple[Role, ...]:
    """The role of every phrase."""
    used = uses(doc)
    found = [_role(doc, n, used[n]) for n in range(len(doc.phrases))]
    found = [_labelled_role(phrase, doc.text) or role for phrase, role in zip(doc.phrases, found, strict=True)]
    scenes = [heading.span for heading in headings(doc.text)]
    found = [
        "nothing" if any(p.core.meets(s) for s in scenes) else role for p, role in zip(doc.phrases, found, strict=True)
    ]
    people = {p.head.lemma for p, role in zip(doc.phrases, found, strict=True) if p.kind == "name" and role == "person"}
    found = [
        "person" if p.kind == "name" and p.head.lemma in people and role == "place" else role
        for p, role in zip(doc.phrases, found, strict=True)
    ]
    for number, phrase in enumerate(doc.phrases):
        for other in (*phrase.joined, *((phrase.alias,) if phrase.alias is not None else ())):
            found[other] = _beside(doc, found[number], found[other], doc.phrases[other])
    return tuple(found)


def _labelled_role(phrase: Phrase, text: str) -> Role | None:
    """What stands behind 'Location:' is a place, and the label nothing."""
    if _LABEL.fullmatch(text[phrase.core.start : phrase.core.end + 2].strip()):
        return "nothing"
    before = text[max(0, phrase.core.start - 14) : phrase.core.start]
    return "place" if _PLACE_LABEL.search(before) else None


def _beside(doc: Document, one: Role, other: Role, phrase: Phrase) -> Role:
    """What is joined to a person, or is another name of one, is a person too if it may be."""
    return "person" if one == "person" and other in ("thing", "place") and phrase.kind == "name" else other


def _role(doc: Document, number: int, used: Uses) -> Role:
    phrase = doc.phrases[number]
    if phrase.kind == "pronoun" and not is_living(phrase):
        return "pronoun"
    if phrase.kind == "name" and not phrase.head.text[:1].islower():
        return _name_role(doc, phrase, used)
    return _known_role(phrase) or _used_role(doc, phrase, used)


def _name_role(doc: Document, phrase: Phrase, used: Uses) -> Role:
    """A name acts, is owner or is met; where it only says in what somebody is, it is a place."""
    known = _known_role(phrase)
    if known in ("time", "film", "place", "measure"):
        return known
    if used.acts or used.gets or used.suffers or used.owns or used.is_said or phrase.alias is not None:
        return "person"
    by = {by for by, _ in (*used.hangs, *used.describes)}
    goes = any(by == "to" and _travels(doc.clauses[c]) for by, c in used.hangs)
    if goes or by & {"in", "at", "of", "from", "over", "through", "near", "on", "off", "across", "under", "into"}:
        return "place"
    return "person" if by or _is_apposed(doc, phrase) else known or "place"


def _travels(clause: Clause) -> bool:
    return clause.verb.lemma in known_words("travelling")


def _is_apposed(doc: Document, phrase: Phrase) -> bool:
    return any(other.alias is not None and doc.phrases[other.alias] is phrase for other in doc.phrases)


def _known_role(phrase: Phrase) -> Role | None:
    """What the head alone says, the last word before the words that it may be known by."""
    head, whole = phrase.head.lemma.lower(), _compound(phrase)
    if phrase.kind == "name" and {head, *(c.lower() for c in phrase.compounds)} & known_words("geography"):
        return "place"
    lists: tuple[tuple[Role, bool], ...] = (
        ("film", bool({head, whole} & known_words("film"))),
        ("measure", head in known_words("units") and (phrase.count is not None or head.isascii() is False)),
        ("time", is_time(phrase)),
        ("weather", head in known_words("weather")),
        ("place", whole in known_words("places")),
        ("garment", is_garment(phrase)),
        ("body", head in body_parts()),
        ("person", is_living(phrase)),
        ("place", head in known_words("places")),
        ("mood", head in known_words("moods")),
        ("sound", head in known_words("sounds")),
        ("thing", head in known_words("lifeless") or bool(find("prop", phrase.head.text))),
        ("nothing", head in known_words("unseen")),
        ("place", any(m.fit != "near" or len(m.text) > 2 for m in find("setting", phrase.head.text))),
        ("nothing", head in lexicon("pictureless") or head in lexicon("korean_pictureless")),
        ("thing", head in lexicon("inanimate")),
    )
    return next((role for role, fits in lists if fits), None)


def _used_role(doc: Document, phrase: Phrase, used: Uses) -> Role:
    """An unknown noun: who gets something or does something on purpose is somebody, what somebody is in a place."""
    if phrase.head.part not in ("NOUN", "PROPN", "X") or not phrase.head.text[0].isalpha():
        return "nothing"
    if used.gets or any(_is_deed(doc.clauses[c]) for c in used.acts):
        return "person"
    if any(by in known_words("somewhere") for by, _ in used.hangs):
        return "place"
    return "thing"


def _is_deed(clause: Clause) -> bool:
    """Whether a clause says what only somebody does: something to something else, or a thing of the body."""
    if clause.passive or clause.link == "relative" or clause.verb.lemma in known_words("being"):
        return False
    return bool(clause.objects) or bool(find("action", clause.verb.text)) or bool(find("event", clause.verb.text))


def _compound(phrase: Phrase) -> str:
    return " ".join((*phrase.compounds[-1:], phrase.head.lemma)).lower()


def is_living(phrase: Phrase) -> bool:
    """Whether a noun is known for somebody."""
    head = phrase.head.lemma
    if head in known_words("lifeless") or head in known_words("film"):
        return False
    if head in known_words("living") or any(head in lexicon(name) for name in _PEOPLE):
        return True
    if any("가" <= c <= "힣" for c in head) and len(head) > 2 and head.endswith(_HONOURS):
        return True
    return any(len(m.text) > 1 for m in find("species", phrase.head.text))


def is_garment(phrase: Phrase) -> bool:
    """Whether a noun is worn by somebody or by nobody."""
    head = phrase.head.lemma
    return head in garments() and phrase.head.part == "NOUN"


def is_time(phrase: Phrase) -> bool:
    """Whether a noun is an hour, a day or a season."""
    head = phrase.head.lemma.lower()
    whole = _compound(phrase)
    return whole in hours() or head in hours()
