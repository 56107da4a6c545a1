"""omni-mini: the generator that ships with this repository, behind the Generator protocol.

A request is completed (imagine.py), turned into tensors (shot.py), drawn window by window (drawing.py), decoded and
finished (retouching.py), which does most edits alone.
Shots are rendered one after the other: a take must not depend on what it was batched with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from omni_model.eyes.perception import signal_of
from omni_model.mini.dit import DiTConfig, OmniDiT
from omni_model.mini.drawing import MiniConfig, WindowSampler
from omni_model.mini.edits.retouch import Composite, Retoucher
from omni_model.mini.edits.retouching import Retouching
from omni_model.mini.imagine import Album, Imagination, only
from omni_model.mini.imitate import imitated
from omni_model.mini.readers import ClipReaders, load_if_there
from omni_model.mini.shot import ShotEncoder, ShotTensors
from omni_model.mini.tokenizer import Tokenizer
from omni_model.mini.upscale import Upscaler
from omni_model.mini.vae import GROUP, SPATIAL, VAEConfig, VideoVAE, pixels_of
from omni_model.motion.ballistics import FLYING
from omni_model.spec.conditioning import Assets, Capabilities, Conditioning, Frozen, canonical_json, sha256
from omni_model.spec.errors import WeightsError
from omni_model.spec.generator import Clip, Progress
from omni_model.spec.vocabulary import VOCABULARY
from omni_model.weights.io import EVERYTHING, SHIPPED, Network, load_network, save_weights
from omni_model.weights.precision import PRECISION, autocast, default_precision

SAMPLER = "euler-x/9"
_STEPS = 4
"""More change little."""
_DECODED_AT_ONCE = 16
"""Latent frames; bounds the memory of long shots."""
_MOST_PIXELS = 16
"""The largest picture, in native pictures."""


class SavedConfig(Frozen):
    """The config that travels with the transformer's weights."""

    dit: DiTConfig
    mini: MiniConfig


def load_vae(path: Path) -> Network[VideoVAE, VAEConfig]:
    """The autoencoder. Raises WeightsError."""
    return load_network(path, VAEConfig, VideoVAE)


def load_dit(path: Path) -> Network[OmniDiT, SavedConfig]:
    """The transformer. Raises WeightsError."""
    return load_network(path, SavedConfig, lambda saved: OmniDiT(saved.dit))


