"""What the critic looks at and what it answers, check by check; added up to a Review."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from torch import Tensor

from agent.critic.review import By, ConditioningChange, Evidence, Failure, Note, NoteSeverity, Review
from memory.rows import Measure
from omni_model.eyes.measures import Unmeasurable
from omni_model.spec.captions import SceneFacts
from omni_model.spec.conditioning import Conditioning


@dataclass(frozen=True)
class ReviewInput:
    """A take beside what it should show.

    ``frames`` uint8 [T, 3, H, W]; ``stills`` by (entity, role), uint8 [3, H, W]; ``before`` the clip that the
    shot goes on from, uint8 [T, 3, H, W], or None.
    """

    facts: SceneFacts
    conditioning: Conditioning
    frames: Tensor
    stills: dict[tuple[str, str], Tensor] = field(default_factory=dict)
    before: Tensor | None = None

    @property
    def span(self) -> tuple[int, int]:
        """First and last frame."""
        return 0, len(self.frames) - 1


@dataclass(frozen=True)
class CheckResult:
    """The answer of one check. ``score`` is 0..1, higher is better; None when it failed or was skipped."""

    dimension: str
    score: float | None = None
    skipped: bool = False
    note: Note | None = None
    failure: str = ""
    """Why it failed, where somebody said so."""


@dataclass(frozen=True)
class Threshold:
    """How far a figure may go before it is noted. ``figure`` in the units of its measure.

    ``at_least`` turns the bound around: the figure must reach it.
    """

    dimension: str
    bound: float
    text: str
    severity: NoteSeverity = "major"
    at_least: bool = False
    by: By = "measured"

    def judge(
        self,
        figure: float,
        span: tuple[int, int],
        proposal: ConditioningChange,
        subject: str = "",
        score: float | None = None,
    ) -> CheckResult:
        """The finding on a measured figure. ``score`` None: one half where the figure meets the bound."""
        broken = figure < self.bound if self.at_least else figure > self.bound
        if score is None:
            share = figure / self.bound / 2
            score = min(1.0, max(0.0, share if self.at_least else 1.0 - share))
        if not broken:
            return CheckResult(self.dimension, score)
        evidence = Evidence(frames=span, figure=round(figure, 4), bound=self.bound)
        text = self.text.format(subject=subject, figure=figure)
        note = Note(
            dimension=self.dimension,
            severity=self.severity,
            text=text,
            evidence=evidence,
            proposal=proposal,
            by=self.by,
        )
        return CheckResult(self.dimension, score, note=note)


def attempt(dimension: str, check: Callable[[], CheckResult]) -> CheckResult:
    """The check's finding; one that cannot be measured is a failure, neither 0 nor a pass."""
    try:
        return check()
    except Unmeasurable:
        return CheckResult(dimension)


def add_up(findings: Iterable[CheckResult]) -> Review:
    """Scores by dimension, every note, and the verdict: another take when a note is major."""
    by_dimension: dict[str, list[CheckResult]] = {}
    kept = tuple(findings)
    for finding in kept:
        by_dimension.setdefault(finding.dimension, []).append(finding)
    notes = tuple(f.note for found in by_dimension.values() for f in found if f.note is not None)
    return Review(
        scores={dimension: _measure(found) for dimension, found in by_dimension.items()},
        notes=notes,
        verdict="revise" if any(note.severity == "major" for note in notes) else "accept",
        failures=tuple(Failure(dimension=f.dimension, why=f.failure) for f in kept if f.failure),
    )


def _measure(found: list[CheckResult]) -> Measure:
    scores = [f.score for f in found if f.score is not None]
    skipped = sum(f.skipped for f in found)
    value = round(sum(scores) / len(scores), 4) if scores else None
    return Measure(value, len(scores), n_failed=len(found) - len(scores) - skipped, n_skipped=skipped)
