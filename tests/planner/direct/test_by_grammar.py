"""The director without a language model: every brief is filmed without faults, to the frame, with nothing lost."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

import pytest

from omni_model.spec.conditioning import Capabilities
from omni_model.spec.vocabulary import VOCABULARY
from planner.check.drafts import scene_faults, treatment_faults
from planner.check.fates import fates
from planner.check.lint import lint
from planner.compile.shot import compile_shot
from planner.direct.assembly import assembled
from planner.direct.by_grammar import director_notes, write_scenes, write_treatment
from planner.story.brief import Brief
from planner.story.story import Shot, Story
from planner.story.treatment import Treatment
from tests.planner.direct.fixtures import NAMES, brief_case

CAPABILITIES = Capabilities(
    name="omni-mini", fps=12.0, width=112, height=64, sheet_size=64, frame_grid=4, max_frames=49, max_references=4,
    max_subjects=3, context_roles=frozenset({"continue"}), vocabulary=VOCABULARY,
)  # fmt: skip
ALIKE = ("bench",)
"""Films whose shots are equally long because they are one frame through the hours."""
STOCK = re.compile(r"deep breath|comes closer|takes in|lingers|\(the |a while|for a moment")


@lru_cache(maxsize=64)
def directed(name: str, seed: int = 0) -> tuple[Treatment, Story, tuple[str, ...]]:
    """A brief's treatment, its story and what is wrong with both."""
    case = brief_case(name)
    treatment = write_treatment(case.brief, CAPABILITIES, case.seconds, seed)
    drafts = write_scenes(case.brief, treatment, CAPABILITIES, seed)
    wrong = treatment_faults(treatment, case.brief, case.seconds)
    for draft, outline in zip(drafts, treatment.scenes, strict=True):
        wrong += scene_faults(draft, outline, case.brief)
    return treatment, assembled(case.brief, treatment, drafts, CAPABILITIES, case.seconds, seed), tuple(wrong)


def shots(name: str, seed: int = 0) -> list[Shot]:
    return [shot for _, shot in directed(name, seed)[1].shots]


def shown(shot: Shot) -> set[str]:
    return {staging.entity for staging in shot.staging}


@pytest.mark.parametrize("seed", [0, 1, 7])
@pytest.mark.parametrize("name", NAMES)
def test_no_fault_and_no_lost_demand(name: str, seed: int) -> None:
    _, story, wrong = directed(name, seed)
    assert wrong == ()
    lost = [(fate.number, fate.words) for fate in fates(story, CAPABILITIES) if fate.outcome == "lost"]
    assert lost == []


@pytest.mark.parametrize("name", NAMES)
def test_form_is_obeyed(name: str) -> None:
    """No rule that can be checked is broken."""
    refused = [f.detail for f in fates(directed(name)[1], CAPABILITIES) if f.outcome == "refused"]
    assert [detail for detail in refused if not detail.startswith("no rule of this program")] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_length_is_exact(name: str) -> None:
    seconds = brief_case(name).seconds
    frames = sum(round(shot.duration * CAPABILITIES.fps) for shot in shots(name))
    assert seconds is None or frames == round(seconds * CAPABILITIES.fps)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ALIKE])
def test_lengths_follow_what_happens(name: str) -> None:
    lengths = [shot.duration for shot in shots(name)]
    alike = sum(abs(a - b) <= 0.05 * a for a, b in pairwise(lengths))
    assert alike <= len(lengths) / 5


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("name", NAMES)
def test_nine_shots_of_ten_show_something_new(name: str, seed: int) -> None:
    """Each has a word, a line or somebody's action that no shot of its scene had before it."""
    story, old, count = directed(name, seed)[1], 0, 0
    for scene in story.scenes:
        before: set[object] = set()
        for shot in scene.shots:
            words = set(re.findall(r"[\w’']{3,}", f"{shot.description} {shot.picture}".lower()))
            news = words | {(s.entity, s.action) for s in shot.staging if s.action} | {d.text for d in shot.dialogue}
            old, count, before = old + (news <= before), count + 1, before | news
    assert old <= count / 10


