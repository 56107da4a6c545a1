"""A shot's words as facts in the generator's words, each directive with its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from omni_model.spec.captions import GarmentFacts, PropFacts, SceneFacts, SubjectFacts
from omni_model.spec.conditioning import Track, canonical_json, sha256
from planner.compile.record import LoweringLog
from planner.compile.stage import direction
from planner.film.grammar import grammar
from planner.film.ground import find, head
from planner.story import story as plan
from planner.story.story import Character, Location, Scene, Shot, Staging, Story, WardrobeState

T = TypeVar("T")
UNREAD = "this generator reads no free words; it draws kind, colour, wardrobe and action"


def wardrobe_at(story: Story, character: Character, shot_id: str) -> WardrobeState:
    """What ``character`` wears in a shot: the last state that began by then."""
    order = story.order
    now = order[shot_id]
    begun = [s for s in character.wardrobe if s.from_shot is None or order[s.from_shot] <= now]
    return max(begun, key=lambda s: -1 if s.from_shot is None else order[s.from_shot], default=WardrobeState())


def wardrobe_key(story: Story, character_id: str, shot_id: str) -> str:
    """The key of a character's sheet at a shot: the same look in the same style has the same key."""
    return _key([*_look(story, character_id, shot_id), story.style, story.style_notes])


def body_key(story: Story, character_id: str, shot_id: str) -> str:
    """The key of a character's look at a shot, whatever the style: one body is drawn alike in every style."""
    return _key(_look(story, character_id, shot_id))


def _look(story: Story, character_id: str, shot_id: str) -> list[object]:
    character = character_of(story, character_id)
    look = character.model_dump(mode="json", include={"kind", "colour", "features", "references"})
    worn = [garment.model_dump() for garment in wardrobe_at(story, character, shot_id).garments]
    return [character.id, look, worn]


def light_key(story: Story, scene_id: str, mood: str = "") -> str:
    """The key of a location's plate in a scene's light: setting, time, weather, mood and style.

    ``mood`` is a shot's own; empty: the scene's.
    """
    scene = scene_of(story, scene_id)
    place = location_of(story, scene.location)
    look = place.model_dump(mode="json", include={"kind", "features", "references"})
    return _key([place.id, look, scene.time, scene.weather, mood or scene.mood, story.style, story.style_notes])


def character_of(story: Story, character_id: str) -> Character:
    """Raises LookupError."""
    return _one(f"character {character_id!r}", [c for c in story.cast if c.id == character_id])


def location_of(story: Story, location_id: str) -> Location:
    """Raises LookupError."""
    return _one(f"location {location_id!r}", [p for p in story.locations if p.id == location_id])


def scene_of(story: Story, scene_id: str) -> Scene:
    """Raises LookupError."""
    return _one(f"scene {scene_id!r}", [s for s in story.scenes if s.id == scene_id])


def shot_of(story: Story, shot_id: str) -> tuple[Scene, Shot]:
    """A shot with its scene. Raises LookupError."""
    at = story.order.get(shot_id)
    return _one(f"shot {shot_id!r}", [] if at is None else [story.shots[at]])


def place_facts(story: Story, scene: Scene, mood: str, record: LoweringLog) -> SceneFacts:
    """The empty place in its light; ``mood`` is a shot's own, or empty."""
    place = location_of(story, scene.location)
    path, at = f"scenes.{scene.id}", f"locations.{place.id}"
    facts = SceneFacts(
        setting=record.require(f"{at}.kind", "setting", place.kind),
        time=record.require(f"{path}.time", "time", scene.time),
        weather=record.require(f"{path}.weather", "weather", scene.weather),
        mood=record.require("shot.mood" if mood else f"{path}.mood", "mood", mood or scene.mood),
        style=record.require("story.style", "style", story.style),
    )
    _overruled(place, facts, at, record)
    record.tell(f"{at}.features", place.features, "this generator draws a place by setting, time and weather alone")
    record.tell("story.style_notes", story.style_notes, "this generator knows styles by name alone")
    return facts


def subject_facts(
    story: Story, character: Character, shot_id: str, record: LoweringLog, staging: Staging | None = None,
    track: Track | None = None,
) -> SubjectFacts:  # fmt: skip
    """How a character looks and what it does at a shot; without staging it stands still."""
    path = f"cast.{character.id}"
    species = record.require(f"{path}.kind", "species", character.kind)
    colour = _colour(f"{path}.colour", character.colour, character.kind, record) or _own_colour(
        story, character, species, record
    )
    wardrobe = _wardrobe(path, wardrobe_at(story, character, shot_id), colour, record)
    record.tell(f"{path}.features", character.features, UNREAD)
    to = direction(track) if track else ""
    action = _action(staging, moves=bool(to), record=record) if staging else "stands"
    return SubjectFacts(
        entity=character.id, species=species, colour=colour, wardrobe=wardrobe, action=action, direction=to
    )


