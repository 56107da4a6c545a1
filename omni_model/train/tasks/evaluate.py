"""What the finished model can do, said by the examiner: held-out scenes rendered from sheets and plate."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from omni_model.eyes.perception import SCENE_HEADS, SUBJECT_HEADS, Perception
from omni_model.spec.captions import caption
from omni_model.spec.conditioning import Conditioning, Reference, sha256
from omni_model.spec.generator import Generator
from omni_model.train.data.scenes import keep
from omni_model.train.tasks.perception import seen_kinds, visible_subjects
from omni_model.world.render import Rendering, plate, render, sheet
from omni_model.world.sample import sample_scene
from omni_model.world.spec import SceneSpec

_FIRST_SEED = 90_000_000_000
"""Held-out scenes for examination, far from the seeds of any training shard."""


@dataclass(frozen=True)
class ExamRow:
    """One line of the table. ``value`` is a share 0..1; ``examiner_error`` its own share of errors on real renders."""

    task: str
    measure: str
    value: float | None
    n_evaluated: int
    n_failed: int
    n_skipped: int
    examiner_error: float | None


def request(scene: SceneSpec, seed: int, steps: int) -> tuple[Conditioning, dict[str, Tensor]]:
    """The conditioning that asks for a scene by caption, sheets, plate, tracks and camera; and its pictures."""
    pictures = {"plate": plate(scene)}
    pictures |= {s.entity: sheet(s.species, s.colour, s.wardrobe, scene.style) for s in scene.subjects}
    digests = {name: sha256(bytes(image.flatten().tolist())) for name, image in pictures.items()}
    references = [Reference(image=digests["plate"], role="plate", entity="place")]
    references += [Reference(image=digests[s.entity], role="sheet", entity=s.entity) for s in scene.subjects]
    asked = Conditioning(
        caption=caption(scene.facts),
        references=tuple(references),
        tracks=scene.tracks,
        camera=scene.camera,
        frames=scene.frames,
        fps=scene.fps,
        seed=seed,
        steps=steps,
    )
    return asked, {digests[name]: image for name, image in pictures.items()}


def held_out_scenes(cases: int, seed: int) -> list[tuple[SceneSpec, Rendering]]:
    """Scenes of combinations never trained on, whose first subject can be seen, with their truth."""
    found: list[tuple[SceneSpec, Rendering]] = []
    number = _FIRST_SEED + seed * 1_000_000
    while len(found) < cases:
        scene = sample_scene(number, held_out=True, subjects=1 + number % 2)
        truth = render(scene)
        if keep(scene, truth):
            found.append((scene, truth))
        number += 1
    return found


def _score(examiner: Perception, frames: Tensor, scene: SceneSpec, truth: Rendering) -> dict[str, list[bool | None]]:
    """Per kind, whether each thing was read rightly; None for what is not in view to be judged."""
    reading, seen_here = examiner.scene(frames), seen_kinds(scene)
    right: dict[str, list[bool | None]] = {
        kind: [reading.best(kind)[0] == getattr(scene, kind) if kind in seen_here else None] for kind in SCENE_HEADS
    }
    for i, subject in enumerate(scene.subjects):
        boxes = truth.boxes[:, i]
        seen = examiner.subject(frames, boxes) if bool(visible_subjects(boxes).all()) else None
        for kind in SUBJECT_HEADS:
            right.setdefault(kind, []).append(None if seen is None else seen.best(kind)[0] == getattr(subject, kind))
    return right


def examine(
    generator: Generator, examiner: Perception, *, cases: int = 100, seed: int = 0, steps: int | None = None
) -> list[ExamRow]:
    """Share of held-out prompts that the examiner recognises, per kind, beside its own error on the true clips.

    ``steps``: by default the generator's own.
    """
    seen: dict[str, list[bool | None]] = {}
    real: dict[str, list[bool | None]] = {}
    for number, (scene, truth) in enumerate(held_out_scenes(cases, seed)):
        asked, pictures = request(scene, seed + number, steps or generator.capabilities.steps)
        clip = generator.render([asked], pictures.__getitem__)[0]
        for found, frames in ((seen, clip.frames), (real, truth.frames)):
            for kind, values in _score(examiner, frames, scene, truth).items():
                found.setdefault(kind, []).extend(values)
    return [_row(kind, seen[kind], real[kind]) for kind in seen]


def _row(kind: str, seen: list[bool | None], real: list[bool | None]) -> ExamRow:
    judged, judged_real = ([v for v in values if v is not None] for values in (seen, real))
    error = None if not judged_real else 1 - sum(judged_real) / len(judged_real)
    value = None if not judged else sum(judged) / len(judged)
    return ExamRow("sheets and plate to shot", kind, value, len(judged), 0, len(seen) - len(judged), error)


def as_json(rows: list[ExamRow]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]
