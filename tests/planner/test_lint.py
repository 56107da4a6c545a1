"""What lint finds, and that repair mends it without touching anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.check.lint import Finding, lint, mend, repair
from planner.story.story import Story
from tests.planner.stories import MINI, story


def rules(told: Story) -> list[str]:
    return [finding.rule for finding in lint(told, MINI)]


def the(rule: str, told: Story) -> Finding:
    (finding,) = [f for f in lint(told, MINI) if f.rule == rule]
    return finding


def at(entity: str, x: float, **more: Any) -> dict[str, Any]:
    return {"entity": entity, "x": x, **more}


def test_a_sound_story_has_no_findings() -> None:
    assert lint(story({"staging": [at("ghost", 0.3), at("wolf", 0.7)]}, {"size": "medium"}), MINI) == ()


SHY = {"staging": [at("ghost", 0.3)]}


@pytest.mark.parametrize(
    "rule, severity, fixable, shots",
    [
        ("whole-frames", "error", True, [{"duration": 1.51}]),
        ("whole-frames", "error", True, [{"duration": 0.01}]),
        ("dialogue-too-long", "error", True, [{"dialogue": [{"speaker": "ann", "text": "la " * 12}]}]),
        ("dialogue-too-long", "error", False, [{"dialogue": [{"speaker": "ann", "text": "la " * 1300}] * 2}]),
        ("teleport", "error", True, [SHY, {"continues": "s1", "staging": [at("ghost", 0.8)]}]),
        ("overlap", "error", True, [{"staging": [at("ghost", 0.5), at("wolf", 0.55)]}]),
        ("overlap", "error", True, [{"staging": [at("ghost", 0.2, to_x=0.7), at("wolf", 0.7)]}]),
        ("off-stage", "error", True, [{"staging": [at("ghost", 0.01)]}]),
        ("off-stage", "error", True, [{"staging": [at("ghost", 0.5, y=0.1)]}]),
        ("off-stage", "error", True, [{"staging": [at("ghost", 0.5, y=0.5, height=0.8)]}]),
        ("goes-nowhere", "warning", True, [{"staging": [at("ghost", 0.5, action="runs")]}]),
        ("repeated-description", "warning", False, [{"description": "Rain."}, {"description": "rain. "}]),
        ("monotonous-coverage", "warning", True, [{}, {}, {}, {}]),
        ("too-many-subjects", "warning", False,
         [{"staging": [at(e, 0.2 * i) for i, e in enumerate(("ghost", "wolf", "ann", "bob"), 1)]}]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(rule: str, severity: str, fixable: bool, shots: list[dict[str, Any]]) -> None:
    told = story(*shots)
    finding = the(rule, told)
    assert (finding.severity, finding.fixable) == (severity, fixable)
    assert rules(told) == [rule]
    assert rules(repair(told, (finding,))) == ([] if fixable else [rule])


def test_a_take_does_not_go_on_in_another_place() -> None:
    scenes = [
        {"id": "one", "location": "woods", "shots": [{"id": "a", "duration": 2}]},
        {"id": "two", "location": "sea", "shots": [{"id": "b", "duration": 2, "continues": "a"}]},
    ]
    told = story(scenes=scenes)
    mended = repair(told, (the("continues-elsewhere", told),))
    assert mended.shots[1][1].continues is None and rules(mended) == []


def test_an_empty_scene_is_left_out_unless_it_is_the_only_one() -> None:
    empty = {"id": "void", "location": "woods", "shots": []}
    full = {"id": "one", "location": "woods", "shots": [{"id": "a", "duration": 2}]}
    told = story(scenes=[full, empty])
    assert [s.id for s in repair(told, (the("empty-scene", told),)).scenes] == ["one"]
    assert not the("empty-scene", story(scenes=[empty])).fixable


def test_a_change_of_clothes_wants_a_reason() -> None:
    worn = [{"garments": [{"item": "hat"}], "from_shot": "s1"}]
    told = story({}, cast=[{"id": "ghost", "name": "Pim", "kind": "ghost", "wardrobe": worn}])
    assert the("unexplained-wardrobe", told).severity == "warning"


def test_a_teleport_is_mended_by_going_there() -> None:
    told = story(SHY, {"continues": "s1", "staging": [at("ghost", 0.8)]})
    (staging,) = repair(told, lint(told, MINI)).shots[1][1].staging
    assert (staging.x, staging.to_x) == (0.3, 0.8)


def test_what_is_locked_stays() -> None:
    told = story({"duration": 1.51, "lock": True}, {"duration": 1.51})
    findings = lint(told, MINI)
    assert [f.fixable for f in findings] == [False, True]
    assert [shot.duration for _, shot in repair(told, findings).shots] == [1.51, 1.5]


def test_repair_keeps_the_content() -> None:
    told = story({"duration": 1.51, "description": "They meet.", "staging": [at("ghost", 0.01, action="waves")]})
    before, after = told.shots[0][1], mend(told, MINI)[0].shots[0][1]
    assert (after.description, after.staging[0].action) == (before.description, before.staging[0].action)


units = st.floats(0, 1)
stagings = st.lists(
    st.fixed_dictionaries(
        {
            "entity": st.sampled_from(["ghost", "wolf", "ann", "bob", "hat"]),
            "x": units,
            "y": units,
            "height": st.floats(0.01, 1),
            "action": st.sampled_from(["", "runs", "walks", "sleeps"]),
        },
        optional={"to_x": units, "to_y": units},
    ),
    max_size=5,
)
shots = st.fixed_dictionaries(
    {
        "duration": st.floats(0.01, 30),
        "size": st.sampled_from(["wide", "medium", "close"]),
        "staging": stagings,
        "goes_on": st.booleans(),
        "line": st.text("ab ", max_size=90),
    }
)


@given(st.lists(shots, max_size=6))
@settings(max_examples=150, deadline=None)
def test_mending_leaves_no_error_and_mending_again_changes_nothing(drawn: list[dict[str, Any]]) -> None:
    told = []
    for i, shot in enumerate(drawn):
        goes_on, line = shot.pop("goes_on"), shot.pop("line")
        dialogue = [{"speaker": "ann", "text": line}] if line.strip() else []
        told.append({**shot, "dialogue": dialogue, "continues": f"s{i}" if goes_on and i else None})
    mended, left = mend(story(*told), MINI)
    assert not [f for f in left if f.severity == "error" and f.rule != "empty-scene"]
    assert not [f for f in left if f.fixable]
    assert mend(mended, MINI) == (mended, left)
