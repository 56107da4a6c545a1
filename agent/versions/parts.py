"""Which sheets and plates a story is held to: what each shows, and from which inputs it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.context import ProductionContext
from omni_model.spec.conditioning import Capabilities, Conditioning, canonical_json, sha256
from planner.compile.facts import wardrobe_at
from planner.compile.shot import compile_plate, compile_sheet, light_key, wardrobe_key
from planner.film.lowering import CompiledShot
from planner.story.story import Character, Location, Story


@dataclass(frozen=True)
class Part:
    """A picture to be pinned: what it shows, and the user's own ``picture`` of it, if any."""

    entity: str
    role: str
    key: str
    compiled: CompiledShot
    picture: str | None

    @property
    def slot(self) -> tuple[str, str, str]:
        """What it is pinned as."""
        return self.entity, self.role, self.key

    def tries(self, count: int) -> tuple[Conditioning, ...]:
        """The same picture from ``count`` seeds, of which the best is kept; none when the picture is the user's own."""
        first = self.compiled.conditioning
        seeds = () if self.picture else range(first.seed, first.seed + count)
        return tuple(first.model_copy(update={"seed": seed % 2**63}) for seed in seeds)

    def inputs(self, context: ProductionContext) -> str:
        """Digest of everything that decides the picture: a pin of the same inputs is the same picture."""
        tries = [context.digest(one) for one in self.tries(context.budget.sheet_tries)]
        return sha256(canonical_json([self.picture, tries, context.critic.digest]))


def missing(story: Story, context: ProductionContext) -> int:
    """How many of a story's pictures nobody has drawn yet from the same inputs."""
    drawn = {(pin.entity, pin.role, pin.key, pin.provenance.get("inputs")) for pin in context.memory.pins()}
    wanted = parts(story, context.generator.capabilities)
    return sum((*part.slot, part.inputs(context)) not in drawn for part in wanted)


def parts(story: Story, capabilities: Capabilities) -> list[Part]:
    """A plate for every place in every light, a sheet for every character in every wardrobe; each once.

    None for a generator that takes no references.
    """
    if capabilities.max_references == 0:
        return []
    found = [*_plates(story, capabilities), *_sheets(story, capabilities)]
    return list({part.slot: part for part in reversed(found)}.values())[::-1]


def _plates(story: Story, capabilities: Capabilities) -> Iterator[Part]:
    places = {place.id: place for place in story.locations}
    for scene, shot in story.shots:
        yield Part(
            entity=scene.location,
            role="plate",
            key=light_key(story, scene.id, shot.mood),
            compiled=compile_plate(story, scene.id, capabilities, seed=story.seed, mood=shot.mood),
            picture=_own_picture(places[scene.location]),
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
                picture=_own_sheet(story, characters[entity], shot.id),
            )


def _own_sheet(story: Story, character: Character, shot_id: str) -> str | None:
    """The user's picture of a character where it wears what it wears at first: what a picture shows."""
    first = next((state.garments for state in character.wardrobe if state.from_shot is None), ())
    same = wardrobe_at(story, character, shot_id).garments == first
    return _own_picture(character) if same else None


def _own_picture(entity: Character | Location) -> str | None:
    """The user's own picture of a character or place."""
    return next((r.image for r in entity.references if r.role != "style"), None)
