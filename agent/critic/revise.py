"""From notes to the next take: typed changes of the Conditioning, at most a few a shot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.budget import Budget
from agent.critic.review import (
    AddKeyframes,
    ConditioningChange,
    MoreSteps,
    NewSeed,
    RaiseGuidance,
    RaiseReference,
    RedoRegion,
    Review,
)
from omni_model.spec.conditioning import Capabilities, Conditioning, ContextClip, Reference, canonical_json, sha256

#: (entity, count) -> digests of images of the entity, best first.
Keyframes = Callable[[str, int], Sequence[str]]


def revise(
    conditioning: Conditioning,
    review: Review,
    *,
    attempt: int,
    clip: str,
    budget: Budget,
    capabilities: Capabilities,
    keyframes: Keyframes,
) -> Conditioning | None:
    """The conditioning of take ``attempt + 1``, or None when the take stands or the budget is spent.

    ``clip`` is the digest of the reviewed take's frames; a region is redone inside it. Every revision
    also draws from another seed, for the same noise would make the same fault again.
    """
    if review.verdict == "accept" or attempt >= budget.revisions:
        return None
    proposals = [n.proposal for n in review.notes if n.severity == "major" and n.proposal is not None]
    for change in sorted(set(proposals), key=canonical_json):
        conditioning = _apply(change, conditioning, clip, capabilities, keyframes)
    return conditioning.model_copy(update={"seed": _next_seed(conditioning.seed, attempt)})


def _apply(
    change: ConditioningChange, c: Conditioning, clip: str, capabilities: Capabilities, keyframes: Keyframes
) -> Conditioning:
    match change:
        case NewSeed():
            return c
        case RaiseReference(entity=entity, factor=factor):
            return c.model_copy(update={"references": _raised(c.references, entity, factor)})
        case AddKeyframes(entity=entity, count=count):
            more = _more(c.references, entity, keyframes(entity, count), capabilities.max_references)
            return c.model_copy(update={"references": more})
        case MoreSteps(factor=factor):
            return c.model_copy(update={"steps": min(1000, round(c.steps * factor))})
        case RaiseGuidance(add=add):
            return c.model_copy(update={"guidance": min(50.0, c.guidance + add)})
        case RedoRegion(region=region):
            return _redo(c, region, clip) if "edit" in capabilities.context_roles else c


def _raised(references: tuple[Reference, ...], entity: str, factor: float) -> tuple[Reference, ...]:
    return tuple(
        r.model_copy(update={"weight": min(2.0, r.weight * factor)}) if r.entity == entity else r for r in references
    )


def _more(references: tuple[Reference, ...], entity: str, images: Sequence[str], limit: int) -> tuple[Reference, ...]:
    known = {r.image for r in references}
    new = [Reference(image=i, role="sheet", entity=entity) for i in images if i not in known]
    return references + tuple(new[: max(0, limit - len(references))])


def _redo(c: Conditioning, region: object, clip: str) -> Conditioning:
    kept = tuple(item for item in c.context if item.role != "edit")
    return c.model_copy(
        update={"context": (*kept, ContextClip(clip=clip, role="edit")), "regions": (*c.regions, region)[-8:]}
    )


def _next_seed(seed: int, attempt: int) -> int:
    return int(sha256(f"{seed}/{attempt + 1}")[:15], 16)
