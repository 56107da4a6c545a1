"""A scene as a director wrote it: shots that say what they show and which demands they serve."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from omni_model.spec.conditioning import Slug
from planner.story.brief import Described, Number, Prose, Short
from planner.story.story import Angle, ShotSize, Transition, Unit, Words


class Figure(Described):
    """Somebody or something in the picture."""

    entity: Slug
    """The id of a person or thing of the brief."""
    x: Unit = 0.5
    """Where it stands, from the left edge of the place (0) to the right (1)."""
    to_x: Unit | None = None
    """Where it ends up, if it moves."""
    action: Words = ""
    """What it does, as a verb: 'walks', 'kneels'."""


class ShotDraft(Described):
    """One shot."""

    seconds: Annotated[float, Field(gt=0.0, le=600.0)]
    happens: Short
    """What happens, in one short sentence."""
    size: ShotSize = "wide"
    angle: Angle = "eye"
    camera: Words = "static"
    """How the camera moves: 'static', 'push in', 'pull out', 'pan left', 'pan right', 'tilt up', 'tilt down', ..."""
    picture: Prose
    """What the frame shows, in 40 to 120 words: who, with all that is worn and carried; doing what and how; where; in
    which light. Only what a camera sees."""
    figures: Annotated[tuple[Figure, ...], Field(max_length=16)] = ()
    """Everybody and everything of the brief that is seen."""
    speech: Annotated[tuple[Number, ...], Field(max_length=8)] = ()
    """Numbers of the lines that are heard in it."""
    sound: Prose = ""
    """What is heard besides."""
    caption: Prose = ""
    """Letters on the picture: a title card."""
    transition: Transition = "cut"
    """How it begins; 'continue': without a cut, from the shot before."""
    serves: Annotated[tuple[Number, ...], Field(max_length=64)] = ()
    """Numbers of the demands that are seen or heard in it."""


class SceneDraft(Described):
    """The shots of one scene, in order."""

    shots: Annotated[tuple[ShotDraft, ...], Field(min_length=1, max_length=60)]
