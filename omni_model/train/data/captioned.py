"""Pictures with the truth about them, as tensors: what the captioner learns from.

Shape legend: N pictures, S subjects then one prop (SLOTS + 1 in all), G garments, H/W pixels.
A label of UNTOLD is one that the picture does not show.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.eyes.camera import from_first, move_of
from omni_model.eyes.captioner_net import BOXED_HEADS, FOUND, PICTURES, WHOLE_HEADS
from omni_model.eyes.perception import SCENE_HEADS, in_mirror
from omni_model.motion.physics import trajectory
from omni_model.motion.tracks import camera_frames
from omni_model.spec.vocabulary import COLOURS, SIZES, WARDROBE
from omni_model.train.data.scenes import FRAME, SLOTS, Pool, extents, load_pool, portrait_scene, scenes_of
from omni_model.train.tasks.perception import SHEET_BOX, seen_kinds, visible_subjects
from omni_model.world.sample import ZOOM
from omni_model.world.spec import SceneSpec, SubjectSpec

UNTOLD = -1
_SURE = 8.0
"""Logit of a label that is given."""
_HIDDEN = 0.4
"""Share of a prop's box that a subject may cover."""
_THING = list(BOXED_HEADS).index("thing")


@dataclass(frozen=True)
class Truth:
    """``frames`` uint8 [N, 3, H, W]; ``whole`` [N, kinds of WHOLE_HEADS]; ``boxes`` [N, S, 4], 0..1: the room that
    is staged; ``extents`` [N, S, 4]: the box around all that is seen;
    ``seen`` [N, S]: 1 in plain sight, 0 not there, UNTOLD partly so; ``boxed`` [N, S, kinds of BOXED_HEADS];
    ``garments`` [N, S, G]: colour of each garment worn, UNTOLD of those that are not worn."""

    frames: Tensor
    whole: Tensor
    boxes: Tensor
    extents: Tensor
    seen: Tensor
    boxed: Tensor
    garments: Tensor

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, which: Tensor) -> Truth:
        return Truth(*(getattr(self, f.name)[which] for f in fields(self)))

    def to(self, device: torch.device | str) -> Truth:
        """The same in the memory of ``device``."""
        return Truth(*(getattr(self, f.name).to(device) for f in fields(self)))


def size_at(zoom: float) -> str | None:
    """The shot size that a zoom of the camera makes; None between what the world calls one size and the next."""
    return next((size for size, (least, most) in ZOOM.items() if least <= zoom <= most), None)


def shows_move(spec: SceneSpec) -> bool:
    """Whether a clip's camera is seen to move as it should: the edge of the stage stops some."""
    return move_of(from_first(camera_frames(spec.camera, spec.phase()))) == spec.move


def whole_labels(spec: SceneSpec, size: str | None, picture: str = "shot") -> list[int]:
    """Labels of a picture of the scene; the weather of a room is outside."""
    told = {k: getattr(spec, k) for k in seen_kinds(spec)} | ({"size": size} if size else {})
    return _only(**told, picture=picture)


def _only(**told: str) -> list[int]:
    return [words.index(told[k]) if k in told else UNTOLD for k, words in WHOLE_HEADS.items()]


def looks_of(subject: SubjectSpec) -> tuple[list[int], list[int]]:
    """A subject's labels: of BOXED_HEADS, and the colours of its garments."""
    worn = {g.item: g.colour for g in subject.wardrobe}
    boxed = [words.index(getattr(subject, k)) if hasattr(subject, k) else UNTOLD for k, words in BOXED_HEADS.items()]
    return boxed, [COLOURS.index(worn[w]) if w in worn else UNTOLD for w in WARDROBE]


def of_cast(cast: list[list[SubjectSpec]]) -> tuple[Tensor, Tensor]:
    """``boxed`` and ``garments`` of the casts of N pictures; the slots that are left hold UNTOLD."""
    boxed = torch.full((len(cast), SLOTS + 1, len(BOXED_HEADS)), UNTOLD)
    garments = torch.full((len(cast), SLOTS + 1, len(WARDROBE)), UNTOLD)
    for n, subjects in enumerate(cast):
        for s, subject in enumerate(subjects[:SLOTS]):
            looks, worn = looks_of(subject)
            boxed[n, s], garments[n, s] = torch.tensor(looks), torch.tensor(worn)
            boxed[n, s, _THING] = FOUND.index("subject")
    return boxed, garments


def light_of(whole: Tensor) -> dict[str, Tensor]:
    """The light of pictures with labels [N, kinds of WHOLE_HEADS], as if read without a doubt."""
    labels = dict(zip(WHOLE_HEADS, whole.unbind(1), strict=True))
    return {
        k: _SURE * F.one_hot(labels[k].clamp_min(0), len(words)).float() * (labels[k] != UNTOLD)[:, None]
        for k, words in SCENE_HEADS.items()
    }


