"""What a director writes of a shot, in English: out of the words of the brief, with as few of its own as there can be."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from planner.direct.material import Material
from planner.film.craft import craft
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.language.english import is_noun, is_plural
from planner.language.text import is_adjective
from planner.story.brief import Number, Person, Thing

_LONGEST = 196
_POSTFIX = re.compile(
    r"(?:with|without|in|of|on|at|from|by|near|under|over|behind|beside|full|made|who|that|which|whose|like|between|"
    r"above|below|along|around|against|about|after|before|to|for|\w+ing)\b"
)
_WITHIN = re.compile(
    r"(?:street|lane|alley|market|square|park|garden|yard|courtyard|forest|woods?|jungle|field|meadow|valley|desert|city|"
    r"town|village|sea|river|lake|snow|mountains|orchard|stadium|swamp|cave|room|kitchen|house|hall|workshop|cemetery)$"
)
_UPON = re.compile(
    r"(?:roof|rooftop|beach|bridge|pier|hill|mountain|island|road|quay|deck|stage|platform|balcony|ship|shore|coast|ice)$"
)
_PREPOSITION = re.compile(r"^(?:in|on|at|of|from|by|near|under|over|behind|beside|between|above|below|along|around)\b")


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

    def __init__(self, material: Material) -> None:
        self.material = material
        self._veils = [_mention(_names(material.people[i])) for i in material.hidden if i in material.people]
        self._veils += [_mention(_names(material.things[i])) for i in material.hidden if i in material.things]

    def event(self, numbers: Sequence[Number]) -> str:
        """What happens, in the brief's own sentences."""
        told = [_sentence(self.material.events[n].does) for n in numbers]
        room = _LONGEST // max(len(told), 1) - 1
        return _upper(self.veiled(" ".join(clipped(text, room) for text in told)))

    def line(self, speaker: str, text: str) -> str:
        quote = clipped(" ".join(text.split()), 140)
        if speaker in self.material.hidden:
            return f"A voice: “{quote}”"
        return f"{_upper(self.name(speaker))}: “{quote}”"

    def at_hour(self, happens: str, time: str) -> str:
        """A sentence that says its hour."""
        return happens if time.lower() in happens.lower() else f"{happens.rstrip('.')}, {_at_hour(time)}."

    def speaks(self, speaker: str, others: Sequence[str]) -> str:
        """Who speaks to whom; of somebody unseen, who hears it."""
        seen, rest = speaker not in self.material.hidden, joined([self.name(i) for i in others])
        if not seen:
            return _sentence(f"{rest} {'hear' if len(others) > 1 else 'hears'} a voice") if rest else ""
        return _sentence(f"{self.name(speaker)} speaks{f' to {rest}' if rest else ''}")

    def empty(self) -> str:
        return "An empty place that something unseen has just left."

    def place_shot(self, place: str, time: str) -> str:
        found, hour = self.where(place), f" {_at_hour(time)}" if time else ""
        return _sentence(f"{found}{hour}") if found else ""

    def thing_shot(self, thing: str, holder: str | None, place: str) -> str:
        found = self.phrase(thing)
        if holder and holder not in self.material.hidden:
            return _sentence(
                f"{found} in {self._owner(holder)} hands"
                if self.material.has_hands(holder)
                else f"{found} with {self.name(holder)}"
            )
        return _sentence(f"{found}{self._in(place)}")

    def garment_shot(self, person: str, garment: str, place: str) -> str:
        return _sentence(f"{self._owner(person)} {garment}{self._in(place)}")

    def look_shot(self, owner: str, look: str) -> str:
        if owner in self.material.places:
            return _sentence(f"the {bare(look)} of {self._place_name(owner)}")
        return _sentence(f"{self._owner(owner)} {bare(look)}")

    def reaction(self, person: str, event: Number) -> str:
        """'Ben watches as Ana drops the vase.'"""
        verb = "watch" if self._several(person) else "watches"
        told = self.veiled(self._lowered(self.material.events[event].does)).strip(" .!?")
        return clipped(f"{_upper(self.name(person))} {verb} as {told}.", _LONGEST)

    def looks_at(self, person: str, others: Sequence[str]) -> str:
        verb = "look" if self._several(person) else "looks"
        return _sentence(f"{self.name(person)} {verb} at {joined([self.name(i) for i in others])}")

    def without(self, place: str, who: Sequence[str]) -> str:
        gone = joined([self.name(i) for i in who])
        return _sentence(f"{self.where(place)} without {gone}")

    def portrait(self, ids: Sequence[str], place: str) -> str:
        return _sentence(f"{joined([self.phrase(i) for i in ids])}{self._in(place)}")

    def veiled(self, text: str) -> str:
        """A text that names nobody who must not be seen."""
        for mention in self._veils:
            text = re.sub(
                rf"{mention}['’]s? (\w+)",
                lambda m: f"{'an' if _plain(m[1]) else ''} unseen {m[1]}".strip(),
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
        if not people:
            part = "thing" if what else "place"
        ways = frames[part]
        place = self.where(where.place) or "the open ground"
        shown = ways[(where.first + where.turn) % len(ways)].format(who=people, what=what, place=place)
        steps = where.turn // len(ways)
        nearer = f"the camera {_spelt(steps)} step{'s' if steps > 1 else ''} nearer than at first" if steps else ""
        told = _upper(self.veiled(_sentence(happens)))
        return f"{told} {_sentence('; '.join(filter(None, (shown, nearer, light))))}".strip()

    def is_part(self, look: str) -> bool:
        """Whether a look is a thing that a camera can show by itself: 'long grey beard', not 'old' or 'leather'."""
        words = bare(look).split()
        if not words or len(words) > 6 or not words[-1].isalpha() or _PREPOSITION.match(look):
            return False
        return not _is_adjectival(look) and (len(words) > 1 or _is_plural(words[0]))

    def phrase(self, entity: str) -> str:
        """Somebody or something with all that is said of its looks: 'the old clockmaker with a long grey beard'."""
        found = self.material.people.get(entity) or self.material.things.get(entity)
        if found is None:
            return self.where(entity)
        kind = self._kind(found)
        if found.name and found.name.lower() not in (kind.lower(), f"the {kind.lower()}"):
            kind = "" if kind.lower() in found.name.lower() else kind
            article = "the " if kind or any(map(_is_adjectival, found.looks)) else ""
            return _with_looks(article, f"{kind} {found.name}".strip(), found.looks)
        count = "" if found.count == 1 else f"{_spelt(found.count)} "
        return _with_looks(f"the {count}", kind, found.looks)

    def dressed(self, entity: str, event: Number | None) -> str:
        """Somebody with what is worn and carried."""
        text = self.phrase(entity)
        person = self.material.people.get(entity)
        if person is None:
            return text
        worn = joined([_article(item) + item for item in self.material.worn(person, event)])
        had = joined([self._indefinite(t) for t in self.material.carried(entity, event)])
        return text + (f" in {worn}" if worn else "") + (f" carrying {had}" if had else "")

    def where(self, place: str) -> str:
        """'the crowded street market in Paris'; nothing for a place that nobody knows."""
        found = self.material.place(place)
        if found is None:
            return ""
        kind, name = found.kind, found.name
        if name and name.lower() not in kind.lower():
            own = (
                _with_looks(_article(_before(found.looks, kind)), kind, found.looks)
                if kind.lower() not in name.lower()
                else ""
            )
            return f"{name}, {own}" if own else _with_looks("", name, found.looks)
        proper = kind[:1].isupper()
        return _with_looks("" if proper or _determined(kind) else "the ", kind, found.looks)

    def _kind(self, found: Person | Thing) -> str:
        kind = found.kind or (
            "people" if isinstance(found, Person) and found.crowd else "person" if not found.name else ""
        )
        return plural(kind) if found.count > 1 and kind else kind

    def name(self, entity: str) -> str:
        """'Mara', 'the woman', 'the seven penguins'."""
        found = self.material.people.get(entity) or self.material.things.get(entity)
        if found is None:
            return self._place_name(entity)
        if found.name:
            return found.name
        count = f"{_spelt(found.count)} " if found.count > 1 else ""
        kind = self._kind(found)
        return kind if _determined(kind) else f"the {count}{kind}"

    def _owner(self, entity: str) -> str:
        name = self.name(entity)
        return f"{name}’" if name.endswith("s") and self._several(entity) else f"{name}’s"

    def _place_name(self, place: str) -> str:
        found = self.material.place(place)
        return "" if found is None else found.name or f"the {found.kind}"

    def _several(self, entity: str) -> bool:
        found = self.material.people.get(entity) or self.material.things.get(entity)
        return found is not None and (found.count > 1 or _is_plural(found.kind.split(" ")[-1] or "one"))

    def _in(self, place: str) -> str:
        found = self.material.place(place)
        if found is None:
            return ""
        named = self._place_name(place)
        on = "on" if _UPON.search(found.kind) else "in" if found.inside or _WITHIN.search(found.kind) else "at"
        return f" {on} {named}"

    def _indefinite(self, thing: Thing) -> str:
        if thing.count > 1:
            return _with_looks(f"{_spelt(thing.count)} ", self._kind(thing), thing.looks)
        kind = thing.kind
        return _with_looks(
            _article(_before(thing.looks, kind)) if not _is_plural(kind.split(" ")[-1]) else "", kind, thing.looks
        )

    def _lowered(self, text: str) -> str:
        """A sentence that goes on another one: names keep their capital."""
        first = re.match(r"[A-Za-z]+", text)
        names = {word for p in self.material.brief.people for word in p.name.split()}
        names |= {word for p in self.material.brief.places for word in p.name.split()}
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
        return ", ".join(filter(None, [*parts, feeling or (f"the mood {where.mood}" if where.mood else "")]))


def joined(parts: Sequence[str]) -> str:
    """'a, b and c'."""
    said = [part for part in parts if part]
    return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))


