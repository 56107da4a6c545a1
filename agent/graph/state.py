"""The state of a production between two steps: small plain JSON, ids and digests."""

from __future__ import annotations

from typing import Any, TypedDict

from agent.critic.review import Take
from memory import Memory
from planner.story.story import Story

Json = dict[str, Any]


class State(TypedDict, total=False):
    """What LangGraph keeps in its checkpoints; a node returns the keys that it changes."""

    request: Json
    version: int
    """Of the story, in memory."""
    planner: Json
    """PlannerReport."""
    eyes: Json | None
    """EyesReport; None: no model that sees was at hand."""
    judged: dict[str, list[Json]]
    """What the judge could not answer ('failures'), and which takes it compared ('comparisons')."""
    approved: bool
    planned: dict[str, Json]
    """shot -> {'compiled': blob of its CompiledShot, 'digest': of its first take}."""
    queue: list[Json]
    """Takes of the batch under way."""
    retakes: list[Json]
    """Takes that review asked for and that no batch has taken up yet."""
    sources: dict[str, Json]
    """shot -> {'clip', 'compiled'} of its last accepted take, which an edit may start from."""
    takes: dict[str, list[Json]]
    """shot -> its reviewed takes, first to last."""
    accepted: dict[str, str]
    seconds: dict[str, float]
    film: str
    """Digest of film.mp4."""


def story_of(state: State, memory: Memory) -> Story:
    """The story that the production films."""
    return Story.model_validate(memory.story(state["version"]))


def takes_of(state: State, shot: str) -> list[Take]:
    """The reviewed takes of a shot, first to last."""
    return [Take.model_validate(take) for take in state.get("takes", {}).get(shot, [])]
