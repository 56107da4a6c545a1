"""Sizes and budgets of a training run. One recipe, several configs."""

from __future__ import annotations

from dataclasses import dataclass, field

from omni_model.mini.dit import DiTConfig
from omni_model.mini.tokenizer import Tokenizer
from omni_model.mini.vae import VAEConfig

ENTITY_CLASSES = 5
"""What the auxiliary head tells apart: the place, three subjects, props."""


def _dit(width: int, depth: int, heads: int) -> DiTConfig:
    return DiTConfig(vocabulary=Tokenizer().size, width=width, depth=depth, heads=heads, aux_classes=ENTITY_CLASSES)


@dataclass(frozen=True)
class TrainingBudget:
    """How long one network trains, and how fast."""

    steps: int
    batch: int
    rate: float
    warmup: int = 200
    ema: float = 0.999


@dataclass(frozen=True)
class TrainConfig:
    """Everything that a run depends on beside the code."""

    name: str
    seed: int = 1
    scenes: int = 8_000
    portraits: int = 77_000
    props: int = 30_000
    """Portraits with a prop."""
    frames: int = 25
    height: int = 64
    width: int = 112
    vae: VAEConfig = field(default_factory=VAEConfig)
    dit: DiTConfig = field(default_factory=lambda: _dit(256, 8, 4))
    vae_budget: TrainingBudget = TrainingBudget(12_000, 8, 8e-4, 200, 0.998)
    dit_budget: TrainingBudget = TrainingBudget(13_700, 5, 1.2e-3, 50, 0.998)
    critic_budget: TrainingBudget = TrainingBudget(9_000, 32, 1.2e-3)
    examiner_budget: TrainingBudget = TrainingBudget(30_500, 48, 1.2e-3)
    captioner_budget: TrainingBudget = TrainingBudget(20_000, 36, 1.5e-3)
    props_budget: TrainingBudget = TrainingBudget(10_000, 124, 1.5e-3)
    motion_budget: TrainingBudget = TrainingBudget(2_000, 96, 1e-3)
    outside: int = 5_000
    """Pictures that are not of the world."""
    large: int = 40
    """Scenes of each shard that are drawn large, for the upscaler."""
    upscaler_budget: TrainingBudget = TrainingBudget(4_000, 16, 1.5e-3)
    drafts: int = 50
    """Scenes of each shard that are drawn, for the retoucher."""
    retoucher_budget: TrainingBudget = TrainingBudget(27_600, 16, 2e-3)
    poses: int = 4
    """In which the outlines of figures are learned."""
    threads: int = 1
    """Of the CPU; 0 leaves torch's choice."""
    device: str = "cpu"
    latent_window: int = 2
    """Latent frames of a clip that one training sample shows."""


def config(name: str) -> TrainConfig:
    """'tiny' (seconds, for tests), 'cpu' (two cores, an evening) or 'h200' (one large GPU). ValueError otherwise."""
    if name == "tiny":
        return TrainConfig(
            "tiny",
            scenes=8,
            portraits=12,
            props=12,
            frames=9,
            vae=VAEConfig(width=16, inner_width=16),
            dit=_dit(32, 2, 2),
            vae_budget=TrainingBudget(4, 2, 1e-3, 2),
            dit_budget=TrainingBudget(4, 2, 1e-3, 2),
            critic_budget=TrainingBudget(4, 4, 1e-3, 2),
            examiner_budget=TrainingBudget(4, 4, 1e-3, 2),
            captioner_budget=TrainingBudget(4, 4, 1e-3, 2),
            props_budget=TrainingBudget(4, 8, 1e-3, 2),
            motion_budget=TrainingBudget(4, 4, 1e-3, 2),
            outside=12,
            large=2,
            upscaler_budget=TrainingBudget(4, 2, 1e-3, 2),
            drafts=2,
            retoucher_budget=TrainingBudget(4, 2, 1e-3, 2),
            poses=1,
        )
    if name == "cpu":
        return TrainConfig("cpu")
    if name == "h200":
        return TrainConfig(
            "h200",
            scenes=60_000,
            dit=_dit(512, 12, 8),
            vae_budget=TrainingBudget(20_000, 64, 1.5e-3),
            dit_budget=TrainingBudget(60_000, 128, 1e-3),
            threads=0,
            device="cuda",
        )
    raise ValueError(f"no training config {name!r}: choose tiny, cpu or h200")
