"""Import of StoryMem stories (ST-Bench): ``scenes[]{scene_num, video_prompts[], first_frame_prompt[], cut[]}``.

Each prompt is a shot. Who is in the story is read from all prompts as prose, by the planner's rules; a shot that does
not cut goes on from the one before it, where and when that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Annotated, Any

from pydantic import Field, ValidationError

from omni_model.spec.conditioning import Frozen
from planner.read import rules
from planner.read.formats import vimax
from planner.read.formats.schema_faults import name_of
from planner.read.formats.shot_prose import Prose, Source, SourceRole, SourceScene, SourceShot
from planner.read.formats.textfile import Remark
from planner.story.story import Shot, Staging, Story

_READ = frozenset({"story_name", "story_overview", "scenes"})
_OF_SCENES = frozenset({"scene_num", "video_prompts", "first_frame_prompt", "cut"})
_EDGE = 0.06


class StoryMemError(Exception):
    """The file looks like a StoryMem story and is none; the message names the place."""


class _Scene(Frozen, extra="ignore"):
    scene_num: int | str = ""
    video_prompts: Annotated[tuple[Prose, ...], Field(max_length=400)]
    first_frame_prompt: tuple[Prose | None, ...] = ()
    cut: tuple[bool, ...] = ()


class _StoryMem(Frozen, extra="ignore"):
    story_name: Prose = ""
    story_overview: Prose = ""
    scenes: Annotated[tuple[_Scene, ...], Field(max_length=200)]


def recognises(data: Any) -> bool:
    """Whether parsed data is meant as a StoryMem story."""
    scenes = data.get("scenes") if isinstance(data, dict) else None
    return isinstance(scenes, list) and any(isinstance(scene, dict) and "video_prompts" in scene for scene in scenes)


def to_story(data: dict[str, Any], name: str, remark: Remark) -> Story:
    """The story of a StoryMem file called ``name``; ``remark`` is told what is not read. Raises StoryMemError."""
    try:
        source = _StoryMem.model_validate(_plain(data))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise StoryMemError("; ".join(f"{name_of(p['loc'])}: {p['msg']}" for p in problems[:10])) from error
    shots = list(_shots(source))
    if not any(shot.text.strip() for shot in shots):
        raise StoryMemError("scenes: there is no shot to film: video_prompts are empty")
    remark("it is a StoryMem story: each prompt is a shot")
    if others := [*_others(data, _READ), *_others(data["scenes"], _OF_SCENES)]:
        remark(f"{', '.join(dict.fromkeys(others))[:200]} is not read: who is in a shot is read from its prompt")
    return _told(source, shots, name)


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """The data with one prompt or cut in place of a list of one, and cuts of any spelling as written words."""
    scenes = []
    for scene in data["scenes"]:
        if isinstance(scene, dict):
            lists = ("video_prompts", "first_frame_prompt", "cut")
            scene = scene | {key: _listed(scene[key]) for key in lists if key in scene}
        scenes.append(scene)
    return data | {"scenes": scenes}


def _listed(value: Any) -> Any:
    """A list of what a list or a single value holds, each as it is written."""
    items = value if isinstance(value, list) else [value]
    return [getattr(item, "written", item) for item in items]


def _others(data: Any, read: frozenset[str]) -> Iterable[str]:
    parts = data if isinstance(data, list) else [data]
    return [str(key)[:40] for part in parts if isinstance(part, dict) for key in part if key not in read]


def _shots(source: _StoryMem) -> Iterator[SourceShot]:
    """The prompts as shots, numbered through the story. Raises StoryMemError."""
    number = 0
    for i, scene in enumerate(source.scenes):
        for key in ("cut", "first_frame_prompt"):
            given, wanted = len(getattr(scene, key)), len(scene.video_prompts)
            if given not in (0, wanted):
                raise StoryMemError(f"scenes[{i}].{key}: has {given} entries for {wanted} video_prompts")
        for prompt, frame, cut in zip_longest(scene.video_prompts, scene.first_frame_prompt, scene.cut):
            number += 1
            goes_on = cut is False and number > 1
            yield SourceShot(shot_id=number, first_frame=frame or "", video_prompt=prompt, goes_on=goes_on)


def _told(source: _StoryMem, shots: list[SourceShot], name: str) -> Story:
    scenes, numbered = [], iter(shots)
    for scene in source.scenes:
        told = tuple(next(numbered) for _ in scene.video_prompts)
        scenes.append(SourceScene(shots=told))
    found = rules.read("\n\n".join(shot.text for shot in shots)).cast
    staged = Source(story_overview=source.story_overview, scenes=tuple(s for s in scenes if s.shots))
    title = source.story_name or name
    return _joined(vimax.told(staged, title, tuple(SourceRole.of(character) for character in found), found))


def _joined(story: Story) -> Story:
    """The story with everybody where the shot before left them, wherever the camera does not cut."""
    ends: dict[str, Staging] = {}
    scenes = []
    for scene in story.scenes:
        shots = []
        for shot in scene.shots:
            shot = _gone_on(shot, ends) if shot.continues else shot
            ends = {staging.entity: staging for staging in shot.staging}
            shots.append(shot)
        scenes.append(scene.model_copy(update={"shots": tuple(shots)}))
    return story.model_copy(update={"scenes": tuple(scenes)})


def _gone_on(shot: Shot, ends: dict[str, Staging]) -> Shot:
    return shot.model_copy(update={"staging": tuple(_from(s, ends.get(s.entity)) for s in shot.staging)})


def _from(staging: Staging, before: Staging | None) -> Staging:
    """A staging that starts where the one before ended, and goes as far as it was to go."""
    if before is None:
        return staging
    x = before.x if before.to_x is None else before.to_x
    to_x = None
    if staging.to_x is not None:
        to_x = round(min(max(x + staging.to_x - staging.x, _EDGE), 1 - _EDGE), 3)
    return staging.model_copy(update={"x": x, "y": before.y, "to_x": to_x})
