"""The drawing of one shot: its windows in order, each from noise to clean latents.

A window has as many latent frames as a training sample showed; the anchors follow the shot's true staging all the
way. A window that goes on from what was there before it sees the last latent frame as a context row at its true time.
A shot that continues a clip is the same thing with the clip's last four frames as latent frame 0, and a given first
frame is that frame as latent frame 0. Windows that know the references and nothing more are drawn as one batch, which
computes the keys and values of the references once.

Shapes: F latent frames of h x w cells, C channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from omni_model.mini.conditions.ending import EndingCondition
from omni_model.mini.conditions.past import PastCondition
from omni_model.mini.conditions.regions import RegionCondition
from omni_model.mini.conditions.state import LatentCondition, LatentState, conditioned
from omni_model.mini.conditions.text import TextCondition
from omni_model.mini.dit import OmniDiT
from omni_model.mini.flow import Predict, noise_like, sample, with_guidance
from omni_model.mini.rows import Rows, from_rows, target_rows
from omni_model.mini.shot import ShotTensors
from omni_model.mini.tokenizer import WORDS, Tokenizer, prompt
from omni_model.spec.conditioning import Frozen
from omni_model.spec.generator import Progress

_ROWS_AT_ONCE = 2048
"""Target rows in a batch of windows: more are no faster, and memory has its bounds."""

_Side = Annotated[int, Field(ge=8, le=2048, multiple_of=8)]

Window = tuple[int, int]
"""Latent frames from .. to of a shot, drawn in one go."""


class MiniConfig(Frozen):
    """What training decided beside the networks' sizes."""

    words: tuple[str, ...] = WORDS
    """Of the tokenizer."""
    latent_window: Annotated[int, Field(ge=1, le=1024)] = 2
    """Latent frames drawn at a time."""
    latent_frames: Annotated[int, Field(ge=1, le=1024)] = 7
    """Latent frames of a training clip: later windows are given the times of its last one."""
    chained: bool = False
    """Whether a window goes on from the one before it. Where errors add up faster than they help, each window
    holds to the references and the staging alone; a given first frame or clip is always gone on from."""
    shift: Annotated[float, Field(gt=0.0)] = 2.0
    """Of the noise levels in training, kept in sampling."""
    temperature: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """Scale of the noise from which shots are drawn that pictures show and that edit nothing: they have little to
    invent, and less noise is steadier."""
    trained: tuple[str, ...] = ("continue",)
    """Tasks beyond text, references and staging: 'continue', 'precede', 'edit' (with regions), 'last_frame';
    'motion' and 'example' need no training of their own: see :mod:`omni_model.mini.imitate`."""
    fps: Annotated[float, Field(gt=0.0, le=120.0)] = 12.0
    width: _Side = 112
    height: _Side = 64
    sheet_size: _Side = 64


