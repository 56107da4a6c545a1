"""`python -m omni_model.world OUT.png`: sixteen scenes of the world on one sheet, to be looked at."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image

from omni_model.world.render import render
from omni_model.world.sample import sample_scene

_COLUMNS, _HEIGHT, _WIDTH = 4, 128, 224


def contact_sheet(seed: int, scenes: int = 16) -> Image.Image:
    """The middle frames of ``scenes`` random scenes, four in a row."""
    frames = [render(sample_scene(seed + i), _HEIGHT, _WIDTH).frames[12] for i in range(scenes)]
    rows = [torch.cat(frames[i : i + _COLUMNS], dim=2) for i in range(0, scenes, _COLUMNS)]
    return Image.fromarray(torch.cat(rows, dim=1).permute(1, 2, 0).numpy())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m omni_model.world", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    contact_sheet(arguments.seed).save(arguments.out)


if __name__ == "__main__":
    main()
