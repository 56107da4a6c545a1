"""The recipe, run whole on the tiny config: every stage, resumption, and what it leaves behind."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from benchmarks.scaling import scaling
from omni_model.eyes.captioner import Captioner
from omni_model.eyes.perception import Perception
from omni_model.mini.dit import OmniDiT
from omni_model.mini.engine import OmniMini
from omni_model.train.configs import TrainingBudget, config
from omni_model.train.data.scenes import FRAME, edited, generate, seen_in_training
from omni_model.train.loop import Training, rate_at
from omni_model.train.recipe import STAGES, Recipe, train
from omni_model.train.tasks.captioner import Shards, train_captioner
from omni_model.train.tasks.dit import start_from, train_dit
from omni_model.train.tasks.perception import train_perception
from omni_model.train.tasks.retoucher import train_retoucher
from omni_model.train.tasks.upscaler import Pairs, train_upscaler
from omni_model.train.tasks.vae import train_vae
from omni_model.weights.io import digest_of, read_weights
from omni_model.world.sample import sample_scene
from tests.support.other_device import OTHER, OtherDevice


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    train("tiny", out=out, resume=True)
    return out


def test_the_recipe_leaves_weights_and_a_manifest(run: Path) -> None:
    manifest = json.loads((run / "weights" / "manifest.json").read_text())
    assert {
        "config",
        "shards",
        "vae",
        "retoucher",
        "dit",
        "upscaler",
        "critic",
        "examiner",
        "captioner",
        "table",
    } <= set(manifest)
    assert {row["measure"] for row in manifest["table"]} >= {"setting", "time", "mood"}
    assert all(row["n_evaluated"] > 0 for row in manifest["table"])
    mini = OmniMini.load(run / "weights")
    assert mini.weights_digest and mini.upscaler is not None and mini.upscaler.digest
    assert mini.retouching is not None and mini.retouching.retoucher.digest
    assert Captioner.load(run / "weights" / "captioner.safetensors").digest
    assert Perception.load("critic", run / "weights").digest != Perception.load("examiner", run / "weights").digest


def test_a_larger_transformer_costs_more_for_the_same_steps(run: Path) -> None:
    small, large = scaling(run, config("tiny"), [(32, 1), (64, 2)], steps=2, shards=1, count=2)
    assert small.parameters < large.parameters and small.teraflops < large.teraflops
    assert small.steps == large.steps == 2 and min(small.loss, large.loss) > 0


@pytest.mark.slow
def test_the_largest_of_the_family_trains_by_its_config(run: Path, tmp_path: Path) -> None:
    for part in ("data", "latents", "vae.safetensors"):
        (tmp_path / part).symlink_to(run / part)
    sized = replace(config("tiny"), dit=config("h200").dit, dit_budget=TrainingBudget(1, 1, 1e-3, 1))
    Recipe(sized, tmp_path, resume=False).dit()
    assert OmniMini.load(tmp_path / "weights").dit.config == config("h200").dit
    assert json.loads((tmp_path / "weights" / "manifest.json").read_text())["dit"]["steps"] == 1


@pytest.mark.parametrize("network", ["vae", "dit", "retoucher", "upscaler", "critic", "captioner"])
def test_every_network_takes_its_steps_on_the_device_of_its_config(run: Path, tmp_path: Path, network: str) -> None:
    away = replace(config("tiny"), device=str(OTHER))
    recipe = Recipe(away, run, resume=True)
    vae, scenes, edits = recipe.pairs()
    outside = sorted((run / "data" / "outside").glob("*"))
    shards = Shards(recipe.portraits(), recipe.props(), recipe.shards(), outside)
    still = torch.zeros(2, 3, 3, *FRAME, dtype=torch.uint8)
    pairs = Pairs(still, torch.zeros(2, 6, *(2 * n for n in FRAME)), still[:, 0].repeat(1, 1, 4, 4))
    drafts = sorted((run / "drafts").glob("*"))
    train_it: dict[str, Callable[[], object]] = {
        "vae": lambda: train_vae(away, shards.clips, tmp_path, resume=False),
        "dit": lambda: train_dit(away, vae, scenes, edits, tmp_path, resume=False),
        "retoucher": lambda: train_retoucher(away, scenes, edits, drafts, tmp_path, resume=False),
        "upscaler": lambda: train_upscaler(away, pairs, tmp_path, resume=False),
        "critic": lambda: train_perception("critic", away, shards.portraits, shards.clips, tmp_path, resume=False),
        "captioner": lambda: train_captioner(away, shards, tmp_path, resume=False),
    }
    with OtherDevice() as device:
        train_it[network]()
    assert device.moves > away.dit_budget.steps


def test_finished_stages_are_read_back(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = {p.name: p.read_bytes() for p in (run / "weights").glob("*.safetensors")}
    with caplog.at_level(logging.INFO):
        train("tiny", out=run, resume=True, stages=["data", "vae", "dit", "retoucher", "critic", "examiner"])
    assert "resumed at step 4 of 4" in caplog.text
    assert before == {p.name: p.read_bytes() for p in (run / "weights").glob("*.safetensors")}


def test_a_run_may_start_from_older_weights_and_says_so(run: Path, tmp_path: Path) -> None:
    start = run / "weights" / "dit.safetensors"
    for name in ("data", "latents", "vae.safetensors"):
        (tmp_path / name).symlink_to(run / name)
    train("tiny", out=tmp_path, resume=False, stages=["dit"], start=start)
    manifest = json.loads((tmp_path / "weights" / "manifest.json").read_text())
    assert manifest["dit"]["started_from"] == digest_of(start)
    net = OmniDiT(config("tiny").dit)
    start_from(net, start)
    assert all(torch.equal(net.state_dict()[k], v.float()) for k, v in read_weights(start)[0].items())


def test_edits_change_one_thing_and_never_into_what_is_held_out() -> None:
    scenes = [(number, sample_scene(number)) for number in range(300)]
    made = [(scene, edit) for number, scene in scenes if (edit := edited(scene, number))]
    assert len(made) > 290 and {edit.kind for _, edit in made} >= {"mood", "time", "style", "replace", "remove", "add"}
    assert all(seen_in_training(edit.after) and edit.after != scene for scene, edit in made)
    assert any(not seen_in_training(sample_scene(number, held_out=True)) for number in range(5))


def test_an_unknown_config_or_stage_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="choose tiny, cpu or h200"):
        train("huge", out=tmp_path, resume=False)
    with pytest.raises(ValueError, match=f"choose from {STAGES[0]}"):
        train("tiny", out=tmp_path, resume=False, stages=["polish"])


def test_a_partial_shard_is_made_again(tmp_path: Path) -> None:
    (path,) = generate(tmp_path, 2, frames=5)
    whole = path.read_bytes()
    path.rename(path.with_suffix(".partial"))
    assert generate(tmp_path, 2, frames=5) == [path] and path.read_bytes() == whole


def _training(folder: Path, steps: int) -> tuple[Training, nn.Linear]:
    torch.manual_seed(0)
    net = nn.Linear(64, 64)
    return Training("line", net, TrainingBudget(steps, 4, 1e-2, 2), folder, seed=3, muon=True), net


def _step(net: nn.Linear, stop_at: int | None = None):  # type: ignore[no-untyped-def]
    def step(number: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        if number == stop_at:
            raise KeyboardInterrupt
        x = torch.randn(4, 64, generator=generator)
        return (net(x) - x.flip(1)).square().mean(), {}

    return step


def test_a_killed_run_ends_in_the_same_weights(tmp_path: Path) -> None:
    straight, net = _training(tmp_path / "a", 12)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    wanted = straight.run(_step(net), resume=False)
    killed, net = _training(tmp_path / "b", 12)
    with pytest.raises(KeyboardInterrupt):
        killed.run(_step(net, stop_at=7), resume=False)
    killed.save()
    resumed, net = _training(tmp_path / "b", 12)
    got = resumed.run(_step(net), resume=True)
    assert all(torch.equal(wanted[k], got[k]) for k in wanted)
    assert load_file(tmp_path / "b" / "line.checkpoint.safetensors")


def test_the_rate_warms_up_and_decays() -> None:
    budget = TrainingBudget(100, 1, 1.0, 10)
    assert rate_at(0, budget) == pytest.approx(0.1)
    assert rate_at(30, budget) == 1.0
    assert rate_at(99, budget) == pytest.approx(0.05)
    assert config("cpu").dit_budget.steps > config("tiny").dit_budget.steps
