"""Taking over a folder that omnireel 0.1 made: its request.json and graph.db become rows of memory.

The checkpoints are read as plain data: what is neither a number, a text, a list nor a mapping is refused unread.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import ormsgpack
from pydantic import ValidationError

from agent.errors import FolderTaken
from agent.folder.files import FILM, REPORT
from agent.folder.request import Request
from agent.folder.settings import ProductionSettings
from memory import AttemptRow, BlobError, Memory, RenditionRow, SourceRow, StoreError, Unit

REQUEST, CHECKPOINTS = "request.json", "graph.db"
_State = Mapping[str, Any]


def adopt(folder: Path, memory: Memory) -> None:
    """Makes memory the only truth of an older folder. Raises FolderTaken when its request cannot be read."""
    request = _request(folder)
    if request is None or memory.production().request is not None:
        return
    states = _states(folder / CHECKPOINTS)
    settings = ProductionSettings(generator=_generator(folder), llm=request.llm)
    with memory.transaction() as unit:
        unit.save_request(request.model_dump(mode="json"), settings.model_dump(mode="json"))
        for document in filter(None, (request.storyboard, request.keep)):
            _document(unit, memory, document)
        _adopt_versions(unit, memory, request, states, settings.generator)
    for name in (REQUEST, CHECKPOINTS):
        (folder / name).unlink(missing_ok=True)


def holds_production(folder: Path, database_url: str | None = None) -> bool:
    """Whether a production was made in a folder, by this version or by the one before. Raises StoreError."""
    return Memory.is_in(folder, database_url) or (folder / REQUEST).is_file()


def _adopt_versions(unit: Unit, memory: Memory, request: Request, states: Mapping[str, _State], generator: str) -> None:
    """Of every version that was filmed, its rendition; the one in force stays in force."""
    head = memory.production()
    migrated = None if head.rendition is None else memory.rendition(head.rendition)
    begun: dict[int, int] = {}
    for row in memory.versions():
        state = states.get(request.at(row.version if "patch" in row.provenance else None).thread)
        if state is None or state.get("version", row.version) != row.version:
            continue
        if migrated is not None and migrated.version == row.version:
            unit.update_rendition(migrated.id, makers=request.makers, generator=generator)
        rendition = RenditionRow(row.version, request.makers, generator)
        begun[row.version] = _adopt_rendition(unit, memory, rendition, state)
    if head.version is not None:
        unit.go_to(head.version, begun.get(head.version, head.rendition))


def _adopt_rendition(unit: Unit, memory: Memory, row: RenditionRow, state: _State) -> int:
    which = unit.begin_rendition(row)
    film = state.get("film")
    unit.update_rendition(
        which,
        planner=state.get("planner") or {},
        eyes=state.get("eyes"),
        approved=bool(state.get("approved")),
        seconds=state.get("seconds") or {},
        outputs={FILM: film} if film else {},
    )
    _adopt_attempts(unit, memory, which, state)
    for shot, digest in (state.get("accepted") or {}).items():
        unit.accept(which, shot, digest)
    for shot, source in (state.get("sources") or {}).items():
        unit.keep_source(which, SourceRow(shot, source["clip"], _document(unit, memory, source["compiled"])))
    for kind in ("failure", "comparison"):
        for body in (state.get("judged") or {}).get(f"{kind}s", ()):
            unit.judge(which, kind, body)
    for pin in memory.pins():
        if pin.image in memory.blobs:
            unit.pin(which, pin)
    return which


def _adopt_attempts(unit: Unit, memory: Memory, which: int, state: _State) -> None:
    """The reviewed takes, and those that were asked for and not reviewed yet, as a round under way."""
    taken = [take for takes in (state.get("takes") or {}).values() for take in takes]
    for take, round_, decided in (
        *((take, 0, True) for take in taken),
        *((take, 1, False) for take in state.get("queue") or ()),
        *((take, None, False) for take in state.get("retakes") or ()),
    ):
        compiled = _document(unit, memory, state["planned"][take["shot"]]["compiled"])
        conditioning = _document(unit, memory, take["conditioning"])
        about = (take["shot"], take["attempt"], take["digest"], conditioning, compiled, take["reused"])
        unit.attempt(AttemptRow(which, *about, round=round_, decided=decided))


def _document(unit: Unit, memory: Memory, digest: str) -> str:
    """A document of an older production, which lay among the pixels. Raises StoreError."""
    try:
        return unit.keep_document(memory.blobs.get(digest).decode())
    except (BlobError, UnicodeDecodeError) as error:
        raise StoreError(
            f"the older production cannot be taken over: {error}; make it again in another folder"
        ) from None


def _request(folder: Path) -> Request | None:
    try:
        return Request.model_validate_json((folder / REQUEST).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise FolderTaken(f"{folder / REQUEST} is damaged; choose another folder with --out") from None


def _generator(folder: Path) -> str:
    """Who made the older film, as its report says; the embedded model where there is none."""
    try:
        name = json.loads((folder / REPORT).read_bytes())["generator"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        name = ""
    known = ("omni-mini", "oracle")
    return name if name in known else known[0]


def _states(path: Path) -> dict[str, _State]:
    """thread -> the last state that it reached; nothing where the file is missing or damaged."""
    try:
        return dict(_rows(path)) if path.is_file() else {}
    except sqlite3.Error:
        return {}


def _rows(path: Path) -> Iterator[tuple[str, _State]]:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        query = "SELECT thread_id, checkpoint FROM checkpoints WHERE checkpoint_ns = '' ORDER BY checkpoint_id"
        for thread, body in connection.execute(query):
            with suppress(KeyError, TypeError, ValueError):
                yield thread, ormsgpack.unpackb(body, ext_hook=_refuse)["channel_values"]
    finally:
        connection.close()


def _refuse(kind: int, data: bytes) -> Any:
    raise ValueError(f"a checkpoint of plain data holds no object (kind {kind}, {len(data)} bytes)")
