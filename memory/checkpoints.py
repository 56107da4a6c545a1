"""Checkpoints of the production graph as rows of text. What they say is the agent's; here they are only kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from memory.convert import from_orm
from memory.database import Database
from memory.schema import CheckpointRecord, CheckpointWriteRecord


@dataclass(frozen=True)
class CheckpointRow:
    """One state of one thread; ``body`` and ``about`` are JSON texts. Later checkpoints sort behind earlier ones."""

    thread: str
    space: str
    checkpoint: str
    parent: str | None
    body: str
    about: str


@dataclass(frozen=True)
class WriteRow:
    """What a task wrote after a checkpoint: its ``place`` among the task's writes, and its value as a JSON text."""

    task: str
    place: int
    channel: str
    value: str
    path: str


class Checkpoints:
    """The checkpoints of one production."""

    def __init__(self, database: Database, production: int) -> None:
        self._database = database
        self._production = production

    def put(self, row: CheckpointRow) -> None:
        """Keep a checkpoint; the same again replaces it."""
        values = {**vars(row), "production": self._production}
        with self._database.write() as session:
            session.merge(CheckpointRecord(**values))

    def rows(self, thread: str | None, space: str | None = None) -> list[CheckpointRow]:
        """The checkpoints of a thread, or of all, the newest first."""
        query = select(CheckpointRecord).filter_by(production=self._production)
        query = query if thread is None else query.filter_by(thread=thread)
        query = query if space is None else query.filter_by(space=space)
        with self._database.read() as session:
            rows = session.scalars(query.order_by(CheckpointRecord.checkpoint.desc()))
            return [from_orm(CheckpointRow, row) for row in rows]

    def newest(self, thread: str, space: str, checkpoint: str | None = None) -> CheckpointRow | None:
        """The newest checkpoint of a thread, or the one that is named."""
        query = select(CheckpointRecord).filter_by(production=self._production, thread=thread, space=space)
        query = query if checkpoint is None else query.filter_by(checkpoint=checkpoint)
        with self._database.read() as session:
            row = session.scalar(query.order_by(CheckpointRecord.checkpoint.desc()).limit(1))
            return from_orm(CheckpointRow, row) if row else None

    def put_writes(self, thread: str, space: str, checkpoint: str, writes: Sequence[WriteRow]) -> None:
        """Keep what a task wrote. An ordinary write (``place`` >= 0) that is there already stays as it is."""
        with self._database.write() as session:
            for write in writes:
                where = (self._production, thread, space, checkpoint, write.task, write.place)
                known = session.get(CheckpointWriteRecord, where)
                if known is None or write.place < 0:
                    named = {"thread": thread, "space": space, "checkpoint": checkpoint}
                    session.merge(CheckpointWriteRecord(production=self._production, **named, **vars(write)))

    def writes(self, thread: str, space: str, checkpoint: str) -> list[WriteRow]:
        """What tasks wrote after a checkpoint, by task and place."""
        named = {"thread": thread, "space": space, "checkpoint": checkpoint}
        query = select(CheckpointWriteRecord).filter_by(production=self._production, **named)
        order = (CheckpointWriteRecord.path, CheckpointWriteRecord.task, CheckpointWriteRecord.place)
        with self._database.read() as session:
            return [from_orm(WriteRow, row) for row in session.scalars(query.order_by(*order))]

    def delete(self, thread: str) -> None:
        """Forget a thread."""
        with self._database.write() as session:
            for table in (CheckpointWriteRecord, CheckpointRecord):
                session.execute(delete(table).filter_by(production=self._production, thread=thread))
