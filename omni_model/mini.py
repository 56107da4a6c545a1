"""omni-mini: the generator that ships with this repository, behind the Generator protocol.

A shot is drawn in windows of a few latent frames, as many as a training sample showed; the anchors follow the
shot's true staging all the way. A window that goes on from what was there before it sees the last latent frame
as a context row at its true time. A shot that continues a clip is the same thing with the clip's last four frames as
latent frame 0, and a given first frame is that frame as latent frame 0.

Windows that know the references and nothing more are drawn as one batch, which computes the keys and values of the
references once. Shots are rendered one after the other: a take must not depend on what it was batched with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from omni_model.choreography import body_motion
from omni_model.conditioning import Assets, Capabilities, Conditioning, Frozen, Reference
from omni_model.dit import DiTConfig, OmniDiT
from omni_model.flow import Predict, guided, noise_like, sample
from omni_model.generator import Clip, Progress
from omni_model.layout import collages, grouped_frames, layout_rows
from omni_model.pictures import Pictures
from omni_model.precision import PRECISION, autocast
from omni_model.rows import (
    TRACK,
    Role,
    Rows,
    context_rows,
    from_rows,
    reference_rows,
    sample_keys,
    target_anchors,
    target_rows,
    to_rows,
)
from omni_model.tokenizer import WORDS, Text, Tokenizer, prompt
from omni_model.upscale import HINT_SCALE, Upscaler
from omni_model.vae import GROUP, SPATIAL, VAEConfig, VideoVAE
from omni_model.vocabulary import VOCABULARY
from omni_model.weights_io import digest_of, load_weights, read_config, save_weights

WEIGHTS = Path(__file__).parent / "weights"
SAMPLER = "euler-x/4"
_ROWS_AT_ONCE = 2048
"""Target rows in a batch of windows: more are no faster, and memory has its bounds."""
_DECODED_AT_ONCE = 16
"""Latent frames; bounds the memory of long shots."""
_MOST_PIXELS = 16
"""The largest picture, in native pictures."""
_HANDLE = re.compile(r"@([a-z0-9_-]+)")


Window = tuple[int, int]
"""Latent frames from .. to of a shot, drawn in one go."""


class MiniConfig(Frozen):
    """What training decided beside the networks' sizes."""

    words: tuple[str, ...] = WORDS
    """Of the tokenizer."""
    latent_window: Annotated[int, Field(ge=1)] = 2
    """Latent frames drawn at a time."""
    latent_frames: Annotated[int, Field(ge=1)] = 7
    """Latent frames of a training clip: later windows are given the times of its last one."""
    chained: bool = False
    """Whether a window goes on from the one before it. Where errors add up faster than they help, each window
    holds to the references and the staging alone; a given first frame or clip is always gone on from."""
    shift: Annotated[float, Field(gt=0.0)] = 2.0
    """Of the noise levels in training, kept in sampling."""
    trained: tuple[str, ...] = ("continue",)
    """Tasks beyond text, references and staging: 'continue', 'precede', 'edit' (with regions), 'last_frame'."""
    fps: float = 12.0
    width: int = 112
    height: int = 64
    sheet_size: int = 64


class _Saved(Frozen):
    """The config that travels with the transformer's weights."""

    dit: DiTConfig
    mini: MiniConfig


@dataclass(frozen=True)
class _Shot:
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


