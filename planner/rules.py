"""The planner without a model: sentences to an outline by the words and habits of film grammar.

It extracts and never invents: who is named, what they look like and wear, where and when it happens, and
what they do, clause by clause. Pronouns stand for whoever was mentioned last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner import script
from planner.entities import Entities
from planner.ground import find
from planner.nouns import names
from planner.outline import Event, Outline, Quest
from planner.story import Line, Location
from planner.tell import conjoined
from planner.text import (
    Tag,
    attributive,
    clauses,
    determined,
    located,
    modifies,
    noun,
    phrase,
    sentences,
    slug,
    tags,
    unknown,
    verbs,
)

#: What an action tells when no event word says more.
ACTION_EVENT = {
    "stands": "talk", "walks": "arrive", "runs": "chase", "jumps": "celebrate", "waves": "meet", "dances": "celebrate",
    "sits": "rest", "sleeps": "rest", "looks around": "search", "hides": "hide", "floats": "arrive",
}  # fmt: skip
#: Words that are said in one shot at most, unless one sentence has more.
BREATH = 14
_QUOTE = re.compile(r"[\"“]([^\"“”]+)[\"”]")
_SEEN_AS = re.compile(r"\b(is|are|was|were|feels?|looks?|sounds?|becomes?|mood|atmosphere)\b", re.I)
_DEED = re.compile(r"(?P<who>[\w-]+)\s+(?:\w+ly\s+)?(?P<verb>[a-z]+(?:s|ed|ing))\b(?!\s*$)", re.I)
_SOUGHT = re.compile(r"\bfor\b|\b(seek|sought|find|los(e|t|ing))|찾|잃", re.I)
_NOT_YET = re.compile(r"\b(must|to|should|shall|will|cannot|can't|never|not|could)\s+$|n['’]t\s+$", re.I)
_AMBIGUOUS = frozenset({"clear", "fine", "fair", "dry", "cool", "cold", "warm", "hot", "wet", "still"})
_SKY = re.compile(r"\s*(?:$|[.,;]|(?:sk(?:y|ies)|weather|day|night|morning|afternoon|evening|air)\b)", re.I)
_MERE_DAY = re.compile(r"days?$", re.I)
_CAMERA = re.compile(r"\b(camera|zoom|pan|tilt|dolly|track)\w*\b|카메라", re.I)
_FRAMING = re.compile(r"\b(shot|close[- ]?up)\b|클로즈업", re.I)
_STYLED = re.compile(r"^\W*(style|film|movie|cartoon|animation|drawing|look|story|스타일)", re.I)
_GROUND = frozenset({"search", "arrive", "chase", "part"})


def read(intent: str) -> Outline:
    """The outline of a text, prose or screenplay; empty when nothing in it is known."""
    told = script.passages(intent)
    speakers = [
        part.speaker.split()[-1] for passage in told for part in passage.told if isinstance(part, script.Speech)
    ]
    reader = Reader((*names(intent), *speakers), screenplay=script.is_screenplay(intent))
    for passage in told:
        reader.passage(passage)
    return reader.outline()


class Reader:
    """Reads clause by clause and remembers who was mentioned, and where and when the story is."""

    def __init__(self, characters: Sequence[str] = (), screenplay: bool = False) -> None:
        """``characters``: words that name somebody, though the grammar does not know them."""
        self.part = 0
        """Passages read so far."""
        self._screenplay = screenplay
        self.entities = Entities(characters)
        self.places: dict[str, Location] = {}
        self.events: list[Event] = []
        self.quests: dict[str, Quest] = {}
        self.style = ""
        self._place: str | None = None
        self._mood = ""
        """Of the whole film, when the text says that it is to be so."""
        self._now = {"time": "", "weather": "", "mood": ""}

    def passage(self, passage: script.Passage) -> None:
        """Takes in a paragraph, or a scene of a screenplay with its heading and speeches."""
        self.part += 1
        if passage.heading:
            self._enter(*script.setting(passage.heading))
        for part in passage.told:
            if isinstance(part, script.Speech):
                self._speak(self._speaker(part.speaker), part.text)
            else:
                for sentence in sentences(part):
                    self.sentence(sentence)

    def _enter(self, place: str, time: str) -> None:
        """Goes where and when a heading says; a heading without a place changes nothing."""
        self._now["time"] = next((m.text.lower() for m in find("time", time)), self._now["time"])
        if known := [t for t in tags(f"in the {place}") if t.kind == "setting"]:
            self._place = self.place(f"in the {place}", known[-1])
        elif self._screenplay and place:
            same = (i for i, p in self.places.items() if p.kind == place)
            self._place = next(same, None) or slug(place, "place", self.places)
            self.places.setdefault(self._place, Location(id=self._place, name=place[:120], kind=place[:80]))

    def _speaker(self, name: str) -> str:
        """Who a screenplay's cue names."""
        word = name.split()[-1]
        self.entities.read(name if name != word else word, tags(name), None)
        known = next((c.id for c in self.entities.cast.values() if word in c.name.split()), None)
        return known or self.entities.stranger(word)

    def _speak(self, who: str, said: str) -> None:
        """Adds what somebody says, in as many events as it takes."""
        name = self.entities.cast[who].name
        for number, text in enumerate(_breaths(said)):
            told = f"{name} speaks" if not number else f"{name} goes on"
            event = self._event(f"{told}: {' '.join(text.split()[:4])}…", "talk", (who,))
            lines = (Line(speaker=who, text=text),)
            self.events.append(event.model_copy(update={"lines": lines, "whom": self._listener(who)}))

    def _listener(self, who: str) -> tuple[str, ...]:
        """Who was with the speaker last in the same passage."""
        here = [e for e in reversed(self.events) if e.part == self.part]
        return tuple(i for e in here for i in e.who if i != who)[:1]

    def sentence(self, text: str) -> None:
        """Takes in one sentence: its setting for every clause, then what happens and what is said."""
        text, quotes = _unquoted(text)
        before = len(self.events)
        self._prose(text)
        speakers = self.events[-1].who if len(self.events) > before else self.entities.last
        if quotes and speakers:
            first, *more = _breaths(" ".join(quotes))
            line = Line(speaker=speakers[0], text=first)
            if len(self.events) == before:
                self.events.append(self._event(f"{self.entities.cast[speakers[0]].name} speaks", "talk", speakers[:1]))
            self.events[-1] = self.events[-1].model_copy(update={"lines": (line,)})
            for said in more:
                self._speak(speakers[0], said)

    def _prose(self, text: str) -> None:
        whole = tags(text)
        self._now["mood"] = self._mood
        for kind in ("time", "weather", "mood"):
            self._now[kind] = next((t.mention.text.lower() for t in whole if _sets(text, t, kind)), self._now[kind])
        if any(t.kind == "mood" and _STYLED.match(text[t.end :]) for t in whole):
            self._mood = self._now["mood"]
        self.style = self.style or next((m.text for m in find("style", text) if _styled(text, m.start, m.end)), "")
        for clause in clauses(text):
            self.clause(clause)

    def clause(self, text: str, who: Sequence[str] | None = None) -> Event | None:
        """Takes in one clause; ``who`` overrides its subject. Returns the event that it tells, if any."""
        names = {c.name for c in self.entities.cast.values()}
        found, happening = tags(text), [v for v in verbs(text) if not _is_name(text, v, names)]
        verb = _main_verb(text, happening)
        acting, others = self.entities.read(text, found, verb)
        if who is not None:
            acting, others = tuple(who), tuple(e for e in (*acting, *others) if e not in who)
        others = (*others, *self._settle(text, found, verb))
        if verb is None:
            return self._motion(text, others) or self._deed(text, acting)
        kind = verb.mention.word if verb.kind == "event" else ACTION_EVENT[verb.mention.word]
        if kind == "discover" and (_NOT_YET.search(text[: verb.start]) or "nothing" in text[verb.end :]):
            kind = "search"
        asked = {"camera": _asked("camera", text, _CAMERA), "size": _asked("size", text, _FRAMING)}
        event = self._event(text, kind, acting).model_copy(
            update={"whom": others, "action": verb.mention.text[:80], "sure": self.entities.sure, **asked}
        )
        self._seek(event)
        self.events.append(event)
        return event

    def _motion(self, text: str, others: tuple[str, ...]) -> Event | None:
        """A thing that moves by itself: the balloon falls, the moon rises."""
        things = tuple(i for i in others if i in self.entities.props)
        if not things or all(m.word == "rests" for m in find("prop_motion", text)):
            return None
        self.events.append(self._event(text, "arrive", ()).model_copy(update={"whom": things}))
        return self.events[-1]

    def _deed(self, text: str, acting: tuple[str, ...]) -> Event | None:
        """Somebody does something that the grammar has no word for; it is told like any work."""
        deed = _DEED.search(text)
        if deed is None or deed.group("verb") not in set(unknown(text)):
            return None
        if not acting and deed.group("who") in set(unknown(text)):
            acting = (self.entities.stranger(deed.group("who")),)
        event = self._event(text, "help", acting).model_copy(update={"action": deed.group("verb")[:80]})
        self.events.append(event)
        return event

    def _event(self, text: str, kind: str, who: tuple[str, ...]) -> Event:
        """An event here and now."""
        time, weather, mood = (self._now[k] for k in ("time", "weather", "mood"))
        return Event(
            text=text[:4000],
            kind=kind,
            who=who,
            place=self._place,
            time=time,
            weather=weather,
            mood=mood,
            part=self.part,
        )

    def outline(self) -> Outline:
        """Everything read so far. Events before the first named place happen there too."""
        first = next(iter(self.places), None)
        appeared = {entity for event in self.events for entity in (*event.who, *event.whom)}
        idle = tuple(c for c in self.entities.cast if c not in appeared)
        events = list(self.events)
        if not events and not idle and self.places:
            events.append(self._event(self.places[str(first)].name, "arrive", ()))
        if idle:
            named = conjoined([self.entities.cast[i].name for i in idle])
            events.insert(0, self._event(named, "arrive", idle))
        return Outline(
            cast=tuple(self.entities.cast.values()),
            props=tuple(self.entities.props.values()),
            places=tuple(self.places.values()),
            events=tuple(e if e.place else e.model_copy(update={"place": first}) for e in events),
            quests=tuple(self.quests.values()),
            style=self.style,
            screenplay=self._screenplay,
        )

    def _settle(self, text: str, found: Sequence[Tag], verb: Tag | None) -> list[str]:
        """Moves to the place that a clause names; returns those that are only acted upon, as things."""
        things = []
        for tag in found:
            if tag.kind != "setting" or modifies(tag, text, found):
                continue
            if _is_place(text, tag, verb):
                self._place = self.place(text, tag)
            elif determined(text, tag.start):
                things.append(self.entities.thing(text, tag))
        return things

    def place(self, text: str, tag: Tag) -> str:
        """The id of the place that a tag names, new or known."""
        current = self.places.get(self._place or "")
        drawn = find("setting", current.kind)[-1:] if current else ()
        same_drawn = current and tag.mention.fit == "near" and drawn and drawn[0].word == tag.mention.word
        if current and same_drawn and not located(text, tag.start):
            return current.id
        head = noun("setting", tag.mention.text)
        same = (i for i, p in self.places.items() if noun("setting", p.kind).lower().endswith(head.lower()))
        if known := next(same, None):
            return known
        words = phrase(text, tag, keep=("time", "weather", "mood"))
        identity = slug(head, tag.mention.word, self.places)
        self.places[identity] = Location(id=identity, name=words[:120], kind=words[:80])
        return identity

    def _seek(self, event: Event) -> None:
        """A prop that is lost, or looked for, is a quest of whoever misses it."""
        for prop in event.whom:
            sought = event.kind == "search" and _SOUGHT.search(event.text)
            if (sought or prop in self.entities.lost) and prop in self.entities.props and event.who:
                owner = self.entities.owners.get(prop, event.who[0])
                self.quests.setdefault(prop, Quest(owner=owner, prop=prop))


