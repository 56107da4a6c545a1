"""The painter's table: every task of omni-mini on held-out scenes, against the exact truth or the examiner's reading.

Each family of tasks is a module with one function, ``rows(bench)``; what rows can share is rendered once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from omni_model.evaluate.rows import LIMITS, TableRow

if TYPE_CHECKING:
    from torch import Tensor

    from omni_model.evaluate.cases import Bench, EvaluationCase
    from omni_model.eyes.perception import Perception
    from omni_model.mini.engine import OmniMini

CASES = 300
_FAMILIES = {
    "text": ("text to video", "distribution"),
    "references": ("reference images", "time"),
    "edits": ("instruction edit",),
    "continuation": ("continuation",),
    "transfer": ("camera transfer",),
    "example": ("in-context example",),
    "physics": ("physics",),
    "autoencoder": ("VAE",),
}
"""Module -> its tasks."""
TASKS = tuple(dict.fromkeys(task for task, _ in LIMITS))

#: called with (cases done, cases in all).
CaseProgress = Callable[[int, int], None]
#: called with the family of tasks, a case of it, and what was drawn.
Watch = Callable[[str, "EvaluationCase", "Tensor"], None]


def evaluate(
    generator: OmniMini,
    examiner: Perception,
    *,
    cases: int = CASES,
    seed: int = 0,
    steps: int | None = None,
    tasks: Sequence[str] = TASKS,
    progress: CaseProgress | None = None,
    watch: Watch | None = None,
) -> list[TableRow]:
    """The rows of ``tasks``, in the table's order, drawn in ``steps`` (by default the generator's own).

    ``watch`` sees everything that is drawn. ValueError for an unknown task, or fewer than one case.
    """
    from omni_model.evaluate.cases import Bench

    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, cases * len(_modules(tasks)))

    def paint(case: EvaluationCase) -> Tensor:
        case.ask(steps=steps or generator.capabilities.steps)
        return generator.render([case.asked], case.assets.__getitem__)[0].frames

    return measure(Bench(paint, generator.vae_roundtrip, examiner, cases, seed, tick), tasks, watch)


def measure(bench: Bench, tasks: Sequence[str] = TASKS, watch: Watch | None = None) -> list[TableRow]:
    """The rows of ``tasks`` for any painter."""
    if bench.cases < 1:
        raise ValueError("at least one case is needed")
    found = [
        row
        for name in _modules(tasks)
        for row in import_module(f"{__name__}.{name}").rows(_watched(bench, name, watch))
    ]
    order = list(LIMITS)
    return sorted((row for row in found if row.task in tasks), key=lambda row: order.index((row.task, row.measure)))


def _watched(bench: Bench, family: str, watch: Watch | None) -> Bench:
    if watch is None:
        return bench

    def paint(case: EvaluationCase) -> Tensor:
        frames = bench.paint(case)
        watch(family, case, frames)
        return frames

    return replace(bench, paint=paint)


def _modules(tasks: Sequence[str]) -> list[str]:
    if unknown := sorted(set(tasks) - set(TASKS)):
        raise ValueError(f"no task {', '.join(unknown)}: choose from {', '.join(TASKS)}")
    return [name for name, its in _FAMILIES.items() if set(its) & set(tasks)]


def as_json(rows: Sequence[TableRow], weights_digest: str, seed: int) -> dict[str, Any]:
    """What ``omnireel eval omni-mini --json`` prints."""
    return {"rows": [asdict(row) for row in rows], "weights_digest": weights_digest, "seed": seed}


__all__ = ["CASES", "LIMITS", "TASKS", "CaseProgress", "TableRow", "Watch", "as_json", "evaluate", "measure"]
