"""Networks that look at frames and say what they show. The critic works for the agent, the examiner reports.

Shape legend: N frames, H/W pixels, D embedding width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from omni_model.spec.conditioning import Frozen
from omni_model.spec.vocabulary import COLOURS, MOODS, SETTINGS, SPECIES, STYLES, TIMES, WARDROBE, WEATHERS
from omni_model.weights.io import SHIPPED, load_network, save_weights

PerceptionRole = Literal["critic", "examiner"]

SCENE_HEADS: dict[str, tuple[str, ...]] = {
    "setting": SETTINGS,
    "time": TIMES,
    "weather": WEATHERS,
    "mood": MOODS,
    "style": STYLES,
}
SUBJECT_HEADS: dict[str, tuple[str, ...]] = {"species": SPECIES, "colour": COLOURS}
_FRAMES_READ = 9


#: Channels of a convolution, or of the input of a linear map.
LayerWidth = Annotated[int, Field(ge=1, le=4096)]
#: Of one level after the other.
LevelWidths = Annotated[tuple[LayerWidth, ...], Field(min_length=1, max_length=8)]


class PerceptionConfig(Frozen):
    """``pooling`` 'mean' or 'max' and the widths make two networks fail differently."""

    widths: LevelWidths = (32, 64, 128, 192)
    blocks: Annotated[int, Field(ge=0, le=16)] = 1
    pooling: Literal["mean", "max"] = "mean"
    crop: Annotated[int, Field(ge=8, le=512)] = 48
    embedding: LayerWidth = 64


@dataclass(frozen=True)
class Reading:
    """What was seen: kind -> word -> probability 0..1, averaged over the frames read."""

    probabilities: dict[str, dict[str, float]]
    frames: int

    def best(self, kind: str) -> tuple[str, float]:
        """The likeliest word of a kind and its probability. KeyError for a kind that was not read."""
        return max(self.probabilities[kind].items(), key=lambda item: item[1])


class ResidualBlock(nn.Module):
    """A residual pair of convolutions of one width; it begins as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.b.weight)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.b(F.relu(self.a(F.relu(x))))
        return x + y


class Trunk(nn.Module):
    """[N, 3, H, W] in -1..1 -> features [N, widths[-1]]."""

    def __init__(self, config: PerceptionConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width in config.widths:
            layers.append(nn.Conv2d(before, width, 3, stride=2, padding=1))
            if before > 3:  # none at the finest level, where they cost most and tell least
                layers.extend(ResidualBlock(width) for _ in range(config.blocks))
            layers.append(nn.ReLU())
            before = width
        self.layers = nn.Sequential(*layers)
        self.pooling = config.pooling

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x.to(memory_format=torch.channels_last))
        return y.mean((2, 3)) if self.pooling == "mean" else y.amax((2, 3))


