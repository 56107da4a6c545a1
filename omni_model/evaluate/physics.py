"""Physics: a clip shows how a prop is thrown or falls; the generator goes on. What gravity, when does it bounce?

A prop has no track: where it goes follows from what was seen of it alone, so a few frames are asked at a time, as many
as are drawn in the light of the clip before them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.evaluate.cases import Bench, EvaluationCase, case_of, in_view, scenes
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.eyes.measures import Unmeasurable
from omni_model.spec.conditioning import CameraPath, ContextClip
from omni_model.spec.vocabulary import COLOURS
from omni_model.world.render import Rendering, render
from omni_model.world.spec import PropSpec, SceneSpec

_GIVEN, _ASKED = 5, 8
"""Frames given, and frames asked."""
_BOUNCES = 3.5
"""The asked frame near which a bounce is to come."""
_KINDS = {"ball": 0.6, "flower": 0.6, "crate": 0.35, "book": 0.35}
"""Props that are thrown and fall, and how much of their speed they keep when they bounce."""
_LEAST_SEEN = 20
"""Pixels of the prop that must be seen in every frame that is asked."""


@dataclass(frozen=True)
class Fall:
    """Eight frames of a prop in the air: the scene, its exact clip, and the first of the frames asked."""

    spec: SceneSpec
    truth: Rendering
    empty: Tensor
    """The exact clip without the prop."""
    start: int

    @property
    def prop(self) -> PropSpec:
        return self.spec.props[0]

    @property
    def wanted(self) -> Tensor:
        return self.truth.frames[self.start : self.start + _ASKED]

    @property
    def seconds(self) -> Tensor:
        """Time since the prop's release of every frame asked, [T]."""
        return (self.start + torch.arange(_ASKED)) / self.spec.fps

    def case(self, bench: Bench, seed: int) -> EvaluationCase:
        """Goes on from the five frames before, as the autoencoder gives them back."""
        before = bench.vae_roundtrip(self.truth.frames[self.start - _GIVEN : self.start])
        case = case_of(self.spec.window(self.start, _ASKED), self.wanted, seed, props=False)
        case.ask(context=(ContextClip(clip=case.with_clip(before), role="continue"),))
        return case


def rows(bench: Bench) -> list[TableRow]:
    """Gravity from the frames soon after the release, bounce time from those around the bounce."""
    gravity, bounce = (
        MeasureTally("physics", "gravity, median error"),
        MeasureTally("physics", "bounce time, median error"),
    )
    drawn = scenes(bench.cases, bench.seed, subjects=1, change=with_fall, fits=_seen)
    for number, (spec, truth) in enumerate(drawn):
        late = max(round(bounce_time(spec.props[0]) * spec.fps - _BOUNCES), _GIVEN)
        empty = render(spec.model_copy(update={"props": ()})).frames
        _measure(gravity, bench, Fall(spec, truth, empty, _GIVEN), bench.seed + number)
        _measure(bounce, bench, Fall(spec, truth, empty, late), bench.seed + number)
        bench.tick()
    return [gravity.median(), bounce.median()]


def _measure(tally: MeasureTally, bench: Bench, fall: Fall, seed: int) -> None:
    """Skipped where the measure fails on the true clip; failed where the prop is lost, or never bounces."""
    error = gravity_error if tally.measure.startswith("gravity") else bounce_error
    try:
        real = error(fall, fall.wanted)
    except Unmeasurable:
        tally.skipped += 1
        return
    frames = bench.painted(fall.case(bench, seed), tally)
    if frames is not None:
        try:
            tally.add(error(fall, frames), real)
        except Unmeasurable as lost:
            tally.fail(str(lost))


def with_fall(spec: SceneSpec) -> SceneSpec:
    """The scene in a wide, still shot, with a prop that is thrown or falls far from its subject."""
    r = random.Random(spec.layout)
    kind, motion = r.choice(list(_KINDS)), r.choice(("is thrown", "falls"))
    middle = (spec.subjects[0].keys[0].x + spec.subjects[0].keys[-1].x) / 2
    x, ground = 0.18 if middle > 0.5 else 0.82, r.uniform(0.90, 0.95)
    path = {"y": r.uniform(0.10, 0.16)}
    if motion == "is thrown":
        path = {"y": ground - 0.25, "vx": (1 if x < 0.5 else -1) * r.uniform(0.0, 0.15), "vy": -r.uniform(0.50, 0.60)}
    prop = PropSpec(
        entity="prop",
        kind=kind,
        colour=r.choice(COLOURS),
        motion=motion,
        x=x,
        ground=ground,
        height=r.uniform(0.16, 0.20),
        restitution=_KINDS[kind],
        **path,
    )
    return spec.model_copy(update={"props": (prop,), "size": "wide", "move": "static", "camera": CameraPath()})


