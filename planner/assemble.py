"""Assembly: beats to a story. The content of every shot first, then its visual fields, joined by shot id."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from random import Random

from omni_model.conditioning import Capabilities
from planner.blocking import Blocking, draws, goes, is_wearable, motion
from planner.breakdown import Beat, Breakdown
from planner.develop import named
from planner.grammar import grammar
from planner.ground import ground
from planner.outline import Event, Outline
from planner.story import Angle, Character, Fact, Garment, Scene, Shot, Size, Staging, Story, WardrobeState
from planner.text import slug

#: What natures make of a first meeting.
TEMPER = {"shy": "hides", "timid": "hides", "scared": "hides", "afraid": "hides", "수줍은": "hides"}
ANGLE: dict[str, Angle] = {"scary": "low", "sad": "high"}
#: How often a shot takes a camera move of its mood instead of that of its event.
OWN_MOVE = 0.35
_MIRROR = {"pan right": "pan left", "pan left": "pan right"}


class Content:
    """One shot's content: who is in it and does what. Frozen before anybody thinks of the camera."""

    def __init__(self, identity: str, beat: Beat, frames: int, people: Sequence[str], actions: dict[str, str]):
        self.id, self.beat, self.frames, self.people, self.actions = identity, beat, frames, people, actions
        self.props: tuple[str, ...] = ()


def assemble(breakdown: Breakdown, intent: str, capabilities: Capabilities, seed: int) -> Story:
    """The story that a breakdown tells. The seed decides the side, the moves and the depths."""
    outline = breakdown.outline
    contents = _contents(breakdown, capabilities)
    cast, seen = _quests(outline, contents)
    random = Random(f"camera {seed}")
    blocking = Blocking(cast, outline.props, random)
    scenes: list[Scene] = []
    for (place, time, weather, mood), group in groupby(contents, key=_setting):
        blocking.new_scene()
        shots = tuple(_shot(c, outline, blocking, capabilities, random, seen.get(c.id, ())) for c in group)
        scenes.append(
            Scene(
                id=f"scene-{len(scenes) + 1}",
                location=place,
                time=time,
                weather=weather,
                mood=mood,
                shots=shots,
            )
        )
    title = entitle(outline)
    return Story(
        id=slug(title, "film", ()),
        title=title,
        logline=" ".join(intent.split())[:400],
        style=outline.style or _default("style", capabilities),
        target_duration=sum(c.frames for c in contents) / capabilities.fps,
        seed=seed,
        cast=cast,
        props=outline.props,
        locations=outline.places,
        scenes=tuple(scenes),
    )


def entitle(outline: Outline) -> str:
    """'The Lost Red Hat', 'The Ghost and the Fox', 'Night Forest'."""
    props = {p.id: p for p in outline.props}
    if outline.quests:
        sought = props[outline.quests[0].prop].name
        words = f"the lost {sought}" if sought.isascii() else f"잃어버린 {sought}"
    elif outline.cast:
        words = named(outline, [c.id for c in outline.cast[:2]])
    else:
        words = outline.places[0].name
    capitals = [w if w in ("and", "of", "the", "in") else w[:1].upper() + w[1:] for w in words.split()]
    return " ".join([capitals[0][:1].upper() + capitals[0][1:], *capitals[1:]])[:120]


def _default(kind: str, capabilities: Capabilities) -> str:
    fallback = {"time": "day", "weather": "clear", "mood": "calm", "style": "flat"}[kind]
    return ground(kind, "", capabilities.vocabulary).word or fallback


def _settled(event: Event, capabilities: Capabilities) -> Event:
    """With the usual time, weather and mood where nobody said any, so that scenes part only where they differ."""
    said = {"time": event.time, "weather": event.weather, "mood": event.mood}
    return event.model_copy(update={kind: word or _default(kind, capabilities) for kind, word in said.items()})


def _setting(content: Content) -> tuple[str, str, str, str]:
    event = content.beat.event
    return (event.place or "somewhere", event.time, event.weather, event.mood)


def _contents(breakdown: Breakdown, capabilities: Capabilities) -> list[Content]:
    cast = {c.id: c for c in breakdown.outline.cast}
    contents = []
    for number, (beat, frames) in enumerate(zip(breakdown.beats, breakdown.frames, strict=True), start=1):
        beat = beat._replace(event=_settled(beat.event, capabilities))
        people = _people(beat, cast)[: capabilities.max_subjects]
        actions = {i: _action(i, beat, cast[i]) for i in people}
        contents.append(Content(f"shot-{number:02d}", beat, frames, people, actions))
    return contents


def _people(beat: Beat, cast: dict[str, Character]) -> list[str]:
    event = beat.event
    others = [i for i in (*event.who[1:], *event.whom) if i in cast]
    match beat.look.who:
        case "place":
            return []
        case "actor":
            return list(event.who[:1])
        case "other":
            return others[:1]
        case _:
            return list(dict.fromkeys([*event.who, *others]))


