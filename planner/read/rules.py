"""The planner without a model: sentences to an outline by the words and habits of film grammar.

It extracts and never invents: who is named, what they look like and wear, where and when it happens, and
what they do, clause by clause. Pronouns stand for whoever was mentioned last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.film.ground import find
from planner.language.clauses import TextClause, in_time, linked
from planner.language.generate import called, conjoined
from planner.language.nouns import names
from planner.language.speech import breaths, unquoted
from planner.language.text import Tag, determined, modifies, sentences, tags, unknown, verbs
from planner.read import chronology, cues
from planner.read.entities import Entities
from planner.read.formats import script
from planner.read.logline import told_plainly
from planner.read.places import Places
from planner.story.outline import Outline, OutlineEvent, Quest
from planner.story.story import Line

#: What an action tells when no event word says more.
ACTION_EVENT = {
    "stands": "talk", "walks": "arrive", "runs": "chase", "jumps": "celebrate", "waves": "meet", "dances": "celebrate",
    "sits": "rest", "sleeps": "rest", "looks around": "search", "hides": "hide", "floats": "arrive",
}  # fmt: skip
_DEED = re.compile(r"(?P<who>[\w-]+)\s+(?:\w+ly\s+)?(?P<verb>[a-z]+(?:s|ed|ing))\b(?!\s*$)", re.I)
_KOREAN_DEED = re.compile(r"(?P<who>[가-힣]+)\s+(?P<verb>[가-힣]*(?:[는었았했]|[가-힣])다)[.!?]?\s*$")
_SOUGHT = re.compile(r"\bfor\b|\b(seek|sought|find|los(e|t|ing))|찾|잃", re.I)
_NOT_YET = re.compile(r"\b(must|to|should|shall|will|cannot|can't|never|not|could)\s+$|n['’]t\s+$", re.I)
_PRONOUN = re.compile(r"(?:he|she|it|they)\b", re.I)


def read(intent: str) -> Outline:
    """The outline of a text, prose or screenplay; empty when nothing in it is known."""
    told = script.passages(intent)
    speakers = [
        part.speaker.split()[-1] for passage in told for part in passage.told if isinstance(part, script.ScriptSpeech)
    ]
    reader = RuleReader((*names(intent), *speakers), screenplay=script.is_screenplay(intent))
    for passage in told:
        reader.passage(passage)
    return reader.outline()


class RuleReader:
    """Reads clause by clause and remembers who was mentioned, and where and when the story is."""

    def __init__(self, characters: Sequence[str] = (), screenplay: bool = False) -> None:
        """``characters``: words that name somebody, though the grammar does not know them."""
        self.part = 0
        """Passages read so far."""
        self._sentence = 0
        """Sentences read so far."""
        self._screenplay = screenplay
        self.entities = Entities(characters)
        self.places = Places()
        self.events: list[OutlineEvent] = []
        self.quests: dict[str, Quest] = {}
        self.style = ""
        self._tense = ""
        """In which the story is told; empty before its first sentence."""
        self._past = ""
        """The tense of what is told late."""
        self._present: tuple[str | None, dict[str, str], tuple[str, ...]] | None = None
        """Where and when the story is and who acted last, while it tells what happened before."""
        self._present_only: list[tuple[int, OutlineEvent]] = []
        """Who is there without doing anything: before which event, and how it is told."""
        self._mood = ""
        """Of the whole film, when the text says that it is to be so."""
        self._now = {"time": "", "weather": "", "mood": ""}

    def passage(self, passage: script.Passage) -> None:
        """Takes in a paragraph, or a scene of a screenplay with its heading and speeches."""
        self.part += 1
        if passage.heading:
            self._enter(*script.setting(passage.heading))
        for part in passage.told:
            if isinstance(part, script.ScriptSpeech):
                self._speak(self._speaker(part.speaker), part.text, part.cue)
            else:
                for sentence in sentences(part):
                    self.sentence(sentence)

    def _enter(self, place: str, time: str) -> None:
        """Goes where and when a heading says; a heading without a place changes nothing."""
        self._now["time"] = next((m.text.lower() for m in find("time", time)), self._now["time"])
        if known := [t for t in tags(f"in the {place}") if t.kind == "setting"]:
            self.places.enter(f"in the {place}", known[-1])
        elif self._screenplay and place:
            self.places.enter_called(place)

    def _speaker(self, name: str) -> str:
        """Who a screenplay's cue names."""
        word = name.split()[-1]
        self.entities.read(name if name != word else word, tags(name), None)
        known = next((c.id for c in self.entities.cast.values() if word in c.name.split()), None)
        return known or self.entities.stranger(word)

    def _speak(self, who: str, said: str, cue: str = "") -> None:
        """Adds what somebody says, in as many events as it takes; ``cue`` is how a screenplay spells who it is."""
        name = self.entities.cast[who].name
        for number, text in enumerate(breaths(said)):
            told = f"{name} speaks" if not number else f"{name} goes on"
            event = self._event(f"{told}: {' '.join(text.split()[:4])}…", "talk", (who,))
            lines = (Line(speaker=who, text=text, cue=cue),)
            self.events.append(event.model_copy(update={"lines": lines, "whom": self._listener(who)}))

    def _listener(self, who: str) -> tuple[str, ...]:
        """Who was with the speaker last in the same passage."""
        here = [e for e in reversed(self.events) if e.part == self.part]
        return tuple(i for e in here for i in e.who if i != who)[:1]

    def sentence(self, text: str) -> None:
        """Takes in one sentence: its setting for every clause, then what happens and what is said."""
        self._sentence += 1
        text, quotes = unquoted(text)
        before = len(self.events)
        for told in told_plainly(text):
            if told.kind:
                self._outcome(told.text, told.kind)
            else:
                self._prose(told.text)
        speakers = self.events[-1].who if len(self.events) > before else self.entities.pronouns.last
        if quotes and speakers:
            first, *more = breaths(" ".join(quotes))
            line = Line(speaker=speakers[0], text=first)
            if len(self.events) == before:
                self.events.append(self._event(f"{self.entities.cast[speakers[0]].name} speaks", "talk", speakers[:1]))
            self.events[-1] = self.events[-1].model_copy(update={"lines": (line,)})
            for said in more:
                self._speak(speakers[0], said)

    def _outcome(self, text: str, kind: str) -> None:
        """Takes in what a story comes to, in one event of a known kind."""
        self._light(text)
        if event := self.clause(text):
            self.events[-1] = event.model_copy(update={"kind": kind})

    def _prose(self, text: str) -> None:
        adverb, text = chronology.opening(text)
        told = linked(text)
        self._turn(bool(adverb) or chronology.goes_back(told), text)
        self._light(f"{adverb} {text}")
        self._film(told)

    def _turn(self, back: bool, text: str) -> None:
        """Goes back to what happened before the story's present, or returns from there to where it was."""
        tense = chronology.tense(text)
        if back and self._tense:
            self._present = self._present or (self.places.now, dict(self._now), self.entities.pronouns.last)
            self._past = tense or "past"
        elif self._present and chronology.comes_back(text, self._past, self._tense):
            self.places.now, self._now, self.entities.pronouns.last = self._present
            self._present = None
        if self._present is None:
            self._tense = tense or self._tense or "present"

    def _light(self, text: str) -> None:
        """Takes in the time, weather, mood and style that a sentence names."""
        whole = tags(text)
        self._now["mood"] = self._mood
        for kind in ("time", "weather", "mood"):
            self._now[kind] = next((t.mention.text.lower() for t in whole if cues.sets(text, t, kind)), self._now[kind])
        if any(t.kind == "mood" and cues.is_of_film(text, t) for t in whole):
            self._mood = self._now["mood"]
        self.style = self.style or cues.style(text)

    def _film(self, told: Sequence[TextClause]) -> None:
        """Takes in the clauses of a sentence as told, and puts what they tell in the order in which it happens."""
        start, place = len(self.events), self.places.now
        tells: dict[int, list[OutlineEvent]] = {}
        places: dict[int, str | None] = {}
        for i in _reading(told, bool(self.entities.pronouns.last)):
            before, here, acted = len(self.events), self.places.now, self.entities.pronouns.last
            self.clause(told[i].text)
            if told[i].link in ("memory", "past"):
                self.entities.pronouns.last = acted
            tells[i] = self.events[before:]
            places[i] = self.places.now if self.places.now != here else None
        del self.events[start:]
        order = in_time(told)
        for at, i in enumerate(order):
            early = any(i > later for later in order[at + 1 :])
            there = places[i] or place
            self.events += [self._settled(e, there, early) for e in tells[i]]
            place = place if told[i].link in ("memory", "past") else there
        self.places.now = place

    def _settled(self, event: OutlineEvent, place: str | None, early: bool) -> OutlineEvent:
        """An event at its place; what is shown before it was told, with its people by name."""
        text = event.text
        if event.who and (early or event.earlier) and _PRONOUN.match(text):
            names_ = [called(self.entities.cast[i]) for i in event.who]
            told_apart = len(set(names_)) == len(names_)
            text = _PRONOUN.sub(lambda _: conjoined(names_), text, count=1) if told_apart else text
        return event.model_copy(update={"place": place, "text": text})

    def clause(self, text: str, who: Sequence[str] | None = None) -> OutlineEvent | None:
        """Takes in one clause; ``who`` overrides its subject. Returns the event that it tells, if any."""
        names = {c.name for c in self.entities.cast.values()}
        found, happening = tags(text), [v for v in verbs(text) if not _is_name(text, v, names)]
        verb = _main_verb(text, happening)
        acting, others = self.entities.read(text, found, verb)
        if who is not None:
            acting, others = tuple(who), tuple(e for e in (*acting, *others) if e not in who)
        others = (*others, *self._settle(text, found, verb))
        if verb is None:
            event = self._motion(text, others) or self._deed(text, acting)
            if event is None:
                self._presence(text, acting)
            return event
        kind = verb.mention.word if verb.kind == "event" else ACTION_EVENT[verb.mention.word]
        if kind == "discover" and (_NOT_YET.search(text[: verb.start]) or "nothing" in text[verb.end :]):
            kind = "search"
        asked = {"camera": cues.camera(text), "size": cues.size(text)}
        event = self._event(text, kind, acting).model_copy(
            update={"whom": others, "action": verb.mention.text[:80], "sure": self.entities.sure, **asked}
        )
        self._seek(event)
        self.events.append(event)
        return event

    def _motion(self, text: str, others: tuple[str, ...]) -> OutlineEvent | None:
        """A thing that moves by itself: the balloon falls, the moon rises."""
        things = tuple(i for i in others if i in self.entities.things.props)
        if not things or all(m.word == "rests" for m in find("prop_motion", text)):
            return None
        self.events.append(self._event(text, "arrive", ()).model_copy(update={"whom": things}))
        return self.events[-1]

    def _deed(self, text: str, acting: tuple[str, ...]) -> OutlineEvent | None:
        """Somebody does something that the grammar has no word for; it is told like any work."""
        deed = _KOREAN_DEED.search(text) or _DEED.search(text)
        if deed is None or deed.group("verb") not in set(unknown(text)):
            return None
        if not acting and deed.group("who").isascii() and deed.group("who") in set(unknown(text)):
            acting = (self.entities.stranger(deed.group("who")),)
        event = self._event(text, "help", acting).model_copy(update={"action": deed.group("verb")[:80]})
        self.events.append(event)
        return event

    def _presence(self, text: str, there: tuple[str, ...]) -> None:
        """Remembers who is only said to be there; they are shown so where nothing else shows them."""
        if there and not re.search(r"\b(?:is|are|was|were)\s+(?:from|of|about|for|by)\b", text):
            self._present_only.append((len(self.events), self._event(text, "arrive", there)))

    def _event(self, text: str, kind: str, who: tuple[str, ...]) -> OutlineEvent:
        """An event here and now."""
        time, weather, mood = (self._now[k] for k in ("time", "weather", "mood"))
        return OutlineEvent(
            text=text[:4000],
            kind=kind,
            who=who,
            place=self.places.now,
            time=time,
            weather=weather,
            mood=mood,
            part=self.part,
            sentence=self._sentence,
            earlier=self._present is not None,
        )

    def outline(self) -> Outline:
        """Everything read so far. Events before the first named place happen there too."""
        first = next(iter(self.places.known), None)
        appeared = {entity for event in self.events for entity in (*event.who, *event.whom)}
        events = list(self.events)
        for at, event in reversed(self._present_only):
            if not appeared & set(event.who):
                events.insert(at, event)
                appeared |= set(event.who)
        if not events and self.entities.cast:
            cast = self.entities.cast.values()
            events.append(self._event(conjoined([c.name for c in cast]), "arrive", tuple(self.entities.cast)))
        elif not events and first:
            events.append(self._event(self.places.known[first].name, "arrive", ()))
        events = [e if e.place else e.model_copy(update={"place": first}) for e in events]
        return Outline(
            cast=tuple(self.entities.cast.values()),
            props=tuple(self.entities.things.props.values()),
            places=tuple(self.places.known.values()),
            events=tuple(chronology.in_order(events)),
            notes=tuple(_told_late(e) for e in events if e.earlier),
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
            if cues.is_place(text, tag, verb):
                self.places.enter(text, tag)
            elif determined(text, tag.start):
                things.append(self.entities.things.of(text, tag))
        return things

    def _seek(self, event: OutlineEvent) -> None:
        """A prop that is lost, or looked for, is a quest of whoever misses it."""
        for prop in event.whom:
            sought = event.kind == "search" and _SOUGHT.search(event.text)
            if (sought or prop in self.entities.things.lost) and prop in self.entities.things.props and event.who:
                owner = self.entities.things.owners.get(prop, event.who[0])
                self.quests.setdefault(prop, Quest(owner=owner, prop=prop))


def _main_verb(text: str, happening: Sequence[Tag]) -> Tag | None:
    """English tells by its first verb, Korean by its last."""
    if not happening:
        return None
    return happening[-1 if re.search("[가-힣]", happening[0].mention.text) else 0]


def _is_name(text: str, verb: Tag, names: set[str]) -> bool:
    return verb.mention.text in names or bool(re.search(r"\b(named|called)\s+$", text[: verb.start]))


def _reading(told: Sequence[TextClause], known: bool) -> list[int]:
    """The order in which clauses are understood: an opening one that only refers to who comes next waits for it."""
    order = list(range(len(told)))
    happening = verbs(told[0].text) if len(told) > 1 and told[0].link else ()
    refers = bool(happening) and (_PRONOUN.match(told[0].text) or happening[0].start == 0)
    return [1, 0, *order[2:]] if refers and (not known or not _PRONOUN.match(told[1].text)) else order


def _told_late(event: OutlineEvent) -> str:
    return f"it is shown when it happened, not when it is told: {event.text[:80]!r}"