@pytest.mark.parametrize("name", NAMES)
def test_what_happens_is_told_once_and_without_stock_phrases(name: str) -> None:
    told = [shot.description for shot in shots(name)]
    assert all(told) and not [text for text in told if STOCK.search(text)]
    assert len(told) - len(set(told)) <= len(told) / 10


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_changes_what_is_seen_and_not_what_is_told(name: str) -> None:
    first, second = directed(name, 0), directed(name, 5)
    events = {event.number for event in brief_case(name).brief.events}
    for one, other in zip(first[0].scenes, second[0].scenes, strict=True):
        assert (one.place, one.time, one.act, one.events) == (other.place, other.time, other.act, other.events)
    served = [{n for _, shot in story.shots for n in shot.serves} & events for _, story, _ in (first, second)]
    assert served[0] == served[1] == events
    assert directed(name, 0)[1] == _again(name)


def _again(name: str) -> Story:
    directed.cache_clear()
    return directed(name, 0)[1]


def test_the_seed_is_seen() -> None:
    assert [shot.picture for shot in shots("handbag", 0)] != [shot.picture for shot in shots("handbag", 1)]


@pytest.mark.parametrize("name", NAMES)
def test_nobody_stands_in_anybody(name: str) -> None:
    people = {person.id for person in brief_case(name).brief.people}
    for shot in shots(name):
        places = sorted(staging.x for staging in shot.staging if staging.entity in people)
        assert all(b - a > 0.1 for a, b in pairwise(places)), shot.id
        assert len(places) <= CAPABILITIES.max_subjects


@pytest.mark.parametrize("name", NAMES)
def test_plans_can_be_compiled(name: str) -> None:
    story = directed(name)[1]
    assert [finding.message for finding in lint(story, CAPABILITIES) if finding.severity == "error"] == []
    for _, shot in story.shots:
        assert compile_shot(story, shot.id, CAPABILITIES, lambda *_: None, seed=0).conditioning.frames


def test_an_opening_crowd_then_the_woman_her_bag_and_a_quiet_room() -> None:
    found = shots("handbag")
    carrying = next(shot for shot in found if 5 in shot.serves)
    assert {"woman", "handbag"} <= shown(carrying)
    for words in ("green raincoat", "brown leather handbag", "Paris", "dusk"):
        assert words in carrying.picture
    meeting = next(shot for shot in found if 6 in shot.serves)
    assert "old clockmaker with a long grey beard" in meeting.picture
    assert any(shown(shot) == {"handbag"} and shot.size == "close" for shot in found)
    assert "The clockmaker looks at the woman." in [shot.description for shot in found]


def test_a_bench_through_a_day_is_one_frame_in_five_lights() -> None:
    _, story, _ = directed("bench")
    found = [shot for _, shot in story.shots]
    assert [scene.time for scene in story.scenes] == ["dawn", "morning", "noon", "dusk", "night"]
    assert {(shot.size, shot.angle, shot.camera, shot.duration) for shot in found} == {("wide", "eye", "static", 4.0)}
    assert [shown(shot) for shot in found] == [{"bench"}] * 5
    assert len({staging.x for shot in found for staging in shot.staging}) == 1


@pytest.mark.parametrize("name", ["ghost", "ghost_bare"])
def test_who_must_not_be_seen_is_in_no_figure_and_no_picture(name: str) -> None:
    for shot in shots(name):
        assert "ghost" not in shown(shot) and "ghost" not in shot.picture.lower()


def test_a_ghost_shows_in_what_it_moves_and_in_faces() -> None:
    told = [shot.description for shot in shots("ghost")]
    assert "Something unseen pushes the copper pot off the stove." in told
    assert any(shown(shot) == {"cook"} and "watches" in shot.description for shot in shots("ghost"))


def test_each_line_is_heard_once_from_the_face_that_says_it() -> None:
    heard = [(line.speaker, line.text, shown(shot)) for shot in shots("two_hander") for line in shot.dialogue]
    assert [text for _, text, _ in heard] == [line.text for line in brief_case("two_hander").brief.speech]
    assert all(speaker in seen for speaker, _, seen in heard)
    for shot in shots("two_hander"):
        words = sum(len(line.text.split()) for line in shot.dialogue)
        assert shot.duration >= words / 2.5
    assert all(shot.camera and "took" not in shot.picture for shot in shots("two_hander"))


