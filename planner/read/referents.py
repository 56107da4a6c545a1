"""Who and what a text mentions: every phrase finds the one that it stands for, so that nobody comes twice.

A name stands for one; 'a' brings somebody new; 'the', 'this' and pronouns go back to somebody who was mentioned.
"""

from __future__ import annotations

import re
from collections import Counter

from planner.language.document import Document, Phrase, Span
from planner.language.text import lexicon
from planner.read.film_form import figures
from planner.read.grammar_words import known_words
from planner.read.headings import headings
from planner.read.referent import Referent, Sort, slug
from planner.read.roles import Role, roles, uses

_SORTS: dict[Role, Sort] = {"person": "person", "thing": "thing", "place": "place", "garment": "thing"}
_NEW = frozenset({"a", "an", "another", "some", "several", "each", "every"})
_HE = frozenset({"he", "him", "his", "himself", "그"})
_SHE = frozenset({"she", "her", "hers", "herself", "그녀"})
_IT = frozenset({"it", "its", "itself", "그것", "이것"})
_THEY = frozenset({"they", "them", "their", "theirs", "themselves", "both", "둘", "그들", "서로"})
_FIRST = frozenset({"i", "me", "my", "mine", "myself", "나", "저", "내"})
_SECOND = frozenset({"you", "your", "yours", "yourself", "너"})


