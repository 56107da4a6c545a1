"""Storyboard files: a story in YAML or JSON, read under limits and written so that reading gives it back.

A file that is not a storyboard is refused with one line that names the file and the place in it. Pictures
may be named by a path inside the file's own folder; they become digests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from omni_model.spec.conditioning import sha256
from planner.read.formats import vimax
from planner.story.story import Story

MAX_BYTES = 2_000_000
MAX_IMAGE_BYTES = 32_000_000
MAX_DEPTH = 32
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Syntax = Literal["yaml", "json"]
#: Stores the bytes of a picture and gives its digest.
Keep = Callable[[bytes], str]


class StoryboardError(Exception):
    """A file is not a storyboard; the message is one line with the file, the place and what to do."""


def load(path: str | Path, keep: Keep = sha256) -> Story:
    """The story of a storyboard file, or of a ViMax benchmark file.

    ``.json`` is read as JSON, anything else as YAML. ``keep`` stores each picture that the file names by
    path. Raises StoryboardError.
    """
    path = Path(path)
    try:
        text = _read(path, MAX_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise StoryboardError(f"{path.name}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    data = _parse(text, "json" if path.suffix.lower() == ".json" else "yaml", path.name)
    if isinstance(data, dict) and vimax.recognises(data):
        data = _imported(data, path)
    elif isinstance(data, dict):
        _keep_pictures(data, path, keep)
    return _story(data, path.name)


def loads(text: str, syntax: Syntax = "yaml", name: str = "storyboard") -> Story:
    """The story of a storyboard text; pictures are digests in it. Raises StoryboardError."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise StoryboardError(f"{name}: larger than {MAX_BYTES} bytes, the most a storyboard may have")
    return _story(_parse(text, syntax, name), name)


def dumps(story: Story, syntax: Syntax = "yaml") -> str:
    """The story as text without its default values; :func:`loads` gives it back exactly."""
    data = story.model_dump(mode="json", exclude_defaults=True)
    if syntax == "json":
        return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    text: str = yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    return text


def json_schema() -> dict[str, Any]:
    """The JSON Schema of storyboard files."""
    schema = Story.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$defs"]["EntityReference"]["properties"]["image"] = {
        "type": "string",
        "minLength": 1,
        "description": "SHA-256 of a stored picture, or the path of one inside the storyboard's folder",
    }
    return schema


class _NotAStoryboard(yaml.MarkedYAMLError):
    """Sound YAML that a storyboard may not hold."""

    def __init__(self, problem: str, mark: Any) -> None:
        super().__init__(problem=problem, problem_mark=mark)


class _Plain(yaml.SafeDumper):
    """No anchors: a storyboard is a tree."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class _Strict(_Parser):  # type: ignore[misc]
    """Safe loader that refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise _NotAStoryboard(f"the key {key.value!r} is given twice", key.start_mark)
            seen.add(str(key.value))
        result: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return result


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise StoryboardError(f"{path.name}: cannot be read: {(error.strerror or 'no file').lower()}") from error
    if len(data) > limit:
        raise StoryboardError(f"{path.name}: larger than {limit} bytes, the most it may have")
    return data


def _parse(text: str, syntax: Syntax, name: str) -> object:
    try:
        return _json(text) if syntax == "json" else _yaml(text)
    except json.JSONDecodeError as error:
        raise StoryboardError(f"{name}: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = error.problem or error.context or ""
        # A parser has a limit of its own and may come to it first, where it looks far ahead for a key's colon.
        raise StoryboardError(f"{name}: {place}{_TOO_DEEP if 'nesting depth' in problem else problem}") from error
    except RecursionError as error:
        raise StoryboardError(f"{name}: {_TOO_DEEP}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise StoryboardError(f"{name}: {' '.join(str(error).split())}") from error


def _json(text: str) -> object:
    data = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    return _shallow(data)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"the key {key!r} is given twice")
    return dict(pairs)


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is no number that a storyboard may hold")


def _shallow(data: object) -> object:
    """``data``, if it is nested at most MAX_DEPTH deep. Raises ValueError."""
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return data
    raise ValueError(_TOO_DEEP)


def _yaml(text: str) -> object:
    """Looks at the events first: an alias bomb or a deep nest is refused before anything is built."""
    depth = 0
    for event in yaml.parse(text, Loader=_Parser):
        if isinstance(event, yaml.AliasEvent):
            raise _NotAStoryboard("aliases (*name) are not allowed; write the value out", event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _NotAStoryboard(_TOO_DEEP, event.start_mark)
    return yaml.load(text, Loader=_Strict)


def _imported(data: dict[str, Any], path: Path) -> object:
    try:
        return vimax.to_story(data, path.stem)
    except vimax.ViMaxError as error:
        raise StoryboardError(f"{path.name}: {error}") from error


def _keep_pictures(data: dict[str, Any], path: Path, keep: Keep) -> None:
    """Replaces every picture path in ``data`` by the digest that ``keep`` gives."""
    for kind in ("cast", "locations"):
        for i, entity in enumerate(_list(data.get(kind))):
            for j, reference in enumerate(_list(entity.get("references")) if isinstance(entity, dict) else []):
                image = reference.get("image") if isinstance(reference, dict) else None
                if isinstance(image, str) and not _DIGEST.fullmatch(image):
                    place = f"{path.name}: {kind}[{i}].references[{j}].image"
                    reference["image"] = keep(_picture(image, path, place))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _picture(image: str, path: Path, place: str) -> bytes:
    folder = path.resolve().parent
    try:
        target = (folder / image).resolve()
    except (OSError, ValueError) as error:
        raise StoryboardError(f"{place}: {image[:80]!r} is no path") from error
    if not target.is_relative_to(folder):
        raise StoryboardError(f"{place}: {image[:80]!r} lies outside the storyboard's folder")
    try:
        return _read(target, MAX_IMAGE_BYTES)
    except StoryboardError as error:
        raise StoryboardError(f"{place}: {error}") from error


def _story(data: object, name: str) -> Story:
    if isinstance(data, Story):
        return data
    if not isinstance(data, dict):
        raise StoryboardError(f"{name}: not a storyboard: its top level must map field names to values")
    try:
        return Story.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise StoryboardError(f"{name}: {_place(first['loc'])}{_problem(first['msg'])}") from error


def _place(location: tuple[int | str, ...]) -> str:
    """('scenes', 1, 'id') -> 'scenes[1].id: '."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    place = "".join(steps).lstrip(".")
    return f"{place}: " if place else ""


def _problem(message: str) -> str:
    if message == "Extra inputs are not permitted":
        return "unknown field"
    if message == "Field required":
        return "is missing"
    message = re.sub(r"^Value error, ", "", message)
    message = re.sub(r"^\w+ should (be|have|match)", r"must \1", message)
    return " ".join(message.split())
