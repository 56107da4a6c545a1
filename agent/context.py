"""What a production works with: its folder and memory, and the models, which are made once and handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import torch
from torch import Tensor

from agent.budget import Budget
from agent.critic.critic import Critic
from agent.events import Event
from agent.folder.gallery import Gallery
from agent.folder.request import Request
from memory import AttemptRow, BlobError, Memory, PinRow, RenditionRow, StoreError, TakeRow, Unit
from omni_model.eyes.captioner import Captioner
from omni_model.spec.conditioning import Conditioning, canonical_json, sha256, take_digest
from omni_model.spec.generator import Clip, Finisher, Generator
from planner.film.lowering import CompiledShot
from planner.llm.base import LanguageModel
from planner.story.story import Story

Emit = Callable[[Event], None]
Pins = Callable[[str, str, str], str | None]
_AT_ONCE = 64
"""Frames of a take that needs no finishing."""


class FinishedTake(NamedTuple):
    """A take as the film shows it: how many frames it has, and they, uint8 ``[t, 3, H, W]``, some at a time."""

    length: int
    pieces: Iterator[Tensor]


@dataclass(frozen=True)
class ProductionContext:
    folder: Path
    memory: Memory
    gallery: Gallery
    generator: Generator
    critic: Critic
    llm: Callable[[], LanguageModel | None]
    """Makes the language model when the planner needs it: a resumed production does not."""
    eyes: Callable[[], LanguageModel | None] = lambda: None
    """The same model, if it is of a kind that may see."""
    captioner: Callable[[], Captioner | None] = lambda: None
    """Opens the network that reads given pictures where no such model does."""
    budget: Budget = field(default_factory=Budget)
    generator_name: str = ""
    """How the generator is asked for; by default its own name."""
    device: Any = field(default_factory=Lock)
    """Held while the critic's network looks: reviews of one round share the machine."""

    @cached_property
    def makers(self) -> str:
        """Digest of who makes the film: the generator's and the critic's weights, the sampler, the budget."""
        generator = self.generator
        made_by = [generator.weights_digest, generator.sampler, self.critic.digest, self.budget.model_dump()]
        return sha256(canonical_json(made_by))

    def request(self) -> Request | None:
        """What the production answers; None while nothing was asked."""
        asked = self.memory.production().request
        return None if asked is None else Request.model_validate(asked)

    def rendition(self) -> RenditionRow | None:
        """The rendition in force; None while there is none, or when others than these makers began it."""
        which = self.memory.production().rendition
        found = None if which is None else self.memory.rendition(which)
        return found if found and found.makers == self.makers else None

    def story(self, version: int) -> Story:
        """A version of the story. Raises StoreError."""
        return Story.model_validate(self.memory.story(version))

    def pins(self, rendition: int | None) -> Pins:
        """The pictures that a rendition's entities are held to; what the planner compiles references with."""
        rows = [] if rendition is None else self.memory.pins(rendition)
        known = {(row.entity, row.role, row.key): row.image for row in rows}
        return lambda entity, role, key: known.get((entity, role, key))

    def keyframes(self, entity: str, count: int) -> Sequence[str]:
        """Digests of the entity's best keyframes."""
        return [frame.image for frame in self.memory.keyframes(entity, count)]

    def digest(self, conditioning: Conditioning) -> str:
        """What names a take of ``conditioning`` by this generator."""
        return take_digest(conditioning, self.generator.weights_digest, self.generator.sampler)

    def attempt(
        self, unit: Unit, rendition: int, shot: str, number: int, conditioning: Conditioning, compiled: CompiledShot
    ) -> AttemptRow:
        """The take to be made; ``reused`` when one with the same inputs is on record."""
        digest = self.digest(conditioning)
        return AttemptRow(
            rendition=rendition,
            shot=shot,
            attempt=number,
            digest=digest,
            conditioning=unit.keep_document(canonical_json(conditioning)),
            compiled=unit.keep_document(canonical_json(compiled)),
            reused=self.has_take(digest),
        )

    def has_take(self, digest: str, shot: str | None = None) -> bool:
        """Whether a take is on record, with its frames."""
        row = self.memory.take(digest, shot)
        return row is not None and row.clip in self.memory.blobs

    def recorded_take(self, digest: str, shot: str | None = None) -> TakeRow:
        """The recorded take of ``shot``, or of another shot that asked for the same. Raises StoreError."""
        row = self.memory.take(digest, shot) or self.memory.take(digest)
        if row is None:
            raise StoreError(f"take {digest[:12]} is not on record; its production was changed by hand")
        return row

    def frames(self, row: TakeRow) -> Tensor:
        """A recorded take's frames, uint8 ``[T, 3, H, W]``; they are rendered again if they were lost or damaged."""
        try:
            return self.gallery(row.clip)
        except BlobError:
            return self.gallery(self._render_again(row))

    def finished(self, row: TakeRow) -> FinishedTake:
        """A recorded take as the film shows it."""
        frames = self.frames(row)
        if not isinstance(self.generator, Finisher):
            return FinishedTake(len(frames), iter(torch.split(frames, _AT_ONCE)))
        asked = Conditioning.model_validate(row.conditioning)
        pieces = self.generator.finished_pieces(asked, Clip(frames, asked.fps), self.pixels)
        return FinishedTake(len(frames), pieces)

    def pixels(self, digest: str) -> Tensor:
        """Any still or clip of the production, as ``Assets``; what was lost and can be made is made again.

        Raises BlobError for what cannot: a picture that a person gave.
        """
        try:
            return self.gallery(digest)
        except BlobError as error:
            take = self.memory.take_of_clip(digest)
            if take is not None:
                return self.gallery(self._render_again(take))
            pin = next((pin for pin in self.memory.pins() if pin.image == digest), None)
            if pin is None or "conditioning" not in pin.provenance:
                raise BlobError(f"{error}; give the picture that it was made from again") from None
            return self._draw_again(pin)

    def _render_again(self, row: TakeRow) -> str:
        asked = Conditioning.model_validate(row.conditioning)
        (clip,) = self.generator.render([asked], self.pixels)
        kept = self.gallery.keep(clip)
        if kept != row.clip:
            with self.memory.transaction() as unit:
                unit.record_take(replace(row, clip=kept))
        return kept

    def _draw_again(self, pin: PinRow) -> Tensor:
        asked = self.gallery.document(pin.provenance["conditioning"], Conditioning)
        (clip,) = self.generator.render([asked], self.pixels)
        self.gallery.keep_still(clip.frames[0])
        return clip.frames[0]
