"""The procedural world: what it can draw, and that its truth is true."""

from __future__ import annotations

import pytest
import torch

from omni_model.motion.physics import trajectory
from omni_model.spec.captions import GarmentFacts, caption
from omni_model.spec.conditioning import CameraKey, CameraPath, Conditioning, TrackKey
from omni_model.spec.vocabulary import VOCABULARY
from omni_model.train.data.scenes import entity_cells, keep
from omni_model.world import PropSpec, SceneSpec, SubjectSpec, edits_of, is_held_out, plate, render, sample_scene, sheet
from omni_model.world.oracle import FAULTS, OracleGenerator, scene_of
from omni_model.world.render import render_frames

LEAST = {"species": 10, "colour": 8, "wardrobe": 6, "setting": 8, "time": 4, "weather": 4, "mood": 5, "style": 3,
         "action": 10, "camera": 6, "size": 3, "prop": 4}  # fmt: skip


def fox(**change: object) -> SubjectSpec:
    keys = (TrackKey(t=0, x=0.3, y=0.9, height=0.5), TrackKey(t=1, x=0.7, y=0.9, height=0.5))
    base = {"entity": "fox", "species": "fox", "colour": "red", "action": "walks", "keys": keys}
    return SubjectSpec.model_validate(base | change)


def scene(**change: object) -> SceneSpec:
    return SceneSpec.model_validate({"setting": "meadow", "subjects": (fox(),), "frames": 9, "span": 9} | change)


@pytest.mark.parametrize("kind", sorted(LEAST))
def test_the_world_is_large_enough(kind: str) -> None:
    assert len(set(VOCABULARY[kind])) >= LEAST[kind]


def test_every_word_changes_the_picture() -> None:
    """No setting, time, weather, mood, style, species, colour or garment draws the same as another."""
    for kind in ("setting", "time", "weather", "mood", "style"):
        pictures = {bytes(plate(scene(**{kind: w})).flatten().tolist()) for w in VOCABULARY[kind]}
        if kind == "weather":  # what falls is in the clip, not on the plate; the light is in both
            pictures = {bytes(render(scene(weather=w, frames=1)).frames.flatten().tolist()) for w in VOCABULARY[kind]}
        assert len(pictures) == len(VOCABULARY[kind]), kind
    sheets = {bytes(sheet(s, c).flatten().tolist()) for s in VOCABULARY["species"] for c in VOCABULARY["colour"]}
    assert len(sheets) == len(VOCABULARY["species"]) * len(VOCABULARY["colour"])
    worn = {
        bytes(sheet("fox", "red", (GarmentFacts(item=w, colour="blue"),)).flatten().tolist())
        for w in VOCABULARY["wardrobe"]
    }
    assert len(worn) == len(VOCABULARY["wardrobe"])


def test_actions_move_differently() -> None:
    clips = {bytes(render(scene(subjects=(fox(action=a),))).frames.flatten().tolist()) for a in VOCABULARY["action"]}
    assert len(clips) == len(VOCABULARY["action"])


def test_a_scene_is_deterministic_and_serialisable() -> None:
    for seed in range(6):
        spec = sample_scene(seed, frames=5)
        again = SceneSpec.model_validate_json(spec.model_dump_json())
        assert torch.equal(render(spec).frames, render(again).frames)


def test_continuation_is_the_same_motion() -> None:
    """A window that starts later shows exactly the frames of the whole clip."""
    whole = scene(
        frames=17, span=17, weather="snow", camera=CameraPath(keys=(CameraKey(t=0), CameraKey(t=1, zoom=1.4)))
    )
    late = whole.window(8, 9)
    assert torch.equal(render(whole).frames[8:], render(late).frames)


