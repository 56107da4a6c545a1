"""Assembly: beats to a story. The content of every shot first, then its visual fields, joined by shot id."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from omni_model.spec.conditioning import Capabilities
from planner.direct import acts, shooting
from planner.direct.acts import Content
from planner.direct.blocking import Blocking, draws, goes, is_wearable, motion
from planner.direct.breakdown import Beat, Breakdown, pace
from planner.direct.undress import undressed
from planner.film.grammar import grammar
from planner.film.ground import ground
from planner.language.generate import named
from planner.language.text import slug
from planner.story.outline import Outline, OutlineEvent
from planner.story.story import Character, Garment, Scene, Shot, Story, Transition, WardrobeState

#: What natures make of a first meeting.
TEMPER = {"shy": "hides", "timid": "hides", "scared": "hides", "afraid": "hides", "수줍은": "hides"}
#: Things that lie in one shot: those that the story spoke of last.
MOST_PROPS = 3


def assemble(breakdown: Breakdown, intent: str, capabilities: Capabilities, seed: int) -> Story:
    """The story that a breakdown tells. The seed decides the side, the moves and the depths."""
    outline = breakdown.outline
    random = Random(f"camera {seed}")
    contents = _contents(breakdown, capabilities, random)
    cast = tuple(undressed(c, contents) for c in _quests(outline, contents))
    blocking = Blocking(cast, outline.props, random)
    groups = acts.grouped(contents, outline)
    parts = acts.acts(groups, capabilities)
    scenes: list[Scene] = []
    for group, act in zip(groups, parts, strict=True):
        blocking.new_scene()
        empty = acts.scene(group, f"scene-{len(scenes) + 1}", act, breakdown)
        shots: list[Shot] = []
        for content in group:
            last = scenes[-1] if scenes and not shots else empty if shots else None
            before = shots[-1] if shots else scenes[-1].shots[-1] if scenes else None
            join = shooting.transition(last, before, None if shots else empty)
            shots.append(_shot(content, outline, blocking, capabilities, random, before if shots else None, join))
        scenes.append(empty.model_copy(update={"shots": acts.set_up(empty.id, shots)}))
    scenes = acts.told_once(scenes)
    title = entitle(outline)
    style = outline.style or _default("style", capabilities)
    said = f"the story asks for it: {style}" if outline.style else "nobody asked for a style: the usual one"
    length = sum(c.frames for c in contents) / capabilities.fps
    return Story(
        id=slug(title, "film", ()),
        title=title,
        logline=" ".join(intent.split())[:400],
        style=style,
        target_duration=length,
        seed=seed,
        cast=cast,
        props=outline.props,
        locations=outline.places,
        scenes=tuple(scenes),
        reasons=shooting.reasons(style=said, genre=_genre(outline), target_duration=_length(breakdown, length)),
    )


def _genre(outline: Outline) -> str:
    known = grammar().genres.get(outline.genre)
    return f"{outline.genre}: {known.why}" if known else ""


def _length(breakdown: Breakdown, seconds: float) -> str:
    told = sum(e.duty == "told" for e in breakdown.outline.events)
    return (
        f"{told} told events in {len(breakdown.beats)} shots: {seconds / len(breakdown.beats):.1f} s a shot on average"
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


def _settled(event: OutlineEvent, capabilities: Capabilities) -> OutlineEvent:
    """With the usual time, weather and mood where nobody said any, so that scenes part only where they differ."""
    said = {"time": event.time, "weather": event.weather, "mood": event.mood}
    return event.model_copy(update={kind: word or _default(kind, capabilities) for kind, word in said.items()})


def _contents(breakdown: Breakdown, capabilities: Capabilities, random: Random) -> list[Content]:
    cast = {c.id: c for c in breakdown.outline.cast}
    digits = max(2, len(str(len(breakdown.beats))))
    contents = []
    for number, (beat, frames) in enumerate(zip(breakdown.beats, breakdown.frames, strict=True), start=1):
        if number == 1 and beat.order < 0:
            start = shooting.opening(beat.event.kind, bool(beat.event.who), random)
            beat = beat._replace(look=shooting.as_look(start))
        beat = beat._replace(event=_settled(beat.event, capabilities))
        people = _people(beat, cast)[: capabilities.max_subjects]
        actions = {i: _action(i, beat, cast[i]) for i in people}
        contents.append(Content(f"shot-{number:0{digits}d}", beat, frames, people, actions))
    return contents


def _people(beat: Beat, cast: dict[str, Character]) -> list[str]:
    event = beat.event
    others = [i for i in (*event.who[1:], *event.whom) if i in cast]
    if beat.order == 0 and event.who:
        speakers = [line.speaker for line in event.lines]
        first = event.who if beat.look.who == "actor" else (*event.who, *others)
        return list(dict.fromkeys([*speakers, *first]))
    match beat.look.who:
        case "place" | "thing":
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


def _quests(outline: Outline, contents: list[Content]) -> tuple[Character, ...]:
    """Decides which props are seen where: what is lost is not, until it is found, and then it may be worn."""
    things, lost = {p.id for p in outline.props}, {q.prop for q in outline.quests}
    worn: dict[str, WardrobeState] = {}
    here: dict[tuple[str, str, str, str], list[str]] = {}
    for index, content in enumerate(contents):
        event = content.beat.event
        present = here.setdefault(acts.setting(content), [])
        if event.kind != "search" and content.beat.at and content.beat.order == 0:
            for quest in [q for q in outline.quests if q.prop in event.whom and q.prop in lost]:
                lost.discard(quest.prop)
                if state := _found(outline, quest.prop, contents, index):
                    worn[quest.prop] = state
        if content.beat.order >= 0:
            present += [i for i in event.whom if i not in present and i in things - lost]
        gone = {p for p, s in worn.items() if s.from_shot is not None and s.from_shot <= content.id}
        if content.beat.look.who == "thing":
            content.props = tuple(i for i in event.whom if i in things - lost)[:1]
        elif content.beat.look.size != "close":
            content.props = tuple(i for i in present if i not in gone)[-MOST_PROPS:]
    owners = {q.prop: q.owner for q in outline.quests}
    return tuple(_dressed(c, [s for p, s in worn.items() if owners[p] == c.id]) for c in outline.cast)


def _found(outline: Outline, prop_id: str, contents: list[Content], at: int) -> WardrobeState | None:
    """What its owner wears from the shot after a find on, where what was found can be worn."""
    prop = next(p for p in outline.props if p.id == prop_id)
    if not is_wearable(prop):
        return None
    start = contents[min(at + 1, len(contents) - 1)].id
    return WardrobeState(garments=(Garment(item=prop.kind, colour=prop.colour),), from_shot=start, reason="found")


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
    before: Shot | None,
    join: shooting.Chosen[Transition],
) -> Shot:
    """One shot with the reason of each of its directives; ``before`` is the last one of its scene."""
    beat, seconds = content.beat, content.frames / capabilities.fps
    actions = {i: blocking.walk(i, a) for i, a in content.actions.items()}
    staged = blocking.stage(content.people, actions, beat.event.kind, seconds) if content.people else ()
    moving = motion(beat.event.text) if beat.order == 0 else "rests"
    props = tuple(blocking.put(p, moving if p in beat.event.whom else "rests", staged) for p in content.props)
    size, camera = shooting.size(beat, capabilities), shooting.camera(beat, staged, random)
    angle = shooting.angle(beat, camera.value, size.value)
    uncut = shooting.goes_on(beat, staged, before, content.people)
    if uncut:
        camera = shooting.Chosen("push in", beat.look.why)
        join = shooting.Chosen("continue", grammar().transitions["continue"])
    said = beat.event.lines if beat.order == 0 else ()
    names = {c.id: c.name for c in outline.cast} | {p.id: p.name for p in outline.props}
    why = shooting.reasons(
        description=_purpose(beat),
        duration=shooting.duration(beat, seconds, pace(beat.event, outline)),
        size=size.because,
        angle=angle.because,
        camera=camera.because,
        staging=shooting.staging(staged, names, before),
        transition=join.because,
        continues=join.because if uncut else "",
        dialogue="it is said in the story" if said else "",
    )
    return Shot(
        id=content.id,
        duration=seconds,
        description=_description(beat, outline),
        size=size.value,
        angle="eye" if uncut else angle.value,
        camera=camera.value,
        staging=(*staged, *props),
        dialogue=said,
        transition=join.value,
        continues=before.id if uncut and before else None,
        reasons=why,
    )


def _purpose(beat: Beat) -> str:
    """Why there is such a shot at all."""
    if beat.order == 0:
        return beat.event.why or "the story says so"
    return beat.look.why or beat.look.purpose


def _description(beat: Beat, outline: Outline) -> str:
    event = beat.event
    if beat.order == 0:
        return event.text
    place = next((p.name for p in outline.places if p.id == event.place), "")
    if beat.order < 0:
        who = named(outline, event.who) if beat.look.who != "place" else place
        return f"{who[:1].upper()}{who[1:]}: {beat.look.purpose}"
    return f"{event.text} ({beat.look.purpose})"
