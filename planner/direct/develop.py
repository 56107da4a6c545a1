"""Development: what a film needs and nobody said, by patterns of film grammar.

Who helps must first arrive; what is lost wants to be found; one event alone has no beginning and no end.
What is added is marked as developed, and always yields to what was told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from omni_model.spec.conditioning import Capabilities
from planner.direct.unfold import SHOTS_A_BEAT, unfold
from planner.film.grammar import grammar
from planner.film.ground import ground, stem
from planner.language.generate import named, tell
from planner.language.text import verbs, words
from planner.story.outline import Outline, OutlineEvent, Quest
from planner.story.story import Character, Location

#: event -> what usually leads to it, and what usually follows.
LEADS_TO = {"search": "arrive", "discover": "search", "hide": "arrive", "rest": "arrive", "help": "arrive",
            "talk": "arrive", "celebrate": "arrive", "give": "arrive", "part": "talk", "chase": "arrive",
            "meet": "arrive", "confront": "arrive"}  # fmt: skip
FOLLOWS = {"arrive": "search", "search": "discover", "discover": "celebrate", "hide": "search", "chase": "rest",
           "meet": "talk", "give": "celebrate", "help": "celebrate", "part": "rest", "celebrate": "rest",
           "confront": "part", "talk": "celebrate"}  # fmt: skip
#: event -> the mood it brings where nobody named one; the others keep the mood of what came before.
MOOD = {"search": "mysterious", "hide": "scary", "confront": "scary", "discover": "happy", "celebrate": "happy",
        "part": "sad", "rest": "calm"}  # fmt: skip
#: Why an event is added that nobody told.
WHY = {"arrive": "somebody must be there before anything can happen", "meet": "who is new has to be met first",
       "search": "what is found was looked for first", "discover": "what was lost wants to be found"}  # fmt: skip
#: A story of at most so many events may want a beginning or an end.
BARE = 3
#: Who is new in these was not there before, so they are met first.
JOINT = frozenset({"help", "talk", "celebrate", "confront", "give"})


#: Colours that tell one of a kind from another.
_CONTRASTS = ("white", "brown", "yellow")


def complete(outline: Outline, capabilities: Capabilities) -> Outline:
    """The outline with somebody to act, somewhere to be, newcomers met and quests resolved."""
    outline = _told_apart(_peopled(_placed(outline, capabilities)))
    events: list[OutlineEvent] = []
    for event in (_sentence(e, outline) for e in outline.events):
        events += [*_meeting(outline, events, event), _joined(outline, events, event)]
    for quest in outline.quests:
        events += _resolution(outline, events, quest)
    return outline.model_copy(update={"events": _moods(events)})


def lengthen(outline: Outline, wanted: int, shots_of: dict[str, int]) -> Outline:
    """Adds a beginning and an end, in turn, until there are ``wanted`` shots or no pattern is left; then
    what leads to each event and what follows from it.

    ``shots_of``: event kind -> shots of its coverage.
    """
    events = list(outline.events)
    told = sum(e.duty == "told" for e in events)
    for turn in range(4 if told <= BARE else 0):
        if sum(shots_of[e.kind] for e in events) >= wanted or not any(e.who for e in events):
            break
        at = 0 if turn % 2 else len(events) - 1
        kind = (LEADS_TO if at == 0 and turn % 2 else FOLLOWS).get(events[at].kind)
        if kind and kind not in {e.kind for e in events} | {"discover"} and events[at].who:
            new = _developed(outline, kind, events[at].who, (), events[at])
            events.insert(0 if turn % 2 else len(events), new)
    lacking = wanted - sum(shots_of[e.kind] for e in events)
    if lacking > len(events):
        events = unfold(outline.model_copy(update={"events": tuple(events)}), math.ceil(lacking / SHOTS_A_BEAT))
    return outline.model_copy(update={"events": _moods(events)})


def _placed(outline: Outline, capabilities: Capabilities) -> Outline:
    if outline.places:
        return outline.model_copy(update={"events": _stayed(outline)})
    word = ground("setting", "", capabilities.vocabulary).word or "meadow"
    events = tuple(e.model_copy(update={"place": "somewhere"}) for e in outline.events)
    place = Location(id="somewhere", name=word, kind=word)
    note = f"no place is named: the film is set in the default place, a {word}"
    return outline.model_copy(update={"places": (place,), "events": events, "notes": (*outline.notes, note)})


def _stayed(outline: Outline) -> tuple[OutlineEvent, ...]:
    """The events, those without a place where the one before them is, or in the first place."""
    events, here = [], outline.places[0].id
    for event in outline.events:
        here = event.place or here
        events.append(event.model_copy(update={"place": here}))
    return tuple(events)


def _peopled(outline: Outline) -> Outline:
    """Without anybody to act, a person does; a place or a thing alone may stay without."""
    lonely = [e for e in outline.events if not e.who and not e.whom and e.action]
    if outline.cast or (outline.events and not lonely):
        return outline
    someone = Character(id="person", name="person", kind="person")
    place = outline.places[0].id
    events = [e.model_copy(update={"who": ("person",)}) if e in lonely else e for e in outline.events]
    events = events or [
        OutlineEvent(text="A person comes.", kind="arrive", who=("person",), place=place, duty="developed")
    ]
    note = "nobody that can be drawn is named: a person acts"
    return outline.model_copy(update={"cast": (someone,), "events": tuple(events), "notes": (*outline.notes, note)})


def _told_apart(outline: Outline) -> Outline:
    """Two of a kind that nothing tells apart get a number in their name and different colours."""
    cast: list[Character] = []
    notes = list(outline.notes)
    for character in outline.cast:
        alike = [c for c in cast if (c.kind, c.wardrobe) == (character.kind, character.wardrobe)]
        if any(not c.colour for c in alike) and not character.colour:
            taken = {c.colour for c in alike}
            colour = next((c for c in _CONTRASTS if c not in taken), _CONTRASTS[len(alike) % len(_CONTRASTS)])
            name = f"{colour} {character.name}" if character.name == alike[0].name else character.name
            character = character.model_copy(update={"colour": colour, "name": name})
            notes.append(f"{character.id} is {colour}, so that it can be told from {alike[0].id}")
        cast.append(character)
    return outline.model_copy(update={"cast": tuple(cast), "notes": tuple(notes)})


def _sentence(event: OutlineEvent, outline: Outline) -> OutlineEvent:
    """The author's clause written as a sentence, with its subject where the clause before had it."""
    text = re.sub(r"^(?:who|which|and|then|but)\s+", "", event.text).strip(' ,;:"“”')
    if event.who and text.isascii() and (found := verbs(text)) and found[0].start == 0:
        text = f"{named(outline, event.who)} {text[:1].lower()}{text[1:]}"
    closed = text if text[-1:] in ".!?。…" else text + "."
    return event.model_copy(update={"text": (closed[:1].upper() + closed[1:])[:4000]})


