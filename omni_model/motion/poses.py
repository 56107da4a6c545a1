"""How an action moves a body: what a staging track knows beyond the place where the feet are.

A track says where an entity stands; its action adds how high it is lifted, how far it leans, how low it crouches, and
where its limbs and its gaze are at every moment. What they look like is the generator's affair. Shapes: T moments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

BODY = 4
"""Numbers of a body's motion: lift (heights above the feet's place), lean (radians, forward), shift (heights,
against the facing direction), sink (heights by which a crouch lowers the body onto its feet)."""
LIMBS = 5
"""Numbers of its limbs: stride (heights, by which the feet are farther apart than they stand, each to its side), the
left and the right arm (radians from hanging down, outwards), gaze (-1 back .. 1 forth), and 1 where there are limbs."""
INERT = (0.0,) * (BODY + LIMBS)
"""Body and limbs of a thing."""
CROUCHED = 0.21
"""Of a whole crouch."""


@dataclass(frozen=True)
class Pose:
    """Values are floats or [F]. Angles in radians from hanging straight down; lengths in local units."""

    lift: float | Tensor = 0.0
    lean: float | Tensor = 0.0
    stride: float | Tensor = 0.0
    arm_left: float | Tensor = 0.25
    arm_right: float | Tensor = 0.25
    gaze: float | Tensor = 0.0
    open: float | Tensor = 1.0
    crouch: float | Tensor = 0.0
    shift: float = 0.0
    """Sideways, in the facing direction: keeps a lying body over its feet's place."""


def _still(_: Tensor) -> Pose:
    return Pose()


def _walk(t: Tensor) -> Pose:
    swing = torch.sin(2 * math.pi * 1.5 * t)
    return Pose(lift=0.03 * swing.abs(), stride=0.13 * swing, arm_left=0.2 + 0.35 * swing, arm_right=0.2 - 0.35 * swing)


def _run(t: Tensor) -> Pose:
    swing = torch.sin(2 * math.pi * 2.5 * t)
    return Pose(
        lift=0.09 * swing.abs(), lean=0.20, stride=0.24 * swing, arm_left=0.5 + 0.7 * swing, arm_right=0.5 - 0.7 * swing
    )


def _jump(t: Tensor) -> Pose:
    phase = torch.remainder(t * 1.25, 1.0)
    height = 4 * phase * (1 - phase)
    return Pose(
        lift=0.42 * height,
        crouch=0.22 * (1 - height).clamp_min(0.0) ** 3,
        arm_left=0.4 + 1.6 * height,
        arm_right=0.4 + 1.6 * height,
    )


def _wave(t: Tensor) -> Pose:
    return Pose(arm_right=2.5 + 0.45 * torch.sin(2 * math.pi * 1.8 * t))


def _dance(t: Tensor) -> Pose:
    beat = torch.sin(2 * math.pi * 1.25 * t)
    return Pose(
        lift=0.07 * beat.abs(),
        lean=0.26 * beat,
        stride=0.10 * beat,
        arm_left=1.4 + 0.9 * beat,
        arm_right=1.4 - 0.9 * beat,
    )


def _sit(_: Tensor) -> Pose:
    return Pose(crouch=0.85, stride=0.20, arm_left=0.55, arm_right=0.55)


def _sleep(t: Tensor) -> Pose:
    return Pose(
        lift=0.16,
        lean=1.4,
        open=0.0,
        arm_left=0.1,
        arm_right=0.1,
        shift=0.48,
        crouch=0.10 + 0.06 * torch.sin(2 * math.pi * 0.5 * t),
    )


def _look(t: Tensor) -> Pose:
    return Pose(gaze=torch.sin(2 * math.pi * 0.7 * t), arm_right=0.25)


def _hide(t: Tensor) -> Pose:
    return Pose(crouch=1.0, arm_left=2.3, arm_right=2.3, gaze=0.7 * torch.sin(2 * math.pi * 0.5 * t), lean=0.0)


def _float(t: Tensor) -> Pose:
    return Pose(lift=0.24 + 0.07 * torch.sin(2 * math.pi * 0.8 * t), arm_left=0.9, arm_right=0.9, stride=0.03)


POSES: dict[str, Callable[[Tensor], Pose]] = {
    "stands": _still,
    "walks": _walk,
    "runs": _run,
    "jumps": _jump,
    "waves": _wave,
    "dances": _dance,
    "sits": _sit,
    "sleeps": _sleep,
    "looks around": _look,
    "hides": _hide,
    "floats": _float,
}


def body_motion(action: str, seconds: Tensor) -> Tensor:
    """[T, BODY + LIMBS] at ``seconds`` [T] of scene time; without a known action it is inert."""
    if action not in POSES:
        return torch.tensor(INERT, device=seconds.device).expand(len(seconds), -1)
    pose = POSES[action](seconds)
    moves = (pose.lift, pose.lean, pose.shift, CROUCHED * pose.crouch)
    limbs = (pose.stride, pose.arm_left, pose.arm_right, pose.gaze, 1.0)
    values = (torch.as_tensor(v, dtype=torch.float32, device=seconds.device) for v in (*moves, *limbs))
    return torch.stack([value.expand(len(seconds)) for value in values], 1)
