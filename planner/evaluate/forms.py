"""Demands of form, each judged by one small rule on the finished plan.

A check is a mapping of rules to values, all of which must hold; some keys only say where or how much of a rule
(:data:`MODIFIERS`). A rule that nobody knows does not hold, and :func:`unknown` names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from planner.evaluate.evidence import PlanEvidence, ShotEvidence, bodies, is_called, looks
from planner.evaluate.lemmas import content, plain, says, says_all
from planner.language.english_parser import NUMBERS

Check = Mapping[str, Any]
Rule = Callable[[Any, Check, PlanEvidence], bool]

MODIFIERS = frozenset({"at", "where", "besides", "times", "shot", "not_before"})
NARRATOR = ("narrator", "narration", "voice-over", "voiceover", "해설", "내레이터", "나레이터", "내레이션")
CAMERAS = {
    "static": ("static", "locked", "fixed"),
    "handheld": ("handheld", "hand-held"),
    "point of view": ("point of view", "POV", "first person", "subjective"),
    "pulling back": ("pull out", "pull back", "dolly out", "track back", "move backward"),
    "slow zoom": ("zoom", "push in", "pull out", "pan"),
}
"""Names of one camera in the film's words."""
_ABOUT = re.compile(r"\b(?:about|around|roughly|approximately|or so|ish)\b|약 |쯤|정도", re.I)
_ROUGHLY = 0.1
_LIKE = 0.02
"""Relative difference of two aspects that are called the same."""
_SEASONS = {
    "spring": ("spring", "봄"), "summer": ("summer", "여름"), "autumn": ("autumn", "fall", "가을"),
    "winter": ("winter", "겨울"),
}  # fmt: skip
_ORDINALS = (
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
)  # fmt: skip
_NATIVE = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두")
_SINO = "영일이삼사오육칠팔구"
_TITLES = ("title card", "card", "intertitle", "caption")


def holds(check: Check, words: str, evidence: PlanEvidence) -> bool:
    """Whether a plan keeps every rule of a check; ``words`` ask for it ('about 20 seconds')."""
    rough = bool(_ABOUT.search(words))
    rules = {name: value for name, value in check.items() if name not in MODIFIERS}
    if rough and set(rules) == {"seconds"}:
        return abs(evidence.story.duration - float(rules["seconds"])) <= _ROUGHLY * float(rules["seconds"])
    return bool(rules) and all(name in RULES and RULES[name](value, check, evidence) for name, value in rules.items())


def unknown(check: Check) -> tuple[str, ...]:
    """The rules of a check that are not known here."""
    return tuple(name for name in check if name not in RULES and name not in MODIFIERS)


def _lengths(evidence: PlanEvidence) -> list[int]:
    """Frames of every shot."""
    return [evidence.frames(s.shot.duration) for s in evidence.shots]


def _seconds(value: float, _: Check, evidence: PlanEvidence) -> bool:
    return sum(_lengths(evidence)) == evidence.frames(value)


def _seconds_at_most(value: float, _: Check, evidence: PlanEvidence) -> bool:
    return sum(_lengths(evidence)) <= evidence.frames(value)


def _seconds_each(value: float, _: Check, evidence: PlanEvidence) -> bool:
    return set(_lengths(evidence)) == {evidence.frames(value)}


def _shot_seconds_at_most(value: float, _: Check, evidence: PlanEvidence) -> bool:
    return max(_lengths(evidence)) <= evidence.frames(value)


def _last_shot_seconds(value: float, _: Check, evidence: PlanEvidence) -> bool:
    return _lengths(evidence)[-1] == evidence.frames(value)


def _order_of_lengths(value: str, _: Check, evidence: PlanEvidence) -> bool:
    found = _lengths(evidence)
    ordered = sorted(found, reverse=value == "decreasing")
    return value in ("decreasing", "increasing") and found == ordered and len(set(found)) == len(found)


def is_card(evidence: ShotEvidence) -> bool:
    """Whether a shot is a title card: a caption with nobody and nothing else."""
    return bool(evidence.shot.caption) and not evidence.staged


def _shots(value: int, check: Check, evidence: PlanEvidence) -> bool:
    aside = is_called([str(check.get("besides", ""))], _TITLES)
    return sum(not (aside and is_card(s)) for s in evidence.shots) == value


