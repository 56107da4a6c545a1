"""Stories of many pages: files, screenplays, exact length, acts, reasons, locks and answers that are kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from planner.check import explain
from planner.check.lint import lint
from planner.direct.plan import Plan, plan
from planner.llm.base import LanguageModelError, Message
from planner.llm.cache import CachedModel
from planner.llm.scripted import ScriptedModel
from planner.read.formats import script
from planner.read.formats.script import ScriptError, ScriptSpeech, passages
from planner.story.story import Scene, Shot, Story
from tests.planner.stories import MINI, VIMAX

FOUNTAIN = """Title: The Well
Author: Nobody

INT. OLD MILL - NIGHT

A storm. MARTA (40) ties a rope around her waist. /* cut this */

MARTA
(whispering)
If I pull twice, bring me up. If I pull three times, run and do not look back at the mill.

PETE
Why three times?

CUT TO:

EXT. FIELD - DAWN

Pete runs through the wheat. [[a note]]

.THE WELL

Marta climbs out of the well and smiles.
"""
TALE = "\n\n".join(
    f"On the {word} morning a potter shapes a bowl. His daughter carries the bowl to the market. "
    f"A thief steals the bowl. The potter finds the thief in the {place} and shares his bread with him."
    for word, place in zip(("first", "second", "third", "fourth"), ("forest", "village", "desert", "city"), strict=True)
)


def by_rules(text: str, duration: float | None = None, seed: int = 0, keep: Story | None = None) -> Plan:
    return plan(text, llm=None, capabilities=MINI, duration=duration, seed=seed, keep=keep)


def frames(story: Story) -> int:
    return sum(round(shot.duration * MINI.fps) for _, shot in story.shots)


class TestScripts:
    def test_a_screenplay_says_where_when_and_who(self) -> None:
        first, second, third = passages(FOUNTAIN)
        assert script.setting(first.heading) == ("old mill", "night")
        assert first.told[0] == "A storm. Marta ties a rope around her waist."
        assert [part.speaker for part in first.told if isinstance(part, ScriptSpeech)] == ["Marta", "Pete"]
        assert second.told == ("Pete runs through the wheat.",)
        assert script.setting(third.heading)[0] == "the well"

    def test_it_is_filmed_scene_by_scene(self) -> None:
        story = by_rules(FOUNTAIN, 60.0).story
        places = list(dict.fromkeys(scene.location for scene in story.scenes))
        assert len(places) == 3 and [story.scenes[0].time, story.scenes[-1].time][0] == "night"
        said = [line for _, shot in story.shots for line in shot.dialogue]
        assert [line.speaker for line in said][-1] == "pete"
        assert "If I pull twice" in said[0].text and len(said) == 3
        assert not [f for f in lint(story, MINI) if f.severity == "error"]
        assert frames(story) == 720

    def test_markdown_is_read_without_its_marks(self) -> None:
        (one, two) = passages("# Act one\n\n- **Mia** finds a [key](https://x.example).\n\n---\n")[:2]
        assert (one.heading, two.told) == ("Act one", ("Mia finds a key.",))

    def test_speech_in_prose_is_dialogue(self) -> None:
        story = by_rules("Vera opens the door. “Who is there?” asks Vera. “Nobody,” says the owl.").story
        lines = [(line.speaker, line.text) for _, shot in story.shots for line in shot.dialogue]
        assert lines == [("vera", "Who is there?"), ("owl", "Nobody")]

    @pytest.mark.parametrize(
        ("name", "data", "why"),
        [
            ("a.exe", b"x", "a story is one of"),
            ("a.txt", b"\xff\xfe\x00", "not UTF-8"),
            ("a.txt", b"x" * 400_001, "larger than"),
            ("gone.txt", None, "cannot be read"),
        ],
    )
    def test_what_cannot_be_read_is_one_line(self, tmp_path: Path, name: str, data: bytes | None, why: str) -> None:
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(ScriptError, match=why) as caught:
            script.load(tmp_path / name)
        assert "\n" not in str(caught.value)

    def test_a_pipe_is_no_story(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        with pytest.raises(ScriptError, match="no plain file"):
            script.load(tmp_path / "pipe.txt")


class TestLength:
    @pytest.mark.parametrize("duration", [7.0, 33.3, 95.0, 600.0])
    @pytest.mark.parametrize("text", [TALE, FOUNTAIN, "A fox sleeps."])
    def test_the_shots_sum_to_the_frame(self, text: str, duration: float) -> None:
        planned = by_rules(text, duration)
        story = planned.story
        assert frames(story) == round(duration * MINI.fps)
        assert story == Story.model_validate_json(story.model_dump_json())
        assert not [f for f in lint(story, MINI) if f.severity == "error"]

    def test_what_there_is_no_time_to_say_is_said(self) -> None:
        assert any("no time for what is said" in note for note in by_rules(FOUNTAIN, 5.0).notes)

    def test_a_long_film_has_acts_and_repeats_no_description(self) -> None:
        story = by_rules(TALE, 300.0).story
        assert [scene.act for scene in story.scenes] == sorted(scene.act for scene in story.scenes)
        assert {scene.act for scene in story.scenes} == {1, 2, 3}
        told = [shot.description for _, shot in story.shots]
        assert len(set(told)) == len(told)

    def test_same_seed_same_plan(self) -> None:
        assert by_rules(TALE, 120.0) == by_rules(TALE, 120.0)

    def test_nobody_dead_walks_through_what_is_added(self) -> None:
        story = by_rules("A knight fights a dragon in the desert. The dragon dies. The knight sits down.", 120.0).story
        assert not [f for f in lint(story, MINI) if f.rule == "dead-acts"]
        fell = next(i for i, (_, shot) in enumerate(story.shots) if shot.description.startswith("The dragon dies"))
        acting = [s.entity for _, shot in story.shots[fell + 4 :] for s in shot.staging]
        assert "dragon" not in acting


class TestReasons:
    story = by_rules(TALE, 90.0).story

    @pytest.mark.parametrize("pair", story.shots, ids=lambda pair: pair[1].id)
    def test_every_directive_of_a_shot_has_its_reason(self, pair: tuple[Scene, Shot]) -> None:
        _, shot = pair
        given = {reason.field for reason in shot.reasons}
        wanted = {"description", "duration", "size", "angle", "camera", "staging", "transition"}
        wanted |= {field for field in ("continues", "setup", "dialogue") if getattr(shot, field)}
        assert wanted <= given

    def test_every_scene_says_why_it_is_so(self) -> None:
        for scene in self.story.scenes:
            assert {"act", "location", "time", "weather", "mood"} == {r.field for r in scene.reasons}
            assert scene.beat

    def test_the_notes_name_every_shot_and_its_reasons(self) -> None:
        told = "\n".join(explain.director_notes(self.story))
        for scene, shot in self.story.shots:
            assert shot.id in told and shot.description in told
            assert scene.id in told
        notes = explain.notes(self.story)
        assert json.loads(json.dumps(notes)) == notes
        listed = [s["id"] for act in notes["acts"] for scene in act["scenes"] for s in scene["shots"]]
        assert listed == [shot.id for _, shot in self.story.shots]


class TestFacts:
    def test_every_shot_knows_the_world_before_and_after(self) -> None:
        story = by_rules("Mia finds a golden key in the forest. Mia gives the key to a bear.").story
        held = [{(f.entity, f.value) for f in shot.after if f.attribute == "holds"} for _, shot in story.shots]
        holders = [who for shot in held for who, thing in shot if thing == "key"]
        assert list(dict.fromkeys(holders)) == ["mia", "bear"]
        for scene, shot in story.shots:
            for facts in (shot.before, shot.after):
                assert {f.attribute for f in facts if f.entity == scene.location} >= {"time", "weather"}
                assert all(any(f.entity == s.entity and f.attribute == "place" for f in facts) for s in shot.staging)


class TestLocks:
    @staticmethod
    def locked(story: Story) -> Story:
        first, second = story.scenes[0].model_copy(update={"lock": True}), story.scenes[1]
        shots = (second.shots[0].model_copy(update={"lock": True, "size": "close"}), *second.shots[1:])
        return story.model_copy(
            update={"scenes": (first, second.model_copy(update={"shots": shots}), *story.scenes[2:])}
        )

    @pytest.mark.parametrize("text", [TALE, "A robot paints a wall. At night an owl sings. In the city it rains."])
    def test_locked_parts_survive_another_plan(self, text: str) -> None:
        old = self.locked(by_rules(TALE, 60.0).story)
        new = by_rules(text, 60.0, seed=9, keep=old).story
        assert new.scenes[0] == old.scenes[0]
        shots = {shot.id: shot for _, shot in new.shots}
        assert shots[old.scenes[1].shots[0].id] == old.scenes[1].shots[0]
        assert frames(new) == 720
        assert Story.model_validate(new.model_dump()) == new

    def test_nothing_locked_changes_nothing(self) -> None:
        old = by_rules("A fox runs.", 10.0).story
        assert by_rules(TALE, 60.0, keep=old) == by_rules(TALE, 60.0)


class TestKeptAnswers:
    ask = (Message(role="user", text="Who?"),)

    def test_an_answer_is_asked_for_once(self, tmp_path: Path) -> None:
        first = CachedModel(ScriptedModel([["fox", "end"]]), tmp_path)
        assert first.generate_lines(self.ask, "root ::= x") == ["fox", "end"]
        again = CachedModel(ScriptedModel([]), tmp_path)
        assert again.generate_lines(self.ask, "root ::= x") == ["fox", "end"]
        with pytest.raises(LanguageModelError):
            again.generate_lines(self.ask, "root ::= y")

    def test_a_plan_that_was_killed_goes_on(self, tmp_path: Path) -> None:
        text = " ".join(f"A fox runs to the beach. The fox finds a red ball number {i}." for i in range(20))
        lines = ["fox | finds a red ball | beach | - | happy", "end"]
        killed = ScriptedModel([lines, LanguageModelError("killed"), lines, lines, lines])
        plan(text, llm=CachedModel(killed, tmp_path), capabilities=MINI)
        kept = len(list(tmp_path.iterdir()))
        resumed = ScriptedModel([lines] * 9)
        planned = plan(text, llm=CachedModel(resumed, tmp_path), capabilities=MINI)
        assert kept >= 1 and len(resumed.requests) == len(list(tmp_path.iterdir())) - kept
        assert not planned.planner.degraded


@pytest.mark.skipif(not VIMAX.is_dir(), reason="the benchmark's stories are not here")
def test_ten_minutes_from_an_overview() -> None:
    data = json.loads((VIMAX / "detective_witness_interview_typeC.json").read_text("utf-8"))
    story = by_rules(data["story_overview"], 600.0).story
    assert frames(story) == 7200
    assert {scene.act for scene in story.scenes} == {1, 2, 3}
    assert not [f for f in lint(story, MINI) if f.severity == "error"]
