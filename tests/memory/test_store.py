"""Memory: versions, pins, takes, acceptance, keyframes; kills, damage, threads, old and foreign databases."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from memory import Memory, StoreError, TakeRow
from memory.database import MIGRATIONS
from memory.schema import Base

STORY = {"id": "film", "scenes": [{"id": "s1", "shots": [{"id": "a"}, {"id": "b"}]}]}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path / "film") as opened:
        yield opened


def take(memory: Memory, shot: str, number: int, **more: object) -> TakeRow:
    clip = memory.blobs.put(f"clip {number}".encode())
    row = TakeRow(digest=f"{number:064x}", shot=shot, clip=clip, conditioning={"seed": number})
    return memory.record_take(dataclasses.replace(row, **more))


def test_stories_are_versions(memory: Memory) -> None:
    assert memory.story() is None
    first = memory.save_story(STORY, "the sentence")
    second = memory.save_story({**STORY, "title": "귀신"}, "a title")
    branch = memory.save_story({**STORY, "title": "Ghost"}, "another title", parent=first)
    assert memory.story(first) == STORY
    assert memory.story() == {**STORY, "title": "Ghost"}
    assert [(row.version, row.parent) for row in memory.versions()] == [
        (first, None),
        (second, first),
        (branch, first),
    ]
    assert memory.shots() == ["a", "b"]


def test_the_same_story_again_is_no_new_version(memory: Memory) -> None:
    first = memory.save_story(STORY, "the sentence")
    assert memory.save_story(dict(reversed(STORY.items())), "again") == first


def test_an_unknown_version_is_refused(memory: Memory) -> None:
    with pytest.raises(StoreError, match="no story version 7"):
        memory.story(7)
    with pytest.raises(StoreError, match="no story version 7"):
        memory.save_story(STORY, "from nowhere", parent=7)
    assert memory.versions() == []


def test_pins_are_replaced_by_key(memory: Memory) -> None:
    old, new = memory.blobs.put(b"old"), memory.blobs.put(b"new")
    memory.pin("ghost", "sheet", "", old)
    memory.pin("ghost", "sheet", "with hat", old)
    memory.pin("ghost", "sheet", "", new, {"from": "user"})
    assert memory.pinned("ghost", "sheet", "") == new
    assert memory.pinned("ghost", "plate", "") is None
    assert [(pin.key, pin.image, pin.provenance) for pin in memory.pins()] == [
        ("", new, {"from": "user"}),
        ("with hat", old, {}),
    ]


def test_takes_keep_their_order_and_their_newest_review(memory: Memory) -> None:
    first, second = take(memory, "a", 1), take(memory, "a", 2)
    notes = [{"dimension": "identity", "text": "fox is red"}]
    again = take(memory, "a", 1, verdict="revise", notes=notes, scores={"identity": {"value": None, "n_failed": 1}})
    assert first.order < second.order
    assert memory.takes("a") == [again, second]
    assert again.order == first.order
    assert memory.take(first.digest) == again
    assert memory.take("f" * 64) is None


def test_two_shots_may_ask_for_the_same_take(memory: Memory) -> None:
    take(memory, "a", 1, verdict="accept")
    take(memory, "b", 1, verdict="revise")
    memory.accept("b", f"{1:064x}")
    assert memory.accepted("a") is None
    assert [row.verdict for shot in "ab" for row in memory.takes(shot)] == ["accept", "revise"]


def test_acceptance_keeps_its_history(memory: Memory) -> None:
    one, two = take(memory, "a", 1), take(memory, "a", 2)
    for digest in (one.digest, one.digest, two.digest, one.digest):
        memory.accept("a", digest)
    assert memory.accepted("a") == one
    assert memory.acceptances("a") == [one.digest, two.digest, one.digest]


def test_what_was_not_recorded_cannot_be_accepted(memory: Memory) -> None:
    take(memory, "b", 1)
    with pytest.raises(StoreError, match="shot 'a' has no take"):
        memory.accept("a", f"{1:064x}")


def test_no_row_without_its_blob(memory: Memory) -> None:
    with pytest.raises(StoreError, match="put the bytes before the row"):
        memory.record_take(TakeRow(digest="1" * 64, shot="a", clip="2" * 64, conditioning={}))
    with pytest.raises(StoreError, match="put the bytes"):
        memory.pin("ghost", "sheet", "", "2" * 64)
    assert memory.takes("a") == [] and memory.pins() == []


def test_a_figure_that_is_no_number_is_refused(memory: Memory) -> None:
    with pytest.raises(StoreError, match="not JSON compliant"):
        take(memory, "a", 1, scores={"identity": float("nan")})
    assert memory.takes("a") == []


def test_the_gate_records_whom_it_turns_away(memory: Memory) -> None:
    image = memory.blobs.put(b"png")
    judged = [
        memory.admit("ghost", "a", image, fidelity, 0.7, frame) for frame, fidelity in enumerate([0.9, 0.6, None])
    ]
    assert [row.admitted for row in judged] == [True, False, False]
    assert "below 0.700" in judged[1].reason and "could not be measured" in judged[2].reason
    assert memory.admit("ghost", "a", image, float("nan"), 0.7, 3).fidelity is None
    assert memory.keyframes("ghost", 8) == [judged[0]]
    assert len(memory.admissions("ghost")) == 4
    assert memory.admissions("fox") == []


def test_keyframes_are_the_truest_of_takes_in_force(memory: Memory) -> None:
    image = memory.blobs.put(b"png")
    one, two = take(memory, "a", 1), take(memory, "a", 2)
    memory.accept("a", one.digest)
    memory.admit("ghost", "a", image, 0.95, 0.7, 0)
    memory.admit("ghost", "b", image, 0.8, 0.7, 0)
    memory.admit("ghost", "b", image, 0.9, 0.7, 4)
    assert [row.fidelity for row in memory.keyframes("ghost", 2)] == [0.95, 0.9]
    memory.accept("a", two.digest)
    assert [row.fidelity for row in memory.keyframes("ghost", 8)] == [0.9, 0.8]
    memory.accept("a", one.digest)
    assert memory.keyframes("ghost", 1)[0].fidelity == 0.95


_KILLED = """
import os, sys
from memory import Memory, TakeRow
memory = Memory.open(sys.argv[1])
def record(number):
    clip = memory.blobs.put(f"clip {number}".encode())
    if number == 2 and sys.argv[2] == "before the row":
        os._exit(9)
    memory.record_take(TakeRow(f"{number:064x}", "a", clip, {"seed": number}))
    memory.accept("a", f"{number:064x}")
