"""Memory: one object per production, over one database and one blob folder."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Self

from sqlalchemy import URL, delete, select
from sqlalchemy.orm import Session

from memory.blobs import BlobStore
from memory.convert import from_orm, values_of
from memory.database import Database, canonical_json
from memory.ledger import Ledger
from memory.rows import Admission, JsonObject, PinRow, StoreError, StoryRow, TakeRow
from memory.schema import Acceptance, Head, Keyframe, Pin, Story, Take


class Memory:
    """Everything of one production that must survive a kill at any instant.

    A blob is put before the row that names it, and a row that names a blob which is not there is refused.
    Every method is one transaction; every method may be called from any thread.
    """

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self.blobs = blobs
        self.ledger = Ledger(database, self.shots)
        self._database = database

    @classmethod
    def open(cls, folder: str | Path, url: str | None = None) -> Memory:
        """Open or make the production in ``folder``: ``production.db`` (or ``url``) and ``blobs/``.

        An older database is migrated. Raises StoreError when it cannot be used.
        """
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot keep a production in {place}: {error.strerror}") from None
        local = URL.create("sqlite", database=str(place / "production.db"))
        return cls(Database(url or local), BlobStore(place / "blobs"))

    def close(self) -> None:
        """Let go of the database; what was written stays."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def save_story(
        self, story: JsonObject, reason: str, parent: int | None = None, provenance: JsonObject | None = None
    ) -> int:
        """Keep a version (plain JSON), make it current and return its number. ``parent``: None is the current one.

        A story that is the same as its parent gives no new version: the parent's number is returned.
        """
        body = canonical_json(story)
        digest = hashlib.sha256(body.encode()).hexdigest()
        with self._database.write() as session:
            before = _version(session, parent)
            if before is not None and before.digest == digest:
                session.merge(Head(id=1, version=before.version))
                return before.version
            made = {"parent": before.version if before else None, "provenance": provenance or {}}
            row = Story(digest=digest, reason=reason, body=body, **made)
            session.add(row)
            session.flush()
            session.merge(Head(id=1, version=row.version))
            return row.version

    def current(self) -> StoryRow | None:
        """The version in force; None when there is no story yet."""
        with self._database.read() as session:
            row = _version(session, None)
            return from_orm(StoryRow, row) if row else None

    def go_to(self, version: int) -> None:
        """Make an older or later version current; none is lost. Raises StoreError."""
        with self._database.write() as session:
            _version(session, version)
            session.merge(Head(id=1, version=version))

    def story(self, version: int | None = None) -> JsonObject | None:
        """A version's JSON, the current one by default; None when there is no story yet. Raises StoreError."""
        with self._database.read() as session:
            row = _version(session, version)
            if row is None:
                return None
            body: JsonObject = json.loads(row.body)
            return body

    def versions(self) -> list[StoryRow]:
        """The history, oldest first."""
        with self._database.read() as session:
            return [from_orm(StoryRow, row) for row in session.scalars(select(Story).order_by(Story.version))]

    def shots(self) -> list[str]:
        """The ids of the current story's shots, in film order."""
        story = self.story() or {}
        return [shot["id"] for scene in story.get("scenes", ()) for shot in scene.get("shots", ())]

    def pin(self, entity: str, role: str, key: str, image: str, provenance: JsonObject | None = None) -> None:
        """Hold an entity to a picture; an earlier picture of the same entity, role and key is replaced."""
        self._demand(image)
        with self._database.write() as session:
            session.merge(Pin(entity=entity, role=role, key=key, image=image, provenance=provenance or {}))

    def pinned(self, entity: str, role: str, key: str = "") -> str | None:
        """The digest of the picture, or None."""
        with self._database.read() as session:
            row = session.get(Pin, (entity, role, key))
            return row.image if row else None

    def pins(self) -> list[PinRow]:
        """All pins, by entity, role and key."""
        with self._database.read() as session:
            rows = session.scalars(select(Pin).order_by(Pin.entity, Pin.role, Pin.key))
            return [from_orm(PinRow, row) for row in rows]

    def record_take(self, take: TakeRow) -> TakeRow:
        """Keep a take whose clip is in the blob store; returns it with its order.

        The same shot and digest again replaces the review and keeps the order.
        """
        self._demand(take.clip)
        with self._database.write() as session:
            known = _take(session, take.shot, take.digest)
            row = session.merge(Take(**{**values_of(take), "order": known.order if known else None}))
            session.flush()
            return from_orm(TakeRow, row)

    def takes(self, shot: str) -> list[TakeRow]:
        """All takes of a shot, oldest first."""
        with self._database.read() as session:
            rows = session.scalars(select(Take).where(Take.shot == shot).order_by(Take.order))
            return [from_orm(TakeRow, row) for row in rows]

    def take(self, digest: str, shot: str | None = None) -> TakeRow | None:
        """The take with this digest, of ``shot`` or of the first shot that asked for it."""
        with self._database.read() as session:
            row = _take(session, shot, digest)
            return from_orm(TakeRow, row) if row else None

    def accept(self, shot: str, digest: str) -> None:
        """Make a recorded take the shot's own; earlier choices stay in the history. Raises StoreError."""
        with self._database.write() as session:
            if _take(session, shot, digest) is None:
                raise StoreError(f"shot {shot!r} has no take {digest[:12]}; record it before accepting it")
            if _accepted(session, shot) != digest:
                session.add(Acceptance(shot=shot, digest=digest))

    def accepted(self, shot: str) -> TakeRow | None:
        """The take in force, or None."""
        with self._database.read() as session:
            digest = _accepted(session, shot)
            row = _take(session, shot, digest) if digest else None
            return from_orm(TakeRow, row) if row else None

    def acceptances(self, shot: str) -> list[str]:
        """The digests that were accepted for a shot, oldest first; the last one is in force."""
        with self._database.read() as session:
            chosen = select(Acceptance.digest).where(Acceptance.shot == shot).order_by(Acceptance.id)
            return list(session.scalars(chosen))

    def admit(
        self, entity: str, shot: str, image: str, fidelity: float | None, threshold: float, frame: int
    ) -> Admission:
        """Let a frame into the keyframe bank if its fidelity (higher is better) reaches ``threshold``.

        A frame that is turned away is recorded, too; one that could not be measured is turned away.
        """
        self._demand(image)
        measured = fidelity if fidelity is not None and math.isfinite(fidelity) else None
        admitted, reason = _gate(measured, threshold)
        with self._database.write() as session:
            take = _accepted(session, shot)
            row = Admission(entity, shot, frame, image, measured, threshold, admitted, reason, take)
            session.execute(delete(Keyframe).filter_by(entity=entity, shot=shot, frame=frame, take=take))
            session.add(Keyframe(**values_of(row)))
        return row

    def admissions(self, entity: str | None = None) -> list[Admission]:
        """Every judgement at the gate, oldest first, of one entity or of all."""
        query = select(Keyframe).order_by(Keyframe.id)
        with self._database.read() as session:
            rows = session.scalars(query if entity is None else query.where(Keyframe.entity == entity))
            return [from_orm(Admission, row) for row in rows]

    def keyframes(self, entity: str, limit: int) -> list[Admission]:
        """At most ``limit`` admitted frames of takes that are still in force: the truest, then the newest."""
        with self._database.read() as session:
            rows = session.scalars(
                select(Keyframe)
                .where(Keyframe.entity == entity, Keyframe.admitted)
                .order_by(Keyframe.fidelity.desc(), Keyframe.id.desc())
            )
            current = (row for row in rows if row.take is None or row.take == _accepted(session, row.shot))
            return [from_orm(Admission, row) for row in current][:limit]

    def _demand(self, digest: str) -> None:
        if digest not in self.blobs:
            raise StoreError(f"no blob {digest[:12]} is stored; put the bytes before the row that names them")


def _version(session: Session, version: int | None) -> Story | None:
    if version is None:
        return session.scalar(select(Story).join(Head, Head.version == Story.version))
    row = session.get(Story, version)
    if row is None:
        raise StoreError(f"the production has no story version {version}")
    return row


def _take(session: Session, shot: str | None, digest: str) -> Take | None:
    query = select(Take).where(Take.digest == digest).order_by(Take.order).limit(1)
    return session.scalar(query if shot is None else query.where(Take.shot == shot))


def _accepted(session: Session, shot: str) -> str | None:
    newest = select(Acceptance.digest).where(Acceptance.shot == shot).order_by(Acceptance.id.desc()).limit(1)
    return session.scalar(newest)


def _gate(fidelity: float | None, threshold: float) -> tuple[bool, str]:
    if fidelity is None:
        return False, "fidelity could not be measured"
    if fidelity < threshold:
        return False, f"fidelity {fidelity:.3f} is below {threshold:.3f}"
    return True, f"fidelity {fidelity:.3f} reaches {threshold:.3f}"
