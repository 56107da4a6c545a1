"""Memory: versions, pins, takes, acceptance, keyframes; kills, damage, threads, old and foreign databases."""

import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from memory import Admission, AttemptRow, FactRow, Memory, PinRow, RenditionRow, StoreError, TakeRow
from memory.schema import Base

STORY = {"id": "film", "scenes": [{"id": "s1", "shots": [{"id": "a"}, {"id": "b"}]}]}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path / "film") as opened:
        yield opened


def take(memory: Memory, shot: str, number: int, **more: object) -> TakeRow:
    clip = memory.blobs.put(f"clip {number}".encode())
    row = TakeRow(digest=f"{number:064x}", shot=shot, clip=clip, conditioning={"seed": number})
    with memory.transaction() as unit:
        return unit.record_take(dataclasses.replace(row, **more))


def save(memory: Memory, story: dict[str, object], reason: str, parent: int | None = None) -> int:
    with memory.transaction() as unit:
        return unit.save_story(story, reason, parent)


def begin(memory: Memory, makers: str = "oracle") -> int:
    """A rendition of a story."""
    with memory.transaction() as unit:
        version = unit.save_story(STORY, "the sentence")
        return unit.begin_rendition(RenditionRow(version, makers))


def accept(memory: Memory, rendition: int, *takes: TakeRow) -> None:
    for row in takes:
        with memory.transaction() as unit:
            unit.accept(rendition, row.shot, row.digest)


def frame(row: TakeRow, image: str, fidelity: float | None, index: int = 0) -> Admission:
    return Admission("ghost", row.shot, row.digest, index, image, fidelity, 0.7, False, "")


def test_stories_are_versions(memory: Memory) -> None:
    assert memory.story() is None
    first = save(memory, STORY, "the sentence")
    second = save(memory, {**STORY, "title": "귀신"}, "a title")
    branch = save(memory, {**STORY, "title": "Ghost"}, "another title", parent=first)
    assert memory.story(first) == STORY
    assert memory.story() == {**STORY, "title": "Ghost"}
    assert [(row.version, row.parent) for row in memory.versions()] == [
        (first, None),
        (second, first),
        (branch, first),
    ]
    assert memory.current() == memory.versions()[-1]


def test_the_same_story_again_is_no_new_version(memory: Memory) -> None:
    first = save(memory, STORY, "the sentence")
    assert save(memory, dict(reversed(STORY.items())), "again") == first


def test_an_unknown_version_is_refused(memory: Memory) -> None:
    with pytest.raises(StoreError, match="no story version 7"):
        memory.story(7)
    with pytest.raises(StoreError, match="no story version 7"):
        save(memory, STORY, "from nowhere", parent=7)
    assert memory.versions() == []


def test_pins_are_replaced_by_key_and_are_those_of_a_rendition(memory: Memory) -> None:
    old, new = memory.blobs.put(b"old"), memory.blobs.put(b"new")
    first = begin(memory)
    with memory.transaction() as unit:
        for image in (old, new):
            unit.pin(first, PinRow("ghost", "sheet", "", image, {"from": "user"}))
        unit.pin(first, PinRow("ghost", "sheet", "with hat", old))
    second = begin(memory, "another generator")
    with memory.transaction() as unit:
        unit.pin(second, PinRow("ghost", "sheet", "", old))
    assert memory.pinned(first, "ghost", "sheet") == new
    assert memory.pinned(first, "ghost", "plate") is None
    assert [(pin.key, pin.image, pin.provenance) for pin in memory.pins(first)] == [
        ("", new, {"from": "user"}),
        ("with hat", old, {}),
    ]
    assert [pin.image for pin in memory.pins()] == [old, new, old]


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
    accept(memory, begin(memory), take(memory, "b", 1, verdict="revise"))
    assert memory.accepted("a") is None
    assert [row.verdict for shot in "ab" for row in memory.takes(shot)] == ["accept", "revise"]


def test_acceptance_keeps_its_history(memory: Memory) -> None:
    one, two, rendition = take(memory, "a", 1), take(memory, "a", 2), begin(memory)
    accept(memory, rendition, one, one, two, one)
    assert memory.accepted("a") == one
    assert memory.acceptances(rendition, "a") == [one.digest, two.digest, one.digest]


