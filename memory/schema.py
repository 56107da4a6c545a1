"""The tables. What each row means stands in :mod:`memory.rows`; only :mod:`memory.store` speaks to these."""

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


class Story(Base):
    __tablename__ = "stories"

    version: Mapped[int] = mapped_column(primary_key=True)
    parent: Mapped[int | None] = mapped_column(ForeignKey("stories.version"))
    digest: Mapped[str] = mapped_column(_Digest)
    reason: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    provenance: Mapped[JsonObject] = mapped_column(server_default="{}")


class Head(Base):
    """One row: the version that is in force."""

    __tablename__ = "heads"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("stories.version"))


class Pin(Base):
    __tablename__ = "pins"

    entity: Mapped[str] = mapped_column(_Name, primary_key=True)
    role: Mapped[str] = mapped_column(_Name, primary_key=True)
    key: Mapped[str] = mapped_column(String(256), primary_key=True)
    image: Mapped[str] = mapped_column(_Digest)
    provenance: Mapped[JsonObject]


class Take(Base):
    __tablename__ = "takes"
    __table_args__ = (UniqueConstraint("shot", "digest"),)

    order: Mapped[int] = mapped_column(primary_key=True)
    shot: Mapped[str] = mapped_column(_Name)
    digest: Mapped[str] = mapped_column(_Digest, index=True)
    clip: Mapped[str] = mapped_column(_Digest)
    conditioning: Mapped[JsonObject]
    story_version: Mapped[int | None] = mapped_column(ForeignKey("stories.version"))
    scores: Mapped[JsonObject]
    notes: Mapped[list[JsonObject]]
    verdict: Mapped[str] = mapped_column(_Name)


class Acceptance(Base):
    """History: the last row of a shot is the one in force."""

    __tablename__ = "acceptances"
    __table_args__ = (ForeignKeyConstraint(["shot", "digest"], ["takes.shot", "takes.digest"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shot: Mapped[str] = mapped_column(_Name, index=True)
    digest: Mapped[str] = mapped_column(_Digest)


class Keyframe(Base):
    __tablename__ = "keyframes"
    __table_args__ = (Index(None, "entity", "shot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(_Name)
    shot: Mapped[str] = mapped_column(_Name)
    frame: Mapped[int]
    image: Mapped[str] = mapped_column(_Digest)
    fidelity: Mapped[float | None] = mapped_column(Float(53))
    threshold: Mapped[float] = mapped_column(Float(53))
    admitted: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    take: Mapped[str | None] = mapped_column(_Digest)


class Fact(Base):
    __tablename__ = "facts"
    __table_args__ = (UniqueConstraint("kind", "entity", "attribute", "shot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    entity: Mapped[str] = mapped_column(_Name)
    attribute: Mapped[str] = mapped_column(_Name)
    value: Mapped[str | None] = mapped_column(Text)
    shot: Mapped[str] = mapped_column(_Name)
    until: Mapped[str | None] = mapped_column(_Name)
    evidence: Mapped[JsonObject]
