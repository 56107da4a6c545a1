"""An instruction that adds something or changes how somebody looks: what that is, and the look that is to be."""

from __future__ import annotations

import re
from collections.abc import Callable

from torch import Tensor

from omni_model.eyes.perception import Perception, Reading
from omni_model.motion.boxes import boxes
from omni_model.spec.captions import Garment, PropFacts, SubjectFacts
from omni_model.spec.conditioning import Conditioning
from omni_model.spec.vocabulary import COLOURS, PROPS, SPECIES, WARDROBE

_COLOUR, _SPECIES, _ITEM, _PROP = ("|".join(words) for words in (COLOURS, SPECIES, WARDROBE, PROPS))
WHO = rf"the ({_COLOUR}) ({_SPECIES})"
_REPLACE = re.compile(rf"replace {WHO} with an? ({_COLOUR}) ({_SPECIES})\b")
_GIVE = re.compile(rf"give {WHO} an? ({_COLOUR}) ({_ITEM})\b")
_ADD = re.compile(rf"add an? ({_COLOUR}) ({_PROP})\b")  # a balloon is no ball


def recast(asked: Conditioning, source: Tensor, critic: Callable[[], Perception]) -> SubjectFacts | PropFacts | None:
    """Whoever is replaced or dressed by the instruction, as they are to look, or the prop that is added: staged, but
    doing nothing. None where there is nobody and nothing.

    ``source``: the clip that is edited, uint8 ``[T, 3, H, W]``. Of those who are staged it is the one who looks most
    like the words in it. Clothes that are worn already are left to the clip: their colours are not read.
    """
    if found := _ADD.search(asked.instruction):
        prop = next((track.entity for track in asked.tracks if not track.action), None)
        return None if prop is None else PropFacts(entity=prop, colour=found[1], kind=found[2])
    if found := _REPLACE.search(asked.instruction):
        look: dict[str, object] = {"colour": found[3], "species": found[4]}
    elif found := _GIVE.search(asked.instruction):
        garment = Garment(colour=found[3], item=found[4])
        look = {"colour": found[1], "species": found[2], "wardrobe": (garment,)}
    else:
        return None
    colour, species = found[1], found[2]

    def alike(entity: str) -> float:
        seen = staged_look(asked, source, entity, critic()).probabilities
        return seen["colour"][colour] * seen["species"][species]

    who = max((track.entity for track in asked.tracks), key=alike, default=None)
    return None if who is None else SubjectFacts.model_validate(look | {"entity": who})


def staged_look(asked: Conditioning, source: Tensor, entity: str, critic: Perception) -> Reading:
    """What the critic reads in a clip where the request stages somebody."""
    count = min(len(source), asked.frames)
    return critic.subject(source[:count], boxes(asked, entity)[:count])
