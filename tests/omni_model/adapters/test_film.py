"""A whole film on tiny open weights, noise and all: CLI and API, kill and resume, and what becomes of directives."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="the extra 'wan' is not installed")
pytest.importorskip("transformers", reason="the extra 'wan' is not installed")

from agent import events as ev
from agent.budget import Budget
from agent.session import Session
from omni_model.adapters import Spec, open_weights
from omni_model.media import probe
from omni_model.spec.captions import written
from omni_model.spec.conditioning import Region
from omni_model.spec.instructions import FreeText
from planner.compile.redraw import drawn_over
from planner.compile.shot import compile_plate, compile_sheet, compile_shot
from tests.omnireel.conftest import Run, omnireel  # noqa: F401
from tests.support.films import ghost_story, ghost_storyboard

SMALL = "width=32&height=32&sheet=32&steps=1"
ONCE = Budget(revisions=0, sheet_tries=1)


@pytest.fixture(scope="module")
def vace(tiny: Callable[[str], Path]) -> str:
    return f"wan-vace:{tiny('wan-vace')}?{SMALL}"


@pytest.fixture(scope="module")
def storyboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ghost_storyboard(tmp_path_factory.mktemp("storyboard"))


@pytest.fixture(scope="module")
def filmed(vace: str, storyboard: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, list[ev.Event]]:
    folder = tmp_path_factory.mktemp("film")
    session = Session.from_storyboard(storyboard, folder, generator=vace, budget=ONCE)
    return session, list(session.approve())


def test_a_storyboard_becomes_a_film_of_the_models_rate_and_size(filmed: tuple[Session, list[ev.Event]]) -> None:
    session, events = filmed
    assert session.film is not None and isinstance(events[-1], ev.FilmCut)
    facts = probe(session.film)
    assert facts.frames == 24 and facts.seconds == pytest.approx(ghost_story().duration, abs=1 / 16)
    pinned = [(e.entity, e.role) for e in events if isinstance(e, ev.CastPinned)]
    assert pinned == [("wood", "plate"), ("ghost", "sheet"), ("fox", "sheet")]
    report = session.report
    assert report is not None and report.generator.name == "wan-vace"
    fates = {entry.directive: entry for shot in report.shots for entry in shot.lowering}
    assert fates["shot.camera: push in"].outcome == "approximated"
    assert fates["shot.staging.fox: at (0.5, 0.85)"].detail == "shown as the outline of a box in every frame"
    assert fates["shot.continues: two"].outcome == "honoured"


def test_takes_are_not_judged_by_a_network_that_knows_another_world(filmed: tuple[Session, list[ev.Event]]) -> None:
    session, _ = filmed
    assert session.report is not None
    for shot in session.report.shots:
        for take in shot.takes:
            assert take.scores["species"].value is None and take.scores["species"].n_skipped > 0


_MORTAL = """
import os, signal, sys
from agent.budget import Budget
from agent.session import Session
from omni_model.adapters import Spec
from omni_model.adapters.wan_vace import WanVACE

class Mortal(WanVACE):
    calls = 0

    def render(self, *arguments):
        Mortal.calls += 1
        if Mortal.calls > 4:  # the plate, two sheets and the first two shots are made
            os.kill(os.getpid(), signal.SIGKILL)
        return super().render(*arguments)

generator, budget = Mortal.open(Spec.parse(sys.argv[3])), Budget(revisions=0, sheet_tries=1)
with Session.from_storyboard(sys.argv[1], sys.argv[2], generator=generator, budget=budget) as session:
    session.approve().finish()