def _scenes(value: int, _: Check, evidence: PlanEvidence) -> bool:
    return len(evidence.story.scenes) == value


def _act_seconds(evidence: PlanEvidence) -> dict[int, float]:
    found: dict[int, float] = {}
    for s in evidence.shots:
        found[s.scene.act] = found.get(s.scene.act, 0.0) + s.shot.duration
    return found


def _acts(value: int, _: Check, evidence: PlanEvidence) -> bool:
    return len(_act_seconds(evidence)) == value


def _shortest_act(value: int, _: Check, evidence: PlanEvidence) -> bool:
    acts = _act_seconds(evidence)
    return value in acts and all(acts[value] < length for act, length in acts.items() if act != value)


def _one_take(value: bool, _: Check, evidence: PlanEvidence) -> bool:
    one = all(s.shot.continues or s.shot.transition == "continue" for s in evidence.shots[1:])
    return one == value


def _real_time(value: bool, _: Check, evidence: PlanEvidence) -> bool:
    hours = {s.scene.time for s in evidence.shots}
    jumps = any(s.shot.transition in ("dissolve", "fade") for s in evidence.shots[1:])
    return (len(hours) == 1 and not jumps) == value


def _ratio(text: str) -> float:
    wide, _, high = text.partition(":")
    return float(wide) / float(high or 1)


def _aspect(value: str, _: Check, evidence: PlanEvidence) -> bool:
    asked = _ratio(value)
    frame = evidence.capabilities.width / evidence.capabilities.height
    return abs(frame - asked) <= _LIKE * asked


def _fps(value: float, _: Check, evidence: PlanEvidence) -> bool:
    return evidence.capabilities.fps == value


def _camera(value: str, check: Check, evidence: PlanEvidence) -> bool:
    if "where" in check:  # a part of a divided picture: no shot has such
        return False
    names = CAMERAS.get(value, (value,))
    return all(is_called((s.shot.camera, *_pictured(s)), names) for s in evidence.shots)


def _pictured(shot: ShotEvidence) -> tuple[str, ...]:
    return tuple(text for text in shot.prose if text != shot.shot.description)


def _angle(value: str, _: Check, evidence: PlanEvidence) -> bool:
    return all(s.shot.angle == value for s in evidence.shots)


def _same_place(value: bool, _: Check, evidence: PlanEvidence) -> bool:
    return (len({s.scene.location for s in evidence.shots}) == 1) == value


def _same_angle(value: bool, _: Check, evidence: PlanEvidence) -> bool:
    return (len({(s.shot.size, s.shot.angle, s.shot.camera) for s in evidence.shots}) == 1) == value


def _people(value: int, check: Check, evidence: PlanEvidence) -> bool:
    ends = is_called([str(check.get("at", ""))], ("start", "end"))
    shots = (evidence.shots[0], evidence.shots[-1]) if ends else evidence.shots
    cast = {c.id for c in evidence.story.cast}
    return len({s.entity for one in shots for s in one.shot.staging} & cast) == value


def _is_narrated(evidence: PlanEvidence) -> bool:
    return any(is_called(speaker, NARRATOR) for _, speaker in evidence.lines) or any(
        is_called(s.sound, NARRATOR) for s in evidence.shots
    )


def _narration(value: bool, _: Check, evidence: PlanEvidence) -> bool:
    return _is_narrated(evidence) == value


def _dialogue(value: bool, check: Check, evidence: PlanEvidence) -> bool:
    shots = evidence.shots
    if check.get("where") == "opening":
        shots = tuple(s for s in shots if s.scene.id == shots[0].scene.id)
    cast = {c.id: looks(c) for c in evidence.story.cast}
    speakers = [cast[line.speaker] for s in shots for line in s.shot.dialogue]
    return any(not is_called(speaker, NARRATOR) for speaker in speakers) == value


def _captions(value: bool, _: Check, evidence: PlanEvidence) -> bool:
    return any(s.shot.caption for s in evidence.shots) == value


def _on_screen_text(value: bool | str, check: Check, evidence: PlanEvidence) -> bool:
    if isinstance(value, bool):
        return _captions(value, check, evidence)
    return any(says(text, value) for s in evidence.shots for text in (s.shot.caption, *s.prose))