def _action(entity: str, beat: Beat, character: Character) -> str:
    """Those who act do what the author says where that can be seen; the shot's own action tells the rest."""
    event, look = beat.event, beat.look
    if entity in event.who and event.action and (draws(event.action) or (goes(event.action) and goes(look.action))):
        return event.action
    if event.kind == "meet" and entity in event.whom:
        temper = [TEMPER[w] for w in character.features.replace(",", " ").split() if w in TEMPER]
        return temper[0] if temper else "looks around"
    if entity not in event.who and goes(look.action):
        return "stands"
    return look.action or "stands"


def _quests(outline: Outline, contents: list[Content]) -> tuple[tuple[Character, ...], dict[str, tuple[Fact, ...]]]:
    """Decides which props are seen where: what is lost is not, until it is found, and then it may be worn."""
    things, lost = {p.id for p in outline.props}, {q.prop for q in outline.quests}
    worn: dict[str, WardrobeState] = {}
    facts: dict[str, tuple[Fact, ...]] = {}
    here: dict[tuple[str, str, str, str], list[str]] = {}
    for index, content in enumerate(contents):
        event = content.beat.event
        present = here.setdefault(_setting(content), [])
        if event.kind != "search" and content.beat.at and content.beat.order == 0:
            for quest in [q for q in outline.quests if q.prop in event.whom and q.prop in lost]:
                lost.discard(quest.prop)
                facts[content.id], state = _found(outline, quest.owner, quest.prop, contents, index)
                if state:
                    worn[quest.prop] = state
        if content.beat.order >= 0:
            present += [i for i in event.whom if i not in present and i in things - lost]
        gone = {p for p, s in worn.items() if s.from_shot is not None and s.from_shot <= content.id}
        if content.beat.look.size != "close":
            content.props = tuple(i for i in present if i not in gone)
    owners = {q.prop: q.owner for q in outline.quests}
    cast = tuple(_dressed(c, [s for p, s in worn.items() if owners[p] == c.id]) for c in outline.cast)
    return cast, facts


def _found(
    outline: Outline, owner: str, prop_id: str, contents: list[Content], at: int
) -> tuple[tuple[Fact, ...], WardrobeState | None]:
    """A find: seen where it lay, and from the next shot on worn by its owner where it can be worn."""
    prop = next(p for p in outline.props if p.id == prop_id)
    if not is_wearable(prop):
        return (Fact(entity=owner, attribute="has", value=prop.name[:80]),), None
    start = contents[min(at + 1, len(contents) - 1)].id
    state = WardrobeState(garments=(Garment(item=prop.kind, colour=prop.colour),), from_shot=start, reason="found")
    return (Fact(entity=owner, attribute="wears", value=prop.name[:80]),), state


def _dressed(character: Character, states: Sequence[WardrobeState]) -> Character:
    wardrobe = list(character.wardrobe)
    for state in states:
        worn = wardrobe[-1].garments if wardrobe else ()
        wardrobe.append(state.model_copy(update={"garments": (*worn, *state.garments)[:8]}))
    return character.model_copy(update={"wardrobe": tuple(wardrobe)})


def _shot(
    content: Content,
    outline: Outline,
    blocking: Blocking,
    capabilities: Capabilities,
    random: Random,
    facts: tuple[Fact, ...],
) -> Shot:
    beat, seconds = content.beat, content.frames / capabilities.fps
    actions = {i: blocking.walk(i, a) for i, a in content.actions.items()}
    staged = blocking.stage(content.people, actions, beat.event.kind, seconds) if content.people else ()
    moving = motion(beat.event.text) if beat.order == 0 else "rests"
    props = tuple(blocking.put(p, moving if p in beat.event.whom else "rests", staged) for p in content.props)
    size, camera = _size(beat, capabilities), _camera(beat, staged, random)
    return Shot(
        id=content.id,
        duration=seconds,
        description=_description(beat, outline),
        size=size,
        angle=ANGLE.get(beat.event.mood, "eye") if camera == "static" and size != "wide" else "eye",
        camera=camera,
        staging=(*staged, *props),
        after=facts,
    )


def _description(beat: Beat, outline: Outline) -> str:
    event = beat.event
    if beat.look.who == "place":
        place = next((p.name for p in outline.places if p.id == event.place), "")
        return f"{place}: {beat.look.purpose}"
    return event.text if beat.order == 0 else f"{event.text} ({beat.look.purpose})"


def _size(beat: Beat, capabilities: Capabilities) -> Size:
    """What the author asks for, in the shot that tells the event; else what the coverage says."""
    if not beat.event.size or beat.order:
        return beat.look.size
    asked = ground("size", beat.event.size, capabilities.vocabulary).word or ""
    sizes: dict[str, Size] = {"wide": "wide", "medium": "medium", "close": "close"}
    return sizes.get(asked, beat.look.size)


def _camera(beat: Beat, staged: Sequence[Staging], random: Random) -> str:
    """The move of the event, now and then that of the mood; a pan goes with those who move."""
    own = random.random() < OWN_MOVE
    if beat.event.camera and beat.order == 0:
        return beat.event.camera
    mood = grammar().moods.get(beat.event.mood)
    move = random.choice(mood.cameras) if own and mood else beat.look.camera
    lead = staged[0] if staged else None
    leftward = lead is not None and lead.to_x is not None and lead.to_x < lead.x
    return _MIRROR.get(move, move) if leftward and move == "pan right" else move
