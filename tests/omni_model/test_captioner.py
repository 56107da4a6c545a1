"""The captioner: what it finds, how it tells, how sure it may be, and what it says of what is not of its world."""

from __future__ import annotations

import importlib.util
import itertools
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from omni_model.eyes.captioner import WEIGHTS, Captioner, sized
from omni_model.eyes.captioner_net import (
    CELL,
    FOUND,
    Box,
    CaptionerConfig,
    CaptionerNet,
    boxes_of,
    nearness,
    overlap,
)
from omni_model.eyes.observation import STRANGE, Observation
from omni_model.eyes.tracking import tracked, within
from omni_model.media import load_image
from omni_model.spec.captions import GarmentFacts, caption, sheet_caption
from omni_model.spec.vocabulary import COLOURS
from omni_model.train.data.captioned import UNTOLD, Truth, crop_squares, mirror_pictures, of_cast, shows_move, size_at
from omni_model.train.data.outside import outside
from omni_model.train.data.scenes import SLOTS, extents
from omni_model.train.tasks.calibration import _temperature, calibration_error
from omni_model.train.tasks.captioner import find_loss
from omni_model.train.tasks.judgement import separation
from omni_model.world.render import plate, render, sheet
from omni_model.world.sample import sample_scene
from omni_model.world.spec import SubjectSpec

H, W = 64, 112
SIDES = st.tuples(st.floats(0.15, 0.4), st.floats(0.2, 0.8), st.floats(0.08, 0.5), st.floats(0.15, 0.6))


@pytest.fixture(scope="module")
def untrained() -> Captioner:
    torch.manual_seed(0)
    return Captioner(CaptionerNet(CaptionerConfig(widths=(8, 16, 16, 16), neck=16, crop=16, crop_widths=(8, 8))))


@pytest.fixture(scope="module")
def captioner() -> Captioner:
    if not WEIGHTS.exists():
        pytest.skip("the captioner's weights are not here")
    return Captioner.load()


def truth_of(boxes: Tensor, frames: Tensor | None = None) -> Truth:
    """One picture with subjects in boxes [S, 4]."""
    padded, seen = torch.zeros(1, SLOTS + 1, 4), torch.zeros(1, SLOTS + 1, dtype=torch.long)
    padded[0, : len(boxes)], seen[0, : len(boxes)] = boxes, 1
    boxed, garments = of_cast([[]])
    pixels = torch.zeros(1, 3, H, W, dtype=torch.uint8) if frames is None else frames
    return Truth(pixels, torch.full((1, 7), UNTOLD), padded, padded, seen, boxed, garments)


def map_of(boxes: Tensor, kind: str = "subject") -> Tensor:
    """The map that a perfect network would draw of things of a kind in boxes [S, 4]."""
    h, w = H // CELL, W // CELL
    found = torch.zeros(1, len(FOUND), 5, h, w)
    found[:, :, 0] = -9
    for x0, y0, x1, y1 in boxes.tolist():
        column, row = (min(int((max(a, 0) + min(b, 1)) / 2 * n), n - 1) for a, b, n in ((x0, x1, w), (y0, y1, h)))
        sides = (column + 0.5 - x0 * w, row + 0.5 - y0 * h, x1 * w - column - 0.5, y1 * h - row - 0.5)
        found[0, FOUND.index(kind), :, row, column] = torch.tensor((9.0, *sides))
    return found


@settings(deadline=None, max_examples=25)
@given(SIDES)
def test_a_perfect_map_gives_the_boxes_back_and_costs_little(where: tuple[float, float, float, float]) -> None:
    x, y, w, h = where
    boxes = torch.tensor([[x - w / 2, y - h / 2, x + w / 2, y + h / 2]])
    (found,) = boxes_of(map_of(boxes))
    assert [box.kind for box in found] == ["subject"]
    assert found[0].corners == pytest.approx(boxes[0].tolist(), abs=1e-4)
    good, _ = find_loss(map_of(boxes), truth_of(boxes))
    bad, _ = find_loss(map_of(1 - boxes[:, [2, 3, 0, 1]] + 0.07), truth_of(boxes))
    assert float(good) < 0.01 < 1 < float(bad)


def test_two_boxes_that_are_one_are_found_once() -> None:
    boxes = torch.tensor([[0.2, 0.2, 0.5, 0.8], [0.23, 0.2, 0.57, 0.8], [0.7, 0.3, 0.9, 0.8]])
    (found,) = boxes_of(map_of(boxes))
    assert len(found) == 2
    assert all(overlap(a, b) < 0.55 for a in found for b in found if a is not b)


def test_props_that_overlap_a_little_are_one() -> None:
    boxes = torch.tensor([[0.2, 0.2, 0.3, 0.4], [0.2, 0.3, 0.3, 0.5]])
    assert len(boxes_of(map_of(boxes, "prop"))[0]) == 1
    assert len(boxes_of(map_of(boxes, "subject"))[0]) == 2


