"""Which production a folder holds: own and shared databases, moved and copied folders, older databases, the lock."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from memory import FolderBusy, Memory, RenditionRow, TakeRow
from tests.support.old_production import old_database

STORY = {"id": "film", "scenes": [{"id": "s1", "shots": [{"id": "a"}]}]}


def fill(memory: Memory, title: str) -> None:
    """A story, and a take of its shot that is accepted."""
    clip = memory.blobs.put(title.encode())
    with memory.transaction() as unit:
        which = unit.begin_rendition(RenditionRow(unit.save_story({**STORY, "title": title}, title), "oracle"))
        unit.record_take(TakeRow("1" * 64, "a", clip, {"title": title}))
        unit.accept(which, "a", "1" * 64)


def title(memory: Memory) -> object:
    """Of the story, after a look at the take that is in force."""
    story, take = memory.story(), memory.accepted("a")
    assert story is not None and take is not None and take.conditioning == {"title": story["title"]}
    return story["title"]


def test_folders_share_a_database_and_never_meet(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'all.db'}"
    for name in ("ghost", "fox"):
        assert not Memory.is_in(tmp_path / name, url)
        with Memory.open(tmp_path / name, url) as memory:
            fill(memory, name)
    for name in ("ghost", "fox"):
        assert Memory.is_in(tmp_path / name, url) and not Memory.is_in(tmp_path / name)
        with Memory.open(tmp_path / name, url) as memory:
            assert title(memory) == name
            assert [row.version for row in memory.versions()] == [1]
            assert len(memory.takes("a")) == len(memory.renditions()) == 1


def test_a_folder_that_moved_keeps_its_production(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'all.db'}"
    for where in (None, url):
        with Memory.open(tmp_path / "here", where) as memory:
            fill(memory, "ghost")
        (tmp_path / "here").rename(tmp_path / "there")
        with Memory.open(tmp_path / "there", where) as memory:
            assert title(memory) == "ghost"
        shutil.rmtree(tmp_path / "there")


@pytest.mark.parametrize("shared", [False, True])
def test_a_folder_that_was_copied_goes_its_own_way(tmp_path: Path, shared: bool) -> None:
    url = f"sqlite:///{tmp_path / 'all.db'}" if shared else None
    with Memory.open(tmp_path / "one", url) as memory:
        fill(memory, "ghost")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    with Memory.open(tmp_path / "two", url) as copy:
        assert title(copy) == "ghost" and len(copy.takes("a")) == 1
        with copy.transaction() as unit:
            unit.save_story({**STORY, "title": "fox"}, "an edit")
    for name, found in (("one", "ghost"), ("two", "fox")):
        with Memory.open(tmp_path / name, url) as memory:
            story = memory.story()
            assert story is not None and story["title"] == found


def test_an_older_shared_database_goes_to_the_first_that_comes(tmp_path: Path) -> None:
    old_database(tmp_path / "all.db")
    url = f"sqlite:///{tmp_path / 'all.db'}"
    with Memory.open(tmp_path / "one", url) as first, Memory.open(tmp_path / "two", url) as second:
        assert first.current() is not None and second.current() is None
    with Memory.open(tmp_path / "one", url) as first:
        assert first.current() is not None


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_an_old_database_is_migrated_with_what_it_holds(tmp_path: Path, revision: str) -> None:
    old_database(tmp_path / "production.db", revision)
    with Memory.open(tmp_path) as memory:
        assert [(row.version, row.parent, row.reason) for row in memory.versions()] == [
            (1, None, "a ghost"),
            (2, 1, "a blue ghost"),
        ]
        now = memory.production()
        # Before the third revision the newest version was in force.
        assert now.version == (1 if revision == "0003" else 2)
        assert now.rendition is not None and [pin.entity for pin in memory.pins(now.rendition)] == ["ghost"]
        assert [take.digest[0] for take in memory.takes("a")] == ["1", "2"]
        accepted = memory.accepted("a")
        assert accepted is not None and accepted.digest == "1" * 64
        assert memory.acceptances(now.rendition, "a") == ["2" * 64, "1" * 64]
        kept = revision != "0001"
        assert [frame.fidelity for frame in memory.keyframes("ghost", 8)] == ([0.9] if kept else [])
        facts = [fact.value for kind in ("planned", "seen") for fact in memory.ledger.facts(kind)]  # type: ignore[arg-type]
        assert facts == (["white", "grey"] if kept else [])


_HOLDER = """
import sys
from memory import Memory
memory = Memory.open(sys.argv[1])
memory.lock.take()
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_worker_is_told_who_is_first_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    with (
        subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder,
        Memory.open(tmp_path) as memory,
    ):
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(FolderBusy, match=rf"worked on by process {holder.pid} since \d{{4}}-[^\n]*; wait"):
            memory.lock.take()
        assert memory.current() is None, "readers need no lock"
        holder.kill()
        holder.wait()
        assert memory.lock.take() and not memory.lock.take()
        with Memory.open(tmp_path) as other, pytest.raises(FolderBusy):
            other.lock.take()


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    with Memory.open(tmp_path / "film") as memory:
        (tmp_path / "film/.lock").symlink_to(tmp_path / "target")
        with pytest.raises(Exception, match="a link is in the way"):
            memory.lock.take()
    assert (tmp_path / "target").read_text() == "mine"


def test_checkpoints_are_kept_by_thread_and_production(tmp_path: Path) -> None:
    from memory import CheckpointRow, WriteRow

    url = f"sqlite:///{tmp_path / 'all.db'}"
    with Memory.open(tmp_path / "one", url) as one, Memory.open(tmp_path / "two", url) as two:
        for number in "123":
            one.checkpoints.put(CheckpointRow("t", "", number, None, "{}", "{}"))
        for value in ("1", "2"):
            one.checkpoints.put_writes(
                "t", "", "3", [WriteRow("task", 0, "c", value, ""), WriteRow("task", -1, "e", value, "")]
            )
        newest = one.checkpoints.newest("t", "")
        assert newest is not None and newest.checkpoint == "3"
        assert [row.value for row in one.checkpoints.writes("t", "", "3")] == ["2", "1"], (
            "an answer stays, a fault is the last"
        )
        assert [row.checkpoint for row in one.checkpoints.rows(None)] == ["3", "2", "1"]
        assert two.checkpoints.newest("t", "") is None and two.checkpoints.writes("t", "", "3") == []
        one.checkpoints.delete("t")
        assert one.checkpoints.rows("t") == [] and one.checkpoints.writes("t", "", "3") == []
