"""What a director writes of a shot, in English: out of the words of the brief, with as few of its own as possible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from planner.direct.brief_index import BriefIndex
from planner.direct.english_phrases import (
    article_of,
    at_hour,
    bare,
    clipped,
    determined,
    is_adjectival,
    is_prepositional,
    is_several,
    joined,
    leading,
    mention_pattern,
    names_of,
    plural,
    sentence,
    spelt,
    upper,
    with_looks,
)
from planner.film.craft import craft
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.story.brief import Number, Person, Thing

_LONGEST = 196
_WITHIN = re.compile(
    r"(?:street|lane|alley|market|square|park|garden|yard|courtyard|forest|woods?|jungle|field|meadow|valley|desert|city|"
    r"town|village|sea|river|lake|snow|mountains|orchard|stadium|swamp|cave|room|kitchen|house|hall|workshop|cemetery)$"
)
_UPON = re.compile(
    r"(?:roof|rooftop|beach|bridge|pier|hill|mountain|island|road|quay|deck|stage|platform|balcony|ship|shore|coast|ice)$"
)


class Wording(Protocol):
    """The sentences of a director in one language. Ids are those of the brief."""

    def name(self, entity: str) -> str: ...
    def event(self, numbers: Sequence[Number]) -> str: ...
    def line(self, speaker: str, text: str) -> str: ...
    def at_hour(self, happens: str, time: str) -> str: ...
    def speaks(self, speaker: str, others: Sequence[str]) -> str: ...
    def empty(self) -> str: ...
    def place_shot(self, place: str, time: str) -> str: ...
    def thing_shot(self, thing: str, holder: str | None, place: str) -> str: ...
    def garment_shot(self, person: str, garment: str, place: str) -> str: ...
    def look_shot(self, owner: str, look: str) -> str: ...
    def reaction(self, person: str, event: Number) -> str: ...
    def looks_at(self, person: str, others: Sequence[str]) -> str: ...
    def without(self, place: str, who: Sequence[str]) -> str: ...
    def portrait(self, ids: Sequence[str], place: str) -> str: ...
    def veiled(self, text: str) -> str: ...
    def picture(self, happens: str, part: str, ids: Sequence[str], what: str, where: Where) -> str: ...
    def is_part(self, look: str) -> bool: ...


class Where(NamedTuple):
    """Where and when a picture is taken, and during which event. ``turn`` counts the frames that show the same: each is
    composed in another way, from the way ``first`` on, then from nearer."""

    place: str
    time: str
    weather: str
    mood: str
    event: Number | None
    first: int = 0
    turn: int = 0


class English:
    """Sentences in English."""

    def __init__(self, index: BriefIndex) -> None:
        self.index = index
        self._veils = [mention_pattern(names_of(index.people[i])) for i in index.hidden if i in index.people]
        self._veils += [mention_pattern(names_of(index.things[i])) for i in index.hidden if i in index.things]

    def event(self, numbers: Sequence[Number]) -> str:
        """What happens, in the brief's own sentences."""
        told = [sentence(self.index.events[n].does) for n in numbers]
        room = _LONGEST // max(len(told), 1) - 1
        return upper(self.veiled(" ".join(clipped(text, room) for text in told)))

    def line(self, speaker: str, text: str) -> str:
        quote = clipped(" ".join(text.split()), 140)
        if speaker in self.index.hidden:
            return f"A voice: “{quote}”"
        return f"{upper(self.name(speaker))}: “{quote}”"

    def at_hour(self, happens: str, time: str) -> str:
        """A sentence that says its hour."""
        return happens if time.lower() in happens.lower() else f"{happens.rstrip('.')}, {at_hour(time)}."

    def speaks(self, speaker: str, others: Sequence[str]) -> str:
        """Who speaks to whom; of somebody unseen, who hears it."""
        seen, rest = speaker not in self.index.hidden, joined([self.name(i) for i in others])
        if not seen:
            return sentence(f"{rest} {'hear' if len(others) > 1 else 'hears'} a voice") if rest else ""
        return sentence(f"{self.name(speaker)} speaks{f' to {rest}' if rest else ''}")

    def empty(self) -> str:
        return "An empty place that something unseen has just left."

    def place_shot(self, place: str, time: str) -> str:
        found, hour = self.where(place), f" {at_hour(time)}" if time else ""
        return sentence(f"{found}{hour}") if found else ""

    def thing_shot(self, thing: str, holder: str | None, place: str) -> str:
        found = self.phrase(thing)
        if holder and holder not in self.index.hidden:
            return sentence(
                f"{found} in {self._owner(holder)} hands"
                if self.index.has_hands(holder)
                else f"{found} with {self.name(holder)}"
            )
        return sentence(f"{found}{self._in(place)}")

    def garment_shot(self, person: str, garment: str, place: str) -> str:
        return sentence(f"{self._owner(person)} {garment}{self._in(place)}")

    def look_shot(self, owner: str, look: str) -> str:
        if owner in self.index.places:
            return sentence(f"the {bare(look)} of {self._place_name(owner)}")
        return sentence(f"{self._owner(owner)} {bare(look)}")

    def reaction(self, person: str, event: Number) -> str:
        """'Ben watches as Ana drops the vase.'"""
        verb = "watch" if self._several(person) else "watches"
        told = self.veiled(self._lowered(self.index.events[event].does)).strip(" .!?")
        return clipped(f"{upper(self.name(person))} {verb} as {told}.", _LONGEST)

    def looks_at(self, person: str, others: Sequence[str]) -> str:
        verb = "look" if self._several(person) else "looks"
        return sentence(f"{self.name(person)} {verb} at {joined([self.name(i) for i in others])}")

    def without(self, place: str, who: Sequence[str]) -> str:
        gone = joined([self.name(i) for i in who])
        return sentence(f"{self.where(place)} without {gone}")

    def portrait(self, ids: Sequence[str], place: str) -> str:
        return sentence(f"{joined([self.phrase(i) for i in ids])}{self._in(place)}")

    def veiled(self, text: str) -> str:
        """A text that names nobody who must not be seen."""
        for mention in self._veils:
            text = re.sub(
                rf"{mention}['’]s? (\w+)",
                lambda m: f"{'an' if not is_several(m[1]) else ''} unseen {m[1]}".strip(),
                text,
                flags=re.I,
            )
            text = re.sub(mention, "something unseen", text, flags=re.I)
        return text

    def picture(self, happens: str, part: str, ids: Sequence[str], what: str, where: Where) -> str:
        """The prose of a frame: what happens, who is in it as they look, where, in which light."""
        light = self._light(where)
        frames = craft().frames["en"]
        people = joined([self.name(i) if part == "detail" else self.dressed(i, where.event) for i in ids])
        ways = frames[part]
        place = self.where(where.place) or "the open ground"
        shown = ways[(where.first + where.turn) % len(ways)].format(who=people, what=what, place=place)
        steps = where.turn // len(ways)
        nearer = f"the camera {spelt(steps)} step{'s' if steps > 1 else ''} nearer than at first" if steps else ""
        told = upper(self.veiled(sentence(happens)))
        return f"{told} {sentence('; '.join(filter(None, (shown, nearer, light))))}".strip()

    def is_part(self, look: str) -> bool:
        """Whether a look is a thing that a camera can show by itself: 'long grey beard', not 'old' or 'leather'."""
        words = bare(look).split()
        if not words or len(words) > 6 or not words[-1].isalpha() or is_prepositional(look):
            return False
        return not is_adjectival(look) and (len(words) > 1 or is_several(words[0]))

    def phrase(self, entity: str) -> str:
        """Somebody or something with all that is said of its looks: 'the old clockmaker with a long grey beard'."""
        found = self.index.people.get(entity) or self.index.things.get(entity)
        if found is None:
            return self.where(entity)
        kind = self._kind(found)
        if found.name and found.name.lower() not in (kind.lower(), f"the {kind.lower()}"):
            kind = "" if kind.lower() in found.name.lower() else kind
            article = "the " if kind or any(map(is_adjectival, found.looks)) else ""
            return with_looks(article, f"{kind} {found.name}".strip(), found.looks)
        count = "" if found.count == 1 else f"{spelt(found.count)} "
        return with_looks(f"the {count}", kind, found.looks)

    def dressed(self, entity: str, event: Number | None) -> str:
        """Somebody with what is worn and carried."""
        text = self.phrase(entity)
        person = self.index.people.get(entity)
        if person is None:
            return text
        worn = joined([article_of(item) + item for item in self.index.worn(person, event)])
        had = joined([self._indefinite(t) for t in self.index.carried(entity, event)])
        return text + (f" in {worn}" if worn else "") + (f" carrying {had}" if had else "")

    def where(self, place: str) -> str:
        """'the crowded street market in Paris'; nothing for a place that nobody knows."""
        found = self.index.place(place)
        if found is None:
            return ""
        kind, name = found.kind, found.name
        if name and name.lower() not in kind.lower():
            own = (
                with_looks(article_of(leading(found.looks, kind)), kind, found.looks)
                if kind.lower() not in name.lower()
                else ""
            )
            return f"{name}, {own}" if own else with_looks("", name, found.looks)
        proper = kind[:1].isupper()
        return with_looks("" if proper or determined(kind) else "the ", kind, found.looks)

    def _kind(self, found: Person | Thing) -> str:
        kind = found.kind or (
            "people" if isinstance(found, Person) and found.crowd else "person" if not found.name else ""
        )
        return plural(kind) if found.count > 1 and kind else kind

    def name(self, entity: str) -> str:
        """'Mara', 'the woman', 'the seven penguins'."""
        found = self.index.people.get(entity) or self.index.things.get(entity)
        if found is None:
            return self._place_name(entity)
        if found.name:
            return found.name
        count = f"{spelt(found.count)} " if found.count > 1 else ""
        kind = self._kind(found)
        return kind if determined(kind) else f"the {count}{kind}"

    def _owner(self, entity: str) -> str:
        name = self.name(entity)
        return f"{name}’" if name.endswith("s") and self._several(entity) else f"{name}’s"

    def _place_name(self, place: str) -> str:
        found = self.index.place(place)
        return "" if found is None else found.name or f"the {found.kind}"

    def _several(self, entity: str) -> bool:
        found = self.index.people.get(entity) or self.index.things.get(entity)
        return found is not None and (found.count > 1 or is_several(found.kind.split(" ")[-1] or "one"))

    def _in(self, place: str) -> str:
        found = self.index.place(place)
        if found is None:
            return ""
        named = self._place_name(place)
        on = "on" if _UPON.search(found.kind) else "in" if found.inside or _WITHIN.search(found.kind) else "at"
        return f" {on} {named}"

    def _indefinite(self, thing: Thing) -> str:
        if thing.count > 1:
            return with_looks(f"{spelt(thing.count)} ", self._kind(thing), thing.looks)
        kind = thing.kind
        return with_looks(
            article_of(leading(thing.looks, kind)) if not is_several(kind.split(" ")[-1]) else "", kind, thing.looks
        )

    def _lowered(self, text: str) -> str:
        """A sentence that goes on another one: names keep their capital."""
        first = re.match(r"[A-Za-z]+", text)
        names = {word for p in self.index.brief.people for word in p.name.split()}
        names |= {word for p in self.index.brief.places for word in p.name.split()}
        if not first or first[0] in names or first[0] == "I":
            return text
        return text[:1].lower() + text[1:]

    def _light(self, where: Where) -> str:
        known = craft().light["en"]
        time = where.time.lower()
        hour = max((key for key in known if re.search(rf"\b{key}", time)), key=len, default="")
        hour = hour or next((m.word for m in find("time", time) if m.word in known), "")
        parts = [known[hour] if hour else f"the light is that of {time}" if time else ""]
        air = next((m.word for m in find("weather", where.weather) if m.fit != "near"), "")
        parts.append(
            craft()
            .weather["en"]
            .get(
                air,
                f"the air is one of {where.weather}" if where.weather and not find("weather", where.weather) else "",
            )
        )
        mood = next((m.word for m in find("mood", where.mood)), "")
        feeling = grammar().moods[mood].light if mood in grammar().moods and mood != "calm" else ""
        return ", ".join(filter(None, parts)) or feeling
