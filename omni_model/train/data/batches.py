"""What one step of OmniDiT learns: shots in their context, edits of shots, character sheets, empty plates.

Shape legend: B samples, F latent frames in the window, C channels, h/w latent cells, S subject slots.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from omni_model.mini.conditions.ending import EndingCondition
from omni_model.mini.conditions.layout import LayoutCondition
from omni_model.mini.conditions.past import PastCondition
from omni_model.mini.conditions.references import Picture, ReferenceCondition
from omni_model.mini.conditions.staging import StagingCondition
from omni_model.mini.conditions.state import LatentCondition, LatentState, conditioned
from omni_model.mini.conditions.text import TextCondition
from omni_model.mini.layout import collages, grouped_frames
from omni_model.mini.rows import TRACK, Rows
from omni_model.mini.tokenizer import PromptTokens, Tokenizer, prompt
from omni_model.mini.vae import GROUP, VideoVAE
from omni_model.motion.poses import INERT, LIMBS
from omni_model.spec.captions import caption, plate_caption, sheet_caption
from omni_model.spec.conditioning import SHEET_FOOT, SHEET_HEIGHT
from omni_model.train.configs import TrainConfig
from omni_model.train.data.edited import EditedScenes
from omni_model.train.data.latents import LatentPool, encode_images, entities_of
from omni_model.train.data.scenes import FRAME, augment
from omni_model.world.spec import SceneSpec

T = TypeVar("T")

TASKS = {"shot": 0.40, "edit": 0.42, "sheet": 0.08, "plate": 0.10}
GIVEN = {"nothing": 0.58, "before": 0.18, "end": 0.12, "both": 0.12}
"""What a shot knows of its surroundings: the latent frame before its window, a still at or after its end."""
DROP = 0.10
"""Share of samples from which each condition (text, each reference, each anchor) is withheld."""
PLATED = 0.5
"""Share of edits that know the empty place."""
PROPS_DRAWN = {"none": 1, "rests": 2, "moves": 4}
"""How much oftener scenes with a prop are drawn than those without: a third of them has one."""
UNPOSED = 0.15
"""Share of subjects whose limbs are not told."""
WHOLE = 0.5
"""Share of batches whose windows are whole clips, of fewer scenes: frames that are drawn together agree."""
PROP_SHEETS = 0.5
"""Share of sheets that show props."""
PROPS_SHOWN = 0.8
"""Share of batches that know props by their sheets."""
UNCAPTIONED = 0.4
"""Share of edits that read their instruction alone."""
SAME = 0.02
"""Most by which equal latents differ, in half precision."""
REFERENCE_NOISE = 0.2
CONTEXT_NOISE = 0.6
"""Most noise on what came before: a window must not trust it more than the references, or errors add up."""
DRAWS = 2
"""Targets that share one scene's conditions in a shot batch."""


@dataclass(frozen=True)
class TrainingBatch:
    """B samples of conditions and B * ``draws`` targets."""

    text: PromptTokens
    conditions: Rows | None
    clean: Tensor
    anchors: Tensor
    start: Tensor
    cells: Tensor | None
    draws: int = 1
    layout: Tensor | None = None
    changed: Tensor | None = None
    """bool [B draws, F, h, w]: cells in which an edit differs from its source."""

    def to(self, device: str) -> TrainingBatch:
        """The same batch in the memory of ``device``."""
        moved: dict[str, Any] = {
            f.name: value.to(device)
            for f in fields(self)
            if isinstance(value := getattr(self, f.name), (Tensor, Rows, PromptTokens))
        }
        return replace(self, **moved)


