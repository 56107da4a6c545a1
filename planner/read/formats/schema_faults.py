"""What a storyboard's schema finds wrong in a document, in an author's words: the place, what is wrong, the cure."""

from __future__ import annotations

import difflib
import heapq
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from planner.read.formats.contradictions import FieldPath, Inconsistency
from planner.read.formats.documents import MOST_FAULTS, DocumentNode, Fault, Position, Surprise
from planner.story.story import Story

QUOTES = "put it in quotes"
_SLUG = "[a-z0-9_-]"
_LENGTH = re.compile(r"\s*(?P<number>\d+(?:[.,]\d+)?)\s*(?:s|secs?|seconds?|(?P<minutes>m|mins?|minutes?))?\s*", re.I)


def schema_faults(error: ValidationError, root: DocumentNode) -> list[Fault]:
    """A fault for each field that is wrong; beyond the first MOST_FAULTS they are only counted."""
    found = [
        (root.find(problem["loc"])[1], index, problem)
        for index, problem in enumerate(error.errors(include_url=False))
        if problem["loc"]
    ]
    first = heapq.nsmallest(MOST_FAULTS, found, key=lambda each: each[:2])
    told = [Fault(place, f"{name_of(problem['loc'])}: {_told(problem, root)}") for place, _, problem in first]
    return [*told, *(Fault(Position(10**9, i), "") for i in range(len(found) - len(told)))]


def located(found: Iterable[Inconsistency], root: DocumentNode) -> list[Fault]:
    """Inconsistencies as faults with their positions in the document; at most ten times MOST_FAULTS."""
    faults = []
    for location, message in found:
        faults.append(Fault(root.find(location)[1], message))
        if len(faults) > 10 * MOST_FAULTS:
            break
    return faults


def name_of(location: FieldPath) -> str:
    """('scenes', 1, 'id') -> 'scenes[1].id'."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in location)
    return "".join(steps).lstrip(".")


@lru_cache(maxsize=1)
def boolean_fields() -> frozenset[str]:
    """The names of the fields that are true or false."""
    return frozenset(
        name for model in _models(Story) for name, field in model.model_fields.items() if field.annotation is bool
    )


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in _inside(field.annotation):
            yield from _models(inner)


def _inside(annotation: Any) -> list[type[BaseModel]]:
    """The models in an annotation such as tuple[Shot, ...]."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, BaseModel) else []
    wrapped = get_origin(annotation) in (tuple, Union, UnionType)
    return [m for part in get_args(annotation) for m in _inside(part)] if wrapped else []


def _fields_at(location: FieldPath) -> list[str]:
    """The fields that may stand in the mapping at a path."""
    model: type[BaseModel] = Story
    for step in location:
        if isinstance(step, str):
            field = model.model_fields.get(step)
            inner = _inside(field.annotation) if field else []
            if not inner:
                return []
            model = inner[0]
    return list(model.model_fields)


def _told(problem: Any, root: DocumentNode) -> str:
    kind, value, location = problem["type"], problem["input"], problem["loc"]
    node, _ = root.find(location)
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown_field(location)
    if kind in ("string_type", "literal_error") and (odd := _no_text(value, node.written)):
        return odd
    if kind in (
        "float_type",
        "float_parsing",
        "int_type",
        "int_parsing",
        "int_from_float",
        "bool_type",
        "bool_parsing",
    ):
        return _no_number(kind, value, node.written)
    if kind in ("tuple_type", "model_type", "model_attributes_type", "dict_type"):
        return _wrong_form(kind, value, location)
    if kind == "literal_error":
        return _no_choice(problem, value)
    if kind == "string_pattern_mismatch":
        return _no_id(value) if _SLUG in str(problem.get("ctx")) else "must be the SHA-256 of a picture"
    return _plainly(problem["msg"], node)


def _unknown_field(location: FieldPath) -> str:
    word, fields = str(location[-1])[:100], _fields_at(location[:-1])
    key, colon, _ = word.partition(":")
    if colon and key.strip() in fields:
        return f"a space is missing after the colon: '{key}: …'"
    if word.isdigit():
        return f"a number has a decimal point, not a comma: write it as .{word}"
    near = difflib.get_close_matches(word.lower().replace("-", "_").strip(" _"), fields, n=1)
    return "unknown field; " + (f"did you mean {near[0]!r}?" if near else f"there may be: {', '.join(fields)}")


def _no_text(value: Any, written: str) -> str:
    if isinstance(value, Surprise):
        return f"{value.written[:40]} is read as {value.kind}: {QUOTES}"
    if value is None:
        told = f"{written[:40]} is read as nothing" if written else "is empty"
        return f"{told}: leave the line out, or {QUOTES}"
    if isinstance(value, int | float):
        return f"{written[:40]} is read as a number: {QUOTES}"
    return f"must be a text, not {_form(value)}" if isinstance(value, dict | list) else ""


def _no_number(kind: str, value: Any, written: str) -> str:
    wanted = "true or false" if "bool" in kind else "a whole number" if "int" in kind else "a number"
    if isinstance(value, Surprise) and value.written.lower() == value.kind:
        return f"must be {wanted}, not {value.written}"
    if isinstance(value, Surprise):
        cure = f"write {value.number:g}" if value.number is not None else f"write {wanted}"
        return f"{value.written[:40]} is read as {value.kind}: {cure}"
    if value is None:
        return f"{written or 'nothing'} stands here: write {wanted}, or leave the line out"
    if isinstance(value, dict | list):
        return f"must be {wanted}, not {_form(value)}"
    return f"must be {wanted}, not {str(value)[:40]!r}{_as_number(value)}"


def _as_number(value: Any) -> str:
    """': write 2.5' for '2,5', '2.5s' and '2.5 seconds'; ': write 120' for '2 min'; empty where it is not plain."""
    found = _LENGTH.fullmatch(value[:60]) if isinstance(value, str) else None
    if found is None:
        return ""
    number = float(found["number"].replace(",", "."))
    return f": write {number * (60 if found['minutes'] else 1):g}"


def _wrong_form(kind: str, value: Any, location: FieldPath) -> str:
    if isinstance(value, Surprise):
        value = value.written
    if value is None:
        return "is empty: write its entries, or leave the line out"
    given = _form(value)
    if kind == "tuple_type":
        return f"must be a list, not {given}: begin each entry with '- ' (in JSON: [ … ])"
    return f"must be a mapping, not {given}: write its fields, such as {', '.join(_fields_at(location)[:3])}"


def _form(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"{value!r:.40}"


def _no_choice(problem: Any, value: Any) -> str:
    choices = re.findall(r"'([^']*)'", str(problem["ctx"].get("expected", "")))
    near = difflib.get_close_matches(str(value)[:60].lower(), choices, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"must be {problem['ctx']['expected']}, not {str(value)[:40]!r}{meant}"


def _no_id(value: Any) -> str:
    plain = re.sub(r"[^a-z0-9_]+", "-", str(value).lower()).strip("-")[:64]
    cure = f"; write {plain}" if plain else ""
    return f"an id is made of a-z, 0-9, _ and -, at most 64 of them, not {str(value)[:40]!r}{cure}"


def _plainly(message: str, node: DocumentNode) -> str:
    """A message of the schema's checker as a sentence about the field."""
    message = re.sub(r"^Value error, ", "", message)
    message = re.sub(r"^\w+ should (be|have|match)", r"must \1", message)
    scalar = isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return " ".join(message.split()) + (f", not {node.written[:40]}" if scalar and node.written else "")