def test_boxes_and_masks_agree_with_the_pixels() -> None:
    seen, empty = render(scene()), render(scene(subjects=()))
    changed = (seen.frames.int() - empty.frames.int()).abs().amax(1) > 40
    mask, box = seen.masks[:, 0], seen.boxes[:, 0]
    assert (changed & mask).sum() / mask.sum() > 0.6
    for t in range(9):
        ys, xs = torch.nonzero(mask[t], as_tuple=True)
        assert box[t, 0] * 112 - 4 <= xs.min() and xs.max() <= box[t, 2] * 112 + 4
        assert box[t, 1] * 64 - 5 <= ys.min() and ys.max() <= box[t, 3] * 64 + 5


def test_a_walk_to_the_right_flows_to_the_right() -> None:
    seen = render(scene())
    assert seen.flow[:, 0][seen.masks[:-1, 0]].mean() > 1.0
    assert seen.flow[:, 0][~seen.masks[:-1, 0]].abs().max() == 0.0


def test_gravity_is_gravity() -> None:
    """A thrown ball's second difference is the gravity of its spec; its bounces keep less than their energy."""
    ball = PropSpec(entity="b", kind="ball", colour="red", motion="is thrown", y=0.5, ground=0.9, vx=0.2, vy=-0.6)
    path = trajectory(ball, torch.arange(60) / 60)[:, 1]
    second = (path[2:20] - 2 * path[1:19] + path[:18]) * 3600
    assert torch.allclose(second, torch.full_like(second, ball.gravity), atol=0.06)
    long = trajectory(ball, torch.arange(300) / 60)[:, 1]
    assert long.max() <= 0.9 + 1e-3 and long[30:120].min() > path.min()


def test_the_mood_lights_the_scene() -> None:
    light = {m: float(render(scene(mood=m)).frames.float().mean()) for m in VOCABULARY["mood"]}
    assert light["scary"] < 0.8 * light["calm"] and light["happy"] > light["sad"]


def test_held_out_combinations_are_never_drawn_for_training() -> None:
    for seed in range(300):
        train, held = sample_scene(seed, frames=1), sample_scene(seed, held_out=True, frames=1)
        assert not any(is_held_out(train.setting, train.time, s.species, s.colour) for s in train.subjects)
        if held.subjects:
            first = held.subjects[0]
            assert is_held_out(held.setting, held.time, first.species, first.colour)


def test_an_edit_changes_one_thing() -> None:
    for seed in range(12):
        before = sample_scene(seed, frames=1)
        for edit in edits_of(before, seed):
            old, new = before.model_dump(), edit.after.model_dump()
            assert len([k for k in old if old[k] != new[k]]) == 1, edit.kind
            assert edit.instruction


def test_cells_name_who_is_seen() -> None:
    seen = render(scene())
    cells = entity_cells(seen.masks, 1)
    assert cells.shape == (3, 8, 14) and set(cells.unique().tolist()) == {0, 1}
    assert keep(scene(), seen)
    assert not keep(scene(), render(scene(subjects=(fox(keys=(TrackKey(t=0, x=1.9, y=0.9, height=0.4),)),))))


@pytest.mark.parametrize("variant", [0, 1, 3])
def test_the_oracle_reads_every_caption_of_the_world(variant: int) -> None:
    for seed in range(60):
        spec = sample_scene(seed)
        asked = Conditioning(caption=caption(spec.facts, variant), tracks=spec.tracks, camera=spec.camera)
        read = scene_of(asked).facts
        assert read.model_copy(update={"props": ()}) == spec.facts.model_copy(update={"props": ()})
        assert [(p.kind, p.colour, p.motion) for p in read.props] == [
            (p.kind, p.colour, p.motion) for p in spec.facts.props
        ]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_planted_fault_shows(fault: str) -> None:
    spec = scene(frames=5)
    asked = Conditioning(caption=caption(spec.facts), tracks=spec.tracks, frames=5)
    good, bad = (OracleGenerator(f).render([asked], {}.__getitem__)[0].frames for f in ((), (fault,)))
    assert not torch.equal(good, bad)


def test_a_long_clip_is_drawn_in_parts_to_the_same_pixels() -> None:
    scene = sample_scene(903, frames=150, subjects=1)
    assert scene.props
    assert torch.equal(render_frames(scene, 24, 40), render(scene, 24, 40).frames)
