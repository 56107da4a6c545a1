"""A unit of work: everything that is written between two states of a production, as one transaction."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from memory import queries
from memory.blobs import BlobStore
from memory.convert import from_orm, values_of
from memory.database import canonical_json
from memory.rows import (
    Admission,
    AttemptRow,
    FactRow,
    JsonObject,
    PinRow,
    RenditionRow,
    SourceRow,
    StoreError,
    TakeRow,
)
from memory.schema import (
    AcceptanceRecord,
    AttemptRecord,
    DocumentRecord,
    FactRecord,
    JudgementRecord,
    KeyframeRecord,
    PinRecord,
    RenditionRecord,
    SourceRecord,
    StoryRecord,
    TakeRecord,
)


class Unit:
    """The writes of one transaction (:meth:`memory.Memory.transaction`); none of them stands unless all do.

    A row that names a blob which is not there is refused.
    """

    def __init__(self, session: Session, production: int, blobs: BlobStore) -> None:
        self._session = session
        self._production = production
        self._blobs = blobs

    def save_request(self, request: JsonObject, settings: JsonObject) -> None:
        """Keep what is asked of the production and how it is to be made."""
        row = queries.production(self._session, self._production)
        row.request, row.settings = request, settings

    def begin_step(self, step: str) -> None:
        """Say which command is under way; empty: none is."""
        queries.production(self._session, self._production).step = step

    def save_story(
        self, story: JsonObject, reason: str, parent: int | None = None, provenance: JsonObject | None = None
    ) -> int:
        """Keep a version (plain JSON), make it current and return its number. ``parent``: None is the current one.

        A story that is the same as its parent gives no new version: the parent's number is returned.
        """
        body = canonical_json(story)
        digest = hashlib.sha256(body.encode()).hexdigest()
        before = queries.story(self._session, self._production, parent)
        if before is None or before.digest != digest:
            version = queries.newest_version(self._session, self._production) + 1
            made: dict[str, Any] = {"parent": before.version if before else None, "provenance": provenance or {}}
            row = StoryRecord(version=version, digest=digest, reason=reason, body=body, **made)
            self._add(row)
        else:
            version = before.version
        self._go_to(version, None)
        return version

    def go_to(self, version: int, rendition: int | None = None) -> None:
        """Make an older or later version current, with the rendition that shows it; none is lost. Raises StoreError."""
        queries.story(self._session, self._production, version)
        if rendition is not None:
            queries.rendition(self._session, self._production, rendition)
        self._go_to(version, rendition)

    def begin_rendition(self, row: RenditionRow) -> int:
        """Begin to film a version and make that the rendition in force; returns its number.

        One that was begun before is gone on with.
        """
        self._session.flush()
        same = {"production": self._production, "version": row.version, "makers": row.makers}
        known = self._session.scalar(select(RenditionRecord).filter_by(**same))
        if known is None:
            number = queries.newest_rendition(self._session, self._production) + 1
            known = RenditionRecord(**{**values_of(row), "id": number})
            self._add(known)
        self._go_to(known.version, known.id)
        return known.id

    def update_rendition(self, which: int, **values: Any) -> None:
        """Set fields of a rendition, by their names in RenditionRow."""
        row = queries.rendition(self._session, self._production, which)
        for name, value in values.items():
            setattr(row, name, value)

    def spend(self, which: int, stage: str, seconds: float) -> None:
        """Add wall seconds to a rendition's stage."""
        row = queries.rendition(self._session, self._production, which)
        row.seconds = {**row.seconds, stage: round(row.seconds.get(stage, 0.0) + seconds, 3)}

    def keep_document(self, body: str) -> str:
        """Keep a text once, and return its digest, the SHA-256 of its bytes."""
        digest = hashlib.sha256(body.encode()).hexdigest()
        if self._session.get(DocumentRecord, (self._production, digest)) is None:
            self._add(DocumentRecord(digest=digest, body=body))
        return digest

    def pin(self, rendition: int, row: PinRow) -> None:
        """Hold an entity to a picture; an earlier picture of the same entity, role and key is replaced."""
        self._demand(row.image)
        self._merge(PinRecord(production=self._production, rendition=rendition, **values_of(row)))

    def keep_source(self, rendition: int, row: SourceRow) -> None:
        """Keep what a stale shot may be made from."""
        self._merge(SourceRecord(production=self._production, rendition=rendition, **values_of(row)))

    def attempt(self, row: AttemptRow) -> None:
        """Ask for a take of a shot; the same attempt again replaces its row."""
        same = {"rendition": row.rendition, "shot": row.shot, "attempt": row.attempt}
        known = self._session.scalar(select(AttemptRecord).filter_by(production=self._production, **same))
        number = {"id": known.id if known else None}
        self._merge(AttemptRecord(production=self._production, **{**values_of(row), **number}))

    def record_take(self, take: TakeRow) -> TakeRow:
        """Keep a take whose clip is in the blob store; returns it with its order.

        The same shot and digest again replaces the review and keeps the order.
        """
        self._demand(take.clip)
        known = queries.take(self._session, self._production, take.shot, take.digest)
        order = {"order": known.order if known else None}
        row = self._merge(TakeRecord(production=self._production, **{**values_of(take), **order}))
        return from_orm(TakeRow, row)

    def accept(self, rendition: int, shot: str, digest: str) -> None:
        """Make a recorded take the shot's own; earlier choices stay in the history. Raises StoreError."""
        queries.rendition(self._session, self._production, rendition)
        if queries.take(self._session, self._production, shot, digest) is None:
            raise StoreError(f"shot {shot!r} has no take {digest[:12]}; record it before accepting it")
        if queries.accepted(self._session, self._production, rendition).get(shot) != digest:
            self._add(AcceptanceRecord(rendition=rendition, shot=shot, digest=digest))

    def admit(self, row: Admission) -> Admission:
        """Judge a frame at the gate of the keyframe bank: in, if its fidelity (higher is better) reaches the bound.

        A frame that is turned away is recorded, too; one that could not be measured is turned away.
        ``admitted`` and ``reason`` of ``row`` are set here.
        """
        self._demand(row.image)
        measured = row.fidelity if row.fidelity is not None and math.isfinite(row.fidelity) else None
        admitted, reason = _gate(measured, row.threshold)
        judged = replace(row, fidelity=measured, admitted=admitted, reason=reason)
        place = {"production": self._production, "entity": row.entity, "shot": row.shot}
        self._session.execute(delete(KeyframeRecord).filter_by(**place, take=row.take, frame=row.frame))
        self._add(KeyframeRecord(**values_of(judged)))
        return judged

    def plan_facts(self, version: int, facts: Iterable[FactRow]) -> None:
        """Replace what a version plans. Raises StoreError when a slot is planned twice in one shot."""
        same = {"production": self._production, "kind": "planned", "basis": str(version)}
        self._session.execute(delete(FactRecord).filter_by(**same))
        self._add(*(FactRecord(kind="planned", basis=str(version), **values_of(fact)) for fact in facts))

    def observe(self, shot: str, take: str, facts: Iterable[FactRow]) -> None:
        """Replace what a take of a shot shows."""
        same = {"production": self._production, "kind": "seen", "basis": take, "shot": shot}
        self._session.execute(delete(FactRecord).filter_by(**same))
        self._add(*(FactRecord(kind="seen", basis=take, **{**values_of(f), "shot": shot}) for f in facts))

    def judge(self, rendition: int, kind: str, body: JsonObject) -> None:
        """Keep what a judge could not answer ('failure'), or two takes that it compared ('comparison'); each once."""
        query = select(JudgementRecord).filter_by(production=self._production, rendition=rendition, kind=kind)
        if all(row.body != body for row in self._session.scalars(query)):
            self._add(JudgementRecord(rendition=rendition, kind=kind, body=body))

    def _go_to(self, version: int, rendition: int | None) -> None:
        row = queries.production(self._session, self._production)
        row.version, row.rendition = version, rendition
        self._session.flush()

    def _add(self, *rows: Any) -> None:
        for row in rows:
            row.production = self._production
        self._session.add_all(rows)
        self._session.flush()

    def _merge(self, row: Any) -> Any:
        merged = self._session.merge(row)
        self._session.flush()
        return merged

    def _demand(self, digest: str) -> None:
        if digest not in self._blobs:
            raise StoreError(f"no blob {digest[:12]} is stored; put the bytes before the row that names them")


def _gate(fidelity: float | None, threshold: float) -> tuple[bool, str]:
    if fidelity is None:
        return False, "fidelity could not be measured"
    if fidelity < threshold:
        return False, f"fidelity {fidelity:.3f} is below {threshold:.3f}"
    return True, f"fidelity {fidelity:.3f} reaches {threshold:.3f}"
