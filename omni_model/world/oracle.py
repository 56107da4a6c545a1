"""A generator that is the world itself: exact takes of whatever the caption says, with faults on demand.

It stands in for a trained generator wherever the truth must be known: the critic is examined on its planted
faults, and the agent's tests run on it without weights. It is an actor of the tests, not a product: it reads
the caption grammar only and draws the procedural world directly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from omni_model.spec.caption_parser import parse, parse_sheet
from omni_model.spec.captions import PropFacts, SceneFacts, SubjectFacts
from omni_model.spec.conditioning import (
    MAX_FRAMES,
    Assets,
    CameraKey,
    CameraPath,
    Capabilities,
    Conditioning,
    Track,
    TrackKey,
    sha256,
)
from omni_model.spec.generator import Clip, Progress
from omni_model.spec.vocabulary import COLOURS, SETTINGS, SPECIES, TIMES, VOCABULARY
from omni_model.world.render import plate, render_frames, sheet
from omni_model.world.spec import PropSpec, SceneSpec, SubjectSpec

_SPEED = {"is thrown": (0.25, -0.5)}
"""Stage heights a second at the release, across and down."""


def _subject(facts: SubjectFacts, tracks: dict[str, Track]) -> SubjectSpec:
    keys = tracks[facts.entity].keys if facts.entity in tracks else (TrackKey(t=0, x=0.5, y=0.88, height=0.42),)
    told = {name: getattr(facts, name) for name in ("entity", "species", "colour", "wardrobe", "action")}
    return SubjectSpec(keys=keys, **told)


def _prop(facts: PropFacts, tracks: dict[str, Track]) -> PropSpec:
    at = tracks[facts.entity].keys[0] if facts.entity in tracks else TrackKey(t=0, x=0.75, y=0.9, height=0.15)
    vx, vy = _SPEED.get(facts.motion, (0.0, 0.0))
    return PropSpec(
        x=at.x,
        y=at.y if facts.motion in ("rests", "rises") else at.y - 0.4,
        height=at.height,
        vx=vx,
        vy=vy,
        ground=max(at.y, 0.85),
        **facts.model_dump(),
    )


def scene_of(conditioning: Conditioning) -> SceneSpec:
    """The scene that a conditioning asks for, read from its caption, tracks and camera."""
    facts = parse(conditioning.caption) or SceneFacts(setting=SETTINGS[0])
    tracks = {track.entity: track for track in conditioning.tracks}
    return SceneSpec(
        setting=facts.setting,
        time=facts.time,
        weather=facts.weather,
        mood=facts.mood,
        style=facts.style,
        layout=int(sha256(facts.setting)[:6], 16),
        size=facts.size,
        move=facts.camera,
        subjects=tuple(_subject(subject, tracks) for subject in facts.subjects),
        props=tuple(_prop(prop, tracks) for prop in facts.props),
        camera=conditioning.camera,
        frames=conditioning.frames,
        span=conditioning.frames,
        fps=conditioning.fps,
    )


def _other(words: Sequence[str], word: str) -> str:
    return words[(words.index(word) + len(words) // 2) % len(words)]


def _recast(scene: SceneSpec, **change: str) -> SceneSpec:
    cast = tuple(s.model_copy(update=change) for s in scene.subjects)
    return scene.model_copy(update={"subjects": cast})


def _jumped(scene: SceneSpec) -> SceneSpec:
    keys = tuple(CameraKey(t=k.t, x=min(k.x + 0.3, 1.0), y=k.y, zoom=k.zoom * 1.5) for k in scene.camera.keys)
    return scene.model_copy(update={"camera": CameraPath(keys=keys)})


_SCENE_FAULTS: dict[str, Callable[[SceneSpec], SceneSpec]] = {
    "wrong mood": lambda s: s.model_copy(update={"mood": "happy" if s.mood != "happy" else "scary"}),
    "wrong time": lambda s: s.model_copy(update={"time": _other(TIMES, s.time)}),
    "wrong setting": lambda s: s.model_copy(update={"setting": _other(SETTINGS, s.setting)}),
    "wrong species": lambda s: _recast(s, species=_other(SPECIES, s.subjects[0].species)) if s.subjects else s,
    "wrong colour": lambda s: _recast(s, colour=_other(COLOURS, s.subjects[0].colour)) if s.subjects else s,
    "missing subject": lambda s: s.model_copy(update={"subjects": ()}),
    "jump": _jumped,
}


def _flickering(frames: Tensor) -> Tensor:
    gain = torch.where(torch.arange(len(frames)) % 2 == 0, 1.0, 0.72).view(-1, 1, 1, 1)
    return (frames.float() * gain).round().to(torch.uint8)


_FRAME_FAULTS: dict[str, Callable[[Tensor], Tensor]] = {
    "frozen": lambda frames: frames[:1].expand_as(frames).clone(),
    "flicker": _flickering,
}
FAULTS = (*_SCENE_FAULTS, *_FRAME_FAULTS)


class OracleGenerator:
    """``faults`` names what goes wrong (see FAULTS) in the share ``often`` of shots, chosen by their seeds."""

    def __init__(self, faults: Sequence[str] = (), often: float = 1.0) -> None:
        if unknown := set(faults) - set(FAULTS):
            raise ValueError(f"no such fault: {sorted(unknown)}; choose from {list(FAULTS)}")
        self.faults, self.often = tuple(fault for fault in FAULTS if fault in faults), often if faults else 1.0
        self.capabilities = Capabilities(
            name="oracle",
            fps=12.0,
            width=112,
            height=64,
            sheet_size=64,
            frame_grid=1,
            max_frames=MAX_FRAMES,
            max_references=16,
            max_subjects=3,
            vocabulary=VOCABULARY,
        )
        self.weights_digest = sha256(f"world {sorted(self.faults)} {self.often}")
        self.sampler = "world/1"

    def render(self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None = None) -> list[Clip]:
        """Exact clips; references are not looked at."""
        clips = []
        for i, conditioning in enumerate(batch):
            clips.append(Clip(self._frames(conditioning), conditioning.fps))
            if progress is not None:
                progress(i + 1, len(batch))
        return clips

    def _frames(self, conditioning: Conditioning) -> Tensor:
        if conditioning.caption.startswith("character sheet"):
            return self._sheet(conditioning)
        scene = scene_of(conditioning)
        if conditioning.caption.startswith("plate"):
            return plate(scene, conditioning.height, conditioning.width)[None]
        faults = self.faults if self._faulty(conditioning) else ()
        for fault in faults:
            scene = _SCENE_FAULTS[fault](scene) if fault in _SCENE_FAULTS else scene
        frames = render_frames(scene, conditioning.height, conditioning.width)
        for fault in faults:
            frames = _FRAME_FAULTS[fault](frames) if fault in _FRAME_FAULTS else frames
        return frames

    def _faulty(self, conditioning: Conditioning) -> bool:
        return int(sha256(str(conditioning.seed))[:8], 16) < self.often * 0x1_0000_0000

    @staticmethod
    def _sheet(conditioning: Conditioning) -> Tensor:
        found = parse_sheet(conditioning.caption)
        if found is None:
            raise ValueError(f"no character of the world in {conditioning.caption!r}")
        who, style = found
        return sheet(who.species, who.colour, who.wardrobe, style, size=conditioning.width)[None]


__all__ = ["FAULTS", "OracleGenerator", "scene_of"]
