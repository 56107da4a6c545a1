"""Continuation: what comes next, what came before, and what lies between two frames; against the true clip.

References, tracks and camera are given, so that the motion is determined. The clips given are as the autoencoder
gives them back, as every clip of a film is: a jump is not a change of grain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from omni_model.evaluate.cases import Bench, EvaluationCase, case_of, scenes
from omni_model.evaluate.reading import psnr
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.eyes.measures import frame_steps
from omni_model.spec.conditioning import ContextClip
from omni_model.world.render import render
from omni_model.world.spec import SceneSpec

_GIVEN = 9
"""Frames of the clip that is given."""


@dataclass(frozen=True)
class _Join:
    """A case, the exact clip around it, and where the asked frames lie in that."""

    case: EvaluationCase
    whole: Tensor
    """uint8 [N, 3, H, W], exact."""
    cuts: tuple[int, ...]
    """Frames of ``whole`` that come right after a boundary."""
    joined: Callable[[Tensor], Tensor]
    """Painted frames between the given ones: as long as ``whole``."""

    def step(self, clip: Tensor) -> float:
        """Mean change across the boundaries, 0..1."""
        return float(frame_steps(clip)[[cut - 1 for cut in self.cuts]].mean())


def rows(bench: Bench) -> list[TableRow]:
    """PSNR and jump of the three tasks, on the same scenes.

    The jump is the mean change of pixels across the boundary over the true clip's at the same place. It is a ratio of
    means: where nothing moves there is next to no true change to divide by.
    """
    ways = {"forward": _forward, "backward": _backward, "first and last frame": _between}
    alike = {way: MeasureTally("continuation", f"{way} PSNR, dB") for way in ways}
    jump = {way: MeasureTally("continuation", f"{way} jump, ratio") for way in ways}
    for number, (spec, _) in enumerate(scenes(bench.cases, bench.seed)):
        for way, joining in ways.items():
            join = joining(bench, spec, bench.seed + number)
            frames = bench.painted(join.case, alike[way], jump[way])
            if frames is not None:
                alike[way].add(psnr(frames, join.case.wanted))
                jump[way].add(join.step(join.joined(frames)), join.step(join.whole))
        bench.tick()
    return [row for way in ways for row in (alike[way].exact(), jump[way].ratio())]


def _forward(bench: Bench, spec: SceneSpec, seed: int) -> _Join:
    """The first nine frames are given, the rest is asked."""
    whole = render(spec).frames
    before = bench.vae_roundtrip(whole[:_GIVEN])
    case = case_of(spec.window(_GIVEN, spec.frames - _GIVEN), whole[_GIVEN:], seed)
    case.ask(context=(ContextClip(clip=case.with_clip(before), role="continue"),))
    return _Join(case, whole, (_GIVEN,), lambda frames: torch.cat([before, frames]))


def _backward(bench: Bench, spec: SceneSpec, seed: int) -> _Join:
    """Nine frames at the end are given, the seventeen before them are asked."""
    count = spec.frames + 1
    whole, cut = render(spec.window(0, count)).frames, count - _GIVEN
    after = bench.vae_roundtrip(whole[cut:])
    case = case_of(spec.window(0, cut), whole[:cut], seed)
    case.ask(context=(ContextClip(clip=case.with_clip(after), role="precede"),))
    return _Join(case, whole, (cut,), lambda frames: torch.cat([frames, after]))


def _between(bench: Bench, spec: SceneSpec, seed: int) -> _Join:
    """The first and the last frame are given; the steps from and to them are the boundaries."""
    whole = render(spec).frames
    first, last = (bench.vae_roundtrip(frame) for frame in (whole[:1], whole[-1:]))
    case = case_of(spec, whole, seed)
    case.ask(first_frame=case.with_clip(first[0]), last_frame=case.with_clip(last[0]))
    return _Join(case, whole, (1, len(whole) - 1), lambda frames: torch.cat([first, frames[1:-1], last]))
