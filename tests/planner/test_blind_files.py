"""Files against what a reader finds in them: a right reading scores all, and each fault costs its measure."""

from pathlib import Path
from typing import Any

import pytest

from planner.evaluate.bench import BENCH
from planner.evaluate.blind_files import figures, most_in_order, read_file, score
from planner.evaluate.evidence import PlanEvidence
from planner.read.formats.storyboard import loads

BOARD = """
id: f
title: The Kiln
cast:
  - {id: mo, name: MO, kind: potter, features: "60, grey beard", wardrobe: [{garments: [{item: apron}]}]}
  - {id: voice, name: RADIO VOICE, kind: voice}
locations: [{id: kiln, name: kiln, kind: kiln}, {id: yard, name: yard, kind: yard}]
scenes:
  - {id: one, location: kiln, time: night, mood: calm, shots: [
      {id: s1, duration: 3, description: Mo opens the kiln., staging: [{entity: mo}],
       dialogue: [{speaker: mo, text: "Well, well."}]},
      {id: s2, duration: 2, description: Smoke., caption: Three years later,
       dialogue: [{speaker: voice, text: "It rains."}]}]}
  - {id: two, location: kiln, time: night, mood: sad, shots: [
      {id: s3, duration: 2, description: Mo drops a bowl., staging: [{entity: mo}]}]}
  - {id: three, location: yard, time: day, shots: [
      {id: s4, duration: 2, description: Mo sits., staging: [{entity: mo}]}]}
"""
GOLD: dict[str, Any] = {
    "file": "kiln.yaml", "form": "storyboard", "language": "en", "readable": True, "scenes": 2, "title": "THE KILN",
    "places": [["kiln"], ["yard", "court"]], "not_people": ["SMOKE"], "unseen": ["RADIO VOICE"],
    "people_detail": [{"names": ["MO", "the potter"], "words": ["60", "grey beard", "apron"]}],
    "lines": [["MO", "Well, well."], ["RADIO VOICE", "It rains."]], "captions": ["Three years later"],
    "events": [[["Mo"], ["opens"], ["kiln"]], [["Mo"], ["drops", "breaks"], ["bowl"]]], "never": ["ask the museum"],
    "durations": [3, 2, 2, 2],
}  # fmt: skip


def scored(*swaps: tuple[str, str]) -> set[str]:
    """The measures that are not full marks once some text of the right reading is exchanged."""
    board = BOARD
    for old, new in swaps:
        assert old in board
        board = board.replace(old, new)
    found = score(GOLD, PlanEvidence(loads(board, name="f"), (), BENCH))
    return {name for name, one in found.items() if one.right < one.wanted}


def test_a_right_reading_has_full_marks_and_a_change_of_mood_parts_no_scene() -> None:
    assert scored() == set()


@pytest.mark.parametrize(
    "swap, faults",
    [
        (("name: MO, kind: potter", "name: Mimi, kind: cook"), {"people", "looks", "lines"}),
        (("kind: voice}", "kind: voice}\n  - {id: smoke, name: Smoke, kind: smoke}"), {"not_people"}),
        (('features: "60, grey beard", ', ""), {"looks"}),
        (("Well, well.", "Well well."), {"lines"}),
        (("speaker: mo, text", "speaker: voice, text"), {"lines"}),
        (("Smoke., caption", "Smoke., staging: [{entity: voice}], caption"), {"unseen"}),
        (("Three years later", "Years later"), {"captions"}),
        (("kiln, time: night, mood: sad", "kiln, time: noon, mood: sad"), {"scenes"}),
        (("location: yard", "location: kiln"), {"places"}),
        (("drops a bowl", "sleeps"), {"events"}),
        (("Mo sits.", "Ask the museum."), {"never"}),
        (("{id: s4, duration: 2", "{id: s4, duration: 3"), {"durations"}),
        (("title: The Kiln", "title: Mo"), {"title"}),
    ],
)
def test_each_fault_costs_its_measure(swap: tuple[str, str], faults: set[str]) -> None:
    assert scored(swap) == faults


def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("hour,temperature\n1,20\n", "utf-8")
    refusal = read_file(table, BENCH)
    assert isinstance(refusal, str)
    gold = GOLD | {"readable": False}
    assert score(gold, refusal)["refused"] == (1, 1)
    assert score(gold, "two\nlines")["refused"] == (0, 1)
    assert score(gold, PlanEvidence(loads(BOARD, name="f"), (), BENCH))["refused"] == (0, 1)


def test_a_story_that_is_refused_has_nothing_right() -> None:
    found = score(GOLD, "cannot be read")
    assert sum(one.right for one in found.values()) == 0
    assert found["lines"].wanted == 2 and found["never"].wanted == 0


def test_the_most_that_are_in_order_count() -> None:
    assert most_in_order([[5], [0], [1], [2]]) == 3
    assert most_in_order([[0], [0], [0]]) == 3
    assert most_in_order([[0], [0], [0]], apart=True) == 1
    assert most_in_order([[], [3, 1], [2]]) == 2


def test_figures_are_shares_over_all_files() -> None:
    found = [score(GOLD, PlanEvidence(loads(BOARD, name="f"), (), BENCH)), score(GOLD, "no")]
    rows = {row.measure: (row.value, row.n_evaluated) for row in figures(found)}
    assert rows["strangers' files: captions shown"] == (0.5, 2)
    assert rows["strangers' files: refused in one line"] == (None, 0)