def _meeting(outline: Outline, before: Sequence[OutlineEvent], event: OutlineEvent) -> list[OutlineEvent]:
    """The first meeting of a newcomer with those who are there."""
    there = list(dict.fromkeys(i for e in before for i in e.who))
    new = [i for i in event.who if i not in there and i not in {j for e in before for j in e.whom}]
    if event.kind not in JOINT or not there or not new:
        return []
    return [_developed(outline, "meet", tuple(new), tuple(there[-1:]), event)]


def _joined(outline: Outline, before: Sequence[OutlineEvent], event: OutlineEvent) -> OutlineEvent:
    """Help is for somebody, and who helped is there for the find, whether or not it is said."""
    people = {c.id for c in outline.cast}
    found = event.kind == "discover" and any(q.prop in event.whom for q in outline.quests)
    if not (found or event.kind == "help") or any(i in people for i in event.whom):
        return event
    there = [i for e in reversed(before) for i in e.who if i not in event.who][:1]
    return event.model_copy(update={"whom": (*there, *event.whom)})


def _resolution(outline: Outline, events: Sequence[OutlineEvent], quest: Quest) -> list[OutlineEvent]:
    """The find, unless the story tells it itself, and the joy over it, unless the story goes on."""
    finds = [i for i, e in enumerate(events) if i and e.kind != "search" and quest.prop in e.whom]
    if finds and finds[-1] < len(events) - 1:
        return []
    last = events[-1]
    helpers = [i for e in events for i in e.who if i != quest.owner]
    team = (quest.owner, *dict.fromkeys(helpers))[:2]
    joy = _developed(outline, "celebrate", team, (), last)
    return [joy] if finds else [_developed(outline, "discover", team, (quest.prop,), last), joy]


def _developed(
    outline: Outline, kind: str, who: tuple[str, ...], whom: tuple[str, ...], near: OutlineEvent, why: str = ""
) -> OutlineEvent:
    """An event of the director's own, where and when a neighbouring one is."""
    text = tell(kind, named(outline, who), named(outline, whom), len(who))
    return OutlineEvent(
        text=text,
        kind=kind,
        who=who,
        whom=whom,
        place=near.place,
        time=near.time,
        weather=near.weather,
        duty="developed",
        why=why or WHY.get(kind, "what happened needs an echo"),
    )


def _moods(events: Sequence[OutlineEvent]) -> tuple[OutlineEvent, ...]:
    """What was told stays; else what the words bring, else the kind of event, else the mood before."""
    mood, result = "", []
    for event in events:
        mood = event.mood or _felt(event.text) or MOOD.get(event.kind, mood)
        result.append(event.model_copy(update={"mood": mood}))
    return tuple(result)


def _felt(text: str) -> str:
    """The mood of the first deed or thing in a text that brings one; empty: none does."""
    stems = [stem(word) for word in words(text)]
    moods = {stem(word): mood for mood, bring in grammar().feelings.items() for word in bring}
    return next((moods[word] for word in stems if word in moods), "")