@given(SIDES, SIDES)
def test_nearness_is_overlap_less_the_way_between(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> None:
    a, b = (Box("prop", (x - w / 2, y - h / 2, x + w / 2, y + h / 2), 1.0) for x, y, w, h in (one, other))
    assert -1 <= nearness(a, b) <= overlap(a, b) + 1e-9 <= 1 + 2e-9
    assert nearness(a, b) == pytest.approx(nearness(b, a))
    assert nearness(a, a) == pytest.approx(1)
    away = b._replace(corners=(b.corners[0] + 2, b.corners[1], b.corners[2] + 2, b.corners[3]))
    farther = away._replace(corners=(b.corners[0] + 3, b.corners[1], b.corners[2] + 3, b.corners[3]))
    assert nearness(a, farther) < nearness(a, away) < 0


def test_a_prop_that_flies_farther_than_its_size_in_every_frame_is_one() -> None:
    flying = [[Box("prop", (t * 0.12, 0.2, t * 0.12 + 0.1, 0.4), 0.5)] for t in range(8)]
    assert [track.frames for track in tracked(flying)] == [list(range(8))]


def test_a_prop_that_passes_a_stray_is_not_lost_to_it() -> None:
    flying = [[Box("prop", (0.3, 0.1 + t * 0.1, 0.4, 0.3 + t * 0.1), 0.6)] for t in range(8)]
    flying[3].append(Box("prop", (0.32, 0.5, 0.44, 0.7), 0.1))
    assert sorted(track.frames for track in tracked(flying)) == [list(range(8)), [3]]


@given(SIDES, st.tuples(*[st.floats(-0.2, 0.5)] * 4))
def test_the_pixels_within_larger_boxes(
    where: tuple[float, float, float, float], beyond: tuple[float, float, float, float]
) -> None:
    x, y, w, h = where
    found = within(torch.tensor([[x - w / 2, y - h / 2, x + w / 2, y + h / 2]]), beyond, 400, 400)[0]
    across = min(x + w / 2 + beyond[2] * w, 1) - max(x - w / 2 - beyond[0] * w, 0)
    down = min(y + h / 2 + beyond[3] * h, 1) - max(y - h / 2 - beyond[1] * h, 0)
    assert int(found.any(0).sum()) == pytest.approx(across * 400, abs=1.01)
    assert int(found.any(1).sum()) == pytest.approx(down * 400, abs=1.01)


@given(st.integers(0, 3), st.integers(2, 9))
def test_who_is_lost_for_a_moment_is_the_same_again(gap: int, speed: int) -> None:
    def at(t: int) -> Box:
        return Box("subject", (t * speed / 400, 0.3, t * speed / 400 + 0.3, 0.9), 0.9)

    found = [[] if 6 <= t < 6 + gap else [at(t)] for t in range(14)]
    found[3].append(Box("prop", (0.9, 0.9, 1.0, 1.0), 0.9))
    (track,) = (track for track in tracked(found) if track.kind == "subject")
    assert len(track.frames) == 14 - gap
    wanted = torch.tensor([at(t).corners for t in range(14)])
    assert torch.allclose(track.corners(14), wanted, atol=1e-5)


@given(SIDES)
def test_a_mirror_twice_is_no_mirror(where: tuple[float, float, float, float]) -> None:
    x, y, w, h = where
    frames = torch.randint(0, 256, (1, 3, H, W), dtype=torch.uint8)
    truth = truth_of(torch.tensor([[x, y, x + w, y + h]]), frames)
    both = torch.tensor([True])
    again = mirror_pictures(mirror_pictures(truth, both), both)
    assert torch.equal(again.frames, frames)
    assert torch.allclose(again.boxes, truth.boxes, atol=1e-6) and torch.allclose(
        again.extents, truth.extents, atol=1e-6
    )


def test_in_a_square_of_a_frame_who_is_cut_off_is_not_learned_as_there() -> None:
    truth = truth_of(torch.tensor([[0.05, 0.2, 0.25, 0.8], [0.5, 0.2, 0.7, 0.8], [0.12, 0.2, 0.4, 0.8]]))
    square = crop_squares(truth, 30)
    assert square.frames.shape[-2:] == (H, H)
    assert square.seen[0].tolist() == [0, 1, UNTOLD, 0]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 90), st.integers(0, 50), st.integers(1, 20), st.integers(1, 12))
def test_extents_are_just_around_what_is_seen(x: int, y: int, width: int, height: int) -> None:
    masks = torch.zeros(2, H, W, dtype=torch.bool)
    masks[0, y : y + height, x : x + width] = True
    wanted = (x / W, y / H, min(x + width, W) / W, min(y + height, H) / H)
    around = extents(masks)
    assert around[0].tolist() == pytest.approx(wanted, abs=1e-6) and not around[1].any()


