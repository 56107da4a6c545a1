"""LangGraph's checkpoints in the production's own memory, as strict JSON.

Nothing that is read makes an object beyond JSON, a :class:`Send` or an :class:`Interrupt`, so that a folder which
somebody hands over cannot run code. A checkpoint that cannot be read counts as none: memory knows what is done, and
the graph begins again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.types import Interrupt, Send

from memory import CheckpointRow, Checkpoints, WriteRow

_KIND = "$"
"""Key that marks what is no plain JSON; no state may use it."""


class MemorySaver(BaseCheckpointSaver[int]):
    """Keeps what LangGraph knows of a thread in :class:`memory.Checkpoints`."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        super().__init__()
        self._checkpoints = checkpoints

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The newest checkpoint of a thread, or the one that ``config`` names; None when it cannot be read."""
        thread, space = _place(config)
        row = self._checkpoints.newest(thread, space, get_checkpoint_id(config))
        return None if row is None else self._tuple(row)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: Mapping[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Checkpoints, the newest first."""
        thread, space = _place(config) if config else (None, None)
        end = get_checkpoint_id(before) if before else None
        rows = self._checkpoints.rows(thread, space)
        found = (self._tuple(row) for row in rows if end is None or row.checkpoint < end)
        wanted = (filter or {}).items()
        same = (t for t in found if t and all(t.metadata.get(key) == value for key, value in wanted))
        return islice(same, limit)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint. Raises TypeError for state that is no plain JSON."""
        thread, space = _place(config)
        parent = config["configurable"].get("checkpoint_id")
        about = dumps(get_checkpoint_metadata(config, metadata))
        self._checkpoints.put(CheckpointRow(thread, space, checkpoint["id"], parent, dumps(checkpoint), about))
        return _config(thread, space, checkpoint["id"])

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep what a task wrote. Raises TypeError for values that are no plain JSON."""
        thread, space = _place(config)
        rows = [
            WriteRow(task_id, WRITES_IDX_MAP.get(channel, place), channel, dumps(value), task_path)
            for place, (channel, value) in enumerate(writes)
        ]
        self._checkpoints.put_writes(thread, space, config["configurable"]["checkpoint_id"], rows)

    def delete_thread(self, thread_id: str) -> None:
        """Forget a thread."""
        self._checkpoints.delete(thread_id)

    def _tuple(self, row: CheckpointRow) -> CheckpointTuple | None:
        writes = self._checkpoints.writes(row.thread, row.space, row.checkpoint)
        try:
            return CheckpointTuple(
                config=_config(row.thread, row.space, row.checkpoint),
                checkpoint=cast(Checkpoint, _checked(loads(row.body))),
                metadata=cast(CheckpointMetadata, loads(row.about)),
                parent_config=_config(row.thread, row.space, row.parent) if row.parent else None,
                pending_writes=[(write.task, write.channel, loads(write.value)) for write in writes],
            )
        except ValueError:
            return None


def dumps(value: Any) -> str:
    """A value of LangGraph's as JSON. Raises TypeError for what is neither JSON nor one of LangGraph's own nouns."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def loads(text: str) -> Any:
    """The value again. Raises ValueError for anything else than :func:`dumps` writes."""
    try:
        return _value(json.loads(text))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Send():
            return {_KIND: "send", "node": value.node, "arg": _plain(value.arg)}
        case Interrupt():
            return {_KIND: "interrupt", "value": _plain(value.value), "id": value.id}
        case BaseException():
            return {_KIND: "error", "text": repr(value)}
        case dict() if all(isinstance(key, str) and key != _KIND for key in value):
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    raise TypeError(f"a checkpoint holds plain JSON, and {type(value).__name__} is none")


def _value(plain: Any) -> Any:
    match plain:
        case {"$": "send", "node": str(node), "arg": arg, **rest} if not rest:
            return Send(node, _value(arg))
        case {"$": "interrupt", "value": value, "id": str(name), **rest} if not rest:
            return Interrupt(_value(value), name)
        case {"$": "error", "text": str(text), **rest} if not rest:
            return text
        case dict() if _KIND in plain:
            raise ValueError("no value of a checkpoint")
        case dict():
            return {key: _value(item) for key, item in plain.items()}
        case list():
            return [_value(item) for item in plain]
    return plain


def _checked(checkpoint: Any) -> Any:
    """A checkpoint with the parts that LangGraph reads. Raises ValueError."""
    parts = ("channel_values", "channel_versions", "versions_seen")
    sound = isinstance(checkpoint, dict) and all(isinstance(checkpoint.get(part), dict) for part in parts)
    if not (sound and isinstance(checkpoint.get("id"), str)):
        raise ValueError("no checkpoint")
    return checkpoint


def _place(config: RunnableConfig) -> tuple[str, str]:
    where = config["configurable"]
    return str(where["thread_id"]), str(where.get("checkpoint_ns", ""))


def _config(thread: str, space: str, checkpoint: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": space, "checkpoint_id": checkpoint}}
