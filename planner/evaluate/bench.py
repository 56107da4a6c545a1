"""The generator that plans are measured for: the embedded one's words and sizes, without its weights."""

from __future__ import annotations

from omni_model.spec.conditioning import Capabilities
from planner.film.grammar import grammar

#: Kinds of film grammar that no generator draws by word.
_PLANNERS = frozenset({"event", "role", "angle", "transition", "garment"})

BENCH = Capabilities(
    name="bench",
    fps=12.0,
    width=112,
    height=64,
    sheet_size=64,
    frame_grid=4,
    max_frames=97,
    max_references=4,
    max_subjects=3,
    context_roles=frozenset({"continue"}),
    vocabulary={kind: tuple(words) for kind, words in grammar().words.items() if kind not in _PLANNERS},
)
