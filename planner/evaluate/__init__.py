"""The planner measured: rows with a floor and an aim each, from sets of sentences and stories kept here.

Each family of rows has a module of its own whose ``rows`` function gives them. The sets were written before
the planner was tuned on any of them, and none of their sentences is in its prompts or its data.
"""

from __future__ import annotations

from pathlib import Path

from planner.evaluate import ablation, blind, edits, stories
from planner.evaluate.bench import BENCH
from planner.evaluate.rows import PlannerRow
from planner.llm.base import LanguageModel

__all__ = ["PlannerRow", "evaluate"]


def evaluate(
    sentences: Path | None = None, llm: LanguageModel | None = None, readers: int = 0, sealed: bool = False
) -> list[PlannerRow]:
    """Every row; with ``sentences`` only those of the edits in that file, with ``readers`` only those that compare
    rules, model and both over so many intents, with ``sealed`` only those of the sealed halves. Raises SetError."""
    if sealed:
        return blind.rows("sealed", BENCH, llm)
    if readers:
        return ablation.rows(BENCH, llm, readers)
    found = edits.rows(edits.cases(sentences), BENCH, llm)
    if sentences:
        return found
    return [*found, *edits.held_out(BENCH, llm), *stories.rows(BENCH, llm), *blind.rows("open", BENCH, llm)]
