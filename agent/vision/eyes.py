"""The embedded eyes: what omni-mini's captioner reads in pictures that a person gives.

Whoever reads pictures makes a :class:`planner.read.looks.Look` of each: a language model that sees
(:mod:`agent.vision.sight`), or, where none is configured, the captioner, which knows one world and says when a picture
is not of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.context import Emit, ProductionContext
from agent.events import Notice, Planning
from agent.folder.report import CAPTIONER, EyesReport
from agent.folder.request import Request
from omni_model.eyes.observation import Observation, SubjectSeen, WordReading
from planner.read.looks import Look, LookKind, Trait, strange

_CHARACTER: tuple[LookKind, ...] = ("species", "colour")
_PLACE: tuple[LookKind, ...] = ("setting", "time", "weather", "style")


def read_pictures(request: Request, context: ProductionContext, emit: Emit) -> EyesReport | None:
    """What the captioner sees in every picture of a request; None where there is none, or nobody to read it."""
    if not request.images:
        return None
    reader = context.captioner()
    if reader is None:
        names = ", ".join(f"@{name}" for name in request.images)
        emit(Notice(f"nobody here can read the picture of {names}: it is used as it is, the words decide the rest"))
        return None
    looks = {}
    for name, image in request.images.items():
        emit(Planning(f"looking at the picture of @{name}"))
        looks[name] = look_of(reader.read(context.gallery(image)))
        for fate in strange(name, looks[name]):
            emit(Notice(f"{fate.directive}: {fate.detail}"))
    return EyesReport(backend=CAPTIONER, model=reader.digest[:12], photographs=looks, failures={})


def look_of(seen: Observation) -> Look:
    """What was seen as a look: of the character that matters most, and of the place."""
    if seen.picture == "outside":
        return Look(traits=(), strange=f"not surely a picture of this generator's world ({seen.of_world:.1%})")
    character = _of_character(seen.subjects[0]) if seen.subjects else ()
    place = (_trait(kind, seen.facts[kind]) for kind in _PLACE if kind in seen.facts)
    return Look(traits=(*character, *place))


def _of_character(subject: SubjectSeen) -> Iterator[Trait]:
    yield from (_trait(kind, subject.facts[kind]) for kind in _CHARACTER)
    for worn in subject.wardrobe:
        sure = worn.item.confidence * worn.colour.confidence
        yield _trait("wardrobe", WordReading(word=worn.item.word, confidence=sure), colour=worn.colour.word)


def _trait(kind: LookKind, fact: WordReading, colour: str = "") -> Trait:
    return Trait(kind=kind, words=fact.word, colour=colour, confidence=round(fact.confidence, 4), drawn=fact.word)