def clipped(text: str, most: int) -> str:
    """A text of at most so many characters, cut between words."""
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def bare(words: str) -> str:
    """Words without what introduces them: 'with a long grey beard' -> 'long grey beard'."""
    return re.sub(r"^(?:(?:with|wearing|has|having)\s+)?(?:(?:a|an|the|his|her|its|their)\s+)?", "", words, flags=re.I)


def plural(noun: str) -> str:
    """'penguin' -> 'penguins', 'mouse' -> 'mice'."""
    head, _, last = noun.rpartition(" ")
    if _is_plural(last):
        return noun
    import lemminflect  # opened with the first plural: it reads a dictionary

    several = (*lemminflect.getInflection(last, "NNS"), last)[0]  # type: ignore[no-untyped-call]
    return f"{head} {several}".strip()


def _with_looks(article: str, kind: str, looks: Collection[str]) -> str:
    """'the old clockmaker with a long grey beard': adjectives before the noun, the rest after it."""
    before = [look for look in looks if _is_adjectival(look) and len(look) <= 30]
    after = [look for look in looks if look not in before]
    noun = " ".join(filter(None, (*before, kind)))
    return " ".join(f"{article}{noun}".split()) + ",".join(map(_after, after))


def _after(look: str) -> str:
    """A look as it stands after the noun: ' with a long grey beard', ' in Paris', ', 50s'."""
    if _POSTFIX.match(look.lower()):
        return f" {look}"
    return f" with {_noun(look)}" if look.split()[-1].isalpha() and not _is_adjectival(look) else f", {look}"