class Batches:
    """Draws batches of one task each, so that every sample of a batch has one shape."""

    def __init__(self, scenes: LatentPool, edits: LatentPool, vae: VideoVAE, config: TrainConfig, batch: int) -> None:
        self.scenes, self.edits, self.vae, self.config, self.batch = scenes, edits, vae, config, batch
        self.device = vae.mean.device
        self.tokenizer = Tokenizer(slots=config.dit.slots)
        self.drawn = _drawn(scenes, config.dit.slots)
        self.edited = EditedScenes(scenes, edits, config.dit.slots)
        self.by_cast = {"shot": scenes.by_cast(), "edit": edits.by_cast(changed=True)}
        self.shares = {
            task: {count: [_share(pool.specs[n]) for n in numbers] for count, numbers in self.by_cast[task].items()}
            for task, pool in (("shot", scenes), ("edit", edits))
        }

    def draw(self, generator: torch.Generator) -> TrainingBatch:
        r = random.Random(int(torch.randint(1 << 60, (1,), generator=generator)))
        task = r.choices(list(TASKS), list(TASKS.values()))[0]
        if task == "sheet":
            return self._sheets(r)
        if task == "plate":
            return self._plates(r)
        return self._shots(task, r, generator)

    def _text(self, texts: list[str], entities: list[list[str]]) -> TextCondition:
        return TextCondition(self.tokenizer, self.config.dit.text_length, texts, entities)

    def _still(
        self, latents: Tensor, texts: list[str], entities: list[list[str]], tracks: Tensor, *, placed: bool
    ) -> TrainingBatch:
        """Stills [B, 1, C, h, w] of who is staged, [B, 1, S, TRACK], before a camera that sees everything."""
        camera = torch.tensor((0.5, 0.5, 1.0)).expand(len(texts), 1, 3)
        staging = self._staging(tracks, camera, latents, placed=placed)
        state = conditioned(self._unknown(), self._text(texts, entities), staging)
        zero = torch.zeros(len(texts), dtype=torch.long)
        return TrainingBatch(_told(state.text), None, latents.float(), _told(state.anchors), zero, None)

    def _sheets(self, r: random.Random) -> TrainingBatch:
        drawn = [r.choice(self.drawn["prop" if r.random() < PROP_SHEETS else "subject"]) for _ in range(4 * self.batch)]
        which, slots = [n for n, _ in drawn], [slot for _, slot in drawn]
        cast = [(self.scenes.specs[n].facts.shown[slot], self.scenes.specs[n].style) for n, slot in drawn]
        latents = self.scenes.sheets[which, slots][:, None]
        texts = [_unless_dropped(sheet_caption(facts, style), r) for facts, style in cast]
        tracks = torch.zeros(len(which), 1, self.config.dit.slots, TRACK)
        tracks[:, :, 0] = torch.tensor((0.5, SHEET_FOOT, SHEET_HEIGHT, 1.0, *INERT))
        return self._still(latents, texts, [[f.entity] for f, _ in cast], tracks, placed=False)

    def _plates(self, r: random.Random) -> TrainingBatch:
        which = [r.randrange(len(self.scenes.specs)) for _ in range(6 * self.batch)]
        latents = self.scenes.plates[which][:, None]
        texts = [_unless_dropped(plate_caption(self.scenes.specs[n].facts), r) for n in which]
        tracks = torch.zeros(len(which), 1, self.config.dit.slots, TRACK)
        return self._still(latents, texts, [[] for _ in which], tracks, placed=True)

    def _unknown(self) -> LatentState:
        return LatentState(self.config.dit.slots)

    @staticmethod
    def _staging(
        tracks: Tensor, camera: Tensor, latents: Tensor, *, placed: bool = True, known: Tensor | None = None
    ) -> StagingCondition:
        height, width = latents.shape[-2:]
        return StagingCondition(tracks, camera, (height, width), width / height, placed, known)

    def _shots(self, task: str, r: random.Random, generator: torch.Generator) -> TrainingBatch:
        """``batch`` scenes, each with its conditions once and DRAWS windows of its clip as targets."""
        edit = task == "edit"
        pool, by_cast = self.edits if edit else self.scenes, self.by_cast[task]
        count = r.choices(list(by_cast), [len(v) for v in by_cast.values()])[0]
        window, samples, draws = self._sizes(pool.clips.shape[1], r.random() < WHOLE)
        which = r.choices(by_cast[count], self.shares[task][count], k=samples)
        text = self._text([self._words(pool, n, r) for n in which], [entities_of(pool.specs[n]) for n in which])
        clips = pool.clips[which].float()
        staged, kept = torch.rand(2, samples, self.config.dit.slots + 1, generator=generator) >= DROP
        if edit:  # whoever is in the clip is shown by the clip
            kept = self.edited.brought(which)
            kept[:, 0] = torch.rand(samples, generator=generator) < PLATED
        else:
            kept &= self._pictured(which, count, r.random() < PROPS_SHOWN)
        staging = self._staging(pool.tracks[which], pool.camera[which], clips, known=staged)
        anchors = _told(staging.apply(self._unknown()).anchors)
        places = self.scenes if r.random() < 0.5 else pool  # a place may be known by its light before the edit
        around, start = self._around(pool, which, anchors, (window, draws), r, generator)
        references = self._references(pool, places, which, kept, generator)
        rows = torch.arange(samples).repeat_interleave(draws)[:, None]
        frames = start.reshape(-1, 1) + torch.arange(window)
        pictures = self._collages(pool, places, which, staged, kept, rows[:, 0], frames, generator)
        source = self.scenes.clips[which].float()[rows, frames] if edit else None
        layout = LayoutCondition(self.vae, pictures, None if source is None else source.to(self.device))
        state = conditioned(self._unknown(), text, references, *around, layout)
        return TrainingBatch(
            _told(state.text),
            state.condition_rows,
            clips[rows, frames],
            anchors[rows, frames],
            start.reshape(-1),
            pool.cells[which][rows, frames],
            draws,
            state.layout,
            None if source is None else ((clips[rows, frames] - source).abs() > SAME).any(2),
        )

    def _pictured(self, which: list[int], count: int, props: bool) -> Tensor:
        """bool [B, S + 1]: the place, the ``count`` subjects, and the ``props`` behind them have pictures."""
        pictured = torch.zeros(len(which), self.config.dit.slots + 1, dtype=torch.bool)
        for row, n in zip(pictured, which, strict=True):
            row[: 1 + (len(self.scenes.specs[n].facts.shown) if props else count)] = True
        return pictured

    def _sizes(self, frames: int, whole: bool) -> tuple[int, int, int]:
        """Latent frames of a window, samples, and windows a sample: as many latent frames in all, or a few more."""
        window = min(self.config.latent_window, frames)
        return (frames, -(-self.batch * DRAWS * window // frames), 1) if whole else (window, self.batch, DRAWS)

    def _words(self, pool: LatentPool, n: int, r: random.Random) -> str:
        asked = pool.instructions[n]
        described = "" if asked and r.random() < UNCAPTIONED else caption(pool.specs[n].facts, r.randrange(4))
        return prompt(described, asked) if asked else _unless_dropped(described, r)

    def _around(
        self,
        pool: LatentPool,
        which: list[int],
        anchors: Tensor,
        sizes: tuple[int, int],
        r: random.Random,
        generator: torch.Generator,
    ) -> tuple[list[LatentCondition], Tensor]:
        """What is given before and after the window, and where the windows start, [B, draws].

        ``sizes``: latent frames of a window, and windows a sample."""
        clips = pool.clips[which].float()
        (window, draws), frames = sizes, clips.shape[1]
        given = r.choices(list(GIVEN), list(GIVEN.values()))[0]
        if given == "nothing":
            return [], torch.randint(frames - window + 1, (len(which), draws), generator=generator)
        start = torch.randint(frames - window + 1, (len(which),), generator=generator)
        known: list[LatentCondition] = []
        if given != "end":
            known.append(self._before(clips, anchors, start, generator))
        if given != "before":
            known.append(self._end(pool, which, start + window, frames, r))
        return known, start[:, None].expand(-1, draws)

    def _before(self, clips: Tensor, anchors: Tensor, start: Tensor, generator: torch.Generator) -> PastCondition:
        """The clean latent frame just before the window; padding where the window is the clip's beginning."""
        rows, before = torch.arange(len(clips)), (start - 1).clamp_min(0)
        return PastCondition(
            _worn(clips[rows, before][:, None], generator, CONTEXT_NOISE),
            before[:, None].float(),
            anchors[rows, before][:, None],
            start > 0,
        )

    def _end(self, pool: LatentPool, which: list[int], end: Tensor, frames: int, r: random.Random) -> EndingCondition:
        """A still: the last frame of the window, or the first after it where the clip goes on."""
        after = (end < frames) & torch.tensor([r.random() < 0.5 for _ in which])
        latent_frame = end - 1 + after.long()
        frame = torch.where(after, GROUP * latent_frame - GROUP + 1, GROUP * latent_frame)
        stills = torch.stack([pool.frames[n, t] for n, t in zip(which, frame.tolist(), strict=True)])
        latents = encode_images(self.vae, stills[:, None]).float()
        return EndingCondition(latents, latent_frame[:, None].float())

    def _collages(
        self,
        pool: LatentPool,
        places: LatentPool,
        which: list[int],
        staged: Tensor,
        kept: Tensor,
        rows: Tensor,
        frames: Tensor,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """The collages of every target, of who is ``staged`` and which pictures are ``kept``, bool [B, S + 1] each."""
        seen = (staged & kept)[:, :, None, None, None]
        plates = augment(places.plate[which].float() / 127.5 - 1.0, generator) * seen[:, 0]
        edit = pool is self.edits
        sheets = (self.edited.sheets(which) if edit else pool.sheet[which]).float() / 127.5 - 1.0
        sheets = augment(sheets.flatten(0, 1), generator).view_as(sheets) * seen[:, 1:]
        tracks = pool.tracks[which] * staged[:, None, 1:, None]
        tracks[..., -LIMBS:] *= torch.rand(len(which), 1, tracks.shape[2], 1, generator=generator) >= UNPOSED
        shown = grouped_frames(frames)
        cast = [sheets[rows, slot] if seen[:, slot + 1].any() else None for slot in range(sheets.shape[1])]
        source = self.edited.clips(which)[rows[:, None], shown] if edit else None
        there = rows[:, None], shown
        tracks, camera = tracks[there].to(self.device), pool.camera[which][there].to(self.device)
        on = [picture if picture is None else picture.to(self.device) for picture in (plates[rows], *cast, source)]
        return collages(on[0], on[1:-1], tracks, camera, FRAME, source=on[-1])

    def _references(
        self, pool: LatentPool, places: LatentPool, which: list[int], kept: Tensor, generator: torch.Generator
    ) -> ReferenceCondition:
        """The plate (slot 0) and the sheets that anybody has."""
        sheets = self.edited.latents(which, self.vae) if pool is self.edits else pool.sheets[which]
        pictures = [places.plates[which], *sheets.unbind(1)]
        return ReferenceCondition(
            {
                slot: Picture(_worn(picture.float(), generator), kept[:, slot])
                for slot, picture in enumerate(pictures)
                if kept[:, slot].any()
            }
        )


def _told(value: T | None) -> T:
    """What a condition put into the state. ValueError where none did."""
    if value is None:
        raise ValueError("a batch needs text and staging")
    return value


def _share(spec: SceneSpec) -> int:
    """How often a scene is drawn, relative to others with as many subjects."""
    moves = any(prop.motion != "rests" for prop in spec.props)
    return PROPS_DRAWN["moves" if moves else "rests" if spec.props else "none"]


def _drawn(scenes: LatentPool, slots: int) -> dict[str, list[tuple[int, int]]]:
    """Scene and slot of every sheet, of subjects and of props; of either where the other is nowhere."""
    found: dict[str, list[tuple[int, int]]] = {"subject": [], "prop": []}
    for n, spec in enumerate(scenes.specs):
        for slot in range(min(len(spec.subjects) + len(spec.props), slots)):
            found["subject" if slot < len(spec.subjects) else "prop"].append((n, slot))
    both = [*found["subject"], *found["prop"]]
    return {kind: sheets or both for kind, sheets in found.items()}


def _unless_dropped(text: str, r: random.Random) -> str:
    return "" if r.random() < DROP else text


def _worn(latents: Tensor, generator: torch.Generator, most: float = REFERENCE_NOISE) -> Tensor:
    """Pictures as a generator might have made them: half of them a little noisy."""
    amount = most * torch.rand(len(latents), generator=generator)
    amount = amount * (torch.rand(len(latents), generator=generator) < 0.5)
    noise = torch.randn(latents.shape, generator=generator)
    return latents + noise * amount.view(-1, *(1,) * (latents.dim() - 1))
