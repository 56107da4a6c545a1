"""How well the captioner reads clips and pictures that it never saw: nobody tells it where to look."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import torch
from torch import Tensor

from omni_model.eyes.captioner import Captioner
from omni_model.eyes.captioner_net import Box, overlap
from omni_model.eyes.observation import Detection, Observation, SubjectSeen, WordReading
from omni_model.motion.tracks import camera_frames
from omni_model.spec.vocabulary import WARDROBE
from omni_model.train.data.captioned import shows_move, size_at
from omni_model.train.data.scenes import LEAST_VISIBLE, Pool, extents
from omni_model.train.tasks.calibration import calibration_error
from omni_model.train.tasks.perception import seen_kinds, visible_subjects
from omni_model.world.render import render
from omni_model.world.spec import SceneSpec, SubjectSpec

_MATCHED = 0.4
"""Least overlap of a true box and a found one that are the same thing."""
_OPEN = 0.4
"""Least share of a prop's box that is seen of one in plain sight."""
_SHOWS, _PIXELS = 24, 6
"""A garment or prop is visible where this many pixels differ by so much (of 255) from the same frame without it."""


@dataclass
class Score:
    """Per fact: whether it was right, and how sure the captioner was."""

    right: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    sure: dict[str, list[tuple[float, bool]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, right: bool, sure: float | None = None) -> None:
        """``sure`` None: no probability was told."""
        self.right[kind].append(right)
        if sure is not None:
            self.sure[kind].append((sure, right))

    def table(self) -> dict[str, dict[str, float]]:
        """kind -> share right, how many were judged, and the expected calibration error where one can be told."""
        return {kind: self._row(kind) for kind in sorted(self.right)}

    def _row(self, kind: str) -> dict[str, float]:
        right, sure = self.right[kind], self.sure[kind]
        row = {"right": round(sum(right) / len(right), 4), "n": len(right)}
        return row | ({"calibration_error": round(calibration_error(sure), 4)} if sure else {})


def judge_captioner(captioner: Captioner, pool: Pool, *, still: bool = False) -> dict[str, dict[str, float]]:
    """Of held-out clips (or of their middle frames): share of facts read rightly where they can be seen.

    ``found``: subjects in plain sight that were found; ``there``: found ones that are there; of props likewise;
    ``action told``: those of whom an action was told.
    """
    score = Score()
    for n, spec in enumerate(pool.specs):
        frames = pool.tensors["frames"][n]
        middle = len(frames) // 2
        seen = captioner.read(frames[middle] if still else frames)
        score.add("of this world", seen.picture == "shot", seen.of_world)
        if seen.picture != "shot":
            continue
        _scene(score, spec, seen, middle if still else None)
        around, plain = in_sight(spec)
        _cast(score, spec, seen, around, plain, middle)
        _props(score, spec, seen, around, plain)
    return score.table()


def in_sight(spec: SceneSpec) -> tuple[Tensor, Tensor]:
    """The boxes around what is seen of each subject and prop, [T, S, 4], and who is in plain sight, bool [S]: mostly in
    the frame throughout, and not hidden."""
    seen = render(spec)
    around, pixels = extents(seen.masks), seen.masks.flatten(2).sum(2)
    shown = pixels >= LEAST_VISIBLE
    if spec.props:
        shown[:, -1] = _area(around[:, -1]) >= _OPEN * _area(seen.boxes[:, -1])
    return around, (visible_subjects(seen.boxes) & shown).all(0)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).prod(-1)


def _scene(score: Score, spec: SceneSpec, seen: Observation, moment: int | None) -> None:
    truth = {kind: getattr(spec, kind) for kind in seen_kinds(spec)}
    size = spec.size if moment is None else size_at(float(camera_frames(spec.camera, spec.phase())[moment, 2]))
    if size:
        truth["size"] = size
    if moment is None and shows_move(spec):
        truth["camera"] = spec.move
    for kind, word in truth.items():
        fact = seen.facts.get(kind, WordReading(word="", confidence=0.0))
        score.add(kind, fact.word == word, fact.confidence)


