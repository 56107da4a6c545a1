"""What all open weights share: opening, batching, and going from a shot's conditions to latents and to frames."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import groupby
from typing import Any, ClassVar

import torch
from torch import Tensor

from omni_model.adapters.caches import cached
from omni_model.adapters.checkpoint import Checkpoint
from omni_model.adapters.given import ShotInputs, resolve_inputs
from omni_model.adapters.options import Options, Spec
from omni_model.adapters.parallel import Team
from omni_model.adapters.parts import Parts
from omni_model.adapters.pieces import FrameSpan, ShotProgress, checked
from omni_model.adapters.plan import choose, device_of
from omni_model.adapters.sampler import Job, JobBatch, denoise
from omni_model.adapters.sizes import Native, sizes_of
from omni_model.adapters.text import PromptEmbedding, Texts, encoded, tokenized
from omni_model.spec.conditioning import Assets, Capabilities, Conditioning
from omni_model.spec.errors import WeightsError
from omni_model.spec.generator import Clip, Progress
from omni_model.spec.instructions import render_instruction

VERSION = "open/1"
_LEAST_REDRAWN = 0.6
"""Share of the noise that an edit without a mask starts from when it holds to its source as closely as it can."""


class OpenWeights(ABC):
    """A :class:`~omni_model.spec.generator.Generator` over a folder of open weights. One subclass a model family.

    Opening reads configs and headers; weights are loaded when the first shot is rendered.
    """

    kind: ClassVar[str]
    classes: ClassVar[dict[str, str]]
    """Part -> the class that it must be of."""
    native: ClassVar[Native]
    overlap: ClassVar[int] = 1
    """Frames of what came before that a piece is shown."""
    text_length: ClassVar[int]
    """Tokens a prompt."""
    divisible: ClassVar[bool] = True
    """Several processes can make a shot together."""
    blank_padding: ClassVar[bool]
    """What follows the words is zeroed (Wan), not encoded padding (LTX)."""
    negative: ClassVar[str]
    """What guidance leads away from."""

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        """Raises WeightsError."""
        self.check(checkpoint)
        self.checkpoint, self.options = checkpoint, options
        self.device = device_of(options)
        self.team = Team(self.device)
        if self.team.size > 1 and not (self.divisible and options.cache == "none"):
            raise WeightsError(f"{self.kind} with cache {options.cache} is not made by several processes: start one")
        self.plan = choose(options, self.device, sizes_of(checkpoint, self.native, options, self.device))
        """How the model will use this machine."""
        self.weights_digest = checkpoint.digest
        self.sampler = self._sampler()
        size = (options.width or self.native.width, options.height or self.native.height)
        if wrong := [side for side in (*size, options.sheet or 0) if side % self.native.size_grid]:
            raise WeightsError(f"{wrong[0]} pixels: {self.kind} works in multiples of {self.native.size_grid}")
        self.capabilities = self.declare(
            Capabilities(
                name=self.kind,
                fps=self.native.fps,
                width=size[0],
                height=size[1],
                sheet_size=options.sheet or min(size) // self.native.size_grid * self.native.size_grid,
                frame_grid=self.native.frame_grid,
                max_frames=self.native.max_frames,
                max_references=0,
                max_subjects=4,
                staging="words",
                frames_held=frozenset(),
                edits=frozenset({"redraw"}),
                size_grid=self.native.size_grid,
                steps=options.steps or self.native.steps,
                guidance=options.guidance or self.native.guidance,
            )
        )

    @classmethod
    def open(cls, spec: Spec, *, configs_only: bool = False) -> OpenWeights:
        """``configs_only``: to be looked at, not to render. Raises WeightsError."""
        checkpoint = Checkpoint.open(spec.source, cls.classes, configs_only=configs_only)
        try:
            return cls(checkpoint, spec.options)
        except WeightsError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            why = f"{type(error).__name__}: {error}".splitlines()[0]
            raise WeightsError(f"{checkpoint.folder}: its configs make no {cls.kind} ({why}): get it again") from error

    @classmethod
    @abstractmethod
    def check(cls, checkpoint: Checkpoint) -> None:
        """Raises WeightsError for a checkpoint that has the right classes and is another model all the same."""

    @abstractmethod
    def declare(self, common: Capabilities) -> Capabilities:
        """What the model can do, beside what its sizes say."""

    @abstractmethod
    def shape(self, shot: ShotInputs, span: FrameSpan) -> tuple[int, ...]:
        """Of the noise, without a batch dimension."""

    @abstractmethod
    def prepare(
        self, shot: ShotInputs, span: FrameSpan, vae: Any, noise: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor | None, dict[str, Tensor]]:
        """What is denoised, the clean latents of an edited source (or None), and the model's further inputs."""

    @abstractmethod
    def decode(self, vae: Any, latents: Tensor, shot: ShotInputs) -> Tensor:
        """Frames [T, 3, H, W] in -1..1 of latents without a batch dimension."""

    # The sampler's Denoiser; what is here suits a model of one network that is told the time and nothing else.

    def schedule(self, scheduler: Any, job: Job) -> Tensor:
        scheduler.set_timesteps(job.steps, device=job.noise.device)
        return torch.as_tensor(scheduler.timesteps)

    def network_at(self, time: Tensor) -> str:
        return "transformer"

    def enter(self, batch: JobBatch, time: Tensor) -> JobBatch:
        return batch

    @abstractmethod
    def predict(self, network: Any, batch: JobBatch, time: Tensor, text: PromptEmbedding) -> Tensor: ...

    def advance(self, scheduler: Any, batch: JobBatch, prediction: Tensor, time: Tensor) -> Tensor:
        return torch.as_tensor(scheduler.step(prediction, time, batch.latents, return_dict=False)[0])

    def settle(self, batch: JobBatch) -> Tensor:
        return batch.latents

    def read(self, prompts: list[str]) -> list[PromptEmbedding]:
        """Each prompt's text, encoded alone."""
        tokenizer = self.parts.tokenizer()
        with self.parts.use("text_encoder") as encoder:
            tokens = [tokenized(tokenizer, prompt, self.text_length).to(self.device) for prompt in prompts]
            return [encoded(encoder, token, self.blank_padding) for token in tokens]

    def said(self, asked: Conditioning) -> str:
        """The prompt: the caption, and what an edit asks for."""
        return " ".join([asked.caption, render_instruction(asked.instruction)]).strip()

    def division(self) -> Mapping[str, Any] | None:
        """Where several processes divide a network's tokens and put them together; None: as the library says."""
        return None

    def _divide(self, network: Any) -> None:
        if self.team.size > 1:
            self.team.divide(network, self.division())

    def _sampler(self) -> str:
        """Names everything beside the weights that changes pixels: the kind of device, too, rounds in its own way."""
        plan, options = self.plan, self.options
        cache = f"{options.cache}:{options.threshold:g}" if options.cache == "residual" else options.cache
        said = [VERSION, self.kind, self.device.type, str(plan.dtype), "fp8" if plan.fp8 else ""]
        said += ["tiled" if plan.tiling else "", cache, options.attention, "compiled" if options.compile else ""]
        return " ".join(filter(None, [*said, f"{self.team.size} processes" if self.team.size > 1 else ""]))

    @cached_property
    def parts(self) -> Parts:
        return Parts(self.checkpoint, self.plan, self.options, self._divide)

    @cached_property
    def _texts(self) -> Texts:
        return Texts(self.read)

    @torch.inference_mode()
    def render(self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None = None) -> list[Clip]:
        """One clip per conditioning, each of exactly its ``frames``. ValueError for what cannot be drawn.

        A shot longer than the model's clips is made in pieces, each shown the end of the one before it.
        """
        with self.team.playing(batch, assets, progress) as told:
            return self._render(batch, assets, told)

    def _render(self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None) -> list[Clip]:
        can = self.capabilities
        shots = [ShotProgress(checked(resolve_inputs(asked, assets), can), can, self.overlap) for asked in batch]
        total = sum(shot.whole.asked.steps * len(list(shot.cuts())) for shot in shots)
        done = 0

        def steps_done(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress(done, total)

        while unfinished := [shot for shot in shots if not shot.finished]:
            pieces = [shot.next() for shot in unfinished]
            for shot, frames in zip(unfinished, self._make(pieces, steps_done), strict=True):
                shot.made.append(frames)
        return [Clip(torch.cat(shot.made), shot.whole.asked.fps) for shot in shots]

    def latents(
        self, pieces: Sequence[ShotInputs], step_done: Callable[[int], None] = lambda count: None
    ) -> list[Tensor]:
        """Denoised latents of pieces, without a batch dimension; those of one shape are made together.

        ``step_done`` is told the steps of all shots together; those that an edit leaves out are done at once.
        """
        jobs = self._jobs(pieces)
        found: dict[int, Tensor] = {}
        order = sorted(range(len(jobs)), key=lambda i: str(jobs[i].shape))
        for _, alike in groupby(order, key=lambda i: jobs[i].shape):
            numbers = list(alike)
            for at in range(0, len(numbers), self.plan.batch):
                group = numbers[at : at + self.plan.batch]
                if left_out := jobs[group[0]].begin:
                    step_done(left_out * len(group))
                made = self._denoise([jobs[i] for i in group], partial(step_done, len(group)))
                found |= dict(zip(group, made, strict=True))
        return [found[number] for number in range(len(jobs))]

    def span(self, shot: ShotInputs) -> FrameSpan:
        """The frames that are made for a piece, on the model's grid."""
        lead = 0 if shot.before is None else (self.overlap if len(shot.before) >= self.overlap else 1)
        least = lead + shot.frames + (shot.after is not None)
        grid = self.native.frame_grid
        return FrameSpan(lead, shot.frames, -(-(least - 1) // grid) * grid + 1 - lead - shot.frames)

    def _make(self, pieces: Sequence[ShotInputs], step_done: Callable[[int], None]) -> list[Tensor]:
        """The pieces' frames, uint8."""
        try:
            latents = self.latents(pieces, step_done)
            with self.parts.use("vae") as vae:
                return [self._frames(vae, made, shot) for made, shot in zip(latents, pieces, strict=True)]
        except torch.OutOfMemoryError:
            raise WeightsError(f"{self.device} is out of memory with the plan '{self.plan}': allow it less") from None

    def _frames(self, vae: Any, latents: Tensor, shot: ShotInputs) -> Tensor:
        span = self.span(shot)
        values = self.decode(vae, latents, shot)[span.lead : span.lead + span.frames]
        if not values.isfinite().all():
            raise WeightsError(f"{self.checkpoint.folder} makes numbers that are not finite: use dtype=float32")
        frames = ((values.float() + 1.0) * 127.5).round().clamp(0.0, 255.0).byte().cpu()
        if shot.source is not None and shot.redrawn is not None:
            frames = torch.where(shot.redrawn, frames, shot.source)
        return frames

    def _jobs(self, pieces: Sequence[ShotInputs]) -> list[Job]:
        prompts = [self.said(shot.asked) for shot in pieces]
        guided = [shot.asked.guidance > 1.0 for shot in pieces]
        texts = self._texts.embed([*prompts, *([self.negative] if any(guided) else [])], self.device)
        jobs = []
        with self.parts.use("vae") as vae:
            for shot, prompt, leads in zip(pieces, prompts, guided, strict=True):
                random = torch.Generator().manual_seed(shot.seed)
                jobs.append(self._job(shot, vae, texts[prompt], texts[self.negative] if leads else None, random))
        return jobs

    def _job(
        self,
        shot: ShotInputs,
        vae: Any,
        text: PromptEmbedding,
        negative: PromptEmbedding | None,
        random: torch.Generator,
    ) -> Job:
        asked, span = shot.asked, self.span(shot)
        noise = torch.randn(self.shape(shot, span), generator=random).to(self.device)
        noise, clean, inputs = self.prepare(shot, span, vae, noise, random)
        noisy = 1.0 - (1.0 - _LEAST_REDRAWN) * shot.strength
        return Job(
            noise=noise,
            text=text,
            negative=negative,
            guidance=asked.guidance,
            steps=asked.steps,
            begin=0 if clean is None else asked.steps - max(1, int(asked.steps * noisy)),
            clean=clean,
            inputs=inputs,
            random=random,
        )

    def _denoise(self, jobs: list[Job], step_done: Callable[[], None]) -> Tensor:
        @contextmanager
        def network(name: str) -> Iterator[Any]:
            with self.parts.use(name) as module, cached(module, self.options, jobs[0].steps) as quick:
                yield quick

        return denoise(jobs, self, self.parts.scheduler(), network, step_done)
