"""Checks that need no network: light, motion, stillness, flicker, the cut, and pasted sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from torch import Tensor

from agent.critic.findings import CheckResult, ReviewInput, Threshold, attempt
from agent.critic.framing import SHEET_BOX, outside, through_camera, travels, visible_box
from agent.critic.review import MoreSteps, NewSeed, RaiseGuidance
from omni_model.eyes import measures
from omni_model.motion.boxes import boxes

BRIGHTNESS = Threshold("brightness", 0.13, "the light differs from the place's by {figure:.2f} of luma")
WARMTH = Threshold("temperature", 0.06, "the colour temperature differs from the place's by {figure:.2f}")
PROGRESS = Threshold("motion", 0.5, "{subject} goes only {figure:.0%} of its way", at_least=True)
DRIFT = Threshold("motion", 0.35, "{subject} should stay and drifts {figure:.2f} of its width")
FREEZE = Threshold("freeze", 0.3, "{figure:.0%} of the frames repeat the one before")
FLICKER = Threshold("flicker", 0.02, "the light pumps by {figure:.3f} of luma from frame to frame")
JUMP = Threshold("boundary", 0.2, "the picture jumps by {figure:.2f} of its contrast from the shot before")
PASTE = Threshold("copy", 0.6, "{subject} is its sheet pasted in, ground and all (alike by {figure:.2f})")

_MOVING = frozenset({"walks", "runs", "jumps", "waves", "dances", "looks around", "floats"})


def by_measure(shown: ReviewInput) -> Iterator[CheckResult]:
    """Every check of this module."""
    yield attempt("brightness", lambda: _against_plate(shown, BRIGHTNESS, measures.brightness))
    yield attempt("temperature", lambda: _against_plate(shown, WARMTH, measures.warmth))
    yield attempt("freeze", lambda: _freeze(shown))
    yield attempt("flicker", lambda: _flicker(shown))
    yield attempt("boundary", lambda: _boundary(shown))
    for subject in shown.facts.subjects:
        box = visible_box(shown.conditioning, subject.entity)
        if box is None:
            yield from (CheckResult("motion", skipped=True), CheckResult("copy", skipped=True))
        else:
            yield attempt("motion", partial(_motion, shown, subject.entity, box))
            yield attempt("copy", partial(_copy, shown, subject.entity, box))


def _against_plate(shown: ReviewInput, bound: Threshold, measure: Callable[[Tensor, Tensor], float]) -> CheckResult:
    """Mood and hour are in the plate's light: the shot, around its actors, must show the same light."""
    plate = next((still for (_, role), still in shown.stills.items() if role == "plate"), None)
    if plate is None:
        return CheckResult(bound.dimension, skipped=True)
    free = outside(shown.conditioning)
    figure = abs(measure(shown.frames, free) - measure(through_camera(shown.conditioning, plate), free))
    return bound.judge(figure, shown.span, RaiseGuidance())


def _freeze(shown: ReviewInput) -> CheckResult:
    if not _should_move(shown):
        return CheckResult("freeze", skipped=True)
    return FREEZE.judge(measures.frozen_share(shown.frames), shown.span, MoreSteps())


def _should_move(shown: ReviewInput) -> bool:
    facts, c = shown.facts, shown.conditioning
    return (
        any(subject.action in _MOVING for subject in facts.subjects)
        or any(prop.motion != "rests" for prop in facts.props)
        or facts.weather in ("rain", "snow")
        or any(travels(c, track.entity) for track in c.tracks)
        or len({(key.x, key.y, key.zoom) for key in c.camera.keys}) > 1
    )


def _flicker(shown: ReviewInput) -> CheckResult:
    return FLICKER.judge(measures.flicker(shown.frames), shown.span, MoreSteps())


def _boundary(shown: ReviewInput) -> CheckResult:
    if shown.before is None:
        return CheckResult("boundary", skipped=True)
    return JUMP.judge(measures.jump(shown.before, shown.frames), shown.span, NewSeed())


def _motion(shown: ReviewInput, entity: str, box: Tensor) -> CheckResult:
    if travels(shown.conditioning, entity):
        stay = boxes(shown.conditioning, entity, moving=False)
        figure = measures.track_progress(shown.frames, box, stay)
        return PROGRESS.judge(figure, shown.span, NewSeed(), entity)
    return DRIFT.judge(measures.drift(shown.frames, box), shown.span, NewSeed(), entity)


def _copy(shown: ReviewInput, entity: str, box: Tensor) -> CheckResult:
    sheet = shown.stills.get((entity, "sheet"))
    if sheet is None:
        return CheckResult("copy", skipped=True)
    return PASTE.judge(measures.paste(shown.frames, box, sheet, SHEET_BOX), shown.span, NewSeed(), entity)
