"""How every directive of a shot reached the Conditioning. Nothing that was asked for disappears silently."""

from __future__ import annotations

from typing import Literal

from omni_model.spec.captions import SceneFacts
from omni_model.spec.conditioning import Conditioning, Frozen

Outcome = Literal["honoured", "approximated", "refused"]


class Lowering(Frozen):
    """The fate of one directive. ``detail`` says how, or why not; required unless honoured."""

    directive: str
    outcome: Outcome
    detail: str = ""


class CompiledShot(Frozen):
    """A shot ready to render: the conditioning, the facts that review must see, and the record."""

    shot: str
    facts: SceneFacts
    conditioning: Conditioning
    lowering: tuple[Lowering, ...]