class PerceptionNet(nn.Module):
    """Scene heads read whole frames. Subject heads read the crop of a box, and of its frame only what the scene
    heads make of it: enough to know the light, too little to recognise the scene by heart."""

    def __init__(self, config: PerceptionConfig) -> None:
        super().__init__()
        self.config = config
        width, context = config.widths[-1], sum(len(words) for words in SCENE_HEADS.values())
        self.scene_trunk, self.subject_trunk = Trunk(config), Trunk(config)
        self.join = nn.Sequential(nn.Linear(width + context, width), nn.ReLU())
        self.scene_heads = nn.ModuleDict({k: nn.Linear(width, len(v)) for k, v in SCENE_HEADS.items()})
        self.subject_heads = nn.ModuleDict({k: nn.Linear(width, len(v)) for k, v in SUBJECT_HEADS.items()})
        self.wardrobe = nn.Linear(width, len(WARDROBE))
        self.identity = nn.Linear(width, config.embedding)

    def scene(self, frames: Tensor) -> dict[str, Tensor]:
        """Logits per kind, from frames [N, 3, H, W] in -1..1."""
        features = self.scene_trunk(frames)
        return {k: head(features) for k, head in self.scene_heads.items()}

    def subject(self, crops: Tensor, scene: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        """Logits per kind (wardrobe: independent) and unit embeddings [N, D]; ``scene``: the logits of the frames."""
        light = torch.cat([torch.softmax(v.detach().float(), dim=1) for v in scene.values()], dim=1)
        features = self.subject_trunk(crops)
        joint = self.join(torch.cat((features, light.to(features.dtype)), dim=1))
        logits = {k: head(joint) for k, head in self.subject_heads.items()}
        return logits | {"wardrobe": self.wardrobe(joint)}, F.normalize(self.identity(joint).float(), dim=1)


def crops_of(frames: Tensor, boxes: Tensor, size: int, margin: float = 1.2) -> Tensor:
    """The square around each box [N, 4] (x0 y0 x1 y1, 0..1) of frames [N, 3, H, W], resized: [N, 3, size, size]."""
    height, width = frames.shape[-2:]
    cx, cy = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    side = torch.maximum((boxes[:, 2] - boxes[:, 0]) * width, (boxes[:, 3] - boxes[:, 1]) * height) * margin
    line = torch.linspace(-0.5, 0.5, size, device=boxes.device)
    gx = (cx * 2 - 1)[:, None, None] + (side / width * 2)[:, None, None] * line[None, None, :]
    gy = (cy * 2 - 1)[:, None, None] + (side / height * 2)[:, None, None] * line[None, :, None]
    grid = torch.stack((gx.expand(-1, size, -1), gy.expand(-1, -1, size)), dim=-1)
    return F.grid_sample(frames, grid, padding_mode="border", align_corners=False)


class Perception:
    """A trained network that reads clips. ``digest`` names its weights."""

    def __init__(self, net: PerceptionNet, digest: str = "") -> None:
        self.net = net.eval()
        self.digest = digest

    @classmethod
    def load(cls, who: PerceptionRole, folder: Path = SHIPPED) -> Perception:
        """Raises WeightsError, and MissingWeights without the file."""
        net, _, digest = load_network(folder / f"{who}.safetensors", PerceptionConfig, PerceptionNet)
        return cls(net, digest)

    def save(self, path: Path) -> None:
        """Writes what :meth:`load` reads."""
        save_weights(path, self.net, self.net.config)

    @torch.inference_mode()
    def scene(self, frames: Tensor) -> Reading:
        """Setting, time, weather, mood and style of a clip uint8 [T, 3, H, W]."""
        picked = _picked(len(frames))
        logits = self.net.scene(both_ways(signal_of(frames[picked])))
        return Reading({k: _mean_softmax(v, SCENE_HEADS[k]) for k, v in logits.items()}, len(picked))

    @torch.inference_mode()
    def subject(self, frames: Tensor, boxes: Tensor) -> Reading:
        """Species, colour and wardrobe of the subject in boxes [T, 4] of a clip uint8 [T, 3, H, W].

        Wardrobe probabilities are independent of one another.
        """
        logits, _, count = self._subject(frames, boxes)
        seen = {k: _mean_softmax(logits[k], words) for k, words in SUBJECT_HEADS.items()}
        worn = torch.sigmoid(logits["wardrobe"].float()).mean(0).tolist()
        return Reading(seen | {"wardrobe": dict(zip(WARDROBE, worn, strict=True))}, count)

    @torch.inference_mode()
    def embedding(self, frames: Tensor, boxes: Tensor) -> Tensor:
        """Identity of the subject in the boxes: unit vector [D]; cosine near 1 means the same character."""
        return F.normalize(self._subject(frames, boxes)[1].mean(0), dim=0)

    def _subject(self, frames: Tensor, boxes: Tensor) -> tuple[dict[str, Tensor], Tensor, int]:
        picked = _picked(len(frames))
        signal = signal_of(frames[picked])
        crops = crops_of(signal, boxes[picked].float(), self.net.config.crop)
        logits, identity = self.net.subject(both_ways(crops), self.net.scene(both_ways(signal)))
        return logits, identity, len(picked)


def _picked(count: int) -> list[int]:
    """Up to nine frame indices, evenly spread."""
    n = min(count, _FRAMES_READ)
    return [round(i * (count - 1) / max(n - 1, 1)) for i in range(n)]


def signal_of(frames: Tensor) -> Tensor:
    """uint8 pixels as networks read them, -1..1."""
    return frames.float() / 127.5 - 1.0


def both_ways(pictures: Tensor) -> Tensor:
    """[N, 3, H, W] -> [2N, 3, H, W]: the pictures, and the pictures in a mirror. What they show stays the same."""
    return torch.cat([pictures, pictures.flip(-1)])


def in_mirror(boxes: Tensor) -> Tensor:
    """Boxes [..., 4], x0 y0 x1 y1, 0..1, where they are in a mirror."""
    left, top, right, bottom = boxes.unbind(-1)
    return torch.stack((1 - right, top, 1 - left, bottom), -1)


def _mean_softmax(logits: Tensor, words: Sequence[str]) -> dict[str, float]:
    return dict(zip(words, torch.softmax(logits.float(), dim=1).mean(0).tolist(), strict=True))
