"""omni-mini: the generator that ships with this repository, behind the Generator protocol.

A shot is drawn in windows of a few latent frames, as many as a training sample showed; the anchors follow the
shot's true staging all the way. A window that goes on from what was there before it sees the last latent frame
as a context row at its true time. A shot that continues a clip is the same thing with the clip's last four frames as
latent frame 0, and a given first frame is that frame as latent frame 0.

Conditionings are rendered one after the other: on a CPU a batch is no faster, and a take must not depend on
what it was batched with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from omni_model.conditioning import Assets, Capabilities, Conditioning, Frozen, Reference
from omni_model.dit import DiTConfig, OmniDiT
from omni_model.flow import Predict, guided, noise_like, sample
from omni_model.generator import Clip, Progress
from omni_model.layout import collages, layout_rows
from omni_model.rows import (
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
from omni_model.vae import GROUP, SPATIAL, VAEConfig, VideoVAE
from omni_model.vocabulary import VOCABULARY
from omni_model.weights_io import digest_of, load_weights, read_config, save_weights

WEIGHTS = Path(__file__).parent / "weights"
SAMPLER = "euler-x/3"
_DECODED_AT_ONCE = 16
"""Latent frames; bounds the memory of long shots."""
_MOST_PIXELS = 16
"""The largest picture, in native pictures."""
_HANDLE = re.compile(r"@([a-z0-9_-]+)")


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
    """Tasks beyond text, references and staging: 'continue', 'edit' (with regions), 'last_frame'."""
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
    """[1, F, h w, 2 C]: the references where the staging puts them, if there are any."""
    first: Tensor | None
    """[1, C, h, w]: latent frame 0, where it is given."""
    last: Tensor | None
    """[1, C, h, w]: a still of the last frame, where it is given."""
    source: Tensor | None
    """[1, F, C, h, w]: the clip that is edited."""
    goes_on: bool
    """Latent frame 0 belongs to the clip before, not to this shot."""


class OmniMini:
    """Text, sheets, a plate, staging and what came before -> a clip. See :class:`Generator`."""

    sampler = SAMPLER

    def __init__(self, vae: VideoVAE, dit: OmniDiT, config: MiniConfig, weights_digest: str = "") -> None:
        self.vae = vae.eval().requires_grad_(False)
        self.dit = dit.eval().requires_grad_(False)
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
            context_roles=frozenset(config.trained) & {"continue", "edit"},
            vocabulary=VOCABULARY,
        )

    @classmethod
    def load(cls, folder: Path | None = None) -> OmniMini:
        """From ``vae.safetensors`` and ``dit.safetensors``. FileNotFoundError or ValueError, in one line."""
        vae_path, dit_path = _files(folder or WEIGHTS)
        vae = load_weights(vae_path, VideoVAE(read_config(vae_path, VAEConfig)))
        saved = read_config(dit_path, _Saved)
        dit = load_weights(dit_path, OmniDiT(saved.dit))
        return cls(vae, dit, saved.mini, digest_of(vae_path, dit_path))

    def save(self, folder: Path) -> None:
        """Writes what :meth:`load` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        vae_path, dit_path = _files(folder)
        save_weights(vae_path, self.vae, self.vae.config)
        save_weights(dit_path, self.dit, _Saved(dit=self.dit.config, mini=self.config))

    @torch.inference_mode()
    def render(self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None = None) -> list[Clip]:
        """One clip per conditioning, each of exactly its ``frames``. ValueError for what cannot be drawn."""
        shots = [self._prepare(asked, assets) for asked in batch]
        total = sum(len(list(self._windows(shot))) * shot.asked.steps for shot in shots)
        done = 0

        def step(_: int, __: int) -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, total)

        return [self._render(shot, step) for shot in shots]

    def _prepare(self, asked: Conditioning, assets: Assets) -> _Shot:
        self._check(asked)
        look = _Assets(assets, self.vae)
        roles = {item.role: item.clip for item in asked.context}
        goes_on = "continue" in roles
        count = -(-(asked.frames - (not goes_on)) // GROUP) + 1
        first = look.clip_end(roles["continue"], asked) if goes_on else None
        if asked.first_frame is not None:
            first = look.frame(asked.first_frame, asked)
        entities = self._entities(asked)
        used = self._used(asked, entities)
        tracks, camera = self._staging(asked, entities, count, goes_on)
        return _Shot(
            asked=asked,
            entities=entities,
            references=self._references(used, look),
            anchors=self._anchors(asked, tracks, camera, SPATIAL),
            layout=self._layout(used, look, self._anchors(asked, tracks, camera, 1)) if used else None,
            first=first,
            last=look.frame(asked.last_frame, asked) if asked.last_frame is not None else None,
            source=look.clip(roles["edit"], asked, count) if "edit" in roles else None,
            goes_on=goes_on,
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

    def _references(self, used: dict[int, Reference], look: _Assets) -> Rows | None:
        slots = self.dit.config.slots
        parts = [
            reference_rows(look.still(reference.image), slot, slots, torch.tensor([reference.weight]))
            for slot, reference in used.items()
        ]
        return Rows.cat(*parts) if parts else None

    def _layout(self, used: dict[int, Reference], look: _Assets, anchors: Tensor) -> Tensor:
        """[1, F, h w, 2 C] from anchors [1, F, H, W, S + 1, 6] at pixel resolution."""
        pictures = {slot: look.picture(reference.image) for slot, reference in used.items()}
        sheets = [pictures.get(slot) for slot in range(1, self.dit.config.slots + 1)]
        rows = layout_rows(self.vae, *collages(pictures.get(0), sheets, anchors))
        return rows.view(1, anchors.shape[1], -1, rows.shape[-1])

    def _staging(self, asked: Conditioning, entities: list[str], count: int, goes_on: bool) -> tuple[Tensor, Tensor]:
        """Tracks [1, T, S, 4] and camera [1, T, 3] at every frame of ``count`` latent frames."""
        frames = torch.arange(GROUP * (count - 1) + 1) - int(goes_on)
        times = (frames / max(asked.frames - 1, 1)).clamp(0.0, 1.0)
        tracks = torch.zeros(1, len(times), self.dit.config.slots, 4)
        for track in (t for t in asked.tracks if t.entity in entities):
            keys = torch.tensor([[k.t, k.x, k.y, k.height, k.facing] for k in track.keys])
            tracks[0, :, entities.index(track.entity)] = sample_keys(keys, times)
        camera = sample_keys(torch.tensor([[k.t, k.x, k.y, k.zoom] for k in asked.camera.keys]), times)
        return tracks, camera[None]

    @staticmethod
    def _anchors(asked: Conditioning, tracks: Tensor, camera: Tensor, cell: int) -> Tensor:
        """[1, F, h, w, S + 1, 6] for cells of ``cell`` pixels."""
        aspect = asked.width / asked.height
        anchors = target_anchors(tracks, camera, asked.height // cell, asked.width // cell, aspect)
        if asked.caption.startswith("character sheet:"):
            anchors[..., 0, :] = 0.0  # a sheet has no place
        return anchors

    def _windows(self, shot: _Shot) -> Iterator[tuple[int, int]]:
        """Latent frames from .. to of each pass. The last is moved back to full size, and redraws a little."""
        count, first = shot.anchors.shape[1], 0 if shot.first is None else 1
        size = min(self.config.latent_window, count - first)
        return ((min(at, count - size), min(at, count - size) + size) for at in range(first, count, max(size, 1)))

    def _render(self, shot: _Shot, progress: Progress) -> Clip:
        count, height, width = shot.anchors.shape[1:4]
        latents = noise_like((1, count, self.vae.config.channels, height, width), shot.asked.seed)
        noise = latents.clone()
        if shot.first is not None:
            latents[:, 0] = shot.first
        for start, end in self._windows(shot):
            latents[:, start:end] = self._window(shot, latents, noise, start, end, progress)
        frames = self._decode(latents, shot.goes_on)[: shot.asked.frames]
        return Clip(frames, shot.asked.fps)

    def _window(self, shot: _Shot, latents: Tensor, noise: Tensor, start: int, end: int, progress: Progress) -> Tensor:
        # Times beyond a training clip were never seen: later windows take the place of its last window.
        begin = max(min(start, self.config.latent_frames - (end - start)), 0)
        conditions = self._conditions(shot, latents, start, end, begin)
        anchors = shot.anchors[:, start:end]
        layout = None if shot.layout is None else shot.layout[:, start:end].flatten(1, 2)
        fresh = target_rows(noise[:, start:end], torch.ones(1), anchors, torch.tensor([begin]))

        def predicting(text: Text) -> Predict:
            cache = self.dit.condition(text, conditions)
            return lambda z, sigma: self.dit(_at(fresh, z, sigma), cache, layout).clean

        read = predicting(self._text(prompt(shot.asked.caption, shot.asked.instruction), shot.entities))
        blind = predicting(self._text("", [])) if shot.asked.guidance != 1.0 else read
        source = None if shot.source is None else to_rows(shot.source[:, start:end])
        clean = sample(
            guided(read, blind, shot.asked.guidance),
            fresh.latent,
            shot.asked.steps,
            self.config.shift,
            clean=source,
            keep=_kept(shot.asked, *anchors.shape[1:4]),
            progress=progress,
        )
        return from_rows(clean, *anchors.shape[2:4])

    def _text(self, text: str, entities: Sequence[str]) -> Text:
        return self.tokenizer.batch([text], [entities], self.dit.config.text_length)

    def _conditions(self, shot: _Shot, latents: Tensor, start: int, end: int, begin: int) -> Rows | None:
        """References and whatever is known of this window's past, source and end."""
        slots, parts = self.dit.config.slots, [] if shot.references is None else [shot.references]
        if start > 0 and (self.config.chained or (shot.first is not None and start == 1)):
            past = slice(start - 1, start)
            time = torch.tensor([begin - 1.0])
            parts.append(context_rows(latents[:, past], time, slots, Role.CONTEXT, shot.anchors[:, past]))
        if shot.source is not None:
            times = torch.arange(begin, begin + end - start)
            parts.append(context_rows(shot.source[:, start:end], times, slots, Role.EDIT))
        if shot.last is not None and end == shot.anchors.shape[1]:
            parts.append(context_rows(shot.last[:, None], torch.tensor([begin + end - start - 1.0]), slots))
        return Rows.cat(*parts) if parts else None

    def _decode(self, latents: Tensor, goes_on: bool) -> Tensor:
        """uint8 [T, 3, H, W] of latents [1, F, C, h, w]; frame 0 is left out if it belongs to the clip before."""
        previous = latents[:, 0] if goes_on else None
        parts = []
        for piece in torch.split(latents[:, int(goes_on) :], _DECODED_AT_ONCE, 1):
            parts.append(_pixels(self.vae.decode(piece, previous)[0]))
            previous = piece[:, -1]
        return torch.cat(parts)


class _Assets:
    """Pictures and clips as latents."""

    def __init__(self, assets: Assets, vae: VideoVAE) -> None:
        self._assets, self._vae = assets, vae

    def picture(self, digest: str) -> Tensor:
        """[1, 3, H, W] in -1..1."""
        return self._get(digest, 3)[None].float() / 127.5 - 1.0

    def still(self, digest: str) -> Tensor:
        """[1, C, h, w] of an image of any size that is a multiple of 8."""
        return self._vae.encode(self.picture(digest)[None])[:, 0]

    def frame(self, digest: str, asked: Conditioning) -> Tensor:
        """[1, C, h, w] of an image of the shot's size."""
        return self._encode(_of_size(self._get(digest, 3)[None], digest, asked))[:, 0]

    def clip_end(self, digest: str, asked: Conditioning) -> Tensor:
        """[1, C, h, w] of a clip's last four frames, or of its last frame where it has no more than four."""
        frames = _of_size(self._get(digest, 4), digest, asked)
        return self._encode(frames[-GROUP - 1 :] if len(frames) > GROUP else frames[-1:])[:, -1]

    def clip(self, digest: str, asked: Conditioning, count: int) -> Tensor:
        """[1, count, C, h, w] of a clip, its last frame held where it is too short."""
        frames = _of_size(self._get(digest, 4), digest, asked)
        wanted = torch.arange(GROUP * (count - 1) + 1).clamp(max=len(frames) - 1)
        return self._encode(frames[wanted])

    def _encode(self, frames: Tensor) -> Tensor:
        return self._vae.encode(frames[None].float() / 127.5 - 1.0)

    def _get(self, digest: str, dimensions: int) -> Tensor:
        try:
            found = self._assets(digest)
        except LookupError:
            raise ValueError(f"no picture or clip has the digest {digest}") from None
        if found.dim() != dimensions or found.dtype is not torch.uint8 or found.shape[-3] != 3 or not len(found):
            shape = tuple(found.shape)
            raise ValueError(
                f"asset {digest[:12]} is {found.dtype} of shape {shape}, not uint8 (T, 3, H, W) or (3, H, W)"
            )
        return found


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "vae.safetensors", folder / "dit.safetensors"


def _of_size(frames: Tensor, digest: str, asked: Conditioning) -> Tensor:
    height, width = frames.shape[-2:]
    if (width, height) != (asked.width, asked.height):
        raise ValueError(f"asset {digest[:12]} is {width}x{height} in a shot of {asked.width}x{asked.height}")
    return frames


def _at(rows: Rows, latent: Tensor, sigma: Tensor) -> Rows:
    return Rows(latent, sigma, rows.position, rows.role, rows.anchors, rows.valid)


def _kept(asked: Conditioning, frames: int, height: int, width: int) -> Tensor | None:
    """[1, F h w] bool: cells whose centre no region holds; None without regions."""
    if not asked.regions:
        return None
    y, x = (torch.arange(height) + 0.5)[:, None] / height, (torch.arange(width) + 0.5)[None] / width
    redrawn = torch.zeros(height, width, dtype=torch.bool)
    for box in asked.regions:
        redrawn |= (box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)
    return ~redrawn.flatten().repeat(frames)[None]


def _pixels(frames: Tensor) -> Tensor:
    return ((frames + 1.0) * 127.5).round().clamp(0.0, 255.0).to(torch.uint8)
