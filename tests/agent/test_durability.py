"""A production that cannot be lost: stopped anywhere, damaged, handed on from the version before, shared by two."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from agent import events as ev
from agent.budget import Budget
from agent.critic.critic import Critic
from agent.session import Session
from memory import FolderBusy, Memory
from tests.support.films import ghost_storyboard

OLD = Path(__file__).parents[1] / "support/production-0.1.tar.gz"
PLAIN = Budget(revisions=0, sheet_tries=1)
Filmed = tuple[Session, list[ev.Event]]


def open_plain(folder: Path) -> Session:
    """The production in ``folder``, after a storyboard of three shots, reviewed by plain measures."""
    board = ghost_storyboard(folder.parent)
    return Session.from_storyboard(board, folder, generator="oracle", llm="none", critic=Critic(None), budget=PLAIN)


def again(folder: Path) -> Session:
    """The same folder later, by what it remembers."""
    return Session(folder, critic=Critic(None))


def finish(session: Session) -> list[ev.Event]:
    events = list(session.resume())
    return events if isinstance(events[-1], ev.FilmCut) else [*events, *session.approve()]


def shown(folder: Path) -> dict[str, bytes]:
    """What the folder shows, but for the report, which counts seconds."""
    paths = [folder / "film.mp4", folder / "contact-sheet.png", folder / "story.json", *folder.glob("shots/*.mp4")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "film"
    with open_plain(folder) as session:
        session.approve().finish()
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """The folder of that film once more, to be changed."""
    return shutil.copytree(whole, tmp_path / "film")


KINDS = (ev.CastPinned, ev.RenderProgress, ev.TakeRendered, ev.TakeReviewed, ev.ShotAccepted)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("same_session", [True, False])
def test_left_at_any_event_it_goes_on_to_the_same_film(
    kind: type[ev.Event], same_session: bool, whole: Path, tmp_path: Path
) -> None:
    with open_plain(tmp_path / "film") as session:
        run = session.approve()
        next(event for event in run if isinstance(event, kind))
        run.close()
        if same_session:
            assert isinstance(session.approve().finish(), ev.FilmCut)
    with again(tmp_path / "film") as session:
        assert isinstance(finish(session)[-1], ev.FilmCut)
    assert shown(tmp_path / "film") == shown(whole)


def test_a_refusal_is_no_end(whole: Path, tmp_path: Path) -> None:
    with open_plain(tmp_path / "film") as session:
        assert session.approve(yes=False).finish() is None
    with again(tmp_path / "film") as session:
        assert isinstance(session.resume().finish(), ev.ApprovalWanted)
        session.approve().finish()
    assert shown(tmp_path / "film") == shown(whole)


def test_an_edit_that_was_refused_and_said_again_is_undone_to_the_first_film(whole: Path, copy: Path) -> None:
    with open_plain(copy) as session:
        for _ in range(2):
            session.say("make the fox blue").finish()
            session.approve(yes=False).finish()
        assert session.version == 2
    with again(copy) as session:
        assert isinstance(session.undo().finish(), ev.FilmCut)
        assert session.version == 1
    assert shown(copy) == shown(whole)
    with open_plain(copy) as session:
        assert isinstance(session.resume().finish(), ev.FilmCut), "the first command still fits the folder"


def test_an_undo_that_was_stopped_is_completed_and_not_done_twice(copy: Path) -> None:
    folder = copy
    films = [shown(folder)]
    with open_plain(folder) as session:
        for sentence in ("make the fox blue", "make the fox green"):
            session.say(sentence).finish()
            session.approve().finish()
            films.append(shown(folder))
    for back, step in ((1, Session.undo), (0, Session.undo), (1, Session.redo), (2, Session.redo)):
        with again(folder) as session:
            step(session)
        assert shown(folder) != films[back], "it was stopped before anything was shown"
        with again(folder) as session:
            assert isinstance(step(session).finish(), ev.FilmCut)
            assert session.version == back + 1
        assert shown(folder) == films[back]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def test_every_damaged_blob_is_made_again(whole: Path, copy: Path) -> None:
    folder = copy
    for damage in (_flip, Path.unlink):
        for path in folder.glob("blobs/??/*"):
            damage(path)  # type: ignore[operator]
        (folder / "film.mp4").unlink()
        with again(folder) as session:
            assert isinstance(session.resume().finish(), ev.FilmCut)
        assert shown(folder) == shown(whole)


@pytest.mark.parametrize("name", ["report.json", "contact-sheet.png", "story.json", "shots/one.mp4", "film.mp4"])
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"damaged")], ids=["lost", "damaged"])
def test_what_the_folder_shows_is_made_again(
    name: str, harm: Callable[[Path], object], whole: Path, filmed: Filmed
) -> None:
    before = shown(whole)
    harm(whole / name)
    with again(whole) as session:
        assert isinstance(session.resume().finish(), ev.FilmCut)
        assert session.report is not None and session.film is not None
    assert shown(whole) == before


def test_a_link_in_place_of_the_shots_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/holiday.mp4").write_bytes(b"mine")
    with open_plain(tmp_path / "film") as session:
        (tmp_path / "film/shots").symlink_to(tmp_path / "mine")
        (tmp_path / "mine/.left.tmp").write_bytes(b"mine")
        session.approve().finish()
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"holiday.mp4", ".left.tmp"}
    assert not (tmp_path / "film/shots").is_symlink() and len(list((tmp_path / "film/shots").iterdir())) == 3


def test_two_sessions_do_not_work_on_one_folder(tmp_path: Path) -> None:
    with open_plain(tmp_path / "film") as session, again(tmp_path / "film") as other:
        for work in (other.resume, other.undo, lambda: other.say("make the fox blue")):
            with pytest.raises(FolderBusy, match=f"worked on by process {os.getpid()} since"):
                work()
        assert other.plan().story == session.story, "who only looks is welcome"
        session.approve().finish()
        assert isinstance(other.resume().finish(), ev.FilmCut), "a film that is cut holds nobody up"


def test_what_killed_writers_left_is_swept(copy: Path) -> None:
    left = [copy / name for name in (".film.mp4.1.tmp", "shots/.one.mp4.1.tmp", "blobs/ab/.x.tmp")]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
    with again(copy) as session:
        session.resume().finish()
    assert not [path for path in left if path.exists()]


def test_a_folder_of_the_version_before_is_opened_undone_and_edited(tmp_path: Path) -> None:
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path / "old", filter="data")
    second = (tmp_path / "old/film.mp4").read_bytes()
    with Session(tmp_path / "old") as session:
        assert session.story is not None and session.version == 2
        first_story = Memory.open(tmp_path / "old").story(1)
        for step, version in ((session.undo, 1), (session.redo, 2)):
            events = list(step())
            assert [type(event) for event in events] == [ev.FilmCut] and session.version == version
            if version == 1:
                first = (tmp_path / "old/film.mp4").read_bytes()
                assert first != second and session.story.model_dump(mode="json") == first_story
        assert (tmp_path / "old/film.mp4").read_bytes() == second
        session.say("make it snow in shot 1").finish()
        assert isinstance(session.approve().finish(), ev.FilmCut)
        assert (session.version, session.report is not None) == (3, True)
    assert not (tmp_path / "old/request.json").exists() and not (tmp_path / "old/graph.db").exists()
    with Session(tmp_path / "old") as session:
        session.undo().finish()
        assert (tmp_path / "old/film.mp4").read_bytes() == second


def test_another_generator_is_asked_for_by_name_and_everything_is_stale(copy: Path) -> None:
    first = shown(copy)
    with Session(copy, generator="omni-mini", critic=Critic(None)) as other:
        assert other.preview("make the fox blue").stale == ("one", "two", "three")
        told, edited = list(other.say("make the fox blue"))[:2]
        assert isinstance(told, ev.Notice) and told.text.startswith("made by oracle so far: omni-mini")
        assert isinstance(edited, ev.StoryEdited) and edited.stale == ("one", "two", "three")
    with again(copy) as later:
        assert later.plan().story.cast[1].colour == "blue", "it remembers omni-mini"
        assert isinstance(later.undo().finish(), ev.FilmCut)
    assert shown(copy) == first
    with again(copy) as later:
        assert later.preview("make the fox blue").stale == ("two", "three"), "and that it went back to the oracle"


_FULL = """
import resource, sys
from agent.session import Session
from memory import StoreError
limit = int(sys.argv[2])
with Session(sys.argv[1]) as session:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        session.resume().finish()
        session.approve().finish()
    except StoreError as error:
        print(error)
"""


@pytest.mark.parametrize("limit", [100, 5_000, 20_000, 150_000])
def test_a_disk_that_refuses_is_one_line_and_loses_nothing(limit: int, whole: Path, tmp_path: Path) -> None:
    with open_plain(tmp_path / "film"):
        pass
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(tmp_path / "film"), str(limit)], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.count("\n") == 1, done.stderr
    assert "then give the same command again" in done.stdout
    with again(tmp_path / "film") as session:
        finish(session)
    assert shown(tmp_path / "film") == shown(whole)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_signals_at_random_instants_lose_nothing(kind: signal.Signals, tmp_path: Path) -> None:
    from tests.support.kills import COMMANDS, disturb, prepare

    dice = random.Random(1)
    for case in prepare(tmp_path, "oracle", COMMANDS):
        assert disturb(case, tmp_path / f"disturbed {case.command}", kind, dice).faults == []