@pytest.mark.parametrize("seconds", [9.0, 12.0, 20.0, 60.0])
def test_no_line_is_cut_while_there_is_time_for_all(seconds: float) -> None:
    for _, shot in _filmed(brief_case("two_hander").brief.model_dump(), seconds).shots:
        words = sum(len(line.text.split()) for line in shot.dialogue)
        assert shot.duration >= words / 2.5


def test_people_keep_their_sides() -> None:
    sides = {staging.x > 0.5 for shot in shots("two_hander") for staging in shot.staging if staging.entity == "ana"}
    assert len(sides) == 1


def test_acts_are_as_many_as_asked_and_places_begin_scenes() -> None:
    heist, fable = directed("heist")[1], directed("fable")[1]
    assert [max(s.act for s in story.scenes) for story in (heist, fable)] == [4, 5]
    for story in (heist, fable):
        assert [s.act for s in story.scenes] == sorted(s.act for s in story.scenes)
        assert all((a.location, a.time) != (b.location, b.time) or a.act != b.act for a, b in pairwise(story.scenes))


def test_nobody_human_in_a_film_without_people_and_no_music() -> None:
    assert {i for shot in shots("nature") for i in shown(shot)} == {"heron", "fish"}
    assert all(not shot.sound for shot in shots("nature"))


def test_the_chased_goes_ahead_in_the_same_direction() -> None:
    chase = next(shot for shot in shots("chase") if 6 in shot.serves)
    boy, goose = (next(s for s in chase.staging if s.entity == i) for i in ("boy", "goose"))
    assert boy.to_x is not None and goose.to_x is not None
    assert (boy.to_x - boy.x) * (goose.to_x - goose.x) > 0
    assert (goose.x - boy.x) * (boy.to_x - boy.x) > 0


def test_korean_is_told_in_korean() -> None:
    assert not [s.id for s in shots("korean_family") if re.search("[A-Za-z]", s.description + s.picture)]
    assert "할머니가 만두를 빚는다." in [shot.description for shot in shots("korean_family")]


def test_who_is_hidden_is_not_named_in_korean_pictures_either() -> None:
    ghost = {"number": 1, "id": "ghost", "kind": "유령", "seen": False}
    child = {"number": 2, "id": "child", "kind": "아이"}
    candle = {"number": 3, "id": "candle", "kind": "촛불"}
    room = {"number": 4, "id": "room", "kind": "방"}
    snuffs = {"number": 5, "does": "유령이 촛불을 끈다.", "verb": "끈다", "who": ["ghost"], "whom": ["candle"]}
    flees = {"number": 6, "does": "아이는 유령을 피해 달린다.", "verb": "달린다", "who": ["child"], "whom": ["ghost"]}
    brief = {"text": "유령이 촛불을 끈다. 아이는 유령을 피해 달린다.", "language": "Korean", "people": [ghost, child],
             "things": [candle], "places": [room], "events": [snuffs, flees]}  # fmt: skip
    found = [shot for _, shot in _filmed(brief, 10.0).shots]
    assert not [shot.id for shot in found if "유령" in shot.picture + shot.description]
    assert "보이지 않는 무언가가 촛불을 끈다." in [shot.description for shot in found]
    assert "아이는 보이지 않는 무언가를 피해 달린다." in [shot.description for shot in found]


def test_a_look_back_is_a_scene_of_its_own() -> None:
    _, story, _ = directed("flashback")
    assert [scene.location for scene in story.scenes] == ["pier", "fair", "pier"]
    back = story.scenes[1].shots[0]
    assert back.transition == "dissolve" and "girl" in shown(back)
    assert story.scenes[1].time == "summer" and story.scenes[2].time != "summer"
    assert story.scenes[2].shots[-1].description == "The compass lies in the girl's hand."


def test_a_thin_story_has_few_long_takes_and_says_so() -> None:
    case = brief_case("thin")
    treatment = write_treatment(case.brief, CAPABILITIES, case.seconds)
    drafts = write_scenes(case.brief, treatment, CAPABILITIES)
    assert sum(len(draft.shots) for draft in drafts) <= 3
    assert len(director_notes(case.brief, treatment, drafts)) == 1
    full = brief_case("handbag")
    outline = write_treatment(full.brief, CAPABILITIES, full.seconds)
    assert director_notes(full.brief, outline, write_scenes(full.brief, outline, CAPABILITIES)) == ()


