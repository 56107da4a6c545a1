"""Whom a clause speaks of: names, pronouns, everybody."""

from __future__ import annotations

from collections.abc import Sequence

from planner.edit.read.clauses import EditClause
from planner.edit.read.mentions import Mention
from planner.edit.read.names import fits, named
from planner.film.ground import find, stem
from planner.language.text import words
from planner.story.patch import Scope, shots_matching
from planner.story.story import Character, Story


class People:
    """Resolves whom clauses speak of, in reading order."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.assumptions: list[str] = []
        self.question = ""
        self._last: tuple[str, ...] = ()
        self._left_out: set[str] = set()
        self._named: set[str] = set()

    def hear(self, clauses: Sequence[EditClause]) -> None:
        """Whom 'the others' and 'everyone' do not mean: those that a sentence names, those that it excepts."""
        self._named = {m.value for clause in clauses for m in clause.of("who")}
        self._left_out = {
            m.value
            for clause in clauses
            if clause.excepts or (clause.stays and not clause.has("field", "wardrobe", "thing", "place", "colour"))
            for m in clause.of("who")
        }

    @property
    def last(self) -> str | None:
        """Who was spoken of last, if it was one."""
        return self._last[0] if len(self._last) == 1 else None

    def note(self, entity: str) -> None:
        """Somebody new, whom the next pronoun may mean."""
        self._last = (entity,)

    def of(self, clause: EditClause, places: Sequence[Scope] = ()) -> list[str]:
        """The ids of the characters of a clause, each once; a pronoun stands for who fits it, 'everyone' for
        who is there."""
        found = [m.value for m in clause.of("who") if not _is_landmark(m, clause)]
        if clause.has("everyone") and not found:
            found = [i for i in self._present(places) if i not in self._left_out]
        if clause.has("others"):
            found += [i for i in self._present(places) if i not in {*(self._named or self._last)}]
        if not found:
            found = self._meant(clause)
        looks = clause.has("colour") and not clause.has("thing", "wardrobe", "species", "prop", "setting")
        if not found and not clause.opens and (looks or clause.has("action", "wear")):
            found = [*self._last]
        if not found and clause.has("quote") and clause.has("say", "line"):
            found = [item.id for m in clause.of("place") for *_, item in named(m.text, self.story)][:1]
        ids = list(dict.fromkeys(found))
        self._last = tuple(ids) or self._last
        return ids

    def _present(self, places: Sequence[Scope]) -> list[str]:
        """Who is seen in some parts of the film; where nobody is, the whole cast."""
        seen = {s.entity for scope in places for _, shot in shots_matching(self.story, scope) for s in shot.staging}
        cast = [c.id for c in self.story.cast]
        return [i for i in cast if i in seen] or cast

    def wearers(self, garment: str, among: list[str | None]) -> list[str]:
        """Who wears something, of some or of all."""
        known = [c for c in self.story.cast if not among or c.id in among]
        return [c.id for c in known if worn(c, garment)]

    def _meant(self, clause: EditClause) -> list[str]:
        """Whom the pronouns of a clause stand for."""
        for pronoun in clause.of("pronoun"):
            if pronoun.value == "they":
                return list(self._last)
            told = [item.id for m in clause.of("place") for *_, item in named(m.text, self.story)]
            last = [i for i in (*self._last, *told) if _may_be(self.story, i, pronoun.value)]
            if last:
                return last[:1]
            cast = [c for c in self.story.cast if fits(c, pronoun.value)]
            if len(cast) == 1:
                return [cast[0].id]
            garments = [m.text for m in clause.of("wardrobe", "thing")]
            wearing = [c.id for c in (cast or self.story.cast) if any(worn(c, g) for g in garments)]
            if len(wearing) == 1:
                return wearing
        return []


def _is_landmark(mention: Mention, clause: EditClause) -> bool:
    """Whether somebody only says where another is: 'next to Bruno'."""
    return any(m.kind == "beside" and 0 <= mention.start - m.end < 6 for m in clause.said)


def worn(character: Character, garment: str) -> bool:
    """Whether a character wears a garment of that kind in any shot."""
    wanted = {m.word for m in find("wardrobe", garment)} | {stem(w) for w in words(garment)}
    return any(
        {m.word for m in find("wardrobe", g.item)} & wanted or {stem(w) for w in words(g.item)} & wanted
        for state in character.wardrobe
        for g in state.garments
    )


def _may_be(story: Story, entity: str, pronoun: str) -> bool:
    """Whether nothing speaks against a pronoun standing for somebody who was just named."""
    character = next((c for c in story.cast if c.id == entity), None)
    if character is None:
        return pronoun == "it"
    others = {"she": "he", "he": "she"}
    return not fits(character, others[pronoun]) if pronoun in others else fits(character, pronoun)
