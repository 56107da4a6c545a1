"""The painter's benchmark on a tiny untrained painter: what it compares is alike, and what it counts is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.measure import peak_memory
from benchmarks.painter import (
    Figure,
    against_diffusers,
    cache,
    drawn,
    few_steps,
    film,
    forgetful,
    held_out,
    main,
    operations,
    share_of_machine,
)
from omni_model.evaluate.cases import EvaluationCase
from omni_model.media import probe
from omni_model.mini.dit import DiTConfig, OmniDiT
from omni_model.mini.drawing import MiniConfig
from omni_model.mini.engine import OmniMini
from omni_model.mini.tokenizer import Tokenizer
from omni_model.mini.vae import VAEConfig, VideoVAE

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def mini() -> OmniMini:
    torch.manual_seed(0)
    vae = VideoVAE(VAEConfig(channels=4, width=8, inner_width=16, depth=1, inner_depth=1))
    dit = OmniDiT(DiTConfig(vocabulary=Tokenizer().size, channels=4, width=32, depth=2, heads=2, text_depth=1))
    for weight in [*vae.parameters(), *dit.parameters()]:
        if not weight.any():
            weight.data.normal_(std=0.1)  # what starts at zero would hide mistakes
    return OmniMini(vae, dit, MiniConfig())


@pytest.fixture(scope="module")
def case() -> EvaluationCase:
    return held_out(1, steps=2)[0]


def test_without_its_cache_the_painter_draws_the_same(mini: OmniMini, case: EvaluationCase) -> None:
    assert len(case.asked.references) == 3
    off = forgetful(mini)
    for precision in (torch.float32, torch.bfloat16):
        mini.precision = off.precision = precision
        assert torch.equal(drawn(mini, case), drawn(off, case))


def test_without_its_cache_every_step_reads_the_condition(mini: OmniMini, case: EvaluationCase) -> None:
    def work(painter: OmniMini, steps: int) -> float:
        with operations(painter.dit) as done:
            drawn(painter, case, steps=steps)
        return done.total

    windows, passes = 4, 2  # of two latent frames three, and then one of one
    condition = (2 * work(mini, 1) - work(mini, 2)) / passes
    assert condition > 0
    more = work(forgetful(mini), 2) - work(mini, 2)
    # the noise level is read once for all windows of a pass
    assert more == pytest.approx((2 * windows - passes) * condition, rel=0.01)


def test_every_figure_of_the_table(mini: OmniMini, case: EvaluationCase, tmp_path: Path) -> None:
    figures = [*cache(mini, case, 1), *few_steps(mini, [case], 1, 3), *share_of_machine(mini, case, 1)]
    figures.append(film(mini, [case, case], tmp_path, 1))
    assert all(figure.value is not None and figure.value > 0 for figure in figures)
    assert probe(tmp_path / "film.mp4").frames == 2 * case.asked.frames
    stages = figures[-1].behind
    assert sum(stages[name] for name in ("dit", "vae", "upscale", "encode")) <= stages["all"]
    json.dumps([figure.behind for figure in figures])


def test_diffusers_is_given_as_many_rows(mini: OmniMini, case: EvaluationCase) -> None:
    pytest.importorskip("diffusers")
    step, memory = against_diffusers(mini, case, 1)
    assert step.value is not None and step.value > 0 and memory.at_most
    rows, theirs = step.behind["rows"], step.behind["rows_of_diffusers"]
    assert rows == {"target": 7 * 8 * 14, "references": 8 * 14 + 2 * 8 * 8, "text": theirs["text"]}
    assert theirs["target"] == 9 * 8 * 14 <= rows["target"] + rows["references"]


def test_an_aim_is_met_or_missed_or_not_known() -> None:
    assert Figure("a", 2.0, aim=1.5).met and not Figure("a", 2.0, aim=1.5, at_most=True).met
    assert Figure("a", None, aim=1.5).met is None and "not measured" in str(Figure("a", None))
    assert "missed" in str(Figure("a", 1.0, aim=1.5))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_peak_memory_is_what_the_work_takes() -> None:
    taken = peak_memory(lambda: torch.ones(16 * 2**20).sum())
    assert taken is None or 60 < taken < 120


def test_bad_options_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for options, message in ((["--repeats", "0"], "are at least 1"), (["--weights", str(tmp_path)], "is missing")):
        monkeypatch.setattr(sys, "argv", ["painter", *options])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 2 and message in capsys.readouterr().err.splitlines()[-1]