class OmniMini:
    """Text, sheets, a plate, staging and what came before -> a clip. See :class:`Generator`."""

    sampler = SAMPLER

    def __init__(
        self,
        vae: VideoVAE,
        dit: OmniDiT,
        config: MiniConfig,
        upscaler: Upscaler | None = None,
        retoucher: Retoucher | None = None,
        readers: ClipReaders | None = None,
        digests: Sequence[str] = ("", ""),
    ) -> None:
        """``readers``: by default none; what needs them is refused. ``digests``: of ``vae`` and ``dit``."""
        self.upscaler = upscaler
        self.vae = vae.eval().requires_grad_(False)
        self.dit = dit.eval().requires_grad_(False)
        self.encoder = ShotEncoder(self.vae, dit.config.slots)
        self.retouching: Retouching | None = None
        self.readers = read = readers or ClipReaders()
        if retoucher is not None:
            self.retouching = Retouching(retoucher, self.encoder, read.critic, read.captioner)
        self.imagination = Imagination(self._still, read.critic, dit.config.slots)
        self.precision = PRECISION
        self.config = config
        self.digests = tuple(digests)
        self.tokenizer = Tokenizer(config.words, dit.config.slots)
        self.windows = WindowSampler(self.dit, self.tokenizer, config)
        if vae.config.channels != dit.config.channels:
            raise WeightsError(f"vae: {vae.config.channels} latent channels for a network of {dit.config.channels}")
        if self.tokenizer.size != dit.config.vocabulary:
            raise WeightsError(f"dit: {self.tokenizer.size} tokens for a network that knows {dit.config.vocabulary}")
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
            context_roles=_roles(frozenset(config.trained)),
            vocabulary=VOCABULARY,
            steps=_STEPS,
        )

    @classmethod
    def load(cls, folder: Path | None = None) -> OmniMini:
        """Every network that ships; of another folder ``vae`` and ``dit.safetensors`` and whatever else it has.

        Raises WeightsError, and MissingWeights for a file that is not there.
        """
        vae_path, dit_path, upscaler_path, retoucher_path = _files(folder or SHIPPED)
        vae, dit = load_vae(vae_path), load_dit(dit_path)
        return cls(
            vae.net,
            dit.net,
            dit.config.mini,
            load_if_there(folder, upscaler_path, Upscaler.load),
            load_if_there(folder, retoucher_path, Retoucher.load),
            ClipReaders.load(folder),
            (vae.digest, dit.digest),
        )

    @property
    def weights_digest(self) -> str:
        """Names every network that decides pixels, and the arithmetic of them all: another precision rounds otherwise,
        and so do the kernels of another kind of device. The upscaler, too, decides what a film shows of a take."""
        retoucher = None if self.retouching is None else self.retouching.retoucher
        finishers = ["" if network is None else network.digest for network in (self.upscaler, retoucher)]
        device = self.vae.mean.device.type
        arithmetic = [device, str(self.precision), str(default_precision(device))]
        return sha256(canonical_json([self.digests, finishers, self.readers.digests, arithmetic]))

    def save(self, folder: Path) -> None:
        """Writes what :meth:`load` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        vae_path, dit_path, upscaler_path, retoucher_path = _files(folder)
        self.readers.save(folder)
        if self.upscaler is not None:
            self.upscaler.save(upscaler_path)
        if self.retouching is not None:
            self.retouching.retoucher.save(retoucher_path)
        save_weights(vae_path, self.vae, self.vae.config)
        save_weights(dit_path, self.dit, SavedConfig(dit=self.dit.config, mini=self.config), as_bytes=EVERYTHING)

    @torch.inference_mode()
    def render(self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None = None) -> list[Clip]:
        """One clip per conditioning, each of exactly its ``frames``. ValueError for what cannot be drawn."""
        complete = [self._completed(asked, assets) for asked in batch]
        clips = [None if self.retouching is None else self.retouching.edited(*made) for made in complete]
        shots = {
            n: self.encoder.encode(only(asked, FLYING.__ne__), album)
            for n, (asked, album) in enumerate(complete)
            if clips[n] is None
        }
        total = sum(len(self.windows.passes(shot)) * shot.request.steps for shot in shots.values())
        done = 0

        def step(_: int, __: int) -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, total)

        for n, shot in shots.items():
            drawn = self._drawn(shot, step, batch[n].frames)
            clips[n] = drawn if self.retouching is None else self.retouching.finished(drawn, *complete[n])
        return [clip for clip in clips if clip is not None]

    def _completed(self, asked: Conditioning, assets: Assets) -> tuple[Conditioning, Album]:
        """The request with what its clips show and what its words describe."""
        said = imitated(asked, assets, self.readers.critic, self.readers.outlines)
        self._check(said)
        return self.imagination.complete(said, assets)

    def _still(self, asked: Conditioning, assets: Assets) -> Tensor:
        """The first frame of a complete request, uint8 [3, H, W]."""
        return self._drawn(self.encoder.encode(asked, assets), lambda _, __: None, 1).frames[0]

    @torch.inference_mode()
    def hints(self, asked: Conditioning, assets: Assets) -> Tensor:
        """What the references show of every frame, those among them that the request only describes: see
        :meth:`ShotEncoder.hints`."""
        return torch.cat(list(self._hints(asked, assets)))

    @torch.inference_mode()
    def _hints(self, asked: Conditioning, assets: Assets) -> Iterator[Tensor]:
        complete, album = self._completed(asked, assets)
        every = tuple(dict.fromkeys((*complete.references, *asked.references)))
        yield from self.encoder.hints(complete.model_copy(update={"references": every}), album)

    @torch.inference_mode()
    def draft(self, asked: Conditioning, assets: Assets) -> tuple[Tensor, Composite]:
        """A shot that edits nothing as the transformer alone draws it, uint8 [T, 3, H, W], and what is laid over it."""
        complete, album = self._completed(asked, assets)
        shot = self.encoder.encode(complete, album)
        drawn = self._drawn(shot, lambda _, __: None, asked.frames).frames
        return drawn, self.encoder.composite(complete, album, signal_of(drawn))

    @torch.inference_mode()
    def vae_roundtrip(self, frames: Tensor) -> Tensor:
        """uint8 [4k + 1, 3, H, W] as the autoencoder alone gives it back."""
        return self._decode(self.vae.encode(signal_of(frames[None].to(self.vae.mean.device))), goes_on=False)

    def finish(self, asked: Conditioning, clip: Clip, assets: Assets) -> Clip:
        """A rendered clip, four times larger each way where the upscaler's weights are there."""
        return Clip(torch.cat(list(self.finished_pieces(asked, clip, assets))), clip.fps)

    def finished_pieces(self, asked: Conditioning, clip: Clip, assets: Assets) -> Iterator[Tensor]:
        """The same frames, uint8 [t, 3, H, W], a few at a time: memory does not grow with the clip."""
        if self.upscaler is None:
            yield clip.frames
        else:
            yield from self.upscaler.pieces(clip.frames, self._hints(asked, assets))

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

    def _drawn(self, shot: ShotTensors, step: Progress, frames: int) -> Clip:
        with autocast(self.precision, self.vae.mean.device.type):
            latents = self.windows.latents(shot, step)
        return Clip(self._decode(latents, shot.goes_on)[:frames], shot.request.fps)

    def _decode(self, latents: Tensor, goes_on: bool) -> Tensor:
        """uint8 [T, 3, H, W] of latents [1, F, C, h, w]; frame 0 is left out if it belongs to the clip before."""
        previous = latents[:, 0] if goes_on else None
        parts = []
        for piece in torch.split(latents[:, int(goes_on) :], _DECODED_AT_ONCE, 1):
            parts.append(pixels_of(self.vae.decode(piece, previous)[0]).cpu())
            previous = piece[:, -1]
        return torch.cat(parts)


def _roles(trained: frozenset[str]) -> frozenset[str]:
    """What context clips may be. A move that is shown becomes a camera path, and an example an edit in words."""
    return trained & {"continue", "precede", "edit"} | {"motion"} | ({"example"} if "edit" in trained else set())


def _files(folder: Path) -> list[Path]:
    return [folder / f"{name}.safetensors" for name in ("vae", "dit", "upscaler", "retoucher")]
