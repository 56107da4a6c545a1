"""A place by day first, then by an edit in the light that a scene asks for: it stays the same place at any hour.

Only for a generator that edits clips. What falls or lies (rain, snow) belongs to the place, its light does not.
"""

from __future__ import annotations

from torch import Tensor

from agent.crew import Crew
from omni_model.captions import SceneFacts, caption, plate_caption
from omni_model.conditioning import Conditioning, ContextClip
from omni_model.generator import Clip

_BY_DAY = {"time": "day", "mood": "calm"}
_PHRASES = {"time": "make it {}", "mood": "make the mood {}"}
"""In the words of edited training clips."""
_STEPS, _GUIDANCE = 16, 2.5
"""A place from words alone is the least determined picture of all, and everything else stands on it."""
_FRAMES = 5
"""Of the clip that a still becomes while it is edited."""


def can_relight(crew: Crew) -> bool:
    """Whether the generator edits, and draws this world's captions."""
    capabilities = crew.generator.capabilities
    return "edit" in capabilities.context_roles and bool(capabilities.vocabulary)


def by_day(conditioning: Conditioning, facts: SceneFacts) -> tuple[Conditioning, SceneFacts]:
    """Asks for the same place by day."""
    day = facts.model_copy(update=_BY_DAY)
    changes = {"caption": plate_caption(day), "steps": _STEPS, "guidance": _GUIDANCE}
    return conditioning.model_copy(update=changes), day


def changes(facts: SceneFacts) -> list[tuple[str, str]]:
    """What is left to say of a place by day: field and word, in the order in which it is said."""
    return [(field, word) for field, usual in _BY_DAY.items() if (word := getattr(facts, field)) != usual]


def relit(picture: Tensor, facts: SceneFacts, asked: Conditioning, crew: Crew) -> Tensor:
    """The place of ``picture`` (uint8 [3, H, W], by day) in the light of ``facts``."""
    now = facts.model_copy(update={**_BY_DAY, "size": "wide", "camera": "static"})
    for field, word in changes(facts):
        now = now.model_copy(update={field: word})
        source = crew.gallery.keep(Clip(picture.expand(_FRAMES, -1, -1, -1), asked.fps))
        edit = asked.model_copy(
            update={
                "caption": caption(now),
                "instruction": _PHRASES[field].format(word),
                "context": (ContextClip(clip=source, role="edit"),),
                "frames": _FRAMES,
            }
        )
        picture = crew.generator.render([edit], crew.gallery)[0].frames[0]
    return picture
