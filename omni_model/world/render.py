"""From a spec to pixels and exact truth: clips, plates, sheets, masks, boxes and flow.

Shape legend: T frames, S subjects then props, H/W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.motion.light import FOG_BEFORE, Light, falling, grade, haze, light_of
from omni_model.motion.palette import times
from omni_model.motion.physics import trajectory
from omni_model.motion.poses import POSES
from omni_model.motion.tracks import camera_frames, track_frames
from omni_model.spec.captions import GarmentFacts
from omni_model.spec.conditioning import SHEET_FOOT, SHEET_GROUND, SHEET_HEIGHT, CameraPath
from omni_model.world.characters import character
from omni_model.world.places import ASPECT, place
from omni_model.world.props import prop
from omni_model.world.shapes import Drawing, paint, paint_window
from omni_model.world.spec import SceneSpec, SubjectSpec

_SUPERSAMPLE = 2
_AT_ONCE = 64
"""Frames of a long clip that are drawn together."""
_FOG_BEHIND = 0.55


@dataclass(frozen=True)
class Rendering:
    """A clip and the truth about it.

    ``frames`` uint8 [T, 3, H, W]; ``masks`` bool [T, S, H, W], what is visible of each subject and prop;
    ``boxes`` [T, S, 4] x0 y0 x1 y1 in frame coordinates 0..1; ``tracks`` [T, S, 4] x, y, height, facing on the
    stage; ``camera`` [T, 3] x, y, zoom; ``flow`` [T-1, 2, H, W] pixels a frame, x then y.
    """

    frames: Tensor
    masks: Tensor
    boxes: Tensor
    tracks: Tensor
    camera: Tensor
    flow: Tensor


def _ink(style: str, height: int) -> float:
    return 0.016 * height if style == "ink" else 0.0


def _light(spec: SceneSpec) -> Light:
    return light_of(spec.time, spec.weather)


def stage(spec: SceneSpec, height: int = 64, width: int = 112) -> Tensor:
    """The ungraded empty place at ``_SUPERSAMPLE`` times the size, [1, 3, h, w]."""
    h, w = height * _SUPERSAMPLE, width * _SUPERSAMPLE
    canvas = torch.zeros(1, h, w, 3)
    x, y = torch.arange(w)[None, None, :] + 0.5, torch.arange(h)[None, :, None] + 0.5
    drawing = place(spec.setting, spec.weather, _light(spec), spec.layout)
    paint(canvas, drawing.placed(0.0, 0.0, float(h)), x, y, ink=_ink(spec.style, h) * 0.6)
    if spec.weather == "fog" and spec.setting != "room":
        canvas = haze(canvas, _light(spec), _FOG_BEHIND)
    return canvas.permute(0, 3, 1, 2)


def _seen(stage: Tensor, camera: Tensor, height: int, width: int) -> Tensor:
    """The stage through the camera [T, 3] → [T, H, W, 3]; trilinear between two levels of detail."""
    frames = camera.shape[0]
    gx = ((torch.arange(width) + 0.5) / width - 0.5)[None, None, :] / camera[:, 2, None, None] + camera[
        :, 0, None, None
    ]
    gy = ((torch.arange(height) + 0.5) / height - 0.5)[None, :, None] / camera[:, 2, None, None] + camera[
        :, 1, None, None
    ]
    grid = torch.stack((gx.expand(-1, height, -1), gy.expand(-1, -1, width)), dim=-1) * 2 - 1
    fine = F.grid_sample(stage.expand(frames, -1, -1, -1), grid, padding_mode="border", align_corners=False)
    coarse_stage = F.avg_pool2d(stage, _SUPERSAMPLE)
    coarse = F.grid_sample(coarse_stage.expand(frames, -1, -1, -1), grid, padding_mode="border", align_corners=False)
    detail = ((camera[:, 2] - 1.0) / (_SUPERSAMPLE - 1.0)).clamp(0.0, 1.0)[:, None, None, None]
    return (coarse + (fine - coarse) * detail).permute(0, 2, 3, 1).contiguous()


def _under_light(drawing: Drawing, light: Light) -> Drawing:
    for shape in drawing.shapes:
        r, g, b = shape.colour
        shape.colour = times((float(r), float(g), float(b)), light.ambient)
    return drawing


def _shadow(drawing: Drawing, light: Light, mood: str) -> Drawing:
    """A soft ellipse on the ground below a standing drawing; long and leaning at dawn and dusk, or when scary."""
    out = Drawing()
    long = 0.45 if mood == "scary" else 0.0
    slant = light.slant if light.slant else long
    out.ellipse(
        slant * 0.5,
        0.01,
        0.27 + abs(slant) * 0.55,
        0.055,
        (0.02, 0.02, 0.05),
        alpha=min(light.shadow + long, 0.7),
        outlined=False,
    )
    return out


@dataclass(frozen=True)
class _Actor:
    """A drawing with its lit shapes and its stage track [T, 4]; ``lift`` raises it above its shadow."""

    drawing: Drawing
    track: Tensor
    lift: Tensor
    turn: Tensor
    shift: float
    grounded: bool


def _subject(spec: SubjectSpec, scene: SceneSpec) -> _Actor:
    pose = POSES[spec.action](scene.seconds())
    track = track_frames(spec.keys, scene.phase())
    zero = torch.zeros(scene.frames)
    lift = pose.lift + zero + (0.06 if spec.species == "ghost" else 0.0)
    drawing = _under_light(character(spec.species, spec.colour, spec.wardrobe, pose), _light(scene))
    return _Actor(drawing, track, lift, pose.lean + zero, pose.shift, grounded=True)


def _actors(scene: SceneSpec) -> list[_Actor]:
    actors = [_subject(s, scene) for s in scene.subjects]
    for p in scene.props:
        path = trajectory(p, scene.seconds())
        shape = torch.tensor([[p.height, 1.0]]).expand(len(path), 2)
        zero = torch.zeros(len(path))
        drawing = _under_light(prop(p.kind, p.colour), _light(scene))
        actors.append(_Actor(drawing, torch.cat((path, shape), 1), zero, zero, 0.0, grounded=p.motion == "rests"))
    return actors


def _on_frame(track: Tensor, camera: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pixel position of the feet and pixel height, each [T]."""
    x = ((track[:, 0] - camera[:, 0]) * camera[:, 2] + 0.5) * width
    y = ((track[:, 1] - camera[:, 1]) * camera[:, 2] + 0.5) * height
    return x, y, track[:, 2] * camera[:, 2] * height


