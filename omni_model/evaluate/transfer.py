"""Camera transfer: the move of a clip, shown and not named, is made in another scene."""

from __future__ import annotations

from omni_model.evaluate.cases import Bench, EvaluationCase, HeldOutScene, case_of, scenes
from omni_model.evaluate.moves import move_seen
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.eyes.camera import from_first, move_of, moved
from omni_model.spec.captions import caption
from omni_model.spec.conditioning import CameraPath, ContextClip
from omni_model.world.render import Rendering, render
from omni_model.world.spec import SceneSpec

_SHOWING = 250_000
"""Seeds between the scenes that follow and those that show."""


def rows(bench: Bench) -> list[TableRow]:
    """The move that explains the painted clip best is the one that the shown clip makes; by kind of move."""
    tally = MeasureTally("camera transfer", "move right")
    showing = scenes(bench.cases, bench.seed, skip=_SHOWING, fits=_moves)
    following = scenes(bench.cases, bench.seed, change=_still)
    for number, (shown, (spec, _)) in enumerate(zip(showing, following, strict=True)):
        case, truth = transferred(shown, spec, bench.seed + number)
        frames = bench.painted(case, tally)
        if frames is not None:
            move = shown[0].move
            found, real = (move_seen(clip, truth, move, spec.size) == move for clip in (frames, truth.frames))
            tally.add({move: found}, {move: real})
        bench.tick()
    return [tally.shares()]


def transferred(shown: HeldOutScene, spec: SceneSpec, seed: int) -> tuple[EvaluationCase, Rendering]:
    """A scene with its references and tracks, a caption that is silent about the camera, and a clip that shows it; and
    the scene with exactly that camera."""
    path = moved(spec.camera.keys[0], from_first(shown[1].camera))
    truth = render(spec.model_copy(update={"camera": path}))
    case = case_of(spec, truth.frames, seed)
    motion = ContextClip(clip=case.with_clip(shown[1].frames), role="motion")
    case.ask(caption=caption(spec.facts.model_copy(update={"camera": ""})), context=(motion,))
    return case, truth


def _moves(spec: SceneSpec, truth: Rendering) -> bool:
    """False where the edge of the stage stops the camera."""
    return move_of(truth.camera) == spec.move


def _still(spec: SceneSpec) -> SceneSpec:
    return spec.model_copy(update={"move": "static", "camera": CameraPath(keys=spec.camera.keys[:1])})
