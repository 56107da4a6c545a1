"""What a picture or clip was seen to show: words with how likely each is right, and the caption they make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, computed_field

from omni_model.spec.captions import GarmentFacts, PropFacts, SceneFacts, SubjectFacts, caption, sheet_caption
from omni_model.spec.conditioning import Frozen, Unit

PictureKind = Literal["shot", "sheet", "outside"]
Corners = tuple[float, float, float, float]
STRANGE = "not a picture of this world"


class WordReading(Frozen):
    """A word of the vocabulary, and the share of such readings that are right."""

    word: str
    confidence: Unit


class GarmentSeen(Frozen):
    """Something worn; ``item`` says how likely it is there, ``colour`` how likely it is of that colour."""

    item: WordReading
    colour: WordReading


class Detection(Frozen):
    """Something in a picture. ``box``: x0 y0 x1 y1 in shares of the frame, of the middle one where it is seen."""

    box: Corners
    presence: Unit
    facts: dict[str, WordReading]

    def word(self, kind: str, default: str = "") -> str:
        """The word of a kind, or ``default`` where it was not read."""
        return self.facts[kind].word if kind in self.facts else default


class SubjectSeen(Detection):
    """``facts``: species, colour, action (of a still where it is plain); of clips also direction."""

    wardrobe: tuple[GarmentSeen, ...] = ()


class PropSeen(Detection):
    """``facts``: prop and prop_colour; of clips also prop_motion."""


class EntityFact(NamedTuple):
    """A fact, and of whom it is; empty: of all."""

    who: str
    kind: str
    word: str
    confidence: float


class Observation(Frozen):
    """Of a picture that is not of this world nothing is told but that.

    ``facts``: style; of a shot also setting, time, weather (not of a room), mood, size; of a clip also camera.
    ``subjects`` and ``props``: the most important first.
    """

    picture: PictureKind
    of_world: Unit
    """How likely it is a picture of the generator's world at all."""
    frames: Annotated[int, Field(ge=1)]
    facts: dict[str, WordReading] = Field(default_factory=dict)
    subjects: tuple[SubjectSeen, ...] = ()
    props: tuple[PropSeen, ...] = ()

    @property
    def scene(self) -> SceneFacts | None:
        """The likeliest words as facts of a scene; None of a picture that shows none."""
        if self.picture != "shot":
            return None
        words = {kind: fact.word for kind, fact in self.facts.items()}
        cast = tuple(_subject("abc"[i], s) for i, s in enumerate(self.subjects[:3]))
        props = tuple(_prop(p) for p in self.props[:1])
        return SceneFacts.model_validate({**words, "subjects": cast, "props": props})

    def told(self) -> Iterator[EntityFact]:
        """Every fact on a line of its own: of the whole, of each subject, of each prop."""
        yield from (EntityFact("", kind, fact.word, fact.confidence) for kind, fact in self.facts.items())
        for number, subject in enumerate(self.subjects, 1):
            who = f"subject {number}"
            yield from (EntityFact(who, k, fact.word or "stays", fact.confidence) for k, fact in subject.facts.items())
            for worn in subject.wardrobe:
                sure = worn.item.confidence * worn.colour.confidence
                yield EntityFact(who, "wears", f"{worn.colour.word} {worn.item.word}", sure)
        for number, prop in enumerate(self.props, 1):
            yield from (EntityFact(f"prop {number}", k, fact.word, fact.confidence) for k, fact in prop.facts.items())

    @computed_field  # type: ignore[prop-decorator]
    @property
    def caption(self) -> str:
        """The dense caption, in the generator's own grammar."""
        if self.picture == "outside":
            return STRANGE
        if self.picture == "sheet":
            return sheet_caption(_subject("a", self.subjects[0]), self.facts["style"].word)
        scene = self.scene
        assert scene is not None
        return caption(scene)


def _subject(entity: str, seen: SubjectSeen) -> SubjectFacts:
    return SubjectFacts.model_validate(
        {
            "entity": entity,
            "species": seen.word("species"),
            "colour": seen.word("colour"),
            "wardrobe": tuple(GarmentFacts(item=g.item.word, colour=g.colour.word) for g in seen.wardrobe),
            "action": seen.word("action", "stands"),
            "direction": seen.word("direction"),
        }
    )


def _prop(seen: PropSeen) -> PropFacts:
    return PropFacts(
        entity="prop",
        kind=seen.word("prop"),
        colour=seen.word("prop_colour"),
        motion=seen.word("prop_motion", "rests"),
    )
