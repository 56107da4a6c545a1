"""What is read inside a session, for readers and writers alike. All of it is of one production."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from memory.convert import from_orm
from memory.rows import PinRow, RenditionRow, StoreError, TakeRow
from memory.schema import (
    AcceptanceRecord,
    PinRecord,
    ProductionRecord,
    RenditionRecord,
    StoryRecord,
    TakeRecord,
)


def production(session: Session, number: int) -> ProductionRecord:
    """The production itself. Raises StoreError when its row is gone."""
    row = session.get(ProductionRecord, number)
    if row is None:
        raise StoreError("the production was removed from its database")
    return row


def story(session: Session, number: int, version: int | None = None) -> StoryRecord | None:
    """A version, the one in force by default; None when there is no story yet. Raises StoreError."""
    wanted = production(session, number).version if version is None else version
    if wanted is None:
        return None
    row = session.get(StoryRecord, (number, wanted))
    if row is None:
        raise StoreError(f"the production has no story version {wanted}")
    return row


def newest_version(session: Session, number: int) -> int:
    """The highest number of a version; 0 when there is none."""
    return session.scalar(select(func.max(StoryRecord.version)).where(StoryRecord.production == number)) or 0


def newest_rendition(session: Session, number: int) -> int:
    """The highest number of a rendition; 0 when there is none."""
    return session.scalar(select(func.max(RenditionRecord.id)).where(RenditionRecord.production == number)) or 0


def rendition(session: Session, number: int, which: int) -> RenditionRecord:
    """A rendition of the production. Raises StoreError."""
    row = session.get(RenditionRecord, (number, which))
    if row is None:
        raise StoreError(f"the production has no rendition {which}")
    return row


def renditions(session: Session, number: int, version: int | None = None) -> list[RenditionRow]:
    """All renditions, or those of one version, oldest first."""
    query = select(RenditionRecord).where(RenditionRecord.production == number).order_by(RenditionRecord.id)
    rows = session.scalars(query if version is None else query.where(RenditionRecord.version == version))
    return [from_orm(RenditionRow, row) for row in rows]


def take(session: Session, number: int, shot: str | None, digest: str) -> TakeRecord | None:
    """The take with this digest, of ``shot`` or of the first shot that asked for it."""
    query = select(TakeRecord).where(TakeRecord.production == number, TakeRecord.digest == digest)
    query = query.order_by(TakeRecord.order).limit(1)
    return session.scalar(query if shot is None else query.where(TakeRecord.shot == shot))


def take_row(session: Session, number: int, shot: str | None, digest: str) -> TakeRow | None:
    """The same as a row."""
    found = take(session, number, shot, digest)
    return from_orm(TakeRow, found) if found else None


def accepted(session: Session, number: int, which: int | None) -> dict[str, str]:
    """shot -> digest of its take in force, in the order of acceptance; nothing without a rendition."""
    query = select(AcceptanceRecord).filter_by(production=number, rendition=which).order_by(AcceptanceRecord.id)
    return {row.shot: row.digest for row in session.scalars(query)} if which else {}


def pins(session: Session, number: int, which: int | None) -> list[PinRow]:
    """The pins of a rendition, or of all, the newest rendition's first, by entity, role and key."""
    query = select(PinRecord).where(PinRecord.production == number)
    if which is not None:
        query = query.where(PinRecord.rendition == which)
    order = (PinRecord.rendition.desc(), PinRecord.entity, PinRecord.role, PinRecord.key)
    return [from_orm(PinRow, row) for row in session.scalars(query.order_by(*order))]
