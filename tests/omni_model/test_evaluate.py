"""The painter's table measures what it says: true clips pass every row, and each planted fault lowers its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from statistics import median

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.evaluate import LIMITS, TASKS, TableRow, as_json, measure
from omni_model.evaluate.cases import Bench, EvaluationCase, scenes
from omni_model.evaluate.distribution import Distribution, frechet
from omni_model.evaluate.reading import psnr
from omni_model.evaluate.rows import MeasureTally
from omni_model.eyes.perception import Perception
from omni_model.world import render

EXACT = [key for key in LIMITS if key[1].endswith("dB")]


@pytest.fixture(scope="module", autouse=True)
def drawn_once() -> Iterator[None]:
    """The world draws the truth of a scene once for all that look at it here; nobody changes it."""
    once = cache(render)
    with pytest.MonkeyPatch.context() as patch:
        for family in ("cases", "continuation", "edits", "physics", "references", "transfer"):
            patch.setattr(f"omni_model.evaluate.{family}.render", once)
        yield


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A painter and an autoencoder that give the truth."""
    return Bench(lambda case: case.wanted, lambda frames: frames, Perception.load("examiner"), cases=2)


@pytest.fixture(scope="module")
def perfect(bench: Bench) -> dict[tuple[str, str], TableRow]:
    return {(row.task, row.measure): row for row in measure(bench)}


def test_every_row_of_the_table_is_measured_in_its_order(perfect: dict[tuple[str, str], TableRow]) -> None:
    assert list(perfect) == list(LIMITS)
    for row in perfect.values():
        assert row.n_failed == 0 and row.n_evaluated + row.n_skipped == 2, row


@pytest.mark.parametrize("key", EXACT)
def test_true_pixels_are_as_good_as_equal(perfect: dict[tuple[str, str], TableRow], key: tuple[str, str]) -> None:
    assert perfect[key].value == 60.0 and perfect[key].aim_met and perfect[key].examiner_error == 0.0


@pytest.mark.parametrize("key", [key for key in LIMITS if key[1].endswith("ratio") and key[0] != "distribution"])
def test_true_clips_are_once_themselves(perfect: dict[tuple[str, str], TableRow], key: tuple[str, str]) -> None:
    assert perfect[key].value == pytest.approx(1.0)


def test_real_is_as_far_from_real_as_real(perfect: dict[tuple[str, str], TableRow]) -> None:
    assert perfect["distribution", "Fréchet distance, ratio"].value == pytest.approx(1.0)


@pytest.mark.parametrize("key", [key for key in LIMITS if "right" in key[1] or "present" in key[1] or "kept" in key[1]])
def test_true_clips_are_as_right_as_the_examiner(
    perfect: dict[tuple[str, str], TableRow], key: tuple[str, str]
) -> None:
    row = perfect[key]
    if row.measure.endswith("dB"):
        return
    assert row.value is not None and row.examiner_error is not None
    assert row.value >= 0.7 and row.value == pytest.approx(1 - row.examiner_error)


@pytest.mark.parametrize("name", ["gravity", "bounce time"])
def test_real_props_fall_as_they_should(perfect: dict[tuple[str, str], TableRow], name: str) -> None:
    row = perfect["physics", f"{name}, median error"]
    assert row.value is not None and row.value < 0.05 and row.aim_met


Painter = Callable[[EvaluationCase], Tensor]
FaultyRows = Callable[[str, Painter], dict[str, TableRow]]


@pytest.fixture(scope="module")
def faulty_rows(bench: Bench) -> FaultyRows:
    """The rows of a task by a painter with a fault, measured once for all the tests that read one of them."""

    @cache
    def measured(task: str, fault: Painter) -> dict[str, TableRow]:
        return {row.measure: row for row in measure(replace(bench, paint=fault), [task])}

    return measured


def mirrored(case: EvaluationCase) -> Tensor:
    return case.wanted.flip(-1)


def backwards(case: EvaluationCase) -> Tensor:
    return case.wanted.flip(0)


