"""The sets of strangers, measured: intents, edits and files of one half. Of a sealed half only figures ever show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from omni_model.spec.conditioning import Capabilities
from planner.direct.plan import PlanError
from planner.evaluate import blind_edits, blind_files, blind_intents
from planner.evaluate.rows import PlannerRow
from planner.evaluate.sets import Case, Half, cases, given_file
from planner.llm.base import LanguageModel

T = TypeVar("T")


def rows(half: Half, capabilities: Capabilities, llm: LanguageModel | None = None) -> list[PlannerRow]:
    """Every row of one half of the three sets."""
    calls = llm.usage.calls if llm else 0
    tokens = llm.usage.prompt_tokens + llm.usage.completion_tokens if llm else 0
    intents, unplanned = attempts(
        half,
        cases("intents", half),
        lambda case: blind_intents.judge_intent(case, blind_intents.planned(case, capabilities, llm)),
    )
    found = [*blind_intents.figures(intents, unplanned), *blind_intents.costs(llm, calls, tokens, intents)]
    edits, _ = attempts(half, cases("edits", half), lambda case: blind_edits.examine_blind(case, capabilities, llm))
    files, _ = attempts(
        half,
        cases("files", half),
        lambda case: blind_files.score(case, blind_files.read_file(given_file(half, case["file"]), capabilities, llm)),
    )
    return [*found, *blind_edits.figures(edits), *blind_files.figures(files)]


def attempts(half: Half, tried: Iterable[Case], work: Callable[[Case], T]) -> tuple[list[T], int]:
    """What came of each case, and how many failed.

    Of a sealed case any failure is only counted: its message could say what is in the case.
    """
    found, failed = [], 0
    for case in tried:
        try:
            found.append(work(case))
        except Exception as error:
            if half == "open" and not isinstance(error, PlanError):
                raise
            failed += 1
    return found, failed
