"""The world of a story, shot by shot: who is where, wears, holds and lives; and what contradicts it.

The ledger reads what each shot tells, clause by clause, against ``world.yaml``: deeds change the world, and a deed that
the world does not allow is a clash. It knows only what was said: where a story is silent, nothing clashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from planner.check.deeds import Deed, Deeds, clothes, says, world_words
from planner.compile.facts import wardrobe_at
from planner.film.ground import find, stem
from planner.language.text import verbs, words
from planner.story.story import Fact, Scene, Shot, Story

#: Rank of a time within its day; a new day begins with the dawn.
_DAY = {"dawn": 0, "day": 1, "dusk": 2, "night": 3}
#: A time and one before it in the same day, which cannot follow.
_BACK = {("night", "dusk"), ("dusk", "day")}
MOST_FACTS = 64


ClashRule = Literal[
    "dead-acts", "prop-returns", "effect-before-cause", "teleport", "time-runs-back", "unexplained-wardrobe"
]


class Clash(NamedTuple):
    """What a shot tells against what was told before, by the rule that it breaks."""

    rule: ClashRule
    shot: str
    message: str


def contradictions(story: Story) -> Iterator[Clash]:
    """Every contradiction of a story, in film order."""
    ledger = StoryLedger(story)
    for scene, shot in story.shots:
        yield from ledger.step(scene, shot)


def with_facts(story: Story) -> Story:
    """The story with the world before and after each shot, as far as the people and things in it go."""
    ledger = StoryLedger(story)
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


class StoryLedger:
    """What holds now. Things are known as :class:`Deeds` knows them."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._cast = {c.id: c for c in story.cast}
        self._deeds = Deeds(story)
        self._state: dict[tuple[str, str], str] = {}
        self._used: dict[str, str] = {}
        self._worn: dict[tuple[str, str], str] = {}
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
            for deed in self._deeds.of(told, shot):
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

    def _name(self, key: str) -> str:
        return self._deeds.name(key)

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
        still = acting <= _still()
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
                    "prop-returns",
                    shot.id,
                    f"{self._name(thing)} was {gone} and is back: {deed.text.strip(' .')!r}",
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
        for item, colour in clothes(deed.text):
            worn = self._worn.get((deed.who, item))
            if worn and worn != colour and "dresses" not in deed.effects and deed.who not in deed.people:
                message = f"{self._name(deed.who)} wore a {worn} {item} and now a {colour} one, without a change"
                yield Clash("unexplained-wardrobe", shot.id, message)

    def _apply(self, deed: Deed, scene: Scene, shot: Shot) -> None:
        """Changes the world as the clause says."""
        state, effects, who = self._state, deed.effects, deed.who
        for item, colour in clothes(deed.text):
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


@lru_cache(maxsize=1)
def _still() -> frozenset[str]:
    """The stems of what the dead may do: to lie there."""
    return frozenset(stem(w) for phrase in world_words()["still"] for w in words(phrase))


def _elsewhere_at_once(clause: str) -> bool:
    """Whether a clause says that it happens at the time of the last one, and somewhere."""
    rest = re.sub(rf"\b(?:{'|'.join(map(re.escape, world_words()['at_once']))})\b", "", clause.lower())
    return rest != clause.lower() and bool(re.search(r"\b(?:in|at|on|inside|aboard)\s+\w", rest))