def portraits(paths: list[Path]) -> Truth:
    """Single frames of the world. Their props are not in the shards, but follow from the scenes."""
    pool = load_pool(paths, ("frames", "boxes", "extents", "visible"), scene_of=portrait_scene)
    boxed, garments = of_cast([list(spec.subjects) for spec in pool.specs])
    boxes = torch.cat((pool.tensors["boxes"], torch.zeros(len(pool), 1, 4)), 1)
    seen = torch.zeros(len(pool), SLOTS + 1, dtype=torch.long)
    there = boxes[:, :SLOTS, 2] > boxes[:, :SLOTS, 0]
    plain = visible_subjects(boxes[:, :SLOTS]) & pool.tensors["visible"]
    seen[:, :SLOTS] = torch.where(plain, 1, torch.where(there, UNTOLD, 0))
    for n, spec in enumerate(pool.specs):
        if spec.props:
            boxes[n, -1] = prop_boxes(spec)[0]
            seen[n, -1] = _prop_seen(boxes[n], seen[n]) if pool.tensors["extents"][n, -1].any() else 0
            for k, value in (("thing", "prop"), ("prop", spec.props[0].kind), ("prop_colour", spec.props[0].colour)):
                boxed[n, -1, list(BOXED_HEADS).index(k)] = BOXED_HEADS[k].index(value)
    zooms = [float(camera_frames(spec.camera, spec.phase())[0, 2]) for spec in pool.specs]
    whole = [whole_labels(spec, size_at(zoom)) for spec, zoom in zip(pool.specs, zooms, strict=True)]
    return Truth(pool.tensors["frames"], torch.tensor(whole), boxes, pool.tensors["extents"], seen, boxed, garments)


def prop_boxes(spec: SceneSpec) -> Tensor:
    """Where the scene's first prop is in every frame, [T, 4], 0..1: as wide as it is tall."""
    camera, prop = camera_frames(spec.camera, spec.phase()), spec.props[0]
    place = (trajectory(prop, spec.seconds()) - camera[:, :2]) * camera[:, 2:] + 0.5
    tall = prop.height * camera[:, 2]
    half = 0.5 * tall * FRAME[0] / FRAME[1]
    x, y = place.unbind(1)
    return torch.stack((x - half, y - 1.05 * tall, x + half, y), 1)


def _prop_seen(boxes: Tensor, seen: Tensor) -> int:
    prop, cast = boxes[-1], boxes[:-1][seen[:-1] != 0]
    if not visible_subjects(prop):
        return UNTOLD
    shared = (torch.minimum(cast[:, 2:], prop[2:]) - torch.maximum(cast[:, :2], prop[:2])).clamp_min(0).prod(1)
    return UNTOLD if (shared > _HIDDEN * (prop[2:] - prop[:2]).prod()).any() else 1


def plates(pool: Pool) -> Truth:
    """The empty places of scenes."""
    whole = torch.tensor([whole_labels(spec, SIZES[0]) for spec in pool.specs])
    return _empty(pool.tensors["plate"], whole)


def sheets(pool: Pool) -> Truth:
    """The character sheets of scenes."""
    drawn = [(n, s) for n, spec in enumerate(pool.specs) for s in range(len(spec.subjects))]
    frames = pool.tensors["sheets"][[n for n, _ in drawn], [s for _, s in drawn]]
    standing = [pool.specs[n].subjects[s].model_copy(update={"action": "stands"}) for n, s in drawn]
    boxed, garments = of_cast([[subject] for subject in standing])
    whole = torch.tensor([_only(style=pool.specs[n].style, picture="sheet") for n, _ in drawn])
    boxes, seen = torch.zeros(len(drawn), SLOTS + 1, 4), torch.zeros(len(drawn), SLOTS + 1, dtype=torch.long)
    boxes[:, 0], seen[:, 0] = SHEET_BOX, 1
    around = torch.zeros_like(boxes)
    around[:, 0] = extents((frames != frames[:, :, :1, :1]).any(1))
    return Truth(frames, whole, boxes, around, seen, boxed, garments)


def strangers(frames: Tensor) -> Truth:
    """Pictures that are not of the world."""
    return _empty(frames, torch.tensor(_only(picture=PICTURES[-1])).expand(len(frames), -1))


def _empty(frames: Tensor, whole: Tensor) -> Truth:
    boxed, garments = of_cast([[] for _ in range(len(frames))])
    slots = SLOTS + 1
    seen, nowhere = torch.zeros(len(frames), slots, dtype=torch.long), torch.zeros(len(frames), slots, 4)
    return Truth(frames, whole, nowhere, nowhere, seen, boxed, garments)


def stills_of(shards: list[Path], frames: int) -> Pool:
    """The plates and sheets of scene shards."""
    return load_pool(shards, ("plate", "sheets"), scene_of=scenes_of(frames))


def of_nothing(count: int) -> tuple[Tensor, Tensor]:
    """``boxed`` [M, kinds] and ``garments`` [M, G] of boxes around nothing."""
    boxed, garments = of_cast([[]] * count)
    boxed[:, 0, _THING] = len(FOUND)
    return boxed[:, 0], garments[:, 0]


def mirror_pictures(truth: Truth, which: Tensor) -> Truth:
    """The same pictures, those of ``which`` (bool [N]) in a mirror."""
    frames = torch.where(which[:, None, None, None], truth.frames.flip(-1), truth.frames)
    boxes, around = (torch.where(which[:, None, None], in_mirror(b), b) for b in (truth.boxes, truth.extents))
    return replace(truth, frames=frames, boxes=boxes, extents=around)


def crop_squares(truth: Truth, left: int) -> Truth:
    """The squares of the pictures that begin ``left`` pixels from their side. Who is cut off there is seen in part."""
    height, width = truth.frames.shape[-2:]
    boxes, around = truth.boxes.clone(), truth.extents.clone()
    for sides in (boxes, around):
        sides[..., ::2] = (sides[..., ::2] * width - left) / height
    apart = (boxes[..., 2] <= 0) | (boxes[..., 0] >= 1)
    cut = torch.where(apart, 0, torch.where(visible_subjects(boxes), truth.seen, UNTOLD))
    seen = torch.where(truth.seen == 0, truth.seen, cut)
    frames = truth.frames[..., left : left + height]
    return replace(truth, frames=frames, boxes=boxes, extents=around.clamp(0, 1), seen=seen)


def join_pictures(*parts: Truth) -> Truth:
    """Several sets of pictures of one size as one."""
    return Truth(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Truth)))