def _title_card(value: str, check: Check, evidence: PlanEvidence) -> bool:
    cards = [plain(s.shot.caption).strip() for s in evidence.shots if s.shot.caption]
    at = {"first": cards[:1], "last": cards[-1:]}.get(str(check.get("at")), cards)
    return plain(value) in at


def _count(value: Mapping[str, Any], _: Check, evidence: PlanEvidence) -> bool:
    """So many of something: as a number before its name, as so many staged at once, or as so many cards."""
    number, names = value["is"], value["of"]
    if not isinstance(number, int):
        return False
    if any(name in _TITLES for name in names):
        return sum(bool(s.shot.caption) for s in evidence.shots) == number
    texts = [text for e in bodies(evidence.story) for text in looks(e)] + [
        text for s in evidence.shots for text in s.told
    ]
    together = max((sum(is_called(body, names) for body in s.staged) for s in evidence.shots), default=0)
    pairs = [pair for word in spelt(number) for name in names for pair in (f"{word} {name}", f"{name} {word}")]
    return together == number or any(says(text, pair) for text in texts for pair in pairs)


def spelt(number: int) -> tuple[str, ...]:
    """A number as it is written: in figures, in words, as the ordinal; in Korean words."""
    words = [str(number), f"{number}th", *(word for word, n in NUMBERS.items() if n == number)]
    words += [names[number] for names in (_ORDINALS, _NATIVE) if 0 < number < len(names)]
    places = reversed(list(zip(str(number)[::-1], ("", "십", "백", "천"), strict=False)))
    return (*words, "".join(("" if d == "1" and unit else _SINO[int(d)]) + unit for d, unit in places if d != "0"))


def _seasons(value: Sequence[str], _: Check, evidence: PlanEvidence) -> bool:
    return _in_order([[_SEASONS.get(season, (season,))] for season in value], evidence)


def _sequence(value: Sequence[str], _: Check, evidence: PlanEvidence) -> bool:
    return _in_order([_half(phrase) for phrase in value], evidence)


def _half(phrase: str) -> list[list[str]]:
    """The content words of a phrase, of which the first and any other must be found."""
    words = list(content(phrase)) or [phrase]
    return [[word] for word in words[:1]] + ([words[1:]] if words[1:] else [])


def _in_order(steps: Sequence[Sequence[Sequence[str]]], evidence: PlanEvidence) -> bool:
    at = 0
    for signs in steps:
        found = next((i for i, s in enumerate(evidence.shots) if i >= at and says_all(s.told, signs)), None)
        if found is None:
            return False
        at = found
    return True


def _hours(value: Sequence[str], _: Check, evidence: PlanEvidence) -> bool:
    ends = (evidence.shots[0], evidence.shots[-1])
    return all(is_called(s.told, (hour,)) for s, hour in zip(ends, (value[0], value[-1]), strict=True))


def _ends_on(value: Sequence[Sequence[str]], _: Check, evidence: PlanEvidence) -> bool:
    return says_all(evidence.shots[-1].told, value)


def _opens_on(value: Sequence[Sequence[str]], _: Check, evidence: PlanEvidence) -> bool:
    return says_all(evidence.shots[0].told, value)


def _palindrome(value: bool, _: Check, evidence: PlanEvidence) -> bool:
    found = [(s.shot.size, s.shot.angle, s.shot.camera, {b.entity for b in s.shot.staging}) for s in evidence.shots]
    return (found == found[::-1]) == value


def _shot_is(value: Mapping[str, str], _: Check, evidence: PlanEvidence) -> bool:
    return all(
        int(number) <= len(evidence.shots) and is_called(evidence.shots[int(number) - 1].told, (what,))
        for number, what in value.items()
    )


def _silent(value: bool, check: Check, evidence: PlanEvidence) -> bool:
    number = check.get("shot")
    if number is not None and number > len(evidence.shots):
        return False
    shots = evidence.shots if number is None else (evidence.shots[number - 1],)
    heard = any(s.voices or (s.sound and not is_called(s.sound, ("silence", "silent"))) for s in shots)
    return (not heard) == value


def _music(value: bool, _: Check, evidence: PlanEvidence) -> bool:
    return any(is_called(s.sound, ("music", "song", "score", "음악")) for s in evidence.shots) == value


