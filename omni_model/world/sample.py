"""Random scenes for training and examination; whole combinations of attributes are held out by construction."""

from __future__ import annotations

import hashlib
import random

from omni_model.spec.captions import GarmentFacts
from omni_model.spec.conditioning import CameraKey, CameraPath, TrackKey
from omni_model.spec.vocabulary import (
    ACTIONS,
    CAMERAS,
    COLOURS,
    MOODS,
    PROPS,
    SETTINGS,
    SIZES,
    SPECIES,
    STYLES,
    TIMES,
    WARDROBE,
    WEATHERS,
)
from omni_model.world.spec import PropSpec, SceneSpec, SubjectSpec

HELD_OUT_SHARE = 0.10
ZOOM = {"wide": (1.0, 1.18), "medium": (1.5, 1.8), "close": (2.2, 2.7)}
HEIGHT = (0.34, 0.50)
_MOVING = ("walks", "runs", "floats", "jumps")


def is_held_out(setting: str, time: str, species: str, colour: str) -> bool:
    """True for a fixed tenth of all (setting, time, species, colour) combinations: never trained on."""
    key = hashlib.sha256(f"{setting}|{time}|{species}|{colour}".encode()).digest()
    return key[0] < 256 * HELD_OUT_SHARE


def _wardrobe(r: random.Random, main: str) -> tuple[GarmentFacts, ...]:
    count = r.choice((0, 0, 1, 1, 2))
    others = [c for c in COLOURS if c != main]
    worn = [w for w in r.sample(WARDROBE, len(WARDROBE))][:count]
    if "hat" in worn and "crown" in worn:
        worn.remove("crown")
    return tuple(GarmentFacts(item=w, colour=r.choice(others)) for w in worn)


def _places(r: random.Random, count: int) -> list[float]:
    """Stage x positions, apart from one another."""
    if count == 1:
        return [r.uniform(0.28, 0.72)]
    gap = 0.62 / max(count, 1)
    return [0.5 + (i - (count - 1) / 2) * gap + r.uniform(-0.05, 0.05) for i in range(count)]


def _subject(r: random.Random, entity: str, x: float, species: str, colour: str, alone: bool) -> SubjectSpec:
    action = r.choice(ACTIONS)
    y, height = r.uniform(0.80, 0.93), r.uniform(*HEIGHT)
    travel = r.choice((-1, 1)) * r.uniform(0.10, 0.38 if alone else 0.16) if action in _MOVING else 0.0
    if not 0.08 < x + travel < 0.92:
        travel = -travel
    facing = (1.0 if travel > 0 else -1.0) if travel else r.choice((-1.0, 1.0))
    keys: tuple[TrackKey, ...] = (TrackKey(t=0, x=x, y=y, height=height, facing=facing),)
    if travel:
        keys = (*keys, TrackKey(t=1, x=x + travel, y=y, height=height, facing=facing))
    return SubjectSpec(
        entity=entity, species=species, colour=colour, wardrobe=_wardrobe(r, colour), action=action, keys=keys
    )


def _prop(r: random.Random, taken: list[float]) -> PropSpec:
    kind, motion = r.choice(PROPS), r.choice(("rests", "rests", "is thrown", "falls"))
    if kind == "balloon":
        motion = r.choice(("rests", "rises"))
    x = max((r.uniform(0.15, 0.85) for _ in range(4)), key=lambda p: min([abs(p - t) for t in taken], default=1.0))
    ground = r.uniform(0.84, 0.95)
    base = {
        "entity": "prop",
        "kind": kind,
        "colour": r.choice(COLOURS),
        "motion": motion,
        "ground": ground,
        "height": r.uniform(0.13, 0.20),
        "x": x,
        "y": ground,
    }
    if motion == "is thrown":
        base |= {"y": ground - 0.25, "vx": (1 if x < 0.5 else -1) * r.uniform(0.15, 0.35), "vy": -r.uniform(0.3, 0.6)}
    if motion == "falls":
        base |= {"y": r.uniform(0.10, 0.35), "restitution": 0.35 if kind in ("crate", "book", "key") else 0.6}
    return PropSpec.model_validate(base)