def test_a_track_in_other_boxes_is_the_same_track() -> None:
    (track,) = tracked([[Box("prop", (0.1, 0.1, 0.2, 0.2), 0.5)] for _ in range(3)])
    moved = track.boxed(track.known + 0.25)
    assert (moved.kind, moved.frames, moved.presence) == (track.kind, track.frames, track.presence)
    assert torch.allclose(moved.corners(3), track.corners(3) + 0.25)


def test_confidence_is_fitted_to_the_share_of_the_truth() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(4000, 5, generator=generator) * 2
    labels = torch.distributions.Categorical(logits=logits / 2.5)
    torch.manual_seed(2)
    assert _temperature(logits, labels.sample()) == pytest.approx(2.5, rel=0.12)
    assert calibration_error([(0.8, i % 5 != 0) for i in range(100)]) == pytest.approx(0, abs=1e-6)
    assert calibration_error([(1.0, i % 2 == 0) for i in range(100)]) == pytest.approx(0.5)
    assert separation([0.9, 0.8], [0.1, 0.85]) == 0.75


def test_pictures_from_outside_come_from_numbers_alone() -> None:
    frames = render(sample_scene(3, frames=2), 64, 112).frames
    made = [outside(number, frames) for number in range(24)]
    assert all(torch.equal(a, outside(i, frames)) for i, a in enumerate(made))
    assert all(m.shape == (3, H, W) and m.dtype == torch.uint8 for m in made)
    assert len({m.numpy().tobytes() for m in made}) == 24


@settings(deadline=None, max_examples=12)
@given(st.integers(1, 500), st.integers(1, 500))
def test_any_size_is_brought_to_one_that_can_be_read(height: int, width: int) -> None:
    h, w = sized(torch.zeros(1, 3, height, width, dtype=torch.uint8)).shape[2:]
    assert h % 16 == 0 == w % 16 and min(h, w) == 64 and max(h, w) <= 160


@pytest.mark.parametrize("wrong", [torch.zeros(3, 8, 8), torch.zeros(4, 8, 8).byte(), torch.zeros(0, 3, 8, 8).byte()])
def test_what_is_no_picture_is_refused(untrained: Captioner, wrong: Tensor) -> None:
    with pytest.raises(ValueError, match=r"a picture is uint8 \(3, H, W\)"):
        untrained.read(wrong)


def test_it_is_written_and_read_back(untrained: Captioner, tmp_path: Path) -> None:
    path = tmp_path / "captioner.safetensors"
    untrained.save(path)
    first = path.read_bytes()
    loaded = Captioner.load(path)
    loaded.save(path)
    assert loaded.digest and path.read_bytes() == first


def test_of_another_world_nothing_is_told() -> None:
    seen = Observation(picture="outside", of_world=0.02, frames=1)
    assert seen.caption == STRANGE and seen.scene is None and not list(seen.told())


def test_sizes_are_what_the_zoom_makes_of_them() -> None:
    assert [size_at(z) for z in (1.0, 1.6, 2.5)] == ["wide", "medium", "close"]
    assert size_at(1.33) is size_at(2.0) is None


