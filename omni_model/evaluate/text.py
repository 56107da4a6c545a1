"""Text to video: caption, staging tracks and camera path, no references. Is what was written what is seen?"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from omni_model.evaluate.cases import Bench, HeldOutScene, case_of, in_view, scenes
from omni_model.evaluate.distribution import Distribution
from omni_model.evaluate.moves import move_seen
from omni_model.evaluate.reading import things_right
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.eyes.camera import move_of
from omni_model.spec.conditioning import TrackKey
from omni_model.spec.vocabulary import ACTIONS
from omni_model.world.render import render, stage
from omni_model.world.spec import SceneSpec

_STRIDE = 3
"""Every third frame tells the actions apart."""
_UNLIKE = 0.3
"""Colour distance (mean of channels, 0..1) that counts as wholly unlike the body that is looked for."""
_WAY = 0.2
"""Stage widths that a subject goes in the alternatives to standing still."""


def rows(bench: Bench) -> list[TableRow]:
    """Look, action, camera move and distribution, all on the same clips."""
    names = "look right", "action and direction right", "camera move right"
    look, action, move = tallies = [MeasureTally("text to video", name) for name in names]
    distribution = Distribution(bench)
    for number, scene in enumerate(scenes(bench.cases, bench.seed)):
        spec, truth = scene
        case = case_of(spec, truth.frames, bench.seed + number, references=False)
        frames = bench.painted(case, *tallies, distribution.tally)
        if frames is not None:
            look.add(things_right(bench.examiner, frames, scene), things_right(bench.examiner, truth.frames, scene))
            _add_action(action, bench, frames, scene)
            _add_move(move, frames, scene)
            distribution.add(frames, truth.frames)
        bench.tick()
    return [*(tally.shares() for tally in tallies), distribution.row()]


def _add_move(tally: MeasureTally, frames: Tensor, scene: HeldOutScene) -> None:
    """The move that explains the clip best is the asked one; skipped where the edge of the stage stops the camera."""
    spec, truth = scene
    if move_of(truth.camera) != spec.move:
        tally.skipped += 1
        return
    found, real = (move_seen(clip, truth, spec.move, spec.size) == spec.move for clip in (frames, truth.frames))
    tally.add({spec.move: found}, {spec.move: real})


def _add_action(tally: MeasureTally, bench: Bench, frames: Tensor, scene: HeldOutScene) -> None:
    """The nearest of the exact renderings with another action or direction is the asked one.

    The examiner's error is the same on the true clip as the autoencoder gives it back: on the true clip itself the
    nearest rendering is always the right one. Skipped where the first subject is not in view throughout.
    """
    spec, truth = scene
    if not in_view(truth, 0):
        tally.skipped += 1
        return
    looks = _Looks(spec)
    kind = spec.subjects[0].action
    tally.add({kind: looks.first_is_nearest(frames)}, {kind: looks.first_is_nearest(bench.vae_roundtrip(truth.frames))})


class _Looks:
    """Exact renderings of a scene, and of its alternatives: other actions, and other directions of the first subject.

    The place behind the subject is unknown to a painter that saw no plate, so bodies alone are compared: a pixel
    that a body covers costs its colour distance, at most ``_UNLIKE``, and every other pixel half as much. To claim a
    pixel pays only where the picture agrees.
    """

    def __init__(self, spec: SceneSpec) -> None:
        sparse = spec.model_copy(
            update={"frames": -(-spec.frames // _STRIDE), "span": -(-spec.span // _STRIDE), "fps": spec.fps / _STRIDE}
        )
        empty = stage(sparse)
        seen = [render(scene, empty=empty) for scene in (sparse, *_alternatives(sparse))]
        self.masks = torch.stack([s.masks[:, 0] for s in seen])
        self.pixels = torch.stack([s.frames for s in seen]).float() / 255.0

    def first_is_nearest(self, frames: Tensor) -> bool:
        """Whether the scene itself explains a clip better than any alternative."""
        distance = (self.pixels - frames[None, ::_STRIDE].float() / 255.0).abs().mean(2).clamp(max=_UNLIKE)
        cost = torch.where(self.masks, distance, _UNLIKE / 2).flatten(1).sum(1)
        return int(cost.argmin()) == 0


def _alternatives(spec: SceneSpec) -> Iterator[SceneSpec]:
    who = spec.subjects[0]
    start = who.keys[0]
    for action in ACTIONS:
        if action != who.action:
            yield _with_first(spec, action=action)
    for direction, way in (("left", -_WAY), ("", 0.0), ("right", _WAY)):
        if direction != who.direction:
            facing = start.facing if way == 0 else (1.0 if way > 0 else -1.0)
            end = TrackKey(t=1, x=start.x + way, y=start.y, height=start.height, facing=facing)
            yield _with_first(spec, keys=(start.model_copy(update={"facing": facing}), end))


def _with_first(spec: SceneSpec, **change: object) -> SceneSpec:
    return spec.model_copy(update={"subjects": (spec.subjects[0].model_copy(update=change), *spec.subjects[1:])})
