"""Every measure is shown clips with one known fault, and the same clips without it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from omni_model.eyes import measures

H, W, T = 48, 80, 12


def ground(seed: int = 0) -> Tensor:
    """A textured still: uint8 [3, H, W]."""
    noise = torch.rand(1, 3, H // 8, W // 8, generator=torch.Generator().manual_seed(seed))
    return (torch.nn.functional.interpolate(noise, (H, W), mode="bilinear")[0] * 120 + 60).to(torch.uint8)


def walker(x: Tensor) -> tuple[Tensor, Tensor]:
    """A striped figure whose left edge is at x (0..1) in each frame: frames [T,3,H,W] and boxes [T,4]."""
    frames = ground().repeat(len(x), 1, 1, 1)
    boxes = torch.stack([x, torch.full_like(x, 0.4), x + 0.15, torch.full_like(x, 0.9)], dim=1)
    for frame, box in zip(frames, boxes, strict=True):
        x0, y0, x1, y1 = (box * torch.tensor([W, H, W, H])).round().int().tolist()
        frame[:, y0:y1, x0:x1] = torch.tensor([220, 40, 40], dtype=torch.uint8)[:, None, None]
        frame[:, y0 + 6 : y0 + 12, x0:x1] = 250
    return frames, boxes


def box_at(x: float) -> Tensor:
    """Boxes that do not move."""
    return torch.tensor([[x, 0.1, x + 0.2, 0.3]]).repeat(T, 1)


def still(count: int = T) -> Tensor:
    return ground().repeat(count, 1, 1, 1)


def test_brightness_of_black_grey_and_white() -> None:
    for value in (0, 51, 255):
        assert measures.brightness(torch.full((2, 3, 4, 4), value, dtype=torch.uint8)) == pytest.approx(value / 255)


def test_warmth_is_signed_and_blind_to_dimming() -> None:
    warm = torch.tensor([200, 150, 100], dtype=torch.uint8)[None, :, None, None].expand(2, 3, 4, 4)
    assert measures.warmth(warm) == pytest.approx(100 / 300)
    assert measures.warmth(warm // 2) == pytest.approx(100 / 300)
    assert measures.warmth(warm.flip(1)) == pytest.approx(-100 / 300)


def test_frozen_share_counts_the_repeated_frames() -> None:
    moving, _ = walker(torch.linspace(0.1, 0.6, T))
    assert measures.frozen_share(moving) == 0.0
    assert measures.frozen_share(still()) == 1.0
    half = torch.cat([moving[:6], moving[5:6].repeat(6, 1, 1, 1)])
    assert measures.frozen_share(half) == pytest.approx(6 / 11)


def test_flicker_sees_pumping_light_and_not_a_fade() -> None:
    fade = (still().float() * torch.linspace(1.0, 0.4, T)[:, None, None, None]).to(torch.uint8)
    pump = still().float()
    pump[::2] *= 0.8
    assert measures.flicker(fade) < 0.01 < 0.1 < measures.flicker(pump.to(torch.uint8))


def test_jump_is_the_change_across_a_boundary_beyond_the_usual() -> None:
    moving, _ = walker(torch.linspace(0.1, 0.6, T))
    assert measures.jump(still(), still()) == 0.0
    assert measures.jump(moving[:6], moving[6:]) == pytest.approx(0.0, abs=0.02)
    assert measures.jump(still(), ground(seed=1).repeat(T, 1, 1, 1)) > 0.5
    assert measures.jump(still() // 4, ground(seed=1).repeat(T, 1, 1, 1) // 4) > 0.5, "in the dark, too"
    with pytest.raises(measures.Unmeasurable, match="do not join"):
        measures.jump(still(), still()[..., :10])


def test_track_progress_tells_a_walker_from_one_that_stays() -> None:
    way = torch.linspace(0.1, 0.6, T)
    frames, boxes = walker(way)
    stuck, stay = walker(torch.full((T,), 0.1))
    assert measures.track_progress(frames, boxes, stay) == pytest.approx(1.0, abs=0.11)
    assert measures.track_progress(stuck, boxes, stay) < 0.2
    half, _ = walker(0.1 + (way - 0.1) / 2)
    assert measures.track_progress(half, boxes, stay) == pytest.approx(0.5, abs=0.16)


def test_drift_tells_one_that_stands_from_one_that_leaves() -> None:
    stood, boxes = walker(torch.full((T,), 0.4))
    assert measures.drift(stood, boxes) < 0.1
    left, _ = walker(torch.linspace(0.4, 0.55, T))
    assert measures.drift(left, boxes) == pytest.approx(1.0, abs=0.21)


def test_paste_tells_a_copied_still_from_a_drawn_figure() -> None:
    frames, boxes = walker(torch.full((T,), 0.4))
    sheet = torch.full((3, 32, 32), 230, dtype=torch.uint8)
    sheet[:, 4:28, 10:22] = torch.tensor([220, 40, 40], dtype=torch.uint8)[:, None, None]
    whole = torch.tensor([0.0, 0.0, 1.0, 1.0])
    pasted = frames.clone()
    patch = torch.nn.functional.interpolate(sheet[None].float(), (24, 12), mode="area")[0].to(torch.uint8)
    pasted[:, :, 19:43, 32:44] = patch
    assert measures.paste(frames, boxes, sheet, whole) < 0.5 < 0.8 < measures.paste(pasted, boxes, sheet, whole)


@pytest.mark.parametrize(
    "measure",
    [
        lambda: measures.frozen_share(still(1)),
        lambda: measures.flicker(still(2)),
        lambda: measures.track_progress(still(), box_at(0.1), box_at(0.1)),
        lambda: measures.track_progress(still(), box_at(1.3), box_at(0.1)),
        lambda: measures.drift(still(), box_at(1.1)),
    ],
)
def test_what_is_not_defined_is_refused_and_never_zero(measure: object) -> None:
    with pytest.raises(measures.Unmeasurable):
        measure()  # type: ignore[operator]
