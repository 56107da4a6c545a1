"""How the terminal shows what a sentence changes, and the versions of a film."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain, repeat
from typing import TYPE_CHECKING

from rich.console import Console

from omnireel.show.lowerings import lowering_line
from omnireel.show.text import escape

if TYPE_CHECKING:
    from agent.versions.propose import Proposal
    from memory import StoryRow
    from planner.story.difference import Difference


def proposal(found: Proposal) -> None:
    """What a sentence would do, on stdout."""
    out = Console(highlight=False, soft_wrap=True)
    because = chain((f" [dim]({escape(o.reason)})[/]" for o in found.patch.operations), repeat(""))
    for entry, reason in zip(found.lowering, because, strict=False):
        out.print(f"{lowering_line(entry)}{reason}")
    for guard in found.patch.protected:
        out.print(f"  kept         {escape(str(guard.scope))} {guard.field} {escape(guard.value or '')}".rstrip())
    for assumption in found.patch.assumptions:
        out.print(f"  assumed      {escape(assumption)}")
    if found.patch.question:
        out.print(f"[yellow]question[/] {escape(found.patch.question)}")
    seconds = "" if found.predicted_seconds is None else f", about {found.predicted_seconds:g} s"
    out.print(f"to render: {escape(', '.join(found.stale)) or 'nothing'}{seconds}")


def versions(rows: Iterable[StoryRow], current: int | None) -> None:
    """The versions of a film, newest first; the one in force is marked."""
    out = Console(highlight=False, soft_wrap=True)
    for row in sorted(rows, key=lambda row: -row.version):
        mark = "*" if row.version == current else " "
        origin = f" (from {row.parent})" if row.parent not in (None, row.version - 1) else ""
        out.print(f"{mark} [bold]{row.version}[/] {escape(row.reason)}{origin}")


def differences(found: Iterable[Difference]) -> None:
    """Fields that are not the same, on stdout."""
    out = Console(highlight=False, soft_wrap=True)
    for item in found:
        before, after = (json.dumps(value, ensure_ascii=False) for value in (item.before, item.after))
        out.print(f"[bold]{escape(item.place)}[/]: {escape(before)} → {escape(after)}")
