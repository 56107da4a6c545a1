"""The values of a clause as changes: what is to be set, added, removed or lowered, and on whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from planner.edit import lengths
from planner.edit.clauses import VERBS, Clause
from planner.edit.instead import PLAIN, dropped
from planner.edit.mentions import Mention
from planner.edit.who import People, worn
from planner.ground import find
from planner.patch import Aspect, Op, Value
from planner.story import Story
from planner.text import has_verb, noun, slug

#: Words that deny the one value after them.
GONE = re.compile(
    r"no|not|nothing|does(?:n['’]?t| not)|without|no more|minus|none of|never|less|free of|isn['’]?t|too|덜|너무|"
    r"stop(?: the)?|lose|(?:a |not |way |quite |that |so |as |bit |little |touch |tad |overly |less |much )+",
    re.I,
)
#: How a camera moves, not how fast the film is.
_HOW = re.compile(r"(?:more )?(?:slowly|quickly|fast|quick)|천천히|느리게|빠르게|빨리", re.I)
_BRINGS = re.compile("add|includ|put|bring|insert|show|introduc|place|추가|넣|등장|나오게|나왔|나오면|나와", re.I)
_TAKES = frozenset({"remove", "unwear"})
_GIVES = frozenset({"add", "wear"})
#: What a value that is not wanted leaves behind.
WITHOUT = {"weather": "clear", "camera": "static", "action": "stands"}
#: What more and less of a field are.
_DEGREES: dict[Aspect, tuple[str, str]] = {
    "light": ("brighter", "darker"), "pace": ("faster", "slower"), "duration": ("longer", "shorter"),
}  # fmt: skip
#: Korean words for less that stand before what there is to be less of.
_ADVERB = re.compile(r"덜$|너무|지나치|과하|과한|심하|심한")
_KOREAN = re.compile("[가-힣]")
#: 'All shots with Bolt': a part of the film told by who is in it.
_SHOWING = re.compile(
    r"\b(?:every|each|all|any|those|the)(?: the| of the)? (?:shots?|scenes?|times?) "
    r"(?:with|of|where|in which|that|featuring|showing)\b"
    r"|\b(?:every|each|all)(?: of)? [\w'’]+['’]s (?:shots?|scenes?)\b"
    r"|\b(?:wherever|whenever|every time|each time)\b|나오는 (?:모든 )?(?:샷|장면|컷)|나올 때",
    re.I,
)


class Change(NamedTuple):
    op: Op
    field: Aspect
    value: Value
    entity: str | None = None


def changes(
    clause: Clause, inherited: Mention | None, who: list[str], people: People, story: Story
) -> Iterator[Change]:
    """Every change that a clause asks for. ``inherited`` is the verb of the clause before."""
    reading = _Reading(clause, inherited, who, people, story)
    if length := lengths.asked(clause):
        yield Change("set", "duration", length)
    yield from reading.looks()
    showing = who[0] if who and _SHOWING.search(clause.text) else None
    framed = _framed(clause)
    for change in reading.plain():
        yield change._replace(entity=showing or (framed if change.field in ("camera", "size", "angle") else None))
    yield from reading.bodies()
    yield from reading.deeds()


def _framed(clause: Clause) -> str | None:
    """Whom the camera is on: 'push in on Ann', 'from Ann'."""
    for mention in clause.of("who"):
        lead = clause.text[: max(0, clause.text.find(mention.text))]
        if re.search(r"\b(?:on|of|from|at|to|towards?|around)\s+(?:the\s+)?$", lead, re.I):
            return mention.value
    return None


class _Reading:
    def __init__(self, clause: Clause, inherited: Mention | None, who: list[str], people: People, story: Story) -> None:
        self.clause, self.inherited, self.who, self.people, self.story = clause, inherited, who, people, story
        self.dropped = dropped(clause)
        """Values that another takes the place of."""
        self.used: set[Mention] = set()

    def plain(self) -> Iterator[Change]:
        """Moods, times, weathers and all that concerns a picture as a whole."""
        kept = [m for m in self.clause.of(*PLAIN, "setting") if m not in self.dropped and m not in self.used]
        kept = [m for m in kept if not (m.kind == "pace" and self._is_how(m)) and not self._is_manner(m)]
        yield from self._degrees(kept)
        for mention in kept:
            field: Aspect = "location" if mention.kind == "setting" else mention.kind  # type: ignore[assignment]
            if field == "location":
                if not mention.scopes or self.clause.has("move", "stage"):
                    yield Change("set", "location", _phrase(mention))
                continue
            gone = self._gone(mention)
            if field == "size" and gone and self.clause.has("less"):
                yield Change("set", "size", "medium")
            elif field == "mood":
                yield Change("lower" if gone else "set", "mood", mention.value)
            elif gone and field in WITHOUT:
                if len([m for m in kept if m.kind == field]) == 1:
                    yield Change("set", field, WITHOUT[field])
            elif gone and mention.value in lengths.OPPOSITE:
                yield Change("set", field, lengths.OPPOSITE[mention.value])
            elif not gone or field in ("light", "pace"):
                yield Change("set", field, mention.value)

    def _degrees(self, values: list[Mention]) -> Iterator[Change]:
        """'Lower lights', 'the pace up a notch': a field that is asked for more or less of."""
        if self.clause.has("less") == self.clause.has("more"):
            return
        for field, (more, less) in _DEGREES.items():
            named = any(m.value == field for m in self.clause.of("field"))
            if named and not any(m.kind == field for m in (*values, *self.clause.of("duration", "seconds"))):
                yield Change("set", field, less if self.clause.has("less") else more)

    def looks(self) -> Iterator[Change]:
        """Garments and colours: what somebody wears, and how somebody or something looks."""
        garments = [m for m in self.clause.of("wardrobe", "thing") if self._is_worn(m)]
        colours = [m for m in self.clause.of("colour") if m not in self.dropped and not self._denied(m)]
        for garment in garments:
            self.used.add(garment)
            colour = self._colour_of(garment, colours, alone=len(garments) == 1)
            told = colour is not None and colour.end <= garment.start
            away = self._verb(garment) in _TAKES or self.clause.has("dislike", "nobody")
            taken = garment in self.dropped or (away and (colour is None or told))
            item = garment.value if garment.kind == "wardrobe" else _word(garment.text, "wardrobe")
            for wearer in self._wearers(garment):
                value = item if taken or colour is None else f"{colour.value} {item}"
                if taken and colour is None and self._recoloured(garment, colours):
                    value, taken = f"{colours[0].value} {item}", False
                yield Change("remove" if taken else "add", "wardrobe", value, wearer)
        free = [c for c in colours if c not in self.used]
        things = [m.value for m in self.clause.of("thing") if m not in self.used and m not in self.dropped]
        if (
            free
            and not self.clause.complains
            and not self.clause.of("species", "prop")
            and not (garments and self.clause.has("one"))
        ):
            for entity in [*things] or self.who:
                yield Change("set", "colour", free[0].value, entity)

    def bodies(self) -> Iterator[Change]:
        """Who and what comes into the film, goes out of it, or becomes somebody else."""
        species = [m for m in self.clause.of("species") if m not in self.used and not self._qualifies(m)]
        props = [m for m in self.clause.of("prop") if m not in self.used]
        gone = [m for m in self.clause.of("who") if m in self.dropped]
        for mention in species:
            if gone or (self.who and self._becomes(mention)):
                words = self._dressed(mention)
                for entity in [g.value for g in gone] or (self.who if self.clause.has("become") else self.who[:1]):
                    yield Change("set", "kind", words, entity)
            elif self._comes(mention):
                yield Change("add", "cast", self._dressed(mention))
                self.people.note(slug(_word(mention.text), mention.value, [c.id for c in self.story.cast]))
        for mention in props:
            if self._comes(mention):
                yield Change("add", "prop", self._dressed(mention))
        things = [m for m in self.clause.of("thing") if m not in self.used]
        for thing in things:
            if self._verb(thing) in _TAKES and not self.clause.of("colour"):
                yield Change("remove", "prop", None, thing.value)
            elif (
                self._verb(thing) in ("add", "make")
                and self.clause.has("place", "setting")
                and not self.clause.of("colour", *PLAIN)
            ):
                yield Change("add", "prop", None, thing.value)
        if self._returns(species, props):
            yield from (Change("add", "cast", None, entity) for entity in self.who)
        if self.who and not species and not self.used and self._leaves():
            for entity in self._others() if self.clause.has("nobody") else self.who:
                known = any(c.id == entity for c in self.story.cast)
                yield Change("remove", "cast" if known else "prop", None, entity)

    def deeds(self) -> Iterator[Change]:
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
                yield Change("set", "action", value, entity)
        for side in ("left", "right", "middle"):
            if self.clause.has(side):
                for entity in [*self.who] or [m.value for m in self.clause.of("thing")]:
                    yield Change("set", "position", side, entity)

    def _is_how(self, pace: Mention) -> bool:
        """Whether a pace is how the camera moves, or said with a length: 'linger two seconds more'."""
        return self.clause.has("seconds") or (self.clause.has("camera") and bool(_HOW.fullmatch(pace.text)))

    def _is_manner(self, mood: Mention) -> bool:
        """Whether a mood is how somebody does something: 'dances happily', '신나게 춤을 춘다'."""
        if mood.kind != "mood" or not (self.who and self.clause.has("action")):
            return False
        after = self.clause.text[self.clause.text.find(mood.text) + len(mood.text) :]
        deed = next((m for m in self.clause.of("action") if m.start >= mood.end), None)
        near = deed is not None and deed.start - mood.end < 5
        return mood.text.lower().endswith("ly") or (near and bool(re.match(r"[가-힣]*게 ", after)))

    def _verb(self, mention: Mention) -> str:
        """The kind of verb that rules a value: the last before it, or the next, or that of the clause before."""
        verbs = [m for m in self.clause.said if m.kind in VERBS]
        before = [m for m in verbs if m.start < mention.start]
        after = [m for m in verbs if m.start >= mention.end]
        ordered = [*after, *before[::-1]] if _KOREAN.search(self.clause.text) else [*before[::-1], *after]
        telling = [m for m in ordered if m.kind not in ("make", "should", "stage", "move", "less")]
        if telling:
            return telling[0].kind
        if ordered:
            return ordered[0].kind
        return self.inherited.kind if self.inherited else ""

    def _gone(self, mention: Mention) -> bool:
        """Whether a value is denied: by the word right before it, or by the verb of its clause."""
        if _KOREAN.search(self.clause.text):
            marks = [m for m in self.clause.said if m.kind == "less" and m.start < mention.start]
            after = [
                m for m in self.clause.said
                if m.start >= mention.end
                and (m.kind in (*_TAKES, "dislike") or (m.kind == "less" and not _ADVERB.match(m.text)))
            ]  # fmt: skip
            return bool(marks or after)
        deny = [
            m for m in self.clause.said if m.kind in (*_TAKES, "less", "neither", "dislike") and m.start < mention.start
        ]
        if not deny:
            after = [m for m in self.clause.said if m.start >= mention.end]
            return any(m.kind == "remove" or (m.kind == "less" and m.text.startswith("down")) for m in after)
        last = deny[-1]
        between = [m for m in self.clause.said if last.end <= m.start < mention.start]
        blocking = [
            m for m in between if m.kind not in ("place", "stage", "who", "thing", "pronoun", "more", "less", "make")
        ]
        return not blocking

    def _denied(self, mention: Mention) -> bool:
        """Whether the words right before a value say that it is not so: 'isn't red any more'."""
        return any(m.kind == "neither" and 0 <= mention.start - m.end < 2 for m in self.clause.said)

    def _is_worn(self, mention: Mention) -> bool:
        """Whether a thing is meant as something worn, and not as a prop."""
        if not find("wardrobe", mention.text):
            return mention.kind == "wardrobe"
        if mention.kind == "wardrobe":
            return True
        return bool(self.who) and (
            self._verb(mention) in _GIVES | _TAKES or bool(self.people.wearers(mention.text, [*self.who]))
        )

    def _wearers(self, garment: Mention) -> list[str | None]:
        """Who a garment belongs to: the one named before it, else after it, else whoever wears such a thing."""
        named = [m for m in self.clause.of("who")]
        if len(self.who) > 1 and len(named) > 1:
            before = [m.value for m in named if m.end <= garment.start]
            several = len(self.clause.of("wardrobe", "thing")) > 1
            return [before[-1]] if before and several else list(dict.fromkeys(m.value for m in named))
        if self.who:
            return list(self.who)
        wearing = self.people.wearers(garment.text, [])
        return list(wearing[:1]) or [None]

    def _colour_of(self, garment: Mention, colours: list[Mention], *, alone: bool) -> Mention | None:
        """The colour right before a garment, or the only free one when the garment is what changes."""
        near = [c for c in colours if c.end <= garment.start and self._adjacent(c, garment)]
        last = near or ([c for c in colours if c not in self.used] if alone and garment not in self.dropped else [])
        if last:
            self.used.add(last[-1])
            return last[-1]
        return None

    def _recoloured(self, garment: Mention, colours: list[Mention]) -> bool:
        """'Swap the cape for a red one': the garment stays, in another colour."""
        free = [c for c in colours if c not in self.used]
        if free and self.clause.has("one"):
            self.used.add(free[0])
            return True
        return False

    def _adjacent(self, colour: Mention, noun: Mention) -> bool:
        between = [m for m in self.clause.said if colour.end <= m.start < noun.start]
        return not between and noun.start - colour.end < 12

    def _comes(self, newcomer: Mention) -> bool:
        """Whether somebody or something is to come in, and is not merely told of."""
        verb = self._verb(newcomer)
        told = not verb and has_verb(self.clause.text)
        return verb not in _TAKES and newcomer not in self.dropped and not told

    def _becomes(self, species: Mention) -> bool:
        """Whether somebody turns into a species, and does not merely meet one."""
        before = [m for m in self.clause.of("who", "everyone", "others", "pronoun") if m.start < species.start]
        joins = self._verb(species) in _GIVES and not self.clause.has("replace", "become")
        return bool(before) and not joins

    def _qualifies(self, species: Mention) -> bool:
        """Whether it only says which kind of another: 'a girl frog'."""
        return any(m.kind == "species" and 0 < m.start - species.end < 2 for m in self.clause.said)

    def _dressed(self, newcomer: Mention) -> str:
        """A noun with its colour: 'black cat'."""
        near = [c for c in self.clause.of("colour") if c.end <= newcomer.start and self._adjacent(c, newcomer)]
        self.used.update(near)
        return f"{near[-1].value if near else ''} {_word(newcomer.text, newcomer.kind)}".strip()

    def _returns(self, species: list[Mention], props: list[Mention]) -> bool:
        """Whether somebody known is to come into a part of the film."""
        brought = any(m.kind in ("add", "move") and _BRINGS.match(m.text) for m in self.clause.said)
        other = self.clause.has("action", "colour", "wardrobe", "quote", "left", "right", "middle", *PLAIN)
        return brought and bool(self.who) and self.clause.has("place") and not (species or props or self.used or other)

    def _leaves(self) -> bool:
        """Whether a clause takes somebody out."""
        leaving = self.clause.has("remove", "nobody") or (self.clause.has("unwear") and not self.used)
        other = self.clause.has("action", "colour", "duration", "seconds", "line", "say", "wardrobe", "prop", *PLAIN)
        return leaving and not other

    def _others(self) -> list[str]:
        return [c.id for c in self.story.cast if c.id not in self.who]


def _word(text: str, kind: str = "species") -> str:
    """A noun without article and Korean endings."""
    word = noun(kind, re.sub(r"^(?:the|an?|his|her|its|their)\s+", "", text.strip(), flags=re.I))
    return word[:-1] if kind in ("species", "prop") and re.search(r"[^s]s$", word) and find(kind, word[:-1]) else word


def _phrase(setting: Mention) -> str:
    return _word(setting.text, "setting") if find("setting", setting.text) else setting.value


def _verb_of(action: Mention) -> str:
    """A deed in film grammar's word where it is drawn as itself, else in the author's."""
    return action.value if action.fit != "near" else action.text


__all__ = ["Change", "changes", "worn"]
