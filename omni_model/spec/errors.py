"""What is wrong with a model's weights, in one line that says which file, why, and what to do."""

from __future__ import annotations


class WeightsError(ValueError):
    """Weights, or options of theirs, that cannot be used."""


class MissingWeights(WeightsError):
    """Weights that are not there."""