def prop_facts(story: Story, staged: Sequence[Staging], record: LoweringLog) -> tuple[PropFacts, ...]:
    """The staged props that the generator can draw, each once."""
    props = {p.id: p for p in story.props}
    once = {s.entity: s for s in reversed(staged) if s.entity in props}
    facts = (_prop(props[s.entity], s, record) for s in staged if once.get(s.entity) is s)
    return tuple(fact for fact in facts if fact)


def _prop(prop: plan.Prop, staging: Staging, record: LoweringLog) -> PropFacts | None:
    path = f"props.{prop.id}"
    kind = record.ground(f"{path}.kind", "prop", prop.kind)
    if not kind:
        for name, words in (("colour", prop.colour), ("action", staging.action)):
            if words:
                record.refuse(f"{path}.{name}", words, f"'{prop.kind}' itself cannot be drawn")
        return None
    colour = _colour(f"{path}.colour", prop.colour, prop.kind, record) or _natural(kind, record)
    motion = record.ground(f"{path}.action", "prop_motion", staging.action) or "rests"
    return PropFacts(entity=prop.id, kind=kind, colour=colour, motion=motion)


def _action(staging: Staging, *, moves: bool, record: LoweringLog) -> str:
    if not staging.action:
        return "walks" if moves else "stands"
    return record.require(f"shot.staging.{staging.entity}.action", "action", staging.action)


def _wardrobe(path: str, state: WardrobeState, body: str, record: LoweringLog) -> tuple[GarmentFacts, ...]:
    worn: dict[str, GarmentFacts] = {}
    for garment in state.garments:
        at = f"{path}.wardrobe.{garment.item}"
        item = record.ground(at, "wardrobe", garment.item)
        if item and item in worn:
            record.refuse(at, garment.item, f"a second '{item}' cannot be worn")
        elif item:
            colour = _colour(f"{at}.colour", garment.colour, garment.item, record)
            worn[item] = GarmentFacts(item=item, colour=colour or _natural(item, record, avoid=body))
        elif garment.colour:
            record.refuse(f"{at}.colour", garment.colour, f"'{garment.item}' itself cannot be drawn")
    return tuple(worn.values())


def _overruled(place: Location, facts: SceneFacts, path: str, record: LoweringLog) -> None:
    """The place's own words may name another time or weather ('night forest' by day)."""
    for kind, value in (("time", facts.time), ("weather", facts.weather)):
        known = record.vocabulary.get(kind)
        for mention in find(kind, head(place.kind), known) if known else ():
            if mention.word != value:
                record.approximate(f"{path}.{kind}", mention.text, f"the scene says '{value}'")


def _colour(path: str, words: str, thing: str, record: LoweringLog) -> str:
    """The colour asked for, in its own field or in the words for the thing; empty when none was."""
    if words:
        return record.require(path, "colour", words)
    known = record.vocabulary.get("colour")
    named = find("colour", head(thing), known) if known else ()
    return record.require(path, "colour", named[0].text) if named else ""


def _own_colour(story: Story, character: Character, species: str, record: LoweringLog) -> str:
    """The natural colour of a species; alike characters are told apart by the next colours."""
    first = _natural(species, record)
    known = record.vocabulary.get("colour", ())
    if first not in known:
        return first
    alike = [c.id for c in story.cast if not c.colour and c.kind == character.kind]
    turn = alike.index(character.id) if character.id in alike else 0
    return known[(list(known).index(first) + turn) % len(known)]


def _natural(word: str, record: LoweringLog, avoid: str = "") -> str:
    """What nobody asked for is the generator's own choice where it reads open words."""
    known = record.vocabulary.get("colour", ())
    if not known:
        return ""
    usual = grammar().natural_colours.get(word, known[0])
    choices = [c for c in (usual, *known) if c in known and c != avoid]
    return choices[0] if choices else known[0]


def _key(look: list[object]) -> str:
    return sha256(canonical_json(look))[:16]


def _one(what: str, found: Sequence[T]) -> T:
    if not found:
        raise LookupError(f"the story has no {what}")
    return found[0]