def _lens(value: str, _: Check, evidence: PlanEvidence) -> bool:
    names = (f"{value} lens", f"{value} angle") if value in ("wide", "long") else (value,)
    return is_called(evidence.settings, names)


def _transition(value: str, check: Check, evidence: PlanEvidence) -> bool:
    shots = evidence.shots[-1:] if check.get("at") == "end" else evidence.shots
    names = (value, *(("black",) if value == "cut to black" else ()))
    return any(is_called((s.shot.transition, s.shot.caption, *_pictured(s), *s.sound), names) for s in shots)


def _colour(value: str, _: Check, evidence: PlanEvidence) -> bool:
    names = [w for w in re.findall(r"[\w-]+", value) if w not in ("and", "only")]
    return any(all(says(text, name) for name in names) for text in evidence.settings)


def _sound(value: str, _: Check, evidence: PlanEvidence) -> bool:
    heard = [text for s in evidence.shots for text in s.sound]
    return all(is_called(heard, (word,)) for word in content(value))


def _cut_on_beat(value: bool, check: Check, evidence: PlanEvidence) -> bool:
    """With a tempo, every length is a whole number of beats; without one, the film must say so."""
    if "bpm" not in check:
        return is_called(evidence.settings, ("beat", "rhythm", "장단", "박자")) == value
    beat = 60.0 / check["bpm"]
    within = 1.0 / evidence.capabilities.fps
    beats = [s.shot.duration / beat for s in evidence.shots]
    return all(abs(b - round(b)) * beat < within and round(b) for b in beats) == value


def _bpm(value: float, _: Check, evidence: PlanEvidence) -> bool:
    return _cut_on_beat(True, {"bpm": value}, evidence)


def _repeat(value: Sequence[str], check: Check, evidence: PlanEvidence) -> bool:
    times = check.get("times", 2)
    return all(sum(says_all(s.told, _half(step)) for s in evidence.shots) >= times for step in value)


def _name_shown(value: str, check: Check, evidence: PlanEvidence) -> bool:
    named = [i for i, s in enumerate(evidence.shots) if says(s.shot.caption, value)]
    since = [i for i, s in enumerate(evidence.shots) if says_all(s.told, _half(check.get("not_before", value)))]
    return bool(named and since) and named[0] >= since[0]


def _said_of_film(*names: str) -> Rule:
    """A rule that holds when the film's settings say one of some names; for False, none."""

    def rule(value: Any, _: Check, evidence: PlanEvidence) -> bool:
        wanted = names or (str(value),)
        return is_called(evidence.settings, wanted) == bool(value)

    return rule


RULES: dict[str, Rule] = {
    "seconds": _seconds, "seconds_at_most": _seconds_at_most, "seconds_each": _seconds_each,
    "shot_seconds_at_most": _shot_seconds_at_most, "last_shot_seconds": _last_shot_seconds,
    "lengths": _order_of_lengths, "shots": _shots, "scenes": _scenes, "acts": _acts, "shortest_act": _shortest_act,
    "one_take": _one_take, "real_time": _real_time, "aspect": _aspect, "fps": _fps, "camera": _camera,
    "angle": _angle, "same_place": _same_place, "same_angle": _same_angle, "people": _people,
    "narration": _narration, "dialogue": _dialogue, "captions": _captions, "on_screen_text": _on_screen_text,
    "title_card": _title_card, "count": _count, "seasons": _seasons, "sequence": _sequence, "hours": _hours,
    "ends_on": _ends_on, "opens_on": _opens_on, "palindrome": _palindrome, "shot_is": _shot_is, "silent": _silent,
    "music": _music, "lens": _lens, "transition": _transition, "colour": _colour, "sound": _sound,
    "cut_on_beat": _cut_on_beat, "bpm": _bpm, "repeat": _repeat, "name_shown": _name_shown,
    "genre_form": _said_of_film(), "covers": _said_of_film(), "split_screen": _said_of_film("split screen"),
    "time_lapse": _said_of_film("time-lapse", "timelapse", "time lapse"),
    "slow_motion": _said_of_film("slow motion", "slow-mo"),
    "stills": _said_of_film("still", "photograph", "사진"),
}  # fmt: skip
