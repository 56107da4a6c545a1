"""The outlines of what an edit may change: learned from the world once, and read back as weights are.

Shapes: K outlines, T frames of H x W pixels.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from omni_model.spec.conditioning import Frozen
from omni_model.spec.errors import WeightsError
from omni_model.weights.io import REMEDY, SHIPPED, read_config, read_weights

WEIGHTS = SHIPPED / "outlines.safetensors"
_SIDE = 16


class _Names(Frozen):
    """What travels with the tensors."""

    names: tuple[str, ...]


class Outlines(NamedTuple):
    """Outlines [K, 16, 16], how slim the things are, [K], and their names: a garment, "balloon" or "body"."""

    shapes: Tensor
    slims: Tensor
    names: tuple[str, ...]
    digest: str = ""
    """Names the file that they were read from."""

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Outlines:
        """Raises WeightsError, and MissingWeights without the file."""
        names, (found, digest) = read_config(path, _Names).names, read_weights(path)
        sizes = {"shapes": (len(names), _SIDE, _SIDE), "slims": (len(names),)}
        if {name: tuple(value.shape) for name, value in found.items()} != sizes:
            raise WeightsError(f"{path} does not hold {len(names)} outlines: {REMEDY}")
        return cls(found["shapes"], found["slims"], names, digest)

    def save(self, path: Path) -> None:
        """Writes what :meth:`load` reads; the file appears whole or not at all."""
        aside = path.with_suffix(".partial")
        tensors = {"shapes": self.shapes.contiguous(), "slims": self.slims.contiguous()}
        save_file(tensors, aside, metadata={"config": _Names(names=self.names).model_dump_json()})
        aside.replace(path)

    def both_ways(self) -> Outlines:
        """These, and these in a mirror."""
        shapes = torch.cat([self.shapes, self.shapes.flip(-1)])
        return Outlines(shapes, self.slims.repeat(2), self.names * 2, self.digest)


def outlines_of(mask: Tensor) -> tuple[Tensor, Tensor]:
    """The marked pixels of every frame, bool [T, H, W], within their box, [T, 16, 16], and how much higher than wide
    the box is, as a logarithm, [T]. Every frame has some."""
    found, slim = [], []
    for plane in mask:
        y, x = plane.nonzero(as_tuple=True)
        cut = plane[int(y.min()) : int(y.max()) + 1, int(x.min()) : int(x.max()) + 1].float()
        found.append(F.interpolate(cut[None, None], (_SIDE, _SIDE), mode="area")[0, 0])
        slim.append(math.log(cut.shape[0] / cut.shape[1]))
    return torch.stack(found), torch.tensor(slim, device=mask.device)