def bounce_time(prop: PropSpec) -> float:
    """Seconds from the release to the first bounce."""
    fall = prop.ground - prop.y
    return float((-prop.vy + (prop.vy**2 + 2 * prop.gravity * fall) ** 0.5) / prop.gravity)


def _seen(spec: SceneSpec, truth: Rendering) -> bool:
    last = round(bounce_time(spec.props[0]) * spec.fps) + _ASKED
    return in_view(truth, 0) and int(truth.masks[_GIVEN:last, -1].sum((1, 2)).min()) >= _LEAST_SEEN


def gravity_error(fall: Fall, frames: Tensor) -> float:
    """Relative error of the gravity of the parabola that fits where the prop is until it bounces."""
    y, t = heights(fall, frames), fall.seconds
    free = y.isfinite() & (t < bounce_time(fall.prop) - 0.5 / fall.spec.fps)
    if int(free.sum()) < 5:
        raise Unmeasurable("the prop is found in the air in less than five frames")
    terms = torch.stack([torch.ones_like(t), t, t**2 / 2], 1)[free]
    fitted = torch.linalg.lstsq(terms, y[free, None]).solution
    return abs(float(fitted[2, 0]) / fall.prop.gravity - 1)


def bounce_error(fall: Fall, frames: Tensor) -> float:
    """Relative error of the time from release to bounce: where the line through the last two places before the lowest
    and the line through the first two after it meet."""
    y, t = heights(fall, frames), fall.seconds
    found = y.isfinite().nonzero()[:, 0]
    low = int(found[y[found].argmax()]) if len(found) else 0
    before, after = found[found < low][-2:], found[found > low][:2]
    if len(before) < 2 or len(after) < 2:
        raise Unmeasurable("no bounce is seen")
    down, up = (float((y[i[1]] - y[i[0]]) / (t[i[1]] - t[i[0]])) for i in (before, after))
    if down <= 0 or up >= 0:
        raise Unmeasurable("no bounce is seen")
    meets = float(y[after[0]] - y[before[1]] + down * t[before[1]] - up * t[after[0]]) / (down - up)
    return abs(meets / bounce_time(fall.prop) - 1)


def heights(fall: Fall, frames: Tensor) -> Tensor:
    """Where the prop's foot is in each frame, stage heights ``[T]`` (y down): where the frame is most like the prop's
    exact picture, compared with how much it is like the scene without it. NaN where it is nowhere more like the prop.
    """
    masks = fall.truth.masks[fall.start : fall.start + _ASKED, -1]
    best = int(masks.sum((1, 2)).argmax())
    ys, xs = masks[best].nonzero(as_tuple=True)
    box = slice(int(ys.min()), int(ys.max()) + 1), slice(int(xs.min()), int(xs.max()) + 1)
    mask = masks[best][box].float().expand(1, 3, -1, -1)
    picture = fall.wanted[best][:, *box].float()[None] / 255.0 * mask
    pixels, empty = frames.float() / 255.0, fall.empty[fall.start : fall.start + _ASKED].float() / 255.0
    as_prop = F.conv2d(pixels**2, mask) - 2 * F.conv2d(pixels, picture) + picture.square().sum()
    doubt = (as_prop - F.conv2d((pixels - empty) ** 2, mask))[:, 0]
    foot = fall.truth.tracks[fall.start + best, -1, 1]
    found = foot + (_lowest(doubt) - box[0].start) / frames.shape[-2]
    return found.where(doubt.flatten(1).amin(1) < 0, torch.nan)


def _lowest(cost: Tensor) -> Tensor:
    """Row, to a fraction, of the least cost of every map ``[T, H, W]``: the tip of the parabola through its
    neighbours."""
    rows = []
    for plane in cost:
        row, column = divmod(int(plane.argmin()), plane.shape[1])
        line = plane[:, column]
        shift = 0.0
        if 0 < row < len(line) - 1:
            bend = float(line[row - 1] - 2 * line[row] + line[row + 1])
            shift = 0.5 * float(line[row - 1] - line[row + 1]) / bend if bend > 0 else 0.0
        rows.append(row + shift)
    return torch.tensor(rows)
