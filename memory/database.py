"""One database: how it is opened, brought up to date, read and written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import OperationalError
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from memory.faults import database_advice
from memory.rows import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 30
# Alembic hands a migration its connection through a module global: one at a time in a process.
_MIGRATING = Lock()


def canonical_json(value: Any) -> str:
    """One text per value: sorted keys, no white space. Raises ValueError for NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Database:
    """Sessions over one engine; may be shared by threads. Writers of other processes are waited for."""

    def __init__(self, url: str | URL) -> None:
        """Open ``url`` and migrate it to the newest schema. Raises StoreError."""
        self._engine = _engine(url)
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        self._writer = self._engine.execution_options(begin="IMMEDIATE")
        try:
            with _one_line(self.name), self._writer.begin() as connection:
                _migrate(connection)
        except StoreError:
            self.close()
            raise

    @property
    def name(self) -> str:
        """Its URL without the password."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment of the database."""
        with _one_line(self.name), Session(self._engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: all of it is on disk after the block, or nothing."""
        with _one_line(self.name), Session(self._writer, autoflush=False) as session, session.begin():
            yield session

    def close(self) -> None:
        self._engine.dispose()


def _engine(url: str | URL) -> Engine:
    try:
        engine = create_engine(url, json_serializer=canonical_json)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(f"cannot use the database URL: {error}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver would begin transactions late and behind our back; _begin_sqlite does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    # The switch does not wait for others that make it at the same time, whatever busy_timeout says.
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that turns writer half-way cannot wait, only fail.
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() != newest:
        config.attributes["connection"] = connection
        with _MIGRATING:
            command.upgrade(config, "head")


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Turn what the database says into one line of ours."""
    try:
        yield
    except CommandError as error:
        raise StoreError(f"{what} was made by a newer omnireel; update omnireel ({error})") from error
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise StoreError(f"{what}: {database_advice(str(cause))}") from error
