"""Patches: closed, plain JSON both ways; scopes are short texts that name a part of a film."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from planner.evaluate.edits import film
from planner.story.patch import Aspect, Op, Operation, Patch, Protected, Scope, shots_matching

IDS = st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)
PLACES = st.one_of(
    st.sampled_from(["film", "opening", "ending", "act:1", "act:3", "half:2"]),
    IDS.map(lambda i: f"scene:{i}"),
    IDS.map(lambda i: f"shot:{i}"),
    st.tuples(IDS, IDS).map(lambda pair: f"shots:{pair[0]}..{pair[1]}"),
)
SCOPES = st.builds(
    lambda place, entity: Scope.model_validate(f"{place}/entity:{entity}" if entity and place != "film" else place),
    PLACES,
    st.none() | IDS,
)
VALUES = st.none() | st.floats(0.1, 600).map(lambda x: round(x, 3)) | st.text(max_size=40)
OPERATIONS = st.builds(
    Operation, op=st.sampled_from(get_args(Op)), scope=SCOPES, field=st.sampled_from(get_args(Aspect)), value=VALUES
)


@given(st.builds(Patch, operations=st.lists(OPERATIONS, max_size=5).map(tuple), question=st.sampled_from(["", "Who?"])))
def test_a_patch_survives_json(patch: Patch) -> None:
    assert Patch.model_validate_json(patch.model_dump_json()) == patch
    assert Patch.model_validate(patch.model_dump(mode="json")) == patch


@given(SCOPES)
def test_a_scope_is_the_text_that_it_is_written_as(scope: Scope) -> None:
    assert Scope.model_validate(str(scope)) == scope


@pytest.mark.parametrize(
    "wrong", ["", "somewhere", "film:3", "scene", "entity:", "shot:a/", "/entity:fox", "act:4", "shots:a", "Film"]
)
def test_what_names_no_place_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Scope.model_validate(wrong)


def test_a_patch_is_closed_and_frozen() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Patch.model_validate({"operations": [], "note": "x"})
    with pytest.raises(ValidationError):
        Operation.model_validate({"op": "explode", "field": "mood"})
    with pytest.raises(ValidationError, match="frozen"):
        Protected().field = "mood"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("scope", "shots"),
    [
        ("film", "12345678"),
        ("opening", "123"),
        ("ending", "678"),
        ("act:1", "123"),
        ("act:2", "45"),
        ("half:2", "5678"),
        ("scene:scene-2", "45"),
        ("shot:shot-4", "4"),
        ("shots:shot-2..shot-5", "2345"),
        ("entity:fox", "345678"),
        ("scene:scene-1/entity:fox", "3"),
        ("shot:nowhere", ""),
        ("entity:nobody", ""),
    ],
)
def test_a_scope_names_shots_in_film_order(scope: str, shots: str) -> None:
    found = shots_matching(film("ghost"), Scope.model_validate(scope))
    assert [shot.id for _, shot in found] == [f"shot-{n}" for n in shots]
