"""What is done to pixels: edits that need no transformer, and the last hand on what it drew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from omni_model.eyes.captioner import Captioner
from omni_model.eyes.perception import Perception, Reading, signal_of
from omni_model.mini.conditions.regions import inside
from omni_model.mini.edits.removal import behind, find_removal_target, holes, inpaint_hole
from omni_model.mini.edits.retouch import Retoucher, changes_of, falls_over, words_of
from omni_model.mini.imagine import Album, only
from omni_model.mini.layout import frame_chunks
from omni_model.mini.pictures import clip_of, held
from omni_model.mini.shot import ShotEncoder
from omni_model.mini.vae import pixels_of
from omni_model.motion.ballistics import FLYING
from omni_model.spec.conditioning import Conditioning
from omni_model.spec.generator import Clip


@dataclass(frozen=True)
class Retouching:
    """A retoucher at work on complete requests. ``critic`` reads the clips that are edited, ``captioner`` finds
    in them who is to be taken out."""

    retoucher: Retoucher
    encoder: ShotEncoder
    critic: Callable[[], Perception]
    captioner: Callable[[], Captioner]

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
        frames, count = clip.frames, len(clip.frames)
        parts: Iterable[Tensor] = (frames[at] for at in frame_chunks(count))
        if any(reference.entity != FLYING for reference in asked.references):
            parts = self._touched_up(frames, only(asked, FLYING.__ne__), album)
        if any(track.entity == FLYING for track in asked.tracks):
            flown = self.encoder.composites(only(asked, FLYING.__eq__), album, parts, count)
            parts = (laid.over for _, laid in flown)
        pixels = torch.empty_like(frames)
        for at, part in zip(frame_chunks(count), parts, strict=True):
            pixels[at] = as_pixels(part)
        return Clip(pixels, clip.fps)

    def _touched_up(self, clip: Tensor, asked: Conditioning, album: Album) -> Iterator[Tensor]:
        """[t, 3, H, W] in -1..1 of uint8 [T, 3, H, W], some frames at a time: with what the references show of it."""
        frames, places, plain = [], [], []
        for at, laid in self.encoder.composites(asked, album, (clip[at] for at in frame_chunks(len(clip))), len(clip)):
            untouched = laid.over == signal_of(clip[at].to(laid.over.device))
            plain.append(untouched.all(1, keepdim=True) & (laid.place != 0).any(1, keepdim=True))
            frames.append(self.retoucher.retouch_frames(clip, at, laid))
            places.append(laid.place)
        return steady(frames, places, plain)

    def _relit(self, shown: Tensor, asked: Conditioning, album: Album) -> Tensor:
        """[T, 3, H, W] in -1..1 of uint8 [T, 3, H, W]: under the words that are asked for, with whom sheets show."""
        changes, seen, clip = changes_of(asked.instruction), self.critic().scene(shown), signal_of(shown)
        laid = self.encoder.composite(asked, album, clip)
        laid = laid._replace(place=torch.zeros_like(clip))  # in which light the plate is nobody says
        frames = self.retoucher.retouch(clip, laid, words_of(seen.probabilities, changes))
        return _fallen(frames, seen, changes["weather"], asked) if "weather" in changes else frames

    def _without(self, shown: Tensor, asked: Conditioning, album: Album) -> Tensor | None:
        """[T, 3, H, W] in -1..1 of uint8 [T, 3, H, W]: without whom the instruction takes out of it."""
        found = find_removal_target(asked, shown, self.captioner, self.critic)
        if found is None:
            return None
        gone, hidden = (holes(boxes, *shown.shape[-2:]) for boxes in ([found.box], found.seen))
        seen, clip = self.critic().scene(shown), signal_of(shown)
        laid = self.encoder.composite(asked, album, clip)
        place = behind(clip, gone, hidden, laid.camera) * gone[:, None]
        laid = laid._replace(over=inpaint_hole(clip, gone, hidden, place), place=place)
        frames = self.retoucher.retouch(clip, laid, words_of(seen.probabilities, {}))
        return torch.where(gone[:, None], _fallen(frames, seen, seen.best("weather")[0], asked), clip)


def steady(frames: Sequence[Tensor], places: Sequence[Tensor], plain: Sequence[Tensor]) -> Iterator[Tensor]:
    """The parts of a clip, [t, 3, H, W] each, in one light: where they show the place alone (``plain``, bool
    [t, 1, H, W]), each channel is, on the mean of every frame, one linear function of the place for the whole clip."""
    if not any(bool(some.any()) for some in plain):
        yield from frames
        return
    counts = [some.float().sum((2, 3)).clamp_min(1.0) for some in plain]
    total = torch.stack([count.sum() for count in counts]).sum()

    def mean(like: Sequence[Tensor], pictures: Callable[[int], Tensor]) -> Tensor:
        """Of all frames, made a part at a time in memory that is laid out as ``like``."""
        made = (torch.empty_like(some).copy_(pictures(n) * plain[n].float()) for n, some in enumerate(like))
        return (torch.stack([some.sum((0, 2, 3)) for some in made]).sum(0) / total)[:, None, None]

    level, shade = mean(frames, lambda n: frames[n]), mean(places, lambda n: places[n])
    both = mean(frames, lambda n: (frames[n] - level) * (places[n] - shade))
    slope = both / mean(places, lambda n: (places[n] - shade) ** 2).clamp_min(1e-6)
    for some, place, where, count in zip(frames, places, plain, counts, strict=True):
        astray = ((some - level - slope * (place - shade)) * where.float()).sum((2, 3)) / count
        yield (some - astray[..., None, None]).clamp(-1.0, 1.0)


def as_pixels(frames: Tensor) -> Tensor:
    """uint8 pixels of frames that are pixels, or in -1..1."""
    return (pixels_of(frames) if frames.is_floating_point() else frames).cpu()


def _fallen(frames: Tensor, seen: Reading, weather: str, asked: Conditioning) -> Tensor:
    """With the rain or snow of a weather, but in a room."""
    if seen.best("setting")[0] == "room":
        return frames
    mood, style = (seen.best(kind)[0] for kind in ("mood", "style"))
    return falls_over(frames, weather, mood, style, asked.fps)
