"""A judge beside the critic: what it asks, what it may change, and that no film depends on it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from agent import events as ev
from agent.critic.critic import Critic
from agent.critic.findings import ReviewInput
from agent.critic.judge import STILLS, Judge
from agent.session import Session
from omni_model.media import load_image
from omni_model.spec.captions import caption
from omni_model.spec.conditioning import Conditioning
from omni_model.world import sample_scene
from omni_model.world.oracle import OracleGenerator
from planner.llm.base import LanguageModelError, Message
from planner.llm.scripted import ScriptedModel
from tests.support.films import ghost_storyboard

YES, NO = {"yes": 0.9, "no": 0.05}, {"yes": 0.02, "no": 0.9}


class Opinion(ScriptedModel):
    """A judge of fixed opinions: by the first key that occurs in a question, else yes; compares by ``prefers``."""

    def __init__(self, opinions: dict[str, Any] | None = None, prefers: str = "a") -> None:
        super().__init__({**(opinions or {}), "take A": {prefers: 0.8}, "": YES}, sees=True)


@cache
def shown() -> ReviewInput:
    """A take of a random scene with one subject, beside its sheet."""
    spec = next(s for s in map(lambda i: sample_scene(i, frames=9), range(60)) if len(s.facts.subjects) == 1)
    asked = Conditioning(caption=caption(spec.facts), tracks=spec.tracks, camera=spec.camera, frames=9, seed=1)
    frames = OracleGenerator().render([asked], _no_assets)[0].frames
    return ReviewInput(spec.facts, asked, frames, {(spec.facts.subjects[0].entity, "sheet"): frames[0]})


def _no_assets(digest: str) -> torch.Tensor:
    raise KeyError(digest)


def found(llm: ScriptedModel) -> dict[str, Any]:
    return {finding.dimension: finding for finding in Judge(lambda: llm).look(shown())}


class TestQuestions:
    def test_it_asks_about_what_should_be_seen_and_shows_it(self) -> None:
        llm = Opinion()
        said = found(llm)
        assert {"judge.place", "judge.whole"} <= set(said) <= {
            "judge.subject", "judge.wardrobe", "judge.place", "judge.identity", "judge.whole",
        }  # fmt: skip
        place = next(messages[-1] for messages in llm.requests if "this place" in messages[-1].text)
        assert shown().facts.setting in place.text and len(place.images) == STILLS
        assert torch.equal(load_image(place.images[0]), shown().frames[0])
        assert torch.equal(load_image(place.images[-1]), shown().frames[-1])

    def test_a_score_is_the_share_of_yes(self) -> None:
        place = found(Opinion({"this place": {"yes": 0.3, "no": 0.1}}))["judge.place"]
        assert place.score == 0.75 and place.note is None

    def test_a_clear_no_is_a_note_of_the_judge(self) -> None:
        note = found(Opinion({"this place": NO}))["judge.place"].note
        assert (note.by, note.severity, note.evidence.figure) == ("judge", "major", 0.0217)
        assert found(Opinion({"whole": NO}))["judge.whole"].note.severity == "minor"

    @pytest.mark.parametrize("answer", [LanguageModelError("down"), {"yes": 0.001, "no": 0.002}])
    def test_no_answer_is_a_failure_and_no_score(self, answer: Any) -> None:
        place = found(Opinion({"this place": answer}))["judge.place"]
        assert (place.score, place.note, place.skipped) == (None, None, False) and place.failure
        review = Critic(None).review(shown(), Judge(lambda: Opinion({"this place": answer})))
        measure = review.scores["judge.place"]
        assert (measure.value, measure.n_evaluated, measure.n_failed) == (None, 0, 1)
        assert [failure.dimension for failure in review.failures] == ["judge.place"]

    def test_measures_and_verdict_are_the_same_where_the_judge_agrees(self) -> None:
        alone, beside = Critic(None).review(shown()), Critic(None).review(shown(), Judge(lambda: Opinion()))
        assert alone.scores.items() <= beside.scores.items()
        assert (alone.notes, alone.verdict, alone.rank) == (beside.notes, beside.verdict, beside.rank)


class Eyes(ScriptedModel):
    """Prefers the brighter take, or the one that comes first."""

    def __init__(self, by_order: bool) -> None:
        super().__init__({}, sees=True)
        self._by_order = by_order

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        a, b = (load_image(messages[-1].images[i]).float().mean() for i in (0, -1))
        return {"a": 0.7, "b": 0.2} if self._by_order or a > b else {"a": 0.2, "b": 0.7}


class TestComparison:
    dark, light = torch.zeros(5, 3, 28, 28, dtype=torch.uint8), torch.full((5, 3, 28, 28), 200, dtype=torch.uint8)

    def test_both_orders_must_agree(self) -> None:
        judge = Judge(lambda: Eyes(by_order=False))
        assert judge.prefers(shown().facts, self.light, self.dark) == "first"
        assert judge.prefers(shown().facts, self.dark, self.light) == "second"

    def test_who_goes_by_the_order_is_undecided(self) -> None:
        judge = Judge(lambda: Eyes(by_order=True))
        assert judge.prefers(shown().facts, self.light, self.dark) == "undecided"
        assert judge.prefers(shown().facts, self.dark, self.light) == "undecided"

    def test_a_failure_is_raised(self) -> None:
        with pytest.raises(LanguageModelError, match="neither"):
            Judge(lambda: Opinion(prefers="c")).prefers(shown().facts, self.light, self.dark)


def film(
    folder: Path, llm: Any, *, faults: tuple[str, ...] = (), often: float = 1.0
) -> tuple[bytes, Any, list[ev.Event]]:
    """The film's bytes, its report and the events of filming the ghost story."""
    folder.mkdir(exist_ok=True)
    storyboard = ghost_storyboard(folder)
    generator = OracleGenerator(faults, often=often)
    with Session.from_storyboard(
        storyboard, folder / "film", generator=generator, llm=llm, critic=Critic(None), seed=5
    ) as session:
        told = list(session.approve())
        assert session.film is not None
        return session.film.read_bytes(), session.report, told


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Any]:
    made, report, _ = film(tmp_path_factory.mktemp("alone"), "none")
    return made, report


