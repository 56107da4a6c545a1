"""A request as tensors: who is in it, where everything is at every frame, and what its pictures show."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import Tensor

from omni_model.mini.edits.retouch import Laid
from omni_model.mini.layout import collages, grouped_frames, layout_rows
from omni_model.mini.pictures import Pictures
from omni_model.mini.rows import TRACK, Rows, reference_rows, sample_keys, target_anchors
from omni_model.mini.upscale import HINT_SCALE
from omni_model.mini.vae import GROUP, SPATIAL, VideoVAE
from omni_model.motion.poses import body_motion
from omni_model.spec.conditioning import Assets, Conditioning, Reference

_HANDLE = re.compile(r"@([a-z0-9_-]+)")


@dataclass(frozen=True)
class Shot:
    """One conditioning as tensors; F latent frames of h x w cells."""

    asked: Conditioning
    entities: list[str]
    references: Rows | None
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


class Preparing:
    """Makes shots of requests, for a network with so many subject slots."""

    def __init__(self, vae: VideoVAE, slots: int) -> None:
        self.vae, self.slots = vae, slots

    def shot(self, asked: Conditioning, assets: Assets) -> Shot:
        look = Pictures(assets, self.vae)
        roles = {item.role: item.clip for item in asked.context}
        goes_on = "continue" in roles
        count = -(-(asked.frames - (not goes_on)) // GROUP) + 1
        first = look.clip_end(roles["continue"], asked) if goes_on else None
        if asked.first_frame is not None:
            first = look.frame(asked.first_frame, asked)
        entities = self._entities(asked)
        used = self._used(asked, entities)
        tracks, camera = self._staging(asked, entities, count, goes_on)
        clip = look.clip(roles["edit"], asked, count) if "edit" in roles else None
        source = None if clip is None else self.vae.encode(clip)
        end = look.frame(asked.last_frame, asked) if asked.last_frame is not None else None
        if "precede" in roles:
            end = look.clip_start(roles["precede"], asked)
        return Shot(
            asked=asked,
            entities=entities,
            references=self._references(used, look),
            anchors=self._anchors(asked, tracks, camera),
            layout=self._layout(asked, self._pictures(used, look), tracks, camera, clip, source),
            first=first,
            end=end,
            source=source,
            goes_on=goes_on,
            leads_on="precede" in roles,
        )

    def hints(self, asked: Conditioning, assets: Assets) -> Tensor:
        """What the references show of every frame, [T, 6, 2H, 2W] in -1..1: the place, then the cast; 0 is unknown."""
        entities, look = self._entities(asked), Pictures(assets, self.vae)
        used = self._used(asked, entities)
        tracks, camera = self._staging(asked, entities, -(-(asked.frames - 1) // GROUP) + 1, goes_on=False)
        shown, size = slice(asked.frames), (HINT_SCALE * asked.height, HINT_SCALE * asked.width)
        pictures = self._pictures(used, look)
        return torch.cat(collages(*pictures, tracks[:, shown], camera[:, shown], size), 2)[0]

    def laid(self, asked: Conditioning, assets: Assets, clip: Tensor) -> Laid:
        """Every sheet laid over a clip of the request's frames, [T, 3, H, W] in -1..1, beside the plate."""
        entities = self._entities(asked)
        tracks, camera = self._staging(asked, entities, -(-(asked.frames - 1) // GROUP) + 1, goes_on=False)
        tracks, camera = tracks[:, : len(clip)], camera[:, : len(clip)]
        pictures = self._pictures(self._used(asked, entities), Pictures(assets, self.vae))
        place, cast = collages(*pictures, tracks, camera, (asked.height, asked.width), clip[None])
        return Laid(cast[0], place[0], camera[0])

    def _entities(self, asked: Conditioning) -> list[str]:
        """Who has slot 1, 2, ...: the caption's handles in order, then those who are only shown or staged."""
        shown = [reference.entity for reference in asked.references if reference.role == "sheet"]
        staged = [track.entity for track in asked.tracks]
        names = list(dict.fromkeys([*_HANDLE.findall(asked.caption), *shown, *staged]))
        slots = self.slots
        if late := [name for name in shown if name not in names[:slots]]:
            raise ValueError(f"{', '.join(late)}: omni-mini draws at most {slots} subjects")
        return names[:slots]

    @staticmethod
    def _used(asked: Conditioning, entities: list[str]) -> dict[int, Reference]:
        """By slot, the plate (0) and one sheet per subject; the network has learned no other references."""
        used: dict[int, Reference] = {}
        for reference in asked.references:
            if reference.role != "style" and reference.weight > 0:
                used.setdefault(0 if reference.role == "plate" else entities.index(reference.entity) + 1, reference)
        return dict(sorted(used.items()))

    def _references(self, used: dict[int, Reference], look: Pictures) -> Rows | None:
        slots = self.slots
        parts = [
            reference_rows(look.still(reference.image), slot, slots, torch.tensor([reference.weight]))
            for slot, reference in used.items()
        ]
        return Rows.cat(*parts) if parts else None

    def _pictures(self, used: dict[int, Reference], look: Pictures) -> tuple[Tensor | None, list[Tensor | None]]:
        """The plate and one sheet per slot, each [1, 3, H, W], where there are any."""
        found = {slot: look.picture(reference.image) for slot, reference in used.items()}
        return found.get(0), [found.get(slot) for slot in range(1, self.slots + 1)]

    def _layout(
        self,
        asked: Conditioning,
        pictures: tuple[Tensor | None, list[Tensor | None]],
        tracks: Tensor,
        camera: Tensor,
        clip: Tensor | None,
        source: Tensor | None,
    ) -> Tensor | None:
        """[1, F, h w, LAYERS C], from the staging at every frame; the clip that is edited, and its latents."""
        plate, sheets = pictures
        if plate is None and source is None and not asked.tracks:
            return None
        frames = grouped_frames(torch.arange((tracks.shape[1] - 1) // GROUP + 1))
        size = asked.height, asked.width
        shown = None if clip is None else clip[:, frames]
        rows = layout_rows(self.vae, collages(plate, sheets, tracks[:, frames], camera[:, frames], size, shown), source)
        return rows.view(1, len(frames) // GROUP, -1, rows.shape[-1])

    def _staging(self, asked: Conditioning, entities: list[str], count: int, goes_on: bool) -> tuple[Tensor, Tensor]:
        """Tracks [1, T, S, TRACK] and camera [1, T, 3] at every frame of ``count`` latent frames."""
        frames = torch.arange(GROUP * (count - 1) + 1) - int(goes_on)
        times = (frames / max(asked.frames - 1, 1)).clamp(0.0, 1.0)
        tracks = torch.zeros(1, len(times), self.slots, TRACK)
        for track in (t for t in asked.tracks if t.entity in entities):
            keys = torch.tensor([[k.t, k.x, k.y, k.height, k.facing] for k in track.keys])
            body = body_motion(track.action, frames / asked.fps)
            tracks[0, :, entities.index(track.entity)] = torch.cat([sample_keys(keys, times), body], 1)
        camera = sample_keys(torch.tensor([[k.t, k.x, k.y, k.zoom] for k in asked.camera.keys]), times)
        return tracks, camera[None]

    @staticmethod
    def _anchors(asked: Conditioning, tracks: Tensor, camera: Tensor) -> Tensor:
        """[1, F, h, w, S + 1, 6] for the cells of latents."""
        size = asked.height // SPATIAL, asked.width // SPATIAL
        anchors = target_anchors(tracks, camera, *size, asked.width / asked.height)
        if asked.caption.startswith("character sheet:"):
            anchors[..., 0, :] = 0.0  # a sheet has no place
        return anchors
