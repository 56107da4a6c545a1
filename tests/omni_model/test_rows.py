"""Rows and anchors: places, staging geometry, motion, padding."""

from __future__ import annotations

import pytest
import torch

from omni_model.mini.rows import (
    TRACK,
    Role,
    Rows,
    context_rows,
    drop_anchors,
    from_rows,
    reference_rows,
    sample_keys,
    target_anchors,
    target_rows,
    to_rows,
)
from omni_model.motion.poses import INERT

ASPECT = 1.75


def _still(x: float, y: float, height: float, facing: float = 1.0, frames: int = 5) -> torch.Tensor:
    return torch.tensor([x, y, height, facing, *INERT]).expand(1, frames, 1, TRACK)


def _camera(x: float = 0.5, y: float = 0.5, zoom: float = 1.0, frames: int = 5) -> torch.Tensor:
    return torch.tensor([x, y, zoom]).expand(1, frames, 3)


def _at(anchors: torch.Tensor, x: float, y: float) -> torch.Tensor:
    """The anchors [F, S+1, 6] of the cell that holds frame point (x, y)."""
    height, width = anchors.shape[2:4]
    return anchors[0, :, int(y * height), int(x * width)]


def test_rows_round_trip() -> None:
    latents = torch.randn(2, 3, 4, 5, 6)
    assert to_rows(latents).shape == (2, 90, 4)
    assert torch.equal(from_rows(to_rows(latents), 5, 6), latents)


def test_a_plate_without_camera_lies_under_the_target() -> None:
    plate = reference_rows(torch.zeros(1, 4, 8, 14), 0, 3)
    anchors = target_anchors(_still(0.5, 0.9, 0.0, frames=1), _camera(frames=1), 8, 14, ASPECT)
    target = target_rows(torch.zeros(1, 1, 4, 8, 14), torch.ones(1), anchors)
    torch.testing.assert_close(target.anchors[..., 0, :], plate.anchors[..., 0, :])
    assert (target.anchors[..., 1, 5] == 0).all()
    torch.testing.assert_close(target.position[..., 1:], plate.position[..., 1:])


def test_the_body_lies_on_the_sheet() -> None:
    anchors = target_anchors(_still(0.25, 0.8, 0.4), _camera(), 100, 100, ASPECT)
    u, v, *_, near = _at(anchors, 0.25, 0.799)[0, 1]
    assert u.item() == pytest.approx(0.5, abs=0.03) and v.item() == pytest.approx(0.92, abs=0.02)
    assert near == 1
    head = _at(anchors, 0.25, 0.401)[0, 1]
    assert head[1].item() == pytest.approx(0.12, abs=0.02)


def test_width_on_the_sheet_is_in_the_sheet_s_own_pixels() -> None:
    # half a body height to the right of the feet: 0.2 stage heights, 0.2 / 1.75 stage widths
    anchors = target_anchors(_still(0.25, 0.8, 0.4), _camera(), 200, 200, ASPECT)
    assert _at(anchors, 0.25 + 0.2 / ASPECT, 0.6)[0, 1, 0].item() == pytest.approx(0.5 + 0.4, abs=0.02)


def test_facing_mirrors_the_sheet() -> None:
    right, left = (target_anchors(_still(0.5, 0.8, 0.4, f), _camera(), 8, 14, ASPECT) for f in (1.0, -1.0))
    torch.testing.assert_close(right[..., 1, 0], 1 - left[..., 1, 0])
    torch.testing.assert_close(right[..., 1, 1:], left[..., 1, 1:])


def test_the_camera_is_a_window_on_the_plate() -> None:
    anchors = target_anchors(_still(0.5, 0.8, 0.4), _camera(0.25, 0.75, 2.0), 2, 2, ASPECT)
    expected = torch.tensor([[[0.125, 0.625], [0.375, 0.625]], [[0.125, 0.875], [0.375, 0.875]]])
    torch.testing.assert_close(anchors[0, 0, :, :, 0, :2], expected)
    assert anchors[0, 0, 0, 0, :, 4].tolist() == pytest.approx([1.0, 0.0])  # log2 2; log2 (0.4 * 2 / 0.8)


