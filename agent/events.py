"""What happens in a production, as it happens: frozen values, in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.critic.review import Note


@dataclass(frozen=True)
class Event:
    """Root of the events below."""


@dataclass(frozen=True)
class Notice(Event):
    """Something the user should know and need not act upon."""

    text: str


@dataclass(frozen=True)
class Planning(Event):
    """The planner is at work."""

    step: str


@dataclass(frozen=True)
class StoryPlanned(Event):
    """The story stands. ``shots`` is their number, ``seconds`` the film's length."""

    title: str
    shots: int
    seconds: float
    version: int


@dataclass(frozen=True)
class StoryEdited(Event):
    """A sentence made another version. ``stale`` are the shots that have to be rendered, in film order."""

    version: int
    operations: tuple[str, ...]
    assumptions: tuple[str, ...]
    refused: tuple[str, ...]
    stale: tuple[str, ...]
    predicted_seconds: float | None


@dataclass(frozen=True)
class Question(Event):
    """The sentence cannot be told what it means; nothing was changed."""

    text: str


@dataclass(frozen=True)
class ApprovalWanted(Event):
    """The production waits for a person: :meth:`Session.approve` goes on.

    ``renders`` are the pictures and takes to be made if nothing is redone, ``at_most`` if everything is.
    """

    shots: int
    seconds: float
    renders: int
    at_most: int


@dataclass(frozen=True)
class CastPinned(Event):
    """A sheet or plate that every shot of the entity will be held to. ``origin``: 'rendered' or 'given'."""

    entity: str
    role: str
    key: str
    image: str
    origin: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class RenderProgress(Event):
    """Sampling of the batch at hand: ``done`` of ``total`` steps."""

    shots: tuple[str, ...]
    done: int
    total: int


@dataclass(frozen=True)
class TakeRendered(Event):
    shot: str
    attempt: int
    digest: str
    clip: str
    reused: bool


@dataclass(frozen=True)
class TakeReviewed(Event):
    shot: str
    attempt: int
    digest: str
    verdict: str
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class JudgeFailed(Event):
    """The judge did not answer a question about a take; the verdict stands without it."""

    shot: str
    attempt: int
    dimension: str
    why: str


@dataclass(frozen=True)
class TakesCompared(Event):
    """The judge was shown two takes that the notes do not tell apart. ``outcome`` as of a Comparison."""

    shot: str
    first: str
    second: str
    outcome: str


@dataclass(frozen=True)
class ShotAccepted(Event):
    """``done`` of ``total`` shots are in. ``doubts`` are the notes that remain on the accepted take."""

    shot: str
    digest: str
    clip: str
    doubts: tuple[Note, ...]
    done: int
    total: int


@dataclass(frozen=True)
class FilmCut(Event):
    """The end: where the film and its report lie."""

    film: Path
    contact_sheet: Path
    seconds: float
    shots: int


def as_json(event: Event) -> dict[str, Any]:
    """The event as plain JSON, with its name under ``event``."""
    return {"event": type(event).__name__, **{k: _plain(v) for k, v in vars(event).items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Note):
        return value.model_dump(mode="json")
    return str(value) if isinstance(value, Path) else value
