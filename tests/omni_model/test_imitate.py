"""Clips that show: the camera of one is made, and the edit between two is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from omni_model.eyes.camera import camera_of, from_first, move_of
from omni_model.eyes.perception import Perception
from omni_model.mini.imitate import imitated
from omni_model.mini.outlines import Outlines
from omni_model.motion.tracks import camera_frames
from omni_model.spec.captions import GarmentFacts
from omni_model.spec.conditioning import CameraKey, CameraPath, Conditioning, ContextClip, TrackKey, sha256
from omni_model.spec.instructions import RemoveSubject, render_instruction
from omni_model.spec.vocabulary import WARDROBE
from omni_model.train.tasks.outlines import outlines_of_the_world
from omni_model.world import PropSpec, SceneSpec, SubjectSpec, render


def scene(**change: object) -> SceneSpec:
    keys = (TrackKey(t=0, x=0.4, y=0.9, height=0.5),)
    fox = SubjectSpec(entity="a", species="fox", colour="orange", keys=keys)
    return SceneSpec.model_validate({"setting": "village", "subjects": (fox,), "frames": 9, "span": 9} | change)


def dressed(spec: SceneSpec, **change: object) -> SceneSpec:
    return spec.model_copy(update={"subjects": (spec.subjects[0].model_copy(update=change),)})


READERS = (lambda: Perception.load("critic"), Outlines.load)


def asking(context: dict[str, list[SceneSpec]], **fields: object) -> tuple[Conditioning, dict[str, torch.Tensor]]:
    """A request of a still camera with clips in these roles."""
    spec, clips, assets = scene(), [], {}
    for role, scenes in context.items():
        for shown in scenes:
            frames = render(shown).frames
            digest = sha256(frames.numpy().tobytes())
            assets[digest] = frames
            clips.append({"clip": digest, "role": role})
    asked = {"caption": " ", "tracks": spec.tracks, "frames": 9, "context": clips} | fields
    return Conditioning.model_validate(asked), assets


def test_a_request_without_such_clips_is_left_alone() -> None:
    asked, assets = asking({"edit": [scene()], "continue": []})
    assert imitated(asked, assets.__getitem__, *READERS) is asked


def test_the_camera_of_a_clip_is_made_from_where_the_shot_begins() -> None:
    path = CameraPath(keys=(CameraKey(t=0, x=0.4, zoom=1.5), CameraKey(t=1, x=0.6, zoom=1.5)))
    asked, assets = asking({"motion": [scene(camera=path, frames=25, span=25)]}, frames=17)
    made = imitated(asked, assets.__getitem__, *READERS)
    found = camera_frames(made.camera, torch.linspace(0, 1, 25))
    assert made.context == () and move_of(found) == "pan right"
    wanted = from_first(camera_frames(path, torch.linspace(0, 1, 25)))
    assert torch.allclose(from_first(found), wanted, atol=0.03)
    assert move_of(camera_of(render(scene(camera=made.camera, frames=17, span=17)).frames)) == "pan right"


BALLOON = PropSpec(entity="p", kind="balloon", colour="blue", x=0.75, y=0.9)


@pytest.mark.parametrize(
    ("after", "instruction"),
    [
        (scene(time="night"), "make it night"),
        (scene(mood="scary"), "make the mood scary"),
        (scene(weather="fog"), "make the weather fog"),
        (scene(style="pastel"), "change the style to pastel"),
        (dressed(scene(), wardrobe=(GarmentFacts(item="hat", colour="blue"),)), "give the orange fox a blue hat"),
        (dressed(scene(), wardrobe=(GarmentFacts(item="scarf", colour="red"),)), "give the orange fox a red scarf"),
        (dressed(scene(), species="penguin", colour="green"), "replace the orange fox with a green penguin"),
        (dressed(scene(), species="bear", colour="black"), "replace the orange fox with a black bear"),
        (scene(subjects=()), "remove the orange fox"),
        (scene(props=(BALLOON,)), "add a blue balloon"),
    ],
)
def test_what_was_done_to_one_clip_is_asked_for_another(after: SceneSpec, instruction: str) -> None:
    asked, assets = asking({"example": [scene(), after], "edit": [scene(setting="beach")]})
    made = imitated(asked, assets.__getitem__, *READERS)
    assert render_instruction(made.instruction) == instruction
    assert [item.role for item in made.context] == ["edit"]
    assert bool(made.tracks) != isinstance(made.instruction, RemoveSubject)


def test_where_nobody_is_staged_it_is_done_to_whomever_the_clip_shows() -> None:
    asked, assets = asking({"example": [scene(), scene(subjects=())], "edit": [scene(setting="beach")]}, tracks=())
    assert imitated(asked, assets.__getitem__, *READERS).instruction == RemoveSubject(who=None)


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"example": [scene(), scene(time="night")]}, "beside one clip of role 'edit'"),
        ({"example": [scene()], "edit": [scene()]}, "two clips"),
        ({"example": [scene(), scene()], "edit": [scene()]}, "show no change"),
        ({"example": [scene(), scene(frames=5)], "edit": [scene()]}, "one length"),
    ],
)
def test_an_example_that_shows_nothing_is_refused_in_a_line(context: dict[str, list[SceneSpec]], told: str) -> None:
    asked, assets = asking(context)
    with pytest.raises(ValueError, match=told):
        imitated(asked, assets.__getitem__, *READERS)


def test_a_clip_that_is_not_there_is_refused() -> None:
    asked = Conditioning(caption="x", context=(ContextClip(clip="0" * 64, role="motion"),))
    with pytest.raises(ValueError, match="no picture or clip"):
        imitated(asked, {}.__getitem__, *READERS)


def test_outlines_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    known = outlines_of_the_world(poses=1)
    known.save(tmp_path / "outlines.safetensors")
    again = Outlines.load(tmp_path / "outlines.safetensors")
    assert again.names == known.names and torch.equal(again.shapes, known.shapes)
    shipped = Outlines.load()
    assert set(shipped.names) == {*WARDROBE, "balloon", "body"} == set(known.names)
    assert len(shipped.both_ways().names) == 2 * len(shipped.names)
    save_file(
        {"shapes": known.shapes[:3], "slims": known.slims},
        tmp_path / "short.safetensors",
        {"config": '{"names":["hat"]}'},
    )
    with pytest.raises(ValueError, match=r"short\.safetensors does not hold 1 outlines"):
        Outlines.load(tmp_path / "short.safetensors")
