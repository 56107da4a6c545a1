"""The values that memory gives and takes: frozen, plain, free of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

#: What JSON can hold, as an object.
JsonObject = dict[str, Any]
Kind = Literal["planned", "seen"]


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

    ``take`` is the take that was accepted for the shot at that moment; when another take is accepted
    later, the frame is no keyframe any more.
    """

    entity: str
    shot: str
    frame: int
    image: str
    fidelity: float | None
    threshold: float
    admitted: bool
    reason: str
    take: str | None = None


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
