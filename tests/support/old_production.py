"""A database as earlier versions of omnireel made it: by their migrations, with rows put in by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import Connection, MetaData, Table, create_engine

from memory.database import MIGRATIONS


def old_database(path: Path, revision: str = "0003") -> None:
    """Two versions of a story, of which the first is in force again; a pin, two takes, a keyframe and two facts."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        upgrade(config, revision)
        _fill(connection, revision)
    engine.dispose()


def _fill(connection: Connection, revision: str) -> None:
    body = json.dumps({"id": "film", "scenes": [{"id": "s1", "shots": [{"id": "a"}]}]})
    first: dict[str, Any] = {"version": 1, "parent": None, "digest": "a" * 64, "reason": "a ghost", "body": body}
    second = {**first, "version": 2, "parent": 1, "digest": "b" * 64, "reason": "a blue ghost"}
    _insert(connection, "stories", first, second)
    pin = {"entity": "ghost", "role": "sheet", "key": "", "image": "c" * 64, "provenance": {"seed": 1}}
    _insert(connection, "pins", pin)
    for number in "12":
        take = {"shot": "a", "digest": number * 64, "clip": "d" * 64, "conditioning": {}, "story_version": 1}
        _insert(connection, "takes", {**take, "scores": {}, "notes": [], "verdict": "accept"})
    _insert(connection, "acceptances", *({"shot": "a", "digest": number * 64} for number in "21"))
    if revision == "0001":
        return
    frame = {"entity": "ghost", "shot": "a", "frame": 0, "image": "e" * 64, "fidelity": 0.9, "threshold": 0.7}
    _insert(connection, "keyframes", {**frame, "admitted": True, "reason": "", "take": "1" * 64})
    for kind, value in (("planned", "white"), ("seen", "grey")):
        fact = {"entity": "ghost", "attribute": "colour", "value": value, "shot": "a", "evidence": {}}
        _insert(connection, "facts", {"kind": kind, **fact})
    if revision == "0003":
        _insert(connection, "heads", {"id": 1, "version": 1})


def _insert(connection: Connection, name: str, *rows: dict[str, Any]) -> None:
    connection.execute(Table(name, MetaData(), autoload_with=connection).insert(), list(rows))
