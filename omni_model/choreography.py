"""How an action moves the whole body: what a staging track knows beyond the place where the feet are.

A track says where an entity stands; its action adds how high it is lifted, how far it leans, and how low it
crouches at every moment. Limbs and faces are the generator's affair. Shapes: T moments.
"""

from __future__ import annotations

import torch
from torch import Tensor

from omni_model.world.characters import POSES

BODY = 4
"""Numbers of a body's motion: lift (heights above the feet's place), lean (radians, forward), shift (heights,
against the facing direction), sink (heights by which a crouch lowers the body onto its feet)."""
STANDING = (0.0, 0.0, 0.0, 0.0)
_CROUCHED = 0.21


def body_motion(action: str, seconds: Tensor) -> Tensor:
    """[T, BODY] at ``seconds`` [T] of scene time; an unknown action stands."""
    if action not in POSES:
        return torch.tensor(STANDING).expand(len(seconds), BODY)
    pose = POSES[action](seconds)
    moves = (pose.lift, pose.lean, pose.shift, _CROUCHED * pose.crouch)
    return torch.stack([torch.as_tensor(v, dtype=torch.float32).expand(len(seconds)) for v in moves], 1)
