"""The nouns of review: a take, its notes, its scores, its verdict. Plain data, JSON both ways."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from memory.rows import Measure
from omni_model.spec.conditioning import Digest, Frozen, Region, Slug

NoteSeverity = Literal["minor", "major"]
"""A major note asks for another take; a minor one stays on record."""

Verdict = Literal["accept", "revise"]

By = Literal["measured", "judge"]
"""Who says it: a measure or the critic's own network, or the language model that was asked to judge."""


class NewSeed(Frozen):
    """Draw again from other noise."""

    kind: Literal["seed"] = "seed"


class RaiseReference(Frozen):
    """Hold an entity's references more strongly."""

    kind: Literal["reference"] = "reference"
    entity: Slug
    factor: Annotated[float, Field(gt=1.0, le=2.0)] = 1.25


class AddKeyframes(Frozen):
    """Show the generator more of an entity, from the keyframe bank."""

    kind: Literal["keyframes"] = "keyframes"
    entity: Slug
    count: Annotated[int, Field(ge=1, le=4)] = 1


class MoreSteps(Frozen):
    """Sample in more steps."""

    kind: Literal["steps"] = "steps"
    factor: Annotated[float, Field(gt=1.0, le=4.0)] = 1.5


class RaiseGuidance(Frozen):
    """Follow the conditions more strictly."""

    kind: Literal["guidance"] = "guidance"
    add: Annotated[float, Field(gt=0.0, le=5.0)] = 0.5


class RedoRegion(Frozen):
    """Keep the take and draw one box of its frames anew."""

    kind: Literal["region"] = "region"
    region: Region


ConditioningChange = Annotated[
    NewSeed | RaiseReference | AddKeyframes | MoreSteps | RaiseGuidance | RedoRegion,
    Field(discriminator="kind"),
]
"""A typed change of the Conditioning that a note proposes; :mod:`agent.critic.revise` carries it out."""


class Evidence(Frozen):
    """What a note rests on: the frames looked at (first, last), the figure, and the bound it broke."""

    frames: tuple[int, int]
    figure: float
    bound: float


class Note(Frozen):
    """One finding on one take."""

    dimension: str
    severity: NoteSeverity
    text: str
    evidence: Evidence
    proposal: ConditioningChange | None = None
    by: By = "measured"


class Failure(Frozen):
    """A question that the judge did not answer."""

    dimension: str
    why: str


class Review(Frozen):
    """Everything the critic says of a take. ``scores`` by dimension; higher is better, 0..1."""

    scores: dict[str, Measure]
    notes: tuple[Note, ...]
    verdict: Verdict
    failures: tuple[Failure, ...] = ()

    @property
    def rank(self) -> tuple[int, int, float]:
        """Sorts takes of a shot, best first: fewest major notes, fewest notes, highest mean of what was measured."""
        measured = (m for dimension, m in self.scores.items() if not dimension.startswith("judge."))
        values = [m.value for m in measured if m.value is not None]
        major = sum(note.severity == "major" for note in self.notes)
        return (major, len(self.notes), -(sum(values) / len(values) if values else 0.0))


class Comparison(Frozen):
    """Two takes of a shot between which the notes do not decide, side by side before the judge."""

    shot: Slug
    first: Digest
    second: Digest
    outcome: Literal["first", "second", "undecided", "failed"]
    why: str = ""
    """Why it failed."""


class ObservedAttribute(Frozen):
    """What the critic sees of one attribute; ``value`` is None when it looked and could not tell."""

    entity: str
    attribute: str
    value: str | None
    probability: float


class Take(Frozen):
    """One render of one shot, asked for or done. ``digest`` names its inputs."""

    shot: Slug
    attempt: int
    digest: Digest
    conditioning: Digest
    """Blob of the canonical JSON of the Conditioning."""
    reused: bool = False
    """It was already on record when this production asked for it."""
