"""The retoucher: the last hand on a clip, frame by frame, where pixels are sharp and nothing moves that should not.

A small convolutional network that sees what was laid over the clip, in light that is not yet the clip's, and what is
known of the place. It puts a clip under the light, weather, mood and style that an edit asks for, told in words what
the clip shows and what it is to show; what falls, rain or snow, comes last, as in the world. It closes the hole that
somebody leaves who is taken away. And it finishes what the transformer drew: four frames share a latent, which knows
less of a face than its sheet does.

Shapes: T frames of H x W pixels, K words.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, NamedTuple, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from omni_model.eyes.perception import SCENE_HEADS, signal_of
from omni_model.mini.rows import TRACK, coordinates
from omni_model.mini.upscale import neighbours
from omni_model.motion.light import falling, grade
from omni_model.spec.conditioning import Frozen
from omni_model.spec.instructions import SCENE_ATTRIBUTES, Instruction, SetScene
from omni_model.weights.io import EVERYTHING, load_network, save_weights
from omni_model.weights.precision import autocast

WORDS = sum(len(words) for words in SCENE_HEADS.values()) + sum(len(SCENE_HEADS[kind]) for kind in SCENE_ATTRIBUTES)
_SEEN = 3 * 3 + 3 + 1 + 4 + 3
"""Of a pixel: three frames of the clip, what is laid, whether anything is, where it is in frame and place, and what is
known of the place there."""
_FOLD = 2
_CHUNK = 8
"""Frames retouched at once."""


class Composite(NamedTuple):
    """What is known of every frame of a clip: pictures [T, 3, H, W] in -1..1."""

    over: Tensor
    """The clip with pictures laid over it."""
    place: Tensor
    """The place alone; 0 where nothing is known of it."""
    camera: Tensor
    """[T, 3]: x, y and zoom of the window on the place."""


_Widths = Annotated[tuple[Annotated[int, Field(ge=8, le=512)], ...], Field(min_length=1, max_length=8)]


class RetouchConfig(Frozen):
    widths: _Widths = (48, 96, 128)
    """Of the levels, from half the resolution of the frames down."""


class _Block(nn.Module):
    """A residual pair of convolutions whose middle the words scale and shift; it begins as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.told = nn.Linear(WORDS, 2 * width)
        nn.init.zeros_(self.b.weight)
        nn.init.zeros_(self.told.weight)

    def forward(self, x: Tensor, words: Tensor) -> Tensor:
        scale, shift = self.told(words)[..., None, None].chunk(2, 1)
        y: Tensor = self.b(F.relu(torch.addcmul(shift, self.a(F.relu(x)), 1 + scale)))
        return x + y


class RetouchNet(nn.Module):
    """A U-shaped network (Ronneberger et al., arXiv:1505.04597) from half the resolution down."""

    def __init__(self, config: RetouchConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        pairs = list(pairwise(widths))
        self.read = nn.Conv2d(_SEEN * _FOLD**2, widths[0], 3, padding=1)
        self.before = nn.ModuleList(_Block(width) for width in widths)
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in pairs)
        self.up = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairs)
        self.after = nn.ModuleList(_Block(width) for width in widths)
        self.write = nn.Conv2d(widths[0], 3 * _FOLD**2, 3, padding=1)
        for zero in (self.write.weight, cast(Tensor, self.write.bias)):
            nn.init.zeros_(zero)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, frames: Tensor, laid: Composite, words: Tensor) -> Tensor:
        """``frames`` [B, 3, 3, H, W] (before, this, after) in -1..1, what is ``laid`` over B of them, and ``words``
        [B, K] -> [B, 3, H, W]. H and W are multiples of 8."""
        put = (laid.over != frames[:, 1]).any(1, keepdim=True).to(frames)
        where = _places(laid.camera, *frames.shape[-2:])
        seen = torch.cat([frames.flatten(1, 2), laid.over, put, where, laid.place], 1)
        x = self.read(F.pixel_unshuffle(seen, _FOLD).contiguous(memory_format=torch.channels_last))
        finer: list[Tensor] = []
        for block, down in zip(self.before, [*self.down, None], strict=True):
            x = block(x, words)
            if down is not None:
                finer.append(x)
                x = down(x)
        x = self.after[-1](x, words)
        for up, block, fine in reversed(list(zip(self.up, self.after, finer, strict=False))):
            x = block(fine + F.interpolate(up(x), size=fine.shape[-2:], mode="nearest"), words)
        change: Tensor = F.pixel_shuffle(self.write(F.relu(x)), _FOLD)
        return laid.over + change


