"""Stories in files that strangers wrote, against what a reader finds in them: people, lines, places, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from omni_model.spec.conditioning import Capabilities
from planner.direct.plan import PlanError, plan
from planner.evaluate.evidence import PlanEvidence, ShotEvidence, clothes, is_called, looks, picture
from planner.evaluate.lemmas import plain, says, says_all
from planner.evaluate.rows import PlannerRow, row
from planner.evaluate.sets import Case
from planner.llm.base import LanguageModel
from planner.read.formats import script, storyboard
from planner.read.formats.script import ScriptError
from planner.read.formats.storyboard import StoryboardError

STORYBOARDS = (".yaml", ".yml", ".json")
MEASURES = {
    "people": "people found", "not_people": "no people made of what is none", "looks": "people's looks kept",
    "lines": "lines verbatim, in order, from their speaker", "unseen": "voices heard and not seen",
    "captions": "captions shown", "scenes": "number of scenes", "places": "places, in order",
    "events": "events shown, in order", "durations": "lengths of shots kept", "title": "title kept",
    "never": "nothing filmed that is none of the story",
}  # fmt: skip
_NOT_THERE = ("not_people", "never")
"""What a film that is not made cannot do wrong."""
_ROUGH = ("prose",)
"""Forms whose scenes readers count to within one."""


class FileScore(NamedTuple):
    """How many of something are right."""

    right: int
    wanted: int


def read_file(path: Path, capabilities: Capabilities, llm: LanguageModel | None = None) -> PlanEvidence | str:
    """What is filmed of a file, or the line with which it is refused."""
    try:
        if path.suffix.lower() in STORYBOARDS:
            return PlanEvidence(storyboard.load(path), (), capabilities)
        found = plan(script.load(path), llm=llm, capabilities=capabilities)
        return PlanEvidence(found.story, found.lowering, capabilities, remarks=found.notes)
    except (ScriptError, StoryboardError, PlanError) as error:
        return str(error)


def score(case: Case, read: PlanEvidence | str) -> dict[str, FileScore]:
    """Every measure of one file. One that should be read and is not has nothing right."""
    if not case["readable"]:
        return {"refused": FileScore(isinstance(read, str) and "\n" not in read, 1)}
    if isinstance(read, str):
        return {name: FileScore(0, 0 if name in _NOT_THERE else _wanted(name, case)) for name in MEASURES}
    names = {"scenes": _scenes, "title": _title, "durations": _durations}
    found = {name: measure(case, read) for name, measure in names.items()}
    cast = [(c.name, c.kind) for c in read.story.cast]
    people = case["people_detail"]
    return found | {
        "people": FileScore(sum(any(is_called(c, p["names"]) for c in cast) for p in people), len(people)),
        "not_people": FileScore(sum(not any(_is_named(c, thing) for c in cast) for thing in case["not_people"]),
                            len(case["not_people"])),
        "looks": _looks(people, read),
        "lines": FileScore(_lines_in_order(case["lines"], read), len(case["lines"])),
        "unseen": FileScore(sum(_is_only_heard(voice, read) for voice in case["unseen"]), len(case["unseen"])),
        "captions": FileScore(sum(any(_same(s.shot.caption, c) for s in read.shots) for c in case["captions"]),
                          len(case["captions"])),
        "places": FileScore(_in_order([_is_at(place) for place in case["places"]], read), len(case["places"])),
        "events": FileScore(_in_order([_tells(event) for event in case["events"]], read), len(case["events"])),
        "never": FileScore(sum(not _is_filmed(words, read) for words in case["never"]), len(case["never"])),
    }  # fmt: skip


def _wanted(name: str, case: Case) -> int:
    if name in ("scenes", "title", "durations"):
        return int(case[name] is not None)
    return len(case["people_detail"] if name in ("people", "looks") else case[name])


def _scenes(case: Case, read: PlanEvidence) -> FileScore:
    """The story's scenes, or the runs of them at one place and time: a change of mood may part a scene."""
    slack = 1 if case["form"] in _ROUGH else 0
    runs = len(list(groupby(read.story.scenes, key=lambda scene: (scene.location, scene.time))))
    return FileScore(any(abs(n - case["scenes"]) <= slack for n in (len(read.story.scenes), runs)), 1)


