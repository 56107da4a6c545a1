"""Which production a folder holds. A folder's own database holds one; a shared one tells them apart by a key.

The key of a folder lies in the folder, so that it moves with it. A folder that was copied gets a key of its own, and
a copy of every row.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from memory.database import Database
from memory.faults import on_disk
from memory.rows import StoreError
from memory.schema import Base, ProductionRecord

DATABASE, KEY = "production.db", ".production"
_DIGITS = 32


def claim(database: Database, folder: Path, *, shared: bool) -> int:
    """The number of the folder's production, which is made if need be. Raises StoreError."""
    with database.read() as session:
        known = _known(session, folder, shared)
    if known is not None:
        return known
    with database.write() as session:
        return _shared(session, folder) if shared else _own(session)


def _known(session: Session, folder: Path, shared: bool) -> int | None:
    """What needs no writing: the production is there, and in the place where it was."""
    query = select(ProductionRecord.id)
    if shared:
        query = query.filter_by(key=_key_in(folder), place=str(folder.resolve()))
    return session.scalar(query.order_by(ProductionRecord.id).limit(1))


def _own(session: Session) -> int:
    """The production of a folder's own database."""
    row = session.scalar(select(ProductionRecord).limit(1))
    return row.id if row else _new(session, secrets.token_hex(_DIGITS // 2), "").id


def _shared(session: Session, folder: Path) -> int:
    """The production that the folder's key names; one that an older database kept goes to whoever comes first."""
    place, key = folder.resolve(), _key_in(folder)
    if key is None:
        key = _leave_key(folder)
        row = session.scalar(select(ProductionRecord).filter_by(key=""))
    else:
        row = session.scalar(select(ProductionRecord).filter_by(key=key))
    if row is None:
        return _new(session, key, str(place)).id
    if _is_copy(row, place):
        return _copy(session, row, _leave_key(folder), place)
    row.key, row.place = key, str(place)
    return row.id


def _is_copy(row: ProductionRecord, place: Path) -> bool:
    """Whether the folder that the row was made in is still there beside this one."""
    return row.place not in ("", str(place)) and _key_in(Path(row.place)) == row.key


def _new(session: Session, key: str, place: str) -> ProductionRecord:
    row = ProductionRecord(key=key, place=place, settings={}, step="")
    session.add(row)
    session.flush()
    return row


def _key_in(folder: Path) -> str | None:
    try:
        return (folder / KEY).read_text(encoding="ascii").strip()[:64] or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise StoreError(f"{folder / KEY} cannot be read; choose another folder") from None


def _leave_key(folder: Path) -> str:
    """A new key, written whole."""
    key, path = secrets.token_hex(_DIGITS // 2), folder / KEY
    aside = folder / f"{KEY}.{os.getpid()}.tmp"
    with on_disk(path):
        aside.write_text(key + "\n", encoding="ascii")
        os.replace(aside, path)
    return key


def _copy(session: Session, row: ProductionRecord, key: str, place: Path) -> int:
    """A production of its own for a copied folder, with all that the first one holds by now."""
    made = {"request": row.request, "settings": row.settings, "version": row.version, "rendition": row.rendition}
    copy = ProductionRecord(key=key, place=str(place), step=row.step, **made)
    session.add(copy)
    session.flush()
    for table in Base.metadata.sorted_tables:
        if table is ProductionRecord.__table__:
            continue
        # A number that the database gives is given anew; the rows keep their order.
        given = table.autoincrement_column
        names = [column.name for column in table.columns if column is not given and column.name != "production"]
        rows = select(literal(copy.id), *(table.c[name] for name in names)).where(table.c.production == row.id)
        order = [given] if given is not None else list(table.primary_key.columns)
        session.execute(insert(table).from_select(["production", *names], rows.order_by(*order)))
    return copy.id
