"""A request as tensors: who is in it, where everything is at every frame, and what its pictures show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from omni_model.eyes.perception import signal_of
from omni_model.mini.conditions.layout import LayoutCondition
from omni_model.mini.conditions.references import Picture, ReferenceCondition
from omni_model.mini.conditions.staging import StagingCondition, camera_windows, staged_tracks
from omni_model.mini.conditions.state import LatentState, conditioned
from omni_model.mini.edits.retouch import Composite
from omni_model.mini.layout import FRAMES_AT_ONCE, collages, frame_chunks, grouped_frames, nearness_of
from omni_model.mini.pictures import PictureEncoder
from omni_model.mini.upscale import HINT_SCALE
from omni_model.mini.vae import GROUP, SPATIAL, VideoVAE
from omni_model.spec.conditioning import Assets, Conditioning, Reference

_HANDLE = re.compile(r"@([a-z0-9_-]+)")
_HINTS_AT_ONCE = 32
"""Frames of which hints, which are larger, are made together."""


@dataclass(frozen=True)
class ShotTensors:
    """One conditioning as tensors; F latent frames of h x w cells."""

    request: Conditioning
    entities: list[str]
    references: ReferenceCondition
    anchors: Tensor
    """[1, F, h, w, S + 1, 6]"""
    layout: Tensor | None
    """[1, F, h w, layout width]: the references where the staging puts them and the source, if there are any."""
    first: Tensor | None
    """[1, C, h, w]: latent frame 0, where it is given."""
    end: Tensor | None
    """[1, C, h, w]: a still of the last frame, or of the first of the clip that follows, where one is given."""
    source: Tensor | None
    """[1, F, C, h, w]: the clip that is edited."""
    goes_on: bool
    """Latent frame 0 belongs to the clip before, not to this shot."""
    leads_on: bool
    """``end`` is the first frame of the clip that follows, not the last of this shot."""


@dataclass(frozen=True)
class _Scene:
    """The staging of a request's frames, and its pictures: the plate and one sheet a slot, [1, 3, H, W] each."""

    tracks: Tensor
    camera: Tensor
    plate: Tensor | None
    sheets: list[Tensor | None]

    def collages(self, frames: Tensor, size: tuple[int, int], source: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Collages of some frames [t] of size H and W, before ``source`` [1, t, 3, H, W] where there is one."""
        tracks, camera = self.tracks[:, frames], self.camera[:, frames]
        return collages(self.plate, self.sheets, tracks, camera, size, source, nearness_of(self.tracks))


class ShotEncoder:
    """Makes tensors of requests, for a network with so many subject slots."""

    def __init__(self, vae: VideoVAE, slots: int) -> None:
        self.vae, self.slots = vae, slots

    def encode(self, request: Conditioning, assets: Assets) -> ShotTensors:
        """ValueError, in one line, for what a request names and is not there, or is something else."""
        look = PictureEncoder(assets, self.vae)
        roles = {item.role: item.clip for item in request.context}
        goes_on = "continue" in roles
        count = -(-(request.frames - (not goes_on)) // GROUP) + 1
        first = look.clip_end(roles["continue"], request) if goes_on else None
        if request.first_frame is not None:
            first = look.frame(request.first_frame, request)
        entities = self._entities(request)
        used = self._used(request, entities)
        tracks, camera = self._staging(request, entities, count, goes_on)
        clip = look.grouped(roles["edit"], request, count) if "edit" in roles else None
        source = None if clip is None else look.encode_groups(clip)
        end = look.frame(request.last_frame, request) if request.last_frame is not None else None
        if "precede" in roles:
            end = look.clip_start(roles["precede"], request)
        return ShotTensors(
            request=request,
            entities=entities,
            references=self._references(used, look),
            anchors=self._anchors(request, tracks, camera),
            layout=self._layout(request, used, look, (tracks, camera), clip, source),
            first=first,
            end=end,
            source=source,
            goes_on=goes_on,
            leads_on="precede" in roles,
        )

    def hints(self, request: Conditioning, assets: Assets) -> Iterator[Tensor]:
        """What the references show of every frame, some frames at a time, [t, 6, 2H, 2W] in -1..1: the place, then the
        cast; 0 is unknown."""
        scene, size = self._scene(request, assets), (HINT_SCALE * request.height, HINT_SCALE * request.width)
        for at in frame_chunks(request.frames, _HINTS_AT_ONCE):
            yield torch.cat(scene.collages(self._frames(at), size), 2)[0]

    def composites(
        self, request: Conditioning, assets: Assets, parts: Iterable[Tensor], count: int
    ) -> Iterator[tuple[slice, Composite]]:
        """Every sheet laid over a clip of so many of the request's frames, beside the plate, some frames at a time.

        ``parts`` are those of ``frame_chunks``: uint8 [t, 3, H, W], or in -1..1.
        """
        scene = self._scene(request, assets, count)
        for at, part in zip(frame_chunks(count), parts, strict=True):
            signal = part if part.is_floating_point() else signal_of(part.to(self._device))
            yield at, self._composite(scene, request, signal, at)

    def composite(self, request: Conditioning, assets: Assets, clip: Tensor) -> Composite:
        """The same of all frames at once, of a clip [T, 3, H, W] in -1..1."""
        return self._composite(self._scene(request, assets, len(clip)), request, clip, slice(0, len(clip)))

    def _composite(self, scene: _Scene, request: Conditioning, clip: Tensor, at: slice) -> Composite:
        frames = self._frames(at)
        place, cast = scene.collages(frames, (request.height, request.width), clip[None])
        return Composite(cast[0], place[0], scene.camera[0, frames])

    def _scene(self, request: Conditioning, assets: Assets, frames: int | None = None) -> _Scene:
        """Of the request's own frames, or of so many of them."""
        entities = self._entities(request)
        tracks, camera = self._staging(request, entities, -(-(request.frames - 1) // GROUP) + 1, goes_on=False)
        shown = slice(request.frames if frames is None else frames)
        pictures = self._pictures(self._used(request, entities), PictureEncoder(assets, self.vae))
        return _Scene(tracks[:, shown], camera[:, shown], *pictures)

    @property
    def _device(self) -> torch.device:
        return self.vae.mean.device

    def _frames(self, at: slice) -> Tensor:
        return torch.arange(at.start, at.stop, device=self._device)

    def _entities(self, request: Conditioning) -> list[str]:
        """Who has slot 1, 2, ...: the caption's handles in order, then those who are only shown or staged."""
        shown = [reference.entity for reference in request.references if reference.role == "sheet"]
        staged = [track.entity for track in request.tracks]
        names = list(dict.fromkeys([*_HANDLE.findall(request.caption), *shown, *staged]))
        slots = self.slots
        if late := [name for name in shown if name not in names[:slots]]:
            raise ValueError(f"{', '.join(late)}: omni-mini draws at most {slots} subjects")
        return names[:slots]

    @staticmethod
    def _used(request: Conditioning, entities: list[str]) -> dict[int, Reference]:
        """By slot, the plate (0) and one sheet per subject; the network has learned no other references."""
        used: dict[int, Reference] = {}
        for reference in request.references:
            if reference.role != "style" and reference.weight > 0:
                used.setdefault(0 if reference.role == "plate" else entities.index(reference.entity) + 1, reference)
        return dict(sorted(used.items()))

    def _references(self, used: dict[int, Reference], look: PictureEncoder) -> ReferenceCondition:
        weights = {slot: torch.tensor([reference.weight], device=self._device) for slot, reference in used.items()}
        return ReferenceCondition({slot: Picture(look.still(used[slot].image), weights[slot]) for slot in used})

    def _pictures(self, used: dict[int, Reference], look: PictureEncoder) -> tuple[Tensor | None, list[Tensor | None]]:
        """The plate and one sheet per slot, each [1, 3, H, W], where there are any."""
        found = {slot: look.picture(reference.image) for slot, reference in used.items()}
        return found.get(0), [found.get(slot) for slot in range(1, self.slots + 1)]

    def _layout(
        self,
        request: Conditioning,
        used: dict[int, Reference],
        look: PictureEncoder,
        staging: tuple[Tensor, Tensor],
        clip: Tensor | None,
        source: Tensor | None,
    ) -> Tensor | None:
        """[1, F, h w, LAYERS C], from the staging at every frame; the clip that is edited, uint8 [1, F, 4, 3, H, W],
        and its latents."""
        plate, sheets = self._pictures(used, look)
        if plate is None and source is None and not request.tracks:
            return None
        count = (staging[0].shape[1] - 1) // GROUP + 1
        grouped = grouped_frames(torch.arange(count, device=self._device))
        scene = _Scene(staging[0][:, grouped], staging[1][:, grouped], plate, sheets)
        parts = []
        for at in frame_chunks(count, FRAMES_AT_ONCE // GROUP):
            frames = self._frames(slice(GROUP * at.start, GROUP * at.stop))
            shown = None if clip is None else signal_of(clip[:, at].flatten(1, 2))
            pictures = scene.collages(frames, (request.height, request.width), shown)
            some = None if source is None else source[:, at]
            rows = conditioned(LatentState(self.slots), LayoutCondition(self.vae, pictures, some)).layout
            assert rows is not None
            parts.append(rows.view(1, at.stop - at.start, -1, rows.shape[-1]))
        return torch.cat(parts, 1)

    def _staging(self, request: Conditioning, entities: list[str], count: int, goes_on: bool) -> tuple[Tensor, Tensor]:
        """Tracks [1, T, S, TRACK] and camera [1, T, 3] at every frame of ``count`` latent frames."""
        frames = self._frames(slice(0, GROUP * (count - 1) + 1)) - int(goes_on)
        times = (frames / max(request.frames - 1, 1)).clamp(0.0, 1.0)
        tracks = staged_tracks(request.tracks, entities, self.slots, times, frames / request.fps)
        return tracks, camera_windows(request.camera, times)

    def _anchors(self, request: Conditioning, tracks: Tensor, camera: Tensor) -> Tensor:
        """[1, F, h, w, S + 1, 6] for the cells of latents."""
        cells = request.height // SPATIAL, request.width // SPATIAL
        placed = not request.caption.startswith("character sheet:")
        staging = StagingCondition(tracks, camera, cells, request.width / request.height, placed)
        anchors = staging.apply(LatentState(self.slots)).anchors
        assert anchors is not None
        return anchors
