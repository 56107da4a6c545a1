"""report.json: what was planned, rendered, seen and spent. A contract that later checks read."""

from __future__ import annotations

from agent.review import Note
from memory.rows import Measure
from omni_model.conditioning import Frozen
from planner.lowering import Lowering


class PlannerReport(Frozen):
    backend: str
    model: str
    degraded: bool
    """No language model was at hand; the film-grammar planner planned alone."""
    notes: tuple[str, ...] = ()
    lowering: tuple[Lowering, ...] = ()
    """The fate of what concerns the story as a whole."""


class GeneratorReport(Frozen):
    name: str
    weights_digest: str


class TakeReport(Frozen):
    digest: str
    scores: dict[str, Measure]
    notes: tuple[Note, ...]
    verdict: str


class ShotReport(Frozen):
    id: str
    scene: str
    seconds: float
    digest: str
    """Of the inputs as planned, before any revision."""
    lowering: tuple[Lowering, ...]
    takes: tuple[TakeReport, ...]
    accepted: str
    reused: bool
    """No take of this shot was rendered by this production: every one was on record."""


class StageSeconds(Frozen):
    plan: float = 0.0
    cast: float = 0.0
    render: float = 0.0
    review: float = 0.0
    cut: float = 0.0


class Totals(Frozen):
    shots: int
    takes: int
    film_seconds: float
    wall_seconds: StageSeconds
    peak_rss_mb: float
    """Of the process that cut the film, in MiB."""


class Report(Frozen):
    story_id: str
    seed: int
    planner: PlannerReport
    generator: GeneratorReport
    critic: str
    """Digest of the critic's weights, or 'measures' when there was none."""
    shots: tuple[ShotReport, ...]
    totals: Totals
