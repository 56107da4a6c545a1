"""A caption read backwards, and references drawn from it."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from omni_model.eyes.perception import Perception
from omni_model.mini.edits.recast import recast
from omni_model.mini.imagine import Imagination
from omni_model.mini.puppet import matte
from omni_model.motion.boxes import boxes
from omni_model.spec.caption_parser import parse
from omni_model.spec.captions import GarmentFacts, PropFacts, SubjectFacts, caption, plate_caption
from omni_model.spec.conditioning import Assets, Conditioning, ContextClip, Reference, Track, TrackKey
from omni_model.spec.instructions import (
    AddGarment,
    AddProp,
    Instruction,
    NamedSubject,
    ReplaceSubject,
    SetScene,
    parse_instruction,
)
from omni_model.spec.vocabulary import PROPS
from omni_model.world import SceneSpec, render, sample_scene, sheet

TRACKS = tuple(Track(entity=name, keys=(TrackKey(t=0, x=0.4, y=0.9, height=0.5),)) for name in ("mia", "tom", "ball"))
SHOT = Conditioning(
    caption="@mia a red fox with a blue hat walks, @tom a white owl stands, @ball a blue ball rests "
    "in the forest at night; sad mood, ink style; wide shot, static",
    tracks=TRACKS,
    seed=3,
)


@given(seed=st.integers(0, 10_000), variant=st.sampled_from([0, 1, 3]))
def test_a_caption_is_read_back_whole(seed: int, variant: int) -> None:
    facts = sample_scene(seed).facts
    assert parse(caption(facts, variant)) == facts


@given(st.text(max_size=200))
def test_any_text_may_be_read(text: str) -> None:
    facts = parse(text)
    assert facts is None or facts.setting in text


def test_a_terse_caption_tells_no_looks_but_a_place() -> None:
    facts = parse("@mia walks in the beach at dusk in the rain; calm mood, flat style; wide shot, static")
    assert facts is not None and (facts.setting, facts.time, facts.weather) == ("beach", "dusk", "rain")
    assert not facts.subjects


class _Painter:
    """Draws one colour a request, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Conditioning] = []

    def __call__(self, asked: Conditioning, assets: Assets) -> torch.Tensor:
        for item in asked.context:
            assert assets(item.clip).shape == (5, 3, asked.height, asked.width)
        self.asked.append(asked)
        return torch.full((3, asked.height, asked.width), len(self.asked), dtype=torch.uint8)


def _nothing(digest: str) -> torch.Tensor:
    raise LookupError(digest)


def _nobody() -> Perception:
    raise AssertionError("nobody has to look")


def test_what_words_describe_is_drawn_once_and_then_held_to() -> None:
    paint = _Painter()
    asked, assets = Imagination(paint, _nobody, 3).complete(SHOT, _nothing)
    assert [c.caption for c in paint.asked] == [
        "plate: an empty place in the forest at night; sad mood, ink style; wide shot, static",
        "character sheet: a red fox with a blue hat; ink style",
        "character sheet: a white owl; ink style",
        "character sheet: a blue ball; ink style",
    ]
    assert [(r.role, r.entity) for r in asked.references] == [
        ("plate", "place"),
        ("sheet", "mia"),
        ("sheet", "tom"),
        ("sheet", "ball"),
    ]
    assert [int(assets(r.image)[0, 0, 0]) for r in asked.references] == [1, 2, 3, 4]
    assert asked.model_copy(update={"references": ()}) == SHOT


def test_a_second_shot_with_the_same_prop_draws_it_no_more() -> None:
    paint = _Painter()
    imagination = Imagination(paint, _nobody, 3)
    first, _ = imagination.complete(SHOT, _nothing)
    again, _ = imagination.complete(SHOT.model_copy(update={"frames": 9}), _nothing)
    assert [r.image for r in first.references] == [r.image for r in again.references] and len(paint.asked) == 4


def test_what_is_shown_is_not_imagined() -> None:
    shown = (Reference(image="a" * 64, role="plate", entity="x"), Reference(image="b" * 64, role="sheet", entity="mia"))
    paint = _Painter()
    asked, _ = Imagination(paint, _nobody, 3).complete(SHOT.model_copy(update={"references": shown}), _nothing)
    assert [c.caption for c in paint.asked] == [
        "character sheet: a white owl; ink style",
        "character sheet: a blue ball; ink style",
    ]
    assert asked.references[:2] == shown and len(asked.references) == 4


def test_whom_nobody_staged_has_no_sheet() -> None:
    asked, _ = Imagination(_Painter(), _nobody, 3).complete(SHOT.model_copy(update={"tracks": TRACKS[1:2]}), _nothing)
    assert [r.entity for r in asked.references] == ["place", "tom"]


def test_a_plate_is_drawn_with_care() -> None:
    asked = Conditioning(caption=plate_caption(sample_scene(1).facts), frames=1, steps=2)
    careful, _ = Imagination(_Painter(), _nobody, 3).complete(asked, _nothing)
    assert careful.steps > 2 and careful.guidance > 1
    assert careful.model_copy(update={"steps": 2, "guidance": 1.0}) == asked


def test_other_words_are_left_alone() -> None:
    asked = Conditioning(caption="a quiet harbour")
    assert Imagination(_Painter(), _nobody, 3).complete(asked, _nothing)[0] is asked


