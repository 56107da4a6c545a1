"""The sampling loop that all open weights share: from noise to latents, shots of one shape together.

The schedule and the step are the checkpoint's own scheduler's; what a model must be told at each step is its
:class:`Denoiser`'s business. Both branches of classifier-free guidance run as one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from omni_model.adapters.text import PromptEmbedding

#: One network of the model for as long as it is used; 'transformer_2' is for little noise.
Network = Callable[[str], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Job:
    """One shot that is ready to be denoised. Tensors have no batch dimension and are on the device."""

    noise: Tensor
    """float32, the shape of the latents."""
    text: PromptEmbedding
    negative: PromptEmbedding | None
    """None: no guidance."""
    random: torch.Generator
    """The shot's own, for a model that draws noise at every step."""
    guidance: float
    steps: int
    begin: int = 0
    """Steps that are left out: the noise is mixed with ``clean`` at the level of this step."""
    clean: Tensor | None = None
    inputs: dict[str, Tensor] = field(default_factory=dict)
    """Further inputs of the model, by name."""

    @property
    def shape(self) -> object:
        """Jobs of equal shape can be denoised together."""
        inputs = sorted((name, tuple(value.shape)) for name, value in self.inputs.items())
        return tuple(self.noise.shape), self.steps, self.begin, self.clean is None, self.negative is None, inputs


@dataclass(frozen=True)
class JobBatch:
    """Jobs of equal shape, stacked: latents and inputs [B, ...]."""

    latents: Tensor
    inputs: dict[str, Tensor]
    random: list[torch.Generator]


class Denoiser(Protocol):
    """What differs from model to model."""

    def schedule(self, scheduler: Any, job: Job) -> Tensor:
        """Sets the scheduler's timesteps for jobs of one shape, and returns them."""
        ...

    def network_at(self, time: Tensor) -> str:
        """'transformer' or 'transformer_2'."""
        ...

    def enter(self, batch: JobBatch, time: Tensor) -> JobBatch:
        """The batch as it goes into a step."""
        ...

    def predict(self, network: Any, batch: JobBatch, time: Tensor, text: PromptEmbedding) -> Tensor:
        """The network's output for latents [B, ...] at a timestep."""
        ...

    def advance(self, scheduler: Any, batch: JobBatch, prediction: Tensor, time: Tensor) -> Tensor:
        """The latents after the step."""
        ...

    def settle(self, batch: JobBatch) -> Tensor:
        """The latents when the last step is done."""
        ...


def stacked(texts: Sequence[PromptEmbedding]) -> PromptEmbedding:
    return PromptEmbedding(torch.stack([t.embeddings for t in texts]), torch.stack([t.words for t in texts]))


def denoise(
    jobs: Sequence[Job], denoiser: Denoiser, scheduler: Any, network: Network, step_done: Callable[[], None]
) -> Tensor:
    """Latents [B, ...] of jobs of equal shape. ``step_done`` is called between steps and may raise to cancel."""
    first, device = jobs[0], jobs[0].noise.device
    times = denoiser.schedule(scheduler, first)[first.begin :]
    batch = JobBatch(
        _start(jobs, scheduler, times[:1]),
        {name: torch.stack([job.inputs[name] for job in jobs]) for name in first.inputs},
        [job.random for job in jobs],
    )
    text = stacked([job.text for job in jobs])
    against = None if first.negative is None else stacked([job.negative for job in jobs if job.negative])
    guidance = torch.tensor([job.guidance for job in jobs], device=device).view(-1, *(1,) * (batch.latents.dim() - 1))
    left = list(times)
    while left:
        name = denoiser.network_at(left[0])
        with network(name) as module:
            while left and denoiser.network_at(left[0]) == name:
                time = left.pop(0)
                batch = denoiser.enter(batch, time)
                prediction = _guided(denoiser, module, batch, time, text, against, guidance)
                batch = replace(batch, latents=denoiser.advance(scheduler, batch, prediction, time))
                step_done()
    return denoiser.settle(batch)


def _start(jobs: Sequence[Job], scheduler: Any, time: Tensor) -> Tensor:
    noise = torch.stack([job.noise for job in jobs])
    clean = [job.clean for job in jobs if job.clean is not None]
    if not clean:
        return noise
    if hasattr(scheduler, "add_noise"):
        mixed = scheduler.add_noise(torch.stack(clean), noise, time.expand(len(jobs)))
    else:
        mixed = scheduler.scale_noise(torch.stack(clean), time.expand(len(jobs)), noise)
    return torch.as_tensor(mixed)


def _guided(
    denoiser: Denoiser,
    network: Any,
    batch: JobBatch,
    time: Tensor,
    text: PromptEmbedding,
    against: PromptEmbedding | None,
    guidance: Tensor,
) -> Tensor:
    """Both branches in one pass: against + guidance (with - against), arXiv:2207.12598."""
    if against is None:
        return denoiser.predict(network, batch, time, text)
    inputs = {name: torch.cat([value] * 2) for name, value in batch.inputs.items()}
    twice = JobBatch(torch.cat([batch.latents] * 2), inputs, batch.random * 2)
    both = PromptEmbedding(*(torch.cat([blind, read]) for blind, read in zip(against, text, strict=True)))
    blind, read = denoiser.predict(network, twice, time, both).chunk(2)
    return blind + guidance * (read - blind)