class Referents:
    """All of a text; ``of`` says which one a phrase stands for."""

    def __init__(self, doc: Document) -> None:
        self.doc, self.roles, self.uses = doc, roles(doc), uses(doc)
        self.all: list[Referent] = []
        self.of: dict[int, Referent] = {}
        self.several: dict[int, tuple[Referent, ...]] = {}
        """Pronouns of several: whom they mean."""
        self.recent: list[Referent] = []
        self._resolve()
        self._add_headings()
        self._share()
        self._describe()
        self._set_ids()

    def whom(self, phrase: int) -> tuple[Referent, ...]:
        """Those for whom a phrase stands, without what is joined to it."""
        if phrase in self.several:
            return self.several[phrase]
        return (self.of[phrase],) if phrase in self.of else ()

    def ids(self, phrases: tuple[int, ...]) -> tuple[str, ...]:
        """Of all that some phrases stand for, each once."""
        return tuple(dict.fromkeys(r.id for p in phrases for r in self.whom(p) if r.id))[:16]

    # ---- resolving

    def _resolve(self) -> None:
        order = sorted(range(len(self.doc.phrases)), key=lambda n: (self.doc.phrases[n].core.start, -n))
        order = self._after_those_they_name(order)
        for number in order:
            if number not in self.of and not self._is_denied(number):
                self._place(number)

    def _add_headings(self) -> None:
        """The places of headings; one that comes again is the same place."""
        for heading in headings(self.doc.text):
            kind = " ".join(self.doc.at(heading.place).lower().split())[:200]
            if not any(r.heading and r.kind == kind for r in self.all):
                self.all.append(Referent("place", kind=kind, heading=heading))

    def _after_those_they_name(self, order: list[int]) -> list[int]:
        """A name that stands before its noun ('루나라는 고양이') is read with the noun."""
        named = {p.alias: n for n, p in enumerate(self.doc.phrases) if p.alias is not None}
        late = [n for n in order if n in named and order.index(named[n]) > order.index(n)]
        for number in late:
            order.remove(number)
            order.insert(order.index(named[number]) + 1, number)
        return order

    def _share(self) -> None:
        """A name that two longer ones share stands for both, and 'two divers, Ann and Bo' for Ann and Bo."""
        for found in [r for r in self.all if r.sort == "person"]:
            members = self._bearers(found) if found.name else self._members(found)
            if len(members) > 1 and found not in members:
                self.all.remove(found)
                for number in [n for n, r in self.of.items() if r is found]:
                    del self.of[number]
                    self.several[number] = members
                for number, several in list(self.several.items()):
                    if found in several:
                        rest = [r for r in several if r is not found]
                        self.several[number] = tuple(dict.fromkeys((*members, *rest)))

    def _bearers(self, found: Referent) -> tuple[Referent, ...]:
        """Those whose longer names hold a name: the two Marias."""
        short = found.name.lower()
        stem = short.removesuffix("이") if not short.isascii() else short
        return tuple(
            r for r in self.all
            if r is not found and r.sort == "person" and r.name
            and (short in r.name.lower().split() or (not stem.isascii() and r.name.endswith(stem) and r.name != stem))
        )  # fmt: skip

    def _members(self, found: Referent) -> tuple[Referent, ...]:
        """Those of a counted group who are named right after it, as many as it counts."""
        first = self.doc.phrases[found.mentions[0]] if found.mentions else None
        if first is None or found.count < 2 or found.count > 9:
            return ()
        sentence = next((s for s in self.doc.sentences if first.core.start in s.span), None)
        named = [
            r for n, r in sorted(self.of.items(), key=lambda item: self.doc.phrases[item[0]].core.start)
            if sentence and n in sentence.phrases and r.name and r.sort == "person" and r.mentions[:1] == [n]
            and first.core.end < self.doc.phrases[n].core.start
        ]  # fmt: skip
        names = [r for r in dict.fromkeys(named) if not self._bearers(r)][: found.count]
        gap = self.doc.text[first.core.end : self.doc.phrases[names[0].mentions[0]].core.start] if names else ""
        if len(names) != found.count or not re.match(r"\s*[,:—–(]", gap) or len(gap) > 30:
            return ()
        for one in names:
            one.kind = one.kind or found.kind
        return tuple(names)

    def _is_denied(self, number: int) -> bool:
        return self.doc.phrases[number].determiner == "no"

    def _place(self, number: int) -> None:
        phrase, role = self.doc.phrases[number], self.roles[number]
        if phrase.kind == "pronoun" and role != "person":
            self._pronoun(number, phrase)
            return
        sort = _SORTS.get(role)
        if sort is None:
            return
        found = self._known(number, phrase, sort) or self._new(phrase, sort)
        self._join(number, found)
        if phrase.alias is not None and phrase.alias not in self.of and self._may_be(phrase.alias) and found.count == 1:
            self._join(phrase.alias, found)
            further = self.doc.phrases[phrase.alias].alias
            if further is not None and further not in self.of and self._may_be(further):
                self._join(further, found)
        if sort == "person":
            self._named_by_clause(number, found)

    def _may_be(self, alias: int) -> bool:
        phrase = self.doc.phrases[alias]
        return self.roles[alias] in ("person", "thing", "place", "nothing") and self._is_no_number(phrase)

    def _is_no_number(self, phrase: Phrase) -> bool:
        """'Ilse, seventy' is no other name."""
        return phrase.head.part in ("NOUN", "PROPN") and phrase.head.lemma not in figures()

    def _new(self, phrase: Phrase, sort: Sort) -> Referent:
        found = Referent(sort, compounds=phrase.compounds)
        self.all.append(found)
        return found

    def _join(self, number: int, found: Referent) -> None:
        phrase = self.doc.phrases[number]
        self.of[number] = found
        found.mentions.append(number)
        if found in self.recent:
            self.recent.remove(found)
        self.recent.append(found)
        words = written_name(self.doc, phrase)
        groups = phrase.head.lemma in lexicon("groups") | {"everybody", "everyone"} and phrase.count is None
        found.count = max(found.count, min(phrase.count or 1, 100_000))
        found.crowd = found.count == 1 and (found.crowd or (found.sort == "person" and (phrase.plural or groups)))
        if phrase.kind == "name":
            if not found.name:
                found.name = words[:200]
            elif found.name.lower() != words.lower():
                found.add(words, found.aliases)
        elif not found.kind:
            found.kind = " ".join((*phrase.compounds, phrase.head.lemma))[:200]
        elif phrase.head.lemma != found.kind.split()[-1]:
            found.add(phrase.head.lemma, found.aliases)

    def _named_by_clause(self, number: int, found: Referent) -> None:
        """'whose name was Pip', '소년 이름은 태오': what has the name of somebody for its subject."""
        for after, said in enumerate(self.doc.phrases[:-1], 1):
            name = self.doc.phrases[after]
            near = 0 <= name.core.start - said.core.end <= 6 and name.kind == "name" and after not in self.of
            if near and said.head.lemma in ("name", "이름") and self._owner(said, number):
                self._join(after, found)
        for clause in self.doc.clauses:
            subject = next(iter(clause.subjects), None)
            if subject is None or clause.verb.lemma not in ("be", "이다"):
                continue
            said = self.doc.phrases[subject]
            if said.head.lemma in ("name", "이름") and self._owner(said, number):
                for other in clause.complements:
                    if other not in self.of:
                        self._join(other, found)

    def _owner(self, phrase: Phrase, number: int) -> bool:
        if phrase.owner == number:
            return True
        if phrase.owner is None:
            return self.doc.phrases[number].head.lemma in phrase.compounds
        owner = self.doc.phrases[phrase.owner]
        nearest = next((r for r in reversed(self.recent) if r.sort == "person"), None)
        return (
            owner.kind == "pronoun" and owner.core.start > self.doc.phrases[number].core.start and nearest is not None
        )

    def _known(self, number: int, phrase: Phrase, sort: Sort) -> Referent | None:
        """Somebody who was mentioned, if a phrase may stand for the same."""
        others = [r for r in reversed(self.recent) if r.sort == sort]
        if called := [r for r in others if r.name and r.name == phrase.head.text]:
            return called[0]
        if phrase.kind == "name":
            return self._by_name(phrase, others)
        if phrase.determiner in _NEW or any("다른" in a or a == "other" for a in phrase.adjectives):
            return self._other(phrase, others)
        if phrase.owner is None and phrase.determiner in ("", "this", "that", "these", "those", "the"):
            same = [r for r in others if self._is_alike(phrase, r)]
            if same:
                return same[0]
        if phrase.owner is not None:
            return next((r for r in others if self._is_alike(phrase, r) and self._same_owner(phrase, r)), None)
        if phrase.determiner == "the" and sort == "person":
            return self._wider(phrase, others)
        return None

    def _other(self, phrase: Phrase, others: list[Referent]) -> Referent | None:
        """'the other fox' is the one of two that was not mentioned last."""
        alike = [r for r in others if r.kind.split()[-1:] == [phrase.head.lemma]]
        return alike[1] if phrase.determiner == "the" and len(alike) > 1 else None

    def _by_name(self, phrase: Phrase, others: list[Referent]) -> Referent | None:
        words = written_name(self.doc, phrase).lower()
        known = [r for r in others if words in {r.name.lower(), *(a.lower() for a in r.aliases)}]
        if known:
            return known[0]
        part = set(words.split())
        partly = [
            r for r in others if r.name and (part <= set(r.name.lower().split()) or set(r.name.lower().split()) < part)
        ]
        return partly[0] if len(partly) == 1 and not self._has_rival(words, partly[0]) else None

    def _has_rival(self, words: str, found: Referent) -> bool:
        """Whether two full names share a part: 'Maria Vella' and 'Maria Zammit'."""
        short = min((words, found.name.lower()), key=len).split()
        names = {written_name(self.doc, p).lower() for p in self.doc.phrases if p.kind == "name"}
        return len({n for n in names if set(short) < set(n.split()) and len(n.split()) > 1}) > 1

    def _is_alike(self, phrase: Phrase, other: Referent) -> bool:
        kinds = {other.kind.split()[-1].lower()} if other.kind else set()
        if phrase.head.lemma.lower() not in kinds | {a.lower() for a in other.aliases}:
            return False
        if phrase.count is not None and other.count != phrase.count and not other.crowd:
            return False
        if phrase.compounds and other.compounds and set(phrase.compounds) != set(other.compounds):
            return False
        said = {self._plain(a) for m in other.mentions for a in self.doc.phrases[m].adjectives}
        new = {self._plain(a) for a in phrase.adjectives}
        return not new or not said or bool(new & said)

    def _plain(self, adjective: str) -> str:
        return adjective.lower()

    def _same_owner(self, phrase: Phrase, other: Referent) -> bool:
        owners = {self.of.get(self.doc.phrases[m].owner or -1) for m in other.mentions}
        return self.of.get(phrase.owner or -1) in owners

    def _wider(self, phrase: Phrase, others: list[Referent]) -> Referent | None:
        """'the woman' is Mia, 'the old man' the wizard, 'the animal' the fox: a wider word for somebody known."""
        head = phrase.head.lemma.lower()
        if head in ("man", "guy", "boy", "gentleman", "woman", "girl", "lady", "kid", "child"):
            gender = "she" if head in lexicon("female") else "he" if head in lexicon("male") else ""
            fitting = [r for r in others if not r.kind or r.kind.split()[-1] not in lexicon("female") | lexicon("male")]
            fitting = [r for r in fitting if r.count == 1 and (not gender or r.gender in ("", gender))]
            return fitting[0] if len(fitting) == 1 and (fitting[0].name or head in ("man", "woman")) else None
        return None

    def _pronoun(self, number: int, phrase: Phrase) -> None:
        word = phrase.head.text.lower()
        if word in _FIRST | _SECOND:
            self._speaker(number, phrase)
        elif word in _THEY:
            if several := self._group(phrase):
                self.several[number] = several
        elif found := self._antecedent(word, phrase):
            self.of[number] = found
            if found.sort == "person" and word in _HE | _SHE:
                found.pronoun = "she" if word in _SHE else "he"
            self._seen_again(found)

    def _seen_again(self, found: Referent) -> None:
        self.recent.remove(found)
        self.recent.append(found)

    def _speaker(self, number: int, phrase: Phrase) -> None:
        """Who tells of themselves is somebody of the story where they do something in it."""
        word = phrase.head.text.lower()
        first = word in _FIRST
        known = next((r for r in self.all if r.name == ("I" if first else "you") or r.name in ("나", "너")), None)
        if known:
            self.of[number] = known
            return
        acting = [self.doc.clauses[c] for c in self.uses[number].acts]
        if any(c.verb.lemma not in known_words("wanting") | known_words("hearing") | {"see", "tell"} for c in acting):
            found = self._new(phrase, "person")
            found.name = "I" if first and phrase.head.text.isascii() else word
            self.of[number] = found
            found.mentions.append(number)
            self.recent.append(found)

    def _group(self, phrase: Phrase) -> tuple[Referent, ...]:
        """Whom 'they' means: several of one kind, or those who stand together before it."""
        people = [r for r in self.recent if r.sort == "person"]
        last = next((r for r in reversed(people) if r.count > 1 or r.crowd), None)
        before = [c for c in self.doc.clauses if c.verb.span.end <= phrase.core.start]
        together = next((c.subjects for c in reversed(before) if len(c.subjects) > 1), ())
        joined = tuple(dict.fromkeys(r for p in together for r in self.whom(p) if r.sort == "person"))
        if len(joined) > 1 and (last is None or last in joined):
            return joined
        return (last,) if last else tuple(people[-2:])

    def _antecedent(self, word: str, phrase: Phrase) -> Referent | None:
        gender = "she" if word in _SHE else "he" if word in _HE else "it" if word in _IT else ""
        if not gender:
            return None
        fitting = [r for r in self.recent if self._fits(r, gender)]
        if gender == "it":
            return fitting[-1] if fitting else None
        certain = [r for r in fitting if r.gender == gender]
        acted = [r for r in fitting if self._acted_before(r, phrase)]
        return next((some[-1] for some in ([r for r in certain if r in acted], certain, acted, fitting) if some), None)

    def _fits(self, referent: Referent, gender: str) -> bool:
        if referent.count > 1 or referent.crowd:
            return False
        if gender == "it":
            return referent.sort == "thing" or (referent.sort == "person" and not referent.gender and not referent.name)
        return referent.sort == "person" and referent.gender in ("", gender)

    def _acted_before(self, referent: Referent, phrase: Phrase) -> bool:
        """Whether somebody is the subject of the clause before, or of the one in which a pronoun is an object."""
        before = [c for c in self.doc.clauses if c.verb.span.start < phrase.core.start and c.subjects]
        return bool(before) and any(referent in self.whom(p) for p in before[-1].subjects)

    # ---- describing

    def _describe(self) -> None:
        for number, found in self.of.items():
            phrase = self.doc.phrases[number]
            if phrase.kind == "pronoun":
                continue
            for adjective in phrase.adjectives:
                if not adjective.lower().startswith(("other", "다른", "same", "whole", "first", "last", "next")):
                    found.add(adjective, found.looks)
            for by, other in phrase.attached:
                if by in ("with", "having") and self.roles[other] == "body" and found.sort == "person":
                    found.add(bare(self.doc, other), found.looks)
                elif by in ("in", "of", "on") and found.sort == "place" and self.roles[other] == "place":
                    found.add(self.doc.at(self.doc.phrases[other].core), found.looks)

    def _set_ids(self) -> None:
        used: Counter[str] = Counter()
        for found in self.all:
            base = slug(found.name or found.kind) or found.sort
            used[base] += 1
            taken = {r.id for r in self.all}
            number, found.id = used[base], base if used[base] == 1 else f"{base}-{used[base]}"
            while [r.id for r in self.all].count(found.id) > 1 or (found.id in taken and number == 0):
                number += 1
                found.id = f"{base}-{number}"


def written_name(doc: Document, phrase: Phrase) -> str:
    """A name with its titles: 'Old Tom', 'Lady Amberly'."""
    start = phrase.core.start
    for word in (*phrase.adjectives, *((phrase.determiner,) if phrase.determiner else ())):
        after = doc.text.find(word, start, phrase.head.span.start)
        if word[:1].islower() or not word.isascii():
            start = max(start, after + len(word)) if after >= 0 else start
    return re.sub(r"^(?:the|a|an)\s+", "", doc.at(Span(start, phrase.head.span.end)).strip(), flags=re.I)


def bare(doc: Document, number: int) -> str:
    """A phrase without its article: 'long grey beard'."""
    phrase = doc.phrases[number]
    return re.sub(r"^(?:an?|the|his|her|its|their|my|your)\s+", "", doc.at(phrase.core), flags=re.I)
