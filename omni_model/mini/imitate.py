"""Clips that show what to do: a request with them becomes one that says it, before it is rendered.

A clip of role 'motion' becomes the shot's camera path. Two clips of role 'example', before and after, beside one of
role 'edit' become the instruction that does the same to it.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from omni_model.eyes.camera import camera_of, moved
from omni_model.eyes.perception import Perception
from omni_model.mini.edits.recast import staged_look
from omni_model.mini.example import instruction_shown
from omni_model.mini.outlines import Outlines
from omni_model.mini.pictures import asset
from omni_model.spec.conditioning import Assets, Conditioning
from omni_model.spec.instructions import NamedSubject, RemoveSubject

ROLES = frozenset({"motion", "example"})


def imitated(
    asked: Conditioning, assets: Assets, critic: Callable[[], Perception], outlines: Callable[[], Outlines]
) -> Conditioning:
    """The same request without clips that show: their camera is made, their edit is asked for.

    ``critic`` and ``outlines`` are called only if there is an example. ValueError, in one line, for clips that
    cannot be followed.
    """
    context: dict[str, list[Tensor]] = {}
    for item in asked.context:
        if item.role in ROLES | {"edit"}:
            context.setdefault(item.role, []).append(asset(assets, item.clip, 4))
    changes: dict[str, object] = {}
    if "motion" in context:
        changes["camera"] = moved(asked.camera.keys[0], camera_of(context["motion"][-1]))
    if "example" in context:
        before, after, source = _examples(context)
        who = _named(asked, source, critic())
        instruction = instruction_shown(before, after, who, critic(), outlines())
        tracks = asked.tracks[1:] if isinstance(instruction, RemoveSubject) else asked.tracks
        changes |= {"instruction": instruction, "tracks": tracks}
    rest = tuple(item for item in asked.context if item.role not in ROLES)
    return asked.model_copy(update=changes | {"context": rest}) if changes else asked


def _examples(context: dict[str, list[Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    """The clips before and after, and the one that is edited. ValueError where there are others."""
    if len(context["example"]) != 2 or len(context.get("edit", ())) != 1:
        raise ValueError("an example is two clips, before and after, beside one clip of role 'edit'")
    before, after = context["example"]
    return before, after, context["edit"][0]


def _named(asked: Conditioning, source: Tensor, critic: Perception) -> NamedSubject | None:
    """The first subject on its track as an instruction names it; None where nobody is staged."""
    if not asked.tracks:
        return None
    read = staged_look(asked, source, asked.tracks[0].entity, critic)
    return NamedSubject(colour=read.best("colour")[0], species=read.best("species")[0])
