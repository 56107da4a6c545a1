"""The ledger: what holds where, what contradicts, and how a reordered story moves both."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import FactRow, Measure, Memory, RenditionRow, StoreError, TakeRow
from memory.ledger import _in_force


def story(*shots: str) -> dict[str, object]:
    return {"scenes": [{"shots": [{"id": shot} for shot in shots]}]}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path) as opened:
        with opened.transaction() as unit:
            version = unit.save_story(story("a", "b", "c", "d"), "the sentence")
            unit.begin_rendition(RenditionRow(version, "oracle"))
        yield opened


def plan(memory: Memory, *facts: FactRow) -> None:
    with memory.transaction() as unit:
        unit.plan_facts(1, facts)


def see(memory: Memory, *facts: FactRow, take: int = 1) -> None:
    """What takes show; each is accepted for its shot."""
    for shot in dict.fromkeys(fact.shot for fact in facts):
        row = TakeRow(f"{take:064x}", shot, memory.blobs.put(b"clip"), {})
        with memory.transaction() as unit:
            unit.record_take(row)
            unit.accept(1, shot, row.digest)
            unit.observe(shot, row.digest, [fact for fact in facts if fact.shot == shot])


def hat(value: str | None, shot: str, until: str | None = None) -> FactRow:
    return FactRow("ghost", "hat", value, shot, until)


def test_a_fact_holds_until_another_or_its_end(memory: Memory) -> None:
    plan(memory, hat("red", "a"), hat("blue", "c", until="d"))
    assert [[fact.value for fact in memory.ledger.at("planned", shot)] for shot in "abcd"] == [
        ["red"],
        ["red"],
        ["blue"],
        [],
    ]


def test_planning_again_replaces_the_plan_and_keeps_what_was_seen(memory: Memory) -> None:
    plan(memory, hat("red", "a"))
    see(memory, hat("red", "b"))
    plan(memory, hat("green", "a"))
    assert [fact.value for fact in memory.ledger.facts("planned")] == ["green"]
    assert [fact.value for fact in memory.ledger.facts("seen")] == ["red"]


def test_seeing_a_shot_again_replaces_what_was_seen_in_it(memory: Memory) -> None:
    see(memory, hat("red", "a"), hat("red", "b"))
    see(memory, hat("blue", "b"))
    see(memory, hat("green", "a"), take=2)
    assert [(fact.shot, fact.value) for fact in memory.ledger.facts("seen")] == [("a", "green"), ("b", "blue")]


def test_contradictions_are_between_what_is_known_on_both_sides(memory: Memory) -> None:
    evidence = {"take": "1" * 64, "probability": 0.97}
    plan(memory, hat("red", "a"), FactRow("fox", "scarf", "blue", "a"))
    see(
        memory,
        hat("red", "a"),
        FactRow("ghost", "hat", "blue", "c", evidence=evidence),
        FactRow("fox", "scarf", None, "c"),
        FactRow("fox", "colour", "red", "c"),
    )
    [found] = memory.ledger.contradictions()
    assert (found.entity, found.planned, found.seen, found.shot) == ("ghost", "red", "blue", "c")
    assert found.evidence == evidence
    assert memory.ledger.agreement() == Measure(0.5, n_evaluated=2, n_failed=1, n_skipped=1)


def test_nothing_seen_is_no_agreement(memory: Memory) -> None:
    plan(memory, hat("red", "a"))
    assert memory.ledger.agreement() == Measure(None, 0)
    assert memory.ledger.contradictions() == []


def test_each_version_has_its_plan_and_its_order(memory: Memory) -> None:
    plan(memory, hat("green", "a"))
    for order, left in ((("c", "a", "b"), ["c", "a"]), (("a", "b"), ["a"])):
        with memory.transaction() as unit:
            version = unit.save_story(story(*order), " ".join(order))
            unit.plan_facts(version, [hat("red", "a"), hat("blue", "c")])
        assert [fact.value for fact in memory.ledger.at("planned", "b")] == ["red"]
        assert [fact.shot for fact in memory.ledger.facts("planned")] == left
    with memory.transaction() as unit:
        unit.go_to(1)
    assert [fact.value for fact in memory.ledger.facts("planned")] == ["green"]


def test_an_unknown_shot_is_refused(memory: Memory) -> None:
    with pytest.raises(StoreError, match="no shot 'z'"):
        memory.ledger.at("planned", "z")


def test_one_slot_cannot_be_planned_twice_in_a_shot(memory: Memory) -> None:
    plan(memory, hat("red", "a"))
    with pytest.raises(StoreError):
        plan(memory, hat("red", "b"), hat("blue", "b"))
    assert [fact.shot for fact in memory.ledger.facts("planned")] == ["a"]


_PLANS = st.dictionaries(st.integers(0, 5), st.tuples(st.sampled_from(["red", "blue"]), st.integers(0, 6)))


@given(_PLANS)
def test_in_force_is_what_walking_the_film_finds(plan: dict[int, tuple[str, int]]) -> None:
    """A plan maps a shot to a value and the shot of its end; the story has shots 0 to 5, so 6 is no end."""
    place = {str(shot): shot for shot in range(6)}
    facts = [hat(value, str(shot), str(until)) for shot, (value, until) in sorted(plan.items())]
    holds, end = None, 6
    for shot in range(6):
        holds, end = plan.get(shot, (holds, end))
        walked = [holds] if holds and shot < end else []
        assert [fact.value for fact in _in_force(facts, place, str(shot)).values()] == walked
