"""Import of ViMax benchmark stories: ``scenes[].shots[]{shot_id, first_frame, video_prompt}``.

Their shots are prose. Rules and the film grammar find cast, place, light, wardrobe, framing and action in it;
the prose itself stays in the story as descriptions and features.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from omni_model.spec.conditioning import Frozen
from planner.film.grammar import grammar
from planner.film.ground import Mention, find
from planner.read.formats import prose
from planner.story.story import Character, Location, Scene, Shot, Staging, Story, WardrobeState

DEFAULT_SECONDS = 4.0
MAX_CAST = 4
#: A name or a role must appear in this share of the shots to be one of the cast.
RECURS = 0.25
HEIGHT, FLOOR = 0.42, 0.86

_Prose = Annotated[str, StringConstraints(max_length=8000, strip_whitespace=True)]
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


class _SourceShot(Frozen, extra="ignore"):
    shot_id: int | str
    first_frame: _Prose
    video_prompt: _Prose

    @property
    def text(self) -> str:
        return f"{self.first_frame}\n\n{self.video_prompt}"


class _SourceScene(Frozen, extra="ignore"):
    shots: Annotated[tuple[_SourceShot, ...], Field(max_length=400)]


class _Source(Frozen, extra="ignore"):
    story_overview: _Prose = ""
    consistency_type: str = ""
    scenes: Annotated[tuple[_SourceScene, ...], Field(max_length=200)]

    @property
    def shots(self) -> list[_SourceShot]:
        return [shot for scene in self.scenes for shot in scene.shots]


@dataclass(frozen=True)
class _Role:
    """One of the cast as the prose calls it."""

    name: str
    kind: str
    calls: re.Pattern[str]

    @property
    def id(self) -> str:
        return prose.slug(self.name)


@dataclass(frozen=True)
class _Set:
    """Place and light, which hold until the prose says otherwise."""

    place: str
    time: str
    weather: str


def recognises(data: dict[str, Any]) -> bool:
    """Whether parsed data is meant as a ViMax story."""
    scenes = data.get("scenes")
    scene = scenes[0] if isinstance(scenes, list) and scenes else None
    shots = scene.get("shots") if isinstance(scene, dict) else None
    shot = shots[0] if isinstance(shots, list) and shots else None
    return "story_overview" in data or (isinstance(shot, dict) and "video_prompt" in shot)


def to_story(data: dict[str, Any], name: str) -> Story:
    """The story of a ViMax file called ``name``. Raises ViMaxError."""
    try:
        return _told(_Source.model_validate(data), name)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False)[0]
        place = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in problem["loc"]).lstrip(".")
        raise ViMaxError(f"{place}: {problem['msg']}") from error


def _told(source: _Source, name: str) -> Story:
    script = _Script(source)
    scenes = tuple(script.scenes())
    return Story(
        id=prose.slug(name),
        title=name.replace("_", " ").strip()[:120] or "untitled",
        logline=source.story_overview[:4000],
        cast=tuple(_character(role, source, alone=len(script.roles) == 1) for role in script.roles),
        locations=tuple(script.places.values()),
        scenes=scenes,
    )


class _Script:
    """Walks the shots in order, carries place and light on, and opens a scene when one of them changes."""

    def __init__(self, source: _Source) -> None:
        self.roles = _roles(source)
        self.places: dict[str, Location] = {}
        self._source = source
        self._one_place = source.consistency_type.endswith("B")
        self._ids: set[str] = set()

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

    def _set(self, shot: _SourceShot, before: _Set | None) -> _Set:
        opening = _opening(shot.first_frame)
        place = self._place(opening, shot, before)
        stays = before is not None and before.place == place
        return _Set(
            place=place,
            time=prose.time(opening, shot.first_frame) or (before.time if before else "day"),
            weather=prose.weather(opening) or (before.weather if before and stays else "clear"),
        )

    def _place(self, opening: str, shot: _SourceShot, before: _Set | None) -> str:
        """The location of a shot; only a wide or an introducing shot can move the story elsewhere."""
        if before and (self._one_place or not _INTRODUCES.search(f"{opening} {shot.video_prompt}")):
            return before.place
        text = opening if before or find("setting", opening) else shot.first_frame
        named = [m for m in find("setting", text) if m.text.lower() not in _INDOORS]
        kind = prose.phrase(text, named)[:80] if named else "room"
        bare = " " not in kind and before and named and self._is_like(before.place, named[0])
        if before and (not named or bare):
            return before.place
        place = Location(id=prose.slug(kind), name=kind, kind=kind, features=shot.first_frame[:4000])
        return self.places.setdefault(place.id, place).id

    def _is_like(self, place: str, mention: Mention) -> bool:
        """Whether a bare word ('room') can mean the place where the story is already."""
        return any(m.word == mention.word for m in find("setting", self.places[place].kind))

    def _shot(self, shot: _SourceShot) -> Shot:
        framing = f"{prose.sentences(shot.video_prompt)[0]} {prose.sentences(shot.first_frame)[0]}"
        seconds = prose.seconds(shot.video_prompt, DEFAULT_SECONDS)
        moody = [s for s in prose.sentences(shot.first_frame) if re.search(r"\bmood\b", s)]
        mood = prose.first("mood", moody) or prose.first("mood", [shot.video_prompt], near=False)
        return Shot(
            id=self._fresh(f"shot-{shot.shot_id}"),
            duration=seconds,
            description=shot.text[:4000],
            size=prose.size(framing),
            angle=prose.angle(framing),
            camera=prose.camera(shot.video_prompt),
            staging=_staging(shot, self.roles, seconds),
            mood=mood or "calm",
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


def _roles(source: _Source) -> list[_Role]:
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


def _labelled(text: str) -> list[_Role]:
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
        roles.append(_Role(name=f"{noun} {letter}", kind=kind, calls=re.compile("|".join(calls))))
    return roles


def _named(name: str, source: _Source, text: str) -> _Role:
    """A name is of the kind that stands before it ('Detective Mira'), or that the overview speaks of."""
    titled = re.findall(rf"([A-Za-z]+) {re.escape(name)}\b", text)
    known = [m for words in (name, *titled) for m in find("species", words)]
    solo = source.consistency_type.endswith("A")
    kinds = [*known, *(_people(source.story_overview) if solo else [])]
    return _Role(name=name, kind=_singular(kinds[0]) if kinds else "person", calls=_word(name))


def _by_role(source: _Source, often: int) -> list[_Role]:
    """Roles that recur, the one that the overview names first before the others."""
    counts = Counter(_singular(m) for shot in source.shots for m in _people(shot.text))
    told = [_singular(m) for m in _people(source.story_overview)]
    if source.consistency_type.endswith("A"):
        kind = told[0] if told else next(iter(counts), "person")
        return [_Role(name=kind, kind=kind, calls=re.compile("", re.I))]
    kinds = [kind for kind in dict.fromkeys([*told, *counts]) if counts[kind] >= often] or ["person"]
    return [_Role(name=k, kind=k, calls=_word(k)) for k in kinds[:MAX_CAST]]


def _singular(mention: Mention) -> str:
    return (
        re.sub(r"['’]?s?['’]?$", "", mention.text.lower()) if not mention.text.endswith("ss") else mention.text.lower()
    )


def _word(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(words)}s?\b", re.I)


def _people(text: str) -> list[Mention]:
    return [m for m in find("species", text) if m.word == "person" and m.text.lower() not in _GENERIC]


def _character(role: _Role, source: _Source, *, alone: bool) -> Character:
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


def _portrait(role: _Role, source: _Source, *, alone: bool) -> str:
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


def _own_part(role: _Role, sentence: str) -> str:
    """From the mention of a role to where the sentence turns to somebody else."""
    found = role.calls.search(sentence)
    if not found:
        return ""
    rest = sentence[found.start() :]
    other = re.search(r";|\)(?:,|\s+and)|(?<=.)\b(?:and |, )?(?=[A-Z][a-z]+ [A-E]\b|[A-Z][a-z]+ \(\d)", rest[1:])
    return rest[: other.start() + 1] if other else rest


def _staging(shot: _SourceShot, roles: Sequence[_Role], seconds: float) -> tuple[Staging, ...]:
    """Whom the prose mentions, from left to right; 'three adults' without a name are everyone."""
    there = [role for role in roles if role.calls.search(shot.text)]
    if not there and find("species", shot.text):
        there = list(roles)
    there.sort(key=lambda role: _side(role, shot.first_frame))
    gap = 0.62 / max(len(there), 1)
    return tuple(
        _staged(role, shot, there, 0.5 + (i - (len(there) - 1) / 2) * gap, seconds) for i, role in enumerate(there)
    )


def _side(role: _Role, text: str) -> int:
    for clause in re.split(r"[.;]", text):
        if role.calls.search(clause) and (side := re.search(r"\b(left|right)\b", clause)):
            return -1 if side[1] == "left" else 1
    return 0


def _staged(role: _Role, shot: _SourceShot, there: Sequence[_Role], x: float, seconds: float) -> Staging:
    told = [c for c in prose.clauses(shot.video_prompt) if not _FRAMING.search(c)]
    if len(there) > 1:
        told = [c for c in told if role.calls.search(c)]
    action = next((a for c in told if (a := prose.action(c))), "")
    word = next((m.word for m in find("action", action)), "")
    step = min(grammar().travel.get(word, 0.0) * seconds, 0.16 if len(there) > 1 else 0.3)
    to_x = round(x + (step if x <= 0.5 else -step), 3) if step else None
    return Staging(entity=role.id, x=round(x, 3), y=FLOOR, height=HEIGHT, to_x=to_x, action=action)
