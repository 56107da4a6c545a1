"""What a photograph shows of a character: open words that a model reads, each with how sure it is of them.

The words stay the model's own ('ginger'); what a generator makes of them ('orange') is told beside them and is
decided, as for an author's words, where a shot is compiled. A person's sentence is never overruled by a picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from omni_model.spec.conditioning import Capabilities, Frozen
from planner.film.ground import find, ground
from planner.film.lowering import Lowering
from planner.llm.base import LanguageModel, LanguageModelError, Message
from planner.llm.scoring import share
from planner.story.outline import Outline
from planner.story.story import Character, Garment, Story, WardrobeState
from prompts import render

CONFIDENT = 0.6
"""From here on a trait enters the story; below, it is only told."""

Plain = Annotated[str, Field(pattern=r"^[a-z][a-z -]{0,30}$")]
LookKind = Literal["species", "colour", "wardrobe", "setting", "time", "weather", "style"]
_OF_CHARACTERS = ("species", "colour", "wardrobe")
Told = TypeVar("Told", Story, Outline)


class _Worn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: Plain
    item: Plain


class _Described(BaseModel):
    """The form that the model fills in."""

    model_config = ConfigDict(extra="forbid")

    species: Plain
    colour: Plain
    wardrobe: Annotated[list[_Worn], Field(max_length=3)]


class Trait(Frozen):
    """One thing that a photograph shows. ``colour`` is that of a piece of wardrobe."""

    kind: LookKind
    words: str
    colour: str = ""
    confidence: float | None
    """p(yes) / (p(yes) + p(no)) to whether it is so; None: the model would not say."""
    drawn: str | None
    """The generator's word for it; None: it has none."""

    @property
    def told(self) -> str:
        return f"{self.colour} {self.words}".strip()


class Look(Frozen):
    """Everything that a photograph shows of its main character, and of its place where it shows one."""

    traits: tuple[Trait, ...]
    strange: str = ""
    """Why nothing is told of it; empty: it was read."""

    def of(self, kind: str) -> Trait | None:
        """The first trait of a kind."""
        return next((trait for trait in self.traits if trait.kind == kind), None)


def read(photograph: bytes, llm: LanguageModel, capabilities: Capabilities) -> Look:
    """The look of the main character of a PNG or JPEG. Raises LanguageModelError."""
    asked = _ask("look", photograph)
    seen = llm.generate_object(asked, _Described, max_tokens=400)
    found: list[tuple[LookKind, str, str]] = [("species", seen.species, ""), ("colour", seen.colour, "")]
    found += [("wardrobe", worn.item, worn.colour) for worn in seen.wardrobe]
    return Look(traits=tuple(_trait(*trait, photograph, llm, capabilities) for trait in dict.fromkeys(found)))


def _trait(
    kind: LookKind, words: str, colour: str, photograph: bytes, llm: LanguageModel, capabilities: Capabilities
) -> Trait:
    try:
        sure = round(share(llm, _ask("look_check", photograph, kind=kind, words=f"{colour} {words}".strip())), 4)
    except LanguageModelError:
        sure = None
    drawn = ground(kind, words, capabilities.vocabulary).word
    return Trait(kind=kind, words=words, colour=colour, confidence=sure, drawn=drawn)


def _ask(template: str, photograph: bytes, **values: str) -> list[Message]:
    return [Message(role="user", text=render(template, **values), images=(photograph,))]


def apply(story: Told, looks: Mapping[str, Look], text: str) -> tuple[Told, tuple[Lowering, ...]]:
    """The story with what photographs show of its cast, by id, where ``text`` leaves it open; and each trait's fate.

    An outline is to be read but not completed: what the program fills in would pass for a person's words.
    """
    fates: list[Lowering] = []
    cast = []
    for before in story.cast:
        character, look = before, looks.get(before.id, Look(traits=()))
        fates += strange(before.id, look)
        for trait in (t for t in look.traits if t.kind in _OF_CHARACTERS):
            said = _said(before, trait.kind, text)
            refused = doubt(trait) or ("" if _agrees(trait, said) else said and f"the story says {said!r}")
            character = character if refused or said else _with(character, trait)
            fates.append(fate(before.id, trait, refused))
        cast.append(character)
    return story.model_copy(update={"cast": tuple(cast)}), tuple(fates)


def disagreements(character: Character, look: Look, text: str) -> tuple[str, ...]:
    """What a person's words say of a character's body that its photograph surely shows otherwise."""
    body = (t for t in look.traits if t.kind in ("species", "colour") and not doubt(t))
    said = ((t, _said(character, t.kind, text)) for t in body)
    return tuple(words for trait, words in said if words and not _agrees(trait, words))


def strange(name: str, look: Look) -> tuple[Lowering, ...]:
    """The fate of a picture that was not described, if it was not."""
    detail = f"{look.strange}: it is used as it is, and the words decide what it shows"
    return (Lowering(directive=f"photograph: @{name}", outcome="approximated", detail=detail),) if look.strange else ()


def _agrees(trait: Trait, said: str) -> bool:
    """Whether a picture shows what a person said."""
    return bool(said) and (trait.words in said or any(m.word == trait.drawn for m in find(trait.kind, said)))


def doubt(trait: Trait) -> str:
    """Why a trait is too unsure to enter a story; empty: it is not."""
    if trait.confidence is None:
        return "the model would not say whether it is so"
    return "" if trait.confidence >= CONFIDENT else f"{_sure(trait)}, and {CONFIDENT:.0%} are needed"


def _said(character: Character, kind: LookKind, text: str) -> str:
    """Where a person has said something else already; empty: nowhere."""
    if kind == "species":
        said = character.kind if re.search(rf"\b{re.escape(character.kind)}", text, re.I) else ""
    elif kind == "colour":
        said = character.colour
    else:
        said = ", ".join(garment.item for state in character.wardrobe for garment in state.garments)
    return said


def _with(character: Character, trait: Trait) -> Character:
    if trait.kind == "species":
        return character.model_copy(update={"kind": trait.words})
    if trait.kind == "colour":
        return character.model_copy(update={"colour": trait.words})
    worn = character.wardrobe[0].garments if character.wardrobe else ()
    state = WardrobeState(garments=(*worn, Garment(item=trait.words, colour=trait.colour)))
    return character.model_copy(update={"wardrobe": (state,)})


def fate(name: str, trait: Trait, refused: str) -> Lowering:
    """What became of a trait; ``refused``: why it did not enter the story."""
    directive = f"photograph: @{name} {trait.kind}: {trait.told}"
    if refused:
        return Lowering(directive=directive, outcome="refused", detail=refused)
    if trait.drawn is None:
        detail = f"{_sure(trait)}; this generator has no picture of it"
        return Lowering(directive=directive, outcome="approximated", detail=detail)
    drawn = "" if trait.drawn == trait.words else f"; drawn as {trait.drawn!r}"
    return Lowering(directive=directive, outcome="honoured", detail=_sure(trait) + drawn)


def _sure(trait: Trait) -> str:
    return f"the model is {trait.confidence:.0%} sure"