class TestTrained:
    def test_held_out_frames_are_read_right(self, captioner: Captioner) -> None:
        specs = [sample_scene(90_000_000_000 + i, held_out=True, frames=1, subjects=1) for i in range(80)]
        specs = [s for s in specs if s.size != "close"]
        seen = [captioner.read(render(s).frames[0]) for s in specs]
        pairs = [(s, r, r.subjects[0]) for s, r in zip(specs, seen, strict=True) if r.subjects]
        assert len(pairs) >= 0.9 * len(specs)
        for kind in ("setting", "time", "mood", "style"):
            right = [r.facts[kind].word == getattr(s, kind) for s, r, _ in pairs]
            assert sum(right) >= 0.85 * len(right), kind
        for kind in ("species", "colour"):
            right = [one.facts[kind].word == getattr(s.subjects[0], kind) for s, _, one in pairs]
            assert sum(right) >= 0.8 * len(right), kind

    def test_boxes_are_just_around_what_is_seen(self, captioner: Captioner) -> None:
        shared = []
        for number in range(90_000_000_000, 90_000_000_040):
            seen = render(sample_scene(number, held_out=True, frames=1, subjects=1))
            (around,) = extents(seen.masks[0, :1]).tolist()
            if int(seen.masks[0, 0].sum()) >= 60 and (found := captioner.read(seen.frames[0]).subjects):
                box = Box("subject", tuple(around), 1.0)
                shared.append(max(overlap(Box("subject", one.box, 1.0), box) for one in found))
        assert len(shared) >= 25
        assert sum(shared) / len(shared) > 0.75

    def test_a_clip_says_who_goes_where(self, captioner: Captioner) -> None:
        words = {"right": 0, "left": 0}
        for way, (start, end) in {"right": (0.2, 0.7), "left": (0.8, 0.3)}.items():
            scene = sample_scene(5, subjects=1)
            facing = 1.0 if way == "right" else -1.0
            keys = tuple(
                {"t": t, "x": x, "y": 0.88, "height": 0.45, "facing": facing} for t, x in ((0, start), (1, end))
            )
            who = SubjectSpec.model_validate(scene.subjects[0].model_dump() | {"action": "walks", "keys": keys})
            plain = {"subjects": (who,), "camera": {"keys": ({"t": 0, "x": 0.5, "y": 0.5, "zoom": 1.0},)}}
            clip = render(scene.model_validate(scene.model_dump() | plain | {"move": "static"})).frames
            words[way] = captioner.read(clip).subjects[0].facts["direction"].word == way
        assert all(words.values())

    def test_a_camera_that_goes_along_is_not_held_by_a_shadow(self, captioner: Captioner) -> None:
        scenes = (sample_scene(seed, subjects=1) for seed in range(4000))
        along = (s for s in scenes if (s.move, s.subjects[0].action, s.time) == ("pan left", "runs", "dusk"))
        with_it = [s for s in itertools.islice(along, 8) if s.subjects[0].direction == "left" and shows_move(s)]
        assert [captioner.read(render(s).frames).facts["camera"].word for s in with_it] == ["pan left"] * len(with_it)
        assert len(with_it) >= 2

    def test_the_action_of_a_still_is_told_where_it_is_plain(self, captioner: Captioner) -> None:
        told = []
        for number in range(90_000_000_000, 90_000_000_030):
            scene = sample_scene(number, held_out=True, frames=1, subjects=1)
            found = captioner.read(render(scene).frames[0]).subjects
            told += [one.facts["action"] for one in found[:1] if "action" in one.facts]
        assert len(told) >= 10 and min(fact.confidence for fact in told) >= 0.8

    def test_a_sheet_is_a_sheet_and_a_plate_an_empty_place(self, captioner: Captioner) -> None:
        seen = captioner.read(sheet("bear", "blue", (GarmentFacts(item="cape", colour="red"),), size=200))
        assert seen.picture == "sheet" and seen.facts.keys() == {"style"}
        assert (seen.subjects[0].word("colour"), seen.subjects[0].word("species")) == ("blue", "bear")
        assert seen.caption.startswith("character sheet: a blue bear")
        assert sheet_caption.__name__ and seen.scene is None
        empty = captioner.read(plate(sample_scene(8), 256, 448))
        assert empty.picture == "shot" and not empty.subjects and empty.scene is not None
        assert empty.caption == caption(empty.scene)

    def test_each_garment_has_its_own_colour(self, captioner: Captioner) -> None:
        right = []
        for i, colour in enumerate(COLOURS):
            worn = {"glasses": COLOURS[i - 3], "bowtie": colour, "backpack": COLOURS[i - 6]}
            garments = tuple(GarmentFacts(item=item, colour=c) for item, c in worn.items())
            (seen,) = captioner.read(sheet("robot", COLOURS[i - 1], garments)).subjects
            read = {g.item.word: g.colour.word for g in seen.wardrobe}
            right += [read[item] == colour for item, colour in worn.items() if item in read]
        assert len(right) >= 15 and sum(right) >= 0.9 * len(right)

    def test_photographs_and_figures_are_not_of_its_world(self, captioner: Captioner) -> None:
        found = importlib.util.find_spec("gradio")
        if found is None or found.origin is None:
            pytest.skip("the pictures that come with gradio are not here")
        paths = sorted((Path(found.origin).parent / "media_assets" / "images").glob("*.jp*g"))
        if not paths:
            pytest.skip("the pictures that come with gradio are not here")
        seen = [captioner.read(load_image(path)) for path in paths]
        assert all(s.picture == "outside" and not list(s.told()) for s in seen)
        scenes = [sample_scene(91_000_000_000 + i, held_out=True, frames=1) for i in range(20)]
        ours = [captioner.read(render(s).frames[0]).of_world for s in scenes]
        assert separation(ours, [s.of_world for s in seen]) >= 0.99

    def test_noise_is_nothing(self, captioner: Captioner) -> None:
        noise = torch.randint(0, 256, (3, 90, 160), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
        assert captioner.read(noise).picture == "outside"

    def test_the_same_picture_is_read_the_same(self, captioner: Captioner) -> None:
        frame = render(sample_scene(12, frames=1)).frames[0]
        assert captioner.read(frame) == captioner.read(frame)
        assert all(math.isfinite(told.confidence) for told in captioner.read(frame).told())
