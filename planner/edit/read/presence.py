"""Who and what comes into a film, goes out of it or becomes somebody else, what they do and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planner.edit.read.clause import GIVES, TAKES, ClauseReading, ValueChange, word
from planner.edit.read.mentions import Mention
from planner.edit.read.replacements import PLAIN
from planner.language.text import has_verb, slug

_BRINGS = re.compile("add|includ|put|bring|insert|show|introduc|place|추가|넣|등장|나오게|나왔|나오면|나와", re.I)


class Presence(ClauseReading):
    def bodies(self) -> Iterator[ValueChange]:
        """Who and what comes into the film, goes out of it, or becomes somebody else."""
        species = [m for m in self.clause.of("species") if m not in self.used and not self._qualifies(m)]
        props = [m for m in self.clause.of("prop") if m not in self.used]
        gone = [m for m in self.clause.of("who") if m in self.dropped]
        for mention in species:
            if gone or (self.who and self._becomes(mention)):
                words = self._dressed(mention)
                for entity in [g.value for g in gone] or (self.who if self.clause.has("become") else self.who[:1]):
                    yield ValueChange("set", "kind", words, entity)
            elif last := self._turns(mention):
                yield ValueChange("set", "kind", self._dressed(mention), last)
            elif self._comes(mention):
                yield ValueChange("add", "cast", self._dressed(mention))
                self.people.note(slug(word(mention.text), mention.value, [c.id for c in self.story.cast]))
        for thing in self.clause.of("thing"):
            if props and (thing in self.dropped or self._gives_way(thing, props[0])):
                self.used.add(thing)
                yield ValueChange("remove", "prop", None, thing.value)
        for mention in props:
            if self._comes(mention):
                yield ValueChange("add", "prop", self._dressed(mention))
        things = [m for m in self.clause.of("thing") if m not in self.used]
        for thing in things:
            if self._verb(thing) in TAKES and not self.clause.of("colour"):
                yield ValueChange("remove", "prop", None, thing.value)
            elif (
                self._verb(thing) in ("add", "make")
                and self.clause.has("place", "setting")
                and not self.clause.of("colour", "left", "right", "middle", *PLAIN)
            ):
                yield ValueChange("add", "prop", None, thing.value)
        if self._returns(species, props):
            yield from (ValueChange("add", "cast", None, entity) for entity in self.who)
        if self.who and not species and not self.used and self._leaves():
            for entity in self._others() if self.clause.has("nobody") else self.who:
                known = any(c.id == entity for c in self.story.cast)
                yield ValueChange("remove", "cast" if known else "prop", None, entity)

    def deeds(self) -> Iterator[ValueChange]:
        """What somebody does, and where somebody stands."""
        actions = [m for m in self.clause.of("action") if m not in self.dropped]
        others = self.clause.of("species", "wardrobe", "new_shot")
        for mention in actions[:1]:
            follows = [m for m in self.clause.of("who", "everyone", "others", "pronoun") if m.start < mention.start]
            if not self.who or (mention.fit == "near" and (others or not follows)):
                continue
            gone = self._gone(mention) and not self.dropped
            if _verb_of(mention) == "stands" and self.clause.has("left", "right", "middle"):
                continue
            for entity in self.who:
                value = "stands" if gone else _verb_of(mention)
                yield ValueChange("set", "action", value, entity)
        for side in ("left", "right", "middle"):
            if self.clause.has(side):
                for entity in [*self.who] or [m.value for m in self.clause.of("thing")]:
                    yield ValueChange("set", "position", side, entity)

    def _comes(self, newcomer: Mention) -> bool:
        """Whether somebody or something is to come in, and is not merely told of."""
        verb = self._verb(newcomer)
        told = not verb and has_verb(self.clause.text) and not self.clause.has("place")
        return verb not in TAKES and newcomer not in self.dropped and not told

    def _becomes(self, species: Mention) -> bool:
        """Whether somebody turns into a species, and does not merely meet one."""
        before = [m for m in self.clause.of("who", "everyone", "others", "pronoun") if m.start < species.start]
        after = [m for m in self.clause.of("add") if m.text.lower() == "with" and m.start > species.start]
        joins = self._verb(species) in GIVES and not after and not self.clause.has("replace", "become")
        return bool(before) and not joins

    def _turns(self, species: Mention) -> str | None:
        """Whom a clause turns into something that another clause named: '개구리를 ..., 펭귄으로 바꿔줘'."""
        into = re.search(rf"{re.escape(species.text)}(?:으로|로)?(?<=로) ?(?:바꿔|바꾸|교체|변경)", self.clause.text)
        return self.people.last if into and not self.who else None

    def _qualifies(self, species: Mention) -> bool:
        """Whether it only says which kind of another: 'a girl frog'."""
        return any(m.kind == "species" and 0 < m.start - species.end < 2 for m in self.clause.said)

    def _dressed(self, newcomer: Mention) -> str:
        """A noun with its colour: 'black cat'."""
        near = [c for c in self.clause.of("colour") if c.end <= newcomer.start and self._adjacent(c, newcomer)]
        self.used.update(near)
        return f"{near[-1].value if near else ''} {word(newcomer.text, newcomer.kind)}".strip()

    def _returns(self, species: list[Mention], props: list[Mention]) -> bool:
        """Whether somebody known is to come into a part of the film."""
        brought = any(m.kind in ("add", "move") and _BRINGS.match(m.text) for m in self.clause.said)
        other = self.clause.has("action", "colour", "wardrobe", "quote", "left", "right", "middle", *PLAIN)
        return brought and bool(self.who) and self.clause.has("place") and not (species or props or self.used or other)

    def _leaves(self) -> bool:
        """Whether a clause takes somebody out."""
        if re.search(r"\b(?:have|wear|need|keep) (?:it|them)\b", self.clause.text, re.I):
            return False
        leaving = self.clause.has("remove", "nobody") or (self.clause.has("unwear") and not self.used)
        other = self.clause.has("action", "colour", "duration", "seconds", "line", "say", "wardrobe", "prop", *PLAIN)
        return leaving and not other

    def _gives_way(self, thing: Mention, prop: Mention) -> bool:
        """Whether another prop takes a thing's place: '공을 풍선으로 바꿔줘'."""
        into = re.search(r"(?:으로|로) ?(?:바꿔|바꾸|바꿨|교체|변경)", self.clause.text)
        return into is not None and thing.end <= prop.start

    def _others(self) -> list[str]:
        return [c.id for c in self.story.cast if c.id not in self.who]


def _verb_of(action: Mention) -> str:
    """A deed in film grammar's word where it is drawn as itself, else in the author's."""
    return action.value if action.fit != "near" else action.text