def test_motion_is_the_change_from_first_to_last_frame() -> None:
    tracks = _still(0.0, 0.8, 0.4).clone()
    tracks[0, :, 0, 0] = torch.arange(5) * 0.01
    anchors = target_anchors(tracks, _camera(), 8, 14, ASPECT)
    du = anchors[0, :, 0, 0, 1, 2]
    assert du.tolist() == pytest.approx([0.0, -0.03 * 0.8 * ASPECT / 0.4])
    middle = target_anchors(_still(0.025, 0.8, 0.4), _camera(), 8, 14, ASPECT)
    torch.testing.assert_close(anchors[:, 1, ..., 1, :2], middle[:, 1, ..., 1, :2])


def test_what_is_not_staged_is_not_near() -> None:
    tracks = _still(0.5, 0.8, 0.4).clone()
    tracks[0, :3, 0, 2] = 0.0  # appears in the middle of the second group
    near = _at(target_anchors(tracks, _camera(), 8, 14, ASPECT), 0.5, 0.6)[:, 1, 5]
    assert near.tolist() == [0.0, 0.5]
    assert target_anchors(tracks * 0, _camera(), 8, 14, ASPECT).isfinite().all()


def test_nearness_fades_away_from_the_body() -> None:
    near = target_anchors(_still(0.1, 0.8, 0.3), _camera(), 8, 64, ASPECT)[0, 0, 5, :, 1, 5]
    assert near[6] == 1 and near[-1] < 1e-6 and (near[6:].diff() <= 0).all()


def test_dropped_anchors_are_zero() -> None:
    anchors = target_anchors(_still(0.5, 0.8, 0.4), _camera(), 8, 14, ASPECT).expand(2, -1, -1, -1, -1, -1)
    dropped = drop_anchors(anchors, torch.tensor([[True, False], [False, True]]))
    assert (dropped[0, ..., 1, :] == 0).all() and (dropped[1, ..., 0, :] == 0).all()
    assert torch.equal(dropped[0, ..., 0, :], anchors[0, ..., 0, :])


def test_references_stay_apart_in_time() -> None:
    times = [reference_rows(torch.zeros(1, 4, 2, 2), slot, 3).position[0, 0, 0].item() for slot in range(4)]
    assert max(times) < -16 and len({round(t) for t in times}) == 4


def test_context_rows_are_clean_and_where_they_were() -> None:
    latents = torch.randn(2, 2, 4, 2, 3)
    before = context_rows(latents, torch.tensor([-2.0, -1.0]), 3)
    assert before.position[0, :, 0].tolist() == [-2.0] * 6 + [-1.0] * 6
    assert (before.sigma == 0).all() and (before.anchors == 0).all() and (before.role == Role.CONTEXT).all()
    edit = context_rows(latents, torch.arange(2), 3, Role.STILL, valid=torch.tensor([True, False]))
    assert (edit.role == Role.STILL).all() and edit.valid.all(1).tolist() == [True, False]
    both = Rows.cat(before, edit)
    assert both.latent.shape == (2, 24, 4) and torch.equal(both.latent[:, 12:], edit.latent)


def test_keys_are_linear_between_and_constant_outside() -> None:
    keys = torch.tensor([[0.25, 0.0, 1.0], [0.75, 1.0, 3.0]])
    values = sample_keys(keys, torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]))
    assert values.tolist() == [[0.0, 1.0], [0.0, 1.0], [0.5, 2.0], [1.0, 3.0], [1.0, 3.0]]
    assert sample_keys(keys[:1], torch.tensor([0.0, 1.0])).tolist() == [[0.0, 1.0]] * 2