def slow(case: EvaluationCase) -> Tensor:
    return case.wanted[torch.arange(len(case.wanted)) // 2]


def dark(case: EvaluationCase) -> Tensor:
    return case.wanted // 5


def pumping(case: EvaluationCase) -> Tensor:
    gain = 1 - 0.3 * (torch.arange(len(case.wanted)) % 2)
    return (case.wanted * gain.view(-1, 1, 1, 1)).to(torch.uint8)


def repainted_late(case: EvaluationCase) -> Tensor:
    return torch.cat([case.wanted[:12], case.wanted[12:].roll(1, 1)])


def repainted(case: EvaluationCase) -> Tensor:
    return case.wanted.roll(1, 1)


def shifted(case: EvaluationCase) -> Tensor:
    return case.wanted.roll(12, -1)


def unedited(case: EvaluationCase) -> Tensor:
    return case.assets[case.asked.context[-1].clip]


@pytest.mark.parametrize(
    ("task", "name", "fault"),
    [
        ("text to video", "look right", dark),
        ("text to video", "action and direction right", mirrored),
        ("text to video", "camera move right", backwards),
        ("reference images", "look of the sheet right", repainted),
        ("reference images", "two subjects on the right bodies", mirrored),
        ("reference images", "plate kept, dB", shifted),
        ("time", "flicker, ratio", pumping),
        ("time", "identity drift, ratio", repainted_late),
        ("instruction edit", "asked change present", unedited),
        ("instruction edit", "everything else kept", repainted),
        ("instruction edit", "PSNR, dB", dark),
        ("continuation", "forward PSNR, dB", dark),
        ("continuation", "forward jump, ratio", shifted),
        ("continuation", "backward jump, ratio", shifted),
        ("continuation", "first and last frame jump, ratio", shifted),
        ("camera transfer", "move right", backwards),
        ("in-context example", "change present and rest kept", unedited),
        ("physics", "gravity, median error", slow),
        ("physics", "bounce time, median error", slow),
    ],
)
def test_a_planted_fault_is_seen_in_its_row(
    faulty_rows: FaultyRows, perfect: dict[tuple[str, str], TableRow], task: str, name: str, fault: Painter
) -> None:
    faulty = faulty_rows(task, fault)[name]
    good = perfect[task, name].value
    assert good is not None and faulty.floor_met is not True and not faulty.aim_met
    if faulty.value is not None:
        assert faulty.value > good if LIMITS[task, name].at_most else faulty.value < good


def test_a_blurred_autoencoder_is_below_its_floor(bench: Bench) -> None:
    blurred = replace(bench, vae_roundtrip=lambda frames: F.avg_pool2d(frames.float(), 5, 1, 2).to(torch.uint8))
    (row,) = measure(blurred, ["VAE"])
    assert row.value is not None and row.value < 31 and row.floor_met is False


def test_a_refusal_is_a_failure_and_never_a_figure(bench: Bench) -> None:
    def refuse(case: EvaluationCase) -> Tensor:
        raise ValueError("not today")

    for row in measure(replace(bench, paint=refuse), ["reference images", "camera transfer"]):
        assert (row.value, row.n_evaluated, row.n_failed) == (None, 0, 2)
        assert row.floor_met is False and row.aim_met is False and row.failures == {"not today": 2}


def test_one_failure_keeps_a_row_from_its_floor_and_counts_as_infinite_in_a_median() -> None:
    right = MeasureTally("text to video", "look right")
    right.add(1.0, 1.0)
    right.fail("lost")
    assert right.shares().value == 1.0 and right.shares().floor_met is False
    errors = MeasureTally("physics", "gravity, median error")
    for error in (0.01, 0.02, 0.03):
        errors.add(error, 0.0)
    for _ in range(2):
        errors.fail("lost")
    assert errors.median().value == median([0.01, 0.02, 0.03, 9.0, 9.0]) and errors.median().floor_met
    for _ in range(2):
        errors.fail("never bounced")
    assert errors.median().failures == {"lost": 2, "never bounced": 2}
    assert errors.median().value is None and errors.median().floor_met is False


def test_the_value_is_the_mean_over_kinds() -> None:
    tally = MeasureTally("instruction edit", "asked change present")
    for kind, seen in (("mood", True), ("mood", True), ("mood", True), ("add", False)):
        tally.add({kind: seen}, {kind: True})
    tally.add({})
    row = tally.shares()
    assert (row.value, row.parts, row.n_evaluated, row.n_skipped) == (0.5, {"add": 0.0, "mood": 1.0}, 4, 1)
    assert row.examiner_error == 0.0


def test_the_frechet_distance_of_known_distributions() -> None:
    a = torch.randn(4000, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert frechet(a, a) == pytest.approx(0.0, abs=1e-9)
    assert frechet(a, a + 2) == pytest.approx(5 * 4, rel=1e-6)
    assert frechet(a, 3 * a) == pytest.approx(4 * float(a.var(0).sum()), rel=0.05)


def test_black_clips_are_farther_from_real_ones_than_those_from_each_other(bench: Bench) -> None:
    distribution = Distribution(bench)
    for _, truth in scenes(12, 0):
        distribution.add(torch.zeros_like(truth.frames), truth.frames)
    value = distribution.row().value
    assert value is not None and value > 1.3


def test_psnr_of_a_known_error() -> None:
    black = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    assert psnr(black, black + 255) == pytest.approx(0.0, abs=1e-6)
    assert psnr(black, black + 51) == pytest.approx(13.98, abs=0.01)
    with pytest.raises(ValueError, match="no pixel"):
        psnr(black, black, torch.zeros(2, 4, 4, dtype=torch.bool))


def test_the_json_is_plain_and_holds_the_agreed_keys(perfect: dict[tuple[str, str], TableRow]) -> None:
    told = json.loads(json.dumps(as_json(list(perfect.values()), "abc", 7), allow_nan=False))
    assert set(told) == {"rows", "weights_digest", "seed"}
    keys = {"task", "measure", "value", "n_evaluated", "n_failed", "n_skipped", "examiner_error", "floor", "aim"}
    assert set(told["rows"][0]) == keys | {"floor_met", "aim_met", "parts", "failures"}


def test_an_unknown_task_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="no task painting"):
        measure(bench, ["painting"])
    with pytest.raises(ValueError, match="one case"):
        measure(replace(bench, cases=0), TASKS)
