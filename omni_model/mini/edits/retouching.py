"""What is done to pixels: edits that need no transformer, and the last hand on what it drew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from omni_model.eyes.captioner import Captioner
from omni_model.eyes.perception import Perception, Reading, signal_of
from omni_model.mini.drawing import inside
from omni_model.mini.edits.removal import behind, closed, holes, taken
from omni_model.mini.edits.retouch import Retoucher, changes_of, falls_over, words_of
from omni_model.mini.imagine import Album, only
from omni_model.mini.pictures import clip_of, held
from omni_model.mini.shot import Preparing
from omni_model.mini.vae import pixels_of
from omni_model.motion.ballistics import FLYING
from omni_model.spec.conditioning import Conditioning
from omni_model.spec.generator import Clip


@dataclass(frozen=True)
class Retouching:
    """A retoucher at work on complete requests. ``critic`` reads the clips that are edited."""

    retoucher: Retoucher
    preparing: Preparing
    critic: Callable[[], Perception]

    def edited(self, asked: Conditioning, album: Album) -> Clip | None:
        """The clip that the request edits, as it asks; None where there is none, and where the transformer must: the
        retoucher has no words for it, no sheet shows it, and nobody is found who is to go."""
        source = next((item.clip for item in asked.context if item.role == "edit"), None)
        if source is None:
            return None
        shown = held(clip_of(album, source, asked), asked.frames)
        brought = any(reference.role == "sheet" for reference in asked.references)
        relit = brought or changes_of(asked.instruction)
        frames = self._relit(shown, asked, album) if relit else self._without(shown, asked, album)
        if frames is None:
            return None
        if asked.regions:
            frames = torch.where(inside(asked.regions, *shown.shape[-2:]), frames, signal_of(shown))
        return Clip(pixels_of(frames), asked.fps)

    def finished(self, clip: Clip, asked: Conditioning, album: Album) -> Clip:
        """A drawn clip with what the references show of it, where there are any and it edits nothing; and with what was
        in the air before it: so fast a thing is lost among four frames that share a latent."""
        if any(item.role == "edit" for item in asked.context):
            return clip
        frames = signal_of(clip.frames)
        if any(reference.entity != FLYING for reference in asked.references):
            laid = self.preparing.laid(only(asked, FLYING.__ne__), album, frames)
            plain = (laid.over == frames).all(1, keepdim=True) & (laid.place != 0).any(1, keepdim=True)
            frames = steady(self.retoucher.retouch(frames, laid), laid.place, plain)
        if any(track.entity == FLYING for track in asked.tracks):
            frames = self.preparing.laid(only(asked, FLYING.__eq__), album, frames).over
        return Clip(pixels_of(frames), clip.fps)

    def _relit(self, shown: Tensor, asked: Conditioning, album: Album) -> Tensor:
        """[T, 3, H, W] in -1..1 of uint8 [T, 3, H, W]: under the words that are asked for, with whom sheets show."""
        changes, seen, clip = changes_of(asked.instruction), self.critic().scene(shown), signal_of(shown)
        laid = self.preparing.laid(asked, album, clip)
        laid = laid._replace(place=torch.zeros_like(clip))  # in which light the plate is nobody says
        frames = self.retoucher.retouch(clip, laid, words_of(seen.probabilities, changes))
        return _fallen(frames, seen, changes["weather"], asked) if "weather" in changes else frames

    def _without(self, shown: Tensor, asked: Conditioning, album: Album) -> Tensor | None:
        """[T, 3, H, W] in -1..1 of uint8 [T, 3, H, W]: without whom the instruction takes out of it."""
        found = taken(asked, shown, _captioner, self.critic)
        if found is None:
            return None
        gone, hidden = (holes(boxes, *shown.shape[-2:]) for boxes in ([found.box], found.seen))
        seen, clip = self.critic().scene(shown), signal_of(shown)
        laid = self.preparing.laid(asked, album, clip)
        place = behind(clip, gone, hidden, laid.camera) * gone[:, None]
        laid = laid._replace(over=closed(clip, gone, hidden, place), place=place)
        frames = self.retoucher.retouch(clip, laid, words_of(seen.probabilities, {}))
        return torch.where(gone[:, None], _fallen(frames, seen, seen.best("weather")[0], asked), clip)


def steady(frames: Tensor, place: Tensor, plain: Tensor) -> Tensor:
    """Frames [T, 3, H, W] in one light: where they show the ``place`` alone (``plain``, bool [T, 1, H, W]), each
    channel is, on the mean of every frame, one linear function of the place's for the whole clip."""
    seen = plain.float()
    count = seen.sum((2, 3)).clamp_min(1.0)
    if not plain.any():
        return frames

    def mean(pictures: Tensor) -> Tensor:
        return (pictures * seen).sum((0, 2, 3)) / count.sum()

    off, bright = frames - mean(frames)[:, None, None], place - mean(place)[:, None, None]
    slope = mean(off * bright) / mean(bright**2).clamp_min(1e-6)
    astray = ((off - slope[:, None, None] * bright) * seen).sum((2, 3)) / count
    return (frames - astray[..., None, None]).clamp(-1.0, 1.0)


def _fallen(frames: Tensor, seen: Reading, weather: str, asked: Conditioning) -> Tensor:
    """With the rain or snow of a weather, but in a room."""
    if seen.best("setting")[0] == "room":
        return frames
    mood, style = (seen.best(kind)[0] for kind in ("mood", "style"))
    return falls_over(frames, weather, mood, style, asked.fps)


@cache
def _captioner() -> Captioner:
    """The network that finds in a clip who is to be taken out of it."""
    return Captioner.load()
