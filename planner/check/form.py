"""Whether a story obeys a demand of form: one small function a rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise

from omni_model.spec.conditioning import Capabilities
from planner.film.ground import find
from planner.story.brief import Form, Rule
from planner.story.story import Story

_WORDS = {
    word: number
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())  # noqa: SIM905
} | {"none": 0, "no": 0, "single": 1, "dozen": 12}

Check = Callable[[Story, str, Capabilities], str | None]
"""(story, value, generator) -> what is wrong; empty: obeyed; None: the value says nothing that can be checked."""


def broken(story: Story, form: Form, capabilities: Capabilities) -> str | None:
    """Why a demand of form is not obeyed; empty where it is, None where no rule can tell."""
    check = _CHECKS.get(form.rule)
    return None if check is None else check(story, form.value, capabilities)


def number(value: str) -> float | None:
    """The number in a value, in figures or words: '5', '20 seconds', 'two', 'none'. A ratio, as '2.39:1', is none."""
    found = re.fullmatch(r"\D*?(\d+(?:[.,]\d+)?)[^\d:/]*", value)
    if found:
        return float(found[1].replace(",", "."))
    return next((float(_WORDS[word]) for word in value.lower().split() if word in _WORDS), None)


def _count(what: str, counted: Callable[[Story], float]) -> Check:
    def check(story: Story, value: str, capabilities: Capabilities) -> str | None:
        wanted, there = number(value), counted(story)
        if wanted is None:
            return None
        return "" if there == wanted else f"the film has {there:g} {what}, not {wanted:g}"

    return check


def _seconds(story: Story, value: str, capabilities: Capabilities) -> str | None:
    if (wanted := number(value)) is None:
        return None
    off = abs(story.duration - wanted) > 1 / capabilities.fps
    return f"the film lasts {story.duration:g} s, not {wanted:g}" if off else ""


def _one_take(story: Story, value: str, capabilities: Capabilities) -> str:
    cuts = [shot.id for _, shot in story.shots[1:] if shot.transition != "continue"]
    return f"there is a cut before {cuts[0]}" if cuts else ""


def _camera(story: Story, value: str, capabilities: Capabilities) -> str | None:
    if value not in ("static", "locked off", "fixed", "still"):
        return None
    moving = [shot.id for _, shot in story.shots if shot.camera != "static"]
    return f"the camera moves in {moving[0]}" if moving else ""


def _framing(story: Story, value: str, capabilities: Capabilities) -> str:
    sizes = {(shot.size, shot.angle) for _, shot in story.shots}
    if value in ("wide", "medium", "close"):
        return "" if all(size == value for size, _ in sizes) else f"not every shot is {value}"
    return "" if len(sizes) < 2 else "the shots are framed differently"


def _place(story: Story, value: str, capabilities: Capabilities) -> str:
    places = {scene.location for scene in story.scenes}
    return "" if len(places) < 2 else f"the film is set in {len(places)} places"


def _aspect(story: Story, value: str, capabilities: Capabilities) -> str | None:
    sides = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[:x/]\s*(\d+(?:\.\d+)?)\s*", value)
    if not sides:
        return None
    wanted, there = Fraction(sides[1]) / Fraction(sides[2]), Fraction(capabilities.width, capabilities.height)
    fits = abs(float(wanted / there) - 1) < 0.03
    return "" if fits else f"this generator draws {capabilities.width}x{capabilities.height} pictures"


def _frame_rate(story: Story, value: str, capabilities: Capabilities) -> str | None:
    if (wanted := number(value)) is None:
        return None
    return "" if wanted == capabilities.fps else f"this generator draws {capabilities.fps:g} frames a second"


def _people(story: Story, value: str, capabilities: Capabilities) -> str | None:
    """Animals are people where they are counted with them, and none where nobody human is to be seen."""
    if (wanted := number(value)) is None:
        return None
    cast = {character.id: character.kind for character in story.cast}
    seen = {staging.entity for _, shot in story.shots for staging in shot.staging} & {*cast}
    human = {i for i in seen if not (found := find("species", cast[i])) or found[-1].word == "person"}
    return "" if wanted in (len(seen), len(human)) else f"{len(human)} are seen, not {wanted:g}"


def _speech(story: Story, value: str, capabilities: Capabilities) -> str | None:
    if value not in ("none", "no", "silent"):
        return None
    speaking = [shot.id for _, shot in story.shots if shot.dialogue]
    return f"somebody speaks in {speaking[0]}" if speaking else ""


def _hours(story: Story, value: str, capabilities: Capabilities) -> str:
    """Each hour, or season, is a scene of its own."""
    times = [scene.time for scene in story.scenes]
    same = [second.id for first, second in pairwise(story.scenes) if first.time == second.time]
    if len(set(times)) < 2:
        return "it is the same hour in the whole film"
    return f"{same[0]} goes on in one hour" if same else ""


def _colours(story: Story, value: str, capabilities: Capabilities) -> str:
    return "" if value.lower() in f"{story.style} {story.style_notes}".lower() else f"the style is {story.style}"


def _one_shot_each(story: Story, value: str, capabilities: Capabilities) -> str:
    return "" if len(story.shots) == len(story.scenes) else f"{len(story.scenes)} scenes have {len(story.shots)} shots"


_CHECKS: Mapping[Rule, Check] = {
    "seconds": _seconds,
    "shots": _count("shots", lambda story: len(story.shots)),
    "scenes": _count("scenes", lambda story: len(story.scenes)),
    "acts": _count("acts", lambda story: len({scene.act for scene in story.scenes})),
    "one take": _one_take,
    "camera": _camera,
    "framing": _framing,
    "place": _place,
    "aspect": _aspect,
    "frame rate": _frame_rate,
    "people": _people,
    "speech": _speech,
    "one shot each": _one_shot_each,
    "hours": _hours,
    "seasons": _hours,
    "colours": _colours,
}