def _title(case: Case, read: PlanEvidence) -> FileScore:
    return FileScore(bool(case["title"]) and _same(read.story.title, case["title"]), int(case["title"] is not None))


def _durations(case: Case, read: PlanEvidence) -> FileScore:
    if case["durations"] is None:
        return FileScore(0, 0)
    found = [read.frames(s.shot.duration) for s in read.shots]
    return FileScore(found == [read.frames(seconds) for seconds in case["durations"]], 1)


def _looks(people: Sequence[Mapping[str, Any]], read: PlanEvidence) -> FileScore:
    """Of everybody with words about them, whether at least half of these are among its own words."""
    described = [p for p in people if p["words"]]
    own = {c.id: (*looks(c), *clothes(c)) for c in read.story.cast}
    kept = 0
    for person in described:
        texts = [t for words in own.values() if is_called(words[:2], person["names"]) for t in words]
        kept += 2 * sum(is_called(texts, (word,)) for word in person["words"]) >= len(person["words"])
    return FileScore(kept, len(described))


def _is_named(names: Iterable[str], thing: str) -> bool:
    """Whether somebody is called exactly this."""
    return any(plain(name).lower() == plain(thing).lower() for name in names)


def _same(text: str, other: str) -> bool:
    return " ".join(plain(text).split()).lower() == " ".join(plain(other).split()).lower()


def _lines_in_order(lines: Sequence[Sequence[str]], read: PlanEvidence) -> int:
    """How many lines are said letter by letter by their speaker, in the order of the file."""
    said = [(names, " ".join(plain(line.text).split())) for line, names in read.lines]
    wanted = [(speaker, " ".join(plain(text).split())) for speaker, text in lines]
    places = [[i for i, (names, t) in enumerate(said) if t == text and _speaks(names, who)] for who, text in wanted]
    return most_in_order(places, apart=True)


def _speaks(names: Iterable[str], speaker: str) -> bool:
    known = tuple(names)
    return any(says(name, speaker) or says(speaker, name) for name in known)


def _is_only_heard(voice: str, read: PlanEvidence) -> bool:
    """Whether somebody is in the cast, speaks, and is in no picture."""
    ids = {c.id for c in read.story.cast if _speaks((c.name,), voice)}
    speaks = any(line.speaker in ids for line, _ in read.lines)
    return speaks and not any(s.entity in ids for _, shot in read.story.shots for s in shot.staging)


def _is_at(names: Sequence[str]) -> Any:
    return lambda shot: is_called((*shot.place, *picture(shot.shot)), names)


def _tells(event: Sequence[Sequence[str]]) -> Any:
    return lambda shot: says_all(shot.told, [group for group in event if group])


def _in_order(wanted: Sequence[Any], read: PlanEvidence) -> int:
    """How many things are found in the shots, none of them earlier than the one before."""
    return most_in_order([[i for i, shot in enumerate(read.shots) if is_there(shot)] for is_there in wanted])


def most_in_order(places: Sequence[Sequence[int]], *, apart: bool = False) -> int:
    """The most things of a row that can be taken at places of theirs that never go back; ``apart``: each at its own."""
    best: dict[int, int] = {}  # last place -> the most things up to there
    for some in places:
        reached = {p: 1 + max((n for at, n in best.items() if at < p + (not apart)), default=0) for p in some}
        best |= {place: max(count, best.get(place, 0)) for place, count in reached.items()}
    return max(best.values(), default=0)


def _is_filmed(words: str, read: PlanEvidence) -> bool:
    wanted = plain(words).lower()
    return any(wanted in plain(text).lower() for shot in read.shots for text in _filmed(shot))


def _filmed(shot: ShotEvidence) -> tuple[str, ...]:
    return (*shot.prose, *sum(shot.staged, ()), *shot.voices, *shot.sound, shot.shot.caption)


def figures(found: Sequence[Mapping[str, FileScore]]) -> list[PlannerRow]:
    """Each measure over all files together."""
    return [_figure(name, told, found) for name, told in (*MEASURES.items(), ("refused", "refused in one line"))]


def _figure(name: str, told: str, found: Sequence[Mapping[str, FileScore]]) -> PlannerRow:
    scores = [s[name] for s in found if name in s]
    wanted = sum(s.wanted for s in scores)
    return row(f"strangers' files: {told}", sum(s.right for s in scores) / wanted if wanted else None, wanted)
