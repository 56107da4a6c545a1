"""The values that memory gives and takes: frozen, plain, free of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

#: What JSON can hold, as an object.
JsonObject = dict[str, Any]
FactKind = Literal["planned", "seen"]


class StoreError(Exception):
    """The production's memory cannot do what was asked; one line says why."""


@dataclass(frozen=True)
class Measure:
    """A figure with its honesty: ``value`` is None when nothing could be evaluated, never 0.

    ``n_failed`` were tried without an answer; ``n_skipped`` were not tried, because nothing asked for them.
    """

    value: float | None
    n_evaluated: int
    n_failed: int = 0
    n_skipped: int = 0


@dataclass(frozen=True)
class StoryRow:
    """One version of the story; ``parent`` is the version that it was made from."""

    version: int
    parent: int | None
    digest: str
    reason: str
    provenance: JsonObject = field(default_factory=dict)
    """What made it, beyond the reason: the patch of an edit."""


@dataclass(frozen=True)
class ProductionRow:
    """What a folder is to become: asked for by ``request``, with ``settings``, both the agent's own JSON."""

    key: str
    request: JsonObject | None
    settings: JsonObject
    version: int | None
    """Of the story, in force."""
    rendition: int | None
    """The one in force: that of ``version`` by the makers of the moment; None before its work began."""
    step: str
    """The command under way ('undo', or a sentence), until whoever gave it has seen its end; else empty."""


@dataclass(frozen=True)
class RenditionRow:
    """One filming of one version of the story by certain makers.

    ``makers`` is a digest of who films; ``planner`` and ``eyes`` are the agent's records of who planned and who saw.
    """

    version: int
    makers: str
    generator: str = ""
    planner: JsonObject = field(default_factory=dict)
    eyes: JsonObject | None = None
    approved: bool = False
    seconds: JsonObject = field(default_factory=dict)
    """Wall seconds by stage."""
    outputs: JsonObject = field(default_factory=dict)
    """file -> digest, of what the folder shows; empty until the film is cut."""
    id: int = 0
    """Given by memory."""


@dataclass(frozen=True)
class AttemptRow:
    """A take of a shot that a rendition asks for, the first (0) or a later one.

    ``conditioning`` and ``compiled`` are digests of documents. ``round`` is the batch that it is rendered in, None
    while it waits for one. ``decided``: it was reviewed, and the shot accepted or asked for again.
    """

    rendition: int
    shot: str
    attempt: int
    digest: str
    conditioning: str
    compiled: str
    reused: bool = False
    """It was on record already when it was asked for."""
    round: int | None = None
    decided: bool = False
    id: int = 0
    """Given by memory: grows with every new row."""


@dataclass(frozen=True)
class SourceRow:
    """The accepted take of an earlier rendition that a stale shot may be made from, by an edit."""

    shot: str
    clip: str
    compiled: str
    """Digest of the document that says how it was asked for."""


@dataclass(frozen=True)
class PinRow:
    """The picture that an entity is held to, in one role ('sheet', 'plate', 'style').

    ``key`` separates wardrobe states and lights of one entity.
    """

    entity: str
    role: str
    key: str
    image: str
    provenance: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class TakeRow:
    """One render of one shot.

    ``digest`` names the inputs, ``clip`` the blob of the frames. ``scores`` maps a measure's name to its
    figure and its counts. Two shots that ask for exactly the same share a digest, each with its own review.
    """

    digest: str
    shot: str
    clip: str
    conditioning: JsonObject
    story_version: int | None = None
    scores: JsonObject = field(default_factory=dict)
    notes: list[JsonObject] = field(default_factory=list)
    verdict: str = ""
    order: int = 0
    """Given by memory: grows with every new take."""


@dataclass(frozen=True)
class Admission:
    """A frame that stood at the keyframe bank's gate, let in or not, and why.

    ``take`` is the digest of the take that it was taken from; it is a keyframe while that take is in force.
    """

    entity: str
    shot: str
    take: str
    frame: int
    image: str
    fidelity: float | None
    threshold: float
    admitted: bool
    reason: str


@dataclass(frozen=True)
class FactRow:
    """An attribute's value from ``shot`` on, up to but without ``until`` (None: until another value).

    An attribute has one value at a time: 'hat' = 'red', not 'wears' = 'red hat' beside 'wears' = 'scarf'.
    ``value`` None means that review looked and could not tell.
    """

    entity: str
    attribute: str
    value: str | None
    shot: str
    until: str | None = None
    evidence: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Contradiction:
    """The plan says one thing, the pixels of ``shot`` say another."""

    entity: str
    attribute: str
    planned: str
    seen: str
    shot: str
    evidence: JsonObject = field(default_factory=dict)
