"""A shot as an edit of a take that is there: what the generator can be asked, and what becomes of the rest."""

from __future__ import annotations

from omni_model.spec.conditioning import Capabilities, ContextClip, Region
from omni_model.spec.instructions import Instruction, render_instruction
from planner.film.lowering import CompiledShot, Lowering, Outcome


def drawn_over(
    compiled: CompiledShot,
    clip_digest: str,
    instruction: Instruction,
    capabilities: Capabilities,
    *,
    regions: tuple[Region, ...] = (),
    strength: float = 1.0,
) -> CompiledShot:
    """The shot drawn over the clip of ``clip_digest`` as ``instruction`` asks; the fate of the edit is recorded.

    ``strength`` is how closely the clip is held to where the generator takes no instructions. A generator that edits
    no clips is asked for the shot anew.
    """
    outcome, detail = _fate(capabilities, bool(regions), strength)
    fate = Lowering(directive=f"edit: {render_instruction(instruction)}", outcome=outcome, detail=detail)
    change: dict[str, object] = {"lowering": (*compiled.lowering, fate)}
    if outcome != "refused":
        clip = ContextClip(clip=clip_digest, role="edit", strength=strength)
        kept = tuple(item for item in compiled.conditioning.context if item.role != "edit")
        change["conditioning"] = compiled.conditioning.model_copy(
            update={"context": (*kept, clip), "instruction": instruction, "regions": regions}
        )
    return compiled.model_copy(update=change)


def _fate(capabilities: Capabilities, masked: bool, strength: float) -> tuple[Outcome, str]:
    edits = capabilities.edits if "edit" in capabilities.context_roles else frozenset()
    held = f"drawn over its take, held to it by a strength of {strength:g}"
    if masked and "region" in edits:
        return "honoured", "drawn anew inside of its regions; outside of them nothing changes"
    if masked and "redraw" in edits:
        return "approximated", f"this generator takes no masks: {held}, and what is outside of the regions put back"
    if not masked and "instruction" in edits:
        return "honoured", ""
    if not masked and "redraw" in edits:
        return "approximated", f"this generator follows no instructions: {held}"
    return "refused", "this generator edits no clips: the shot is drawn anew"
