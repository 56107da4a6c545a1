"""What people wear and carry, from the beginning or from an event on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from planner.language.document import Clause, Document
from planner.read.grammar_words import known_words
from planner.read.referent import Referent
from planner.read.referents import Referents


class Worn(NamedTuple):
    """A garment as worn; ``since`` and ``until`` are the clauses at which it is put on and taken off."""

    who: Referent
    item: str
    phrase: int
    since: int | None = None
    until: int | None = None


class Belongings:
    """All that is worn and carried. ``told`` are clauses that say nothing else."""

    def __init__(self, referents: Referents) -> None:
        self.referents, self.doc = referents, referents.doc
        self.worn = _merged([*self._by_phrases(), *self._by_clauses()])
        self.carried = dict(self._carried())
        self.told = frozenset(n for n, clause in enumerate(self.doc.clauses) if self._only_wears(clause))

    def _by_phrases(self) -> Iterator[Worn]:
        """'a woman in a green raincoat', 'walks in clogs', 'takes it from his waistcoat'."""
        for number, phrase in enumerate(self.doc.phrases):
            for by, other in phrase.attached:
                if by in ("in", "with", "wearing"):
                    yield from self._wears((number,), other)
            if phrase.owner is not None and self.referents.roles[number] == "garment":
                used = self.referents.uses[number]
                if not used.suffers and not (used.acts or used.is_said):
                    yield from self._wears((phrase.owner,), number)
        for clause in self.doc.clauses:
            for by, other in clause.attached:
                if by in ("in", "wearing"):
                    yield from self._wears(clause.subjects or clause.objects, other)

    def _by_clauses(self) -> Iterator[Worn]:
        for number, clause in enumerate(self.doc.clauses):
            lasting = re.match(r"\S*고\s?있", self.doc.text[clause.verb.span.start :])
            puts_on, takes_off = _puts_on(clause) and not lasting, _takes_off(clause)
            if not (puts_on or takes_off or clause.verb.lemma in known_words("wearing")) or clause.negated:
                continue
            who = clause.subjects
            for other in (*clause.objects, *(p for p in clause.subjects if self.referents.roles[p] == "garment")):
                for worn in self._wears(tuple(p for p in who if p != other), other):
                    yield worn._replace(since=number if puts_on else None, until=number if takes_off else None)

    def _wears(self, who: tuple[int, ...], garment: int) -> Iterator[Worn]:
        if self.referents.roles[garment] != "garment":
            return
        for other in (garment, *self.doc.phrases[garment].joined):
            item = as_worn(self.doc, other)
            for person in (r for p in who for r in self.referents.whom(p)):
                if person.sort == "person" and self.referents.roles[other] == "garment":
                    yield Worn(person, item, other)

    def _carried(self) -> Iterator[tuple[Referent, Referent]]:
        """(thing, who carries it)."""
        for clause in self.doc.clauses:
            if clause.verb.lemma in known_words("carrying") and not clause.negated:
                yield from self._pairs(clause.subjects, clause.objects)
            yield from self._pairs(clause.subjects, tuple(p for by, p in clause.attached if by == "with"))
        for number, phrase in enumerate(self.doc.phrases):
            yield from self._pairs((number,), tuple(p for by, p in phrase.attached if by == "with"))

    def _pairs(self, who: tuple[int, ...], what: tuple[int, ...]) -> Iterator[tuple[Referent, Referent]]:
        people = [r for p in who for r in self.referents.whom(p) if r.sort == "person"]
        for thing in (r for p in what for r in self.referents.whom(p) if r.sort == "thing"):
            if people:
                yield thing, people[0]

    def _only_wears(self, clause: Clause) -> bool:
        """Whether a clause tells only what somebody has on or has in hand: 'wearing a coat', '가방을 든 남자'."""
        verbs = known_words("wearing") | (known_words("carrying") if clause.link == "relative" else frozenset())
        if clause.verb.lemma not in verbs or _puts_on(clause) or _takes_off(clause):
            return False
        what = (*clause.objects, *clause.subjects, *(p for _, p in clause.attached))
        garments = any(self.referents.roles[p] in ("garment", "thing") for p in what)
        korean = not clause.verb.lemma.isascii()
        return garments and (clause.link == "relative" or not korean)


def _puts_on(clause: Clause) -> bool:
    lemma = clause.verb.lemma.split()[0]
    on = clause.particle == "on" or clause.verb.lemma.endswith(" on")
    korean = (
        lemma in known_words("wearing") and not lemma.isascii() and clause.link in ("main", "and") and not clause.past
    )
    return (lemma in known_words("donning") and on) or korean or lemma == "갈아입다"


def _takes_off(clause: Clause) -> bool:
    lemma = clause.verb.lemma.split()[0]
    off = clause.particle == "off" or clause.verb.lemma.endswith(" off")
    return (lemma in known_words("doffing") and off) or lemma in ("벗다", "remove")


def _merged(worn: list[Worn]) -> list[Worn]:
    """One garment of one person once, from when it is put on until it is taken off."""
    found: dict[tuple[int, str], Worn] = {}
    for one in worn:
        key = (id(one.who), one.item.split()[-1].lower())
        known = found.get(key)
        if known is None:
            found[key] = one
        else:
            item = max(known.item, one.item, key=len)
            since = known.since if known.since is not None else one.since
            found[key] = known._replace(item=item, since=since, until=known.until or one.until)
    return list(found.values())


def as_worn(doc: Document, number: int) -> str:
    """A garment with all that is said of it: 'green hooded raincoat'."""
    phrase = doc.phrases[number]
    said = doc.at(phrase.core)
    owner = phrase.owner
    if owner is not None and doc.phrases[owner].core.start == phrase.core.start:
        said = said[len(doc.at(doc.phrases[owner].core)) :].removeprefix("'s").removeprefix("’s")
    said = re.sub(r"^(?:an?|the|one|own|his|her|their|its)\s+", "", said.strip(), flags=re.I)
    said = " ".join((*(c for c in phrase.compounds if c not in said), said))
    return " ".join(re.sub(r"^own\s+", "", said).split())[:200] or phrase.head.text[:200]
