"""A generator that is the world itself: exact takes of whatever the caption says, with faults on demand.

It stands in for a trained generator wherever the truth must be known: the critic is examined on its planted
faults, and the agent's tests run on it without weights. It is an actor of the tests, not a product: it reads
the caption grammar only and draws the procedural world directly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from omni_model.captions import Garment
from omni_model.conditioning import Assets, CameraKey, CameraPath, Capabilities, Conditioning, TrackKey, sha256
from omni_model.generator import Clip, Progress
from omni_model.vocabulary import (
    ACTIONS,
    CAMERAS,
    COLOURS,
    MOODS,
    PROP_MOTIONS,
    PROPS,
    SETTINGS,
    SIZES,
    SPECIES,
    STYLES,
    TIMES,
    VOCABULARY,
    WARDROBE,
    WEATHERS,
)
from omni_model.world.render import plate, render, sheet
from omni_model.world.spec import PropSpec, SceneSpec, SubjectSpec

_WEATHER_WORDS = {"rain": "the rain", "snow": "falling snow", "fog": "thick fog"}


def _any(words: Sequence[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_LOOK = re.compile(rf"an? ({_any(COLOURS)}) ({_any(SPECIES)})( with (?:an? [a-z]+ (?:{_any(WARDROBE)})(?: and )?)+)?")
_SUBJECT = re.compile(rf"@([a-z0-9_-]+)(?: ({_LOOK.pattern}))? ({_any(ACTIONS)})(?: to the (left|right))?")
_PROP = re.compile(rf"an? ({_any(COLOURS)}) ({_any(PROPS)}) ({_any(PROP_MOTIONS)})")
_GARMENT = re.compile(rf"an? ([a-z]+) ({_any(WARDROBE)})")


def _first(words: Sequence[str], text: str, otherwise: str) -> str:
    found = re.search(rf"\b({_any(words)})\b", text)
    return found.group(1) if found else otherwise


def _garments(text: str | None) -> tuple[Garment, ...]:
    return tuple(Garment(item=i, colour=c) for c, i in _GARMENT.findall(text or "") if c in COLOURS)


def _subjects(conditioning: Conditioning) -> tuple[SubjectSpec, ...]:
    keys = {t.entity: t.keys for t in conditioning.tracks}
    found = []
    for match in _SUBJECT.finditer(conditioning.caption):
        entity, look, colour, species, dressed, action, _ = match.groups()
        if look is None:
            continue
        staged = keys.get(entity, (TrackKey(t=0, x=0.5, y=0.88, height=0.42),))
        found.append(
            SubjectSpec(
                entity=entity, species=species, colour=colour, wardrobe=_garments(dressed), action=action, keys=staged
            )
        )
    return tuple(found)


def _props(conditioning: Conditioning) -> tuple[PropSpec, ...]:
    named = {s.entity for s in _subjects(conditioning)}
    spare = [t for t in conditioning.tracks if t.entity not in named]
    found = []
    for i, (colour, kind, motion) in enumerate(_PROP.findall(conditioning.caption)):
        at = spare[i].keys[0] if i < len(spare) else TrackKey(t=0, x=0.75, y=0.9, height=0.15)
        ground = max(at.y, 0.85)
        speed = {"is thrown": (0.25, -0.5)}.get(motion, (0.0, 0.0))
        y = at.y if motion in ("rests", "rises") else at.y - 0.4
        found.append(
            PropSpec(
                entity=f"prop{i}",
                kind=kind,
                colour=colour,
                motion=motion,
                x=at.x,
                y=y,
                height=at.height,
                vx=speed[0],
                vy=speed[1],
                ground=ground,
            )
        )
    return tuple(found)


def scene_of(conditioning: Conditioning) -> SceneSpec:
    """The scene that a conditioning asks for, read from its caption, tracks and camera."""
    text = conditioning.caption
    weather = next((w for w, phrase in _WEATHER_WORDS.items() if f"in {phrase}" in text), "clear")
    setting = _first(SETTINGS, re.sub(r"@[a-z0-9_-]+", "", text), SETTINGS[0])
    return SceneSpec(
        setting=setting,
        time=_first(TIMES, text, "day"),
        weather=weather if weather in WEATHERS else "clear",
        mood=_first(MOODS, text, "calm"),
        style=_first(STYLES, text, "flat"),
        layout=int(sha256(setting)[:6], 16),
        size=_first(SIZES, text, "wide"),
        move=_first(CAMERAS, text, "static"),
        subjects=_subjects(conditioning),
        props=_props(conditioning),
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
        self.faults, self.often = tuple(faults), often
        self.capabilities = Capabilities(
            name="oracle",
            fps=12.0,
            width=112,
            height=64,
            sheet_size=64,
            frame_grid=1,
            max_frames=1024,
            max_references=16,
            max_subjects=3,
            vocabulary=VOCABULARY,
        )
        self.weights_digest = sha256(f"world {sorted(self.faults)} {often}")
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
        frames = render(scene, conditioning.height, conditioning.width).frames
        for fault in faults:
            frames = _FRAME_FAULTS[fault](frames) if fault in _FRAME_FAULTS else frames
        return frames

    def _faulty(self, conditioning: Conditioning) -> bool:
        return int(sha256(str(conditioning.seed))[:8], 16) < self.often * 0x1_0000_0000

    @staticmethod
    def _sheet(conditioning: Conditioning) -> Tensor:
        found = _LOOK.search(conditioning.caption)
        if found is None:
            raise ValueError(f"no character of the world in {conditioning.caption!r}")
        colour, species, dressed = found.groups()
        style = _first(STYLES, conditioning.caption, "flat")
        return sheet(species, colour, _garments(dressed), style, size=conditioning.width)[None]


__all__ = ["FAULTS", "OracleGenerator", "scene_of"]
