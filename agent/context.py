"""Who works on a production, and with what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from agent.budget import Budget
from agent.critic.critic import Critic
from agent.critic.review import Take
from agent.events import Event
from agent.folder.gallery import Gallery
from memory import Memory, StoreError, TakeRow
from omni_model.spec.conditioning import Conditioning, take_digest
from omni_model.spec.generator import Clip, Finisher, Generator
from planner.llm.base import LanguageModel

Emit = Callable[[Event], None]


@dataclass(frozen=True)
class Crew:
    folder: Path
    memory: Memory
    gallery: Gallery
    generator: Generator
    critic: Critic
    llm: Callable[[], LanguageModel | None]
    """Makes the language model when the planner needs it: a resumed production does not."""
    eyes: Callable[[], LanguageModel | None] = lambda: None
    """The same model, if it is of a kind that may see."""
    budget: Budget = field(default_factory=Budget)

    def pins(self, entity: str, role: str, key: str) -> str | None:
        """The picture that an entity is held to; what the planner compiles references with."""
        return self.memory.pinned(entity, role, key)

    def keyframes(self, entity: str, count: int) -> Sequence[str]:
        """Digests of the entity's best keyframes."""
        return [frame.image for frame in self.memory.keyframes(entity, count)]

    def digest(self, conditioning: Conditioning) -> str:
        """What names a take of ``conditioning`` by this generator."""
        return take_digest(conditioning, self.generator.weights_digest, self.generator.sampler)

    def take(self, shot: str, attempt: int, conditioning: Conditioning) -> Take:
        """The take to be made; ``reused`` when one with the same inputs is on record."""
        digest = self.digest(conditioning)
        return Take(
            shot=shot,
            attempt=attempt,
            digest=digest,
            conditioning=self.gallery.keep_document(conditioning),
            reused=self.memory.take(digest) is not None,
        )

    def finished(self, row: TakeRow) -> Tensor:
        """A recorded take's frames as the film shows them: uint8 ``[T, 3, H, W]``."""
        frames = self.gallery(row.clip)
        if not isinstance(self.generator, Finisher):
            return frames
        asked = Conditioning.model_validate(row.conditioning)
        return self.generator.finish(asked, Clip(frames, asked.fps), self.gallery).frames

    def on_record(self, digest: str, shot: str | None = None) -> TakeRow:
        """The recorded take of ``shot``, or of another shot that asked for the same. Raises StoreError."""
        row = self.memory.take(digest, shot) or self.memory.take(digest)
        if row is None:
            raise StoreError(f"take {digest[:12]} is not on record; its production was changed by hand")
        return row
