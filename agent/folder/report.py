"""report.json: what was planned, rendered, seen and spent. A contract that later checks read."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from agent.critic.review import Comparison, Failure, Note
from agent.errors import NotPlanned
from agent.folder.files import REPORT, STORY
from memory.rows import Measure
from omni_model.spec.conditioning import Frozen
from planner.film.lowering import Lowering
from planner.read.looks import Look
from planner.story.story import Story


class PlannerReport(Frozen):
    backend: str
    model: str
    degraded: bool
    """No language model was at hand; the film-grammar planner planned alone."""
    notes: tuple[str, ...] = ()
    lowering: tuple[Lowering, ...] = ()
    """The fate of what concerns the story as a whole."""


class PlanReport(Frozen):
    """A plan to be looked at before anything is rendered."""

    story: Story
    planner: PlannerReport
    lowering: dict[str, tuple[Lowering, ...]]
    """shot -> the fate of each of its directives."""


CAPTIONER = "captioner"
"""Who reads pictures where no language model sees."""


class EyesReport(Frozen):
    """Who saw the pictures that were given, a language model or the captioner, and what they show."""

    backend: str
    model: str
    photographs: dict[str, Look]
    """name -> what it shows."""
    failures: dict[str, str]
    """name -> why it could not be read."""


class JudgeFailure(Failure):
    shot: str
    attempt: int


class JudgeReport(Frozen):
    """The language model that judged takes beside the critic; its notes are those ``by`` the judge."""

    backend: str
    model: str
    answered: int
    failed: int
    """Of the questions about the takes below, reused ones included."""
    failures: tuple[JudgeFailure, ...] = ()
    """What was asked in vain in this production, and why."""
    comparisons: tuple[Comparison, ...] = ()


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
    eyes: EyesReport | None = None
    """Who read the photographs; None: nobody, no model that sees was at hand."""
    judge: JudgeReport | None = None
    """Who judged beside the critic; None: nobody."""


def read(folder: Path) -> tuple[Story, Report | None]:
    """The story that a folder shows, and the report of its film once there is one. Raises NotPlanned."""
    try:
        story = Story.model_validate_json((folder / STORY).read_bytes())
    except OSError:
        raise NotPlanned(f"{folder} holds no production (there is no {STORY} in it)") from None
    except ValidationError:
        raise NotPlanned(f"{folder / STORY} is damaged; make the film again") from None
    try:
        report = Report.model_validate_json((folder / REPORT).read_bytes())
    except (OSError, ValidationError):
        return story, None
    # A story planned anew leaves the older film's report behind until it is cut.
    same = [shot.id for shot in report.shots] == [shot.id for _, shot in story.shots]
    return story, report if same and report.story_id == story.id else None
