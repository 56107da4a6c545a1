"""The tables. What each row means stands in :mod:`memory.rows`; every table knows its production.

Only :mod:`memory.store`, :mod:`memory.unit`, :mod:`memory.queries`, :mod:`memory.ledger`, :mod:`memory.productions`
and :mod:`memory.checkpoints` speak to these.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from memory.rows import JsonObject

# Named constraints, so that a migration can name what it changes on any database.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_Digest = String(64)
_Name = String(128)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {JsonObject: JSON, list[JsonObject]: JSON}  # noqa: RUF012


class ProductionRecord(Base):
    __tablename__ = "productions"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(_Digest, unique=True)
    place: Mapped[str] = mapped_column(Text)
    request: Mapped[JsonObject | None] = mapped_column(JSON(none_as_null=True))
    settings: Mapped[JsonObject]
    version: Mapped[int | None]
    rendition: Mapped[int | None]
    step: Mapped[str] = mapped_column(Text)


class _OfProduction:
    """What every other table has: the production that the row belongs to."""

    production: Mapped[int] = mapped_column(ForeignKey("productions.id"), primary_key=True, sort_order=-2)


class _Numbered:
    """A row with a number of its own, which grows with every new row."""

    production: Mapped[int] = mapped_column(ForeignKey("productions.id"), index=True, sort_order=-2)
    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


def _of_rendition() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["production", "rendition"], ["renditions.production", "renditions.id"])


class StoryRecord(_OfProduction, Base):
    __tablename__ = "stories"
    __table_args__ = (ForeignKeyConstraint(["production", "parent"], ["stories.production", "stories.version"]),)

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent: Mapped[int | None]
    digest: Mapped[str] = mapped_column(_Digest)
    reason: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    provenance: Mapped[JsonObject]


class DocumentRecord(_OfProduction, Base):
    __tablename__ = "documents"

    digest: Mapped[str] = mapped_column(_Digest, primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class RenditionRecord(_OfProduction, Base):
    __tablename__ = "renditions"
    __table_args__ = (
        UniqueConstraint("production", "version", "makers"),
        ForeignKeyConstraint(["production", "version"], ["stories.production", "stories.version"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    makers: Mapped[str] = mapped_column(_Digest)
    generator: Mapped[str] = mapped_column(Text)
    planner: Mapped[JsonObject]
    eyes: Mapped[JsonObject | None] = mapped_column(JSON(none_as_null=True))
    approved: Mapped[bool]
    seconds: Mapped[JsonObject]
    outputs: Mapped[JsonObject]


class PinRecord(_OfProduction, Base):
    __tablename__ = "pins"
    __table_args__ = (_of_rendition(),)

    rendition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entity: Mapped[str] = mapped_column(_Name, primary_key=True)
    role: Mapped[str] = mapped_column(_Name, primary_key=True)
    key: Mapped[str] = mapped_column(String(256), primary_key=True)
    image: Mapped[str] = mapped_column(_Digest)
    provenance: Mapped[JsonObject]


class SourceRecord(_OfProduction, Base):
    __tablename__ = "sources"
    __table_args__ = (_of_rendition(),)

    rendition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shot: Mapped[str] = mapped_column(_Name, primary_key=True)
    clip: Mapped[str] = mapped_column(_Digest)
    compiled: Mapped[str] = mapped_column(_Digest)


class TakeRecord(Base):
    __tablename__ = "takes"
    __table_args__ = (
        UniqueConstraint("production", "shot", "digest"),
        Index(None, "production", "digest"),
        Index(None, "production", "clip"),
    )

    production: Mapped[int] = mapped_column(ForeignKey("productions.id"))
    order: Mapped[int] = mapped_column(primary_key=True)
    shot: Mapped[str] = mapped_column(_Name)
    digest: Mapped[str] = mapped_column(_Digest)
    clip: Mapped[str] = mapped_column(_Digest)
    conditioning: Mapped[JsonObject]
    story_version: Mapped[int | None]
    scores: Mapped[JsonObject]
    notes: Mapped[list[JsonObject]]
    verdict: Mapped[str] = mapped_column(_Name)


class AttemptRecord(_Numbered, Base):
    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("production", "rendition", "shot", "attempt"), _of_rendition())

    rendition: Mapped[int]
    shot: Mapped[str] = mapped_column(_Name)
    attempt: Mapped[int]
    digest: Mapped[str] = mapped_column(_Digest)
    conditioning: Mapped[str] = mapped_column(_Digest)
    compiled: Mapped[str] = mapped_column(_Digest)
    reused: Mapped[bool]
    round: Mapped[int | None]
    decided: Mapped[bool]


class AcceptanceRecord(_Numbered, Base):
    """History: the last row of a shot in a rendition is the one in force."""

    __tablename__ = "acceptances"
    __table_args__ = (
        ForeignKeyConstraint(["production", "shot", "digest"], ["takes.production", "takes.shot", "takes.digest"]),
        _of_rendition(),
        Index(None, "production", "rendition"),
    )

    rendition: Mapped[int]
    shot: Mapped[str] = mapped_column(_Name)
    digest: Mapped[str] = mapped_column(_Digest)


class JudgementRecord(_Numbered, Base):
    __tablename__ = "judgements"
    __table_args__ = (_of_rendition(),)

    rendition: Mapped[int]
    kind: Mapped[str] = mapped_column(_Name)
    body: Mapped[JsonObject]


class KeyframeRecord(_Numbered, Base):
    __tablename__ = "keyframes"
    __table_args__ = (Index(None, "production", "entity", "shot"),)

    entity: Mapped[str] = mapped_column(_Name)
    shot: Mapped[str] = mapped_column(_Name)
    take: Mapped[str] = mapped_column(_Digest)
    frame: Mapped[int]
    image: Mapped[str] = mapped_column(_Digest)
    fidelity: Mapped[float | None] = mapped_column(Float(53))
    threshold: Mapped[float] = mapped_column(Float(53))
    admitted: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)


class FactRecord(_Numbered, Base):
    """``basis``: the number of the version that plans the fact, or the digest of the take that shows it."""

    __tablename__ = "facts"
    __table_args__ = (UniqueConstraint("production", "kind", "basis", "shot", "entity", "attribute"),)

    kind: Mapped[str] = mapped_column(String(8))
    basis: Mapped[str] = mapped_column(_Digest)
    entity: Mapped[str] = mapped_column(_Name)
    attribute: Mapped[str] = mapped_column(_Name)
    value: Mapped[str | None] = mapped_column(Text)
    shot: Mapped[str] = mapped_column(_Name)
    until: Mapped[str | None] = mapped_column(_Name)
    evidence: Mapped[JsonObject]


class CheckpointRecord(_OfProduction, Base):
    """Where the production graph stands; JSON, so that reading it makes no object and runs no code."""

    __tablename__ = "checkpoints"

    thread: Mapped[str] = mapped_column(_Name, primary_key=True)
    space: Mapped[str] = mapped_column(_Name, primary_key=True)
    checkpoint: Mapped[str] = mapped_column(_Name, primary_key=True)
    parent: Mapped[str | None] = mapped_column(_Name)
    body: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)


class CheckpointWriteRecord(_OfProduction, Base):
    __tablename__ = "checkpoint_writes"

    thread: Mapped[str] = mapped_column(_Name, primary_key=True)
    space: Mapped[str] = mapped_column(_Name, primary_key=True)
    checkpoint: Mapped[str] = mapped_column(_Name, primary_key=True)
    task: Mapped[str] = mapped_column(_Name, primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(_Name)
    value: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