def _paint_actor(canvas: Tensor, actor: _Actor, scene: SceneSpec, camera: Tensor) -> tuple[Tensor, Tensor]:
    """Draw one actor; returns its coverage [T, H, W] and its box [T, 4] in frame coordinates."""
    frames, height, width, _ = canvas.shape
    x, y, tall = _on_frame(actor.track, camera, height, width)
    facing = torch.where(actor.track[:, 3] < 0, -1.0, 1.0)
    ink = _ink(scene.style, height)
    coverage = torch.zeros(frames, height, width)
    lift = actor.lift * tall
    reach = float(tall.max()) * 1.35 + 4
    size = (int(reach) + 2, int(reach * 1.25) + 2)
    origin = torch.stack((y - lift - reach * 0.93, x - reach * 0.625), dim=1)
    if actor.grounded:
        shade = _shadow(actor.drawing, _light(scene), scene.mood).placed(x, y, tall)
        paint_window(canvas, shade, origin + torch.stack((lift, 0 * lift), 1), size)
    placed = actor.drawing.placed(x - actor.shift * tall * facing, y - lift, tall, facing, actor.turn)
    paint_window(canvas, placed, origin, size, ink=ink, coverage=coverage)
    half = 0.46 * tall
    box = torch.stack(
        ((x - half) / width, (y - lift - 1.05 * tall) / height, (x + half) / width, (y - lift) / height), 1
    )
    return coverage, box


def _flow(camera: Tensor, actors: list[_Actor], masks: Tensor, height: int, width: int) -> Tensor:
    """Forward motion of every pixel, pixels a frame: the camera's for the place, the anchor's for an actor."""
    now, then = camera[:-1], camera[1:]
    fx = ((torch.arange(width) + 0.5) / width - 0.5)[None, None, :]
    fy = ((torch.arange(height) + 0.5) / height - 0.5)[None, :, None]
    ratio = (then[:, 2] / now[:, 2])[:, None, None]
    x = fx * ratio + ((now[:, 0] - then[:, 0]) * then[:, 2])[:, None, None] - fx
    y = fy * ratio + ((now[:, 1] - then[:, 1]) * then[:, 2])[:, None, None] - fy
    flow = torch.stack((x.expand(-1, height, -1) * width, y.expand(-1, -1, width) * height), dim=1)
    for i, actor in enumerate(actors):
        px, py, tall = _on_frame(actor.track, camera, height, width)
        py = py - actor.lift * tall
        moved = torch.stack((px[1:] - px[:-1], py[1:] - py[:-1]), 1)[:, :, None, None]
        flow = torch.where(masks[:-1, i, None], moved, flow)
    return flow


def depth_order(scene: SceneSpec) -> list[int]:
    """The scene's subjects and props, by their numbers, from the back to the front."""
    return _depth(_actors(scene))


def _depth(actors: list[_Actor]) -> list[int]:
    return sorted(range(len(actors)), key=lambda i: float(actors[i].track[:, 1].mean()))


