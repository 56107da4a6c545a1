"""Shots of any length from a model whose clips are short: made piece by piece, each shown the end of the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import Tensor

from omni_model.adapters.given import ShotInputs, piece
from omni_model.spec.conditioning import Capabilities


@dataclass(frozen=True)
class FrameSpan:
    """Where a piece lies in the frames that are really made: ``lead`` known ones, the piece, ``tail`` others."""

    lead: int
    frames: int
    tail: int

    @property
    def total(self) -> int:
        return self.lead + self.frames + self.tail


@dataclass
class ShotProgress:
    """A shot under way."""

    whole: ShotInputs
    can: Capabilities
    overlap: int
    """Frames of what came before that a piece is shown."""
    made: list[Tensor] = field(default_factory=list)
    """uint8 [T, 3, H, W], on the CPU."""

    @property
    def done(self) -> int:
        return sum(len(frames) for frames in self.made)

    @property
    def finished(self) -> bool:
        return self.done >= self.whole.frames

    def cuts(self) -> Iterator[tuple[int, int]]:
        """Start and frames of every piece."""
        start = 0
        while start < self.whole.frames:
            shown = self.whole.before is not None or (start and self._goes_on)
            room = self.can.max_frames - (self.overlap if shown else 0) - (self.whole.after is not None)
            frames = min(self.whole.frames - start, room)
            yield start, frames
            start += frames

    def next(self) -> ShotInputs:
        """The piece that is to be made now."""
        start, frames = next(cut for cut in self.cuts() if cut[0] == self.done)
        return piece(self.whole, start, frames, self.made[-1] if self.made and self._goes_on else None)

    @property
    def _goes_on(self) -> bool:
        return "continue" in self.can.context_roles


def checked(shot: ShotInputs, can: Capabilities) -> ShotInputs:
    """ValueError for what a generator of these capabilities cannot be given."""
    asked, grid = shot.asked, can.size_grid
    if asked.width % grid or asked.height % grid:
        raise ValueError(f"{asked.width}x{asked.height}: {can.name} works in multiples of {grid} pixels")
    wants = {str(item.role) for item in asked.context}
    if unknown := sorted(wants - can.context_roles):
        raise ValueError(f"{can.name} takes no clip of role {', '.join(unknown)}: leave it out")
    held = {"first": asked.first_frame, "last": asked.last_frame}
    if unheld := [name for name, frame in held.items() if frame and name not in can.frames_held]:
        raise ValueError(f"{can.name} takes no given {unheld[0]} frame: leave it out")
    if len(asked.references) > can.max_references:
        raise ValueError(f"{can.name} takes {can.max_references} references: leave some out")
    if "continue" in wants and asked.first_frame is not None:
        raise ValueError("a shot that continues a clip can have no first frame of its own")
    return shot
