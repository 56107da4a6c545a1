"""omni-mini: the generator that ships with this repository, behind the Generator protocol.

A shot is drawn in windows of a few latent frames, as many as a training sample showed; the anchors follow the
shot's true staging all the way. A window that goes on from what was there before it sees the last latent frame
as a context row at its true time. A shot that continues a clip is the same thing with the clip's last four frames as
latent frame 0, and a given first frame is that frame as latent frame 0.

Windows that know the references and nothing more are drawn as one batch, which computes the keys and values of the
references once. Shots are rendered one after the other: a take must not depend on what it was batched with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from omni_model.conditioning import Assets, Capabilities, Conditioning, Frozen
from omni_model.dit import DiTConfig, OmniDiT
from omni_model.flow import Predict, guided, noise_like, sample
from omni_model.generator import Clip, Progress
from omni_model.imagine import Imagination
from omni_model.imitate import imitated
from omni_model.perception import Perception
from omni_model.precision import PRECISION, autocast
from omni_model.rows import (
    Role,
    Rows,
    context_rows,
    from_rows,
    target_rows,
    to_rows,
)
from omni_model.shot import Preparing, Shot
from omni_model.tokenizer import WORDS, Text, Tokenizer, prompt
from omni_model.upscale import Upscaler
from omni_model.vae import GROUP, SPATIAL, VAEConfig, VideoVAE
from omni_model.vocabulary import VOCABULARY
from omni_model.weights_io import digest_of, load_weights, read_config, save_weights

WEIGHTS = Path(__file__).parent / "weights"
SAMPLER = "euler-x/5"
_ROWS_AT_ONCE = 2048
"""Target rows in a batch of windows: more are no faster, and memory has its bounds."""
_DECODED_AT_ONCE = 16
"""Latent frames; bounds the memory of long shots."""
_MOST_PIXELS = 16
"""The largest picture, in native pictures."""


Window = tuple[int, int]
"""Latent frames from .. to of a shot, drawn in one go."""


class MiniConfig(Frozen):
    """What training decided beside the networks' sizes."""

    words: tuple[str, ...] = WORDS
    """Of the tokenizer."""
    latent_window: Annotated[int, Field(ge=1)] = 2
    """Latent frames drawn at a time."""
    latent_frames: Annotated[int, Field(ge=1)] = 7
    """Latent frames of a training clip: later windows are given the times of its last one."""
    chained: bool = False
    """Whether a window goes on from the one before it. Where errors add up faster than they help, each window
    holds to the references and the staging alone; a given first frame or clip is always gone on from."""
    shift: Annotated[float, Field(gt=0.0)] = 2.0
    """Of the noise levels in training, kept in sampling."""
    trained: tuple[str, ...] = ("continue",)
    """Tasks beyond text, references and staging: 'continue', 'precede', 'edit' (with regions), 'last_frame';
    'motion' and 'example' need no training of their own: see :mod:`omni_model.imitate`."""
    fps: float = 12.0
    width: int = 112
    height: int = 64
    sheet_size: int = 64


class _Saved(Frozen):
    """The config that travels with the transformer's weights."""

    dit: DiTConfig
    mini: MiniConfig


