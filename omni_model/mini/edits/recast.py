"""An instruction that adds something or changes how somebody looks: what that is, and the look that is to be."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from omni_model.eyes.perception import Perception, Reading
from omni_model.motion.boxes import boxes
from omni_model.spec.captions import GarmentFacts, PropFacts, SubjectFacts
from omni_model.spec.conditioning import Conditioning
from omni_model.spec.instructions import AddGarment, AddProp, NamedSubject, ReplaceSubject


def recast(asked: Conditioning, source: Tensor, critic: Callable[[], Perception]) -> SubjectFacts | PropFacts | None:
    """Whoever is replaced or dressed by the instruction, as they are to look, or the prop that is added: staged, but
    doing nothing. None where there is nobody and nothing.

    ``source``: the clip that is edited, uint8 ``[T, 3, H, W]``. Of those who are staged it is the one who looks most
    like the words in it. Clothes that are worn already are left to the clip: their colours are not read.
    """
    match asked.instruction:
        case AddProp(colour=colour, prop=kind):
            prop = next((track.entity for track in asked.tracks if not track.action), None)
            return None if prop is None else PropFacts(entity=prop, colour=colour, kind=kind)
        case ReplaceSubject(who=NamedSubject() as who, by=look):
            wardrobe: tuple[GarmentFacts, ...] = ()
        case AddGarment(who=NamedSubject() as who, colour=colour, item=item):
            look, wardrobe = who, (GarmentFacts(colour=colour, item=item),)
        case _:
            return None

    def alike(entity: str) -> float:
        return likeness(staged_look(asked, source, entity, critic()), who)

    entity = max((track.entity for track in asked.tracks), key=alike, default=None)
    if entity is None:
        return None
    return SubjectFacts(entity=entity, colour=look.colour, species=look.species, wardrobe=wardrobe)


def likeness(seen: Reading, who: NamedSubject) -> float:
    """The probability, 0..1, that somebody who was read is the one who is named; 0 for words that nobody reads."""
    seen_as = seen.probabilities
    return seen_as["colour"].get(who.colour, 0.0) * seen_as["species"].get(who.species, 0.0)


def staged_look(asked: Conditioning, source: Tensor, entity: str, critic: Perception) -> Reading:
    """What the critic reads in a clip where the request stages somebody."""
    count = min(len(source), asked.frames)
    return critic.subject(source[:count], boxes(asked, entity)[:count])
