"""The production graph: plan, approval, cast, then render and review until every shot is in, then the cut.

Every node can run again with the same result, so that a production killed at any instant goes on from
its last checkpoint and ends in the same bytes. What a batch renders is settled in ``select``, one
checkpoint before it is rendered: a resumed batch is the same batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import interrupt

from agent.context import Crew, Emit
from agent.graph.nodes.cast import cast, parts
from agent.graph.nodes.cut import cut
from agent.graph.nodes.plan import plan
from agent.graph.nodes.render import render, select
from agent.graph.nodes.review import review
from agent.graph.state import State, story_of

Graph = CompiledStateGraph[Any, Any, Any, Any]
Work = Callable[[State, Crew, Emit], State]

#: node -> (the stage whose seconds it spends, its work)
_NODES: dict[str, tuple[str, Work]] = {
    "plan": ("plan", plan),
    "cast": ("cast", cast),
    "select": ("render", select),
    "render": ("render", render),
    "review": ("review", review),
    "cut": ("cut", cut),
}


class Node(Protocol):
    def __call__(self, state: State) -> State: ...


def build(crew: Crew, checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    """The compiled graph. Its stream of mode ``custom`` is the production's events."""
    graph = StateGraph(State)
    for name, (stage, work) in _NODES.items():
        graph.add_node(name, _timed(stage, work, crew))
    graph.add_node("approve", lambda state: _approve(state, crew))
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "approve")
    graph.add_conditional_edges("approve", lambda s: "cast" if s["approved"] else END, ["cast", END])
    graph.add_edge("cast", "select")
    graph.add_conditional_edges("select", lambda s: "render" if s["queue"] else "cut", ["render", "cut"])
    graph.add_edge("render", "review")
    graph.add_edge("review", "select")
    graph.add_edge("cut", END)
    return graph.compile(checkpointer=checkpointer)


def _timed(stage: str, work: Work, crew: Crew) -> Node:
    """The node that does ``work`` and adds its wall seconds to the stage's."""

    def node(state: State) -> State:
        began = time.monotonic()
        spent = dict(state.get("seconds", {}))
        changed = work(state, crew, get_stream_writer())
        spent[stage] = round(spent.get(stage, 0.0) + time.monotonic() - began, 3)
        return {**changed, "seconds": spent}

    return node


def _approve(state: State, crew: Crew) -> State:
    """Waits for a person, with the cost of what is planned."""
    story = story_of(state, crew.memory)
    wanted = parts(story, crew.generator.capabilities)
    pictures = sum(crew.pins(p.entity, p.role, p.key) is None for p in wanted) * crew.budget.sheet_tries
    takes = len(story.shots) - len(state.get("accepted", {}))
    cost = {
        "shots": len(story.shots),
        "seconds": story.duration,
        "renders": pictures + takes,
        "at_most": pictures + takes * (1 + crew.budget.revisions),
    }
    return {"approved": bool(interrupt(cost))}
