"""Removals: who is found, what hole they leave, and what other frames show behind it."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from omni_model.evaluate.cases import HeldOutScene, scenes
from omni_model.evaluate.edits import edited, instructed
from omni_model.eyes.captioner import Captioner
from omni_model.eyes.perception import Perception
from omni_model.mini.edits.removal import across, behind, find_removal_target, holes, inpaint_hole
from omni_model.spec.instructions import Instruction, RemoveSubject, parse_instruction
from omni_model.world.edits import Edit, edits_of

LOOKERS = (Captioner.load, lambda: Perception.load("critic"))


@cache
def _removals() -> list[tuple[HeldOutScene, Edit]]:
    """The first eight."""
    found = []
    for number, scene in enumerate(scenes(40, 5, subjects=2)):
        found += [(scene, edit) for edit in edits_of(scene[0], number) if edit.kind == "remove"]
    return found[:8]


def test_the_hole_holds_whom_the_words_mean_and_their_shadow() -> None:
    covered = []
    for number, (scene, edit) in enumerate(_removals()):
        done = edited(scene, edit)
        found = find_removal_target(instructed(done, number).asked, scene[1].frames, *LOOKERS)
        gone = torch.zeros_like(done.touched) if found is None else holes([found.box], *done.touched.shape[1:])
        covered.append(float((gone & done.touched).sum() / done.touched.sum()))
    assert sum(share > 0.85 for share in covered) >= 7, covered


@pytest.mark.parametrize(
    "instruction",
    [RemoveSubject(who=None), parse_instruction("remove the lamp"), parse_instruction("make it day"), None],
)
def test_other_instructions_take_nobody(instruction: Instruction | None) -> None:
    scene, edit = _removals()[0]
    asked = instructed(edited(scene, edit), 0).asked.model_copy(update={"instruction": instruction})
    assert find_removal_target(asked, scene[1].frames, *LOOKERS) is None


def test_behind_a_hole_is_what_a_panning_camera_shows_in_other_frames() -> None:
    height, width, count = 16, 32, 9
    wall = torch.rand(3, height, 3 * width, generator=torch.Generator().manual_seed(0)) * 2 - 1
    starts = [width + 4 * t for t in range(count)]
    clip = torch.stack([wall[..., x : x + width] for x in starts])
    camera = torch.tensor([[(x + width / 2) / width - 1, 0.5, 1.0] for x in starts])
    box = torch.tensor([[0.45, 0.3, 0.55, 0.6]]).expand(count, 4)
    gone = holes([box], height, width)
    spoiled = torch.where(gone[:, None], 9.0, clip)
    filled = behind(spoiled, gone, gone, camera)
    assert torch.allclose(filled, clip) and bool((filled != 9.0).all())


def test_behind_a_hole_that_no_frame_shows_is_nothing() -> None:
    clip, box = torch.ones(3, 3, 16, 32), torch.tensor([[0.4, 0.3, 0.6, 0.6]]).expand(3, 4)
    gone = holes([box], 16, 32)
    filled = behind(clip, gone, gone, torch.tensor((0.5, 0.5, 1.0)).expand(3, 3))
    assert torch.equal(filled == 0, gone[:, None].expand_as(filled))


def test_a_hole_that_no_frame_shows_is_drawn_in_along_its_rows() -> None:
    slope = torch.linspace(-1.0, 1.0, 32).expand(2, 3, 16, 32)
    missing = torch.zeros(2, 16, 32, dtype=torch.bool)
    missing[:, 4:9, 10:20] = True
    assert torch.allclose(across(torch.where(missing[:, None], 5.0, slope), missing), slope, atol=1e-6)
    edge = torch.zeros_like(missing)
    edge[:, :, 25:] = True
    assert torch.equal(across(slope, edge)[..., 25:], slope[..., 24:25].expand(-1, -1, -1, 7))
    assert torch.equal(across(slope, torch.ones_like(missing)), torch.zeros_like(slope))


def test_who_stands_beside_a_hole_is_not_drawn_into_it() -> None:
    frames, place = torch.ones(1, 3, 4, 12), torch.zeros(1, 3, 4, 12)
    frames[..., 6:9] = -1.0
    gone, hidden = torch.zeros(2, 1, 4, 12, dtype=torch.bool)
    gone[..., 3:6], hidden[..., 3:9] = True, True
    drawn = inpaint_hole(frames, gone, hidden, place)
    assert torch.equal(drawn[..., 3:6], torch.ones(1, 3, 4, 3)) and torch.equal(drawn[..., 6:], frames[..., 6:])
