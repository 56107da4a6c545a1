"""References that a request describes and nobody gave: drawn first from its own words, then held to.

A place is drawn by day and put into its light by edits: it is the same place at any hour. A shot from words alone
becomes a shot with a plate and a sheet for everybody whom its caption describes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from omni_model.captions import SceneFacts, SubjectFacts, caption, plate_caption, sheet_caption
from omni_model.conditioning import (
    SHEET_FOOT,
    SHEET_HEIGHT,
    Assets,
    CameraPath,
    Conditioning,
    ContextClip,
    Reference,
    Track,
    TrackKey,
    sha256,
)
from omni_model.parse import parse
from omni_model.perception import Perception
from omni_model.recast import recast

_BY_DAY = {"time": "day", "mood": "calm"}
_PHRASES = {"time": "make it {}", "mood": "make the mood {}"}
"""In the words of edited training clips."""
_STEPS, _GUIDANCE = 16, 2.5
"""A place from words alone is the least determined picture of all, and everything else stands on it."""
_FRAMES = 5
"""Of the clip that a still becomes while it is edited."""

#: one picture, uint8 [3, H, W], of a request and the pictures that it names.
Draw = Callable[[Conditioning, Assets], Tensor]


def imagined(
    asked: Conditioning, assets: Assets, draw: Draw, critic: Callable[[], Perception]
) -> tuple[Conditioning, Assets]:
    """The request with every reference that its words describe, and the pictures that it now names.

    What has a picture already, be it a reference, a first frame or another clip, is left as it is. An instruction
    that gives somebody of a clip another look, which the ``critic`` finds in it, has a sheet of that look.
    """
    facts, edited = parse(asked.caption), [item.clip for item in asked.context if item.role == "edit"]
    if not edited and (asked.context or asked.first_frame is not None):
        return asked, assets
    drawn: dict[str, Tensor] = {}

    def known(digest: str) -> Tensor:
        return drawn[digest] if digest in drawn else assets(digest)

    def kept(picture: Tensor) -> str:
        digest = sha256(picture.contiguous().numpy().tobytes())
        drawn[digest] = picture
        return digest

    def made(still: Conditioning) -> str:
        return kept(draw(*imagined(still, known, draw, critic)))

    def sheet(subject: SubjectFacts, style: str) -> Reference:
        return Reference(image=made(sheet_of(asked, subject, style)), role="sheet", entity=subject.entity)

    if edited:
        found = _changed_looks(asked, assets(edited[0]), critic, sheet)
        return asked.model_copy(update={"references": (*asked.references, *found)}), known
    if facts is None:
        return asked, assets
    if asked.caption.startswith("plate:"):
        return _in_its_light(asked, facts, known, kept, draw), known
    found = []
    if all(reference.role != "plate" for reference in asked.references):
        found.append(Reference(image=made(plate_of(asked, facts)), role="plate", entity="place"))
    found += [sheet(subject, facts.style) for subject in _described(asked, facts)]
    return asked.model_copy(update={"references": (*asked.references, *found)}), known


def _changed_looks(
    asked: Conditioning,
    source: Tensor,
    critic: Callable[[], Perception],
    sheet: Callable[[SubjectFacts, str], Reference],
) -> list[Reference]:
    """The sheet of a look that the instruction asks for, if nobody gave one."""
    subject = recast(asked, source, critic) if asked.instruction else None
    if subject is None or any(r.role == "sheet" and r.entity == subject.entity for r in asked.references):
        return []
    return [sheet(subject, critic().scene(source).best("style")[0])]


def _described(asked: Conditioning, facts: SceneFacts) -> Iterator[SubjectFacts]:
    """Subjects whose looks the caption tells, who are staged, and of whom there is no sheet."""
    staged = {track.entity for track in asked.tracks}
    shown = {reference.entity for reference in asked.references if reference.role == "sheet"}
    return (s for s in facts.subjects if s.entity in staged - shown)


def plate_of(asked: Conditioning, facts: SceneFacts) -> Conditioning:
    """Asks for the empty place of a shot."""
    nothing = {"instruction": "", "references": (), "context": (), "tracks": (), "last_frame": None, "regions": ()}
    return asked.model_copy(update={**nothing, "caption": plate_caption(facts), "camera": CameraPath(), "frames": 1})


def sheet_of(asked: Conditioning, subject: SubjectFacts, style: str) -> Conditioning:
    """Asks for a character of a shot alone."""
    key = TrackKey(t=0.0, x=0.5, y=SHEET_FOOT, height=SHEET_HEIGHT)
    return plate_of(asked, SceneFacts(setting="")).model_copy(
        update={
            "caption": sheet_caption(subject, style),
            "tracks": (Track(entity=subject.entity, keys=(key,)),),
            "width": asked.height,
            "height": asked.height,
        }
    )


def _in_its_light(
    asked: Conditioning, facts: SceneFacts, assets: Assets, kept: Callable[[Tensor], str], draw: Draw
) -> Conditioning:
    """Asks for a plate by day with care; or for the last edit that puts the one by day into the light it is to have."""
    day = facts.model_copy(update=_BY_DAY)
    step = asked.model_copy(update={"caption": plate_caption(day), "steps": _STEPS, "guidance": _GUIDANCE})
    now = day.model_copy(update={"size": "wide", "camera": "static"})
    for field, usual in _BY_DAY.items():
        if (word := getattr(facts, field)) != usual:
            now = now.model_copy(update={field: word})
            source = kept(draw(step, assets).expand(_FRAMES, -1, -1, -1))
            step = asked.model_copy(
                update={
                    "caption": caption(now),
                    "instruction": _PHRASES[field].format(word),
                    "context": (ContextClip(clip=source, role="edit"),),
                    "frames": _FRAMES,
                }
            )
    return step