def camera_path(size: str, move: str, x: float, y: float, r: random.Random) -> CameraPath:
    """Keys for a film move around a point of interest; the window stays on the stage."""
    zoom = r.uniform(*ZOOM[size])
    far = max(zoom, 1.15) if move in ("pan left", "pan right", "tilt up", "tilt down", "shake") else zoom

    def key(t: float, dx: float = 0.0, dy: float = 0.0, scale: float = 1.0) -> CameraKey:
        z = max(far * scale, 1.0)
        room = 0.5 / z
        return CameraKey(t=t, x=min(max(x + dx, room), 1 - room), y=min(max(y + dy, room), 1 - room), zoom=z)

    slide = 0.5 * (1.0 - 1.0 / far) if far < 1.4 else 0.12
    if move == "push in":
        return CameraPath(keys=(key(0.0), key(1.0, scale=1.32)))
    if move == "pull out":
        return CameraPath(keys=(key(0.0, scale=1.32), key(1.0)))
    if move in ("pan left", "pan right"):
        s = slide if move == "pan right" else -slide
        return CameraPath(keys=(key(0.0, dx=-s), key(1.0, dx=s)))
    if move in ("tilt up", "tilt down"):
        s = slide if move == "tilt down" else -slide
        return CameraPath(keys=(key(0.0, dy=-s), key(1.0, dy=s)))
    if move == "shake":
        offsets = [(0.018 * ((-1) ** i), 0.014 * ((-1) ** (i // 2))) for i in range(13)]
        return CameraPath(keys=tuple(key(i / 12, dx, dy) for i, (dx, dy) in enumerate(offsets)))
    return CameraPath(keys=(key(0.0),))


def sample_scene(seed: int, *, held_out: bool = False, frames: int = 25, subjects: int | None = None) -> SceneSpec:
    """A scene from a seed. ``held_out`` chooses which side of the split its first subject comes from."""
    r = random.Random(seed)
    count = subjects if subjects is not None else r.choices((0, 1, 2, 3), (0.05, 0.55, 0.30, 0.10))[0]
    while True:
        setting, time = r.choice(SETTINGS), r.choice(TIMES)
        looks = [(r.choice(SPECIES), r.choice(COLOURS)) for _ in range(max(count, 1))]
        if len({s for s, _ in looks}) == len(looks) and all(is_held_out(setting, time, *k) == held_out for k in looks):
            break
        if (
            held_out
            and count > 1
            and is_held_out(setting, time, *looks[0])
            and len({s for s, _ in looks}) == len(looks)
        ):
            break
    size = r.choices(SIZES, (0.5, 0.3, 0.2))[0]
    if count > 1 and size == "close":
        size = "medium"
    move = r.choice(CAMERAS) if r.random() < 0.7 else "static"
    cast = tuple(_subject(r, "abc"[i], x, *looks[i], count == 1) for i, x in enumerate(_places(r, count)))
    focus_x = sum(s.keys[0].x + s.keys[-1].x for s in cast) / (2 * count) if count else 0.5
    focus_y = (
        sum(s.keys[0].y - s.keys[0].height * (0.72 if size == "close" else 0.5) for s in cast) / count if count else 0.5
    )
    props = (_prop(r, [s.keys[0].x for s in cast]),) if r.random() < 0.35 else ()
    return SceneSpec(
        setting=setting,
        time=time,
        weather=r.choices(WEATHERS, (0.55, 0.15, 0.15, 0.15))[0],
        mood=r.choice(MOODS),
        style=r.choices(STYLES, (0.5, 0.25, 0.25))[0],
        layout=r.randrange(1 << 30),
        size=size,
        move=move,
        subjects=cast,
        props=props,
        camera=camera_path(size, move, focus_x, focus_y, r),
        frames=frames,
        span=frames,
    )