class OmniMini:
    """Text, sheets, a plate, staging and what came before -> a clip. See :class:`Generator`."""

    sampler = SAMPLER

    def __init__(
        self,
        vae: VideoVAE,
        dit: OmniDiT,
        config: MiniConfig,
        weights_digest: str = "",
        upscaler: Upscaler | None = None,
    ) -> None:
        self.upscaler = upscaler
        self.vae = vae.eval().requires_grad_(False)
        self.dit = dit.eval().requires_grad_(False)
        self.preparing = Preparing(self.vae, dit.config.slots)
        self.imagination = Imagination(self._still, _critic, dit.config.slots)
        self.precision = PRECISION
        self.config = config
        self.weights_digest = weights_digest
        self.tokenizer = Tokenizer(config.words, dit.config.slots)
        if vae.config.channels != dit.config.channels:
            raise ValueError(f"{vae.config.channels} latent channels for a network of {dit.config.channels}")
        if self.tokenizer.size != dit.config.vocabulary:
            raise ValueError(f"{self.tokenizer.size} tokens for a network that knows {dit.config.vocabulary}")
        self.capabilities = Capabilities(
            name="omni-mini",
            fps=config.fps,
            width=config.width,
            height=config.height,
            sheet_size=config.sheet_size,
            frame_grid=GROUP,
            max_frames=3 * GROUP * (config.latent_frames - 1) + 1,
            max_references=1 + dit.config.slots,
            max_subjects=dit.config.slots,
            context_roles=_roles(frozenset(config.trained)),
            vocabulary=VOCABULARY,
        )

    @classmethod
    def load(cls, folder: Path | None = None) -> OmniMini:
        """From ``vae.safetensors``, ``dit.safetensors`` and, if it is there, ``upscaler.safetensors``.

        FileNotFoundError or ValueError, in one line.
        """
        vae_path, dit_path, upscaler_path = _files(folder or WEIGHTS)
        upscaler = Upscaler.load(upscaler_path) if upscaler_path.exists() else None
        vae = load_weights(vae_path, VideoVAE(read_config(vae_path, VAEConfig)))
        saved = read_config(dit_path, _Saved)
        dit = load_weights(dit_path, OmniDiT(saved.dit))
        return cls(vae, dit, saved.mini, digest_of(vae_path, dit_path), upscaler)

    def save(self, folder: Path) -> None:
        """Writes what :meth:`load` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        vae_path, dit_path, upscaler_path = _files(folder)
        if self.upscaler is not None:
            self.upscaler.save(upscaler_path)
        save_weights(vae_path, self.vae, self.vae.config)
        save_weights(dit_path, self.dit, _Saved(dit=self.dit.config, mini=self.config))

    @torch.inference_mode()
    def render(self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None = None) -> list[Clip]:
        """One clip per conditioning, each of exactly its ``frames``. ValueError for what cannot be drawn."""
        shots = [self._prepared(*self._completed(asked, assets)) for asked in batch]
        total = sum(len(self._passes(shot)) * shot.asked.steps for shot in shots)
        done = 0

        def step(_: int, __: int) -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, total)

        with autocast(self.precision):
            drawn = [self._draw(shot, step) for shot in shots]
        return [self._clip(shot, latents, a.frames) for shot, latents, a in zip(shots, drawn, batch, strict=True)]

    def _completed(self, asked: Conditioning, assets: Assets) -> tuple[Conditioning, Assets]:
        """The request with what its clips show and what its words describe."""
        return self.imagination.complete(imitated(asked, assets, _critic), assets)

    def _prepared(self, asked: Conditioning, assets: Assets) -> Shot:
        self._check(asked)
        return self.preparing.shot(asked, assets)

    def _still(self, asked: Conditioning, assets: Assets) -> Tensor:
        """The first frame of a complete request, uint8 [3, H, W]."""
        shot = self._prepared(asked, assets)
        with autocast(self.precision):
            return self._clip(shot, self._draw(shot, lambda _, __: None), 1).frames[0]

    @torch.inference_mode()
    def hints(self, asked: Conditioning, assets: Assets) -> Tensor:
        """See :meth:`Preparing.hints`."""
        return self.preparing.hints(asked, assets)

    @torch.inference_mode()
    def given_back(self, frames: Tensor) -> Tensor:
        """uint8 [4k + 1, 3, H, W] as the autoencoder alone gives it back."""
        return self._decode(self.vae.encode(frames[None].float() / 127.5 - 1.0), goes_on=False)

    def finish(self, asked: Conditioning, clip: Clip, assets: Assets) -> Clip:
        """A rendered clip, four times larger each way where the upscaler's weights are there."""
        if self.upscaler is None:
            return clip
        return Clip(self.upscaler.enlarge(clip.frames, self.hints(asked, assets)), clip.fps)

    def _check(self, asked: Conditioning) -> None:
        config, wants = self.config, {str(item.role) for item in asked.context}
        if asked.last_frame is not None:
            wants.add("last_frame")
        if unknown := sorted(wants - set(config.trained)):
            raise ValueError(f"omni-mini has not learned {', '.join(unknown)}: leave it out")
        if asked.regions and "edit" not in wants:
            raise ValueError("regions need a context clip of role 'edit' to keep the rest of")
        if "continue" in wants and (asked.first_frame is not None or "edit" in wants):
            raise ValueError("a shot that continues a clip can have neither a first frame nor an edit source")
        if "precede" in wants and asked.last_frame is not None:
            raise ValueError("a shot that a clip follows can have no last frame of its own")
        if asked.width % SPATIAL or asked.height % SPATIAL:
            raise ValueError(f"{asked.width}x{asked.height}: width and height are multiples of {SPATIAL}")
        if asked.width * asked.height > _MOST_PIXELS * config.width * config.height:
            raise ValueError(
                f"{asked.width}x{asked.height} is too large: omni-mini draws {config.width}x{config.height}"
            )

    def _windows(self, shot: Shot) -> Iterator[Window]:
        """The last is moved back to full size, and redraws a little."""
        count, first = shot.anchors.shape[1], 0 if shot.first is None else 1
        size = min(self.config.latent_window, count - first)
        return ((min(at, count - size), min(at, count - size) + size) for at in range(first, count, max(size, 1)))

    def _goes_on(self, shot: Shot, window: Window) -> bool:
        """Whether a window sees the latent frame before it."""
        return window[0] > 0 and (self.config.chained or (shot.first is not None and window[0] == 1))

    @staticmethod
    def _ends(shot: Shot, window: Window) -> bool:
        """Whether a window sees the end that was given."""
        return shot.end is not None and window[1] == shot.anchors.shape[1]

    def _passes(self, shot: Shot) -> list[list[Window]]:
        """Windows in the order of drawing, those together that know the same."""
        rows = self.config.latent_window * shot.anchors.shape[2] * shot.anchors.shape[3]
        passes = []
        for alone, found in groupby(self._windows(shot), lambda w: self._goes_on(shot, w) or self._ends(shot, w)):
            windows, size = list(found), 1 if alone else max(_ROWS_AT_ONCE // rows, 1)
            passes += [windows[at : at + size] for at in range(0, len(windows), size)]
        return passes

    def _draw(self, shot: Shot, progress: Progress) -> Tensor:
        """Latents [1, F, C, h, w]."""
        count, height, width = shot.anchors.shape[1:4]
        latents = torch.zeros(1, count, self.vae.config.channels, height, width)
        if shot.first is not None:
            latents[:, 0] = shot.first
        for windows in self._passes(shot):
            drawn = self._pass(shot, latents, windows, progress)
            for (start, end), clean in zip(windows, drawn, strict=True):
                latents[:, start:end] = clean
        return latents

    def _pass(self, shot: Shot, latents: Tensor, windows: list[Window], progress: Progress) -> Tensor:
        """The clean latents of windows, [windows, F, C, h, w]. All windows of a shot begin with the same noise: what
        the conditions leave open is drawn in one way."""

        def cut(frames: Tensor) -> Tensor:
            return torch.cat([frames[:, start:end] for start, end in windows])

        # Times beyond a training clip were never seen: later windows take the place of its last window.
        begins = [max(min(start, self.config.latent_frames - (end - start)), 0) for start, end in windows]
        conditions = self._conditions(shot, latents, windows[0], begins[0])
        anchors = cut(shot.anchors)
        layout = None if shot.layout is None else cut(shot.layout).flatten(1, 2)
        start, end = windows[0]
        noise = noise_like((1, end - start, *latents.shape[2:]), shot.asked.seed).expand(len(windows), -1, -1, -1, -1)
        fresh = target_rows(noise, torch.ones(len(windows)), anchors, torch.tensor(begins))

        def predicting(text: Text) -> Predict:
            cache = self.dit.condition(text, conditions).repeat(len(windows))
            return lambda z, sigma: self.dit(_at(fresh, z, sigma), cache, layout).clean.float()

        read = predicting(self._text(prompt(shot.asked.caption, shot.asked.instruction), shot.entities))
        blind = predicting(self._text("", [])) if shot.asked.guidance != 1.0 else read
        source = None if shot.source is None else to_rows(cut(shot.source))
        clean = sample(
            guided(read, blind, shot.asked.guidance),
            fresh.latent,
            shot.asked.steps,
            self.config.shift,
            clean=source,
            keep=_kept(shot.asked, *anchors.shape[:4]),
            progress=progress,
        )
        return from_rows(clean, *anchors.shape[2:4])

    def _text(self, text: str, entities: Sequence[str]) -> Text:
        return self.tokenizer.batch([text], [entities], self.dit.config.text_length)

    def _conditions(self, shot: Shot, latents: Tensor, window: Window, begin: int) -> Rows | None:
        """References and whatever is known of this window's past and end."""
        start, end = window
        slots, parts = self.dit.config.slots, [] if shot.references is None else [shot.references]
        if self._goes_on(shot, window):
            past = slice(start - 1, start)
            time = torch.tensor([begin - 1.0])
            parts.append(context_rows(latents[:, past], time, slots, Role.CONTEXT, shot.anchors[:, past]))
        if shot.end is not None and self._ends(shot, window):
            time = torch.tensor([begin + end - start - 1.0 + shot.leads_on])
            parts.append(context_rows(shot.end[:, None], time, slots, Role.STILL))
        return Rows.cat(*parts) if parts else None

    def _clip(self, shot: Shot, latents: Tensor, frames: int) -> Clip:
        return Clip(self._decode(latents, shot.goes_on)[:frames], shot.asked.fps)

    def _decode(self, latents: Tensor, goes_on: bool) -> Tensor:
        """uint8 [T, 3, H, W] of latents [1, F, C, h, w]; frame 0 is left out if it belongs to the clip before."""
        previous = latents[:, 0] if goes_on else None
        parts = []
        for piece in torch.split(latents[:, int(goes_on) :], _DECODED_AT_ONCE, 1):
            parts.append(_pixels(self.vae.decode(piece, previous)[0]))
            previous = piece[:, -1]
        return torch.cat(parts)


def _roles(trained: frozenset[str]) -> frozenset[str]:
    """What context clips may be. A move that is shown becomes a camera path, and an example an edit in words."""
    return trained & {"continue", "precede", "edit"} | {"motion"} | ({"example"} if "edit" in trained else set())


@cache
def _critic() -> Perception:
    """The network that reads examples; the examiner, which judges what is drawn, must not."""
    return Perception.load("critic")


def _files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "vae.safetensors", folder / "dit.safetensors", folder / "upscaler.safetensors"


def _at(rows: Rows, latent: Tensor, sigma: Tensor) -> Rows:
    return Rows(latent, sigma, rows.position, rows.role, rows.anchors, rows.valid)


def _kept(asked: Conditioning, windows: int, frames: int, height: int, width: int) -> Tensor | None:
    """[windows, F h w] bool: cells whose centre no region holds; None without regions."""
    if not asked.regions:
        return None
    y, x = (torch.arange(height) + 0.5)[:, None] / height, (torch.arange(width) + 0.5)[None] / width
    redrawn = torch.zeros(height, width, dtype=torch.bool)
    for box in asked.regions:
        redrawn |= (box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)
    return ~redrawn.flatten().repeat(windows, frames)


def _pixels(frames: Tensor) -> Tensor:
    return ((frames + 1.0) * 127.5).round().clamp(0.0, 255.0).to(torch.uint8)