def test_one_take_has_no_cut() -> None:
    assert all(shot.transition == "continue" for shot in shots("one_take")[1:])
    assert not [shot for shot in shots("one_take") if shot.dialogue]


def test_a_take_through_two_rooms_is_not_cut_between_them() -> None:
    story = _filmed(
        {
            "text": "In one take a nurse walks down a hall and enters a ward.",
            "people": [{"number": 1, "id": "nurse", "kind": "nurse"}],
            "places": [{"number": 2, "id": "hall", "kind": "hall"}, {"number": 3, "id": "ward", "kind": "ward"}],
            "events": [
                {"number": 4, "does": "A nurse walks down a hall.", "verb": "walks", "who": ["nurse"], "place": "hall"},
                {"number": 5, "does": "The nurse enters a ward.", "verb": "enters", "who": ["nurse"], "place": "ward"},
            ],
            "form": [{"number": 6, "rule": "one take", "value": "yes"}],
        }
    )
    assert len(story.scenes) == 2
    assert all(shot.transition == "continue" and shot.continues for _, shot in story.shots[1:])


@pytest.mark.parametrize("count", [1, 2, 3, 7, 12])
def test_exactly_so_many_shots(count: int) -> None:
    case = brief_case("heist")
    form = [{"number": 90, "rule": "shots", "value": str(count)}]
    story = _filmed({**case.brief.model_dump(), "form": form}, 60.0)
    assert len(story.shots) == count
    assert {n for _, shot in story.shots for n in shot.serves} >= {event.number for event in case.brief.events}


def test_shots_that_nothing_is_told_of_are_counted_all_the_same() -> None:
    form = [{"number": 1, "rule": "shots", "value": "4"}, {"number": 2, "rule": "speech", "value": "none"}]
    story = _filmed({"text": "Four shots, no dialogue.", "form": form}, 36.0)
    assert len(story.shots) == len({shot.picture for _, shot in story.shots}) == 4


def test_a_thing_that_an_event_names_is_in_its_picture() -> None:
    text = "A cat sleeps in the flour."
    person = {"number": 1, "id": "cat", "kind": "cat", "words": "A cat"}
    flour = {"number": 2, "id": "flour", "kind": "flour", "words": "the flour", "start": 16}
    sleeping = {"number": 3, "does": text, "verb": "sleeps", "who": ["cat"], "words": text[:-1]}
    story = _filmed({"text": text, "people": [person], "things": [flour], "events": [sleeping]}, 6.0)
    assert {"cat", "flour"} <= shown(next(shot for _, shot in story.shots if 3 in shot.serves))


@pytest.mark.parametrize(("rule", "count"), [("scenes", 2), ("scenes", 9), ("acts", 3), ("acts", 6)])
def test_exactly_so_many_scenes_or_acts(rule: str, count: int) -> None:
    case = brief_case("fable")
    story = _filmed({**case.brief.model_dump(), "form": [{"number": 90, "rule": rule, "value": str(count)}]}, 90.0)
    assert (len(story.scenes) if rule == "scenes" else len({scene.act for scene in story.scenes})) == count


def test_a_brief_of_which_no_place_is_known_is_filmed() -> None:
    brief = {
        "text": "A fox waves.",
        "people": [{"number": 1, "id": "fox", "kind": "fox"}],
        "events": [{"number": 2, "does": "A fox waves.", "verb": "waves", "who": ["fox"]}],
    }
    story = _filmed(brief, 5.0)
    assert {1, 2} <= {n for _, shot in story.shots for n in shot.serves}
    assert _filmed({"text": "Something."}, 4.0).duration == 4.0


def _filmed(data: dict[str, object], seconds: float | None = None) -> Story:
    brief = Brief.model_validate(data)
    treatment = write_treatment(brief, CAPABILITIES, seconds)
    drafts = write_scenes(brief, treatment, CAPABILITIES)
    assert treatment_faults(treatment, brief, seconds) == []
    return assembled(brief, treatment, drafts, CAPABILITIES, seconds, 0)
