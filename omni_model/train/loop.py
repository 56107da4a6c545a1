"""The one training loop: schedule, moving average, progress with time left, checkpoints, resumption.

A checkpoint is one safetensors file (weights, average, optimiser state) with the step in its metadata,
written aside and renamed. Every step draws from a generator seeded by (seed, step), so a resumed run sees
the same data as an uninterrupted one.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from omni_model.train.configs import TrainingBudget
from omni_model.train.muon import Muon

log = logging.getLogger(__name__)

_SAVE_EVERY = 60.0
_SPEAK_EVERY = 20.0

#: (step, generator of this step) -> the loss and figures worth showing.
Step = Callable[[int, torch.Generator], tuple[Tensor, dict[str, float]]]


def rate_at(step: int, budget: TrainingBudget) -> float:
    """Linear warm-up, constant, then a linear decay to a twentieth over the last 40% of the run."""
    warm = min(1.0, (step + 1) / max(budget.warmup, 1))
    left = (budget.steps - step) / max(0.4 * budget.steps, 1)
    return budget.rate * warm * max(min(1.0, left), 0.05)


def optimisers(net: nn.Module, budget: TrainingBudget, muon: bool) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices of a transformer where asked (its rate is the budget's), AdamW for the rest."""
    linears = [m for m in net.modules() if isinstance(m, nn.Linear)]
    hidden = [p for m in linears for p in (m.weight,) if isinstance(p, nn.Parameter) and min(p.shape) >= 64]
    matrices = hidden if muon else []
    chosen = {id(p) for p in matrices}
    others = [p for p in net.parameters() if p.requires_grad and id(p) not in chosen]
    adamw = torch.optim.AdamW(others, lr=budget.rate, betas=(0.9, 0.98), weight_decay=0.01)
    if not matrices:
        return [adamw]
    return [Muon(matrices, lr=budget.rate, weight_decay=0.01), adamw]


class Training:
    """One network being trained in ``folder``; ``run`` resumes from its checkpoint when there is one."""

    def __init__(
        self, name: str, net: nn.Module, budget: TrainingBudget, folder: Path, *, seed: int, muon: bool = False
    ) -> None:
        self.name, self.net, self.budget, self.seed = name, net, budget, seed
        self.path = folder / f"{name}.checkpoint.safetensors"
        self.optimisers = optimisers(net, budget, muon)
        self.average = {k: v.detach().clone().float() for k, v in net.state_dict().items()}
        self.history: list[dict[str, float]] = []
        self.step = 0

    def run(self, step: Step, resume: bool) -> dict[str, Tensor]:
        """Train to the budget's end; returns the averaged weights."""
        if resume and self.path.exists():
            self._load()
        self.net.train()
        began, first, saved, spoke = time.monotonic(), self.step, time.monotonic(), 0.0
        mean: dict[str, float] = {}
        while self.step < self.budget.steps:
            figures = self._one(step)
            for key, value in figures.items():
                mean[key] = value if key not in mean else 0.98 * mean[key] + 0.02 * value
            now = time.monotonic()
            if now - spoke > _SPEAK_EVERY:
                left = (now - began) / max(self.step - first, 1) * (self.budget.steps - self.step)
                shown = ", ".join(f"{k} {v:.4g}" for k, v in mean.items())
                log.info("%s: step %d of %d, %s, %s left", self.name, self.step, self.budget.steps, shown, _clock(left))
                self.history.append({"step": self.step, **mean})
                spoke = now
            if now - saved > _SAVE_EVERY:
                self.save()
                saved = now
        self.save()
        return self.average

    def _one(self, step: Step) -> dict[str, float]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)
        rate = rate_at(self.step, self.budget)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
        loss, figures = step(self.step, generator)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        if not math.isfinite(float(norm)):
            raise FloatingPointError(f"{self.name}: the gradient is not finite at step {self.step}")
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(self.budget.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for key, value in self.net.state_dict().items():
                self.average[key].lerp_(value.float().to(self.average[key].device), 1 - decay)
        return {"loss": float(loss.detach()), **figures, "gradient": float(norm)}

    def save(self) -> None:
        """Write the checkpoint: a kill at any instant leaves the one before."""
        tensors = {f"net.{k}": v.contiguous() for k, v in self.net.state_dict().items()}
        tensors |= {f"average.{k}": v.contiguous() for k, v in self.average.items()}
        for o, optimiser in enumerate(self.optimisers):
            for i, state in optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser.{o}.{i}.{k}": torch.as_tensor(v).contiguous() for k, v in state.items()}
        meta = {"step": str(self.step), "history": json.dumps(self.history)}
        aside = self.path.with_suffix(".partial")
        save_file({k: v.clone() for k, v in tensors.items()}, aside, metadata=meta)
        aside.rename(self.path)

    def _load(self) -> None:
        tensors = load_file(self.path)
        with safe_open(self.path, framework="pt") as file:
            meta = file.metadata()
        self.step, self.history = int(meta["step"]), json.loads(meta["history"])
        self.net.load_state_dict({k[4:]: v for k, v in tensors.items() if k.startswith("net.")})
        self.average = {k[8:]: v for k, v in tensors.items() if k.startswith("average.")}
        for o, optimiser in enumerate(self.optimisers):
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                if key.startswith(f"optimiser.{o}."):
                    _, _, i, name = key.split(".", 3)
                    state.setdefault(int(i), {})[name] = value
            optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        log.info("%s: resumed at step %d of %d", self.name, self.step, self.budget.steps)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