def _two() -> tuple[SceneSpec, Conditioning]:
    """Two characters, well lit and in view throughout, and a request that stages them."""
    plain = ("day", "clear", "flat", "calm", "static")
    found = (sample_scene(seed, subjects=2) for seed in range(2000))
    scene = next(s for s in found if (s.time, s.weather, s.style, s.mood, s.move) == plain)
    return scene, Conditioning(caption=" ", tracks=scene.tracks, camera=scene.camera, frames=scene.frames)


@pytest.mark.parametrize("who", [0, 1])
def test_an_instruction_about_looks_finds_whom_it_means(who: int) -> None:
    scene, asked = _two()
    him, clip = scene.subjects[who], render(scene).frames
    critic = Perception.load("critic")
    named, robot = NamedSubject(colour=him.colour, species=him.species), NamedSubject(colour="pink", species="robot")
    asks: list[tuple[Instruction, object]] = [
        (ReplaceSubject(who=named, by=robot), ("robot", "pink", ())),
        (AddGarment(who=named, colour="blue", item="cape"), (him.species, him.colour, ("cape",))),
    ]
    for instruction, look in asks:
        found = recast(asked.model_copy(update={"instruction": instruction}), clip, lambda: critic)
        assert isinstance(found, SubjectFacts) and found.entity == him.entity
        assert (found.species, found.colour, tuple(g.item for g in found.wardrobe)) == look


def test_what_somebody_is_given_to_wear_is_shown_alone() -> None:
    """Drawn with it and without it from the same noise; only what differs is laid over the clip."""
    scene, asked = _two()
    him, drawn = scene.subjects[0], list[Conditioning]()
    cape = GarmentFacts(item="cape", colour="blue")

    def paint(still: Conditioning, _: Assets) -> torch.Tensor:
        drawn.append(still)
        return sheet(him.species, him.colour, (cape,) if "cape" in still.caption else ())

    clip = render(scene).frames
    context = (ContextClip(clip="c" * 64, role="edit"),)
    named = NamedSubject(colour=him.colour, species=him.species)
    give = AddGarment(who=named, colour="blue", item="cape")
    wanted = asked.model_copy(update={"instruction": give, "context": context})
    critic = Perception.load("critic")
    complete, assets = Imagination(paint, lambda: critic, 3).complete(wanted, lambda _: clip)
    assert len(drawn) == 2 and drawn[0].seed == drawn[1].seed
    shown = matte(assets(complete.references[0].image)[None].float() / 127.5 - 1)
    assert 0.01 < shown.mean() < 0.3 * matte(sheet(him.species, him.colour)[None].float() / 127.5 - 1).mean()


@pytest.mark.parametrize("kind", PROPS)
def test_what_is_added_is_what_was_asked_for(kind: str) -> None:
    _, asked = _two()
    staged = Track(entity="it", keys=TRACKS[0].keys)
    add = asked.model_copy(update={"instruction": AddProp(colour="red", prop=kind), "tracks": (*asked.tracks, staged)})
    found = recast(add, torch.zeros(1, 3, 64, 112, dtype=torch.uint8), _nobody)
    assert isinstance(found, PropFacts) and (found.entity, found.kind, found.colour) == ("it", kind, "red")


@pytest.mark.parametrize(
    "said",
    ["make it night", "remove the red fox", "give it a red hat", "a red ball, please", "give the lamp a red hat"],
)
def test_an_instruction_about_anything_else_recasts_nobody(said: str) -> None:
    scene, asked = _two()
    other = asked.model_copy(update={"instruction": parse_instruction(said)})
    assert recast(other, render(scene).frames, _nobody) is None


@pytest.mark.parametrize("role", ["edit", "continue"])
def test_a_clip_of_another_size_is_refused_in_one_line(role: Literal["edit", "continue"]) -> None:
    plate = Reference(image="a" * 64, role="plate", entity="x")
    asked = SHOT.model_copy(
        update={
            "context": (ContextClip(clip="c" * 64, role=role),),
            "instruction": SetScene(attribute="time", value="night"),
            "references": (plate,),
            "tracks": TRACKS[:1],
        }
    )
    pictures = {"a" * 64: torch.zeros(3, 64, 112), "c" * 64: torch.zeros(9, 3, 32, 32)}
    with pytest.raises(ValueError, match="is 32x32 in a shot of 112x64"):
        Imagination(_Painter(), _nobody, 3).complete(asked, lambda digest: pictures[digest].to(torch.uint8))
    with pytest.raises(ValueError, match="no picture or clip has the digest"):
        Imagination(_Painter(), _nobody, 3).complete(asked, _nothing)


@pytest.mark.parametrize("action", ["stands", "jumps", "floats", "sleeps"])
def test_a_staged_box_rises_with_the_action(action: str) -> None:
    """The box that the plan puts somebody in is the one where the world draws him."""
    scene, _ = _two()
    him = scene.subjects[0].model_copy(update={"action": action, "species": "fox"})
    scene = scene.model_copy(update={"subjects": (him,)})
    asked = Conditioning(caption=" ", tracks=scene.tracks, camera=scene.camera, frames=scene.frames, fps=scene.fps)
    torch.testing.assert_close(boxes(asked, him.entity), render(scene).boxes[:, 0], atol=0.01, rtol=0)
