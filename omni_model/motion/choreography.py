"""How an action moves a body: what a staging track knows beyond the place where the feet are.

A track says where an entity stands; its action adds how high it is lifted, how far it leans, how low it crouches, and
where its limbs and its gaze are at every moment. What they look like is the generator's affair. Shapes: T moments.
"""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.world.characters import POSES

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


def body_motion(action: str, seconds: Tensor) -> Tensor:
    """[T, BODY + LIMBS] at ``seconds`` [T] of scene time; without a known action it is inert."""
    if action not in POSES:
        return torch.tensor(INERT).expand(len(seconds), -1)
    pose = POSES[action](seconds)
    moves = (pose.lift, pose.lean, pose.shift, CROUCHED * pose.crouch)
    limbs = (pose.stride, pose.arm_left, pose.arm_right, pose.gaze, 1.0)
    return torch.stack([torch.as_tensor(v, dtype=torch.float32).expand(len(seconds)) for v in (*moves, *limbs)], 1)