def test_what_is_in_force_is_what_the_current_rendition_accepted(memory: Memory) -> None:
    one, two, image = take(memory, "a", 1), take(memory, "a", 2), memory.blobs.put(b"png")
    first, second = begin(memory), begin(memory, "another generator")
    accept(memory, first, one)
    accept(memory, second, two)
    with memory.transaction() as unit:
        for row, colour in ((one, "red"), (two, "blue")):
            unit.admit(frame(row, image, 0.9))
            unit.observe("a", row.digest, [FactRow("ghost", "colour", colour, "a")])
    assert memory.accepted("a") == two and memory.keyframes("ghost", 8)[0].take == two.digest
    with memory.transaction() as unit:
        unit.go_to(1, first)
    assert memory.accepted("a") == one and memory.keyframes("ghost", 8)[0].take == one.digest
    assert [fact.value for fact in memory.ledger.facts("seen")] == ["red"]


def test_a_rendition_is_begun_once_and_spends_its_seconds(memory: Memory) -> None:
    which = begin(memory)
    assert begin(memory) == which != begin(memory, "another generator")
    with memory.transaction() as unit:
        unit.spend(which, "render", 1.25)
        unit.spend(which, "render", 1.0)
        unit.update_rendition(which, outputs={"film.mp4": "f" * 64})
    found = memory.rendition(which)
    assert (found.seconds, found.outputs, found.version) == ({"render": 2.25}, {"film.mp4": "f" * 64}, 1)
    with pytest.raises(StoreError, match="no rendition 9"):
        memory.rendition(9)


def test_attempts_wait_for_their_round_and_are_decided_once(memory: Memory) -> None:
    which = begin(memory)
    row = AttemptRow(which, "a", 0, "1" * 64, "2" * 64, "3" * 64)
    with memory.transaction() as unit:
        unit.attempt(row)
        unit.attempt(dataclasses.replace(row, shot="b"))
        unit.attempt(dataclasses.replace(row, round=1, decided=True))
    assert [(a.shot, a.round, a.decided) for a in memory.attempts(which)] == [("a", 1, True), ("b", None, False)]


def test_a_document_is_kept_once(memory: Memory) -> None:
    with memory.transaction() as unit:
        assert unit.keep_document("{}") == unit.keep_document("{}") == hashlib.sha256(b"{}").hexdigest()
    assert memory.document(hashlib.sha256(b"{}").hexdigest()) == "{}" and memory.document("0" * 64) is None


def test_what_a_judge_says_is_kept_once(memory: Memory) -> None:
    which = begin(memory)
    for _ in range(2):
        with memory.transaction() as unit:
            unit.judge(which, "failure", {"why": "no answer"})
    assert memory.judgements(which, "failure") == [{"why": "no answer"}]
    assert memory.judgements(which, "comparison") == []


def test_what_was_not_recorded_cannot_be_accepted(memory: Memory) -> None:
    row, which = take(memory, "b", 1), begin(memory)
    with pytest.raises(StoreError, match="shot 'a' has no take"):
        accept(memory, which, dataclasses.replace(row, shot="a"))


def test_no_row_without_its_blob(memory: Memory) -> None:
    which = begin(memory)
    with pytest.raises(StoreError, match="put the bytes before the row"), memory.transaction() as unit:
        unit.record_take(TakeRow(digest="1" * 64, shot="a", clip="2" * 64, conditioning={}))
    with pytest.raises(StoreError, match="put the bytes"), memory.transaction() as unit:
        unit.pin(which, PinRow("ghost", "sheet", "", "2" * 64))
    assert memory.takes("a") == [] and memory.pins() == []


