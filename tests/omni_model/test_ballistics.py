"""Things in flight, found in exact clips and thrown on."""

from __future__ import annotations

import pytest
import torch

from omni_model.evaluate import evaluate
from omni_model.eyes.perception import Perception
from omni_model.mini.engine import OmniMini
from omni_model.mini.puppet import matte
from omni_model.motion.ballistics import FLYING, in_flight
from omni_model.spec.conditioning import CameraKey, CameraPath, Conditioning, Track, TrackKey
from omni_model.world import SceneSpec, plate, render
from omni_model.world.spec import PropSpec, SubjectSpec

THROWN = PropSpec(
    entity="ball",
    kind="ball",
    colour="red",
    motion="is thrown",
    x=0.25,
    y=0.6,
    vx=0.3,
    vy=-0.5,
    height=0.16,
    ground=0.92,
)
SCENE = SceneSpec(setting="meadow", props=(THROWN,), frames=13, span=13)
START = 5


def _asked(camera: CameraPath | None = None) -> Conditioning:
    return Conditioning(caption=" ", frames=8, camera=camera or CameraPath())


def _flight(scene: SceneSpec) -> Track | None:
    before, place = render(scene).frames[:START], plate(scene).float() / 255.0
    flight = in_flight(_asked(), before, place)
    return None if flight is None else flight.track


@pytest.mark.parametrize(
    "change", [{}, {"weather": "snow"}, {"weather": "rain"}, {"mood": "scary", "time": "night"}, {"style": "pastel"}]
)
def test_a_ball_in_the_air_goes_on_as_it_was_thrown(change: dict[str, str]) -> None:
    scene = SCENE.model_copy(update=change)
    track, truth = _flight(scene), render(scene).tracks[START:, -1]
    assert track is not None and track.entity == FLYING
    for key, (x, y, height, _) in zip(track.keys, truth.tolist(), strict=True):
        assert key.x == pytest.approx(x, abs=0.03) and key.y == pytest.approx(y, abs=0.04)
        assert key.height == pytest.approx(height, abs=0.04)


def test_what_has_just_begun_to_fall_and_came_from_above_the_frame_is_found() -> None:
    falling = THROWN.model_copy(update={"motion": "falls", "y": 0.1, "vx": 0.0, "vy": 0.0})
    scene = SCENE.model_copy(update={"props": (falling,)})
    track, truth = _flight(scene), render(scene).tracks[START:, -1]
    assert track is not None
    for key, (_, y, *_) in zip(track.keys, truth.tolist(), strict=True):
        assert key.y == pytest.approx(y, abs=0.04)


def test_it_is_found_in_frames_of_any_size() -> None:
    frames, place = render(SCENE, 128, 224).frames[:START], plate(SCENE, 128, 224).float() / 255.0
    flight, same = in_flight(_asked(), frames, place), _flight(SCENE)
    assert flight is not None and same is not None
    for key, other in zip(flight.track.keys, same.keys, strict=True):
        assert (key.x, key.y) == pytest.approx((other.x, other.y), abs=0.03)


def test_its_sheet_shows_it_on_the_ground_of_sheets() -> None:
    flight = in_flight(_asked(), render(SCENE).frames[:START], plate(SCENE).float() / 255.0)
    assert flight is not None
    shown = matte(flight.sheet[None].float() / 127.5 - 1)[0, 0] > 0.5
    red, _, blue = flight.sheet[:, shown].float().mean(1).tolist()
    assert 0.2 < shown.float().mean() < 0.6 and red > 2 * blue


def test_what_lies_still_does_not_fly() -> None:
    resting = THROWN.model_copy(update={"motion": "rests", "y": 0.92})
    assert _flight(SCENE.model_copy(update={"props": (resting,)})) is None
    assert _flight(SCENE.model_copy(update={"props": ()})) is None


@pytest.mark.parametrize("action", ["walks", "jumps", "waves"])
def test_somebody_staged_does_not_fly(action: str) -> None:
    keys = (TrackKey(t=0, x=0.3, y=0.9, height=0.4), TrackKey(t=1, x=0.6, y=0.9, height=0.4))
    fox = SubjectSpec(entity="a", species="fox", colour="orange", action=action, keys=keys)
    scene = SCENE.model_copy(update={"props": (), "subjects": (fox,)})
    now = keys[0].model_copy(update={"x": 0.3 + 0.3 * START / 12})
    track = Track(entity="a", action=action, keys=(now, keys[1]))
    asked = _asked().model_copy(update={"tracks": (track,)})
    assert in_flight(asked, render(scene).frames[:START], plate(scene).float() / 255.0) is None


def test_before_a_moving_camera_or_on_too_few_frames_nothing_is_guessed() -> None:
    frames, place = render(SCENE).frames, plate(SCENE).float() / 255.0
    pushing = CameraPath(keys=(CameraKey(t=0), CameraKey(t=1, zoom=1.3)))
    assert in_flight(_asked(pushing), frames[:START], place) is None
    assert in_flight(_asked(), frames[: START - 1], place) is None
    assert torch.equal(frames, render(SCENE).frames)


def test_what_flies_into_a_shot_falls_in_its_frames_as_in_the_world() -> None:
    mini = OmniMini.load()
    (gravity, _) = evaluate(mini, Perception.load("examiner"), cases=7, seed=3, tasks=["physics"])
    assert gravity.value is not None and gravity.value < 0.2
