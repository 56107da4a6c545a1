"""Training of the networks that look: the critic and the examiner, apart in seed, shape and data."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.perception import (
    SCENE_HEADS,
    SUBJECT_HEADS,
    Perception,
    PerceptionConfig,
    PerceptionNet,
    Who,
    crops_of,
)
from omni_model.train.config import TrainConfig
from omni_model.train.data import Pool, load_pool
from omni_model.train.loop import Training
from omni_model.vocabulary import WARDROBE
from omni_model.world.spec import SceneSpec

CONFIGS: dict[Who, PerceptionConfig] = {
    "critic": PerceptionConfig(widths=(24, 48, 96, 160), pooling="max"),
    "examiner": PerceptionConfig(widths=(32, 64, 128, 192), pooling="mean"),
}
_IDENTITY_SCALE = 12.0


def _scene_labels(specs: list[SceneSpec]) -> dict[str, Tensor]:
    return {k: torch.tensor([words.index(getattr(s, k)) for s in specs]) for k, words in SCENE_HEADS.items()}


def _subject_labels(specs: list[SceneSpec], which: list[int]) -> dict[str, Tensor]:
    cast = [s.subjects[i] for s, i in zip(specs, which, strict=True)]
    labels = {k: torch.tensor([words.index(getattr(c, k)) for c in cast]) for k, words in SUBJECT_HEADS.items()}
    worn = torch.tensor([[float(any(g.item == w for g in c.wardrobe)) for w in WARDROBE] for c in cast])
    return labels | {"wardrobe": worn}


def augmented(frames: Tensor, generator: torch.Generator) -> Tensor:
    """Frames [N, 3, H, W] in -1..1 as a generator might render them: a little soft, a little noisy."""
    n = len(frames)
    soft = F.avg_pool2d(F.pad(frames, (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = torch.rand(n, 1, 1, 1, generator=generator) * (torch.rand(n, 1, 1, 1, generator=generator) < 0.5)
    noise = torch.randn(frames.shape, generator=generator) * torch.rand(n, 1, 1, 1, generator=generator) * 0.06
    return (torch.lerp(frames, soft, share) + noise).clamp(-1, 1)


def jittered(boxes: Tensor, generator: torch.Generator) -> Tensor:
    """Boxes [N, 4] moved and scaled by a few percent of their size."""
    size = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    return boxes + size * (torch.rand(boxes.shape, generator=generator) - 0.5) * 0.10


def _losses(
    net: PerceptionNet, pool: Pool, visible: Tensor, generator: torch.Generator, batch: int
) -> tuple[Tensor, dict[str, float]]:
    which = torch.randint(len(pool), (batch,), generator=generator)
    at = torch.randint(pool.tensors["frames"].shape[1], (batch,), generator=generator)
    frames = augmented(pool.tensors["frames"][which, at].float() / 127.5 - 1.0, generator)
    specs = [pool.specs[i] for i in which.tolist()]
    with torch.autocast("cpu", torch.bfloat16):
        logits, features = net.scene(frames)
    scene = torch.stack([F.cross_entropy(logits[k].float(), v) for k, v in _scene_labels(specs).items()]).sum()
    rows = [
        (i, s)
        for i, (w, t) in enumerate(zip(which.tolist(), at.tolist(), strict=True))
        for s in range(len(specs[i].subjects))
        if visible[w, t, s]
    ]
    picks, slots = [i for i, _ in rows], [s for _, s in rows]
    boxes = jittered(pool.tensors["boxes"][which[picks], at[picks], slots].float(), generator)
    crops = crops_of(frames[picks], boxes, net.config.crop)
    with torch.autocast("cpu", torch.bfloat16):
        seen, identity = net.subject(crops, features[picks])
    labels = _subject_labels([specs[i] for i in picks], slots)
    subject = torch.stack([F.cross_entropy(seen[k].float(), labels[k]) for k in SUBJECT_HEADS]).sum()
    worn = F.binary_cross_entropy_with_logits(seen["wardrobe"].float(), labels["wardrobe"])
    who = labels["species"] * 64 + labels["colour"]
    same = (who[:, None] == who[None]) & (labels["wardrobe"][:, None] == labels["wardrobe"][None]).all(-1)
    alike = identity @ identity.T * _IDENTITY_SCALE
    likeness = F.binary_cross_entropy_with_logits(alike - 0.6 * _IDENTITY_SCALE, same.float())
    right = (seen["species"].argmax(1) == labels["species"]).float().mean()
    return scene + subject + 4 * worn + likeness, {"scene": float(scene.detach()), "species": float(right)}


def visible_subjects(pool: Pool) -> Tensor:
    """bool [N, T, S]: the subject's box lies mostly in the frame."""
    boxes = pool.tensors["boxes"]
    inside = (boxes.clamp(0, 1)[..., 2:] - boxes.clamp(0, 1)[..., :2]).clamp_min(0).prod(-1)
    area = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
    return (inside > 0.6 * area) & (area > 0)


def train_perception(who: Who, config: TrainConfig, shards: list[Path], folder: Path, *, resume: bool) -> Perception:
    """The critic learns from one half of the scenes, the examiner from the other."""
    budget = config.critic_budget if who == "critic" else config.examiner_budget
    half = shards[0::2] if who == "critic" or len(shards) < 2 else shards[1::2]
    torch.manual_seed(config.seed + (11 if who == "critic" else 23))
    net = PerceptionNet(CONFIGS[who]).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    pool = load_pool(half, ("frames", "boxes"), frames=config.frames)
    visible = visible_subjects(pool)
    training = Training(who, net, budget, folder, seed=config.seed + len(who))
    average = training.run(lambda _, g: _losses(net, pool, visible, g, budget.batch), resume)
    net.load_state_dict(average)
    return Perception(net)


@torch.inference_mode()
def accuracy(perception: Perception, pool: Pool) -> dict[str, float]:
    """Share of held-out real clips read rightly, per kind: scene kinds, and species, colour and wardrobe
    (every item right) of each subject that is visible throughout."""
    right: dict[str, list[bool]] = {}
    visible = visible_subjects(pool).all(1)
    for i, spec in enumerate(pool.specs):
        frames = pool.tensors["frames"][i]
        reading = perception.scene(frames)
        for kind in SCENE_HEADS:
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
