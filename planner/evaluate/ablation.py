"""What each reader of stories is worth: rules alone, the language model alone, and both, with the seconds of each.

All three see the same intents and are followed by the same film grammar; only who reads the text differs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from omni_model.spec.conditioning import Capabilities
from planner.direct.plan import Reads, plan
from planner.evaluate.rows import PlannerRow, row
from planner.evaluate.stories import Intent, data, missing
from planner.llm.base import LanguageModel

READERS: tuple[Reads, ...] = ("rules", "model", "both")


def rows(capabilities: Capabilities, llm: LanguageModel | None, count: int) -> list[PlannerRow]:
    """Two rows a reader over ``count`` intents, spread evenly over the set: content, and seconds an intent.

    Without a model the readers that need one are skipped and say so in ``n_skipped``.
    """
    every = data("intents")
    intents = [every[i * len(every) // count] for i in range(min(count, len(every)))]
    return [found for reads in READERS for found in _rows(intents, capabilities, llm, reads)]


def _rows(
    intents: Sequence[Intent], capabilities: Capabilities, llm: LanguageModel | None, reads: Reads
) -> list[PlannerRow]:
    told = {"rules": "rules alone", "model": "model alone", "both": "rules and model"}[reads]
    content, seconds = f"content present ({told})", f"seconds an intent ({told})"
    wanted = sum(len(intent["entities"]) + len(intent["events"]) for intent in intents)
    if reads != "rules" and llm is None:
        return [row(content, None, 0, skipped=wanted), row(seconds, None, 0, skipped=len(intents))]
    began = time.monotonic()
    lost, failed = 0, 0
    for intent in intents:
        planned = plan(
            intent["text"],
            llm=None if reads == "rules" else llm,
            reads=reads,
            capabilities=capabilities,
            duration=float(intent["seconds"]),
        )
        lost += len(missing(intent, planned.story))
        failed += reads != "rules" and planned.planner.degraded
    spent = (time.monotonic() - began) / len(intents)
    return [row(content, 1 - lost / wanted, wanted), row(seconds, spent, len(intents), failed=failed)]