def _before(looks: Collection[str], kind: str) -> str:
    return next((look for look in looks if _is_adjectival(look)), kind)


def _noun(look: str) -> str:
    last = re.split(r"\s+(?:of|in|on|with|from)\s+", look)[0].split(" ")[-1]
    return look if _is_plural(last) or _determined(look) else f"{_article(look)}{look}"


def _is_adjectival(look: str) -> bool:
    words = look.lower().split()
    if not words or _POSTFIX.match(look.lower()):
        return False
    last = words[-1]
    if not last.replace("-", "").isalpha():
        return False
    material = len(words) == 1 and not _is_plural(last)
    return is_adjective(last) or (last.endswith("ed") and len(words) < 3) or not is_noun(last) or material


def _determined(words: str) -> bool:
    return bool(re.match(r"(?:a|an|the|his|her|its|their|my|our|some|two|three|four|five|\d+)\s", words, re.I))


def _article(words: str) -> str:
    if not words or _determined(words) or _is_plural(words.split(" ")[-1]):
        return ""
    return "an " if words[0].lower() in "aeiou" else "a "


def _names(found: Person | Thing) -> list[str]:
    aliases = found.aliases if isinstance(found, Person) else ()
    return [name for name in (found.name, *aliases, found.kind) if name]


def _mention(names: Sequence[str]) -> str:
    """A pattern of a mention of somebody: 'the ghost', 'a pale ghost', 'ghosts'."""
    said = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"
    return rf"\b(?:(?:the|a|an|this|that|his|her|their|its)\s+(?:[\w-]+\s+)??)?(?:{said})s?\b"


def _plain(noun: str) -> bool:
    return not _is_plural(noun)


def _is_plural(noun: str) -> bool:
    """Whether a noun stands for several; one that the dictionary does not know, by its ending."""
    return is_plural(noun) or (len(noun) > 3 and bool(re.search(r"[^sui]s$", noun)))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    """Begun with a capital and ended."""
    text = clipped(" ".join(text.split()), 1900)
    return _upper(text if text.endswith((".", "!", "?", "…", "”", '"')) else f"{text}.") if text else ""


def _spelt(count: int) -> str:
    words = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return words[count] if count < len(words) else str(count)


def _at_hour(time: str) -> str:
    if re.match(r"(?:at|in|on|during|before|after|early|late|the|a|an|one)\b", time.lower()):
        return time if not time.lower().startswith(("early", "late", "the", "a ", "an ", "one")) else f"in {time}"
    return (
        f"in {time}"
        if time.lower() in ("spring", "summer", "autumn", "winter")
        else f"{_hour_preposition(time)} {time}"
    )


def _hour_preposition(time: str) -> str:
    last = time.lower().split()[-1]
    return "in the" if last in ("morning", "afternoon", "evening") else "by" if last == "day" else "at"