"""


def test_a_killed_film_goes_on_and_ends_in_the_same_bytes(
    vace: str, storyboard: Path, filmed: tuple[Session, list[ev.Event]], tmp_path: Path
) -> None:
    killed = subprocess.run([sys.executable, "-c", _MORTAL, str(storyboard), str(tmp_path), vace], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with Session.from_storyboard(storyboard, tmp_path, generator=vace, budget=ONCE) as session:
        rest = list(session.resume())
        assert [e.shot for e in rest if isinstance(e, ev.TakeRendered)] == ["three"]
        assert session.film is not None and filmed[0].film is not None
        assert session.film.read_bytes() == filmed[0].film.read_bytes()


def test_the_command_line_plans_films_and_says_its_memory_plan(vace: str, omnireel: Run, tmp_path: Path) -> None:  # noqa: F811
    sentence = ("A fox runs in the forest.", "--duration", "1s", "--llm", "none", "--out", "film")
    planned = omnireel("plan", *sentence, "--generator", vace, "--explain")
    assert planned.code == 0, planned.err
    assert "told in words: this generator is given no camera path" in planned.out
    made = omnireel("make", *sentence, "--generator", vace, "--memory", "8", "--yes", "--json")
    assert made.code == 0, made.err
    assert "memory plan: cpu, float32, 8 GiB" in made.err
    assert json.loads(made.out)["report"]["generator"]["name"] == "wan-vace"
    assert (tmp_path / "film" / "film.mp4").is_file()


def test_wrong_names_end_in_one_line(omnireel: Run, tmp_path: Path) -> None:  # noqa: F811
    for arguments, said in [
        (["--generator", f"wan-vace:{tmp_path}"], "has no model_index.json"),
        (["--generator", "wan-vace:/nowhere"], "/nowhere is no folder"),
        (["--generator", "oracle", "--memory", "8"], "oracle is no open weights"),
        (["--generator", f"wan-vace:{tmp_path}", "--memory", "9"], "option memory"),
    ]:
        done = omnireel("make", "A fox runs.", "--llm", "none", *arguments)
        assert done.code == 2 and said in done.err and done.err.count("\n") == 1, done.err


@pytest.mark.parametrize("kind", ["wan-t2v", "wan-ti2v", "ltx", "ltx2"])
def test_what_a_model_cannot_do_is_lowered(kind: str, tiny: Callable[[str], Path]) -> None:
    capabilities = open_weights(Spec.parse(f"{kind}:{tiny(kind)}?width=64&height=64")).capabilities
    story = ghost_story()
    compiled = compile_shot(story, "three", capabilities, lambda *_: "0" * 64, seed=1)
    fates = {entry.directive: entry for entry in compiled.lowering}
    assert compiled.conditioning.references == ()
    assert fates["reference.wood: plate"].outcome == fates["reference.fox: sheet"].outcome == "refused"
    assert "told no places" in fates["shot.staging.fox: at (0.5, 0.85)"].detail
    goes_on = fates["shot.continues: two"]
    assert goes_on.outcome == ("approximated" if kind == "wan-t2v" else "honoured")
    edited = drawn_over(compiled, "1" * 64, FreeText(text="the scarf is red"), capabilities, regions=(), strength=0.5)
    assert edited.lowering[-1].outcome == "approximated" and "follows no instructions" in edited.lowering[-1].detail


def test_an_edit_says_what_becomes_of_it(vace: str) -> None:
    capabilities = open_weights(Spec.parse(vace)).capabilities
    compiled = compile_shot(ghost_story(), "two", capabilities, lambda *_: None, seed=1)
    redder = FreeText(text="make it red")
    box = (Region(x0=0.0, y0=0.0, x1=0.5, y1=1.0),)
    whole = drawn_over(compiled, "1" * 64, redder, capabilities, strength=0.5)
    masked = drawn_over(compiled, "1" * 64, redder, capabilities, regions=box)
    assert whole.lowering[-1].detail.endswith("drawn over its take, held to it by a strength of 0.5")
    assert (masked.lowering[-1].outcome, masked.conditioning.regions) == ("honoured", box)
    assert whole.conditioning.context[-1].role == "edit" and whole.conditioning.instruction == redder
    closed = capabilities.model_copy(update={"context_roles": frozenset()})
    anew = drawn_over(compiled, "1" * 64, redder, closed)
    assert anew.lowering[-1].outcome == "refused" and anew.conditioning == compiled.conditioning


def test_prompts_are_prose_and_name_everything(vace: str) -> None:
    capabilities = open_weights(Spec.parse(vace)).capabilities
    story = ghost_story()
    said = compile_shot(story, "two", capabilities, lambda *_: None, seed=1)
    assert said.conditioning.caption == (
        "An orange fox with a blue scarf stands. The place is a forest at night. The mood is mysterious. Flat style. "
        "Wide shot, push in camera."
    )
    assert (said.conditioning.steps, said.conditioning.guidance) == (1, 5.0)
    assert written("ltx").shot(said.facts).startswith("Wide shot, push in camera. An orange fox")
    sheet = compile_sheet(story, "fox", "two", capabilities, seed=1).conditioning.caption
    plate = compile_plate(story, "night", capabilities, seed=1).conditioning.caption
    assert "an orange fox with a blue scarf" in sheet and "Nobody is there" in plate
    assert "@" not in sheet + plate + said.conditioning.caption
