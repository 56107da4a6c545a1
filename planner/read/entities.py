"""Who is in a text: characters by their nouns and names, and who acts in each clause."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.film.ground import WordMatch, find
from planner.language.mentions import NUMBER, ORDINAL, colour_of, features_of, restated, singular, word_at
from planner.language.nouns import is_inanimate, names, phrases
from planner.language.text import (
    Tag,
    determined,
    is_function,
    lexicon,
    located,
    noun,
    preceding,
    slug,
    unknown,
    word_lists,
)
from planner.read.pronouns import PRONOUN, Pronouns
from planner.read.things import Things
from planner.story.story import Character

_POSSESSIVE = re.compile(r"['’]s?$")
_NAMED = re.compile(r"^\s*,?\s*(?:named|called)\s+([A-Z][\w'-]*)|^\s+([A-Z][^\W\d_]*(?:-[A-Z]\w+)*)")
_DESCRIBED = re.compile(r"\b([A-Z][\w-]*),\s+(?:an?|the|his|her|their|its|one of the)\s+(?:[\w-]+\s+){0,3}$")
_IS = re.compile(r"\b([A-Z][\w-]*)\s+(?:is|was)\s+(?:an?|the)\s+(?:[\w-]+\s+){0,3}$")
_APPOSED = re.compile(r"([a-z]+),\s+(?:an?|the)\s+(?:[a-z-]+\s+){0,2}$")
#: Events that need nobody to do them: their subject may be a thing.
_BY_ITSELF = frozenset({"happen", "fall"})
_BESIDE = re.compile(
    r"\b(of|for|from|by|behind|near|at|to|over|under|past|towards?|around|like|than|against|about|"
    r"in front of|between|on|into)"
    r"\s+(?:(?:an?|the|his|her|its|their|two|three|all)\s+)?(?:(?!(?:an?|the|his|her|its|their)\b)[\w-]+\s+){0,2}$",
    re.I,
)
_STRANGER = re.compile(
    r"\b(?:an?|the|his|her|its|their|another)\s+(?:[\w-]+\s+){0,2}?([A-Za-z-]{3,})\s+(?:\w+ly\s+)?$", re.I
)
_SUBJECT_PARTICLE = re.compile(r"(이|가|은|는|께서|도)$")


class Entities:
    """Resolves mentions to ids, in reading order."""

    def __init__(self, strangers: Sequence[str] = ()) -> None:
        self.cast: dict[str, Character] = {}
        self.sure = True
        """Whether those who act in the last clause were named in it."""
        self._strangers = {word.lower() for word in strangers}
        self._heads: dict[str, list[str]] = {}
        """The noun that people were called by -> their ids."""
        self._elders: dict[str, str] = {}
        """Somebody's child -> that somebody."""
        self.pronouns = Pronouns(self.cast)
        self.things = Things(self.cast, self.pronouns)

    def read(self, text: str, found: Sequence[Tag], verb: Tag | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Takes in one clause; returns who acts in it and what else it concerns."""
        people = self._people(text, found, verb)
        things = self.things.read(text, found, people, self._is_somebody)
        self.pronouns.possess(text, [i for _, i in sorted(people)])
        named_at = [at for at, _ in people]
        people += self.pronouns.of(text, verb, [i for _, i in people])
        if self.pronouns.is_thing(text, verb):
            things = list(dict.fromkeys([*things, str(self.pronouns.thing)]))
        acting = self._subjects(text, sorted(people), verb, found)
        self.sure = any(verb is None or at < verb.start for at in named_at)
        self.pronouns.act(acting, [i for _, i in people])
        named = dict.fromkeys(i for _, i in sorted(people))
        others = tuple(i for i in named if i not in acting) + tuple(things)
        return acting, others

    def _people(self, text: str, found: Sequence[Tag], verb: Tag | None) -> list[tuple[int, str]]:
        people = []
        for tag in sorted([*found, *self._unknown_people(text, found, verb)], key=lambda t: t.start):
            if tag.kind != "species" or restated(text, tag, found) or self._is_part(text, tag, found):
                continue
            if owner := self._apposed(text, tag):
                self._recast(owner, tag.mention.text)
                self._describe(owner, text, tag, colour_of(text, tag))
                continue
            owns = bool(_POSSESSIVE.search(tag.mention.text))
            if owns and not self._known(noun("species", tag.mention.text).lower(), ""):
                continue
            ids = self._resolve(text, tag)
            people += [] if owns else [(tag.start, i) for i in ids]
        names = self._names()
        for match in re.finditer(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text):
            word = self._without_particle(re.sub(r"['’]s$", "", match.group()))
            if word in names:
                owned = [] if match.group().endswith(("'s", "’s")) else [(match.start(), names[word])]
                people += [pair for pair in owned if pair[1] not in {i for _, i in people}]
            elif word.lower() in self._strangers and (not word.isascii() or word.lower() not in self._heads):
                people.append((match.start(), self.stranger(word)))
            elif word[0].isupper() and verb and text[match.end() : verb.start].strip() == "":
                people += [(match.start(), self.stranger(word))] if self._is_name(text, word, found) else []
        self.pronouns.mention(i for _, i in sorted(people))
        return people

    def _is_part(self, text: str, tag: Tag, found: Sequence[Tag]) -> bool:
        """Whether a noun is only part of who is named: the bear of a bear hunter, the giant of a giant squid."""
        if after := _beside(text, tag, found, 1):
            anybody = tag.mention.word == "person" and tag.mention.fit != "near"
            says_how = anybody or tag.mention.text.lower() in lexicon("adjectives")
            return says_how or after.mention.text.lower() in lexicon("handlers")
        before = _beside(text, tag, found, -1)
        if before is None or tag.mention.text.lower() in lexicon("handlers"):
            return False
        ids = self._heads.get(singular(before.mention.text.lower()), [])
        if ids:
            self._heads.setdefault(singular(tag.mention.text.lower()), []).append(ids[-1])
            told = filter(None, (self.cast[ids[-1]].features, tag.mention.text))
            self.cast[ids[-1]] = self.cast[ids[-1]].model_copy(update={"features": ", ".join(dict.fromkeys(told))})
        return bool(ids)

    def _names(self) -> dict[str, str]:
        """Each word of a proper name -> whose it is."""
        proper = [(word, c.id) for c in self.cast.values() for word in c.name.split() if word[0].isupper()]
        return dict(reversed([*proper, *((c.name, c.id) for c in self.cast.values() if not c.name.isascii())]))

    def _without_particle(self, word: str) -> str:
        """A Korean name as it is, without what it carries: 지우는 -> 지우."""
        return next((n for n in self._strangers if not n.isascii() and re.fullmatch(f"{n}[가-힣]{{0,2}}", word)), word)

    def _unknown_people(self, text: str, found: Sequence[Tag], verb: Tag | None) -> list[Tag]:
        """Nouns that film grammar does not know and that act like people, as tags."""
        people = []
        first = min((t.start for t in found if t.kind == "species"), default=len(text))
        for phrase in phrases(text):
            known = singular(phrase.head) in self._heads
            preceded = re.search(
                r"\b(?:after|before|during|since|until|with|without|of|for|from|by|despite)\s+$",
                preceding(text, phrase.start),
                re.I,
            )
            alone = (
                phrase.start < first and not preceded and not located(text, phrase.at) and not is_inanimate(phrase.head)
            )
            acts = verb is not None and phrase.end <= verb.start and verb.mention.word not in _BY_ITSELF
            if known or (alone and acts and not self.things.are_called(phrase.head)):
                people.append(Tag("species", WordMatch("person", phrase.at, phrase.end, phrase.head, "near")))
        return people

    def _is_somebody(self, head: str) -> bool:
        """Whether somebody was called by a noun."""
        return singular(head) in self._heads

    def _apposed(self, text: str, tag: Tag) -> str:
        """Who a noun only describes: 'Vera, a retired safecracker, …', 'the cook, a man called Bram'."""
        korean = re.match(r"\s+([가-힣]+)", text[tag.end :])
        if korean and (name := self._without_particle(korean.group(1))) != korean.group(1):
            return self.stranger(name)
        if (common := _APPOSED.search(preceding(text, tag.start))) and _NAMED.match(text[tag.end :]):
            return next(iter(self._heads.get(singular(common.group(1).lower()), ())), "")
        named = _DESCRIBED.search(preceding(text, tag.start))
        closed = re.match(r"\s*(?:[,.;:]|$|of\b|with\b|from\b|who\b|in\b)", text[tag.end :])
        named = named if named and closed else _IS.search(text[: tag.start])
        if not named:
            return ""
        name = named.group(1)
        return self._names().get(name) or (self.stranger(name) if name.lower() in self._strangers else "")

    def _recast(self, identity: str, kind: str) -> None:
        """Says what somebody is who was only a name."""
        if self.cast[identity].kind == "person":
            self.cast[identity] = self.cast[identity].model_copy(update={"kind": singular(kind.lower())[:80]})
        self._heads.setdefault(singular(kind.lower()), []).append(identity)

    def stranger(self, word: str) -> str:
        """Somebody of a kind, or of a name, that the grammar does not know."""
        head = word.lower()
        ids = self._heads.setdefault(head, [])
        if not ids:
            self._introduce(head, "person", word if word[0].isupper() else "", ids)
        return ids[0]

    def _is_name(self, text: str, word: str, found: Sequence[Tag]) -> bool:
        known = any(word in t.mention.text for t in found) or PRONOUN.fullmatch(word) or is_function(word)
        return not known and not determined(text, text.index(word)) and bool(names(text))

    def _resolve(self, text: str, tag: Tag) -> list[str]:
        """The ids that a noun stands for: one, or as many as a number says."""
        head = noun("species", tag.mention.text).lower()
        called = _NAMED.match(text[tag.end :])
        if called and (owner := self._names().get(called.group(1) or called.group(2) or "")):
            self._recast(owner, head)
            self._relate(owner, head, preceding(text, tag.start))
            return [owner]
        before = preceding(text, tag.start).lower().split()[-3:]
        if elder := self._elder(head, preceding(text, tag.start)):
            return [elder]
        if known := self._known(head, preceding(text, tag.start)):
            return [known]
        ids = self._heads.setdefault(singular(head), [])
        wanted = next((NUMBER[w] for w in before if w in NUMBER), 1)
        at = next((ORDINAL[w] for w in before if w in ORDINAL), None)
        if at is not None and at < len(ids):
            return [ids[at]]
        if "other" in before and len(ids) > 1:
            return [i for i in ids if i not in self.pronouns.last][:1]
        new = "another" in before or "second" in before
        colour = colour_of(text, tag)
        same = [i for i in ids if not colour or self.cast[i].colour in ("", colour)]
        while len(same) < wanted or new:
            same.append(self._introduce(singular(head), tag.mention.word, "", ids))
            new = False
        chosen = same[-1:] if "another" in before else same[:wanted] if wanted > 1 else same[:1]
        for identity in chosen:
            self._describe(identity, text, tag, colour)
        self._relate(chosen[0], head, preceding(text, tag.start))
        if wanted == 1 and (singular(head) != head or head in lexicon("groups")):
            self.pronouns.many |= set(chosen)
            self._call_several(chosen, head)
        return chosen

    def _relate(self, identity: str, head: str, before: str) -> None:
        """Remembers whose child 'her daughter' is."""
        owner = next((i for i in self.pronouns.last if i != identity), "")
        if head in lexicon("children") and owner and re.search(r"\b(?:his|her)\s+(?:\w+\s+)?$", before, re.I):
            self._elders.setdefault(identity, owner)

    def _elder(self, head: str, before: str) -> str:
        """Who 'her mother' is, where whoever acted last is somebody's child; empty: somebody new."""
        meant = head in lexicon("elders") and head not in self._heads and re.search(r"\b(?:his|her)\s+$", before, re.I)
        return next((self._elders[i] for i in self.pronouns.last if i in self._elders), "") if meant else ""

    def _call_several(self, ids: Sequence[str], head: str) -> None:
        """Several of a kind are called so: 'soldiers', not 'soldier'."""
        for i in ids:
            if self.cast[i].name == singular(head):
                self.cast[i] = self.cast[i].model_copy(update={"name": head})

    def _known(self, head: str, before: str) -> str:
        """Who is meant by a wider word: 'the bird' is the penguin, 'the keeper' the goalkeeper; empty: nobody."""
        one = singular(head)
        if self._heads.get(one):
            return "" if before else self._heads[one][0]
        if before and not re.search(r"\b(?:the|this|that)\s+(?:[\w-]+\s+)?$", before, re.I):
            return ""
        kinds = word_lists()["wider"].get(one, ())
        drawn = {i: next((m.word for m in find("species", c.kind)), "") for i, c in self.cast.items()}
        compound = (ids[0] for h, ids in self._heads.items() if ids and len(one) > 3 and h != one and h.endswith(one))
        return next(compound, "") or next((i for i in reversed(self.cast) if drawn[i] in kinds), "")

    def _introduce(self, head: str, fallback: str, name: str = "", ids: list[str] | None = None) -> str:
        identity = slug(head, fallback, {**self.cast, **self.things.props})
        kind = fallback if name else head
        self.cast[identity] = Character(id=identity, name=(name or head)[:120], kind=kind[:80])
        if ids is not None:
            ids.append(identity)
        return identity

    def _describe(self, identity: str, text: str, tag: Tag, colour: str) -> None:
        """Adds what a mention says of somebody's look, name and nature."""
        character = self.cast[identity]
        named = _NAMED.match(text[tag.end :])
        name = named and (named.group(1) or named.group(2) * (named.group(2).lower() in self._strangers))
        told = [f for f in (character.features, features_of(text, tag, colour)) if f]
        self.cast[identity] = character.model_copy(
            update={
                "colour": character.colour or colour[:80],
                "name": name or character.name,
                "features": ", ".join(dict.fromkeys(told)),
            }
        )

    def _subjects(
        self, text: str, people: Sequence[tuple[int, str]], verb: Tag | None, found: Sequence[Tag]
    ) -> tuple[str, ...]:
        """Who acts: those before an English verb, those with a subject particle in Korean, else who acted last.

        Where a thing stands before the verb, it happens by itself ('a storm comes').
        """
        marked = [i for at, i in people if _SUBJECT_PARTICLE.search(word_at(text, at))]
        if re.search("[가-힣]", text):
            happens = any(
                _SUBJECT_PARTICLE.search(word_at(text, t.start)) for t in found if t.kind in ("prop", "weather")
            )
            return tuple(dict.fromkeys(marked)) or (() if happens else self.pronouns.last)
        if verb is None:
            return tuple(dict.fromkeys(i for _, i in people)) or self.pronouns.last
        if text[: verb.start].strip().lower() in lexicon("pictureless"):
            return ()
        before = [(at, i) for at, i in people if at < verb.start]
        direct = [i for at, i in before if not _BESIDE.search(text[:at])]
        if direct:
            return tuple(dict.fromkeys(direct))
        stranger = _STRANGER.search(preceding(text, verb.start))
        if stranger and self._may_act(text, stranger.group(1), verb):
            return (self.stranger(stranger.group(1)),)
        things = [t.end for t in found if t.kind not in ("time", "mood", "colour")] + [p.end for p in phrases(text)]
        subject = [end for end in things if end <= verb.start and not located(text, end - 1)]
        return () if subject else tuple(dict.fromkeys(i for _, i in before)) or self.pronouns.last

    def _may_act(self, text: str, word: str, verb: Tag) -> bool:
        head = word.lower()
        known = (
            is_function(head) or head not in set(unknown(text)) or self.things.are_called(head) or is_inanimate(head)
        )
        return not known and verb.mention.word not in _BY_ITSELF and head not in lexicon("pictureless")


def _beside(text: str, tag: Tag, found: Sequence[Tag], step: int) -> Tag | None:
    """The being named right before (-1) or after (1) another one, as in 'goblin blacksmith'."""
    if tag.kind != "species" or tag not in found:
        return None
    at = tag.end if step > 0 else tag.start - 1
    if at < 0 or text[at : at + 1] not in (" ", "-"):
        return None
    beings = (t for t in found if t.kind == "species")
    return next((t for t in beings if (t.start == at + 1 if step > 0 else t.end == at)), None)