def render_frames(scene: SceneSpec, height: int = 64, width: int = 112) -> Tensor:
    """The scene's clip alone, uint8 [T, 3, H, W], drawn some frames at a time: memory does not grow with what is known
    of them."""
    empty, order = stage(scene, height, width), depth_order(scene)
    frames = torch.empty(scene.frames, 3, height, width, dtype=torch.uint8)
    for at in range(0, scene.frames, _AT_ONCE):
        window = scene.window(scene.start + at, min(_AT_ONCE, scene.frames - at))
        frames[at : at + _AT_ONCE] = render(window, height, width, empty, order).frames
    return frames


def render(
    scene: SceneSpec,
    height: int = 64,
    width: int = 112,
    empty: Tensor | None = None,
    order: Sequence[int] | None = None,
) -> Rendering:
    """The scene's clip at any size, with its truth. Deterministic.

    ``empty``: the scene's ``stage``, where it was drawn already for another scene in the same place and light.
    ``order``: of the scene that this one is a window of, see :func:`depth_order`.
    """
    camera = camera_frames(scene.camera, scene.phase())
    canvas = _seen(stage(scene, height, width) if empty is None else empty, camera, height, width)
    actors = _actors(scene)
    covers = torch.zeros(scene.frames, len(actors), height, width)
    boxes = torch.zeros(scene.frames, len(actors), 4)
    for i in _depth(actors) if order is None else order:
        cover, boxes[:, i] = _paint_actor(canvas, actors[i], scene, camera)
        covers *= 1.0 - cover[:, None]
        covers[:, i] = cover
    if scene.setting != "room":
        if scene.weather == "fog":
            canvas = haze(canvas, _light(scene), FOG_BEFORE)
        canvas = falling(canvas, scene.weather, scene.seconds())
    frames = grade(canvas, scene.mood, scene.style).permute(0, 3, 1, 2)
    masks = covers > 0.5
    tracks = torch.stack([a.track for a in actors], 1) if actors else torch.zeros(scene.frames, 0, 4)
    flow = _flow(camera, actors, masks, height, width)
    return Rendering((frames * 255).round().to(torch.uint8), masks, boxes, tracks, camera, flow)


def plate(scene: SceneSpec, height: int = 64, width: int = 112) -> Tensor:
    """The empty place in the scene's light, mood and style, without what falls: uint8 [3, H, W]."""
    empty = scene.model_copy(update={"subjects": (), "props": (), "camera": CameraPath(), "frames": 1, "start": 0})
    canvas = _seen(stage(empty, height, width), camera_frames(empty.camera, empty.phase()), height, width)
    if empty.weather == "fog" and empty.setting != "room":
        canvas = haze(canvas, _light(empty), FOG_BEFORE)
    frames = grade(canvas, empty.mood, empty.style).permute(0, 3, 1, 2)
    return (frames[0] * 255).round().to(torch.uint8)


def sheet(
    species: str,
    colour: str,
    wardrobe: tuple[GarmentFacts, ...] = (),
    style: str = "flat",
    *,
    action: str = "stands",
    facing: float = 1.0,
    seconds: float = 0.0,
    size: int = 64,
) -> Tensor:
    """The character alone on a plain ground by daylight: uint8 [3, size, size].

    Centred, feet at SHEET_FOOT and SHEET_HEIGHT tall, in any pose, facing right (1) or left (-1).
    """
    at = torch.tensor([seconds])
    pose = POSES[action](at)
    lift = (pose.lift + (0.06 if species == "ghost" else 0.0)) * SHEET_HEIGHT * size
    drawing = character(species, colour, wardrobe, pose)
    foot = SHEET_FOOT * size
    placed = drawing.placed(
        (0.5 - pose.shift * SHEET_HEIGHT * facing) * size, foot - lift, SHEET_HEIGHT * size, facing, pose.lean
    )
    return _alone(placed, style, size)


def prop_sheet(kind: str, colour: str, style: str = "flat", *, size: int = 64) -> Tensor:
    """A prop alone on the ground of a sheet, standing as a character does: uint8 [3, size, size]."""
    return _alone(prop(kind, colour).placed(0.5 * size, SHEET_FOOT * size, SHEET_HEIGHT * size), style, size)


def _alone(placed: Drawing, style: str, size: int) -> Tensor:
    canvas, grid = torch.tensor(SHEET_GROUND).repeat(1, size, size, 1), torch.arange(size) + 0.5
    paint(canvas, placed, grid[None, None, :], grid[None, :, None], ink=_ink(style, size))
    return (grade(canvas, "calm", style)[0].permute(2, 0, 1) * 255).round().to(torch.uint8)


__all__ = ["ASPECT", "Rendering", "depth_order", "plate", "prop_sheet", "render", "render_frames", "sheet"]
