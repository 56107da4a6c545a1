"""Casting: every sheet and plate that the shots will be held to, made or taken from the user, and pinned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from agent.context import Crew, Emit
from agent.critic.findings import add_up
from agent.critic.review import Review
from agent.events import CastPinned
from agent.graph.state import State, story_of
from omni_model.media import fit
from omni_model.spec.conditioning import SHEET_GROUND, Capabilities, Conditioning, canonical_json, sha256
from planner.compile.shot import compile_plate, compile_sheet, light_key, wardrobe_key
from planner.film.lowering import CompiledShot
from planner.story.story import Character, Location, Story


@dataclass(frozen=True)
class Part:
    """A picture to be pinned: what it shows, and the user's own picture of it, if any."""

    entity: str
    role: str
    key: str
    compiled: CompiledShot
    given: str | None


def cast(state: State, crew: Crew, emit: Emit) -> State:
    """Pins every sheet and plate; one that is pinned from the same inputs stays as it is."""
    for part in parts(story_of(state, crew.memory), crew.generator.capabilities):
        image, doubts = _pin(part, crew)
        origin = "given" if part.given else "rendered"
        emit(CastPinned(part.entity, part.role, part.key, image, origin, doubts))
    return {}


def parts(story: Story, capabilities: Capabilities) -> list[Part]:
    """A plate for every place in every light, a sheet for every character in every wardrobe; each once.

    None for a generator that takes no references.
    """
    if capabilities.max_references == 0:
        return []
    found = [*_plates(story, capabilities), *_sheets(story, capabilities)]
    return list({(part.entity, part.role, part.key): part for part in reversed(found)}.values())[::-1]


def _plates(story: Story, capabilities: Capabilities) -> Iterator[Part]:
    places = {place.id: place for place in story.locations}
    for scene, shot in story.shots:
        yield Part(
            entity=scene.location,
            role="plate",
            key=light_key(story, scene.id, shot.mood),
            compiled=compile_plate(story, scene.id, capabilities, seed=story.seed, mood=shot.mood),
            given=_given(places[scene.location]),
        )


def _sheets(story: Story, capabilities: Capabilities) -> Iterator[Part]:
    characters = {character.id: character for character in story.cast}
    for _, shot in story.shots:
        for entity in (s.entity for s in shot.staging if s.entity in characters):
            yield Part(
                entity=entity,
                role="sheet",
                key=wardrobe_key(story, entity, shot.id),
                compiled=compile_sheet(story, entity, shot.id, capabilities, seed=story.seed),
                given=_given(characters[entity]),
            )


def _given(entity: Character | Location) -> str | None:
    """The user's own picture of a character or place."""
    return next((r.image for r in entity.references if r.role != "style"), None)


def _pin(part: Part, crew: Crew) -> tuple[str, tuple[str, ...]]:
    """Digest of the pinned picture, and what the critic doubts about it."""
    tries = () if part.given else _tries(part.compiled.conditioning, crew.budget.sheet_tries)
    inputs = sha256(canonical_json([part.given, [crew.digest(t) for t in tries], crew.critic.digest]))
    for known in crew.memory.pins():
        same = (known.entity, known.role, known.key) == (part.entity, part.role, part.key)
        if same and known.provenance.get("inputs") == inputs:
            return known.image, tuple(known.provenance["doubts"])
    picture, seed, found = _best(part, tries, crew)
    image = crew.gallery.keep_still(picture)
    doubts = tuple(note.text for note in found.notes)
    provenance = {
        "inputs": inputs,
        "given": part.given,
        "seed": seed,
        "tries": len(tries),
        "generator": crew.generator.capabilities.name,
        "weights_digest": crew.generator.weights_digest,
        "critic": crew.critic.digest,
        "scores": found.model_dump(mode="json")["scores"],
        "doubts": list(doubts),
    }
    crew.memory.pin(part.entity, part.role, part.key, image, provenance)
    return image, doubts


def _tries(conditioning: Conditioning, count: int) -> tuple[Conditioning, ...]:
    """The same picture from ``count`` seeds."""
    return tuple(conditioning.model_copy(update={"seed": (conditioning.seed + i) % 2**63}) for i in range(count))


def _best(part: Part, tries: tuple[Conditioning, ...], crew: Crew) -> tuple[Tensor, int | None, Review]:
    """The picture that the critic likes best, its seed, and what the critic says of it."""
    if part.given:
        picture = _fitted(crew.gallery(part.given), part)
        return picture, None, _judge(part, picture, crew)
    clips = crew.generator.render(tries, crew.gallery)
    judged = [
        (clip.frames[0], t.seed, _judge(part, clip.frames[0], crew)) for clip, t in zip(clips, tries, strict=True)
    ]
    return min(judged, key=lambda item: item[2].rank)


def _judge(part: Part, picture: Tensor, crew: Crew) -> Review:
    facts = part.compiled.facts
    if part.role == "plate":
        return add_up(crew.critic.place(facts, picture))
    return add_up(crew.critic.likeness(facts.subjects[0], picture))


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
