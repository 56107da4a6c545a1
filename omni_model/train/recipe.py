"""The recipe: scenes → autoencoder → transformer → retoucher → critic and examiner → figures → weights and manifest.

Every stage resumes: shards that exist are kept, networks go on from their checkpoints, finished stages are
read back. ``out`` holds the run; what is shipped lies in ``out/weights`` until it is installed.
"""

from __future__ import annotations

import json
import logging
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from omni_model.eyes.perception import Perception
from omni_model.mini.drawing import MiniConfig
from omni_model.mini.engine import OmniMini, load_vae
from omni_model.mini.vae import GROUP, VideoVAE
from omni_model.train.configs import TrainConfig
from omni_model.train.configs import config as config_of
from omni_model.train.data.census import census
from omni_model.train.data.latents import LatentPool, encode_shard, load_latents
from omni_model.train.data.outside import generate_outside
from omni_model.train.data.scenes import generate, generate_edits, generate_portraits, load_pool, scenes_of
from omni_model.train.tasks.captioner import Shards, train_captioner
from omni_model.train.tasks.dit import SHIFT, train_dit
from omni_model.train.tasks.evaluate import as_json, examine
from omni_model.train.tasks.judgement import judge_captioner
from omni_model.train.tasks.outlines import outlines_of_the_world
from omni_model.train.tasks.perception import accuracy, train_perception
from omni_model.train.tasks.retoucher import generate_drafts, train_retoucher
from omni_model.train.tasks.upscaler import drafts, generate_large, train_upscaler
from omni_model.train.tasks.vae import psnr_of, train_vae
from omni_model.weights.io import digest_of, save_weights

log = logging.getLogger(__name__)

STAGES = ("data", "vae", "dit", "retoucher", "upscaler", "critic", "outlines", "examiner", "captioner", "evaluate")
_DRAFT_STEPS = 4
_WINDOW = 3
"""Latent frames that a shot is drawn at a time: more are steadier, and read the references less often."""
_TEMPERATURE = 0.3
"""See :class:`MiniConfig`; lower is steadier, and weather suffers in edits, which keep all of their noise."""
_HELD_OUT = {"tiny": 8, "cpu": 500, "h200": 1000}


