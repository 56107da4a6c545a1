"""Whom pronouns stand for: who acted last, who is near, who is called he or she."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from planner.film.ground import find
from planner.language.text import Tag, lexicon
from planner.story.story import Character

#: How many mentions back a pronoun may reach.
MEMORY = 24

PRONOUN = re.compile(
    r"\b(he|she|it|they|him|her(?!\s+(?!an?\b|the\b)[a-z])|them|each other|the others?(?: one)?|the two|who|which)\b"
    r"|(둘은|둘이|그들은|그는|그녀는)",
    re.I,
)
_MANY = frozenset({"they", "them", "each other", "the two", "둘은", "둘이", "그들은"})
_SEXES = {"him": "he", "her": "she", "그는": "he", "그녀는": "she"}


class Pronouns:
    """Remembers who was mentioned, in reading order, and resolves what refers to them."""

    def __init__(self, cast: Mapping[str, Character]) -> None:
        """``cast`` is everybody known so far; it grows while the text is read."""
        self._cast = cast
        self.last: tuple[str, ...] = ()
        """Who acted last."""
        self.thing: str | None = None
        """The prop mentioned last."""
        self.many: set[str] = set()
        """Who stands for several: 'the soldiers', 'the crowd'."""
        self._sexes: dict[str, str] = {}
        self._together: tuple[str, ...] = ()
        """Those of several who acted as one last."""
        self._nearby: set[str] = set()
        self._recent: list[str] = []

    def mention(self, people: Iterable[str]) -> None:
        """Takes in who is named, in order."""
        self._recent = [*self._recent, *people][-MEMORY:]

    def act(self, acting: tuple[str, ...], people: Iterable[str]) -> None:
        """Takes in who acts in a clause, and who else is in it."""
        self.last = acting or self.last
        self._together = acting if len(acting) > 1 else self._together
        self._nearby = {*acting, *people} or self._nearby

    def of(self, text: str, verb: Tag | None, named: Sequence[str]) -> list[tuple[int, str]]:
        """Whom the pronouns of a clause stand for. A subject is who acted last; an object, somebody else."""
        referred: list[tuple[int, str]] = []
        for match in PRONOUN.finditer(text):
            word = match.group().lower()
            subject = verb is None or match.start() < verb.start
            taken = {*named, *(i for _, i in referred)}
            ids = self._meant(word, subject, taken, text[match.end() :])
            referred += [(match.start(), i) for i in ids if i not in named]
        return referred

    def is_thing(self, text: str, verb: Tag | None) -> bool:
        """Whether 'it' in a clause is the thing mentioned last."""
        if not self.thing:
            return False
        if re.search(r"\bit\b(?!\s+(?:an?|the|its)\b)", text[verb.end :] if verb else "", re.I):
            return True
        return bool(re.match(r"it\b", text, re.I)) and not self._beings(self.last)

    def possess(self, text: str, named: Sequence[str]) -> None:
        """'her reflection' says that whoever acts is a she."""
        if match := re.match(r"(his|her)\s+(?=[a-z])", text, re.I):
            self._one({"his": "he", "her": "she"}[match.group(1).lower()], self.last, set(named))

    def _meant(self, word: str, subject: bool, taken: set[str], after: str) -> list[str]:
        recent = list(dict.fromkeys(reversed(self._recent)))
        if word in _MANY:
            return self._several(recent, subject, taken)
        if word.startswith("the other"):
            return [i for i in recent if i not in {*self.last, *taken}][:1]
        if word in ("who", "which"):
            return self._recent[-1:]
        if word == "it" and not subject and not re.match(r"\s+(?:an?|the|its)\b", after):
            return []
        if word == "it" and subject and self.thing:
            return self._beings(self.last)[:1]
        if subject:
            return self._one(word, [*self.last, *recent], set())
        return self._one(word, recent, taken | (set() if taken else set(self.last)))

    def _several(self, recent: Sequence[str], subject: bool, taken: set[str]) -> list[str]:
        """Those who acted together, a group, or the two mentioned last."""
        if subject and (len(self.last) > 1 or self.many & set(self.last)):
            return list(self.last)
        if subject and set(self.last) & set(self._together):
            return list(self._together)
        others = [i for i in recent if i not in taken and (subject or i not in self.last)]
        if others and others[0] in self.many:
            return others[:1]
        lead = (list(self.last) if subject else []) or list(recent[:1])
        alike = [i for i in recent if i not in lead and self._is_human(i) == self._is_human(lead[0])] if lead else []
        return [*lead[:1], *(alike or [i for i in recent if i not in lead])[:1]]

    def _one(self, pronoun: str, candidates: Iterable[str], taken: set[str]) -> list[str]:
        """The likeliest of the candidates whom a pronoun may stand for; who is called so once stays so."""
        sex = _SEXES.get(pronoun, pronoun)
        fitting = [i for i in dict.fromkeys(candidates) if i not in taken | self.many and self._sex(i) in ("", sex)]
        if sex == "it":
            fitting = self._beings(fitting)
        likely = [i for i in fitting if i in self._nearby]
        near = self._fitting(likely, sex)
        chosen = (near or self._fitting(fitting, sex) or likely or fitting)[:1]
        if chosen and sex in ("he", "she"):
            self._sexes.setdefault(chosen[0], sex)
        return chosen

    def _fitting(self, ids: Sequence[str], sex: str) -> list[str]:
        """Those who are called so already; else, of he and she, the people."""
        known = [i for i in ids if self._sex(i) == sex]
        return known or [i for i in ids if sex != "it" and self._is_human(i)]

    def _beings(self, ids: Iterable[str]) -> list[str]:
        """Those who may be called it."""
        return [i for i in ids if not self._is_human(i)]

    def _sex(self, identity: str) -> str:
        character = self._cast[identity]
        kind, name = character.kind.lower(), character.name.split()[-1].lower()
        for sex, kinds, names in (("she", "female", "female_names"), ("he", "male", "male_names")):
            if kind in lexicon(kinds) or name in lexicon(names):
                return sex
        return self._sexes.get(identity, "")

    def _is_human(self, identity: str) -> bool:
        character = self._cast[identity]
        drawn = find("species", character.kind)
        return drawn[-1].word == "person" if drawn else character.name[:1].isupper()
