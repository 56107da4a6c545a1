"""Checkpoints are strict JSON: what LangGraph knows comes back, and what somebody crafted runs nothing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.types import Interrupt, Send

from agent.critic.critic import Critic
from agent.graph.checkpoints import MemorySaver, dumps, loads
from agent.session import Session
from memory import CheckpointRow, Memory

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
)


@given(_JSON)
def test_plain_state_comes_back(value: Any) -> None:
    assert loads(dumps(value)) == value
    send = loads(dumps([Send("review", value)]))[0]
    assert (send.node, send.arg) == ("review", value)
    waiting = loads(dumps(Interrupt(value, id="i")))
    assert (waiting.value, waiting.id) == (value, "i")


@pytest.mark.parametrize("value", [{1: 2}, {"$": "send"}, {1, 2}, b"bytes", Path("x"), object(), [print]])
def test_what_is_no_plain_state_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="plain JSON"):
        dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"$": "os.system", "arg": "id"}',
        '{"$": "send", "node": "review", "arg": 1, "more": 2}',
        '{"lc": 2, "type": "constructor", "$": ["os", "system"]}',
        '{"$": "send", "node": 3, "arg": 1}',
        "[" * 100_000,
        "no json",
    ],
)
def test_what_was_crafted_is_no_value(text: str) -> None:
    with pytest.raises(ValueError):
        loads(text)


def test_langchains_own_objects_stay_plain() -> None:
    crafted = {"lc": 2, "type": "constructor", "id": ["os", "system"], "args": ["id"]}
    assert loads(json.dumps(crafted)) == crafted


@pytest.mark.parametrize("body", ["no json", "[]", '{"id": "9"}', '{"$": "x"}'])
def test_a_checkpoint_that_cannot_be_read_counts_as_none_and_the_film_is_made(
    body: str, storyboard: Path, tmp_path: Path
) -> None:
    with Session.from_storyboard(storyboard, tmp_path, generator="oracle", critic=Critic(None)) as session:
        assert session.request is not None
        thread = session.request.thread
        with Memory.open(tmp_path) as memory:
            newest = memory.checkpoints.newest(thread, "")
            assert newest is not None
            memory.checkpoints.put(CheckpointRow(thread, "", newest.checkpoint, None, body, "{}"))
            where: Any = {"configurable": {"thread_id": thread}}
            assert MemorySaver(memory.checkpoints).get_tuple(where) is None
        session.approve().finish()
        assert session.film is not None


def _crafted(folder: Path, mark: Path) -> None:
    """A graph.db as the version before kept it, whose checkpoint opens a file when it is read permissively."""
    call = ormsgpack.packb(("pathlib", "Path.touch", [str(mark)]))
    body = ormsgpack.packb({"channel_values": {"accepted": ormsgpack.Ext(0, call)}})
    with sqlite3.connect(folder / "graph.db") as connection:
        connection.execute("CREATE TABLE checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint)")
        connection.execute("INSERT INTO checkpoints VALUES ('t', '', '1', ?)", (body,))


def test_an_older_folder_that_was_crafted_runs_no_code(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    folder = tmp_path / "film"
    folder.mkdir()
    _crafted(folder, mark)
    request = {"sentences": ["A bear dances on the beach."], "llm": "none", "seed": 3}
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    with Session(folder, generator="oracle", critic=Critic(None)) as session:
        assert session.request is not None and session.seed == 3
        assert session.request.sentences == ("A bear dances on the beach.",)
    assert not mark.exists() and not (folder / "graph.db").exists()
