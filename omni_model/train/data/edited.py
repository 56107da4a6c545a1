"""What is known of edits: the clips before them, and pictures of whomever they bring in or change.

Shape legend: B samples, T frames, S subject slots, C channels, s pixels a side of a sheet.
"""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.mini.puppet import difference
from omni_model.mini.vae import VideoVAE
from omni_model.train.data.latents import LatentPool, encode_images


class EditedScenes:
    """Scenes as they were and, under the same numbers, as they became."""

    def __init__(self, scenes: LatentPool, edits: LatentPool, slots: int) -> None:
        self._before, self._after, self._slots = scenes, edits, slots

    def clips(self, which: list[int]) -> Tensor:
        """Before their edits, [B, T, 3, H, W] in -1..1."""
        return torch.stack([self._before.frames[n, slice(None)] for n in which]).float() / 127.5 - 1.0

    def brought(self, which: list[int]) -> Tensor:
        """bool [B, S + 1]: whoever an edit brings in or changes the looks of; the place is not among them."""
        brought = torch.zeros(len(which), self._slots + 1, dtype=torch.bool)
        for row, n in zip(brought, which, strict=True):
            before = self._before.specs[n].facts.shown
            for slot, who in enumerate(self._after.specs[n].facts.shown[: self._slots], 1):
                row[slot] = who not in before
        return brought

    def sheets(self, which: list[int]) -> Tensor:
        """uint8 [B, S, 3, s, s] of the scenes after: of those who are dressed, only what they are given."""
        sheets = self._after.sheet[which]
        for row, n in zip(sheets, which, strict=True):
            for slot in self._dressed(n):
                row[slot] = difference(self._before.sheet[n, slot], row[slot])
        return sheets

    def latents(self, which: list[int], vae: VideoVAE) -> Tensor:
        """Latents of the same, [B, S, C, h, w]."""
        latents, sheets = self._after.sheets[which], self.sheets(which)
        for row, sheet, n in zip(latents, sheets, which, strict=True):
            for slot in self._dressed(n):
                row[slot] = encode_images(vae, sheet[slot][None, None])[0, 0]
        return latents

    def _dressed(self, n: int) -> list[int]:
        """Slots of those to whom an edit gives something to wear, in half of the scenes: in the others the whole
        figure is shown, dressed."""
        both = zip(self._before.specs[n].subjects, self._after.specs[n].subjects, strict=False)
        return [] if n % 2 else [slot for slot, (was, now) in enumerate(both) if len(was.wardrobe) < len(now.wardrobe)]
