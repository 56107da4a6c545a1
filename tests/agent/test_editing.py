"""Edits of a production: what is stale is rendered and nothing else, and versions come back without rendering."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent import events as ev
from agent.budget import Budget
from agent.critic.critic import Critic
from agent.errors import NothingToUndo, NotPlanned
from agent.session import Run, Session
from memory import Memory
from omni_model.spec.conditioning import Capabilities, Conditioning
from omni_model.spec.instructions import SetScene
from omni_model.world.oracle import OracleGenerator
from tests.support.films import ghost_storyboard

PLAIN = Budget(revisions=0, sheet_tries=1)


class Editor(OracleGenerator):
    """The oracle, as a generator that renders edits."""

    def __init__(self) -> None:
        super().__init__()
        roles: dict[str, object] = {"context_roles": frozenset({"edit"})}
        if "edits" in Capabilities.model_fields:
            roles["edits"] = frozenset({"instruction"})
        self.capabilities = self.capabilities.model_copy(update=roles)


def rendered(session: Session, run: Run) -> list[str]:
    """The shots that a change renders, to the end of the film."""
    events = list(run)
    while isinstance(events[-1], ev.ApprovalWanted):
        events += list(session.approve())
    assert isinstance(events[-1], ev.FilmCut)
    return [e.shot for e in events if isinstance(e, ev.TakeRendered) and not e.reused]


def film(session: Session) -> bytes:
    assert session.film is not None
    return session.film.read_bytes()


def production(folder: Path, generator: OracleGenerator | None = None) -> Session:
    board = ghost_storyboard(folder)
    session = Session.from_storyboard(
        board, folder / "out", generator=generator or OracleGenerator(), llm="none", critic=Critic(None), budget=PLAIN
    )
    rendered(session, session.approve())
    return session


def test_a_conversation_renders_what_it_predicts_and_comes_back(tmp_path: Path) -> None:
    with production(tmp_path) as session:
        first, films = session.story, {1: film(session)}
        takes = {s: t.read_bytes() for s in ("one", "two", "three") if (t := tmp_path / f"out/shots/{s}.mp4")}
        for number, (sentence, stale) in enumerate(
            [
                ("make shot 1 scarier", ["one"]),
                ('call the film "Fog"', []),
                ("give the fox a red hat", ["two", "three"]),
            ],
            start=2,
        ):
            told = session.preview(sentence)
            assert session.version == number - 1, "a preview changes nothing"
            assert list(told.stale) == stale
            assert told.predicted_seconds is not None and (told.predicted_seconds > 0) == bool(stale)
            assert rendered(session, session.say(sentence)) == stale
            assert session.version == number
            films[number] = film(session)
        assert len(set(films.values())) == 4, "a title is in the film, too"
        assert (tmp_path / "out/shots/one.mp4").read_bytes() != takes["one"]
        for number in (3, 2, 1):
            assert rendered(session, session.undo()) == []
            assert (session.version, film(session)) == (number, films[number])
        assert session.story == first
        with pytest.raises(NothingToUndo, match="no edit to undo"):
            session.undo()
        assert rendered(session, session.redo()) == [] and film(session) == films[2]
        assert rendered(session, session.say("undo that")) == [] and film(session) == films[1]
        assert rendered(session, session.say("make shot 1 scarier")) == [], "the same take was there before"
        assert [(v.version, v.parent) for v in session.versions()] == [(1, None), (2, 1), (3, 2), (4, 3), (5, 1)]
        assert film(session) == films[2]


def test_another_process_goes_on_with_the_version_in_force(tmp_path: Path) -> None:
    with production(tmp_path) as session:
        planned = list(session.say("make it night on shot 2, then make it snow there"))
        assert isinstance(planned[-1], ev.ApprovalWanted)
        assert planned[-1].renders < planned[-1].at_most or planned[-1].renders == 2
    with Session(
        tmp_path / "out", generator=OracleGenerator(), llm="none", critic=Critic(None), budget=PLAIN, seed=3
    ) as later:
        assert later.version == 2
        assert rendered(later, later.say("make it night on shot 2, then make it snow there")) == ["two"]
        report = later.report
        assert report is not None and [s.reused for s in report.shots] == [True, False, True]
        with Memory.open(tmp_path / "out") as memory:
            assert all(memory.accepted(s.id).digest == s.accepted for s in report.shots)  # type: ignore[union-attr]


def test_a_shot_that_is_cut_leaves_no_film_behind_and_no_other_shot_changes(tmp_path: Path) -> None:
    with production(tmp_path) as session:
        kept = {s: (tmp_path / f"out/shots/{s}.mp4").read_bytes() for s in ("two", "three")}
        assert rendered(session, session.say("delete shot 1")) == []
        assert {path.stem: path.read_bytes() for path in (tmp_path / "out/shots").glob("*.mp4")} == kept


def test_a_sentence_that_says_nothing_is_a_question_and_changes_nothing(tmp_path: Path) -> None:
    with production(tmp_path) as session:
        before = film(session)
        for sentence in ("Florble the quux.", "make shot 9 scary", "delete everything"):
            events = list(session.say(sentence))
            if session.version != 1:
                pytest.fail(f"{sentence!r} made a version")
            assert isinstance(events[-1], ev.Question) and events[-1].text
        assert film(session) == before


def test_a_shot_is_rendered_as_an_edit_of_its_take_where_the_generator_can(tmp_path: Path) -> None:
    with production(tmp_path, Editor()) as session:
        with Memory.open(tmp_path / "out") as memory:
            source = memory.accepted("one")
            assert source is not None
        assert rendered(session, session.say("make shot 1 scarier")) == ["one"]
        assert rendered(session, session.say("zoom in on shot 1")) == ["one"]
        with Memory.open(tmp_path / "out") as memory:
            _, edited, anew = (Conditioning.model_validate(take.conditioning) for take in memory.takes("one"))
        assert [(c.role, c.clip) for c in edited.context] == [("edit", source.clip)]
        assert edited.instruction == SetScene(attribute="mood", value="scary")
        assert anew.context == () and anew.instruction is None


def test_a_style_keeps_the_seeds_of_the_cast(tmp_path: Path) -> None:
    with production(tmp_path) as session:
        rendered(session, session.say("draw it in pastel"))
        with Memory.open(tmp_path / "out") as memory:
            seeds = {(p.entity, p.provenance["seed"]) for p in memory.pins() if p.role == "sheet"}
        assert len(seeds) == 2, "each body is drawn from the same noise in both styles"


def test_nothing_is_said_about_nothing(tmp_path: Path) -> None:
    with Session(tmp_path, generator=OracleGenerator(), llm="none", critic=Critic(None)) as session:
        with pytest.raises(NotPlanned, match="no story to change"):
            session.preview("make it scarier")
        with pytest.raises(NothingToUndo):
            session.redo()
        assert session.version is None and json.dumps(session.versions()) == "[]"


@pytest.mark.slow
def test_the_embedded_model_renders_the_stale_shot_alone_and_undo_gives_its_film_back(tmp_path: Path) -> None:
    board = ghost_storyboard(tmp_path)
    with Session.from_storyboard(board, tmp_path / "out", llm="none", critic=Critic(None), budget=PLAIN) as session:
        assert rendered(session, session.approve()) == ["one", "two", "three"]
        first = film(session)
        told = session.preview("make it snow in shot 3")
        assert rendered(session, session.say("make it snow in shot 3")) == list(told.stale) == ["three"]
        assert film(session) != first
        assert rendered(session, session.undo()) == [] and film(session) == first