class OmniMini:
    """Text, sheets, a plate, staging and what came before -> a clip. See :class:`Generator`."""

    sampler = SAMPLER

    def __init__(
        self,
        vae: VideoVAE,
        dit: OmniDiT,
        config: MiniConfig,
        weights_digest: str = "",
        upscaler: Upscaler | None = None,
    ) -> None:
        self.upscaler = upscaler
        self.vae = vae.eval().requires_grad_(False)
        self.dit = dit.eval().requires_grad_(False)
        self.precision = PRECISION
        self.config = config
        self.weights_digest = weights_digest
        self.tokenizer = Tokenizer(config.words, dit.config.slots)
        if vae.config.channels != dit.config.channels:
            raise ValueError(f"{vae.config.channels} latent channels for a network of {dit.config.channels}")
        if self.tokenizer.size != dit.config.vocabulary:
            raise ValueError(f"{self.tokenizer.size} tokens for a network that knows {dit.config.vocabulary}")
        self.capabilities = Capabilities(
            name="omni-mini",
            fps=config.fps,
            width=config.width,
            height=config.height,
            sheet_size=config.sheet_size,
            frame_grid=GROUP,
            max_frames=3 * GROUP * (config.latent_frames - 1) + 1,
            max_references=1 + dit.config.slots,
            max_subjects=dit.config.slots,
            context_roles=frozenset(config.trained) & {"continue", "precede", "edit"},
            vocabulary=VOCABULARY,
        )

    @classmethod
    def load(cls, folder: Path | None = None) -> OmniMini:
        """From ``vae.safetensors``, ``dit.safetensors`` and, if it is there, ``upscaler.safetensors``.

        FileNotFoundError or ValueError, in one line.
        """
        vae_path, dit_path, upscaler_path = _files(folder or WEIGHTS)
        upscaler = Upscaler.load(upscaler_path) if upscaler_path.exists() else None
        vae = load_weights(vae_path, VideoVAE(read_config(vae_path, VAEConfig)))
        saved = read_config(dit_path, _Saved)
        dit = load_weights(dit_path, OmniDiT(saved.dit))
        return cls(vae, dit, saved.mini, digest_of(vae_path, dit_path), upscaler)

    def save(self, folder: Path) -> None:
        """Writes what :meth:`load` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        vae_path, dit_path, upscaler_path = _files(folder)
        if self.upscaler is not None:
            self.upscaler.save(upscaler_path)
        save_weights(vae_path, self.vae, self.vae.config)
        save_weights(dit_path, self.dit, _Saved(dit=self.dit.config, mini=self.config))

    @torch.inference_mode()
    def render(self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None = None) -> list[Clip]:
        """One clip per conditioning, each of exactly its ``frames``. ValueError for what cannot be drawn."""
        shots = [self._prepare(asked, assets) for asked in batch]
        total = sum(len(self._passes(shot)) * shot.asked.steps for shot in shots)
        done = 0

        def step(_: int, __: int) -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, total)

        with autocast(self.precision):
            drawn = [self._draw(shot, step) for shot in shots]
        return [self._clip(shot, latents) for shot, latents in zip(shots, drawn, strict=True)]

    @torch.inference_mode()
    def hints(self, asked: Conditioning, assets: Assets) -> Tensor:
        """What the references show of every frame, [T, 6, 2H, 2W] in -1..1: the place, then the cast; 0 is unknown."""
        entities, look = self._entities(asked), Pictures(assets, self.vae)
        used = self._used(asked, entities)
        tracks, camera = self._staging(asked, entities, -(-(asked.frames - 1) // GROUP) + 1, goes_on=False)
        shown, size = slice(asked.frames), (HINT_SCALE * asked.height, HINT_SCALE * asked.width)
        pictures = self._pictures(used, look)
        return torch.cat(collages(*pictures, tracks[:, shown], camera[:, shown], size), 2)[0]

    @torch.inference_mode()
    def given_back(self, frames: Tensor) -> Tensor:
        """uint8 [4k + 1, 3, H, W] as the autoencoder alone gives it back."""
        return self._decode(self.vae.encode(frames[None].float() / 127.5 - 1.0), goes_on=False)

    def finish(self, asked: Conditioning, clip: Clip, assets: Assets) -> Clip:
        """A rendered clip, four times larger each way where the upscaler's weights are there."""
        if self.upscaler is None:
            return clip
        return Clip(self.upscaler.enlarge(clip.frames, self.hints(asked, assets)), clip.fps)

    def _prepare(self, asked: Conditioning, assets: Assets) -> _Shot:
        self._check(asked)
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
        source = look.clip(roles["edit"], asked, count) if "edit" in roles else None
        end = look.frame(asked.last_frame, asked) if asked.last_frame is not None else None
        if "precede" in roles:
            end = look.clip_start(roles["precede"], asked)
        return _Shot(
            asked=asked,
            entities=entities,
            references=self._references(used, look),
            anchors=self._anchors(asked, tracks, camera),
            layout=self._layout(asked, self._pictures(used, look), tracks, camera, source),
            first=first,
            end=end,
            source=source,
            goes_on=goes_on,
            leads_on="precede" in roles,
        )

    def _check(self, asked: Conditioning) -> None:
        config, wants = self.config, {str(item.role) for item in asked.context}
        if asked.last_frame is not None:
            wants.add("last_frame")
        if unknown := sorted(wants - set(config.trained)):
            raise ValueError(f"omni-mini has not learned {', '.join(unknown)}: leave it out")
        if asked.regions and "edit" not in wants:
            raise ValueError("regions need a context clip of role 'edit' to keep the rest of")
        if "continue" in wants and (asked.first_frame is not None or "edit" in wants):
            raise ValueError("a shot that continues a clip can have neither a first frame nor an edit source")
        if "precede" in wants and asked.last_frame is not None:
            raise ValueError("a shot that a clip follows can have no last frame of its own")
        if asked.width % SPATIAL or asked.height % SPATIAL:
            raise ValueError(f"{asked.width}x{asked.height}: width and height are multiples of {SPATIAL}")
        if asked.width * asked.height > _MOST_PIXELS * config.width * config.height:
            raise ValueError(
                f"{asked.width}x{asked.height} is too large: omni-mini draws {config.width}x{config.height}"
            )

    def _entities(self, asked: Conditioning) -> list[str]:
        """Who has slot 1, 2, ...: the caption's handles in order, then those who are only shown or staged."""
        shown = [reference.entity for reference in asked.references if reference.role == "sheet"]
        staged = [track.entity for track in asked.tracks]
        names = list(dict.fromkeys([*_HANDLE.findall(asked.caption), *shown, *staged]))
        slots = self.dit.config.slots
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
        slots = self.dit.config.slots
        parts = [
            reference_rows(look.still(reference.image), slot, slots, torch.tensor([reference.weight]))
            for slot, reference in used.items()
        ]
        return Rows.cat(*parts) if parts else None

    def _pictures(self, used: dict[int, Reference], look: Pictures) -> tuple[Tensor | None, list[Tensor | None]]:
        """The plate and one sheet per slot, each [1, 3, H, W], where there are any."""
        found = {slot: look.picture(reference.image) for slot, reference in used.items()}
        return found.get(0), [found.get(slot) for slot in range(1, self.dit.config.slots + 1)]

    def _layout(
        self,
        asked: Conditioning,
        pictures: tuple[Tensor | None, list[Tensor | None]],
        tracks: Tensor,
        camera: Tensor,
        source: Tensor | None,
    ) -> Tensor | None:
        """[1, F, h w, LAYERS C], from the staging at every frame."""
        plate, sheets = pictures
        if plate is None and source is None and all(sheet is None for sheet in sheets):
            return None
        frames = grouped_frames(torch.arange((tracks.shape[1] - 1) // GROUP + 1))
        size = asked.height, asked.width
        rows = layout_rows(self.vae, *collages(plate, sheets, tracks[:, frames], camera[:, frames], size), source)
        return rows.view(1, len(frames) // GROUP, -1, rows.shape[-1])

    def _staging(self, asked: Conditioning, entities: list[str], count: int, goes_on: bool) -> tuple[Tensor, Tensor]:
        """Tracks [1, T, S, TRACK] and camera [1, T, 3] at every frame of ``count`` latent frames."""
        frames = torch.arange(GROUP * (count - 1) + 1) - int(goes_on)
        times = (frames / max(asked.frames - 1, 1)).clamp(0.0, 1.0)
        tracks = torch.zeros(1, len(times), self.dit.config.slots, TRACK)
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

    def _windows(self, shot: _Shot) -> Iterator[Window]:
        """The last is moved back to full size, and redraws a little."""
        count, first = shot.anchors.shape[1], 0 if shot.first is None else 1
        size = min(self.config.latent_window, count - first)
        return ((min(at, count - size), min(at, count - size) + size) for at in range(first, count, max(size, 1)))

    def _goes_on(self, shot: _Shot, window: Window) -> bool:
        """Whether a window sees the latent frame before it."""
        return window[0] > 0 and (self.config.chained or (shot.first is not None and window[0] == 1))

    @staticmethod
    def _ends(shot: _Shot, window: Window) -> bool:
        """Whether a window sees the end that was given."""
        return shot.end is not None and window[1] == shot.anchors.shape[1]

    def _passes(self, shot: _Shot) -> list[list[Window]]:
        """Windows in the order of drawing, those together that know the same."""
        rows = self.config.latent_window * shot.anchors.shape[2] * shot.anchors.shape[3]
        passes = []
        for alone, found in groupby(self._windows(shot), lambda w: self._goes_on(shot, w) or self._ends(shot, w)):
            windows, size = list(found), 1 if alone else max(_ROWS_AT_ONCE // rows, 1)
            passes += [windows[at : at + size] for at in range(0, len(windows), size)]
        return passes

    def _draw(self, shot: _Shot, progress: Progress) -> Tensor:
        """Latents [1, F, C, h, w]."""
        count, height, width = shot.anchors.shape[1:4]
        latents = noise_like((1, count, self.vae.config.channels, height, width), shot.asked.seed)
        noise = latents.clone()
        if shot.first is not None:
            latents[:, 0] = shot.first
        for windows in self._passes(shot):
            drawn = self._pass(shot, latents, noise, windows, progress)
            for (start, end), clean in zip(windows, drawn, strict=True):
                latents[:, start:end] = clean
        return latents

    def _pass(self, shot: _Shot, latents: Tensor, noise: Tensor, windows: list[Window], progress: Progress) -> Tensor:
        """The clean latents of windows, [windows, F, C, h, w]."""

        def cut(frames: Tensor) -> Tensor:
            return torch.cat([frames[:, start:end] for start, end in windows])

        # Times beyond a training clip were never seen: later windows take the place of its last window.
        begins = [max(min(start, self.config.latent_frames - (end - start)), 0) for start, end in windows]
        conditions = self._conditions(shot, latents, windows[0], begins[0])
        anchors = cut(shot.anchors)
        layout = None if shot.layout is None else cut(shot.layout).flatten(1, 2)
        fresh = target_rows(cut(noise), torch.ones(len(windows)), anchors, torch.tensor(begins))

        def predicting(text: Text) -> Predict:
            cache = self.dit.condition(text, conditions).repeat(len(windows))
            return lambda z, sigma: self.dit(_at(fresh, z, sigma), cache, layout).clean.float()

        read = predicting(self._text(prompt(shot.asked.caption, shot.asked.instruction), shot.entities))
        blind = predicting(self._text("", [])) if shot.asked.guidance != 1.0 else read
        source = None if shot.source is None else to_rows(cut(shot.source))
        clean = sample(
            guided(read, blind, shot.asked.guidance),
            fresh.latent,
            shot.asked.steps,
            self.config.shift,
            clean=source,
            keep=_kept(shot.asked, *anchors.shape[:4]),
            progress=progress,
        )
        return from_rows(clean, *anchors.shape[2:4])

    def _text(self, text: str, entities: Sequence[str]) -> Text:
        return self.tokenizer.batch([text], [entities], self.dit.config.text_length)

    def _conditions(self, shot: _Shot, latents: Tensor, window: Window, begin: int) -> Rows | None:
        """References and whatever is known of this window's past and end."""
        start, end = window
        slots, parts = self.dit.config.slots, [] if shot.references is None else [shot.references]
        if self._goes_on(shot, window):
            past = slice(start - 1, start)
            time = torch.tensor([begin - 1.0])
            parts.append(context_rows(latents[:, past], time, slots, Role.CONTEXT, shot.anchors[:, past]))
        if shot.end is not None and self._ends(shot, window):
            time = torch.tensor([begin + end - start - 1.0 + shot.leads_on])
            parts.append(context_rows(shot.end[:, None], time, slots, Role.STILL))
        return Rows.cat(*parts) if parts else None

    def _clip(self, shot: _Shot, latents: Tensor) -> Clip:
        return Clip(self._decode(latents, shot.goes_on)[: shot.asked.frames], shot.asked.fps)

    def _decode(self, latents: Tensor, goes_on: bool) -> Tensor:
        """uint8 [T, 3, H, W] of latents [1, F, C, h, w]; frame 0 is left out if it belongs to the clip before."""
        previous = latents[:, 0] if goes_on else None
        parts = []
        for piece in torch.split(latents[:, int(goes_on) :], _DECODED_AT_ONCE, 1):
            parts.append(_pixels(self.vae.decode(piece, previous)[0]))
            previous = piece[:, -1]
        return torch.cat(parts)


def _files(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "vae.safetensors", folder / "dit.safetensors", folder / "upscaler.safetensors"


def _at(rows: Rows, latent: Tensor, sigma: Tensor) -> Rows:
    return Rows(latent, sigma, rows.position, rows.role, rows.anchors, rows.valid)


def _kept(asked: Conditioning, windows: int, frames: int, height: int, width: int) -> Tensor | None:
    """[windows, F h w] bool: cells whose centre no region holds; None without regions."""
    if not asked.regions:
        return None
    y, x = (torch.arange(height) + 0.5)[:, None] / height, (torch.arange(width) + 0.5)[None] / width
    redrawn = torch.zeros(height, width, dtype=torch.bool)
    for box in asked.regions:
        redrawn |= (box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)
    return ~redrawn.flatten().repeat(windows, frames)


def _pixels(frames: Tensor) -> Tensor:
    return ((frames + 1.0) * 127.5).round().clamp(0.0, 255.0).to(torch.uint8)