def _places(camera: Tensor, height: int, width: int) -> Tensor:
    """Where pixels are in the frame and, under the camera [B, 3], in the place: [B, 4, H, W], -1..1 within."""
    nobody = torch.zeros(len(camera), 1, 0, TRACK, device=camera.device)
    still = torch.tensor((0.5, 0.5, 1.0), device=camera.device).expand_as(camera)
    frame, place = (
        coordinates(window[:, None], nobody, height, width, width / height)[:, 0, ..., 0, :]
        for window in (still, camera)
    )
    return torch.cat([frame, place], -1).movedim(-1, 1) * 2 - 1


def changes_of(instruction: Instruction | None) -> dict[str, str]:
    """The words that an instruction asks for, by kind; nothing where it asks for something else."""
    match instruction:
        case SetScene(attribute=kind, value=word) if word in SCENE_HEADS[kind]:
            return {kind: word}
    return {}


def words_of(probabilities: dict[str, dict[str, float]], changes: dict[str, str]) -> Tensor:
    """[K]: what is seen and what is to be seen, as ``probabilities`` by kind and word."""
    was = [p for kind in SCENE_HEADS for p in probabilities[kind].values()]
    wanted = [
        float(word == changes[kind]) if kind in changes else p
        for kind in SCENE_ATTRIBUTES
        for word, p in probabilities[kind].items()
    ]
    return torch.tensor(was + wanted)


def falls_over(frames: Tensor, weather: str, mood: str, style: str, fps: float) -> Tensor:
    """Frames [T, 3, H, W] in -1..1 of a mood and style with the rain or snow of a weather, as the world lets it fall.

    The grade of a frame is affine in its colours: what falls is graded apart, before black.
    """
    seconds, black = torch.arange(len(frames), device=frames.device) / fps, torch.zeros_like(frames.movedim(1, -1))
    drops = falling(black, weather, seconds)
    open_share = falling(black + 1.0, weather, seconds) - drops
    lit = (frames.movedim(1, -1) + 1.0) / 2 - grade(black, mood, style)
    return ((open_share * lit + grade(drops, mood, style)) * 2 - 1).movedim(-1, 1)


class Retoucher:
    """A trained network that retouches clips. ``digest`` names its weights."""

    def __init__(self, net: RetouchNet, digest: str = "") -> None:
        self.net = net.eval().requires_grad_(False)
        self.digest = digest

    @classmethod
    def load(cls, path: Path) -> Retoucher:
        """Raises WeightsError, and MissingWeights without the file."""
        net, _, digest = load_network(path, RetouchConfig, RetouchNet)
        return cls(net, digest)

    def save(self, path: Path) -> None:
        """Writes what :meth:`load` reads."""
        save_weights(path, self.net, self.net.config, as_bytes=EVERYTHING)

    @torch.inference_mode()
    def retouch(self, clip: Tensor, laid: Composite, words: Tensor | None = None) -> Tensor:
        """``clip`` [T, 3, H, W] in -1..1 and ``words`` [K] -> [T, 3, H, W]; without words the clip is finished."""
        return self.retouch_frames(clip, slice(0, len(clip)), laid, words)

    @torch.inference_mode()
    def retouch_frames(self, clip: Tensor, at: slice, laid: Composite, words: Tensor | None = None) -> Tensor:
        """The frames ``at`` some place in a clip alone, [t, 3, H, W]; ``laid`` is of them. The clip may be uint8."""
        told, parts = torch.zeros(WORDS, device=laid.over.device) if words is None else words, []
        for begin in range(at.start, at.stop, _CHUNK):
            here = slice(begin, min(begin + _CHUNK, at.stop))
            some = slice(begin - at.start, here.stop - at.start)
            seen = neighbours(clip, here).to(laid.over.device)
            seen = seen if seen.is_floating_point() else signal_of(seen)
            with autocast(device=seen.device.type):
                out = self.net(seen, Composite(*(part[some] for part in laid)), told.expand(len(seen), -1))
            parts.append(out.float().clamp(-1.0, 1.0))
        return torch.cat(parts)
