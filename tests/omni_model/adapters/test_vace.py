"""Wan VACE: every condition that it can be given, against the stock pipeline."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from omni_model.spec.conditioning import Conditioning, ContextClip, Reference, Region, Track, TrackKey
from tests.omni_model.adapters.shots import Shelf, asking, latents, picture, pixels, same, theirs


def unknown(frames: int, side: int = 32) -> tuple[Tensor, Tensor]:
    """A control video of 0 and a mask of 1, as the stock pipeline takes them: 0..1, [T, 3, H, W]."""
    return torch.full((frames, 3, side, side), 0.5), torch.ones(frames, 3, side, side)


def vace_first(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    frame = pixels(3, 32, 32)
    video, mask = unknown(9)
    video[0], mask[0] = frame / 255, 0
    return asking("wan-vace", first_frame=shelf.put(frame)), 9, {"video": video, "mask": mask}


def vace_last(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    first, last = pixels(3, 32, 32), pixels(3, 32, 32, seed=1)
    video, mask = unknown(9)
    video[0], mask[0], video[8], mask[8] = first / 255, 0, last / 255, 0
    asked = asking("wan-vace", first_frame=shelf.put(first), last_frame=shelf.put(last))
    return asked, 9, {"video": video, "mask": mask}


def vace_references(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    """The pipeline puts each reference before the others: it is given them in reverse."""
    shown = [pixels(3, 32, 16), pixels(3, 16, 32, seed=1)]
    references = tuple(Reference(image=shelf.put(p), role="sheet", entity=f"e{i}") for i, p in enumerate(shown))
    return asking("wan-vace", references=references), 9, {"reference_images": [picture(p) for p in shown[::-1]]}


def vace_weighted(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    asked, frames, more = vace_references(shelf)
    raised = tuple(r.model_copy(update={"weight": 1.5}) for r in asked.references)
    return asked.model_copy(update={"references": raised}), frames, {**more, "conditioning_scale": 1.5}


def vace_mask(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    clip = pixels(9, 3, 32, 32)
    box = Region(x0=0.25, y0=0.0, x1=1.0, y1=0.5)
    video, mask = clip / 255, torch.zeros(9, 3, 32, 32)
    mask[:, :, :16, 8:] = 1
    video = torch.where(mask > 0, torch.tensor(0.5), video)
    edit = ContextClip(clip=shelf.put(clip), role="edit")
    return asking("wan-vace", context=(edit,), regions=(box,)), 9, {"video": video, "mask": mask}


def vace_outpaint(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    clip = pixels(9, 3, 16, 16)
    video, mask = unknown(9)
    video[:, :, 8:24, 8:24], mask[:, :, 8:24, 8:24] = clip / 255, 0
    return asking("wan-vace", context=(ContextClip(clip=shelf.put(clip), role="edit"),)), 9, {
        "video": video, "mask": mask,
    }  # fmt: skip


def vace_continue(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    """Five frames of the clip before, nine of the shot, and three that fill the grid."""
    clip = pixels(7, 3, 32, 32)
    video, mask = unknown(17)
    video[:5], mask[:5] = clip[-5:] / 255, 0
    return asking("wan-vace", context=(ContextClip(clip=shelf.put(clip), role="continue"),)), 17, {
        "video": video, "mask": mask,
    }  # fmt: skip


def vace_precede(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    clip = pixels(7, 3, 32, 32)
    video, mask = unknown(13)
    video[9:], mask[9:] = clip[:4] / 255, 0
    return asking("wan-vace", context=(ContextClip(clip=shelf.put(clip), role="precede"),)), 13, {
        "video": video, "mask": mask,
    }  # fmt: skip


def vace_boxes(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    """A body 0.5 tall at (0.5, 0.75) stands in a box 14.7 wide and 16.8 high; its outline is two pixels."""
    track = Track(entity="fox", keys=(TrackKey(t=0.0, x=0.5, y=0.75, height=0.5),))
    video, mask = torch.ones(9, 3, 32, 32), torch.ones(9, 3, 32, 32)
    video[:, :, 7:24, 9:23] = 0
    video[:, :, 9:22, 11:21] = 1
    return asking("wan-vace", tracks=(track,)), 9, {"video": video, "mask": mask}


VACE = [vace_first, vace_last, vace_references, vace_weighted, vace_mask, vace_outpaint, vace_continue, vace_precede,
        vace_boxes]  # fmt: skip


@pytest.mark.parametrize("case", VACE, ids=lambda case: case.__name__)
def test_vace_is_conditioned_as_by_the_stock_pipeline(opened: Any, stock: Any, case: Any) -> None:
    shelf, generator = Shelf(), opened("wan-vace")
    asked, frames, more = case(shelf)
    expected = theirs(stock("wan-vace", "WanVACEPipeline"), generator, asked, frames, **more)
    found = latents(generator, asked, shelf)
    same(found, expected)
    plain = latents(generator, asking("wan-vace"), shelf)
    assert plain.shape != found.shape or (plain - found).abs().max() > 1e-2, "what is given changes something"
