"""Stories and a generator's capabilities that the planner's tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omni_model.spec.conditioning import Capabilities
from omni_model.spec.vocabulary import VOCABULARY
from planner.story.story import Story

EXAMPLES = Path(__file__).parents[2] / "examples"
VIMAX = Path(__file__).parents[3] / "shared" / "data" / "vimax_stories"

MINI = Capabilities(
    name="mini",
    fps=12.0,
    width=112,
    height=64,
    sheet_size=64,
    frame_grid=4,
    max_frames=97,
    max_references=4,
    max_subjects=3,
    context_roles=frozenset({"continue"}),
    vocabulary=VOCABULARY,
)
OPEN = MINI.model_copy(update={"vocabulary": {}, "context_roles": frozenset()})


def story(*shots: dict[str, Any], **fields: Any) -> Story:
    """A story of one scene; shots are 2 s long unless they say otherwise."""
    told = [{"id": f"s{i}", "duration": 2.0, **shot} for i, shot in enumerate(shots, 1)]
    scene = {"id": "one", "location": "woods", "time": "midnight", "mood": "eerie", "shots": told}
    base: dict[str, Any] = {
        "id": "tale",
        "title": "A tale",
        "style": "watercolour",
        "cast": [
            {"id": "ghost", "name": "Pim", "kind": "ghost", "features": "a torn hem"},
            {"id": "wolf", "name": "Rua", "kind": "wolf", "colour": "grey",
             "wardrobe": [{"garments": [{"item": "muffler", "colour": "navy"}, {"item": "jeans"}]}]},
            {"id": "ann", "name": "Ann", "kind": "girl"},
            {"id": "bob", "name": "Bob", "kind": "girl"},
        ],
        "props": [{"id": "hat", "name": "Hat", "kind": "red hat"}, {"id": "sub", "name": "Sub", "kind": "submarine"}],
        "locations": [{"id": "woods", "name": "Woods", "kind": "old night woods"},
                      {"id": "sea", "name": "Sea", "kind": "beach"}],
        "scenes": [scene],
    }  # fmt: skip
    return Story.model_validate(base | fields)
