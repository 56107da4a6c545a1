"""A film that a strong model directs. Its answers were written by hand, from the questions alone (2026-12-01)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from omni_model.spec.conditioning import Capabilities
from planner.check.drafts import scene_faults, treatment_faults
from planner.check.fates import fates
from planner.check.form import broken
from planner.compile.prose import plate_prompt, sheet_prompt, shot_prompt
from planner.direct.assembly import assembled, whole_frames
from planner.direct.by_model import listed, write_scenes, write_treatment
from planner.llm.base import LanguageModelError
from planner.llm.scripted import ScriptedModel
from planner.read.by_model import locate, read
from planner.story.brief import Brief, Demands, Form, Never
from planner.story.draft import SceneDraft
from planner.story.story import Scene, Shot, Story
from planner.story.treatment import Treatment

TEXT = (
    "A woman in a green raincoat carries a brown leather handbag through a crowded Paris street market at dusk, then "
    "meets an old clockmaker with a long grey beard in his workshop."
)
OPEN = Capabilities(
    name="open", fps=16, width=832, height=480, sheet_size=512, frame_grid=4, max_frames=81, max_references=3,
    max_subjects=3, caption_style="wan",
)  # fmt: skip


def answer(number: int) -> str:
    return (Path(__file__).parent / "directed" / f"raincoat.{number}.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def brief() -> Brief:
    return read(TEXT, ScriptedModel([answer(1)]))


@pytest.fixture(scope="module")
def treatment(brief: Brief) -> Treatment:
    return write_treatment(brief, ScriptedModel([answer(2)]), OPEN, 20.0)


@pytest.fixture(scope="module")
def story(brief: Brief, treatment: Treatment) -> Story:
    drafts = write_scenes(brief, treatment, ScriptedModel([answer(3), answer(4)]), OPEN)
    return assembled(brief, treatment, drafts, OPEN, 20.0, 0)


def test_the_brief_holds_every_word_where_it_stands(brief: Brief) -> None:
    assert brief.unread == ()
    assert all(TEXT[demand.start : demand.end] == demand.words for demand in brief.all)
    woman = next(person for person in brief.people if person.id == "woman")
    assert [garb.item for garb in woman.wears] == ["green raincoat"]
    assert [thing.carried_by for thing in brief.things] == ["woman"]


def test_the_film_is_as_long_as_asked_and_every_demand_is_seen(story: Story) -> None:
    assert sum(round(shot.duration * OPEN.fps) for _, shot in story.shots) == 20 * OPEN.fps
    assert [fate.outcome for fate in fates(story, OPEN)] == ["shown"] * 9
    assert len({shot.picture for _, shot in story.shots}) == len(story.shots) == 6
    assert {scene.location for scene in story.scenes} == {"street_market", "workshop"}


def test_a_prompt_for_open_weights_says_what_is_worn_and_carried(story: Story) -> None:
    scene, shot = story.shots[0]
    prompt = shot_prompt(story, scene, shot, "wan")
    assert all(words in prompt for words in ("Paris", "green raincoat", "brown leather handbag", "dusk"))
    assert (
        prompt.endswith("Wide shot at eye level, the camera is fixed. Cinematic style.")
        and 60 <= len(prompt.split()) <= 140
    )
    assert shot_prompt(story, scene, shot, "ltx").startswith("Wide shot at eye level")
    assert "a woman, wearing a green raincoat" in sheet_prompt(story, story.cast[0], shot.id)
    assert "Nobody is there" in plate_prompt(story, scene)


def test_without_a_picture_a_prompt_is_made_of_the_story_s_own_words(story: Story) -> None:
    scene, shot = story.shots[0]
    bare = shot.model_copy(update={"picture": "", "sound": "Rain on awnings."})
    prompt = shot_prompt(story, scene, bare, "ltx2")
    assert shot.description.rstrip(".") in prompt and "wearing a green raincoat" in prompt
    assert prompt.endswith("Rain on awnings.")


def test_what_is_wrong_with_an_answer_is_said_and_asked_again(brief: Brief, treatment: Treatment) -> None:
    short = Treatment.model_validate_json(answer(2)).model_copy(update={"scenes": treatment.scenes[:1]})
    model = ScriptedModel([short, answer(2)])
    assert write_treatment(brief, model, OPEN, 20.0) == treatment
    assert "event 7" in model.requests[1][-1].text and "is in no scene" in model.requests[1][-1].text
    with pytest.raises(LanguageModelError, match="directs wrongly, twice"):
        write_treatment(brief, ScriptedModel([short, short]), OPEN, 20.0)


def test_words_that_are_not_in_the_text_are_asked_about_once() -> None:
    wrong = json.loads(answer(1))
    wrong["people"][0]["words"] = "A lady"
    model = ScriptedModel([wrong, answer(1)])
    assert read(TEXT, model) == read(TEXT, ScriptedModel([answer(1)]))
    assert "'A lady' does not stand in the text" in model.requests[1][-1].text
    located, faults = locate(Demands.model_validate(wrong), TEXT)
    assert faults and located.people[0].origin == "implied" and located.people[0].words == ""


def test_what_no_demand_quotes_is_asked_about_and_then_told() -> None:
    less = {**json.loads(answer(1)), "settings": []}
    less["events"][0]["words"] = "carries a brown leather handbag through a crowded Paris street market"
    model = ScriptedModel([less, less])
    assert read(TEXT, model).unread == ("dusk",)
    assert "dusk" in model.requests[1][-1].text


def test_faults_of_scenes_are_found(brief: Brief, treatment: Treatment) -> None:
    draft, outline = SceneDraft.model_validate_json(answer(3)), treatment.scenes[0]
    assert scene_faults(draft, outline, brief) == [] and treatment_faults(treatment, brief, 20.0) == []
    first = draft.shots[0]
    doubled = draft.model_copy(update={"shots": (first, first.model_copy(update={"serves": (77,), "speech": (5,)}))})
    found = "; ".join(scene_faults(doubled, outline, brief))
    assert "there is no demand 77" in found and "5 is no line" in found and "shows what a shot before it shows" in found


def test_demands_are_listed_for_a_director(brief: Brief) -> None:
    lines = listed(brief.all).splitlines()
    assert lines[0] == "1 somebody woman: woman; wears green raincoat"
    assert lines[2] == "3 thing handbag: handbag; brown; leather; carried by woman"


@pytest.mark.parametrize(
    ("rule", "value", "wrong"),
    [
        ("seconds", "20", ""), ("seconds", "30 seconds", "lasts 20 s"), ("shots", "6", ""), ("shots", "5", "6 shots"),
        ("scenes", "two", ""), ("scenes", "3", "2 scenes"), ("one take", "", "there is a cut"), 
        ("camera", "static", "the camera moves"), ("aspect", "9:16", "832x480"), ("aspect", "16:9", ""),
        ("frame rate", "24", "16 frames a second"), ("speech", "none", ""), ("people", "none", "are seen"),
        ("place", "one", "2 places"), ("framing", "close", "not every shot is close"),
    ],
)  # fmt: skip
def test_rules_of_form(story: Story, rule: str, value: str, wrong: str) -> None:
    found = broken(story, Form.model_validate({"number": 99, "rule": rule, "value": value}), OPEN)
    assert found == "" if not wrong else wrong in (found or "")


@pytest.mark.parametrize(
    ("rule", "value"),
    [("other", "in the manner of a dream"), ("shots", "a few"), ("camera", "restless"), ("aspect", "tall")],
)
def test_what_no_rule_can_tell_is_not_called_obeyed(story: Story, rule: str, value: str) -> None:
    assert broken(story, Form.model_validate({"number": 99, "rule": rule, "value": value}), OPEN) is None


def test_whoever_must_not_be_seen_and_is_seen_is_a_fault(story: Story) -> None:
    assert story.brief is not None
    hidden = Never(number=99, what="the clockmaker", ids=("clockmaker",))
    forbidden = story.model_copy(update={"brief": story.brief.model_copy(update={"never": (hidden,)})})
    fate = next(fate for fate in fates(forbidden, OPEN) if fate.number == 99)
    assert (fate.outcome, fate.detail) == ("lost", "it is seen") and fate.shots


def test_frames_are_whole_and_in_proportion() -> None:
    assert whole_frames([1, 1, 1], 1.0, 16) == [5 / 16, 6 / 16, 5 / 16]
    assert whole_frames([1.0] * 40, 1.0, 16) == [1 / 16] * 40
    assert sum(whole_frames([0.01, 9, 3.3], 7.5, 12)) == pytest.approx(7.5)


def test_clothes_change_with_the_events_that_change_them() -> None:
    text = "A man puts on a hat. He takes it off."
    brief = Brief.model_validate({
        "text": text,
        "people": [{"number": 1, "words": "A man", "id": "man", "kind": "man",
                    "wears": [{"item": "red hat", "since": 2, "until": 3}, {"item": "blue coat"}]}],
        "places": [{"number": 4, "id": "room", "kind": "room", "origin": "implied"}],
        "events": [{"number": 2, "does": "The man puts on a hat.", "who": ["man"]},
                   {"number": 3, "does": "The man takes off the hat.", "who": ["man"]}],
    })  # fmt: skip
    treatment = Treatment.model_validate(
        {"title": "Hat", "scenes": [{"id": "a", "place": "room", "events": [2, 3], "seconds": 8}]}
    )
    shots = [
        {"seconds": 2, "happens": f"{n}", "picture": f"{n}", "serves": serves, "figures": [{"entity": "man"}]}
        for n, serves in enumerate(([], [2], [3], []))
    ]
    story = assembled(brief, treatment, [SceneDraft.model_validate({"shots": shots})], OPEN, None, 0)
    worn = [(state.from_shot, [f"{g.colour} {g.item}" for g in state.garments]) for state in story.cast[0].wardrobe]
    assert worn == [(None, ["blue coat"]), ("shot-02", ["red hat", "blue coat"]), ("shot-04", ["blue coat"])]
    assert isinstance(story.scenes[0], Scene) and isinstance(story.scenes[0].shots[0], Shot)
