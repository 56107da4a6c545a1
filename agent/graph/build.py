"""The production graph: plan, approval, cast, then rounds until every shot is in, then the cut.

A round is one batch of takes. ``schedule`` settles it in memory before it is rendered; ``render`` makes all of it in
one call of the generator, for that is what a batch is; each take is then sent (:class:`Send`) to a review of its own;
``decide`` accepts or asks again, in order, so that the film does not depend on which review was done first.

Every node asks memory what is done already and can run again with the same result: a production killed at any instant
goes on and ends in the same bytes, from its last checkpoint or, where there is none, from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import RetryPolicy, Send, interrupt

from agent.context import Emit, ProductionContext
from agent.graph.nodes.cast import cast
from agent.graph.nodes.cut import cut
from agent.graph.nodes.plan import plan
from agent.graph.nodes.render import render, round_of, schedule
from agent.graph.nodes.review import decide, review
from agent.graph.state import ReviewTask, State
from agent.versions.parts import missing

Graph = CompiledStateGraph[Any, Any, Any, Any]
NodeWork = Callable[[Any, ProductionContext, Emit], State]

_ATTEMPTS = 3


def build(context: ProductionContext, checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    """The compiled graph. Its stream of mode ``custom`` is the production's events."""
    graph = StateGraph(State)
    again = RetryPolicy(max_attempts=_ATTEMPTS, retry_on=passes)
    asking: dict[str, NodeWork] = {"plan": plan, "cast": cast, "render": render, "review": review}
    for name, work in asking.items():
        graph.add_node(name, partial(_node, work, context), retry_policy=again)
    deciding: dict[str, NodeWork] = {"schedule": schedule, "decide": decide, "cut": cut}
    for name, work in deciding.items():
        graph.add_node(name, partial(_node, work, context))
    graph.add_node("approve", partial(_approve, context))
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "approve")
    graph.add_edge("approve", "cast")
    graph.add_edge("cast", "schedule")
    graph.add_conditional_edges("schedule", lambda s: "render" if s["round"] else "cut", ["render", "cut"])
    graph.add_conditional_edges("render", partial(_reviews, context), ["review", "decide"])
    graph.add_edge("review", "decide")
    graph.add_edge("decide", "schedule")
    graph.add_edge("cut", END)
    return graph.compile(checkpointer=checkpointer)


def passes(error: Exception) -> bool:
    """Whether an error of a model or a generator is worth a second try: a connection or an answer that did not come."""
    causes = (error, error.__cause__)
    return any(isinstance(cause, ConnectionError | TimeoutError) for cause in causes)


def _node(work: NodeWork, context: ProductionContext, state: Any) -> State:
    return work(state, context, get_stream_writer())


def _reviews(context: ProductionContext, state: State) -> list[Send] | str:
    """A review for every take of the round."""
    tasks = (ReviewTask(rendition=state["rendition"], attempt=row.id) for row in round_of(context, state))
    return [Send("review", task) for task in tasks] or "decide"


def _approve(context: ProductionContext, state: State) -> State:
    """Waits for a person, with the cost of what is planned; what was approved once is."""
    rendition = context.memory.rendition(state["rendition"])
    if rendition.approved:
        return {"rendition": rendition.id}
    story = context.story(rendition.version)
    pictures = missing(story, context) * context.budget.sheet_tries
    takes = len(story.shots) - len(context.memory.accepted_in(rendition.id))
    cost = {
        "shots": len(story.shots),
        "seconds": story.duration,
        "renders": pictures + takes,
        "at_most": pictures + takes * (1 + context.budget.revisions),
    }
    interrupt(cost)
    return {"rendition": rendition.id}
