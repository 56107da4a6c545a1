"""Small stories that tests film."""

from __future__ import annotations

from pathlib import Path

from planner.read.formats.storyboard import dumps
from planner.story.story import Character, Garment, Location, Scene, Shot, Staging, Story, WardrobeState


def ghost_story(seed: int = 3) -> Story:
    """Three shots of half a second: a ghost walks, a fox stands, and the last shot goes on from the second."""
    ghost = Character(id="ghost", name="Ghost", kind="ghost", colour="white")
    scarf = WardrobeState(garments=(Garment(item="scarf", colour="blue"),))
    fox = Character(id="fox", name="Fox", kind="fox", colour="orange", wardrobe=(scarf,))
    walks = Staging(entity="ghost", x=0.3, to_x=0.6, action="walks")
    stands = Staging(entity="fox", x=0.5, action="stands")
    shots = (
        Shot(id="one", duration=0.5, staging=(walks,), caption="One night"),
        Shot(id="two", duration=0.5, staging=(stands,), camera="push in", transition="dissolve"),
        Shot(id="three", duration=0.5, staging=(stands,), continues="two", transition="continue"),
    )
    return Story(
        id="ghost-hat",
        title="The red hat",
        seed=seed,
        cast=(ghost, fox),
        locations=(Location(id="wood", name="Wood", kind="forest"),),
        scenes=(Scene(id="night", location="wood", time="night", mood="mysterious", shots=shots),),
    )


def ghost_storyboard(folder: Path, seed: int = 3) -> Path:
    """The story as a file."""
    path = folder / "ghost.yaml"
    path.write_text(dumps(ghost_story(seed)), encoding="utf-8")
    return path