class Recipe:
    """One run in one folder."""

    def __init__(self, config: TrainConfig, out: Path, resume: bool, start: Path | None = None) -> None:
        self.config, self.out, self.resume, self.start = config, out, resume, start
        self.weights = out / "weights"
        self.weights.mkdir(parents=True, exist_ok=True)
        self.manifest_path = self.weights / "manifest.json"
        self.manifest: dict[str, Any] = self._old_manifest() | {
            "config": _plain(config),
            "torch": torch.__version__,
            "device": config.device,
            "machine": platform.machine(),
            "commit": _commit(),
        }

    def _old_manifest(self) -> dict[str, Any]:
        if self.resume and self.manifest_path.exists():
            return dict(json.loads(self.manifest_path.read_text()))
        return {}

    def note(self, **facts: Any) -> None:
        """Add to the manifest, on disk at once."""
        self.manifest |= facts
        self.manifest_path.write_text(json.dumps(self.manifest, indent=1, sort_keys=True) + "\n")

    def shards(self, held_out: bool = False) -> list[Path]:
        count = _HELD_OUT[self.config.name] if held_out else self.config.scenes
        folder = self.out / "data" / ("held-out" if held_out else "train")
        return generate(folder, count, frames=self.config.frames, seed=self.config.seed, held_out=held_out)

    def edits(self) -> list[Path]:
        return generate_edits(self.out / "data" / "edits", self.shards(), self.config.frames)

    def large(self) -> list[Path]:
        folder = self.out / "data" / "large"
        return generate_large(folder, self.shards(), self.config.large, self.config.frames)

    def portraits(self) -> list[Path]:
        return generate_portraits(self.out / "data" / "portraits", self.config.portraits, seed=self.config.seed)

    def props(self) -> list[Path]:
        folder = self.out / "data" / "props"
        return generate_portraits(folder, self.config.props, seed=self.config.seed, props=True)

    def data(self) -> None:
        parts = {
            "train": self.shards(),
            "edits": self.edits(),
            "held_out": self.shards(True),
            "large": self.large(),
            "portraits": self.portraits(),
            "props": self.props(),
        }
        self.note(
            shards={name: len(paths) for name, paths in parts.items()},
            data=census(parts["train"], self.config.frames),
        )

    def vae(self) -> None:
        net = train_vae(self.config, self.shards(), self.out, resume=self.resume)
        save_weights(self.out / "vae.safetensors", net, net.config)
        held_out = load_pool(self.shards(True), ("frames",), scene_of=scenes_of(self.config.frames, True))
        self.note(vae={"psnr_held_out_db": psnr_of(net, held_out.tensors["frames"][:60])})

    def dit(self) -> None:
        vae, scenes, edits = self.pairs()
        net, training = train_dit(self.config, vae, scenes, edits, self.out, resume=self.resume, start=self.start)
        latent_frames = (self.config.frames - 1) // GROUP + 1
        mini = MiniConfig(
            latent_window=_WINDOW,
            latent_frames=latent_frames,
            temperature=_TEMPERATURE,
            shift=SHIFT,
            trained=("continue", "precede", "edit", "last_frame"),
        )
        OmniMini(vae, net, mini).save(self.weights)
        began = {} if self.start is None else {"started_from": digest_of(self.start)}
        batch = self.config.dit_budget.batch
        self.note(dit={"steps": training.step, "batch": batch, "history": training.history, **began})

    def retoucher(self) -> None:
        vae, scenes, edits = self.pairs()
        saved = OmniMini.load(self.weights)
        alone = OmniMini(vae, saved.dit, saved.config)
        drafts = generate_drafts(alone, self.out / "drafts", self.shards(), self.config.drafts, self.config.frames)
        retoucher = train_retoucher(self.config, scenes, edits, drafts, self.out, resume=self.resume)
        retoucher.save(self.weights / "retoucher.safetensors")
        self.note(retoucher={"steps": self.config.retoucher_budget.steps})

    def pairs(self) -> tuple[VideoVAE, LatentPool, LatentPool]:
        """The autoencoder, and latents of scenes before and after their edits."""
        path = self.out / "vae.safetensors"
        vae = load_vae(path).net
        return vae, self.latents(vae, "train", self.shards()), self.latents(vae, "edits", self.edits())

    def latents(self, vae: VideoVAE, name: str, shards: list[Path]) -> LatentPool:
        made = [encode_shard(vae, shard, self.out / "latents" / name) for shard in shards]
        return load_latents(made, shards, self.config.frames, edits=name == "edits")

    def upscaler(self) -> None:
        mini = OmniMini.load(self.weights)
        pairs = drafts(mini, self.large(), self.shards(), self.config.frames, _DRAFT_STEPS)
        upscaler = train_upscaler(self.config, pairs, self.out, resume=self.resume)
        upscaler.save(self.weights / "upscaler.safetensors")
        self.note(upscaler={"pictures": len(pairs.small), "steps": self.config.upscaler_budget.steps})

    def critic(self) -> None:
        self._perception("critic")

    def outlines(self) -> None:
        """What the critic goes by when two clips show an edit."""
        known = outlines_of_the_world(self.config.poses)
        known.save(self.weights / "outlines.safetensors")
        self.note(outlines={"known": len(known.names)})

    def examiner(self) -> None:
        self._perception("examiner")

    def captioner(self) -> None:
        outside = generate_outside(self.out / "data" / "outside", self.config.outside, self.portraits())
        shards = Shards(self.portraits(), self.props(), self.shards(), outside)
        captioner = train_captioner(self.config, shards, self.out, resume=self.resume)
        captioner.save(self.weights / "captioner.safetensors")
        held_out = load_pool(self.shards(True), ("frames",), scene_of=scenes_of(self.config.frames, True))
        figures = {
            "clips": judge_captioner(captioner, held_out),
            "stills": judge_captioner(captioner, held_out, still=True),
        }
        self.note(captioner={"steps": self.config.captioner_budget.steps, "read_of_real_held_out": figures})

    def _perception(self, who: Any) -> None:
        net = train_perception(who, self.config, self.portraits(), self.shards(), self.out, resume=self.resume)
        net.save(self.weights / f"{who}.safetensors")
        names = ("frames", "boxes")
        held_out = load_pool(self.shards(True), names, scene_of=scenes_of(self.config.frames, True))
        self.note(**{who: {"accuracy_on_real_held_out": accuracy(net, held_out)}})

    def evaluate(self) -> None:
        cases = 4 if self.config.name == "tiny" else 100
        rows = examine(OmniMini.load(self.weights), Perception.load("examiner", self.weights), cases=cases)
        self.note(table=as_json(rows))


def _commit() -> str | None:
    """The commit of the checkout that trains; None outside one."""
    found = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def _plain(config: TrainConfig) -> dict[str, Any]:
    fields = asdict(replace(config))
    return fields | {"vae": config.vae.model_dump(), "dit": config.dit.model_dump()}


def train(
    config: str, *, out: Path, resume: bool, stages: Sequence[str] | None = None, start: Path | None = None
) -> Path:
    """Run the stages (default: all, in order) of a config; returns the folder of the weights.

    ``start``: weights of an older transformer to begin with instead of random ones; the manifest says so.
    ValueError for an unknown config or stage.
    """
    chosen = config_of(config)
    if unknown := set(stages or ()) - set(STAGES):
        raise ValueError(f"no training stage {sorted(unknown)}: choose from {', '.join(STAGES)}")
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    recipe = Recipe(chosen, out, resume, start)
    for stage in stages or STAGES:
        log.info("stage: %s", stage)
        getattr(recipe, stage)()
    return recipe.weights
