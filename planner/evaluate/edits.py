"""Edit sentences against gold patches: precision and recall over typed operations and scope.

A set is a file of JSON lines: ``story`` (a film of ``films/``), ``sentence``, ``language`` (en, ko), ``operations``
(``op``, ``scope``, ``field``, ``value``: see :mod:`planner.story.patch`), and where there are any ``kinds`` (compound,
protected, unusual), ``protected`` (``scope``, ``field``, ``value``) and ``before``, the sentences said before it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationError

from omni_model.spec.captions import SceneFacts
from omni_model.spec.conditioning import Capabilities, Frozen
from planner.compile.shot import compile_shot
from planner.edit import apply, read
from planner.edit.apply.cast import is_like
from planner.evaluate.matching import Asked
from planner.evaluate.rows import PlannerRow, row
from planner.llm.base import LanguageModel
from planner.read.formats.storyboard import loads
from planner.story.patch import Operation, Patch, Protected, shots_matching
from planner.story.story import Story

MAX_BYTES = 2_000_000
FLOORS = {"en": (0.85, 0.95), "ko": (0.65, 0.9)}
"""Language -> floor and aim of precision and of recall."""
LANGUAGES = {"en": "English", "ko": "Korean"}


class SetError(Exception):
    """A file holds no set of edit sentences; one line says where and why."""


class EditCase(Frozen):
    """A sentence about a film, and what it should do."""

    story: str
    sentence: Annotated[str, Field(min_length=1, max_length=4000)]
    language: Literal["en", "ko"] = "en"
    kinds: tuple[Literal["compound", "protected", "unusual"], ...] = ()
    before: tuple[str, ...] = ()
    operations: tuple[Operation, ...]
    protected: tuple[Protected, ...] = ()


class EditOutcome(NamedTuple):
    """How one case came out: operations right, given and wanted; protected things touched; seconds."""

    case: EditCase
    right: int
    given: int
    wanted: int
    touched: int
    seconds: float


@lru_cache(maxsize=16)
def film(name: str) -> Story:
    """A film that sentences are about. Raises SetError."""
    folder = resources.files("planner.evaluate").joinpath("films")
    known = sorted(path.name.removesuffix(".yaml") for path in folder.iterdir() if path.name.endswith(".yaml"))
    if name not in known:
        raise SetError(f"there is no film {name!r} to edit; there are: {', '.join(known)}")
    return loads(folder.joinpath(f"{name}.yaml").read_text("utf-8"), name=name)


def cases(path: Path | None = None) -> tuple[EditCase, ...]:
    """The sentences of a file, or those that are kept here. Raises SetError."""
    if path is None:
        text, name = resources.files("planner.evaluate").joinpath("edits.jsonl").read_text("utf-8"), "edits.jsonl"
    else:
        text, name = _text(path), path.name
    return tuple(_case(line, f"{name}: line {n}") for n, line in enumerate(text.splitlines(), 1) if line.strip())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise SetError(f"{path.name}: larger than {MAX_BYTES} bytes")
        return data.decode("utf-8")
    except OSError as error:
        raise SetError(f"{path.name}: cannot be read: {(error.strerror or 'no file').lower()}") from error
    except UnicodeDecodeError:
        raise SetError(f"{path.name}: not UTF-8") from None


def _case(line: str, place: str) -> EditCase:
    try:
        case = EditCase.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise SetError(f"{place}: {error.msg}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SetError(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    film(case.story)
    return case


def rows(
    tried: Sequence[EditCase], capabilities: Capabilities, llm: LanguageModel | None = None,
    tell: Callable[[str], None] = lambda step: None,
) -> list[PlannerRow]:  # fmt: skip
    """The figures of edits: by language, by kind of sentence, and what protection is worth."""
    found = []
    for number, case in enumerate(tried, 1):
        tell(f"edit {number} of {len(tried)}")
        found.append(examine(case, capabilities, llm))
    figures = []
    for language, name in LANGUAGES.items():
        floor, aim = FLOORS[language]
        some = [f for f in found if f.case.language == language]
        figures += _shares(f"edits, {name}", some, floor, aim)
    for kind in ("compound", "protected", "unusual"):
        figures += _shares(f"edits, {kind}", [f for f in found if kind in f.case.kinds])
    guarded = [f for f in found if f.case.protected]
    touched = float(sum(f.touched for f in guarded)) if guarded else None
    figures.append(row("protected things touched", touched, len(guarded), floor=0, aim=0, least=True))
    spent = sum(f.seconds for f in found) / len(found) if found else None
    figures.append(row("seconds to read an edit", spent, len(found)))
    return figures


def held_out(capabilities: Capabilities, llm: LanguageModel | None = None) -> list[PlannerRow]:
    """The same figures of sentences that were written blind and read once, when they were new (2026-11-22)."""
    found = [examine(case, capabilities, llm) for case in cases(Path(__file__).with_name("holdout.jsonl"))]
    return [
        figure
        for language, name in LANGUAGES.items()
        for figure in _shares(f"held-out edits, {name}", [f for f in found if f.case.language == language])
    ]


def _shares(
    name: str, found: Sequence[EditOutcome], floor: float | None = None, aim: float | None = None
) -> list[PlannerRow]:
    right = sum(f.right for f in found)
    given, wanted = sum(f.given for f in found), sum(f.wanted for f in found)
    exact = sum(f.right == f.given == f.wanted for f in found)
    return [
        row(f"{name}: precision", right / given if given else None, len(found), floor=floor, aim=aim),
        row(f"{name}: recall", right / wanted if wanted else None, len(found), floor=floor, aim=aim),
        row(f"{name}: sentences read exactly", exact / len(found) if found else None, len(found)),
    ]


def examine(case: EditCase, capabilities: Capabilities, llm: LanguageModel | None = None) -> EditOutcome:
    """Reads and applies one sentence after those before it."""
    story, past, versions = film(case.story), list[Patch](), list[Story]()
    for sentence in case.before:
        past.append(read(sentence, story, past))
        versions.insert(0, story)
        story = apply(story, past[-1], capabilities, versions[1:]).story
    began = time.monotonic()
    patch = read(case.sentence, story, past, llm)
    seconds = time.monotonic() - began
    gold, given = Asked(case.operations, story), Asked(patch.operations, story)
    after = apply(story, patch, capabilities, versions).story
    touched = sum(is_touched(story, after, guard, capabilities) for guard in case.protected)
    return EditOutcome(case, gold.common(given), len(given), len(gold), touched, seconds)


def is_touched(before: Story, after: Story, guard: Protected, capabilities: Capabilities) -> bool:
    """Whether something protected looks different, or is gone, in any of its shots."""
    return any(
        _looks(before, shot.id, guard, capabilities) != _looks(after, shot.id, guard, capabilities)
        for _, shot in shots_matching(before, guard.scope)
    )


def _looks(story: Story, shot_id: str, guard: Protected, capabilities: Capabilities) -> object:
    """The part of a shot that a guard is about, in the generator's words; None when it is gone."""
    shot = next((s for _, s in story.shots if s.id == shot_id), None)
    if shot is None:
        return None
    compiled = compile_shot(story, shot_id, capabilities, lambda *_: None, seed=story.seed)
    if guard.scope.entity is None and guard.field == "all":
        return compiled.conditioning, shot.dialogue, shot.caption
    if guard.field in ("dialogue", "caption", "duration", "title"):
        return {"title": story.title}.get(guard.field) or getattr(shot, guard.field)
    return _seen(compiled.facts, guard)


def _seen(facts: SceneFacts, guard: Protected) -> object:
    if guard.field in ("mood", "time", "weather", "style", "camera", "size"):
        return getattr(facts, guard.field)
    body = next((s for s in facts.subjects if s.entity == guard.scope.entity), None)
    if body is None:
        return None
    if guard.field == "wardrobe":
        return [g for g in body.wardrobe if guard.value is None or is_like(g.item, guard.value)]
    names: Iterable[str] = {"colour": ("colour",), "kind": ("species",), "action": ("action",)}.get(guard.field, ())
    return tuple(getattr(body, name) for name in names) if names else body