class WindowSampler:
    """Draws shots with one network."""

    def __init__(self, dit: OmniDiT, tokenizer: Tokenizer, config: MiniConfig) -> None:
        self.dit, self.tokenizer, self.config = dit, tokenizer, config

    def _windows(self, shot: ShotTensors) -> Iterator[Window]:
        """As few as cover the shot, and as equal as can be."""
        at, end = 0 if shot.first is None else 1, shot.anchors.shape[1]
        for left in range(-(-(end - at) // self.config.latent_window), 0, -1):
            size = -(-(end - at) // left)
            yield at, at + size
            at += size

    def _goes_on(self, shot: ShotTensors, window: Window) -> bool:
        """Whether a window sees the latent frame before it."""
        return window[0] > 0 and (self.config.chained or (shot.first is not None and window[0] == 1))

    @staticmethod
    def _ends(shot: ShotTensors, window: Window) -> bool:
        """Whether a window sees the end that was given."""
        return shot.end is not None and window[1] == shot.anchors.shape[1]

    def passes(self, shot: ShotTensors) -> list[list[Window]]:
        """Windows in the order of drawing, those together that know the same and are as long."""
        cells, passes = shot.anchors.shape[2] * shot.anchors.shape[3], []

        def alike(window: Window) -> tuple[bool, int]:
            return self._goes_on(shot, window) or self._ends(shot, window), window[1] - window[0]

        for (alone, frames), found in groupby(self._windows(shot), alike):
            windows, size = list(found), 1 if alone else max(_ROWS_AT_ONCE // (frames * cells), 1)
            passes += [windows[at : at + size] for at in range(0, len(windows), size)]
        return passes

    def latents(self, shot: ShotTensors, progress: Progress) -> Tensor:
        """Latents [1, F, C, h, w]."""
        count, height, width = shot.anchors.shape[1:4]
        latents = torch.zeros(1, count, self.dit.config.channels, height, width, device=shot.anchors.device)
        if shot.first is not None:
            latents[:, 0] = shot.first
        for windows in self.passes(shot):
            drawn = self._pass(shot, latents, windows, progress)
            for (start, end), clean in zip(windows, drawn, strict=True):
                latents[:, start:end] = clean
        return latents

    def _pass(self, shot: ShotTensors, latents: Tensor, windows: list[Window], progress: Progress) -> Tensor:
        """The clean latents of windows, [windows, F, C, h, w]. All windows of a shot begin with the same noise: what
        the conditions leave open is drawn in one way."""

        def cut(frames: Tensor) -> Tensor:
            parts = [frames[:, start:end] for start, end in windows]
            return torch.cat(parts) if len(parts) > 1 else parts[0]

        # Times beyond a training clip were never seen: later windows take the place of its last window.
        begins = [max(min(start, self.config.latent_frames - (end - start)), 0) for start, end in windows]
        state = self._conditioned(shot, latents, windows[0], begins[0])
        anchors = cut(shot.anchors)
        layout = None if shot.layout is None else cut(shot.layout).flatten(1, 2)
        if shot.source is not None:
            state = RegionCondition(cut(shot.source), shot.request.regions).apply(state)
        fresh = self._noise(shot, windows, anchors, begins)

        def predicting(texts: str, entities: Sequence[str]) -> Predict:
            told = TextCondition(self.tokenizer, self.dit.config.text_length, [texts], [entities], anchors.device)
            text = told.apply(state).text
            assert text is not None
            cache = self.dit.condition(text, state.condition_rows).repeat(len(windows))
            return lambda z, sigma: self.dit(_at(fresh, z, sigma), cache, layout).clean.float()

        read = predicting(prompt(shot.request.caption, shot.request.instruction), shot.entities)
        blind = predicting("", []) if shot.request.guidance != 1.0 else read
        clean = sample(
            with_guidance(read, blind, shot.request.guidance),
            fresh.latent,
            shot.request.steps,
            self.config.shift,
            clean=state.clean,
            keep=state.keep,
            progress=progress,
        )
        return from_rows(clean, *anchors.shape[2:4])

    def _noise(self, shot: ShotTensors, windows: list[Window], anchors: Tensor, begins: list[int]) -> Rows:
        """The target rows of windows before anything is drawn."""
        start, end = windows[0]
        _, _, height, width = anchors.shape[:4]
        shape = (1, end - start, self.dit.config.channels, height, width)
        noise = noise_like(shape, shot.request.seed).to(anchors.device).expand(len(windows), -1, -1, -1, -1)
        if shot.references.pictures and shot.source is None:
            noise = self.config.temperature * noise
        sigma, times = torch.ones(len(windows), device=noise.device), torch.tensor(begins, device=noise.device)
        return target_rows(noise, sigma, anchors, times)

    def _conditioned(self, shot: ShotTensors, latents: Tensor, window: Window, begin: int) -> LatentState:
        """References and whatever is known of this window's past and end."""
        start, end = window
        conditions: list[LatentCondition] = [shot.references]
        if self._goes_on(shot, window):
            past = slice(start - 1, start)
            time = torch.tensor([begin - 1.0], device=latents.device)
            conditions.append(PastCondition(latents[:, past], time, shot.anchors[:, past]))
        if shot.end is not None and self._ends(shot, window):
            time = torch.tensor([begin + end - start - 1.0 + shot.leads_on], device=latents.device)
            conditions.append(EndingCondition(shot.end[:, None], time))
        return conditioned(LatentState(self.dit.config.slots), *conditions)


def _at(rows: Rows, latent: Tensor, sigma: Tensor) -> Rows:
    return Rows(latent, sigma, rows.position, rows.role, rows.anchors, rows.valid)
