"""What becomes of a demand in a plan: it is shown, approximated with a reason, refused by name, or silently lost.

A demand of the sets has ``kind``, ``words`` (as they stand in the text), and ``signs``, groups of synonyms of which one
each must be found together where they belong; of form it has a ``check`` (:mod:`planner.evaluate.forms`), and what is
never to be seen is judged apart (:func:`is_broken`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from planner.evaluate import forms
from planner.evaluate.evidence import PlanEvidence, ShotEvidence, bodies, clothes, is_called, looks, picture, together
from planner.evaluate.lemmas import Signs, asserts, content, plain, says, says_all
from planner.story.story import Character

Fate = Literal["shown", "approximated", "refused", "lost"]
Demand = Mapping[str, Any]

FATES: tuple[Fate, ...] = ("shown", "approximated", "refused", "lost")
_LAST = 2
"""Shots at the end that can show how a film ends: after the last event there may be a title."""
_HEARD = ("say", "talk", "speak", "hear", "shout", "ask", "nag", "scream", "voice", "call")
_QUOTE = 40
"""Letters of a line that a notice must quote."""
_OPENING = 3
"""Words of a meaning that can name who acts: 'The old dragon'."""
_NAMED = 0.5
"""The share of a demand's content words that notices must name."""


def fate(demand: Demand, text: str, demands: Sequence[Demand], evidence: PlanEvidence) -> Fate:
    """What becomes of one demand of a text among the others."""
    if _is_shown(demand, text, demands, evidence):
        return "shown"
    if demand["kind"] == "said":
        return "refused" if _is_quoted(demand["signs"][0][0], evidence) else "lost"
    return noticed(demand["words"], evidence)


def noticed(words: str, evidence: PlanEvidence) -> Fate:
    """What the notices of a plan say of some words: refused, approximated, or nothing, and then they are lost."""
    wanted = set(content(words)) or {words}
    named: dict[str, set[str]] = {}
    for notice in evidence.notices:
        if notice.outcome != "honoured":
            told = notice.directive.partition(":")[2] or notice.directive
            named.setdefault(notice.outcome, set()).update(w for w in wanted if says(told, w))
    if len(set().union(*named.values())) < _NAMED * len(wanted):
        return "lost"
    return "refused" if named.get("refused") else "approximated"


def _is_shown(demand: Demand, text: str, demands: Sequence[Demand], evidence: PlanEvidence) -> bool:
    kind = demand["kind"]
    if kind == "form":
        return forms.holds(demand["check"], demand["words"], evidence)
    if kind in ("time", "weather", "mood"):
        return _is_on_its_scenes(demand, text, demands, evidence)
    if kind == "look":
        return has_look(demand["signs"], _owner(demand, demands), evidence)
    if kind == "said":
        return is_said(demand["signs"][0][0], demand.get("who", ""), evidence)
    if kind == "event":
        return has_event(demand["signs"], _actor(demand, demands), evidence)
    return _SHOWN[kind](demand["signs"], evidence)


def has_event(signs: Signs, actor: Signs, evidence: PlanEvidence) -> bool:
    """Whether one shot tells all of an event, with its cast's words, and shows who acts, where that is known."""
    return any(_is_there(actor, shot) for shot in together(evidence.shots, signs))


def _is_there(body: Signs, shot: ShotEvidence) -> bool:
    """Whether a shot stages somebody, or its picture names it, or it speaks."""
    return says_all((*sum(shot.staged, ()), *picture(shot.shot), *shot.voices), body)


def _actor(event: Demand, demands: Sequence[Demand]) -> Signs:
    """Who acts: somebody of the demands whom the meaning of the event names first ('The dragon weeps')."""
    opening = " ".join(event["means"].split()[:_OPENING])
    people = (d["signs"] for d in demands if d["kind"] == "somebody")
    return next((signs for signs in people if says_all((opening,), signs)), ())


def has_somebody(signs: Signs, evidence: PlanEvidence) -> bool:
    """Whether somebody or something is in the cast, the props or a place, and in a shot."""
    story = evidence.story
    known = [*map(looks, bodies(story)), *map(looks, story.locations)]
    return any(is_called(words, group) for words in known for group in signs) and bool(together(evidence.shots, signs))


def has_place(signs: Signs, evidence: PlanEvidence) -> bool:
    """Whether a scene is set there: its place says so, or the picture of one of its shots does."""
    for shot in evidence.shots:
        at = (*shot.place, *picture(shot.shot))
        if any(is_called(at, group) for group in signs) and says_all((*at, *shot.prose), signs):
            return True
    return False


def has_sound(signs: Signs, evidence: PlanEvidence) -> bool:
    """Whether it is heard in a shot: in its sound, its lines or what it tells."""
    return any(says_all((*s.sound, *s.prose, *s.voices), signs) for s in evidence.shots)


