"""What a plan shows, shot by shot, in words: the evidence by which demands are judged.

Where a shot has a prose picture, that is what it shows; its description, in the author's words, stands in where there
is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from omni_model.spec.conditioning import Capabilities
from planner.edit.apply.film import worn
from planner.evaluate.lemmas import Signs, says, says_all
from planner.film.lowering import Lowering
from planner.story.story import Character, Line, Location, Prop, Scene, Shot, Story

Entity = Character | Prop | Location


class ShotEvidence(NamedTuple):
    """The words of one shot, by where they stand."""

    scene: Scene
    shot: Shot
    prose: tuple[str, ...]
    """The picture, or what stands for it."""
    staged: tuple[tuple[str, ...], ...]
    """Of everybody and everything staged: names, looks, what is worn, what it does."""
    place: tuple[str, ...]
    voices: tuple[str, ...]
    """Speakers and their lines."""
    sound: tuple[str, ...]

    @property
    def told(self) -> tuple[str, ...]:
        """All that is seen and heard."""
        staged = (text for body in self.staged for text in body)
        hour = (self.scene.time, self.scene.weather)
        every = (*self.prose, *staged, *self.place, *hour, *self.voices, *self.sound, self.shot.caption)
        return tuple(filter(None, every))

    @property
    def seen(self) -> tuple[str, ...]:
        """All that is seen: neither lines nor sounds."""
        staged = (text for body in self.staged for text in body)
        return tuple(filter(None, (*self.prose, *staged, self.shot.caption)))

    @property
    def mood(self) -> str:
        return self.shot.mood or self.scene.mood


class PlanEvidence:
    """A story with what it is filmed for, what the plan said of it, and what its treatment says that it invents."""

    def __init__(
        self,
        story: Story,
        notices: Sequence[Lowering],
        capabilities: Capabilities,
        *,
        remarks: Sequence[str] = (),
        inventions: Sequence[str] = (),
    ) -> None:
        self.story, self.notices, self.capabilities = story, tuple(notices), capabilities
        self.remarks, self.inventions = tuple(remarks), tuple(inventions)

    @cached_property
    def shots(self) -> tuple[ShotEvidence, ...]:
        """What each shot shows, in film order."""
        dressed = {c.id: worn(self.story, c) for c in self.story.cast}
        entities = {e.id: e for e in bodies(self.story)}
        places = {p.id: p for p in self.story.locations}
        found = []
        for scene, shot in self.story.shots:
            staged = tuple(
                (*looks(entities[s.entity]), *_worn_words(dressed.get(s.entity, {}).get(shot.id, ())), s.action)
                for s in shot.staging
            )
            voices = tuple(text for line in shot.dialogue for text in (*looks(entities[line.speaker]), line.text))
            found.append(
                ShotEvidence(scene, shot, prose(shot), staged, looks(places[scene.location]), voices, sound(shot))
            )
        return tuple(found)

    @property
    def film(self) -> tuple[str, ...]:
        """What is said of the film as a whole: its title and style."""
        return tuple(filter(None, (self.story.title, self.story.style, self.story.style_notes)))

    @property
    def settings(self) -> tuple[str, ...]:
        """What says how the film is made: its style, its cameras and transitions, its pictures and sounds."""
        shots = (
            text
            for s in self.shots
            for text in (s.shot.camera, s.shot.transition, *picture(s.shot), *s.sound, s.shot.caption)
        )
        return tuple(dict.fromkeys(filter(None, (*self.film, *shots))))

    @property
    def lines(self) -> tuple[tuple[Line, tuple[str, ...]], ...]:
        """Everything said, in order, with what its speaker is called."""
        cast = {c.id: looks(c) for c in self.story.cast}
        return tuple((line, cast[line.speaker]) for _, shot in self.story.shots for line in shot.dialogue)

    def frames(self, seconds: float) -> int:
        """Whole frames of so many seconds."""
        return round(seconds * self.capabilities.fps)


def bodies(story: Story) -> tuple[Character | Prop, ...]:
    """Everybody and everything that can be staged."""
    return (*story.cast, *story.props)


def picture(shot: Shot) -> tuple[str, ...]:
    """The prose picture of a shot, where its story has such."""
    return tuple(filter(None, (str(_field(shot, "picture")),)))


def prose(shot: Shot) -> tuple[str, ...]:
    """What says what a shot shows: its picture, else its description."""
    return picture(shot) or tuple(filter(None, (shot.description,)))


def sound(shot: Shot) -> tuple[str, ...]:
    """The sound of a shot, where its story has such."""
    return tuple(filter(None, (str(_field(shot, "sound")),)))


def _field(shot: Shot, name: str) -> Any:
    """A field that older stories do not have."""
    return getattr(shot, name, "") or ""


def looks(entity: Entity) -> tuple[str, ...]:
    """What somebody, something or some place is called and how it looks, without its clothes."""
    features = "" if isinstance(entity, Prop) else entity.features
    colour = "" if isinstance(entity, Location) else entity.colour
    return tuple(filter(None, (entity.name, entity.kind, features, f"{colour} {entity.kind}" if colour else "")))


def clothes(character: Character) -> tuple[str, ...]:
    """All that somebody wears at any time."""
    return tuple(w for state in character.wardrobe for w in _worn_words(state.garments))


def _worn_words(garments: Iterable[Any]) -> Iterator[str]:
    return (f"{garment.colour} {garment.item}".strip() for garment in garments)


def is_called(texts: Iterable[str], words: Iterable[str]) -> bool:
    """Whether texts say one of some words."""
    known = tuple(texts)
    return any(says(text, word) for text in known for word in words)


def together(evidence: Iterable[ShotEvidence], signs: Signs) -> tuple[ShotEvidence, ...]:
    """The shots that show or tell one sign of each group."""
    return tuple(e for e in evidence if says_all(e.told, signs))
