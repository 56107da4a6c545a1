"""The world of a story, shot by shot: who is where, wears, holds and lives; and what contradicts it.

The ledger reads what each shot tells, clause by clause, against ``world.yaml``: deeds change the world, and a deed that
the world does not allow is a clash. It knows only what was said: where a story is silent, nothing clashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, NamedTuple

import yaml

from planner.clauses import clauses
from planner.facts import wardrobe_at
from planner.ground import find, stem
from planner.nouns import phrases
from planner.story import Fact, Scene, Shot, Story
from planner.text import NOUNS, Tag, located, sentences, tags, verbs, words

#: Rank of a time within its day; a new day begins with the dawn.
_DAY = {"dawn": 0, "day": 1, "dusk": 2, "night": 3}
#: A time and one before it in the same day, which cannot follow.
_BACK = {("night", "dusk"), ("dusk", "day")}
MOST_FACTS = 64
_WORN = re.compile(
    r"\b(?:in (?:a|an|her|his)|wears?|wearing|buttons|takes off|zips|her|his)\s+(?:(?:an?|the|her|his)\s+)?$", re.I
)


ClashRule = Literal[
    "dead-acts", "prop-returns", "effect-before-cause", "teleport", "time-runs-back", "unexplained-wardrobe"
]


class Clash(NamedTuple):
    """What a shot tells against what was told before, by the rule that it breaks."""

    rule: ClashRule
    shot: str
    message: str


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
    found: dict[str, Any] = yaml.safe_load(resources.files("planner").joinpath("world.yaml").read_text("utf-8"))
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


def clashes(story: Story) -> Iterator[Clash]:
    """Every contradiction of a story, in film order."""
    ledger = Ledger(story)
    for scene, shot in story.shots:
        yield from ledger.step(scene, shot)


def with_facts(story: Story) -> Story:
    """The story with the world before and after each shot, as far as the people and things in it go."""
    ledger = Ledger(story)
    scenes = []
    for scene in story.scenes:
        shots = []
        for shot in scene.shots:
            before = ledger.facts(scene, shot)
            for _ in ledger.step(scene, shot):
                pass
            facts = {"before": before, "after": ledger.facts(scene, shot)}
            shots.append(shot if shot.lock or scene.lock else shot.model_copy(update=facts))
        scenes.append(scene.model_copy(update={"shots": tuple(shots)}))
    return story.model_copy(update={"scenes": tuple(scenes)})


class Ledger:
    """What holds now. Things are known by id, or by the stem of a noun that is nobody's id."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._cast = {c.id: c for c in story.cast}
        self._props = {p.id: p for p in story.props}
        self._names = {stem(w): c.id for c in story.cast for w in words(f"{c.kind} {c.name}") if len(w) > 2}
        self._things = {stem(words(p.kind)[-1]): p.id for p in story.props if words(p.kind)}
        self._state: dict[tuple[str, str], str] = {}
        self._used: dict[str, str] = {}
        self._worn: dict[tuple[str, str], str] = {}
        self._last = ""
        self._subject = ""
        """Who or what the last clause was about."""
        self._it = ""
        self._written_as: dict[str, str] = {}
        self._time = ("", "")

    def facts(self, scene: Scene, shot: Shot) -> tuple[Fact, ...]:
        """What holds for the scene's place and for everybody and everything in a shot."""
        place = scene.location
        found = [
            Fact(entity=place, attribute="time", value=scene.time),
            Fact(entity=place, attribute="weather", value=scene.weather),
        ]
        for entity in dict.fromkeys(s.entity for s in shot.staging):
            found.append(Fact(entity=entity, attribute="place", value=self._state.get((entity, "place"), place)))
            if entity in self._cast:
                worn = wardrobe_at(self._story, self._cast[entity], shot.id).garments
                look = ", ".join(f"{g.colour} {g.item}".strip() for g in worn)
                found += [Fact(entity=entity, attribute="wears", value=look[:80])] if look else []
            found += [
                Fact(entity=entity, attribute=attribute, value=value)
                for (owner, attribute), value in sorted(self._state.items())
                if owner == entity and attribute in ("alive", "bound", "held by", "gone")
            ]
            held = [
                thing
                for (thing, attribute), by in sorted(self._state.items())
                if attribute == "held by" and by == entity
            ]
            found += [Fact(entity=entity, attribute="holds", value=", ".join(held)[:80])] if held else []
        return tuple(dict.fromkeys(found))[:MOST_FACTS]

    def step(self, scene: Scene, shot: Shot) -> Iterator[Clash]:
        """Takes in one shot; gives what contradicts the world so far."""
        yield from self._written(shot)
        yield from self._hour(scene, shot)
        for staging in shot.staging:
            self._state[staging.entity, "place"] = scene.location
        told = re.sub(r"\s*\([^()]*\)\s*$", "", shot.description)
        if told == shot.description:
            for deed in self._deeds(told, shot):
                yield from self._clash(deed, shot)
                self._apply(deed, scene, shot)
        for fact in shot.after:
            self._state[fact.entity, fact.attribute] = fact.value

    def _written(self, shot: Shot) -> Iterator[Clash]:
        """Facts that the author wrote before a shot, against those after the last."""
        rules: dict[str, ClashRule] = {
            "place": "teleport",
            "wears": "unexplained-wardrobe",
            "holds": "prop-returns",
            "alive": "dead-acts",
        }
        for fact in shot.before:
            held = self._state.get((fact.entity, fact.attribute))
            if fact.attribute in rules and held is not None and held != fact.value:
                name = self._name(fact.entity)
                message = f"{name}: {fact.attribute} is {fact.value!r} here and was {held!r} before"
                yield Clash(rules[fact.attribute], shot.id, message)

    def _hour(self, scene: Scene, shot: Shot) -> Iterator[Clash]:
        """The night does not come before its dusk, unless another day or a memory is told of."""
        now = next((m.word for m in find("time", scene.time)), "")
        last, place = self._time
        if now and scene.id != place:
            if (last, now) in _BACK and not says(f"{scene.time} {scene.beat} {shot.description}", "later"):
                yield Clash("time-runs-back", shot.id, f"it was {last} and is {scene.time} again without another day")
            self._time = (now, scene.id)

    def _deeds(self, text: str, shot: Shot) -> Iterator[Deed]:
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

    def _clash(self, deed: Deed, shot: Shot) -> Iterator[Clash]:
        if says(deed.text, "dreams"):
            return
        yield from self._dead(deed, shot)
        yield from self._returning(deed, shot)
        yield from self._found_late(deed, shot)
        yield from self._elsewhere(deed, shot)
        yield from self._other_clothes(deed, shot)

    def _dead(self, deed: Deed, shot: Shot) -> Iterator[Clash]:
        acting = {stem(w) for v in verbs(deed.text) for w in words(v.mention.text)}
        still = acting <= {stem(w) for phrase in world_words()["still"] for w in words(phrase)}
        if self._state.get((deed.who, "alive")) == "no" and acting and not still and "revives" not in deed.effects:
            yield Clash("dead-acts", shot.id, f"{self._name(deed.who)} is dead and {deed.text.strip(' .')!r}")

    def _returning(self, deed: Deed, shot: Shot) -> Iterator[Clash]:
        if says(deed.text, "remains") or deed.effects & {"finds", "mends"}:
            return
        for thing in deed.things:
            gone, holder = self._state.get((thing, "gone")), self._state.get((thing, "held by"))
            handled = "forgoes" not in deed.effects and (gone != "lost" or "takes" not in deed.effects)
            if gone and handled and deed.effects != {"destroys"} | {"perishes"}:
                yield Clash(
                    "prop-returns", shot.id, f"{self._name(thing)} was {gone} and is back: {deed.text.strip(' .')!r}"
                )
            elif (
                holder
                and deed.who in self._cast
                and holder != deed.who
                and deed.effects & {"uses"}
                and "takes" not in deed.effects
            ):
                message = (
                    f"{self._name(thing)} is with {self._name(holder)} and returns to {self._name(deed.who)} untold"
                )
                yield Clash("prop-returns", shot.id, message)

    def _found_late(self, deed: Deed, shot: Shot) -> Iterator[Clash]:
        for thing in deed.objects if "finds" in deed.effects else ():
            if thing in self._used and not self._state.get((thing, "gone")):
                message = f"{self._name(thing)} is found here and was used before, in {self._used[thing]}"
                yield Clash("effect-before-cause", shot.id, message)

    def _elsewhere(self, deed: Deed, shot: Shot) -> Iterator[Clash]:
        who = deed.who
        bound = self._state.get((who, "bound"))
        moved = [p for p in deed.places if p != bound]
        if bound and moved and "frees" not in deed.effects:
            yield Clash(
                "teleport",
                shot.id,
                f"{self._name(who)} is bound ({bound}) and is at the {moved[0]} without having got free",
            )
        elif who and who == self._state.get(("", "last")) and _elsewhere_at_once(deed.text):
            yield Clash("teleport", shot.id, f"{self._name(who)} is in two places at once: {deed.text.strip(' .')!r}")

    def _other_clothes(self, deed: Deed, shot: Shot) -> Iterator[Clash]:
        for item, colour in _clothes(deed.text):
            worn = self._worn.get((deed.who, item))
            if worn and worn != colour and "dresses" not in deed.effects and deed.who not in deed.people:
                message = f"{self._name(deed.who)} wore a {worn} {item} and now a {colour} one, without a change"
                yield Clash("unexplained-wardrobe", shot.id, message)

    def _apply(self, deed: Deed, scene: Scene, shot: Shot) -> None:
        """Changes the world as the clause says."""
        state, effects, who = self._state, deed.effects, deed.who
        for item, colour in _clothes(deed.text):
            self._worn[who, item] = colour
        if "revives" in effects:
            state.update({(i, "alive"): "yes" for i in (who, *deed.people)})
        if "dies" in effects and who and not re.search(r"\b(?:not|never|almost|nearly|wants? to|must)\b", deed.text):
            state[who, "alive"] = "no"
        if "kills" in effects:
            state.update({(i, "alive"): "no" for i in deed.people})
        if "binds" in effects:
            state.update({(i, "bound"): deed.places[0] if deed.places else scene.location for i in deed.people})
        if "frees" in effects:
            for i in (who, *deed.people):
                state.pop((i, "bound"), None)
        self._handle(deed, shot)
        state["", "last"] = who

    def _handle(self, deed: Deed, shot: Shot) -> None:
        """What becomes of the things that a clause names."""
        state, effects = self._state, deed.effects
        for thing in deed.things:
            if "uses" in effects or re.search(r"\bwith (?:the|an?|his|her|its|their)\b", deed.text):
                self._used.setdefault(thing, shot.id)
        for n, thing in enumerate(deed.objects):
            if effects & {"finds", "takes", "mends"}:
                state.pop((thing, "gone"), None)
                if deed.who in self._cast and effects & {"finds", "takes"}:
                    state[thing, "held by"] = deed.who
            elif "gives" in effects and deed.people:
                state[thing, "held by"] = deed.people[0]
            elif "loses" in effects and n == 0:
                state[thing, "gone"] = "lost"
                state.pop((thing, "held by"), None)
                self._used.pop(thing, None)
            elif n == 0 and "destroys" in effects and deed.who in self._cast:
                state[thing, "gone"] = "destroyed"
        if "perishes" in effects and deed.who and deed.who not in self._cast:
            state[deed.who, "gone"] = "destroyed"

    def _name(self, key: str) -> str:
        known = self._cast.get(key) or self._props.get(key)
        return known.name if known else self._written_as.get(key, key)


def _elsewhere_at_once(clause: str) -> bool:
    """Whether a clause says that it happens at the time of the last one, and somewhere."""
    rest = re.sub(rf"\b(?:{'|'.join(map(re.escape, world_words()['at_once']))})\b", "", clause.lower())
    return rest != clause.lower() and bool(re.search(r"\b(?:in|at|on|inside|aboard)\s+\w", rest))


def _stands_in(clause: str, at: int) -> bool:
    """Whether a place is where it happens, and not only where to or what of."""
    return bool(re.search(r"\b(?:in|at|on|inside|across|through|into)\s+(?:\w+\s+){0,2}$", clause[:at], re.I))


def _clothes(clause: str) -> list[tuple[str, str]]:
    """(garment, colour) of each coloured piece of clothing that a clause names on somebody."""
    found = [m for kind in ("wardrobe", "garment") for m in find(kind, clause)]
    pairs = []
    for garment in {m.start: m for m in found}.values():
        colours = [c for c in find("colour", clause[: garment.start]) if not clause[c.end : garment.start].strip()]
        if colours and _WORN.search(clause[: colours[-1].start]):
            pairs.append((stem(garment.text), colours[-1].text.lower()))
    return pairs
