"""The critic is examined: how many planted faults it finds, how often it cries wolf, and what it may not do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
import torch

from agent.critic.critic import Critic
from agent.critic.findings import ReviewInput
from agent.critic.framing import SHEET_BOX
from agent.critic.review import Review
from agent.models import open_critic
from omni_model.eyes.measures import crops
from omni_model.motion.boxes import boxes
from omni_model.spec.captions import caption, plate_caption, sheet_caption
from omni_model.spec.conditioning import Conditioning, TrackKey
from omni_model.world import sample_scene
from omni_model.world.oracle import OracleGenerator
from omni_model.world.spec import SceneSpec

SCENES = tuple(seed for seed in range(60) if len(sample_scene(seed, frames=13).subjects) == 1)[:14]


def render(asked: Conditioning, *faults: str) -> torch.Tensor:
    def no_assets(digest: str) -> torch.Tensor:
        raise KeyError(digest)

    return OracleGenerator(faults).render([asked], no_assets)[0].frames


@cache
def spec_of(seed: int) -> SceneSpec:
    return sample_scene(seed, frames=13)


def asked(spec: SceneSpec) -> Conditioning:
    return Conditioning(caption=caption(spec.facts), tracks=spec.tracks, camera=spec.camera, frames=spec.frames, seed=1)


@cache
def stills(seed: int) -> dict[tuple[str, str], torch.Tensor]:
    """The plate and the sheet of a random scene."""
    spec = spec_of(seed)
    subject = spec.facts.subjects[0]
    still = {"frames": 1, "fps": 12.0}
    plate = render(Conditioning.model_validate({"caption": plate_caption(spec.facts), **still}))[0]
    sheet = render(Conditioning(caption=sheet_caption(subject, spec.style), frames=1, width=64, height=64))[0]
    return {("place", "plate"): plate, (subject.entity, "sheet"): sheet}


@cache
def shown(seed: int, *faults: str) -> ReviewInput:
    """A take of a random scene beside its plate and its sheet, with planted faults."""
    spec = spec_of(seed)
    return ReviewInput(spec.facts, asked(spec), render(asked(spec), *faults), stills(seed))


def noted(critic: Critic, dimensions: set[str], take: Callable[[int], ReviewInput]) -> float:
    """Share of the scenes in which the critic notes one of the dimensions, of those it could evaluate."""
    found = []
    for seed in SCENES:
        review = critic.review(take(seed))
        if any(review.scores[d].n_evaluated for d in dimensions):
            found.append(any(note.dimension in dimensions for note in review.notes))
    assert len(found) >= 5, "too few scenes in which this can be seen"
    return sum(found) / len(found)


MEASURES = Critic(None)


def test_clean_takes_are_rarely_noted() -> None:
    reviews = [MEASURES.review(shown(seed)) for seed in SCENES]
    assert sum(bool(review.notes) for review in reviews) <= 1


@pytest.mark.parametrize(
    ("fault", "dimensions", "least"),
    [
        ("frozen", {"freeze"}, 1.0),
        ("flicker", {"flicker"}, 1.0),
        ("wrong mood", {"brightness", "temperature"}, 0.6),
        ("wrong time", {"brightness", "temperature"}, 0.6),
    ],
)
def test_plain_measures_find_planted_faults(fault: str, dimensions: set[str], least: float) -> None:
    assert noted(MEASURES, dimensions, lambda seed: shown(seed, fault)) >= least


def test_a_jump_from_the_shot_before_is_found_and_a_true_continuation_is_not() -> None:
    def after(seed: int, *faults: str) -> ReviewInput:
        take = shown(seed, *faults)
        return replace(take, before=shown(seed).frames[:1])

    assert noted(MEASURES, {"boundary"}, lambda seed: after(seed, "jump")) >= 0.6
    assert noted(MEASURES, {"boundary"}, after) == 0.0


def stands_or_walks(seed: int) -> ReviewInput:
    """The scene with its subject doing the opposite of its track: a walker stays, one that stands leaves."""
    spec = spec_of(seed)
    first, *rest = spec.subjects[0].keys
    aside = first.model_copy(update={"t": 1.0, "x": first.x + (0.3 if first.x < 0.5 else -0.3)})
    keys: tuple[TrackKey, ...] = (first,) if rest else (first, aside)
    moved = spec.subjects[0].model_copy(update={"keys": keys})
    frames = render(asked(spec.model_copy(update={"subjects": (moved,)})))
    return replace(shown(seed), frames=frames)


def test_motion_against_the_track_is_found() -> None:
    assert noted(MEASURES, {"motion"}, stands_or_walks) >= 0.7
    assert noted(MEASURES, {"motion"}, shown) <= 0.15


def pasted(seed: int) -> ReviewInput:
    """The take with its sheet pasted over the character, ground and all."""
    take = shown(seed)
    entity = take.facts.subjects[0].entity
    box = boxes(take.conditioning, entity)
    frames = take.frames.clone()
    height, width = frames.shape[2:]
    for frame, (x0, y0, x1, y1) in zip(
        frames, (box * torch.tensor([width, height] * 2)).round().int().tolist(), strict=True
    ):
        part = crops(take.stills[entity, "sheet"][None], SHEET_BOX[None], (y1 - y0, x1 - x0))[0]
        top, left = max(0, -y0), max(0, -x0)
        room = frame[:, max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
        room[:] = (part[:, top : top + room.shape[1], left : left + room.shape[2]] * 255).byte()
    return replace(take, frames=frames)


def test_a_pasted_sheet_is_found_and_a_drawn_character_is_not() -> None:
    assert noted(MEASURES, {"copy"}, pasted) >= 0.75
    assert noted(MEASURES, {"copy"}, shown) == 0.0


def test_without_a_network_its_dimensions_are_skipped_and_not_passed() -> None:
    review = MEASURES.review(shown(SCENES[0]))
    for dimension in ("setting", "mood", "species", "identity"):
        assert review.scores[dimension].value is None
        assert review.scores[dimension].n_skipped == 1
    assert MEASURES.see(shown(SCENES[0])) == [] and MEASURES.keyframes(shown(SCENES[0])) == []


@pytest.fixture(scope="module")
def critic() -> Critic:
    found = open_critic(OracleGenerator().capabilities)
    if found.digest == "measures":
        pytest.skip("the critic's weights are not here: omnireel train omni-mini --config cpu")
    return found


@pytest.mark.parametrize(
    ("fault", "dimensions", "least"),
    [
        ("wrong mood", {"mood"}, 0.8),
        ("wrong time", {"time"}, 0.8),
        ("wrong setting", {"setting"}, 0.8),
        ("wrong species", {"species", "identity"}, 0.6),
        ("wrong colour", {"colour", "identity"}, 0.6),
        ("missing subject", {"species", "colour", "identity"}, 0.8),
    ],
)
def test_the_network_finds_planted_faults(critic: Critic, fault: str, dimensions: set[str], least: float) -> None:
    assert noted(critic, dimensions, lambda seed: shown(seed, fault)) >= least


def test_the_network_rarely_cries_wolf(critic: Critic) -> None:
    reviews: list[Review] = [critic.review(shown(seed)) for seed in SCENES]
    assert sum(review.verdict == "revise" for review in reviews) <= len(SCENES) * 0.3


def test_what_is_seen_is_what_is_shown(critic: Critic) -> None:
    told = [(s, getattr(shown(seed).facts, s.attribute)) for seed in SCENES for s in critic.see(shown(seed))
            if s.entity == "scene" and s.value is not None]  # fmt: skip
    assert len(told) > len(SCENES) * 3
    assert sum(seen.value == truth for seen, truth in told) >= 0.9 * len(told)
