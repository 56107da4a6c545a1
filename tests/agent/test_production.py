"""A production that is really killed, again and again, ends in the same bytes and renders nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent import events as ev
from agent.critic.critic import Critic
from agent.session import Session
from memory import Memory
from omni_model.world.oracle import OracleGenerator

_FILMING = """
import os, signal, sys
from agent.session import Session
from omni_model.world.oracle import OracleGenerator

class Mortal(OracleGenerator):
    left = int(sys.argv[3])

    def render(self, *arguments):
        Mortal.left -= 1
        if Mortal.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().render(*arguments)

with Session.from_storyboard(sys.argv[1], sys.argv[2], generator=Mortal()) as session:
    for event in session.approve():
        print(type(event).__name__, flush=True)
"""


def film(storyboard: Path, folder: Path, renders: int, until: str = "") -> None:
    """Films in a process that dies when it begins one more than ``renders`` calls of the generator, or is
    killed from outside once it tells an event of the kind ``until``."""
    child = subprocess.Popen(
        [sys.executable, "-c", _FILMING, str(storyboard), str(folder), str(renders)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            if line.strip() == until:
                child.kill()
    assert child.wait() == -signal.SIGKILL


def test_killed_again_and_again_it_ends_in_the_same_film(
    filmed: tuple[Session, list[ev.Event]], storyboard: Path, tmp_path: Path
) -> None:
    film(storyboard, tmp_path, renders=1)
    with Memory.open(tmp_path) as memory:
        assert len(memory.pins()) == 1, "it died while casting"
    film(storyboard, tmp_path, renders=3)
    with Memory.open(tmp_path) as memory:
        done = [shot for shot in ("one", "two", "three") if memory.accepted(shot)]
        assert done == ["one", "two"], "it died before the batch of the shot that continues"
    with Session.from_storyboard(storyboard, tmp_path, generator="oracle") as session:
        rest = list(session.resume())
        assert [e.shot for e in rest if isinstance(e, ev.TakeRendered)] == ["three"]
        assert isinstance(rest[-1], ev.FilmCut)
        whole, _ = filmed
        assert session.film is not None and whole.film is not None
        assert session.film.read_bytes() == whole.film.read_bytes()
        assert (tmp_path / "story.json").read_bytes() == (whole.folder / "story.json").read_bytes()
        report, uncut = session.report, whole.report
        assert report is not None and uncut is not None
        assert report.shots == uncut.shots


def test_killed_from_outside_while_it_cuts_it_keeps_every_take(
    filmed: tuple[Session, list[ev.Event]], storyboard: Path, tmp_path: Path
) -> None:
    film(storyboard, tmp_path, renders=99, until="ShotAccepted")
    whole, _ = filmed
    with Session.from_storyboard(storyboard, tmp_path, generator="oracle") as session:
        session.resume().finish()
        assert session.film is not None and whole.film is not None
        assert session.film.read_bytes() == whole.film.read_bytes()


def test_a_take_on_record_is_reused_by_other_makers_in_the_folder(tmp_path: Path) -> None:
    with Session(tmp_path, generator="oracle", llm="none") as session:
        session.say("A bear dances on the beach.", duration=2).finish()
        first = [e for e in session.approve() if isinstance(e, ev.TakeRendered)]
    assert first and not any(take.reused for take in first)
    with Session(tmp_path, critic=Critic(None)) as session:
        session.say("A bear dances on the beach.", duration=2).finish()
        again = [e for e in session.approve() if isinstance(e, ev.TakeRendered)]
        assert session.report is not None and session.report.critic == "measures"
        assert [take.reused for take in again] == [True] * len(again) == [shot.reused for shot in session.report.shots]


@pytest.mark.parametrize("fault", ["frozen", "flicker"])
def test_a_faulty_generator_is_asked_again_and_its_faults_stay_on_record(
    fault: str, storyboard: Path, tmp_path: Path
) -> None:
    with Session.from_storyboard(
        storyboard, tmp_path, generator=OracleGenerator([fault]), critic=Critic(None)
    ) as session:
        events = list(session.approve())
        report = session.report
        assert report is not None
        doubts = [e.doubts for e in events if isinstance(e, ev.ShotAccepted)]
        # The last shot stands still before a still camera: that it is frozen is no fault.
        seen = report.shots if fault == "flicker" else report.shots[:2]
        assert all(len(shot.takes) == 3 for shot in seen), "the first take and two revisions"
        assert all(doubts[: len(seen)]), "the best take keeps its honest notes"
        assert {take.verdict for shot in seen for take in shot.takes} == {"revise"}
        digests = [take.digest for shot in report.shots for take in shot.takes]
        assert len(set(digests)) == len(digests), "every revision asks for something else"


def test_a_generator_that_fails_at_times_is_mended(storyboard: Path, tmp_path: Path) -> None:
    generator = OracleGenerator(["flicker"], often=0.4)
    with Session.from_storyboard(storyboard, tmp_path, generator=generator, critic=Critic(None), seed=5) as session:
        session.approve().finish()
        report = session.report
        assert report is not None
        final = {s.id: next(t for t in s.takes if t.digest == s.accepted) for s in report.shots}
        assert [len(shot.takes) for shot in report.shots] == [3, 1, 1], "two takes of the first shot flicker"
        assert [take.verdict for take in final.values()] == ["accept"] * 3
