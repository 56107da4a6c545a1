"""A shot becomes conditioning, and every directive says what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from omni_model.spec.conditioning import MAX_FPS, sha256
from omni_model.world.oracle import scene_of
from planner.compile.shot import (
    compile_plate,
    compile_sheet,
    compile_shot,
    light_key,
    wardrobe_key,
    with_continuation,
)
from planner.film.lowering import CompiledShot
from planner.read.formats.storyboard import load
from planner.story.story import Story
from tests.planner.stories import EXAMPLES, MINI, OPEN, VIMAX, story


def no_pins(entity: str, role: str, key: str) -> str | None:
    return None


def all_pins(entity: str, role: str, key: str) -> str:
    return sha256(f"{entity} {role} {key}")


def compiled(told: Story, shot: str = "s1", **changes: Any) -> CompiledShot:
    return compile_shot(told, shot, MINI.model_copy(update=changes), all_pins, seed=7)


def outcome(shot: CompiledShot, directive: str) -> str:
    found = [lowering for lowering in shot.lowering if lowering.directive.startswith(directive)]
    assert len(found) == 1, f"{directive} in {[lowering.directive for lowering in shot.lowering]}"
    return found[0].outcome


def directives(told: Story, shot_id: str) -> list[str]:
    """What a shot asks for, listed apart from the compiler."""
    scene, shot = next(pair for pair in told.shots if pair[1].id == shot_id)
    place = next(p for p in told.locations if p.id == scene.location)
    asked = [
        "story.style",
        f"locations.{place.id}.kind",
        f"scenes.{scene.id}.time",
        f"scenes.{scene.id}.weather",
    ]
    asked += [
        "shot.mood" if shot.mood else f"scenes.{scene.id}.mood",
        "shot.size",
        "shot.angle",
        "shot.camera",
    ]
    asked += ["shot.duration", "shot.transition"]
    asked += [f"locations.{place.id}.features"] if place.features else []
    asked += ["shot.description"] if shot.description else []
    asked += ["shot.caption"] if shot.caption else []
    asked += [f"shot.dialogue.{line.speaker}: {line.text[:60]}" for line in shot.dialogue]
    for staged in shot.staging:
        cast = next((c for c in told.cast if c.id == staged.entity), None)
        asked.append(f"shot.staging.{staged.entity}: " if cast else f"props.{staged.entity}.kind")
    for staged in [s for s in shot.staging if any(c.id == s.entity for c in told.cast)][: MINI.max_subjects]:
        cast = next(c for c in told.cast if c.id == staged.entity)
        asked += [f"cast.{cast.id}.kind"] + ([f"cast.{cast.id}.features"] if cast.features else [])
        asked += [f"shot.staging.{cast.id}.action"] if staged.action else []
        asked += [f"cast.{cast.id}.wardrobe.{g.item}: " for w in cast.wardrobe[:1] for g in w.garments]
    return asked


def test_a_shot_is_told_in_the_words_of_the_captions() -> None:
    shot = compiled(story({"staging": [{"entity": "ghost", "x": 0.3, "to_x": 0.6, "action": "hurries"}]}))
    assert shot.conditioning.caption == (
        "@ghost a blue ghost runs to the right in the forest at night; mysterious mood, pastel style; wide shot, static"
    )
    assert (shot.conditioning.frames, shot.conditioning.fps, shot.conditioning.width) == (24, 12.0, 112)


@pytest.mark.parametrize(
    "shot, directive, expected",
    [
        ({}, "scenes.one.time: midnight", "honoured"),
        ({}, "scenes.one.mood: eerie", "approximated"),
        ({}, "locations.woods.kind", "approximated"),
        ({"mood": "joyful"}, "shot.mood: joyful", "honoured"),
        ({"staging": [{"entity": "wolf"}]}, "cast.wolf.kind: wolf", "approximated"),
        ({"staging": [{"entity": "wolf"}]}, "cast.wolf.colour: grey", "approximated"),
        ({"staging": [{"entity": "wolf"}]}, "cast.wolf.wardrobe.muffler: ", "honoured"),
        ({"staging": [{"entity": "wolf"}]}, "cast.wolf.wardrobe.jeans: ", "refused"),
        ({"staging": [{"entity": "ghost"}]}, "cast.ghost.features", "refused"),
        ({"staging": [{"entity": "hat"}]}, "props.hat.kind", "honoured"),
        ({"staging": [{"entity": "hat"}]}, "props.hat.staging", "honoured"),
        ({"staging": [{"entity": "sub", "action": "sinks"}]}, "props.sub.kind", "refused"),
        ({"staging": [{"entity": "sub", "action": "sinks"}]}, "props.sub.action", "refused"),
        ({"angle": "low"}, "shot.angle: low", "approximated"),
        ({"angle": "low", "camera": "push in"}, "shot.angle: low", "refused"),
        ({"dialogue": [{"speaker": "ann", "text": "Hello"}]}, "shot.dialogue.ann", "approximated"),
        ({"caption": "The End"}, "shot.caption", "honoured"),
        ({"description": "They meet."}, "shot.description", "approximated"),
        ({"duration": 1.51}, "shot.duration", "approximated"),
        ({"duration": 20}, "shot.duration", "approximated"),
        ({"transition": "continue"}, "shot.transition", "approximated"),
        ({"before": [{"entity": "hat", "attribute": "is", "value": "lost"}]}, "shot.before", "approximated"),
        ({"size": "close", "staging": [{"entity": "ann"}, {"entity": "wolf"}]}, "shot.size", "approximated"),
    ],
)
def test_the_fate_of_a_directive(shot: dict[str, Any], directive: str, expected: str) -> None:
    assert outcome(compiled(story(shot)), directive) == expected


@pytest.mark.parametrize("fps", [12.0, 30.0, float(MAX_FPS)])
def test_the_longest_shot_that_may_be_planned_keeps_every_frame(fps: float) -> None:
    told = story({"duration": 600.0})
    made = compile_shot(told, "s1", MINI.model_copy(update={"fps": fps}), no_pins, seed=1)
    assert made.conditioning.frames == 600 * fps
    scene = scene_of(made.conditioning)
    assert scene.frames == scene.span == 600 * fps


def test_whatever_is_not_honoured_says_why() -> None:
    staging = [{"entity": e, "x": x} for e, x in (("ghost", 0.2), ("wolf", 0.5), ("hat", 0.6), ("sub", 0.1))]
    shot = compiled(story({"staging": staging, "angle": "high", "camera": "crane up"}))
    assert all(lowering.detail for lowering in shot.lowering if lowering.outcome != "honoured")


def test_more_subjects_than_can_be_drawn_are_refused_by_name() -> None:
    staging = [{"entity": e, "x": 0.2 * i} for i, e in enumerate(("ghost", "wolf", "ann", "bob"), 1)]
    shot = compiled(story({"staging": staging}))
    assert [s.entity for s in shot.facts.subjects] == ["ghost", "wolf", "ann"]
    assert outcome(shot, "shot.staging.bob") == "refused"


def test_alike_characters_of_no_colour_look_different() -> None:
    shot = compiled(story({"staging": [{"entity": "ann", "x": 0.3}, {"entity": "bob", "x": 0.7}]}))
    first, second = shot.facts.subjects
    assert first.species == second.species and first.colour != second.colour


def test_clothes_change_from_their_shot_on_and_so_does_the_sheet() -> None:
    states = [{}, {"garments": [{"item": "hat", "colour": "red"}], "from_shot": "s2", "reason": "found it"}]
    cast = [{"id": "ghost", "name": "Pim", "kind": "ghost", "wardrobe": states}]
    stage = {"staging": [{"entity": "ghost"}]}
    told = story(stage, stage, stage, cast=cast)
    worn = [[g.item for g in compiled(told, s).facts.subjects[0].wardrobe] for s in ("s1", "s2", "s3")]
    assert worn == [[], ["hat"], ["hat"]]
    keys = [wardrobe_key(told, "ghost", s) for s in ("s1", "s2", "s3")]
    assert keys[0] != keys[1] == keys[2]
    sheets = [r.image for r in compiled(told, "s2").conditioning.references if r.role == "sheet"]
    assert sheets == [all_pins("ghost", "sheet", keys[1])]


def test_the_plate_is_that_of_the_light() -> None:
    told = story({}, {"mood": "happy"})
    plates = [compiled(told, s).conditioning.references[0].image for s in ("s1", "s2")]
    assert plates == [all_pins("woods", "plate", light_key(told, "one", mood)) for mood in ("", "happy")]
    assert plates[0] != plates[1]


def test_references_stop_where_the_generator_does() -> None:
    told = story({"staging": [{"entity": "ghost", "x": 0.3}, {"entity": "wolf", "x": 0.7}]})
    shot = compiled(told, max_references=2)
    assert [r.entity for r in shot.conditioning.references] == ["woods", "ghost"]
    assert outcome(shot, "reference.wolf") == "refused"
    unpinned = compile_shot(told, "s1", MINI, no_pins, seed=7)
    assert not unpinned.conditioning.references and outcome(unpinned, "reference.ghost") == "approximated"


@pytest.mark.parametrize("size, least, most", [("wide", 1.0, 1.18), ("medium", 1.5, 1.8), ("close", 2.2, 2.7)])
@pytest.mark.parametrize(
    "move", ["static", "push in", "pull out", "pan left", "pan right", "tilt up", "tilt down", "shake"]
)
def test_the_window_stays_on_the_stage(size: str, least: float, most: float, move: str) -> None:
    shot = compiled(story({"size": size, "camera": move, "staging": [{"entity": "ghost", "x": 0.95}]}))
    keys = shot.conditioning.camera.keys
    assert least <= min(k.zoom for k in keys) <= most
    for key in keys:
        half = 0.5 / key.zoom - 1e-3
        assert half <= key.x <= 1 - half and half <= key.y <= 1 - half
    assert (len(keys) > 1) == (move != "static")


@pytest.mark.parametrize("size", ["medium", "close"])
def test_who_is_staged_is_in_the_window(size: str) -> None:
    staging = [{"entity": "ghost", "x": 0.1, "to_x": 0.4}, {"entity": "wolf", "x": 0.9}]
    shot = compiled(story({"size": size, "staging": staging}))
    (window,) = shot.conditioning.camera.keys
    for track in shot.conditioning.tracks:
        assert all(abs(key.x - window.x) < 0.5 / window.zoom for key in track.keys)


def test_a_track_faces_where_it_goes_and_those_who_stand_face_each_other() -> None:
    staging = [
        {"entity": "ghost", "x": 0.7, "to_x": 0.5},
        {"entity": "wolf", "x": 0.2},
        {"entity": "ann", "x": 0.9},
    ]
    ghost, wolf, ann = compiled(story({"staging": staging})).conditioning.tracks
    assert [track.keys[0].facing for track in (ghost, wolf, ann)] == [-1.0, 1.0, -1.0]


def test_a_shot_that_continues_starts_where_the_camera_stood() -> None:
    told = story(
        {"size": "medium", "camera": "push in", "staging": [{"entity": "ghost", "x": 0.3}]},
        {"size": "medium", "continues": "s1", "staging": [{"entity": "ghost", "x": 0.3, "to_x": 0.6}]},
        {"size": "wide", "continues": "s2", "staging": [{"entity": "ghost", "x": 0.6}]},
    )
    one, two, three = (compiled(told, s).conditioning.camera.keys for s in ("s1", "s2", "s3"))
    for before, after in ((one, two), (two, three)):
        assert before[-1].model_copy(update={"t": 0.0}) == after[0]
    assert three[-1].zoom == pytest.approx(1.08)
    assert compiled(told, "s3").facts.camera == "pull out"


def test_continuation_is_honoured_where_the_generator_can() -> None:
    told = story({}, {"continues": "s1", "transition": "continue"})
    shot = compiled(told, "s2")
    assert outcome(shot, "shot.continues") == "honoured" and not shot.conditioning.context
    clip = with_continuation(shot, sha256("take")).conditioning.context[0]
    assert (clip.role, clip.clip) == ("continue", sha256("take"))
    assert outcome(compiled(told, "s2", context_roles=frozenset()), "shot.continues") == "approximated"


def test_a_setup_keeps_its_window() -> None:
    told = story(
        {"setup": "door", "staging": [{"entity": "ghost", "x": 0.2}], "size": "medium"},
        {"setup": "door", "staging": [{"entity": "wolf", "x": 0.6}], "size": "medium"},
    )
    assert compiled(told, "s1").conditioning.camera == compiled(told, "s2").conditioning.camera


def test_an_open_generator_gets_the_words_themselves() -> None:
    told = story({"description": "They part.", "staging": [{"entity": "wolf", "action": "howls"}, {"entity": "sub"}]})
    shot = compile_shot(told, "s1", OPEN, all_pins, seed=7)
    for words in ("a grey wolf with a navy muffler", "howls", "submarine", "eerie", "They part"):
        assert words in shot.conditioning.caption
    assert not [lowering for lowering in shot.lowering if lowering.outcome == "refused"]


def test_seeds_differ_by_shot_and_repeat() -> None:
    told = story({}, {})
    assert compiled(told) == compiled(told)
    assert compiled(told, "s1").conditioning.seed != compiled(told, "s2").conditioning.seed
    assert compile_shot(told, "s1", MINI, all_pins, seed=8).conditioning.seed != compiled(told).conditioning.seed


def test_a_sheet_shows_the_character_alone() -> None:
    sheet = compile_sheet(story({}), "wolf", "s1", MINI, seed=7)
    asked = sheet.conditioning
    assert asked.caption == "character sheet: a black dog with a blue scarf; pastel style"
    assert (asked.frames, asked.width, asked.height) == (1, 64, 64)
    (key,) = asked.tracks[0].keys
    assert (key.x, key.y, key.height) == (0.5, 0.92, 0.8)


def test_a_plate_shows_the_empty_place() -> None:
    plate = compile_plate(story({}), "one", MINI, seed=7)
    assert plate.conditioning.caption == (
        "plate: an empty place in the forest at night; mysterious mood, pastel style; wide shot, static"
    )
    assert plate.conditioning.frames == 1 and not plate.conditioning.tracks
    happy = compile_plate(story({}), "one", MINI, seed=7, mood="happy")
    assert happy.facts.mood == "happy" and happy.conditioning.seed == plate.conditioning.seed


def test_what_does_not_exist_is_named() -> None:
    with pytest.raises(LookupError, match="no shot 'x'"):
        compile_shot(story({}), "x", MINI, no_pins, seed=0)
    with pytest.raises(LookupError, match="no character 'x'"):
        compile_sheet(story({}), "x", "s1", MINI, seed=0)


@pytest.mark.parametrize("path", sorted([*EXAMPLES.glob("*.yaml"), *EXAMPLES.glob("*.json")]), ids=lambda p: p.name)
def test_examples_compile_without_a_refusal(path: Any) -> None:
    told = load(path)
    for _, shot in told.shots:
        made = compile_shot(told, shot.id, MINI, all_pins, seed=told.seed)
        assert not [lowering for lowering in made.lowering if lowering.outcome == "refused"]


@pytest.mark.skipif(not VIMAX.is_dir(), reason="the ViMax benchmark files are not here")
def test_every_shot_of_vimax_compiles_with_a_lowering_for_every_directive() -> None:
    files = sorted(VIMAX.glob("*.json"))
    assert len(files) == 35
    for path in files:
        told = load(path)
        for _, shot in told.shots:
            made = compile_shot(told, shot.id, MINI, no_pins, seed=0)
            recorded = [lowering.directive for lowering in made.lowering]
            for asked in directives(told, shot.id):
                assert any(r.startswith(asked) for r in recorded), f"{path.name} {shot.id}: {asked} has no lowering"
            assert all(lowering.detail for lowering in made.lowering if lowering.outcome != "honoured")