def _cast(score: Score, spec: SceneSpec, seen: Observation, around: Tensor, plain: Tensor, middle: int) -> None:
    free = list(seen.subjects)
    there = [_box(b) for b in around[:, : len(spec.subjects)].flatten(0, 1)]
    for one in seen.subjects:
        score.add("there", any(overlap(_found(one), box) > _MATCHED for box in there))
    for s in range(len(spec.subjects)):
        if not plain[s]:
            continue
        match = max(free, key=lambda one: max(overlap(_found(one), _box(b)) for b in around[:, s]), default=None)
        met = match is not None and max(overlap(_found(match), _box(b)) for b in around[:, s]) > _MATCHED
        score.add("found", met)
        if match is not None and met:
            free.remove(match)
            _looks(score, spec, s, match, middle)


def _looks(score: Score, spec: SceneSpec, s: int, seen: SubjectSeen, middle: int) -> None:
    subject = spec.subjects[s]
    for kind, fact in seen.facts.items():
        score.add(kind, fact.word == getattr(subject, kind), fact.confidence)
    score.add("action told", "action" in seen.facts)
    shows = _visible_garments(spec, s, middle)
    worn = {g.item: g.colour for g in subject.wardrobe}
    read = {g.item.word: g for g in seen.wardrobe}
    for item in WARDROBE:
        if item in worn and item not in shows:
            continue
        sure = read[item].item.confidence if item in read else None
        score.add("wardrobe", (item in read) == (item in worn), sure)
        if item in read and item in worn:
            colour = read[item].colour
            score.add("garment colour", colour.word == worn[item], colour.confidence)


def _visible_garments(spec: SceneSpec, s: int, moment: int) -> set[str]:
    """The garments without which the frame would look different."""
    subject = spec.subjects[s]
    if not subject.wardrobe:
        return set()
    frame = spec.window(spec.start + moment, 1)
    whole = render(frame).frames[0].int()
    return {g.item for g in subject.wardrobe if _differs(whole, render(_without(frame, s, g.item)).frames[0].int())}


def _without(spec: SceneSpec, s: int, item: str) -> SceneSpec:
    subject: SubjectSpec = spec.subjects[s]
    bare = subject.model_copy(update={"wardrobe": tuple(g for g in subject.wardrobe if g.item != item)})
    return spec.model_copy(update={"subjects": (*spec.subjects[:s], bare, *spec.subjects[s + 1 :])})


def _differs(one: Tensor, other: Tensor) -> bool:
    return int(((one - other).abs().amax(0) > _SHOWS).sum()) >= _PIXELS


def _props(score: Score, spec: SceneSpec, seen: Observation, around: Tensor, plain: Tensor) -> None:
    there = [_box(b) for b in around[:, len(spec.subjects) :].flatten(0, 1)]
    real = [one for one in seen.props if any(overlap(_found(one), box) > _MATCHED for box in there)]
    for one in seen.props:
        score.add("props there", one in real)
    if not spec.props or not plain[-1] or not _shows_prop(spec):
        return
    match = next(iter(real), None)
    score.add("props found", match is not None)
    if match is None:
        return
    prop = spec.props[0]
    truth = {"prop": prop.kind, "prop_colour": prop.colour, "prop_motion": prop.motion}
    for kind, fact in match.facts.items():
        score.add(kind, fact.word == truth[kind], fact.confidence)


def _shows_prop(spec: SceneSpec) -> bool:
    """Whether the middle frame would look different without the prop: a green balloon on a meadow is not seen."""
    frame = spec.window(spec.start + spec.frames // 2, 1)
    bare = render(frame.model_copy(update={"props": ()}))
    return _differs(render(frame).frames[0].int(), bare.frames[0].int())


def _box(corners: Tensor) -> Box:
    x0, y0, x1, y1 = corners.tolist()
    return Box("", (x0, y0, x1, y1), 1.0)


def _found(seen: Detection) -> Box:
    return Box("", seen.box, seen.presence)


def separation(ours: list[float], theirs: list[float]) -> float:
    """Area under the curve of telling pictures of the world (``ours``) from others by how much they seem of it."""
    mine, other = torch.tensor(ours)[:, None], torch.tensor(theirs)[None]
    return float(((mine > other).float() + 0.5 * (mine == other)).mean())
