"""How much a production may spend on looking again."""

from __future__ import annotations

from omni_model.spec.conditioning import Frozen


class Budget(Frozen):
    """Bounds of a production. Every field is a count."""

    revisions: int = 2
    """Takes of a shot after the first."""
    sheet_tries: int = 3
    """Renders of a sheet or plate of which the best is pinned."""
    batch: int = 4
    """Shots rendered at once."""
