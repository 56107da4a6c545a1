"""How findings become a review: a failure is neither 0 nor a pass, and the better take ranks first."""

from __future__ import annotations

import pytest

from agent.critic.findings import CheckResult, Threshold, add_up, attempt
from agent.critic.review import NewSeed, Review
from memory.rows import Measure
from omni_model.eyes.measures import Unmeasurable

MOST = Threshold("jump", 0.1, "jumps by {figure:.2f}")
LEAST = Threshold("way", 0.5, "{subject} goes {figure:.0%}", at_least=True)


@pytest.mark.parametrize(
    ("bound", "figure", "score", "noted"),
    [(MOST, 0.0, 1.0, False), (MOST, 0.1, 0.5, False), (MOST, 0.3, 0.0, True), (LEAST, 1.0, 1.0, False),
     (LEAST, 0.5, 0.5, False), (LEAST, 0.1, 0.1, True)],
)  # fmt: skip
def test_a_score_is_one_half_at_the_bound(bound: Threshold, figure: float, score: float, noted: bool) -> None:
    found = bound.judge(figure, (0, 8), NewSeed(), "fox")
    assert found.score == pytest.approx(score)
    assert (found.note is not None) == noted


def test_a_note_carries_its_figure_bound_and_frames() -> None:
    note = LEAST.judge(0.1, (2, 8), NewSeed(), "fox").note
    assert note is not None
    assert note.text == "fox goes 10%"
    assert (note.evidence.frames, note.evidence.figure, note.evidence.bound) == ((2, 8), 0.1, 0.5)


def fails() -> CheckResult:
    raise Unmeasurable("the subject is outside the frame")


def test_a_failed_measure_is_counted_as_failed_and_has_no_value() -> None:
    review = add_up([attempt("motion", fails), CheckResult("copy", skipped=True)])
    assert review.scores["motion"] == Measure(None, 0, n_failed=1)
    assert review.scores["copy"] == Measure(None, 0, n_skipped=1)
    assert review.verdict == "accept" and review.notes == ()


def test_a_dimension_is_the_mean_of_what_was_evaluated() -> None:
    review = add_up([CheckResult("motion", 0.2), CheckResult("motion", 0.6), CheckResult("motion")])
    assert review.scores["motion"] == Measure(0.4, 2, n_failed=1)


def test_rank_prefers_fewer_major_notes_then_fewer_notes_then_the_score() -> None:
    clean, weak = add_up([CheckResult("a", 0.9)]), add_up([CheckResult("a", 0.6)])
    bad = add_up([MOST.judge(0.3, (0, 1), NewSeed())])
    minor = add_up([Threshold("x", 0.1, "", severity="minor").judge(0.3, (0, 1), NewSeed())])
    assert bad.verdict == "revise" and minor.verdict == "accept"
    assert sorted([bad, minor, weak, clean], key=lambda review: review.rank) == [clean, weak, minor, bad]


def test_a_review_survives_json() -> None:
    review = add_up([MOST.judge(0.3, (0, 1), NewSeed()), attempt("motion", fails)])
    assert Review.model_validate_json(review.model_dump_json()) == review
