"""The planner measured: rows with a floor and an aim each, from sets of sentences and stories kept here.

Each family of rows has a module of its own whose ``rows`` function gives them. The sets were written before
the planner was tuned on any of them, and none of their sentences is in its prompts or its data.
"""

from __future__ import annotations

from planner.evaluate.rows import Row

__all__ = ["Row"]
