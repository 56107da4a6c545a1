"""Who and what is in a text: characters, props, wardrobe, names and the words that refer back to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from planner.ground import Mention, find
from planner.mentions import LOST, NUMBER, ORDINAL, colour_of, features_of, is_thing, restated, singular, word_at
from planner.nouns import is_inanimate, names, phrases
from planner.story import Character, Garment, Prop, WardrobeState
from planner.text import Tag, determined, is_function, lexicon, located, noun, slug, unknown

#: How many mentions back a pronoun may reach.
MEMORY = 24

_WORN = re.compile(
    r"\b(with|wearing|wears|wear|wore|sporting|dressed in|has|have|in (?:a|an|his|her|its|their))\b", re.I
)
_NOT_WORN = re.compile(r"\b(for|of|to|from|holding|carrying|carries|holds)\b", re.I)
_LISTED = re.compile(r"^\s*(?:,|and|,\s*and|와|과)?\s*(?:an?|the|its|his|her)?\s*(?:[\w-]+\s*)?$", re.I)
_WORN_KOREAN = re.compile(r"^\s*(한|두른|쓴|입은|맨|멘|낀|쓰고|입고|두르고|매고|메고)(\s|$)")
_PRONOUN = re.compile(
    r"\b(he|she|it|they|him|her(?!\s+[a-z])|them|each other|the others?(?: one)?|the two|who|which)\b"
    r"|(둘은|둘이|그들은|그는|그녀는)",
    re.I,
)
_MANY = frozenset({"they", "them", "each other", "the two", "둘은", "둘이", "그들은"})
_IS_LOST = re.compile(r"\s+(?:is|was|are|were|has been|had been)\s+(?:lost|missing|gone|stolen)\b", re.I)
_POSSESSIVE = re.compile(r"['’]s?$")
_OWNED = re.compile(r"\b(its|his|her|their)\s+(?:[\w'-]+\s+){0,3}$", re.I)
_NAMED = re.compile(r"^\s*,?\s*(?:named|called)\s+([A-Z][\w'-]*)|^\s+([A-Z][^\W\d_]*(?:-[A-Z]\w+)*)")
_DESCRIBED = re.compile(r"\b([A-Z][\w-]*),\s+(?:an?|the|his|her|their|its|one of the)\s+(?:[\w-]+\s+){0,3}$")
#: Events that need nobody to do them: their subject may be a thing.
_BY_ITSELF = frozenset({"happen", "fall"})
_BESIDE = re.compile(
    r"\b(of|for|from|by|behind|near|at|to|over|under|past|towards?|around|like|than|against|about|"
    r"in front of|between|on|into)"
    r"\s+(?:(?:an?|the|his|her|its|their|two|three|all)\s+)?(?:[\w-]+\s+){0,2}$",
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
        self.props: dict[str, Prop] = {}
        self.owners: dict[str, str] = {}
        """Prop -> the character it belongs to."""
        self.lost: set[str] = set()
        """Props that are said to be lost."""
        self.sure = True
        """Whether those who act in the last clause were named in it."""
        self._strangers = {word.lower() for word in strangers}
        self._sexes: dict[str, str] = {}
        """Who was called he or she."""
        self._heads: dict[str, list[str]] = {}
        """The noun that people were called by -> their ids."""
        self._last: tuple[str, ...] = ()
        """Who acted last."""
        self._nearby: set[str] = set()
        """Who was in the last clause with anybody in it."""
        self._it: str | None = None
        """The prop mentioned last."""
        self._recent: list[str] = []
        """Everyone mentioned, the latest last."""

    @property
    def last(self) -> tuple[str, ...]:
        """Who acted last."""
        return self._last

    def read(self, text: str, found: Sequence[Tag], verb: Tag | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Takes in one clause; returns who acts in it and what else it concerns."""
        people = self._people(text, found, verb)
        things = self._things(text, found, people)
        self._possess(text, [i for _, i in sorted(people)])
        named_at = [at for at, _ in people]
        people += self._pronouns(text, verb, [i for _, i in people])
        if re.search(r"\bit\b(?!\s+(?:an?|the|its)\b)", text[verb.end :] if verb else "", re.I) and self._it:
            things = list(dict.fromkeys([*things, self._it]))
        acting = self._subjects(text, sorted(people), verb, found)
        self.sure = any(verb is None or at < verb.start for at in named_at)
        if acting:
            self._last = acting
        self._nearby = {*acting, *(i for _, i in people)} or self._nearby
        named = dict.fromkeys(i for _, i in sorted(people))
        others = tuple(i for i in named if i not in acting) + tuple(things)
        return acting, others

    def thing(self, text: str, tag: Tag) -> str:
        """The id of the prop that a tag names, new or known."""
        head = noun(tag.kind, tag.mention.text)
        colour = colour_of(text, tag)
        for identity, prop in self.props.items():
            if prop.kind == head and colour in ("", prop.colour):
                return identity
        identity = slug(head, tag.mention.word or "thing", {**self.cast, **self.props})
        name = f"{colour} {head}".strip()
        self.props[identity] = Prop(id=identity, name=name[:120], kind=head[:80], colour=colour[:80])
        return identity

    def _people(self, text: str, found: Sequence[Tag], verb: Tag | None) -> list[tuple[int, str]]:
        people = []
        for tag in sorted([*found, *self._unknown_people(text, found, verb)], key=lambda t: t.start):
            if tag.kind != "species" or restated(text, tag, found):
                continue
            if owner := self._apposed(text, tag):
                self._recast(owner, tag.mention.text)
                continue
            ids = self._resolve(text, tag)
            people += [] if _POSSESSIVE.search(tag.mention.text) else [(tag.start, i) for i in ids]
        names = self._names()
        for match in re.finditer(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text):
            word = re.sub(r"['’]s$", "", match.group())
            if word in names:
                owned = [] if word != match.group() else [(match.start(), names[word])]
                people += [pair for pair in owned if pair[1] not in {i for _, i in people}]
            elif word.lower() in self._strangers and (not word.isascii() or word.lower() not in self._heads):
                people.append((match.start(), self.stranger(word)))
            elif word[0].isupper() and verb and text[match.end() : verb.start].strip() == "":
                people += [(match.start(), self.stranger(word))] if self._is_name(text, word, found) else []
        self._recent = [*self._recent, *(i for _, i in sorted(people))][-MEMORY:]
        return people

    def _names(self) -> dict[str, str]:
        """Each word of a proper name -> whose it is."""
        proper = [(word, c.id) for c in self.cast.values() for word in c.name.split() if word[0].isupper()]
        return dict(reversed([*proper, *((c.name, c.id) for c in self.cast.values() if not c.name.isascii())]))

    def _unknown_people(self, text: str, found: Sequence[Tag], verb: Tag | None) -> list[Tag]:
        """Nouns that film grammar does not know and that act like people, as tags."""
        people = []
        first = min((t.start for t in found if t.kind == "species"), default=len(text))
        for phrase in phrases(text):
            known = singular(phrase.head) in self._heads
            preceded = re.search(
                r"\b(?:after|before|during|since|until|with|without|of|for|from|by|despite)\s+$",
                text[: phrase.start],
                re.I,
            )
            alone = (
                phrase.start < first and not preceded and not located(text, phrase.at) and not is_inanimate(phrase.head)
            )
            acts = verb is not None and phrase.end <= verb.start and verb.mention.word not in _BY_ITSELF
            if known or (alone and acts and not self._is_thing(phrase.head)):
                people.append(Tag("species", Mention("person", phrase.at, phrase.end, phrase.head, "near")))
        return people

    def _is_thing(self, head: str) -> bool:
        return any(prop.kind == head for prop in self.props.values())

    def _apposed(self, text: str, tag: Tag) -> str:
        """Who a noun only describes: 'Vera, a retired safecracker, …'."""
        named = _DESCRIBED.search(text[: tag.start])
        closed = re.match(r"\s*(?:[,.;:]|$|of\b|with\b|from\b|who\b|in\b)", text[tag.end :])
        if not (named and closed):
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
        known = any(word in t.mention.text for t in found) or _PRONOUN.fullmatch(word) or is_function(word)
        return not known and not determined(text, text.index(word)) and bool(names(text))

    def _resolve(self, text: str, tag: Tag) -> list[str]:
        """The ids that a noun stands for: one, or as many as a number says."""
        head = noun("species", tag.mention.text).lower()
        called = _NAMED.match(text[tag.end :])
        if called and (owner := self._names().get(called.group(1) or called.group(2) or "")):
            self._recast(owner, head)
            return [owner]
        before = text[: tag.start].lower().split()[-3:]
        ids = self._heads.setdefault(singular(head), [])
        wanted = next((NUMBER[w] for w in before if w in NUMBER), 1)
        at = next((ORDINAL[w] for w in before if w in ORDINAL), None)
        if at is not None and at < len(ids):
            return [ids[at]]
        if "other" in before and len(ids) > 1:
            return [i for i in ids if i not in self._last][:1]
        new = "another" in before or "second" in before
        colour = colour_of(text, tag)
        same = [i for i in ids if not colour or self.cast[i].colour in ("", colour)]
        while len(same) < wanted or new:
            same.append(self._introduce(singular(head), tag.mention.word, "", ids))
            new, wanted = False, wanted
        chosen = same[-1:] if "another" in before else same[:wanted] if wanted > 1 else same[:1]
        for identity in chosen:
            self._describe(identity, text, tag, colour)
        return chosen

    def _introduce(self, head: str, fallback: str, name: str = "", ids: list[str] | None = None) -> str:
        identity = slug(head, fallback, {**self.cast, **self.props})
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

    def _things(self, text: str, found: Sequence[Tag], people: Sequence[tuple[int, str]]) -> list[str]:
        """Props in a clause; what somebody wears goes to its wearer instead."""
        things: list[str] = []
        worn_until: tuple[int, str] | None = None
        for tag in sorted([*found, *self._unknown_things(text, people)], key=lambda t: t.start):
            if tag.kind not in ("prop", "wardrobe") or not is_thing(text, tag):
                continue
            wearer = self._wearer(text, tag, people, found)
            if not wearer and worn_until and _LISTED.match(text[worn_until[0] : tag.start]):
                wearer = worn_until[1] if find("wardrobe", tag.mention.text) else ""
            if wearer:
                self._dress(wearer, noun("wardrobe", tag.mention.text), colour_of(text, tag))
                worn_until = (tag.end, wearer)
                continue
            things.append(self.thing(text, tag))
            self._it = things[-1]
            lost = LOST.search(text[: tag.start])
            if (lost and not find("species", lost.group(1) or "")) or _IS_LOST.match(text[tag.end :]):
                self.lost.add(self._it)
            if _OWNED.search(text[: tag.start]) and (before := [i for at, i in people if at < tag.start] or self._last):
                self.owners[things[-1]] = before[0]
        return things

    def _unknown_things(self, text: str, people: Sequence[tuple[int, str]]) -> list[Tag]:
        """Nouns that film grammar does not know and that nobody is, as tags."""
        taken = {at for at, _ in people}
        things = [p for p in phrases(text) if p.at not in taken and singular(p.head) not in self._heads]
        return [Tag("prop", Mention("", p.at, p.end, p.head, "near")) for p in things]

    def _wearer(self, text: str, tag: Tag, people: Sequence[tuple[int, str]], found: Sequence[Tag]) -> str:
        """Who wears a garment by the words around it; nobody when it is only a thing."""
        if not find("wardrobe", tag.mention.text):
            return ""
        if _WORN_KOREAN.match(text[tag.end :]):
            after = [i for at, i in people if at > tag.end] or [i for _, i in people]
            return after[0] if after else ""
        ends = [(t.end, i) for t in found for at, i in people if t.start == at and t.end <= tag.start]
        start, holder = max(ends, default=(0, self._last[0] if self._last else ""))
        between = text[start : tag.start]
        return holder if _WORN.search(between) and not _NOT_WORN.search(between) else ""

    def _dress(self, wearer: str, item: str, colour: str) -> None:
        character = self.cast[wearer]
        worn = character.wardrobe[0].garments if character.wardrobe else ()
        if all(g.item != item for g in worn):
            state = WardrobeState(garments=(*worn, Garment(item=item[:80], colour=colour[:80])))
            self.cast[wearer] = character.model_copy(update={"wardrobe": (state,)})

    def _pronouns(self, text: str, verb: Tag | None, named: Sequence[str]) -> list[tuple[int, str]]:
        """Whom the pronouns of a clause stand for. A subject is who acted last; an object, somebody else."""
        referred: list[tuple[int, str]] = []
        for match in _PRONOUN.finditer(text):
            word = match.group().lower()
            subject = verb is None or match.start() < verb.start
            taken = {*named, *(i for _, i in referred)}
            if word in _MANY:
                ids = list(dict.fromkeys(reversed(self._recent)))[:2]
            elif word.startswith("the other"):
                ids = [i for i in dict.fromkeys(reversed(self._recent)) if i not in (*self._last, *named)][:1]
            elif word in ("who", "which"):
                ids = self._recent[-1:]
            elif subject:
                ids = self._one(word, [*self._last, *reversed(self._recent)], set())
            elif word == "it" and not re.match(r"\s+(?:an?|the|its)\b", text[match.end() :]):
                ids = []
            else:
                ids = self._one(word, reversed(self._recent), taken | (set() if named else set(self._last)))
            referred += [(match.start(), i) for i in ids if i not in named]
        return referred

    def _possess(self, text: str, named: Sequence[str]) -> None:
        """'her reflection' says that whoever acts is a she."""
        if match := re.match(r"(his|her)\s+(?=[a-z])", text, re.I):
            self._one({"his": "he", "her": "she"}[match.group(1).lower()], self._last, set(named))

    def _one(self, pronoun: str, candidates: Iterable[str], taken: set[str]) -> list[str]:
        """The likeliest of the candidates whom a pronoun may stand for; who is called so once stays so."""
        sex = {"him": "he", "her": "she"}.get(pronoun, pronoun)
        fitting = [i for i in dict.fromkeys(candidates) if i not in taken and self._sex(i) in ("", sex)]
        if sex == "it":
            fitting = [i for i in fitting if not self._is_human(i)]
        likely = [i for i in fitting if i in self._nearby]
        known = [i for i in likely if self._sex(i) == sex]
        people = [i for i in likely if self._is_human(i)] if sex in ("he", "she") else []
        chosen = (known or people or fitting)[:1]
        if chosen and sex in ("he", "she"):
            self._sexes.setdefault(chosen[0], sex)
        return chosen

    def _sex(self, identity: str) -> str:
        kind = self.cast[identity].kind.lower()
        known = "she" if kind in lexicon("female") else "he" if kind in lexicon("male") else ""
        return known or self._sexes.get(identity, "")

    def _is_human(self, identity: str) -> bool:
        drawn = find("species", self.cast[identity].kind)
        return not drawn or drawn[-1].word == "person"

    def _subjects(
        self, text: str, people: Sequence[tuple[int, str]], verb: Tag | None, found: Sequence[Tag]
    ) -> tuple[str, ...]:
        """Who acts: those before an English verb, those with a subject particle in Korean, else who acted last.

        Where a thing stands before the verb, it happens by itself ('a storm comes').
        """
        marked = [i for at, i in people if _SUBJECT_PARTICLE.search(word_at(text, at))]
        if marked and re.search("[가-힣]", text):
            return tuple(dict.fromkeys(marked))
        if verb is None:
            return tuple(dict.fromkeys(i for _, i in people)) or self._last
        before = [(at, i) for at, i in people if at < verb.start]
        direct = [i for at, i in before if not _BESIDE.search(text[:at])]
        if direct:
            return tuple(dict.fromkeys(direct))
        stranger = _STRANGER.search(text[: verb.start])
        if stranger and self._may_act(text, stranger.group(1), verb):
            return (self.stranger(stranger.group(1)),)
        things = [t.end for t in found if t.kind not in ("time", "mood", "colour")] + [p.end for p in phrases(text)]
        subject = [end for end in things if end <= verb.start and not located(text, end - 1)]
        return () if subject else tuple(dict.fromkeys(i for _, i in before)) or self._last

    def _may_act(self, text: str, word: str, verb: Tag) -> bool:
        head = word.lower()
        known = is_function(head) or head not in set(unknown(text)) or self._is_thing(head) or is_inanimate(head)
        return not known and verb.mention.word not in _BY_ITSELF and head not in lexicon("pictureless")