def test_all_of_a_unit_of_work_stands_or_nothing(memory: Memory) -> None:
    row, which, image = take(memory, "a", 1), begin(memory), memory.blobs.put(b"png")
    with pytest.raises(StoreError), memory.transaction() as unit:
        unit.accept(which, "a", row.digest)
        unit.admit(frame(row, image, 0.9))
        unit.observe("a", row.digest, [FactRow("ghost", "colour", "white", "a")])
        unit.spend(which, "review", 2.0)
        unit.accept(which, "b", row.digest)
    assert memory.accepted("a") is None and memory.admissions() == []
    assert memory.ledger.facts("seen") == [] and memory.rendition(which).seconds == {}


def test_a_figure_that_is_no_number_is_refused(memory: Memory) -> None:
    with pytest.raises(StoreError, match="not JSON compliant"):
        take(memory, "a", 1, scores={"identity": float("nan")})
    assert memory.takes("a") == []


def test_the_gate_records_whom_it_turns_away(memory: Memory) -> None:
    image, row = memory.blobs.put(b"png"), take(memory, "a", 1)
    accept(memory, begin(memory), row)
    with memory.transaction() as unit:
        judged = [unit.admit(frame(row, image, fidelity, i)) for i, fidelity in enumerate([0.9, 0.6, None])]
        assert unit.admit(frame(row, image, float("nan"), 3)).fidelity is None
    assert [one.admitted for one in judged] == [True, False, False]
    assert "below 0.700" in judged[1].reason and "could not be measured" in judged[2].reason
    assert memory.keyframes("ghost", 8) == [judged[0]]
    assert len(memory.admissions("ghost")) == 4
    assert memory.admissions("fox") == []


def test_keyframes_are_the_truest_of_takes_in_force(memory: Memory) -> None:
    image, which = memory.blobs.put(b"png"), begin(memory)
    one, two, other = take(memory, "a", 1), take(memory, "a", 2), take(memory, "b", 3)
    accept(memory, which, one, other)
    with memory.transaction() as unit:
        unit.admit(frame(one, image, 0.95))
        unit.admit(frame(other, image, 0.8))
        unit.admit(frame(other, image, 0.9, 4))
    assert [row.fidelity for row in memory.keyframes("ghost", 2)] == [0.95, 0.9]
    accept(memory, which, two)
    assert [row.fidelity for row in memory.keyframes("ghost", 8)] == [0.9, 0.8]
    accept(memory, which, one)
    assert memory.keyframes("ghost", 1)[0].fidelity == 0.95


_KILLED = """
import os, sys
from memory import AttemptRow, Memory, RenditionRow, TakeRow
memory = Memory.open(sys.argv[1])
with memory.transaction() as unit:
    which = unit.begin_rendition(RenditionRow(unit.save_story({"id": "film"}, "the sentence"), "oracle"))
def record(number):
    clip = memory.blobs.put(f"clip {number}".encode())
    if number == 2 and sys.argv[2] == "before the row":
        os._exit(9)
    with memory.transaction() as unit:
        unit.record_take(TakeRow(f"{number:064x}", "a", clip, {"seed": number}))
        unit.accept(which, "a", f"{number:064x}")
        if number == 2:
            os._exit(9)
record(1)
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
        accept(memory, 1, take(memory, "a", 2))
        assert memory.acceptances(1, "a") == [f"{1:064x}", f"{2:064x}"]


def test_many_threads_open_write_and_read_at_once(tmp_path: Path) -> None:
    def work(number: int) -> int:
        with Memory.open(tmp_path) as memory:
            for shot in range(5):
                accept(memory, begin(memory), take(memory, f"s{shot}", 10 * number + shot))
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


_OPENER = "import sys; from memory import Memory; Memory.open(sys.argv[1]).close(); print('open')"


def test_many_processes_open_a_new_production_at_once(tmp_path: Path) -> None:
    one = [sys.executable, "-c", _OPENER, str(tmp_path / "film")]
    started = [subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(12)]
    said = [process.communicate() for process in started]
    assert [out.strip() for out, _ in said] == ["open"] * 12, said


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
        save(memory, STORY, "here")
    assert (tmp_path / "was ist?#100%" / "production.db").is_file()
    with Memory.open(tmp_path / "blobs only", f"sqlite:///{tmp_path / 'elsewhere.db'}") as memory:
        save(memory, STORY, "there")
    assert (tmp_path / "elsewhere.db").is_file()
