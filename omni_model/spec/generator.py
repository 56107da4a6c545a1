"""The Generator protocol: what every renderer of shots offers, ours and open weights alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from omni_model.spec.conditioning import Assets, Capabilities, Conditioning

if TYPE_CHECKING:
    from torch import Tensor

#: called with (steps done, steps in all) between sampling steps.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Clip:
    """Rendered frames: uint8 [T, 3, H, W], sRGB, and their rate in frames a second."""

    frames: Tensor
    fps: float

    @property
    def seconds(self) -> float:
        return self.frames.shape[0] / self.fps


@runtime_checkable
class Finisher(Protocol):
    """What a generator may offer beside rendering: the last pass over takes that made it into the film."""

    def finished_pieces(self, asked: Conditioning, clip: Clip, assets: Assets) -> Iterator[Tensor]:
        """The rendered clip as it is to be shown: the same frames, larger, uint8 [t, 3, H, W], some at a time.

        Shown whole, a long clip would not fit into memory.
        """
        ...


@runtime_checkable
class Generator(Protocol):
    """Renders conditionings to clips; the same inputs give the same bytes on the same machine."""

    capabilities: Capabilities
    sampler: str
    """Name and version of the sampling procedure; part of a take's digest."""

    @property
    def weights_digest(self) -> str:
        """Names all that decides the pixels of a request beside the sampler: every network, and its arithmetic."""
        ...

    def render(self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None = None) -> list[Clip]:
        """One clip per conditioning, each of exactly ``conditioning.frames`` frames."""
        ...
