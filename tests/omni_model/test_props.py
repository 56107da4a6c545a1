"""The second look at props, how they move, and what both are learned from."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

from omni_model.eyes.captioner import WEIGHTS, Captioner, _View
from omni_model.eyes.captioner_net import Box, CaptionerConfig, CaptionerNet, overlap
from omni_model.eyes.captioner_parts import FURTHEST, Props, set_right
from omni_model.eyes.perception import in_mirror
from omni_model.eyes.tracking import DetectionTrack
from omni_model.train.data.captioned import UNTOLD, portraits
from omni_model.train.data.motions import flights
from omni_model.train.data.scenes import generate_portraits, portrait_scene
from omni_model.train.tasks.judgement import in_sight
from omni_model.train.tasks.props import found_in, looks_loss, overlaps
from omni_model.world.render import render
from omni_model.world.sample import sample_scene

CORNERS = st.tuples(st.floats(0.0, 0.5), st.floats(0.0, 0.5), st.floats(0.1, 0.5), st.floats(0.1, 0.5))


def boxes_from(*where: tuple[float, float, float, float]) -> Tensor:
    """Boxes [N, 4] of left, top, width and height."""
    return torch.tensor([(x, y, x + w, y + h) for x, y, w, h in where])


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = generate_portraits(tmp_path_factory.mktemp("props"), 24, props=True)
    return path


@pytest.fixture(scope="module")
def untrained() -> Props:
    torch.manual_seed(0)
    return Props(16, (8, 16), 24).eval()


@pytest.fixture(scope="module")
def captioner() -> Captioner:
    if not WEIGHTS.exists():
        pytest.skip("the captioner's weights are not here")
    return Captioner.load()


@given(CORNERS, CORNERS)
def test_overlaps_of_many_boxes_are_those_of_each(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> None:
    a, b = boxes_from(one), boxes_from(other)
    alone = overlap(*(Box("prop", tuple(box[0].tolist()), 1.0) for box in (a, b)))
    assert float(overlaps(a, b)) == pytest.approx(alone, abs=1e-5)


@given(CORNERS, st.tuples(*[st.floats(-0.25, 0.25)] * 4))
def test_a_box_that_is_off_is_set_right_by_how_far(
    where: tuple[float, float, float, float], off: tuple[float, float, float, float]
) -> None:
    begun = boxes_from(where)
    real = begun + torch.tensor([off]) * (begun[:, 2:] - begun[:, :2]).repeat(1, 2)
    assert torch.allclose(set_right(begun, torch.tensor([off])), real, atol=1e-5)
    assert torch.equal(set_right(begun, torch.full((1, 4), 9.0)), set_right(begun, torch.full((1, 4), FURTHEST)))


@settings(deadline=None, max_examples=10)
@given(CORNERS)
def test_in_a_mirror_the_same_is_seen(untrained: Props, where: tuple[float, float, float, float]) -> None:
    frames = torch.rand(1, 3, 64, 112, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        boxes, there = untrained.look(frames, boxes_from(where))
        mirrored, also = untrained.look(frames.flip(-1), in_mirror(boxes_from(where)))
    assert torch.allclose(in_mirror(mirrored), boxes, atol=1e-4)
    assert torch.allclose(also, there, atol=1e-4)


@given(st.floats(0.51, 0.99), st.integers(1, 25))
def test_the_odds_of_a_prop_are_what_its_frames_say_on_average(share: float, found: int) -> None:
    box = Box("prop", (0.1, 0.1, 0.2, 0.2), share)
    track = DetectionTrack("prop", list(range(found)), [box] * found)
    assert track.odds(found) == pytest.approx(math.log(share / (1 - share)), rel=1e-3)
    assert 0 < track.odds(25) <= track.odds(found) + 1e-6
    longer = DetectionTrack("prop", list(range(found + 1)), [box] * (found + 1))
    assert longer.odds(25) > track.odds(25)


def test_what_is_no_prop_leads_none_astray() -> None:
    torch.manual_seed(0)
    captioner = Captioner(CaptionerNet(CaptionerConfig(widths=(8, 16, 16, 16), neck=16, crop=16, crop_widths=(8, 8))))
    view = _View(captioner.net, torch.zeros(5, 3, 64, 112, dtype=torch.uint8))
    stray, prop = ((x, 0.4, x + 0.1, 0.6) for x in (0.1, 0.5))

    def look(frames: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        return boxes, torch.where(boxes[:, 0] > 0.3, 3.0, -3.0)

    captioner.net.props.look = look  # type: ignore[method-assign]
    found = [[Box("prop", stray, 0.9), Box("prop", prop, 0.2), Box("prop", prop, 0.3)] for _ in range(5)]
    for boxes in view._props_again(found):
        assert [box.corners for box in boxes] == [pytest.approx(prop)]
    assert view._props_again([[], []]) == [[], []]


def test_portraits_with_props_have_them_and_are_no_others(shard: Path, tmp_path: Path) -> None:
    numbers = load_file(shard)["seed"].tolist()
    assert len(numbers) == len(set(numbers)) == 24 and all(portrait_scene(n).props for n in numbers)
    (plain,) = generate_portraits(tmp_path, 4)
    assert not set(load_file(plain)["seed"].tolist()) & set(numbers)


def test_what_is_found_is_near_a_prop_or_apart_from_it(shard: Path) -> None:
    truth = portraits([shard])
    torch.manual_seed(0)
    net = CaptionerNet(CaptionerConfig(widths=(8, 16, 16, 16), neck=16, crop=16, crop_widths=(8, 8)))
    torch.nn.init.zeros_(net.find.bias)
    found = found_in(net, truth)
    assert len(found.boxes) and not (found.near & found.apart).any()
    assert (truth.seen[found.pictures[found.near], -1] == 1).all()
    assert found.apart[truth.seen[found.pictures, -1] == 0].all()
    assert not found.near[truth.seen[found.pictures, -1] == UNTOLD].any()


def test_what_knows_the_truth_loses_nothing(shard: Path) -> None:
    truth = portraits([shard])
    plain = torch.nonzero(truth.seen[:, -1] == 1)[:, 0]
    some = truth[torch.cat((plain, plain))]
    real = torch.arange(len(some)) < len(plain)
    boxes = torch.where(real[:, None], some.extents[:, -1] + 0.01, some.extents[:, -1] + 5)

    class Knows(Props):
        def forward(self, frames: Tensor, boxes: Tensor) -> Tensor:
            size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
            return torch.cat((torch.where(real, 9.0, -9.0)[:, None], (some.extents[:, -1] - boxes) / size), 1)

    class Blind(Props):
        def forward(self, frames: Tensor, boxes: Tensor) -> Tensor:
            return torch.zeros(len(boxes), 5)

    knows, blind = (looks_loss(kind(16, (8,), 8), some.frames, boxes, some, real)[0] for kind in (Knows, Blind))
    assert float(knows) < 0.01 < 1 < float(blind)


def test_flights_come_from_numbers_alone() -> None:
    one, again, other = (flights(6, 25, seed) for seed in (3, 3, 4))
    assert torch.equal(one.places, again.places) and torch.equal(one.labels, again.labels)
    assert one.features.shape == (6, 25, 0) and not torch.equal(one.places, other.places)


def test_a_prop_moves_as_its_places_do(captioner: Captioner) -> None:
    tracks = flights(200, 25, 7)
    with torch.inference_mode():
        (told,) = captioner.net.flight(tracks.features, tracks.places).values()
    assert float((told.argmax(1) == tracks.labels[:, 0]).float().mean()) >= 0.93


def test_held_out_props_are_found_where_they_are(captioner: Captioner) -> None:
    asked = found = there = told = 0
    for number in range(90_000_000_000, 90_000_000_150):
        scene = sample_scene(number, held_out=True, frames=1, subjects=1)
        if not scene.props:
            continue
        around, plain = in_sight(scene)
        seen = captioner.read(render(scene).frames[0])
        true = Box("prop", tuple(around[0, -1].tolist()), 1.0)
        right = [overlap(Box("prop", prop.box, 1.0), true) > 0.4 for prop in seen.props]
        there, told = there + sum(right), told + len(right)
        asked, found = asked + bool(plain[-1]), found + (bool(plain[-1]) and any(right))
    assert asked >= 15 and found >= 0.8 * asked and there >= 0.8 * told