def ends_so(signs: Signs, evidence: PlanEvidence) -> bool:
    """Whether one of the last shots tells it."""
    return bool(together(evidence.shots[-_LAST:], signs))


def has_look(signs: Signs, owner: Demand | None, evidence: PlanEvidence) -> bool:
    """Whether the film, a place or the right one looks so: in its own words, or in a shot that tells of both."""
    if says_all(evidence.film, signs) or any(says_all(looks(p), signs) for p in evidence.story.locations):
        return True
    whose: Signs = owner["signs"] if owner else ()
    own = map(_own_words, bodies(evidence.story))
    if any(says_all(body, signs) and (not whose or any(is_called(body, g) for g in whose)) for body in own):
        return True
    return any(
        says_all(shot.prose, signs) and (not whose or says_all((*shot.prose, *sum(shot.staged, ())), whose))
        for shot in evidence.shots
    )


def _own_words(entity: Any) -> tuple[str, ...]:
    return (*looks(entity), *(clothes(entity) if isinstance(entity, Character) else ()))


def _owner(look: Demand, demands: Sequence[Demand]) -> Demand | None:
    """Whose look it is: of somebody or something whose words hold those of the look."""
    known = (d for d in demands if d["kind"] in ("somebody", "something"))
    return next((d for d in known if look["words"] in d["words"] and d["words"] != look["words"]), None)


def is_said(text: str, who: str, evidence: PlanEvidence) -> bool:
    """Whether somebody says these words, letter by letter, in one line or in several that follow each other."""
    named = content(who)
    return any(not named or is_called(speaker, named) for speaker in speakers_of(text, evidence))


def speakers_of(text: str, evidence: PlanEvidence) -> tuple[tuple[str, ...], ...]:
    """What each of those who say these words letter by letter is called."""
    wanted, lines, found = _spoken(text), evidence.lines, []
    for start, (first, speaker) in enumerate(lines):
        run = ""
        for line, _ in lines[start:]:
            if line.speaker != first.speaker:
                break
            run = f"{run} {_spoken(line.text)}".strip()
            if run.strip(".,;") == wanted.strip(".,;"):
                found.append(speaker)
    return tuple(found)


def _is_quoted(line: str, evidence: PlanEvidence) -> bool:
    """Whether a notice or a remark of the plan quotes a line, or its beginning, as what is not said."""
    told = (*(f"{n.directive} {n.detail}" for n in evidence.notices if n.outcome != "honoured"), *evidence.remarks)
    return any(_spoken(line)[:_QUOTE].strip() in _spoken(text) for text in told)


def _spoken(text: str) -> str:
    return " ".join(plain(text).strip("\"' ").split())


def _is_on_its_scenes(demand: Demand, text: str, demands: Sequence[Demand], evidence: PlanEvidence) -> bool:
    """Whether hour, weather or mood hold where they matter: with an event of their sentence, else in any scene."""
    beside = [d for d in demands if d["kind"] == "event" and _share_sentence(demand["words"], d["words"], text)]
    shots = [s for d in beside for s in together(evidence.shots, d["signs"])] or evidence.shots
    return any(says_all(_climate(demand["kind"], shot), demand["signs"]) for shot in shots)


def _climate(kind: str, shot: ShotEvidence) -> tuple[str, ...]:
    told = {"time": shot.scene.time, "weather": shot.scene.weather, "mood": shot.mood}[kind]
    return (told, *picture(shot.shot), shot.shot.caption)


def _share_sentence(one: str, other: str, text: str) -> bool:
    first, last = sorted((text.find(one), text.find(other)))
    return first >= 0 and not re.search(r"[.!?。]\s", text[first:last])


def is_broken(demand: Demand, evidence: PlanEvidence) -> bool:
    """Whether a shot shows what must not be seen. What is said aloud counts only for what must not be heard."""
    heard = any(says(demand["means"], verb) for verb in _HEARD)
    return any(_breaks(demand["signs"], shot, heard) for shot in evidence.shots)


def _breaks(signs: Signs, shot: ShotEvidence, heard: bool) -> bool:
    told = (*shot.seen, *shot.sound, *(shot.voices if heard else ()))
    return all(any(asserts(text, sign) for text in told for sign in group) for group in signs)


_SHOWN: dict[str, Callable[[Signs, PlanEvidence], bool]] = {
    "somebody": has_somebody, "something": has_somebody, "place": has_place, "sound": has_sound,
    "end": ends_so,
}  # fmt: skip


def counts(found: Iterable[Fate]) -> dict[Fate, int]:
    """How many demands met each fate."""
    known = tuple(found)
    return {one: known.count(one) for one in FATES}