class TestProduction:
    def test_without_a_judge_the_report_says_so(self, alone: tuple[bytes, Any]) -> None:
        _, report = alone
        assert report.eyes is None and report.judge is None
        assert not any("judge." in dimension for s in report.shots for t in s.takes for dimension in t.scores)

    def test_a_judge_that_agrees_changes_nothing(self, alone: tuple[bytes, Any], tmp_path: Path) -> None:
        made, report, _ = film(tmp_path, Opinion())
        assert made == alone[0]
        assert (report.judge.backend, report.judge.failed, report.judge.failures) == ("scripted", 0, ())
        assert report.judge.answered >= 3 * 3
        assert report.eyes.photographs == {}

    def test_a_judge_that_fails_changes_nothing_and_is_on_record(
        self, alone: tuple[bytes, Any], tmp_path: Path
    ) -> None:
        made, report, told = film(tmp_path, ScriptedModel({}, sees=True))
        assert made == alone[0]
        failed = [e for e in told if isinstance(e, ev.JudgeFailed)]
        assert len(failed) == report.judge.failed == len(report.judge.failures) >= 9
        assert report.judge.answered == 0
        first = report.judge.failures[0]
        assert (first.shot, first.attempt, first.why) == (failed[0].shot, 0, failed[0].why)
        assert {t.verdict for s in report.shots for t in s.takes} == {"accept"}

    def test_a_note_of_the_judge_asks_for_another_take(self, alone: tuple[bytes, Any], tmp_path: Path) -> None:
        made, report, _ = film(tmp_path, Opinion({"ghost that walks": NO}))
        first, *others = report.shots
        assert [len(s.takes) for s in report.shots] == [3, 1, 1]
        assert {(n.by, n.dimension) for t in first.takes for n in t.notes} == {("judge", "judge.subject")}
        assert not any(n for s in others for t in s.takes for n in t.notes)
        assert [c.outcome for c in report.judge.comparisons] == ["undecided"] * 2, "it says A whatever the order"
        assert first.accepted == first.takes[0].digest
        assert made == alone[0], "the oracle draws the same from every seed"

    def test_a_killed_production_asks_only_what_was_not_answered(self, tmp_path: Path) -> None:
        first, again = Opinion(), Opinion()
        made, _, _ = film(tmp_path, first)
        for part in (tmp_path / "film").glob("production.db*"):
            part.unlink()
        assert film(tmp_path, again)[0] == made
        assert first.requests and not again.requests

    def test_a_model_that_cannot_see_is_no_judge(self, alone: tuple[bytes, Any], tmp_path: Path) -> None:
        made, report, _ = film(tmp_path, ScriptedModel({}))
        assert made == alone[0] and report.judge is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a tiny random vision-language model."""
    pytest.importorskip("transformers")
    pytest.importorskip("llguidance")
    from tests.support.tiny_vl import build

    return build(tmp_path_factory.mktemp("vl"))


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    from planner.llm.transformers import Transformers
    from tests.support.tiny_vl import Server

    with Server(Transformers(str(folder))) as server:
        yield server.url


class TestTinyModel:
    def test_the_same_film_with_each_backend(
        self, alone: tuple[bytes, Any], folder: Path, url: str, tmp_path: Path
    ) -> None:
        here, by_model, _ = film(tmp_path / "here", f"transformers:{folder}")
        there, by_server, _ = film(tmp_path / "there", f"openai:{url}")
        assert (by_model.judge.backend, by_server.judge.backend) == ("transformers", "openai")
        assert by_model.judge.answered == by_server.judge.answered >= 9 and by_model.judge.failed == 0
        judged = [[t.notes for s in r.shots for t in s.takes] for r in (by_model, by_server)]
        assert judged[0] == judged[1]
        assert not any(judged[0]), "this one is never sure of a no"
        assert here == there == alone[0]

    def test_from_a_sentence_and_a_photograph(self, url: str, tmp_path: Path) -> None:
        picture = io.BytesIO()
        Image.new("RGB", (64, 64), "orange").save(picture, "PNG")
        with Session(tmp_path / "film", generator="oracle", llm=f"openai:{url}", critic=Critic(None)) as session:
            said = session.say("@tom walks on the beach.", images={"tom": picture.getvalue()}, duration=1)
            said.finish()
            session.approve().finish()
            report = session.report
            assert report is not None and report.eyes is not None and report.judge is not None
            assert (report.planner.backend, report.eyes.backend, report.judge.backend) == ("openai",) * 3
            look = report.eyes.photographs["tom"]
            assert {trait.kind for trait in look.traits} >= {"species", "colour"}
            assert all(trait.confidence is not None for trait in look.traits)
            told = [entry for entry in report.planner.lowering if entry.directive.startswith("photograph: @tom")]
            assert len(told) == len(look.traits)
            assert json.loads(report.model_dump_json())["eyes"]["photographs"]["tom"]["traits"]
