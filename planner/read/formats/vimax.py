"""Import of ViMax benchmark stories: ``scenes[].shots[]{shot_id, first_frame, video_prompt}``.

Their shots are prose. Rules and the film grammar find cast, place, light, wardrobe, framing and action in it;
the prose itself stays in the story as descriptions and features.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from planner.film.grammar import grammar
from planner.film.ground import WordMatch, find
from planner.read.formats import prose
from planner.read.formats.schema_faults import name_of
from planner.read.formats.shot_prose import Source, SourceRole, SourceShot
from planner.read.formats.textfile import Remark, unremarked
from planner.story.story import Character, Location, Scene, Shot, Staging, Story, WardrobeState

DEFAULT_SECONDS = 4.0
MAX_CAST = 4
#: A name or a role must appear in this share of the shots to be one of the cast.
RECURS = 0.25
HEIGHT, FLOOR = 0.42, 0.86

_GENERIC = {
    "adult",
    "people",
    "person",
    "human",
    "man",
    "men",
    "woman",
    "women",
    "lady",
    "guy",
    "crowd",
    "baby",
}
_NOT_NAMES = {"east", "asian", "the", "same", "adult", "and"}
_READ = frozenset({"story_overview", "consistency_type", "scenes", "metadata"})
_INDOORS = {"interior", "inside", "indoor", "indoors", "exterior", "outdoors"}
_INTRODUCES = re.compile(
    r"\b(?:interior|exterior|establishing|wide|shift\w*|new (?:setting|location)|abrupt|hard cut)\b", re.I
)
_LABEL = re.compile(r"\b([A-Z][a-z]+) ([A-E])\b")
_NAME = re.compile(r"(?<=[a-z,;] )([A-Z][a-z]{2,})\b(?! [A-E]\b)")
_FRAMING = re.compile(r"\b(?:shot|lens|camera|close-?up|angle)\b", re.I)
_DRESSED = re.compile(r"\b([\w-]+ (?:woman|man))\b")


class ViMaxError(Exception):
    """The file looks like a ViMax story and is none; the message names the place."""


@dataclass(frozen=True)
class _Set:
    """Place and light, which hold until the prose says otherwise."""

    place: str
    time: str
    weather: str


def recognises(data: Any) -> bool:
    """Whether parsed data is meant as a ViMax story."""
    scenes = data.get("scenes") if isinstance(data, dict) else None
    scene = scenes[0] if isinstance(scenes, list) and scenes else None
    shots = scene.get("shots") if isinstance(scene, dict) else None
    shot = shots[0] if isinstance(shots, list) and shots else None
    return isinstance(data, dict) and ("story_overview" in data or (isinstance(shot, dict) and "video_prompt" in shot))


def to_story(data: dict[str, Any], name: str, remark: Remark = unremarked) -> Story:
    """The story of a ViMax file called ``name``; ``remark`` is told what is not read. Raises ViMaxError."""
    try:
        source = Source.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        raise ViMaxError("; ".join(f"{name_of(p['loc'])}: {p['msg']}" for p in problems[:10])) from error
    if not source.shots:
        raise ViMaxError("scenes: there is no shot to film: add one to a scene")
    remark("it is a ViMax story: cast, places and light are read from its prose")
    if others := sorted(str(key)[:40] for key in data.keys() - _READ):
        remark(f"{', '.join(others)[:200]} is not read")
    roles = tuple(_roles(source))
    cast = tuple(_character(role, source, alone=len(roles) == 1) for role in roles)
    return told(source, name, roles, cast)


def told(source: Source, name: str, roles: Sequence[SourceRole], cast: Sequence[Character]) -> Story:
    """The story that a source tells of a cast, each of whom is called as one of ``roles`` says."""
    script = _Script(source, roles)
    scenes = tuple(script.scenes())
    return Story(
        id=prose.slug(name),
        title=name.replace("_", " ").strip()[:120] or "untitled",
        logline=source.story_overview[:4000],
        cast=tuple(cast),
        locations=tuple(script.places.values()),
        scenes=scenes,
    )


class _Script:
    """Walks the shots in order, carries place and light on, and opens a scene when one of them changes."""

    def __init__(self, source: Source, roles: Sequence[SourceRole]) -> None:
        self.roles = roles
        self.places: dict[str, Location] = {}
        self._source = source
        self._one_place = source.consistency_type.endswith("B")
        self._ids: set[str] = set()
        self._last: str | None = None
        """The shot before."""

    def scenes(self) -> Iterable[Scene]:
        """The scenes; :attr:`places` is complete when they are all taken."""
        now: _Set | None = None
        for number, scene in enumerate(self._source.scenes, 1):
            shots: list[Shot] = []
            for shot in scene.shots:
                before, now = now, self._set(shot, now)
                if shots and before and now != before:
                    yield self._scene(number, before, shots)
                    shots = []
                shots.append(self._shot(shot))
            if now:
                yield self._scene(number, now, shots)

    def _scene(self, number: int, where: _Set, shots: Sequence[Shot]) -> Scene:
        mood = Counter(shot.mood for shot in shots).most_common(1)[0][0] if shots else "calm"
        return Scene(
            id=self._fresh(f"scene-{number}"),
            location=where.place,
            time=where.time,
            weather=where.weather,
            mood=mood,
            shots=tuple(s.model_copy(update={"mood": "" if s.mood == mood else s.mood}) for s in shots),
        )

    def _set(self, shot: SourceShot, before: _Set | None) -> _Set:
        if shot.goes_on and before:
            return before
        opening = _opening(shot.opening)
        place = self._place(opening, shot, before)
        stays = before is not None and before.place == place
        return _Set(
            place=place,
            time=prose.time(opening, shot.opening) or (before.time if before else "day"),
            weather=prose.weather(opening) or (before.weather if before and stays else "clear"),
        )

    def _place(self, opening: str, shot: SourceShot, before: _Set | None) -> str:
        """The location of a shot; only a wide or an introducing shot can move the story elsewhere."""
        if before and (self._one_place or not _INTRODUCES.search(f"{opening} {shot.video_prompt}")):
            return before.place
        text = opening if before or find("setting", opening) else shot.opening
        named = [m for m in find("setting", text) if m.text.lower() not in _INDOORS]
        kind = prose.phrase(text, named)[:80] if named else "room"
        bare = " " not in kind and before and named and self._is_like(before.place, named[0])
        if before and (not named or bare):
            return before.place
        place = Location(id=prose.slug(kind), name=kind, kind=kind, features=shot.opening[:4000])
        return self.places.setdefault(place.id, place).id

    def _is_like(self, place: str, mention: WordMatch) -> bool:
        """Whether a bare word ('room') can mean the place where the story is already."""
        return any(m.word == mention.word for m in find("setting", self.places[place].kind))

    def _shot(self, shot: SourceShot) -> Shot:
        framing = f"{prose.sentences(shot.video_prompt)[0]} {prose.sentences(shot.opening)[0]}"
        seconds = prose.seconds(shot.video_prompt, DEFAULT_SECONDS)
        moody = [s for s in prose.sentences(shot.opening) if re.search(r"\bmood\b", s)]
        mood = prose.first("mood", moody) or prose.first("mood", [shot.video_prompt], near=False)
        before, self._last = self._last, self._fresh(f"shot-{shot.shot_id}")
        goes_on = shot.goes_on and before is not None
        return Shot(
            id=self._last,
            duration=seconds,
            description=shot.text[:4000],
            size=prose.size(framing),
            angle=prose.angle(framing),
            camera=prose.camera(shot.video_prompt),
            staging=_staging(shot, self.roles, seconds),
            mood=mood or "calm",
            transition="continue" if goes_on else "cut",
            continues=before if goes_on else None,
        )

    def _fresh(self, wanted: str) -> str:
        """``wanted`` as an id that no other scene or shot has."""
        base = prose.slug(wanted)
        unique, n = base, 2
        while unique in self._ids:
            unique, n = f"{base[:58]}-{n}", n + 1
        self._ids.add(unique)
        return unique


def _opening(text: str) -> str:
    """The sentence that says where we are."""
    parts = prose.sentences(text)
    return next((part for part in parts if re.search(r"\bnew (?:setting|location)\b", part, re.I)), parts[0])


def _roles(source: Source) -> list[SourceRole]:
    """The cast: by label ('Chef A'), else by name, else by looks ('hoodie man'), else by role ('judge')."""
    text = " ".join(shot.text for shot in source.shots)
    often = max(3, round(RECURS * len(source.shots)))
    if labels := _labelled(text):
        return labels[:MAX_CAST]
    solo = source.consistency_type.endswith("A")
    names = [n for n in _recurring(_NAME, text, len(source.shots) // 2) if not _is_common(n, text)]
    looks = [] if solo else _recurring(_DRESSED, text, often)
    if called := names or looks:
        return [_named(name, source, text) for name in called[: 1 if solo else MAX_CAST]]
    return _by_role(source, often)


def _recurring(pattern: re.Pattern[str], text: str, often: int) -> list[str]:
    counts = Counter(m[1] for m in pattern.finditer(text))
    return [n for n in counts if counts[n] >= often and n.split()[0].lower() not in _NOT_NAMES]


def _is_common(name: str, text: str) -> bool:
    """Whether a capitalised word is an ordinary one: written small elsewhere, or the word for a role."""
    return bool(find("species", name)) or re.search(rf"\b{name.lower()}\b", text) is not None


def _labelled(text: str) -> list[SourceRole]:
    found = Counter(_LABEL.findall(text))
    nouns = Counter(noun for noun, _ in found)
    labels = [(noun, letter) for noun, letter in found if nouns[noun] > 1]
    letters = len(re.findall(r"\bB\b", text)) > 2 * sum(found[label] for label in labels if label[1] == "B")
    roles = []
    for noun, letter in sorted(labels, key=lambda label: label[1]):
        called = re.search(rf"\b{noun} {letter} \((\w+)\)", text)
        calls = [rf"\b{noun} {letter}\b", *([rf"\b{letter}\b(?=[’' ,(])"] if letters else [])]
        calls += [rf"\b{called[1]}\b"] if called else []
        kind = called[1] if called else noun.lower() if find("species", noun) else "person"
        roles.append(SourceRole(name=f"{noun} {letter}", kind=kind, calls=re.compile("|".join(calls))))
    return roles


def _named(name: str, source: Source, text: str) -> SourceRole:
    """A name is of the kind that stands before it ('Detective Mira'), or that the overview speaks of."""
    titled = re.findall(rf"([A-Za-z]+) {re.escape(name)}\b", text)
    known = [m for words in (name, *titled) for m in find("species", words)]
    solo = source.consistency_type.endswith("A")
    kinds = [*known, *(_people(source.story_overview) if solo else [])]
    return SourceRole(name=name, kind=_singular(kinds[0]) if kinds else "person", calls=_word(name))


def _by_role(source: Source, often: int) -> list[SourceRole]:
    """Roles that recur, the one that the overview names first before the others."""
    counts = Counter(_singular(m) for shot in source.shots for m in _people(shot.text))
    told = [_singular(m) for m in _people(source.story_overview)]
    if source.consistency_type.endswith("A"):
        kind = told[0] if told else next(iter(counts), "person")
        return [SourceRole(name=kind, kind=kind, calls=re.compile("", re.I))]
    kinds = [kind for kind in dict.fromkeys([*told, *counts]) if counts[kind] >= often] or ["person"]
    return [SourceRole(name=k, kind=k, calls=_word(k)) for k in kinds[:MAX_CAST]]


def _singular(mention: WordMatch) -> str:
    return (
        re.sub(r"['’]?s?['’]?$", "", mention.text.lower()) if not mention.text.endswith("ss") else mention.text.lower()
    )


def _word(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(words)}s?\b", re.I)


def _people(text: str) -> list[WordMatch]:
    return [m for m in find("species", text) if m.word == "person" and m.text.lower() not in _GENERIC]


def _character(role: SourceRole, source: Source, *, alone: bool) -> Character:
    """Looks are told where a role is first met; the colour is that of its most coloured garment."""
    told = _portrait(role, source, alone=alone)
    worn = prose.garments(told) or prose.garments("wearing " + role.name.rpartition(" ")[0])
    wardrobe = (WardrobeState(garments=worn),) if worn else ()
    colour = next((g.colour for g in worn if g.colour), "")
    return Character(
        id=role.id,
        name=role.name[:120],
        kind=role.kind[:80],
        colour=colour,
        features=told[:4000],
        wardrobe=wardrobe,
    )


def _portrait(role: SourceRole, source: Source, *, alone: bool) -> str:
    """The part of the first frames that describes a role: its sentences, up to the next of the cast."""
    for shot in source.shots:
        parts = prose.sentences(shot.first_frame)
        if alone:
            worn = [s for s in parts if prose.garments(s)]
            told = " ".join(worn)
        else:
            told = next((t for s in parts if (t := _own_part(role, s)) and prose.garments(t)), "")
        if told:
            return told
    return next((s for shot in source.shots for s in prose.sentences(shot.text) if role.calls.search(s)), "")


def _own_part(role: SourceRole, sentence: str) -> str:
    """From the mention of a role to where the sentence turns to somebody else."""
    found = role.calls.search(sentence)
    if not found:
        return ""
    rest = sentence[found.start() :]
    other = re.search(r";|\)(?:,|\s+and)|(?<=.)\b(?:and |, )?(?=[A-Z][a-z]+ [A-E]\b|[A-Z][a-z]+ \(\d)", rest[1:])
    return rest[: other.start() + 1] if other else rest


def _staging(shot: SourceShot, roles: Sequence[SourceRole], seconds: float) -> tuple[Staging, ...]:
    """Whom the prose mentions, from left to right; 'three adults' without a name are everyone."""
    there = [role for role in roles if role.calls.search(shot.text)]
    if not there and find("species", shot.text):
        there = list(roles)
    there.sort(key=lambda role: _side(role, shot.opening))
    gap = 0.62 / max(len(there), 1)
    return tuple(
        _staged(role, shot, there, 0.5 + (i - (len(there) - 1) / 2) * gap, seconds) for i, role in enumerate(there)
    )


def _side(role: SourceRole, text: str) -> int:
    for clause in re.split(r"[.;]", text):
        if role.calls.search(clause) and (side := re.search(r"\b(left|right)\b", clause)):
            return -1 if side[1] == "left" else 1
    return 0


def _staged(role: SourceRole, shot: SourceShot, there: Sequence[SourceRole], x: float, seconds: float) -> Staging:
    told = [c for c in prose.clauses(shot.video_prompt) if not _FRAMING.search(c)]
    if len(there) > 1:
        told = [c for c in told if role.calls.search(c)]
    action = next((a for c in told if (a := prose.action(c))), "")
    word = next((m.word for m in find("action", action)), "")
    step = min(grammar().travel.get(word, 0.0) * seconds, 0.16 if len(there) > 1 else 0.3)
    to_x = round(x + (step if x <= 0.5 else -step), 3) if step else None
    return Staging(entity=role.id, x=round(x, 3), y=FLOOR, height=HEIGHT, to_x=to_x, action=action)
