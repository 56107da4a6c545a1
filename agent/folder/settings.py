"""How a production is made: what is said once and remembered from then on."""

from __future__ import annotations

from agent.budget import Budget
from omni_model.spec.conditioning import Frozen


class ProductionSettings(Frozen):
    """Who makes a production's film. What a command does not say is as it was before."""

    generator: str = "omni-mini"
    """Its name; open weights with their memory plan: ``wan-vace:PATH?memory=12``."""
    llm: str = "auto"
    budget: Budget = Budget()