record(1)
if sys.argv[2] == "inside the transaction":
    from memory.schema import Acceptance, Take
    empty = {"conditioning": {}, "scores": {}, "notes": [], "verdict": ""}
    with memory._database.write() as session:
        clip, digest = memory.blobs.put(b"clip 2"), f"{2:064x}"
        session.add(Take(shot="a", digest=digest, clip=clip, **empty))
        session.flush()
        session.add(Acceptance(shot="a", digest=digest))
        session.flush()
        os._exit(9)
record(2)
"""


@pytest.mark.parametrize("moment", ["before the row", "inside the transaction"])
def test_a_kill_loses_nothing_that_was_accepted(tmp_path: Path, moment: str) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path), moment], capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    with Memory.open(tmp_path) as memory:
        assert [row.digest for row in memory.takes("a")] == [f"{1:064x}"]
        accepted = memory.accepted("a")
        assert accepted is not None and memory.blobs.get(accepted.clip) == b"clip 1"
        memory.accept("a", take(memory, "a", 2).digest)
        assert memory.acceptances("a") == [f"{1:064x}", f"{2:064x}"]


def test_many_threads_open_write_and_read_at_once(tmp_path: Path) -> None:
    def work(number: int) -> int:
        with Memory.open(tmp_path) as memory:
            for shot in range(5):
                row = take(memory, f"s{shot}", 10 * number + shot)
                memory.accept(f"s{shot}", row.digest)
                assert memory.accepted(f"s{shot}") is not None
        return number

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(work, range(6))) == list(range(6))
    with Memory.open(tmp_path) as memory:
        assert [len(memory.takes(f"s{shot}")) for shot in range(5)] == [6] * 5


def test_a_reader_sees_one_moment_while_another_writes(memory: Memory, tmp_path: Path) -> None:
    take(memory, "a", 1)
    with memory._database.write() as session, Memory.open(tmp_path / "film") as reader:
        session.connection().exec_driver_sql("DELETE FROM takes")
        assert len(reader.takes("a")) == 1
    assert memory.takes("a") == []


def _to_revision(folder: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{folder / 'production.db'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        downgrade(config, revision)
    engine.dispose()


def test_an_old_database_is_migrated_with_what_it_holds(tmp_path: Path) -> None:
    with Memory.open(tmp_path) as memory:
        memory.save_story(STORY, "the sentence")
        memory.accept("a", take(memory, "a", 1).digest)
    _to_revision(tmp_path, "0001")
    with Memory.open(tmp_path) as memory:
        assert memory.story() == STORY
        assert memory.accepted("a") is not None
        assert memory.keyframes("ghost", 1) == []


def test_the_migrations_build_what_the_code_expects(memory: Memory) -> None:
    with memory._database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_of_tomorrow_is_refused(tmp_path: Path) -> None:
    with Memory.open(tmp_path) as memory, memory._database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="made by a newer omnireel"):
        Memory.open(tmp_path)


@pytest.mark.parametrize("url", ["nonsense", "nope://here", "sqlite:////nowhere/at/all.db"])
def test_a_url_that_does_not_work_is_one_clear_line(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Memory.open(tmp_path, url)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "production.db").write_text("not a database, but long enough to look at " * 10)
    with pytest.raises(StoreError, match="not a database"):
        Memory.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot keep a production"):
        Memory.open(tmp_path / "file" / "film")


def test_any_folder_name_and_another_url_work(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "was ist?#100%") as memory:
        memory.save_story(STORY, "here")
    assert (tmp_path / "was ist?#100%" / "production.db").is_file()
    with Memory.open(tmp_path / "blobs only", f"sqlite:///{tmp_path / 'elsewhere.db'}") as memory:
        memory.save_story(STORY, "there")
    assert (tmp_path / "elsewhere.db").is_file()
