"""What is in a text: props, whose they are and which are lost, and what somebody wears."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from planner.film.grammar import grammar
from planner.film.ground import WordMatch, find
from planner.language.mentions import LOST, colour_of, is_thing
from planner.language.nouns import phrases
from planner.language.text import Tag, lexicon, modifies, noun, slug
from planner.read.pronouns import Pronouns
from planner.story.story import Character, Garment, Prop, WardrobeState

_WORN = re.compile(
    r"\b(with|wearing|wears|wear|wore|sporting|dressed in|has|have|in (?:a|an|his|her|its|their))\b", re.I
)
_NOT_WORN = re.compile(r"\b(for|of|to|from|holding|carrying|carries|holds)\b", re.I)
_LISTED = re.compile(r"^\s*(?:,|and|,\s*and|와|과)?\s*(?:an?|the|its|his|her)?\s*(?:[\w-]+\s*)?$", re.I)
_WORN_KOREAN = re.compile(r"^\s*(한|두른|쓴|입은|맨|멘|낀|쓰고|입고|두르고|매고|메고)(\s|$)")
_IS_LOST = re.compile(r"\s+(?:is|was|are|were|has been|had been)\s+(?:lost|missing|gone|stolen)\b", re.I)
_OWNED = re.compile(r"\b(its|his|her|their)\s+(?:[\w'-]+\s+){0,3}$", re.I)


class Things:
    """Resolves mentions of things to ids, in reading order."""

    def __init__(self, cast: dict[str, Character], pronouns: Pronouns) -> None:
        """``cast`` is dressed in what it is said to wear; ``pronouns`` learns what 'it' may be."""
        self._cast, self._pronouns = cast, pronouns
        self.props: dict[str, Prop] = {}
        self.owners: dict[str, str] = {}
        """Prop -> the character it belongs to."""
        self.lost: set[str] = set()
        """Props that are said to be lost."""

    def are_called(self, head: str) -> bool:
        """Whether a prop was called by a noun."""
        return any(prop.kind == head for prop in self.props.values())

    def of(self, text: str, tag: Tag) -> str:
        """The id of the prop that a tag names, new or known."""
        head = noun(tag.kind, tag.mention.text)
        colour = colour_of(text, tag)
        for identity, prop in self.props.items():
            if prop.kind == head and colour in ("", prop.colour):
                return identity
        identity = slug(head, tag.mention.word or "thing", {**self._cast, **self.props})
        name = f"{colour} {head}".strip()
        self.props[identity] = Prop(id=identity, name=name[:120], kind=head[:80], colour=colour[:80])
        return identity

    def read(
        self, text: str, found: Sequence[Tag], people: Sequence[tuple[int, str]], is_somebody: Callable[[str], bool]
    ) -> list[str]:
        """The ids of the props in a clause; what somebody wears goes to its wearer instead.

        ``people`` are those named in it and where; ``is_somebody`` knows the nouns that people are called by.
        """
        things: list[str] = []
        worn_until: tuple[int, str] | None = None
        for tag in sorted([*found, *_unknown(text, people, is_somebody)], key=lambda t: t.start):
            if tag.kind not in ("prop", "wardrobe") or not is_thing(text, tag) or _only_qualifies(text, tag, found):
                continue
            wearer = self._wearer(text, tag, people, found)
            if not wearer and worn_until and _LISTED.match(text[worn_until[0] : tag.start]):
                wearer = worn_until[1] if find("wardrobe", tag.mention.text) else ""
            if wearer:
                self._dress(wearer, noun("wardrobe", tag.mention.text), colour_of(text, tag))
                worn_until = (tag.end, wearer)
                continue
            things.append(self.of(text, tag))
            self._pronouns.thing = things[-1]
            lost = LOST.search(text[: tag.start])
            if (lost and not find("species", lost.group(1) or "")) or _IS_LOST.match(text[tag.end :]):
                self.lost.add(things[-1])
            if _OWNED.search(text[: tag.start]) and (
                before := [i for at, i in people if at < tag.start] or self._pronouns.last
            ):
                self.owners[things[-1]] = before[0]
        return things

    def _wearer(self, text: str, tag: Tag, people: Sequence[tuple[int, str]], found: Sequence[Tag]) -> str:
        """Who wears a garment by the words around it; nobody when it is only a thing."""
        if not find("wardrobe", tag.mention.text):
            return ""
        if _WORN_KOREAN.match(text[tag.end :]):
            after = [i for at, i in people if at > tag.end] or [i for _, i in people]
            return after[0] if after else ""
        ends = [(t.end, i) for t in found for at, i in people if t.start == at and t.end <= tag.start]
        start, holder = max(ends, default=(0, self._pronouns.last[0] if self._pronouns.last else ""))
        between = text[start : tag.start]
        return holder if _WORN.search(between) and not _NOT_WORN.search(between) else ""

    def _dress(self, wearer: str, item: str, colour: str) -> None:
        character = self._cast[wearer]
        worn = character.wardrobe[0].garments if character.wardrobe else ()
        if all(g.item != item for g in worn):
            state = WardrobeState(garments=(*worn, Garment(item=item[:80], colour=colour[:80])))
            self._cast[wearer] = character.model_copy(update={"wardrobe": (state,)})


def _only_qualifies(text: str, tag: Tag, found: Sequence[Tag]) -> bool:
    """Whether an English noun only says which thing the next noun is: the table of 'a table map'."""
    return tag.mention.text.isascii() and modifies(tag, text, found)


def _unknown(text: str, people: Sequence[tuple[int, str]], is_somebody: Callable[[str], bool]) -> list[Tag]:
    """Nouns that film grammar does not know and that nobody is, as tags."""
    if re.search("[가-힣]", text):
        return list(_korean(text))
    taken = {at for at, _ in people}
    things = [p for p in phrases(text) if p.at not in taken and not is_somebody(p.head)]
    return [Tag("prop", WordMatch("", p.at, p.end, p.head, "near")) for p in things]


def _korean(text: str) -> Iterator[Tag]:
    """Nouns that nobody knows with the particle of an object: 북을, 우산을."""
    for match in re.finditer(r"([가-힣]+)(?:을|를)(?=\s)", text):
        word = match.group(1)
        known = word in lexicon("korean_pictureless") or any(find(kind, match.group()) for kind in grammar().words)
        if not known:
            yield Tag("prop", WordMatch("", match.start(), match.end(1), word, "near"))
