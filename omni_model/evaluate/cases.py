"""Held-out scenes, what is asked for them, and how a painter is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from torch import Tensor

from omni_model.evaluate.rows import MeasureTally
from omni_model.eyes.perception import Perception
from omni_model.motion.physics import prop_track
from omni_model.motion.tracks import camera_frames, track_frames
from omni_model.spec.conditioning import CameraKey, CameraPath, Conditioning, Track, TrackKey, sha256
from omni_model.train.data.scenes import LEAST_VISIBLE, keep
from omni_model.train.tasks.evaluate import request
from omni_model.train.tasks.perception import visible_subjects
from omni_model.world.render import Rendering, render
from omni_model.world.sample import sample_scene
from omni_model.world.spec import SceneSpec

_FIRST_SEED = 90_000_000_000
"""Held-out scenes for examination, far from the seeds of any training shard."""

HeldOutScene = tuple[SceneSpec, Rendering]


@dataclass
class EvaluationCase:
    """One request, the pictures that it names, and the exact truth of it, uint8 ``[T, 3, H, W]``."""

    asked: Conditioning
    assets: dict[str, Tensor]
    wanted: Tensor

    def with_clip(self, frames: Tensor) -> str:
        """Adds a picture or a clip to the assets; its digest."""
        digest = digest_of(frames)
        self.assets[digest] = frames
        return digest

    def ask(self, **changes: object) -> None:
        """Changes fields of the request. ValueError where the language does not allow it."""
        self.asked = Conditioning.model_validate(self.asked.model_dump() | changes)


@dataclass(frozen=True)
class Bench:
    """Who is examined, by whom, on how many cases."""

    paint: Callable[[EvaluationCase], Tensor]
    """Frames uint8 [T, 3, H, W] for a case; ValueError for what the painter refuses."""
    vae_roundtrip: Callable[[Tensor], Tensor]
    """A clip uint8 [4k + 1, 3, H, W] as the autoencoder alone gives it back."""
    examiner: Perception
    cases: int = 300
    seed: int = 0
    tick: Callable[[], None] = field(default=lambda: None)
    """Called after every case."""

    def painted(self, case: EvaluationCase, *tallies: MeasureTally) -> Tensor | None:
        """The painter's frames; None, and one failure in every tally, where it refuses."""
        try:
            return self.paint(case)
        except ValueError as error:
            for tally in tallies:
                tally.fail(str(error))
            return None


def digest_of(frames: Tensor) -> str:
    """Names a uint8 picture or clip by its pixels."""
    return sha256(frames.contiguous().numpy().tobytes())


def case_of(
    scene: SceneSpec, wanted: Tensor, seed: int, *, references: bool = True, props: bool = True
) -> EvaluationCase:
    """Asks for a scene, staging subjects and ``props`` as a plan does. Its camera and tracks are told frame by frame
    where it is a window of a longer one."""
    asked, pictures = request(scene, seed, Conditioning.model_fields["steps"].default)
    case = EvaluationCase(asked, pictures, wanted)
    if not references:
        case.ask(references=())
    if (scene.start, scene.frames) != (0, scene.span):
        case.ask(tracks=_window_tracks(scene), camera=_window_camera(scene))
    if props:
        staged = (prop_track(prop.entity, prop, scene.seconds()) for prop in scene.props)
        case.ask(tracks=(*case.asked.tracks, *staged))
    return case


def _times(scene: SceneSpec) -> list[float]:
    return [i / max(scene.frames - 1, 1) for i in range(scene.frames)]


def _window_tracks(scene: SceneSpec) -> tuple[Track, ...]:
    at = scene.phase()
    return tuple(
        Track(
            entity=s.entity,
            keys=tuple(
                TrackKey(t=t, x=x, y=y, height=height, facing=facing)
                for t, (x, y, height, facing) in zip(_times(scene), track_frames(s.keys, at).tolist(), strict=True)
            ),
        )
        for s in scene.subjects
    )


def _window_camera(scene: SceneSpec) -> CameraPath:
    values = camera_frames(scene.camera, scene.phase()).tolist()
    return CameraPath(
        keys=tuple(CameraKey(t=t, x=x, y=y, zoom=z) for t, (x, y, z) in zip(_times(scene), values, strict=True))
    )


def scenes(
    cases: int,
    seed: int,
    *,
    subjects: int | None = None,
    skip: int = 0,
    change: Callable[[SceneSpec], SceneSpec] = lambda scene: scene,
    fits: Callable[[SceneSpec, Rendering], bool] = keep,
) -> Iterator[HeldOutScene]:
    """Scenes of combinations never trained on that ``fits`` accepts (its first subject can be seen), with their truth.

    ``subjects`` None: one and two in turn. ``skip``: seeds passed over first, below a million.
    ``change`` comes before ``fits``.
    """
    found, number = 0, _FIRST_SEED + seed * 1_000_000 + skip
    while found < cases:
        drawn = sample_scene(number, held_out=True, subjects=1 + number % 2 if subjects is None else subjects)
        scene = change(drawn)
        number += 1
        truth = render(scene)
        if fits(scene, truth):
            found += 1
            yield scene, truth


def in_view(truth: Rendering, subject: int) -> bool:
    """Whether a subject can be judged: most of its box lies in every frame."""
    return bool(visible_subjects(truth.boxes[:, subject]).all())


def all_in_view(scene: SceneSpec, truth: Rendering) -> bool:
    """Whether every subject can be judged, and none is hidden behind another."""
    return all(
        in_view(truth, s) and int(truth.masks[:, s].sum((1, 2)).min()) >= LEAST_VISIBLE
        for s in range(len(scene.subjects))
    )
