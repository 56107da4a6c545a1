"""Memory: one object per production, over one database and one blob folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import URL, select

from memory import queries
from memory.blobs import BlobStore
from memory.checkpoints import Checkpoints
from memory.convert import from_orm
from memory.database import Database
from memory.faults import on_disk
from memory.ledger import Ledger
from memory.locks import FolderLock
from memory.productions import DATABASE, KEY, claim
from memory.rows import (
    Admission,
    AttemptRow,
    JsonObject,
    PinRow,
    ProductionRow,
    RenditionRow,
    SourceRow,
    StoreError,
    StoryRow,
    TakeRow,
)
from memory.schema import (
    AcceptanceRecord,
    AttemptRecord,
    DocumentRecord,
    JudgementRecord,
    KeyframeRecord,
    SourceRecord,
    StoryRecord,
    TakeRecord,
)
from memory.unit import Unit


class Memory:
    """Everything of one production that must survive a kill at any instant.

    A blob is put before the row that names it. What is written is written in :meth:`transaction`; all other methods
    read, each one moment of the database. Every method may be called from any thread.
    """

    def __init__(self, database: Database, blobs: BlobStore, folder: Path, production: int) -> None:
        self.blobs = blobs
        self.lock = FolderLock(folder)
        self.ledger = Ledger(database, production)
        self.checkpoints = Checkpoints(database, production)
        self._database = database
        self._production = production

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
        database = Database(url or URL.create("sqlite", database=str(place / DATABASE)))
        try:
            production = claim(database, place, shared=url is not None)
        except BaseException:
            database.close()
            raise
        return cls(database, BlobStore(place / "blobs"), place, production)

    @staticmethod
    def is_in(folder: str | Path, url: str | None = None) -> bool:
        """Whether a folder holds a production, in its own database or in that of ``url``."""
        with on_disk(folder):
            return (Path(folder) / (DATABASE if url is None else KEY)).is_file()

    def close(self) -> None:
        """Let go of the lock and the database; what was written stays."""
        self.lock.release()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Unit]:
        """A unit of work: all that is written through it is on disk after the block, or nothing. Raises StoreError."""
        with self._database.write() as session:
            yield Unit(session, self._production, self.blobs)

    def production(self) -> ProductionRow:
        """What the folder is to become, and where it stands."""
        with self._database.read() as session:
            return from_orm(ProductionRow, queries.production(session, self._production))

    def current(self) -> StoryRow | None:
        """The version in force; None when there is no story yet."""
        with self._database.read() as session:
            row = queries.story(session, self._production)
            return from_orm(StoryRow, row) if row else None

    def story(self, version: int | None = None) -> JsonObject | None:
        """A version's JSON, the current one by default; None when there is no story yet. Raises StoreError."""
        with self._database.read() as session:
            row = queries.story(session, self._production, version)
            return None if row is None else _body_of(row)

    def versions(self) -> list[StoryRow]:
        """The history, oldest first."""
        query = select(StoryRecord).where(StoryRecord.production == self._production)
        with self._database.read() as session:
            return [from_orm(StoryRow, row) for row in session.scalars(query.order_by(StoryRecord.version))]

    def document(self, digest: str) -> str | None:
        """A text that was kept; None when there is none of that digest."""
        with self._database.read() as session:
            row = session.get(DocumentRecord, (self._production, digest))
            return row.body if row else None

    def rendition(self, which: int) -> RenditionRow:
        """A rendition by its number. Raises StoreError."""
        with self._database.read() as session:
            return from_orm(RenditionRow, queries.rendition(session, self._production, which))

    def renditions(self, version: int | None = None) -> list[RenditionRow]:
        """All renditions, or those of one version, oldest first."""
        with self._database.read() as session:
            return queries.renditions(session, self._production, version)

    def sources(self, rendition: int) -> dict[str, SourceRow]:
        """shot -> what it may be made from."""
        with self._database.read() as session:
            rows = session.scalars(select(SourceRecord).filter_by(**self._in(rendition)))
            return {row.shot: from_orm(SourceRow, row) for row in rows}

    def attempts(self, rendition: int) -> list[AttemptRow]:
        """Every take that a rendition asked for, in the order of asking."""
        query = select(AttemptRecord).filter_by(**self._in(rendition))
        with self._database.read() as session:
            return [from_orm(AttemptRow, row) for row in session.scalars(query.order_by(AttemptRecord.id))]

    def judgements(self, rendition: int, kind: str) -> list[JsonObject]:
        """What a judge said in a rendition, oldest first."""
        query = select(JudgementRecord.body).filter_by(**self._in(rendition), kind=kind)
        with self._database.read() as session:
            return list(session.scalars(query.order_by(JudgementRecord.id)))

    def pins(self, rendition: int | None = None) -> list[PinRow]:
        """The pins of a rendition, or of all, the newest first."""
        with self._database.read() as session:
            return queries.pins(session, self._production, rendition)

    def pinned(self, rendition: int, entity: str, role: str, key: str = "") -> str | None:
        """The digest of the picture, or None."""
        same = (pin for pin in self.pins(rendition) if (pin.entity, pin.role, pin.key) == (entity, role, key))
        return next((pin.image for pin in same), None)

    def takes(self, shot: str) -> list[TakeRow]:
        """All takes of a shot, oldest first."""
        query = select(TakeRecord).where(TakeRecord.production == self._production, TakeRecord.shot == shot)
        with self._database.read() as session:
            return [from_orm(TakeRow, row) for row in session.scalars(query.order_by(TakeRecord.order))]

    def take(self, digest: str, shot: str | None = None) -> TakeRow | None:
        """The take with this digest, of ``shot`` or of the first shot that asked for it."""
        with self._database.read() as session:
            return queries.take_row(session, self._production, shot, digest)

    def take_of_clip(self, clip: str) -> TakeRow | None:
        """The first take whose frames are this blob."""
        query = select(TakeRecord).where(TakeRecord.production == self._production, TakeRecord.clip == clip)
        with self._database.read() as session:
            row = session.scalar(query.order_by(TakeRecord.order).limit(1))
            return from_orm(TakeRow, row) if row else None

    def accepted_in(self, rendition: int | None) -> Mapping[str, str]:
        """shot -> digest of the take that a rendition accepted for it."""
        with self._database.read() as session:
            return queries.accepted(session, self._production, rendition)

    def accepted(self, shot: str) -> TakeRow | None:
        """The take in force, that of the current rendition, or None."""
        with self._database.read() as session:
            now = queries.production(session, self._production).rendition
            digest = queries.accepted(session, self._production, now).get(shot)
            return queries.take_row(session, self._production, shot, digest) if digest else None

    def acceptances(self, rendition: int, shot: str) -> list[str]:
        """The digests that a rendition accepted for a shot, oldest first; the last one is in force."""
        query = select(AcceptanceRecord.digest).filter_by(**self._in(rendition), shot=shot)
        with self._database.read() as session:
            return list(session.scalars(query.order_by(AcceptanceRecord.id)))

    def admissions(self, entity: str | None = None) -> list[Admission]:
        """Every judgement at the gate, oldest first, of one entity or of all."""
        query = select(KeyframeRecord).where(KeyframeRecord.production == self._production)
        query = query if entity is None else query.where(KeyframeRecord.entity == entity)
        with self._database.read() as session:
            return [from_orm(Admission, row) for row in session.scalars(query.order_by(KeyframeRecord.id))]

    def keyframes(self, entity: str, limit: int) -> list[Admission]:
        """At most ``limit`` admitted frames of takes that are in force: the truest, then the newest."""
        query = select(KeyframeRecord).where(
            KeyframeRecord.production == self._production, KeyframeRecord.entity == entity, KeyframeRecord.admitted
        )
        best = query.order_by(KeyframeRecord.fidelity.desc(), KeyframeRecord.id.desc())
        with self._database.read() as session:
            force = queries.accepted(session, self._production, queries.production(session, self._production).rendition)
            rows = (row for row in session.scalars(best) if force.get(row.shot) == row.take)
            return [from_orm(Admission, row) for row in rows][:limit]

    def _in(self, rendition: int) -> dict[str, int]:
        return {"production": self._production, "rendition": rendition}


def _body_of(row: StoryRecord) -> JsonObject:
    try:
        body = json.loads(row.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise StoreError(f"story version {row.version} is damaged in the database; undo to another one")
    return body
