"""The networks that read what the clips of a request show. What they read decides what is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from omni_model.eyes.captioner import Captioner
from omni_model.eyes.perception import Perception
from omni_model.mini.outlines import Outlines
from omni_model.spec.errors import MissingWeights
from omni_model.weights.io import REMEDY, SHIPPED

T = TypeVar("T")


@dataclass(frozen=True)
class ClipReaders:
    """Those that are there. Who asks for another gets MissingWeights: only few requests need them."""

    known_critic: Perception | None = None
    known_captioner: Captioner | None = None
    known_outlines: Outlines | None = None

    @classmethod
    def load(cls, folder: Path | None = None) -> ClipReaders:
        """All that ship, or those of a folder. Raises WeightsError."""
        critic, captioner, outlines = _files(folder or SHIPPED)
        return cls(
            load_if_there(folder, critic, lambda path: Perception.load("critic", path.parent)),
            load_if_there(folder, captioner, Captioner.load),
            load_if_there(folder, outlines, Outlines.load),
        )

    def save(self, folder: Path) -> None:
        """Writes what :meth:`load` reads."""
        known = (self.known_critic, self.known_captioner, self.known_outlines)
        for reader, path in zip(known, _files(folder), strict=True):
            if reader is not None:
                reader.save(path)

    @property
    def digests(self) -> list[str]:
        """Of the weights, in a fixed order; empty for one that is not there."""
        known = (self.known_critic, self.known_captioner, self.known_outlines)
        return ["" if reader is None else reader.digest for reader in known]

    def critic(self) -> Perception:
        """Reads who is shown, and in what light; the examiner, which judges what is drawn, must not."""
        return _needed(self.known_critic, "critic")

    def captioner(self) -> Captioner:
        """Finds who is to be taken out of a clip."""
        return _needed(self.known_captioner, "captioner")

    def outlines(self) -> Outlines:
        """Of what an example may have changed."""
        return _needed(self.known_outlines, "outlines")


def load_if_there(folder: Path | None, path: Path, load: Callable[[Path], T]) -> T | None:
    """What ``load`` reads; None where a ``folder`` that was named lacks the file. Of those that ship none may lack."""
    return load(path) if folder is None or path.exists() else None


def _needed(reader: T | None, name: str) -> T:
    if reader is None:
        raise MissingWeights(f"{name}.safetensors is missing, and what is asked for needs it: {REMEDY}")
    return reader


def _files(folder: Path) -> list[Path]:
    return [folder / f"{name}.safetensors" for name in ("critic", "captioner", "outlines")]
