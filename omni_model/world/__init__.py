"""The procedural cartoon world: exact clips, sheets, plates, captions, edits and truth from one spec."""

from omni_model.world.edits import Edit, edits_of
from omni_model.world.render import Rendering, plate, render, sheet
from omni_model.world.sample import is_held_out, sample_scene
from omni_model.world.spec import PropSpec, SceneSpec, SubjectSpec

__all__ = [
    "Edit",
    "PropSpec",
    "Rendering",
    "SceneSpec",
    "SubjectSpec",
    "edits_of",
    "is_held_out",
    "plate",
    "render",
    "sample_scene",
    "sheet",
]