def _unquoted(text: str) -> tuple[str, list[str]]:
    """A sentence without what is said in it, and that; who is named after the verb comes before it."""
    quotes = [q.strip(" ,") for q in _QUOTE.findall(text) if len(q.split()) > 1 or q[-1:] in ".!?,"]
    if not quotes:
        return text, []
    bare = " ".join(_QUOTE.sub(" ", text).split()).strip(" ,")
    return re.sub(r"^(\w+)\s+((?:the\s+|an?\s+|his\s+|her\s+)?(?:[a-z]+\s+)?\w+)(?=[.!?,]|$)", r"\2 \1", bare), quotes


def _breaths(said: str) -> list[str]:
    """A speech in pieces of whole sentences that one shot can hold."""
    pieces: list[str] = []
    for sentence in re.findall(r"[^.!?…]+[.!?…]*\s*", said) or [said]:
        if pieces and len((pieces[-1] + sentence).split()) <= BREATH:
            pieces[-1] += sentence
        else:
            pieces.append(sentence)
    return [piece.strip() for piece in pieces if piece.strip()]


def _main_verb(text: str, happening: Sequence[Tag]) -> Tag | None:
    """English tells by its first verb, Korean by its last."""
    if not happening:
        return None
    return happening[-1 if re.search("[가-힣]", happening[0].mention.text) else 0]


