"""The brief that grammar reads: compared with briefs written by hand, and what holds for any text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.read.by_grammar import read
from planner.story.brief import Brief, Person

_ROWS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "briefs.yaml").read_text(encoding="utf-8"))
_PIECES = """A fox|waves.|the woman|in a coat|She|it|never|No people,|20 seconds|one take|"Hello,"|says|named Pip|and
    |before|\n\n|여우가|웃는다.|모자를 쓴|사람 없이|컷 네 개|마지막은|"안녕"|라고|그는|금지
    |then|16:9|at night|Mia|Anna's|two|without|ends with|🦊|INT. KITCHEN - NIGHT\n|."""


def _called(brief: Brief, name: str) -> str:
    """How a row calls somebody or something: the name, or the last word of the kind."""
    one = next(e for e in (*brief.people, *brief.things, *brief.places) if e.id == name)
    return one.name or one.kind.split()[-1]


def _person(person: Person) -> str:
    return person.name or person.kind.split()[-1]


_SAID: dict[str, Callable[[Brief], list[str]]] = {
    "who": lambda b: [_person(p) for p in b.people],
    "what": lambda b: [_called(b, t.id) for t in b.things],
    "where": lambda b: [_called(b, p.id) for p in b.places],
    "worn": lambda b: [f"{_person(p)}: {g.item}" for p in b.people for g in p.wears],
    "carried": lambda b: [f"{_called(b, t.carried_by)}: {_called(b, t.id)}" for t in b.things if t.carried_by],
    "looks": lambda b: [f"{_person(p)}: {look}" for p in b.people for look in p.looks],
    "count": lambda b: [f"{_person(p)}: {p.count}" for p in b.people],
    "form": lambda b: [f"{f.rule}={f.value}" for f in b.form],
    "set": lambda b: [f"{s.kind} {s.value}" for s in b.settings],
    "said": lambda b: [f"{_called(b, s.speaker)}: {s.text}" for s in b.speech],
    "does": lambda b: [" ".join([*(_called(b, i) for i in e.who), e.verb]).strip() for e in b.events],
}


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["text"][:40])
def test_a_brief_says_what_a_person_reads(row: dict[str, Any]) -> None:
    brief = read(row["text"])
    for sort, said in _SAID.items():
        if sort in row:
            expected = [entry.strip() for entry in row[sort]]
            found = said(brief) if sort == "does" else sorted(said(brief))
            assert found == (expected if sort == "does" else sorted(expected)), sort
    if "never" in row:
        assert len(brief.never) == len(row["never"]), brief.never
        assert all(word in never.words for word, never in zip(row["never"], brief.never, strict=True))
    if "end" in row:
        assert brief.ending is not None and row["end"] in brief.ending.what


def test_a_sentence_of_an_event_stands_alone() -> None:
    brief = read("Anna meets Ben in a library. She gives him a letter and he reads it.")
    assert [e.does for e in brief.events][1:] == ["Anna gives Ben a letter", "Ben reads the letter"]
    assert {e.place for e in brief.events} == {"library"}


def test_clothes_are_worn_from_the_event_at_which_they_are_put_on() -> None:
    brief = read("A baker kneads the dough. The baker puts on a white apron. Later the baker takes off the apron.")
    (garb,), numbers = brief.people[0].wears, [e.number for e in brief.events]
    assert (garb.item, garb.since, garb.until) == ("white apron", numbers[1], numbers[2])


def test_two_of_one_name_are_two() -> None:
    brief = read("Two divers, both called Maria: Maria Vella and Maria Zammit. Maria Vella dives. Maria Zammit waits.")
    assert [p.name for p in brief.people] == ["Maria Vella", "Maria Zammit"]
    assert [e.who for e in brief.events] == [("maria-vella",), ("maria-zammit",)]


def test_who_must_not_be_seen_is_in_the_story_unseen() -> None:
    brief = read("A brother talks to Renata through a door. Never show Renata.")
    assert {p.id: p.seen for p in brief.people} == {"brother": True, "renata": False}
    assert brief.never[0].ids == ("renata",)


def test_settings_hold_until_another_is_named() -> None:
    brief = read("At dawn a fox wakes. It stretches. At night an owl hoots.")
    first, second, third = (e.number for e in brief.events)
    assert {s.value: s.events for s in brief.settings} == {"dawn": (first, second), "night": (third,)}


def test_what_nobody_can_read_is_said() -> None:
    assert read("A fox waves. 42.").unread == ("42",)


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES.split("|")), max_size=25).map(" ".join)))
@settings(max_examples=150, deadline=None)
def test_any_text_has_a_brief_and_always_the_same(text: str) -> None:
    brief = read(text)
    assert brief == read(text)
    for demand in brief.all:
        assert text[demand.start : demand.end] == demand.words
        assert demand.words or demand.origin == "implied"
    assert [d.number for d in brief.all] == list(range(1, len(brief.all) + 1))
