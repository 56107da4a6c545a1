"""How the terminal shows what became of directives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from omnireel.show.text import COLOUR, escape

if TYPE_CHECKING:
    from planner.film.lowering import Lowering

_NAMED = 4
"""Most shots that are named where several share a fate."""


def fates(lowering: Mapping[str, Sequence[Lowering]]) -> dict[Lowering, list[str]]:
    """Every fate with the shots that share it, what is refused first. Of directives that differ only in what they ask,
    and to which the same happens, the first stands for all."""
    shared: dict[tuple[str, str, str], tuple[Lowering, dict[str, None]]] = {}
    for shot, fates in lowering.items():
        for fate in fates:
            same = (fate.outcome, fate.directive.partition(":")[0], fate.detail)
            shared.setdefault(same, (fate, {}))[1][shot] = None
    order = ("refused", "approximated", "honoured")
    return {fate: list(shots) for fate, shots in sorted(shared.values(), key=lambda each: order.index(each[0].outcome))}


def in_shots(shots: Sequence[str], of: int) -> str:
    if len(shots) == of:
        return "every shot"
    return ", ".join(shots) if len(shots) <= _NAMED else f"{', '.join(shots[:_NAMED])} and {len(shots) - _NAMED} more"


def lowering_line(lowering: Lowering) -> str:
    detail = f": {escape(lowering.detail)}" if lowering.detail else ""
    return f"  [{COLOUR[lowering.outcome]}]{lowering.outcome:<12}[/] {escape(lowering.directive)}{detail}"
