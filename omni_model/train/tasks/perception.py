"""Training of the networks that look: the critic and the examiner, apart in seed, shape and data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.eyes.perception import (
    SCENE_HEADS,
    SUBJECT_HEADS,
    Perception,
    PerceptionConfig,
    PerceptionNet,
    PerceptionRole,
    crops_of,
)
from omni_model.spec.conditioning import SHEET_FOOT, SHEET_HEIGHT
from omni_model.spec.vocabulary import WARDROBE
from omni_model.train.configs import TrainConfig
from omni_model.train.data.scenes import Pool, augment, load_pool, portrait_scene, scenes_of
from omni_model.train.loop import Training
from omni_model.weights.precision import autocast
from omni_model.world.spec import SceneSpec, SubjectSpec

CONFIGS: dict[PerceptionRole, PerceptionConfig] = {
    "critic": PerceptionConfig(widths=(24, 48, 96, 160), pooling="max"),
    "examiner": PerceptionConfig(widths=(32, 64, 128, 192), pooling="mean"),
}
_IDENTITY_SCALE = 12.0
_SURE = 8.0
"""Logit of a label that is given."""
SCENE_EVERY = 2
PALE = 0.25
"""Share of pictures drawn from those that show somebody white: in snow, fog or the dark the hardest to tell."""
SHEETS = 4
"""One sheet is read beside this many frames."""
SHEET_BOX = torch.tensor(
    [[0.5 - 0.46 * SHEET_HEIGHT, SHEET_FOOT - 1.05 * SHEET_HEIGHT, 0.5 + 0.46 * SHEET_HEIGHT, SHEET_FOOT]]
)


def _scene_labels(specs: list[SceneSpec]) -> dict[str, Tensor]:
    return {k: torch.tensor([words.index(getattr(s, k)) for s in specs]) for k, words in SCENE_HEADS.items()}


def _subject_labels(cast: list[SubjectSpec]) -> dict[str, Tensor]:
    labels = {k: torch.tensor([words.index(getattr(c, k)) for c in cast]) for k, words in SUBJECT_HEADS.items()}
    worn = torch.tensor([[float(any(g.item == w for g in c.wardrobe)) for w in WARDROBE] for c in cast])
    return labels | {"wardrobe": worn}


def jitter_boxes(boxes: Tensor, generator: torch.Generator, most: float = 0.05) -> Tensor:
    """Boxes [N, 4] each of whose sides is off by at most a share of their size."""
    size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    return boxes + size * (torch.rand(boxes.shape, generator=generator).to(boxes) * 2 - 1) * most


@dataclass(frozen=True)
class Stills:
    """Frames uint8 [N, 3, H, W] with boxes [N, S, 4] and who can be seen, bool [N, S]."""

    frames: Tensor
    boxes: Tensor
    visible: Tensor
    specs: list[SceneSpec]
    sheets: Tensor
    """uint8 [M, 3, s, s], the characters of ``sheeted``."""
    sheeted: list[SubjectSpec]

    @cached_property
    def pale(self) -> Tensor:
        """Which frames show somebody white; all of them where none does."""
        found = [n for n, spec in enumerate(self.specs) if any(s.colour == "white" for s in spec.subjects)]
        return torch.tensor(found or range(len(self.specs)))


def load_stills(portraits: list[Path], shards: list[Path], frames: int) -> Stills:
    """Portraits, and the character sheets of the clips."""
    pool = load_pool(portraits, ("frames", "boxes", "visible"), scene_of=portrait_scene)
    inside = visible_subjects(pool.tensors["boxes"]) & pool.tensors["visible"]
    clips = load_pool(shards, ("sheets",), scene_of=scenes_of(frames))
    drawn = [(n, s) for n, spec in enumerate(clips.specs) for s in range(len(spec.subjects))]
    sheets = clips.tensors["sheets"][[n for n, _ in drawn], [s for _, s in drawn]]
    cast = [clips.specs[n].subjects[s] for n, s in drawn]
    return Stills(pool.tensors["frames"], pool.tensors["boxes"], inside, pool.specs, sheets, cast)


def _losses(
    net: PerceptionNet, stills: Stills, generator: torch.Generator, batch: int, step: int
) -> tuple[Tensor, dict[str, float]]:
    """Subjects learn in every step, under the true labels of their scene; scenes, which cost more, in every second."""
    which = torch.randint(len(stills.specs), (batch,), generator=generator)
    pale = stills.pale[torch.randint(len(stills.pale), (round(PALE * batch),), generator=generator)]
    which[: len(pale)] = pale
    frames = augment(stills.frames[which].to(_device(net)).float() / 127.5 - 1.0, generator)
    specs = [stills.specs[i] for i in which.tolist()]
    labels = _on(_scene_labels(specs), frames.device)
    loss, figures = _subject_loss(net, stills, frames, which, specs, labels, generator)
    if step % SCENE_EVERY == 0:
        with autocast(device=frames.device.type):
            logits = net.scene(frames)
        scene = torch.stack([F.cross_entropy(logits[k].float(), v) for k, v in labels.items()]).sum()
        loss, figures["scene"] = loss + SCENE_EVERY * scene, float(scene.detach())
    return loss, figures


def _subject_loss(
    net: PerceptionNet,
    stills: Stills,
    frames: Tensor,
    which: Tensor,
    specs: list[SceneSpec],
    around: dict[str, Tensor],
    generator: torch.Generator,
) -> tuple[Tensor, dict[str, float]]:
    picks, slots = torch.nonzero(stills.visible[which], as_tuple=True)
    device = frames.device
    boxes = jitter_boxes(stills.boxes[which[picks], slots], generator).to(device)
    crops = crops_of(frames[picks.to(device)], boxes, net.config.crop)
    drawn = torch.randint(len(stills.sheeted), (max(len(which) // SHEETS, 1),), generator=generator)
    sheets = augment(stills.sheets[drawn].to(device).float() / 127.5 - 1.0, generator)
    around_sheets = jitter_boxes(SHEET_BOX.repeat(len(drawn), 1), generator).to(device)
    crops = torch.cat((crops, crops_of(sheets, around_sheets, net.config.crop)))
    mirrored = torch.rand(len(crops), 1, 1, 1, generator=generator) < 0.5
    crops = torch.where(mirrored.to(device), crops.flip(-1), crops)
    with autocast(device=device.type):
        with torch.no_grad():
            plain = net.scene(sheets)
        known = {k: _SURE * F.one_hot(v[picks.to(device)], plain[k].shape[1]).to(plain[k]) for k, v in around.items()}
        seen, identity = net.subject(crops, {k: torch.cat((v, plain[k])) for k, v in known.items()})
    cast = [specs[i].subjects[s] for i, s in zip(picks.tolist(), slots.tolist(), strict=True)]
    labels = _on(_subject_labels(cast + [stills.sheeted[i] for i in drawn.tolist()]), device)
    subject = torch.stack([F.cross_entropy(seen[k].float(), labels[k]) for k in SUBJECT_HEADS]).sum()
    worn = F.binary_cross_entropy_with_logits(seen["wardrobe"].float(), labels["wardrobe"])
    right = (seen["species"].argmax(1) == labels["species"]).float().mean()
    return subject + 4 * worn + _likeness(identity, labels), {"species": float(right)}


def _on(labels: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    return {kind: values.to(device) for kind, values in labels.items()}


def _device(net: PerceptionNet) -> torch.device:
    return net.wardrobe.weight.device


def _likeness(identity: Tensor, labels: dict[str, Tensor]) -> Tensor:
    """Pairs of one look agree, others do not (a sigmoid loss over all pairs of the batch)."""
    who = labels["species"] * 64 + labels["colour"]
    same = (who[:, None] == who[None]) & (labels["wardrobe"][:, None] == labels["wardrobe"][None]).all(-1)
    alike = (identity @ identity.T - 0.6) * _IDENTITY_SCALE
    return F.binary_cross_entropy_with_logits(alike, same.float())


def visible_subjects(boxes: Tensor) -> Tensor:
    """bool [...]: the box [..., 4] of a subject lies mostly in the frame."""
    inside = (boxes.clamp(0, 1)[..., 2:] - boxes.clamp(0, 1)[..., :2]).clamp_min(0).prod(-1)
    area = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
    return (inside > 0.6 * area) & (area > 0)


def train_perception(
    who: PerceptionRole, config: TrainConfig, portraits: list[Path], shards: list[Path], folder: Path, *, resume: bool
) -> Perception:
    """The critic learns from one part of the portraits, the examiner from the rest."""
    budget = config.critic_budget if who == "critic" else config.examiner_budget
    part = [p for i, p in enumerate(portraits) if len(portraits) == 1 or (i % 3 == 0) == (who == "critic")]
    torch.manual_seed(config.seed + (11 if who == "critic" else 23))
    net = PerceptionNet(CONFIGS[who]).to(config.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    stills = load_stills(part, shards, config.frames)
    training = Training(who, net, budget, folder, seed=config.seed + len(who))
    average = training.run(lambda step, g: _losses(net, stills, g, budget.batch, step), resume)
    net.load_state_dict(average)
    return Perception(net.cpu())


def seen_kinds(scene: SceneSpec) -> list[str]:
    """What a picture of the scene can show of it: the weather stays outside of a room."""
    return [kind for kind in SCENE_HEADS if kind != "weather" or scene.setting != "room"]


@torch.inference_mode()
def accuracy(perception: Perception, pool: Pool) -> dict[str, float]:
    """Share of held-out real clips read rightly, per kind: scene kinds, and species, colour and wardrobe
    (every item right) of each subject that is visible throughout."""
    right: dict[str, list[bool]] = {}
    visible = visible_subjects(pool.tensors["boxes"]).all(1)
    for i, spec in enumerate(pool.specs):
        frames = pool.tensors["frames"][i]
        reading = perception.scene(frames)
        for kind in seen_kinds(spec):
            right.setdefault(kind, []).append(reading.best(kind)[0] == getattr(spec, kind))
        for s, subject in enumerate(spec.subjects):
            if not visible[i, s]:
                continue
            seen = perception.subject(frames, pool.tensors["boxes"][i, :, s])
            for kind in SUBJECT_HEADS:
                right.setdefault(kind, []).append(seen.best(kind)[0] == getattr(subject, kind))
            worn = {w for w, p in seen.probabilities["wardrobe"].items() if p > 0.5}
            right.setdefault("wardrobe", []).append(worn == {g.item for g in subject.wardrobe})
    return {kind: sum(values) / len(values) for kind, values in right.items()}
