"""Changes of how shots look and how long they last: mood, light, weather, place, camera, pace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from planner.edit.apply.cast import mirrored
from planner.edit.apply.film import lasting, on_scenes, on_shots, paced
from planner.edit.apply.refusal import CannotApply
from planner.film.grammar import grammar
from planner.film.ground import find, ground
from planner.language.text import slug
from planner.story.story import Location, Shot, Story

if TYPE_CHECKING:
    from planner.edit.apply.work import Work

#: What is left of a mood when there is to be less of it.
MILDER = {"scary": "mysterious", "mysterious": "calm", "sad": "calm", "happy": "calm"}
DARKER = {"day": "dusk", "dusk": "night", "dawn": "night"}
BRIGHTER = {"night": "dawn", "dusk": "day", "dawn": "day"}
#: Faster and slower: the share of a shot's length that is left.
PACE = {"faster": 0.75, "slower": 4 / 3}
LENGTH = {"longer": 1.5, "shorter": 2 / 3}


def changed(work: Work) -> Story:
    """The story with the field of the operation changed in its shots."""
    return _HANDLERS[work.operation.field](work)


def _mood(work: Work) -> Story:
    word = ground("mood", work.text, work.capabilities.vocabulary).word or work.text
    moods = {shot.id: _word(work, "mood", shot.mood or scene.mood) for scene, shot in work.story.shots}
    if work.operation.op == "lower":
        there = [i for i in work.ids if moods[i] == word]
        if not there and MILDER.get(word, "calm") != "calm":
            word = MILDER[word]
            there = [i for i in work.ids if moods[i] == word]
        if not there:
            raise CannotApply(f"nothing there is {word}")
        return _in_mood(work.story, there, MILDER.get(word, "calm"))
    if all(moods[i] == word for i in work.ids):
        return _stronger(work, word)
    return _in_mood(work.story, work.ids, work.text)


def _in_mood(story: Story, ids: tuple[str, ...] | list[str], mood: str) -> Story:
    """Whole scenes take the mood themselves; single shots have one of their own."""
    whole = {s.id for s in story.scenes if all(shot.id in ids for shot in s.shots)}
    scenes = tuple(s.model_copy(update={"mood": mood}) if s.id in whole else s for s in story.scenes)
    story = story.model_copy(update={"scenes": scenes})
    return on_shots(story, ids, lambda scene, _: {"mood": "" if scene.id in whole else mood})


_SKIES = {"weather": ("rain", "snow", "fog"), "time": ()}
"""What is not taken away for a mood: somebody wanted the storm."""


def _stronger(work: Work, word: str) -> Story:
    """More of a mood that is there already: its weather where the sky is clear, then its time of day."""
    usual = grammar().moods.get(word)
    for field, value in (("weather", usual.weather), ("time", usual.time)) if usual else ():
        scenes = {shot.id: getattr(scene, field) for scene, shot in work.story.shots if shot.id in work.ids}
        other = [i for i, now in scenes.items() if _word(work, field, now) not in (value, *_SKIES[field])]
        if other:
            work.assumptions.append(f"it is {word} already: {field} '{value}' makes it more so")
            return on_scenes(work.story, other, lambda _, f=field, v=value: {f: v})  # type: ignore[misc]
    raise CannotApply(f"it is as {word} as film grammar can make it")


def _scene_field(work: Work) -> Story:
    field, words = work.operation.field, work.text
    return on_scenes(work.story, work.ids, lambda _: {field: words[:80]})


def _light(work: Work) -> Story:
    steps = DARKER if work.text == "darker" else BRIGHTER
    times = {shot.id: _word(work, "time", scene.time) for scene, shot in work.story.shots}
    able = [i for i in work.ids if times[i] in steps]
    if not able:
        raise CannotApply(f"it cannot get any {work.text}")
    work.assumptions.append(f"{work.text} is shown by the time of day")
    story = work.story
    for word, step in steps.items():
        some = [i for i in able if times[i] == word]
        story = on_scenes(story, some, lambda _, s=step: {"time": s}) if some else story  # type: ignore[misc]
    return story


def _location(work: Work) -> Story:
    words = work.text
    wanted = {m.word for m in find("setting", words)}
    known = next((p for p in work.story.locations if words.lower() in (p.id, p.name.lower(), p.kind.lower())), None)
    known = known or next((p for p in work.story.locations if {m.word for m in find("setting", p.kind)} & wanted), None)
    if known is None:
        word = next(iter(wanted), words)
        known = Location(id=slug(words, word, [p.id for p in work.story.locations]), name=words[:120], kind=words[:80])
        work.story = work.story.model_copy(update={"locations": (*work.story.locations, known)})
    place = known.id
    return on_scenes(work.story, work.ids, lambda _: {"location": place})


def _pace(work: Work) -> Story:
    factor = PACE[work.text]
    work.assumptions.append(f"every shot lasts {factor:.0%} as long, so the film's length changes with it")
    return paced(work.story, work.ids, factor, work.capabilities.fps)


def _duration(work: Work) -> Story:
    value, fps = work.operation.value, work.capabilities.fps
    now = sum(shot.duration for _, shot in work.story.shots if shot.id in work.ids)
    fixed = sum(shot.duration for _, shot in work.story.shots if shot.id in work.kept)
    if isinstance(value, float):
        wanted = value - fixed
    elif str(value) in LENGTH:
        wanted = now * LENGTH[str(value)]
    elif str(value).startswith("x"):
        wanted = now * float(str(value)[1:])
    else:
        wanted = now + float(str(value))
    if wanted * fps < len(work.ids):
        raise CannotApply("that leaves less than a frame for each shot")
    return lasting(work.story, work.ids, wanted, fps)


def _shot_field(work: Work) -> Story:
    field, words = work.operation.field, work.text
    if field == "angle" and words == "reverse":
        work.assumptions.append("the world is flat: left and right are exchanged")
        return on_shots(work.story, work.ids, lambda _, s: {"staging": mirrored(s)})
    ids = (
        work.ids[:1]
        if field == "transition" and work.operation.scope.where in ("scene", "opening", "ending")
        else work.ids
    )
    return on_shots(work.story, ids, lambda _, s: _new_look(s, field, words))


def _new_look(shot: Shot, field: str, words: str) -> dict[str, str | None]:
    loose: dict[str, str | None] = {"continues": None} if field == "transition" and words != "continue" else {}
    return {field: words, **loose}


def _word(work: Work, kind: str, words: str) -> str:
    return ground(kind, words, work.capabilities.vocabulary).word or words


_HANDLERS: dict[str, Callable[[Work], Story]] = {
    "mood": _mood, "time": _scene_field, "weather": _scene_field, "light": _light, "location": _location,
    "pace": _pace, "duration": _duration, "camera": _shot_field, "size": _shot_field, "angle": _shot_field,
    "transition": _shot_field,
}  # fmt: skip
