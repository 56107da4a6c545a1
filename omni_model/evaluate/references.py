"""Reference images: the caption names nobody's looks, sheets and plate show them. Two subjects in each scene."""

from __future__ import annotations

from statistics import fmean

from torch import Tensor

from omni_model.evaluate.cases import Bench, HeldOutScene, all_in_view, case_of, scenes
from omni_model.evaluate.reading import is_nearer, psnr
from omni_model.evaluate.rows import MeasureTally, TableRow
from omni_model.evaluate.stability import Stability
from omni_model.eyes.perception import SUBJECT_HEADS
from omni_model.spec.captions import caption
from omni_model.world.render import render

_TERSE = 2
"""The caption's variant that calls subjects by their handles alone."""


def rows(bench: Bench) -> list[TableRow]:
    """Sheets, two bodies, plate and steadiness in time, all on the same clips."""
    names = "look of the sheet right", "two subjects on the right bodies", "plate kept, dB"
    look, bodies, place = tallies = [MeasureTally("reference images", name) for name in names]
    stability = Stability(bench.examiner)
    for number, scene in enumerate(scenes(bench.cases, bench.seed, subjects=2, fits=all_in_view)):
        spec, truth = scene
        case = case_of(spec, truth.frames, bench.seed + number)
        case.ask(caption=caption(spec.facts, _TERSE))
        frames = bench.painted(case, *tallies, *stability.tallies)
        if frames is not None:
            seen, real = (_subjects(bench, clip, scene) for clip in (frames, truth.frames))
            dressed = _dressed(frames, scene)
            look.add(seen | dressed, real | dict.fromkeys(dressed, 1.0))
            bodies.add(min(seen.values()) == 1.0, min(real.values()) == 1.0)
            place.add(psnr(frames, truth.frames, ~truth.masks.any(1)))
            stability.add(frames, scene)
        bench.tick()
    return [look.shares(), bodies.shares(), place.exact(), *stability.rows()]


def _subjects(bench: Bench, frames: Tensor, scene: HeldOutScene) -> dict[str, float]:
    """Share of subjects whose species, and whose colour, the examiner reads rightly at their own true boxes.

    The two differ in species in every scene: exchanged, both are wrong.
    """
    spec, truth = scene
    read = [bench.examiner.subject(frames, truth.boxes[:, i]) for i in range(len(spec.subjects))]
    return {
        kind: fmean(r.best(kind)[0] == getattr(s, kind) for r, s in zip(read, spec.subjects, strict=True))
        for kind in SUBJECT_HEADS
    }


def _dressed(frames: Tensor, scene: HeldOutScene) -> dict[str, float]:
    """Share of dressed subjects whose clip is nearer, where they differ, to the truth than to the same scene with that
    subject bare; nothing where nobody is seen to wear anything. Exact: on the true clip it is always 1."""
    spec, truth = scene
    worn = []
    for i, subject in enumerate(spec.subjects):
        bare = (*spec.subjects[:i], subject.model_copy(update={"wardrobe": ()}), *spec.subjects[i + 1 :])
        if subject.wardrobe:
            worn.append(is_nearer(frames, truth.frames, render(spec.model_copy(update={"subjects": bare})).frames))
    judged = [float(w) for w in worn if w is not None]
    return {"wardrobe": fmean(judged)} if judged else {}
