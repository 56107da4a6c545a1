"""Pictures of the table: for every family of tasks what was given, what was drawn, and the truth."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from omni_model.evaluate.cases import EvaluationCase
from omni_model.media import SheetRow, contact_sheet
from omni_model.spec.instructions import render_instruction

CASES = 4
"""Cases that a picture shows: the first ones, whatever became of them."""


class TablePictures:
    """Collects the first cases of every family, and writes one picture each into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shown: dict[str, list[SheetRow]] = {}

    def add(self, family: str, case: EvaluationCase, frames: Tensor) -> None:
        """One case and what was drawn for it, uint8 ``[T, 3, H, W]``."""
        rows = self.shown.setdefault(family, [])
        if len(rows) < CASES:
            said = render_instruction(case.asked.instruction) or case.asked.caption
            rows.append(
                SheetRow(f"{family} {len(rows) + 1}", said, (_given(case, frames), frames[-1], case.wanted[-1]))
            )

    def write(self) -> list[Path]:
        """The files, one for every family that was drawn. Raises MediaError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        paths = [self.folder / f"{family}.png" for family in self.shown]
        for path, rows in zip(paths, self.shown.values(), strict=True):
            contact_sheet(rows, path, rows[0].title.split()[0], "given · drawn · the truth, last frames")
        return paths


def _given(case: EvaluationCase, frames: Tensor) -> Tensor:
    """A clip that the request names, or else its plate, or else how the drawn clip begins."""
    clips = [case.assets[item.clip][-1] for item in case.asked.context]
    plates = [case.assets[r.image] for r in case.asked.references if r.role == "plate"]
    return [*clips[-1:], *plates, frames[0]][0]
