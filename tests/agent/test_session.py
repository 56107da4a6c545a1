"""A session from a storyboard or a sentence to a film, on the procedural world itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from agent import events as ev
from agent.errors import FolderTaken, NothingToFilm, NotPlanned, UnknownGenerator
from agent.session import Session
from omni_model.media import encode_image, probe
from omni_model.world import sheet
from planner.story.story import Story
from tests.support.films import ghost_story, ghost_storyboard

Filmed = tuple[Session, list[ev.Event]]


def kinds(events: list[ev.Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def talk(folder: Path, **options: object) -> Session:
    return Session(folder, generator="oracle", llm="none", **options)  # type: ignore[arg-type]


def test_a_storyboard_becomes_a_film_as_long_as_its_story(filmed: Filmed) -> None:
    session, _ = filmed
    assert session.film is not None
    facts = probe(session.film)
    assert facts.frames == 18 and facts.seconds == pytest.approx(ghost_story().duration, abs=1 / 12)
    assert (facts.codec, facts.pixel_format, facts.bt709, facts.faststart) == ("h264", "yuv420p", True, True)
    assert facts.captions == 1
    shots = sorted(path.stem for path in (session.folder / "shots").glob("*.mp4"))
    assert shots == ["one", "three", "two"]
    assert (session.folder / "contact-sheet.png").is_file()


def test_events_tell_the_work_in_order(filmed: Filmed) -> None:
    _, events = filmed
    told = [kind for kind in kinds(events) if kind != "RenderProgress"]
    pinned = [(e.entity, e.role) for e in events if isinstance(e, ev.CastPinned)]
    assert pinned == [("wood", "plate"), ("ghost", "sheet"), ("fox", "sheet")]
    assert told[-1] == "FilmCut"
    accepted = [e for e in events if isinstance(e, ev.ShotAccepted)]
    assert [e.shot for e in accepted] == ["one", "two", "three"], "a continuing shot waits for its first"
    assert [(e.done, e.total) for e in accepted] == [(1, 3), (2, 3), (3, 3)]


def test_the_report_keeps_its_contract(filmed: Filmed) -> None:
    session, _ = filmed
    report = session.report
    assert report is not None
    told = report.model_dump(mode="json")
    assert set(told) >= {"story_id", "seed", "planner", "generator", "shots", "totals"}
    assert set(told["planner"]) >= {"backend", "model", "degraded"}
    assert set(told["generator"]) >= {"name", "weights_digest"}
    assert set(told["totals"]) >= {"shots", "takes", "film_seconds", "wall_seconds", "peak_rss_mb"}
    assert set(told["totals"]["wall_seconds"]) == {"plan", "cast", "render", "review", "cut"}
    assert told["totals"]["film_seconds"] == 1.5
    for shot in told["shots"]:
        assert {"id", "scene", "seconds", "digest", "lowering", "takes", "accepted", "reused"} <= set(shot)
        assert shot["accepted"] in [take["digest"] for take in shot["takes"]]
        assert all(entry["detail"] or entry["outcome"] == "honoured" for entry in shot["lowering"])
        for take in shot["takes"]:
            assert set(take) == {"digest", "scores", "notes", "verdict"}
            for score in take["scores"].values():
                assert set(score) == {"value", "n_evaluated", "n_failed", "n_skipped"}
                assert (score["value"] is None) == (score["n_evaluated"] == 0)


def test_story_json_is_the_story(filmed: Filmed) -> None:
    session, _ = filmed
    assert Story.model_validate_json((session.folder / "story.json").read_bytes()) == ghost_story()


def test_a_finished_film_is_given_back_at_once(filmed: Filmed, storyboard: Path) -> None:
    session, _ = filmed
    assert session.film is not None
    before = session.film.stat().st_mtime_ns
    with Session.from_storyboard(storyboard, session.folder, generator="oracle") as again:
        assert kinds(list(again.resume())) == ["FilmCut"]
        assert again.film is not None and again.film.stat().st_mtime_ns == before


def test_another_folder_gives_the_same_bytes_and_another_seed_another_film(
    filmed: Filmed, storyboard: Path, tmp_path: Path
) -> None:
    session, _ = filmed
    assert session.film is not None
    with Session.from_storyboard(storyboard, tmp_path / "same", generator="oracle") as same:
        same.approve().finish()
        assert same.film is not None
        assert same.film.read_bytes() == session.film.read_bytes()
    with Session.from_storyboard(storyboard, tmp_path / "other", generator="oracle", seed=4) as other:
        planned = other.story
        assert planned is not None and planned.seed == 4


def test_a_lost_film_is_cut_again_from_its_takes(storyboard: Path, filmed: Filmed, tmp_path: Path) -> None:
    with Session.from_storyboard(storyboard, tmp_path, generator="oracle") as session:
        session.approve().finish()
        assert session.film is not None
        film, data = session.film, session.film.read_bytes()
        film.unlink()
        assert session.film is None
        assert kinds(list(session.resume())) == ["FilmCut"]
        assert film.read_bytes() == data


def test_a_refused_plan_renders_nothing(storyboard: Path, tmp_path: Path) -> None:
    with Session.from_storyboard(storyboard, tmp_path, generator="oracle") as session:
        assert kinds(list(session.approve(yes=False))) == []
        assert session.film is None
        assert not (tmp_path / "film.mp4").exists()


def test_a_folder_of_another_story_is_left_alone(filmed: Filmed, tmp_path: Path) -> None:
    session, _ = filmed
    with pytest.raises(FolderTaken, match="choose another folder"):
        Session.from_storyboard(ghost_storyboard(tmp_path, seed=9), session.folder, generator="oracle")
    with talk(session.folder) as other, pytest.raises(FolderTaken):
        other.say("A bear dances on the beach.", new_story=True)


def test_a_sentence_is_planned_approved_and_filmed(tmp_path: Path) -> None:
    with talk(tmp_path) as session:
        wanted = session.say("A bear dances on the beach.", duration=2).finish()
        assert isinstance(wanted, ev.ApprovalWanted) and wanted.renders <= wanted.at_most
        plan = session.plan()
        assert set(plan.lowering) == {shot.id for _, shot in plan.story.shots}
        assert plan.planner.degraded
        cut = session.approve().finish()
        assert isinstance(cut, ev.FilmCut)
        assert cut.seconds == pytest.approx(plan.story.duration, abs=1 / 12)


def test_a_second_sentence_edits_the_story(tmp_path: Path) -> None:
    with talk(tmp_path) as session:
        session.say("A bear dances on the beach.", duration=2).finish()
        session.approve().finish()
        first = session.story
        events = list(session.say("Then it starts to snow and a red fox joins."))
        assert kinds(events)[0] == "StoryEdited" and kinds(events)[-1] == "ApprovalWanted"
        second = session.story
        assert first is not None and second is not None and second != first
        assert {c.kind for c in second.cast} == {"bear", "fox"}
        assert {scene.weather for scene in second.scenes} == {"snow"}
    with talk(tmp_path) as later:
        assert later.request is not None and later.request.version == later.version == 2
        again = kinds(list(later.say("Then it starts to snow and a red fox joins.")))
        assert again[-1] == "ApprovalWanted" and "StoryEdited" not in again, "it goes on"


def test_a_given_picture_is_pinned_in_place_of_a_rendered_one(tmp_path: Path) -> None:
    picture = encode_image(sheet("bear", "purple", size=96))
    with talk(tmp_path) as session:
        session.say("A bear dances on the beach.", duration=2, images={"bear": picture}).finish()
        pinned = [e for e in session.approve() if isinstance(e, ev.CastPinned) and e.role == "sheet"]
        assert [(e.entity, e.origin) for e in pinned] == [("bear", "given")]
        still = session.clip(pinned[0].image)
        assert still.shape == (3, 64, 64) and still.dtype == torch.uint8


def test_what_cannot_be_filmed_is_said_in_one_line(tmp_path: Path) -> None:
    with talk(tmp_path / "a") as session:
        with pytest.raises(NothingToFilm, match="nothing to film"):
            session.say("  \n ")
        for ask in (session.plan, session.approve, session.resume):
            with pytest.raises(NotPlanned, match="say what to film first"):
                ask()
        assert (session.story, session.film, session.report) == (None, None, None)
    with pytest.raises(UnknownGenerator, match="use one of omni-mini, oracle"):
        Session(tmp_path / "b", generator="sora")


def test_a_storyboard_without_a_shot_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("id: a\ntitle: t\nscenes: []\n", encoding="utf-8")
    with pytest.raises(NothingToFilm, match="no shot to film"):
        Session.from_storyboard(path, tmp_path / "out", generator="oracle")
    assert not (tmp_path / "out").exists()
