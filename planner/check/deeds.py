"""Deeds: what a shot's words say that somebody does to the world, clause by clause, by the verbs of ``world.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from planner.film.ground import find, stem
from planner.language.clauses import clauses
from planner.language.nouns import phrases
from planner.language.text import NOUNS, Tag, located, sentences, tags, verbs, words
from planner.story.story import Shot, Story

_WORN = re.compile(
    r"\b(?:in (?:a|an|her|his)|wears?|wearing|buttons|takes off|zips|her|his)\s+(?:(?:an?|the|her|his)\s+)?$", re.I
)


class Deed(NamedTuple):
    """A clause: who does it, what effects its verbs have, what else it names, and the words themselves."""

    who: str
    effects: frozenset[str]
    people: tuple[str, ...]
    things: tuple[str, ...]
    objects: tuple[str, ...]
    """Those things that it is done to."""
    places: tuple[str, ...]
    text: str


@lru_cache(maxsize=1)
def world_words() -> dict[str, Any]:
    """What ``world.yaml`` holds, read once."""
    found: dict[str, Any] = yaml.safe_load(resources.files("planner.check").joinpath("world.yaml").read_text("utf-8"))
    return found


@lru_cache(maxsize=64)
def effect_stems(name: str) -> frozenset[tuple[str, ...]]:
    """The stems of the verbs of an effect."""
    return frozenset(tuple(stem(w) for w in verb.split()) for verb in world_words()["effects"][name])


def says(text: str, name: str) -> bool:
    """Whether a text holds one of the words or phrases of a list of ``world.yaml``."""
    return bool(re.search(rf"\b(?:{'|'.join(map(re.escape, world_words()[name]))})\b", text.lower()))


def changes_clothes(text: str) -> bool:
    """Whether a text tells that somebody changes clothes."""
    runs = [tuple(stem(w) for w in words(text)[i : i + n]) for n in (1, 2) for i in range(len(words(text)))]
    return any(run in effect_stems("dresses") for run in runs)


class Deeds:
    """Reads deeds in film order. Things are known by id, or by the stem of a noun that is nobody's id."""

    def __init__(self, story: Story) -> None:
        self._cast = {c.id: c for c in story.cast}
        self._props = {p.id: p for p in story.props}
        self._names = {stem(w): c.id for c in story.cast for w in words(f"{c.kind} {c.name}") if len(w) > 2}
        self._things = {stem(words(p.kind)[-1]): p.id for p in story.props if words(p.kind)}
        self._last = ""
        self._subject = ""
        """Who or what the last clause was about."""
        self._it = ""
        self._written_as: dict[str, str] = {}

    def of(self, text: str, shot: Shot) -> Iterator[Deed]:
        """The deeds that a shot's text tells, in order."""
        lead = next((s.entity for s in shot.staging if s.entity in self._cast), "")
        for sentence in sentences(text):
            for clause in clauses(sentence):
                deed = self._deed(clause, lead)
                self._subject = deed.who or self._subject
                self._last = deed.who if deed.who in self._cast else self._last
                yield deed

    def _deed(self, clause: str, lead: str) -> Deed:
        happening = verbs(clause)
        first = happening[0].start if happening else len(clause)
        named = [
            (m.start(), self._names[stem(m.group())])
            for m in re.finditer(r"[^\W\d_]+", clause)
            if stem(m.group()) in self._names
        ]
        before = [i for at, i in named if at < first]
        nouns = [(t.start, t.mention.text) for t in tags(clause) if t.kind in NOUNS and not self._is_ground(t)] + [
            (p.at, p.head) for p in phrases(clause)
        ]
        things = [(at, self._thing(noun)) for at, noun in sorted(nouns) if self._names.get(stem(noun)) is None]
        acts_itself = bool(things) and things[0][0] < first and not before
        elided = first == 0 or not re.search(r"\w", clause[:first])
        if before:
            who = before[0]
        elif acts_itself:
            who = things[0][1]
        else:
            who = self._subject if elided else lead or self._last
        places = tuple(
            t.mention.text.lower() for t in tags(clause) if t.kind == "setting" and _stands_in(clause, t.start)
        )
        others = tuple(dict.fromkeys(i for _, i in named if i != who))
        if re.match(r"they\b", clause, re.I):
            who = ""
        objects = [i for at, i in things if at > first and not located(clause, at)]
        if self._it and re.search(r"\bit\b", clause[first:]) and not objects:
            objects = [self._it]
        objects = objects or [i for at, i in things if at < first]
        self._it = objects[0] if objects else self._it
        return Deed(
            who,
            self._effects(clause),
            others,
            tuple(dict.fromkeys([*(i for _, i in things), *objects])),
            tuple(objects),
            places,
            clause,
        )

    def _is_ground(self, tag: Tag) -> bool:
        """Whether a noun is a place to be in and none of the story's things."""
        return tag.kind == "setting" and stem(words(tag.mention.text)[-1]) not in self._things

    def _thing(self, noun: str) -> str:
        word = re.sub(r"['’]s?$", "", noun.split()[-1])
        self._written_as.setdefault(stem(word), word)
        return self._things.get(stem(word), stem(word))

    def _effects(self, clause: str) -> frozenset[str]:
        stems = [stem(w) for w in words(clause)]
        runs = {tuple(stems[i : i + n]) for n in (1, 2, 3, 4) for i in range(len(stems) - n + 1)}
        acting = {stem(w) for v in verbs(clause) for w in words(v.mention.text)}
        return frozenset(
            name
            for name in world_words()["effects"]
            if any(run in runs and (len(run) > 1 or run[0] in acting) for run in effect_stems(name))
        )

    def name(self, key: str) -> str:
        """What somebody or something is called."""
        known = self._cast.get(key) or self._props.get(key)
        return known.name if known else self._written_as.get(key, key)


def _stands_in(clause: str, at: int) -> bool:
    """Whether a place is where it happens, and not only where to or what of."""
    return bool(re.search(r"\b(?:in|at|on|inside|across|through|into)\s+(?:\w+\s+){0,2}$", clause[:at], re.I))


def clothes(clause: str) -> list[tuple[str, str]]:
    """(garment, colour) of each coloured piece of clothing that a clause names on somebody."""
    found = [m for kind in ("wardrobe", "garment") for m in find(kind, clause)]
    pairs = []
    for garment in {m.start: m for m in found}.values():
        colours = [c for c in find("colour", clause[: garment.start]) if not clause[c.end : garment.start].strip()]
        if colours and _WORN.search(clause[: colours[-1].start]):
            pairs.append((stem(garment.text), colours[-1].text.lower()))
    return pairs
