"""Pictures that a person gives: the captioner reads them, words win, and what is not of its world is not described."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from agent.events import Notice
from agent.session import Session
from agent.vision.eyes import look_of
from omni_model.eyes.captioner import WEIGHTS
from omni_model.eyes.observation import GarmentSeen, Observation, SubjectSeen, WordReading
from omni_model.media import MediaError, encode_image, load_shown, write_film
from omni_model.spec.captions import GarmentFacts
from omni_model.spec.generator import Clip
from omni_model.world.oracle import OracleGenerator
from omni_model.world.render import plate, render, sheet
from omni_model.world.sample import sample_scene
from planner.direct import plan as direct
from planner.story.story import EntityReference

NEEDED = pytest.mark.skipif(not WEIGHTS.exists(), reason="the captioner's weights are not here")
CAPABILITIES = OracleGenerator().capabilities
REFERENCE = EntityReference(image="0" * 64)


def fact(word: str, confidence: float = 0.95) -> WordReading:
    return WordReading(word=word, confidence=confidence)


FOX = SubjectSeen(
    box=(0.1, 0.1, 0.9, 0.9),
    presence=0.9,
    facts={"species": fact("fox"), "colour": fact("green")},
    wardrobe=(GarmentSeen(item=fact("hat"), colour=fact("red")),),
)
SHEET = Observation(picture="sheet", of_world=1.0, frames=1, facts={"style": fact("ink")}, subjects=(FOX,))
PLATE = Observation(
    picture="shot",
    of_world=1.0,
    frames=1,
    facts={"setting": fact("desert"), "time": fact("night"), "weather": fact("snow", 0.3), "style": fact("pastel")},
)


def planned(text: str, **seen: Observation) -> direct.Plan:
    return direct.plan(
        text,
        llm=None,
        capabilities=CAPABILITIES,
        duration=10,
        references=dict.fromkeys(seen, REFERENCE),
        seen={name: look_of(one) for name, one in seen.items()},
    )


def fates(plan: direct.Plan) -> dict[str, tuple[str, str]]:
    return {
        fate.directive.removeprefix("photograph: "): (fate.outcome, fate.detail)
        for fate in plan.lowering
        if fate.directive.startswith("photograph")
    }


def test_what_the_words_leave_open_is_taken_from_the_picture() -> None:
    plan = planned("@tom walks in the forest.", tom=SHEET)
    (tom,) = plan.story.cast
    assert (tom.kind, tom.colour, tom.wardrobe[0].garments[0].item) == ("fox", "green", "hat")
    assert plan.story.style == "ink"
    assert {outcome for outcome, _ in fates(plan).values()} == {"honoured"}


def test_words_win_and_what_disagrees_is_told() -> None:
    plan = planned("A red bear walks in the forest by day. @bear waves, drawn in flat style.", bear=SHEET)
    (bear,) = plan.story.cast
    assert (bear.kind, bear.colour, plan.story.style) == ("bear", "red", "flat")
    assert fates(plan)["@bear colour: green"] == ("refused", "the story says 'red'")
    assert fates(plan)["@bear species: fox"][0] == "refused"


def test_a_picture_of_a_place_makes_it_and_its_hour() -> None:
    plan = planned("A fox walks in @yonder and waves.", yonder=PLATE)
    (place,) = plan.story.locations
    assert place.kind == "desert" and place.references
    assert {scene.time for scene in plan.story.scenes} == {"night"}
    assert {scene.weather for scene in plan.story.scenes} == {"clear"}, "30% sure is not sure enough"
    assert plan.story.style == "pastel"


def test_an_hour_that_is_said_stays() -> None:
    plan = planned("A fox walks in the desert at dawn.", desert=PLATE)
    assert {scene.time for scene in plan.story.scenes} == {"dawn"}
    assert fates(plan)["@desert time: night"] == ("refused", "the story says 'dawn'")
    assert fates(plan)["@desert setting: desert"][0] == "honoured"


def test_what_is_not_of_the_world_is_used_and_not_described() -> None:
    plan = planned("@tom walks in the forest.", tom=Observation(picture="outside", of_world=0.04, frames=1))
    assert plan.story.cast[0].references and not plan.story.cast[0].wardrobe
    outcome, detail = fates(plan)["@tom"]
    assert outcome == "approximated" and "4.0%" in detail and "used as it is" in detail


def test_a_film_is_shown_as_well_as_a_picture_and_rubbish_is_neither(tmp_path: Path) -> None:
    clip = Clip(render(sample_scene(4, frames=9)).frames, 12.0)
    film = tmp_path / "clip.mp4"
    write_film(film, [clip.frames], fps=clip.fps, size=(112, 64))
    shown = load_shown(film)
    assert isinstance(shown, Clip) and shown.frames.shape == clip.frames.shape
    assert isinstance(load_shown(encode_image(clip.frames[0])), torch.Tensor)
    rubbish = tmp_path / "x.png"
    rubbish.write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"x\.png is text"):
        load_shown(rubbish)
    with pytest.raises(MediaError):
        load_shown(tmp_path / "missing.png")


@NEEDED
def test_a_session_reads_the_sheet_the_plate_and_the_clip_that_it_is_given(tmp_path: Path) -> None:
    scene = next(s for s in (sample_scene(i, subjects=0) for i in range(90)) if s.setting == "desert")
    film = tmp_path / "clip.mp4"
    shot = sample_scene(4, subjects=1)
    write_film(film, [render(shot).frames], fps=12.0, size=(112, 64))
    images = {
        "tom": encode_image(sheet("bear", "blue", (GarmentFacts(item="cape", colour="red"),), size=256)),
        "desert": encode_image(plate(scene, 256, 448)),
        "ann": film,
    }
    with Session(tmp_path / "film", generator="oracle", llm="none") as session:
        session.say("@tom meets @ann in the desert.", images=images, duration=8).finish()
        story, plan = session.story, session.plan()
    assert story is not None
    tom = next(c for c in story.cast if c.id == "tom")
    assert (tom.kind, tom.colour) == ("bear", "blue")
    assert all(c.references for c in story.cast)
    assert any(f.directive.startswith("photograph: @ann") for f in plan.planner.lowering)


@NEEDED
def test_a_strange_picture_is_announced(tmp_path: Path) -> None:
    noise = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with Session(tmp_path / "film", generator="oracle", llm="none") as session:
        told = [
            e.text for e in session.say("@tom walks.", images={"tom": encode_image(noise)}) if isinstance(e, Notice)
        ]
    assert any("@tom" in text and "used as it is" in text for text in told)
