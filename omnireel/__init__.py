"""omnireel turns a sentence into a finished, continuity-checked, multi-shot film.

from omnireel import Session

session = Session("out/ghost")
session.say("A shy ghost searches the night forest for its lost red hat.").finish()
session.approve().finish()
print(session.film)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.budget import Budget
    from agent.critic.review import Review
    from agent.errors import AgentError
    from agent.events import Event
    from agent.folder.report import Report
    from agent.session import Session
    from omni_model.spec.conditioning import Capabilities, Conditioning
    from omnireel.settings import Settings
    from planner.story.story import Story

__version__ = "0.1.0"

__all__ = [
    "AgentError",
    "Budget",
    "Capabilities",
    "Conditioning",
    "Event",
    "Report",
    "Review",
    "Session",
    "Settings",
    "Story",
]

#: Where the public names live; loaded on first use, so that ``omnireel --help`` needs no torch.
_HOMES = {
    "AgentError": "agent.errors",
    "Budget": "agent.budget",
    "Capabilities": "omni_model.spec.conditioning",
    "Conditioning": "omni_model.spec.conditioning",
    "Event": "agent.events",
    "Report": "agent.folder.report",
    "Review": "agent.critic.review",
    "Session": "agent.session",
    "Settings": "omnireel.settings",
    "Story": "planner.story.story",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'omnireel' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
