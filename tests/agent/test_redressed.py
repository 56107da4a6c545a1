"""A given picture is the sheet of the clothes that it shows, and of no others."""

from __future__ import annotations

from agent.graph.nodes.cast import is_redressed
from agent.versions.parts import parts
from planner.story.story import Character, EntityReference, Garment, WardrobeState
from tests.planner.stories import MINI
from tests.planner.stories import story as told

PICTURE = "a" * 64
HAT = (Garment(item="hat", colour="red"),)


def test_a_picture_stands_for_the_clothes_that_it_shows() -> None:
    states = (WardrobeState(garments=HAT), WardrobeState(from_shot="s2", reason="taken off"))
    picture = EntityReference(image=PICTURE)
    ann = Character(id="ann", name="Ann", kind="girl", wardrobe=states, references=(picture,))
    bare = told({"staging": [{"entity": "ann"}]}, {"staging": [{"entity": "ann"}]}, {"staging": [{"entity": "ann"}]})
    story = bare.model_copy(update={"cast": (ann,)})
    sheets = [part for part in parts(story, MINI) if part.role == "sheet"]
    assert [part.picture for part in sheets] == [PICTURE, None]
    assert [is_redressed(part, story) for part in sheets] == [False, True]
    assert "hat" not in sheets[1].compiled.conditioning.caption


def test_a_copy_of_a_story_finds_its_own_shots() -> None:
    story = told({}, {"continues": "s1"})
    assert story.order == {"s1": 0, "s2": 1} and story.continued == {"s1"}
    cut = story.model_copy(
        update={"scenes": (story.scenes[0].model_copy(update={"shots": story.scenes[0].shots[:1]}),)}
    )
    assert cut.order == {"s1": 0} and cut.continued == frozenset() and len(cut.shots) == 1
