"""Time: whether the light pumps and the cast changes within a clip, beside real clips of the same scenes."""

from __future__ import annotations

from torch import Tensor

from omni_model.evaluate.cases import HeldOutScene
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.eyes.measures import flicker
from omni_model.eyes.perception import Perception


class Stability:
    """Mean flicker and mean identity drift of clips, each over the same of the true clips."""

    def __init__(self, examiner: Perception) -> None:
        self.examiner = examiner
        self.tallies = MeasureTally("time", "flicker, ratio"), MeasureTally("time", "identity drift, ratio")

    def add(self, frames: Tensor, scene: HeldOutScene) -> None:
        """One clip uint8 ``[T, 3, H, W]`` of a scene whose subjects are in view throughout."""
        _, truth = scene
        light, who = self.tallies
        light.add(flicker(frames), flicker(truth.frames))
        who.add(*(self._drift(clip, truth.boxes[:, 0]) for clip in (frames, truth.frames)))

    def _drift(self, frames: Tensor, boxes: Tensor) -> float:
        """How much less alike than itself the first subject is at the end: 1 - cosine of the examiner's identity
        embeddings on the first and on the last third of the clip."""
        third = len(frames) // 3
        first, last = (
            self.examiner.embedding(frames[part], boxes[part]) for part in (slice(third), slice(-third, None))
        )
        return float(1 - first @ last)

    def rows(self) -> list[TableRow]:
        return [tally.ratio() for tally in self.tallies]