def _is_name(text: str, verb: Tag, names: set[str]) -> bool:
    return verb.mention.text in names or bool(re.search(r"\b(named|called)\s+$", text[: verb.start]))


def _is_place(text: str, tag: Tag, verb: Tag | None) -> bool:
    if located(text, tag.start) or (verb is None and not determined(text, tag.start)):
        return True
    if verb is None:
        return not re.search(r"\bof\s+(?:\w+\s+){0,2}$", text[: tag.start])
    if verb.kind == "event" and verb.mention.word in _GROUND:
        return tag.start > verb.start
    return bool(_SEEN_AS.match(text[tag.end :].strip()))


def _sets(text: str, tag: Tag, kind: str) -> bool:
    """Whether a modifier tells the time, weather or mood of the scene and not of somebody in it."""
    if kind == "weather" and tag.mention.text.lower() in _AMBIGUOUS and not _SKY.match(text[tag.end :]):
        return False
    if tag.kind != kind or (kind == "time" and _MERE_DAY.match(tag.mention.text) and not located(text, tag.start)):
        return False
    if tag.mention.fit != "near":
        return True
    if kind == "mood":
        colours_place = any(t.kind == "setting" and 0 <= t.start - tag.end < 12 for t in tags(text))
        return colours_place or bool(_SEEN_AS.search(text[: tag.start]) or _STYLED.match(text[tag.end :]))
    follows = next((t for t in tags(text) if t.start > tag.start), None)
    qualifies = follows is not None and follows.kind in ("setting", "time", "weather") and follows.start - tag.end < 2
    standing = located(text, tag.start) or determined(text, tag.start)
    return standing and (qualifies or not attributive(text, tag.end))


def _styled(text: str, start: int, end: int) -> bool:
    return bool(_STYLED.match(text[end:])) or text[:start].rstrip().lower().endswith((" in", "style:"))


def _asked(kind: str, text: str, marker: re.Pattern[str]) -> str:
    """The camera move or shot size that a clause asks for in so many words."""
    if not marker.search(text):
        return ""
    return next((m.text for m in find(kind, text)), "")
