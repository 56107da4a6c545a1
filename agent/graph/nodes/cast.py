"""Casting: every sheet and plate that the shots will be held to, made or taken from the user, and pinned."""

from __future__ import annotations

import time
from typing import NamedTuple

import torch
from torch import Tensor

from agent.context import Emit, ProductionContext
from agent.critic.findings import add_up
from agent.critic.review import Review
from agent.events import CastPinned, Notice
from agent.graph.state import State
from agent.versions.parts import Part, parts
from memory import PinRow
from omni_model.media import fit
from omni_model.spec.conditioning import SHEET_GROUND, Conditioning
from planner.story.story import Story


class _Choice(NamedTuple):
    """The picture that the critic likes best, what the critic says of it, and how it was asked for."""

    picture: Tensor
    review: Review
    conditioning: Conditioning


def cast(state: State, context: ProductionContext, emit: Emit) -> State:
    """Pins every sheet and plate; one that is pinned from the same inputs stays as it is."""
    rendition = state["rendition"]
    story = context.story(context.memory.rendition(rendition).version)
    for part in parts(story, context.generator.capabilities):
        pin = _pin(part, rendition, context)
        if is_redressed(part, story):
            emit(Notice(f"the picture of {part.entity} shows other clothes: this sheet is drawn from the words alone"))
        origin, doubts = "given" if part.picture else "rendered", tuple(pin.provenance["doubts"])
        emit(CastPinned(part.entity, part.role, part.key, pin.image, origin, doubts))
    return {"rendition": rendition}


def is_redressed(part: Part, story: Story) -> bool:
    """Whether a sheet is drawn although its character has a picture: in clothes that the picture does not show."""
    owner = next((c for c in story.cast if c.id == part.entity and part.role == "sheet"), None)
    return owner is not None and part.picture is None and any(r.role != "style" for r in owner.references)


def _pin(part: Part, rendition: int, context: ProductionContext) -> PinRow:
    """The part's pin in a rendition: that of any rendition with the same inputs, else a new one."""
    began, inputs = time.monotonic(), part.inputs(context)
    same = (pin for pin in context.memory.pins() if (pin.entity, pin.role, pin.key) == part.slot)
    known = (pin for pin in same if pin.provenance.get("inputs") == inputs and pin.image in context.memory.blobs)
    pin = next(known, None) or _made(part, inputs, context)
    with context.memory.transaction() as unit:
        unit.pin(rendition, pin)
        unit.spend(rendition, "cast", time.monotonic() - began)
    return pin


def _made(part: Part, inputs: str, context: ProductionContext) -> PinRow:
    tries = part.tries(context.budget.sheet_tries)
    chosen = _best(part, tries, context)
    provenance = {
        "inputs": inputs,
        "given": part.picture,
        "seed": None if part.picture else chosen.conditioning.seed,
        "tries": len(tries),
        "generator": context.generator.capabilities.name,
        "weights_digest": context.generator.weights_digest,
        "critic": context.critic.digest,
        "scores": chosen.review.model_dump(mode="json")["scores"],
        "doubts": [note.text for note in chosen.review.notes],
    }
    if not part.picture:
        provenance["conditioning"] = context.gallery.keep_document(chosen.conditioning)
    return PinRow(part.entity, part.role, part.key, context.gallery.keep_still(chosen.picture), provenance)


def _best(part: Part, tries: tuple[Conditioning, ...], context: ProductionContext) -> _Choice:
    if part.picture:
        picture = _fitted(context.gallery(part.picture), part)
        return _Choice(picture, _reviewed(part, picture, context), part.compiled.conditioning)
    clips = context.generator.render(tries, context.pixels)
    drawn = zip((clip.frames[0] for clip in clips), tries, strict=True)
    choices = [_Choice(picture, _reviewed(part, picture, context), asked) for picture, asked in drawn]
    return min(choices, key=lambda choice: choice.review.rank)


def _reviewed(part: Part, picture: Tensor, context: ProductionContext) -> Review:
    facts = part.compiled.facts
    if part.role == "plate":
        return add_up(context.critic.place(facts, picture))
    return add_up(context.critic.likeness(facts.subjects[0], picture))


def _fitted(picture: Tensor, part: Part) -> Tensor:
    """A user's picture at the size of the part: a plate fills the frame, a sheet stands on its ground."""
    c = part.compiled.conditioning
    return _filling(picture, c.width, c.height) if part.role == "plate" else _standing(picture, c.width)


def _filling(picture: Tensor, width: int, height: int) -> Tensor:
    """The middle of uint8 ``[3, h, w]``, scaled to ``[3, height, width]``."""
    scale = min(picture.shape[2] / width, picture.shape[1] / height)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    top, left = (picture.shape[1] - h) // 2, (picture.shape[2] - w) // 2
    return fit(picture[None, :, top : top + h, left : left + w], (width, height))[0]


def _standing(picture: Tensor, size: int) -> Tensor:
    """All of uint8 ``[3, h, w]`` on the plain ground of a sheet: ``[3, size, size]``."""
    scale = size / max(picture.shape[1:])
    w, h = max(1, round(picture.shape[2] * scale)), max(1, round(picture.shape[1] * scale))
    ground = (255 * torch.tensor(SHEET_GROUND)).round().to(torch.uint8)
    sheet = ground[:, None, None].repeat(1, size, size)
    top, left = (size - h) // 2, (size - w) // 2
    sheet[:, top : top + h, left : left + w] = fit(picture[None], (w, h))[0]
    return sheet
