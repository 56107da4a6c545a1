"""Storyboard files: exact round trips, one clear line for everything that is no storyboard."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.check.lint import lint
from planner.read.formats.storyboard import MAX_BYTES, StoryboardError, dumps, json_schema, load, loads
from planner.story.story import Story
from tests.planner.stories import EXAMPLES, MINI, VIMAX, story

EXAMPLE_FILES = sorted([*EXAMPLES.glob("*.yaml"), *EXAMPLES.glob("*.json")])
GOOD = """
id: a
title: A
locations: [{id: here, name: Here, kind: forest}]
scenes: [{id: one, location: here, shots: [{id: s1, duration: 2.0}, {id: s2, duration: 1.0}]}]
"""

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = words.filter(lambda w: w.strip() != "")
units = st.floats(0, 1)
stagings = st.fixed_dictionaries(
    {"entity": st.sampled_from(["ghost", "hat"]), "x": units, "y": units, "action": words},
    optional={"to_x": units, "to_y": units},
)
shots = st.fixed_dictionaries(
    {
        "duration": st.floats(0.01, 600),
        "description": words,
        "size": st.sampled_from(["wide", "medium", "close"]),
        "camera": words,
        "staging": st.lists(stagings, max_size=3),
        "dialogue": st.lists(st.fixed_dictionaries({"speaker": st.just("ghost"), "text": words}), max_size=2),
        "lock": st.booleans(),
    }
)


@given(st.lists(shots, max_size=3), names, st.integers(0, 2**63 - 1))
@settings(max_examples=60, deadline=None)
def test_round_trips_are_exact(told: list[dict[str, Any]], title: str, seed: int) -> None:
    before = story(*told, title=title, seed=seed)
    assert loads(dumps(before, "yaml"), "yaml") == before
    assert loads(dumps(before, "json"), "json") == before


@pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda p: p.name)
def test_examples_are_clean_and_survive_both_syntaxes(path: Path) -> None:
    told = load(path)
    assert lint(told, MINI) == ()
    assert loads(dumps(told, "json"), "json") == loads(dumps(told, "yaml")) == told


def test_there_are_examples_of_both_syntaxes() -> None:
    assert {path.suffix for path in EXAMPLE_FILES} == {".yaml", ".json"} and len(EXAMPLE_FILES) >= 3


def test_the_schema_describes_the_examples() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    for path in EXAMPLE_FILES:
        data = load(path).model_dump(mode="json", exclude_defaults=True)
        assert set(data) <= set(schema["properties"]) and set(schema["required"]) <= set(data)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("duration: 2.0", "duration: -2", "scenes[0].shots[0].duration: must be greater than 0"),
        ("duration: 2.0", "duration: .nan", "scenes[0].shots[0].duration: must be a finite number"),
        ("duration: 2.0", "duration: .inf", "scenes[0].shots[0].duration: must be"),
        ("duration: 2.0", "length: 2", "scenes[0].shots[0].duration: is missing"),
        ("title: A", "title: A\ncolor: red", "color: unknown field"),
        ("id: s2", "id: s1", "two of kind shot have the id 's1'"),
        ("location: here", "location: there", "unknown location 'there'"),
        ("title: A", "title: A\ntitle: B", "line 4, column 1: the key 'title' is given twice"),
        ("id: a\n", "id: &a a\nlogline: *a\n", "aliases"),
        ("id: a\n", "id: [\n", "line"),
        ("id: a\n", "id: !!python/object/apply:os.system [ls]\n", "line 2"),
        ("id: a\n", f"id: {'[' * 5000}{']' * 5000}\n", "nested more than 32 deep"),
        (GOOD, "[1, 2]", "top level"),
        (GOOD, "", "it is empty"),
    ],
)
def test_what_is_no_storyboard_is_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert_refused(tmp_path / "film.yaml", GOOD.replace(old, new, 1).encode(), message)


@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize(
    "opened, closed, message",
    [
        ("[", "]", "nested more than 32 deep"),
        ("{a: ", "}", "nested more than 32 deep"),
        ("- ", "", "nested more than 32 deep"),
        ("? ", "", "a key must be a word"),
    ],
)
@pytest.mark.parametrize("depth", [33, 900, 5000])
def test_deep_nests_are_refused_in_our_words_by_whichever_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parser: str, opened: str, closed: str, message: str, depth: int
) -> None:
    monkeypatch.setattr("planner.read.formats.yaml_reader._Parser", getattr(yaml, parser))
    assert_refused(tmp_path / "film.yaml", (opened * depth + closed * depth).encode(), message)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('"duration": 2.0', '"duration": NaN', "NaN"),
        ('"duration": 2.0', '"duration": 1e999', "scenes[0].shots[0].duration: must be a finite number"),
        ('"id": "a"', '"id": "a", "id": "b"', "the key 'id' is given twice"),
        ('"id": "a"', '"id": "a" "b"', "line 1, column"),
        ('"id": "a"', f'"id": {"[" * 100_000}', "nested more than 32 deep"),
        ('"id": "a"', f'"id": {"[" * 50}{"]" * 50}', "nested more than 32 deep"),
        ('"id": "a"', f'"id": {"9" * 5000}', "digits"),
    ],
)
def test_the_same_holds_for_json(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = json.dumps(loads(GOOD).model_dump(mode="json", exclude_defaults=True))
    assert_refused(tmp_path / "film.json", text.replace(old, new, 1).encode(), message)


@pytest.mark.parametrize(
    "data, message",
    [
        (b"title: \xff\xfe", "not UTF-8 at byte 7"),
        (b"#" * (10 * MAX_BYTES), "larger than 2000000 bytes"),
        (b"title: a\x00b", ""),
        (b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]", "aliases"),
        (
            b'{"story_overview": "x", "scenes": [{"shots": [{"shot_id": 1}]}]}',
            "scenes[0].shots[0].first_frame",
        ),
    ],
)
def test_hostile_bytes_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    assert_refused(tmp_path / "film.yaml", data, message)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(StoryboardError, match="cannot be read"):
            load(path)


def test_pictures_are_kept_and_named_by_digest(tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}

    def keep(data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        kept[digest] = data
        return digest

    (tmp_path / "fox.png").write_bytes(b"picture")
    told = load(with_picture(tmp_path, "fox.png"), keep)
    assert kept[told.cast[0].references[0].image] == b"picture"


@pytest.mark.parametrize("image", ["../secret.png", "/etc/passwd", "link.png", "a\\0b.png", "none.png"])
def test_pictures_come_from_inside_the_folder_only(tmp_path: Path, image: str) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    os.symlink(tmp_path / "secret.png", folder / "link.png")
    with pytest.raises(StoryboardError) as caught:
        load(with_picture(folder, image))
    assert str(caught.value).startswith("film.yaml: line 6, column 61: cast[0].references[0].image: ")


def with_picture(folder: Path, image: str) -> Path:
    path = folder / "film.yaml"
    cast = f'cast: [{{id: fox, name: Fox, kind: fox, references: [{{image: "{image}"}}]}}]\n'
    path.write_text(GOOD + cast, "utf-8")
    return path


def assert_refused(path: Path, data: bytes, message: str) -> None:
    path.write_bytes(data)
    with pytest.raises(StoryboardError) as caught:
        load(path)
    line = str(caught.value)
    assert line.startswith(f"{path.name}: ") and message in line and "\n" not in line and len(line) < 300


@pytest.mark.skipif(not VIMAX.is_dir(), reason="the ViMax benchmark files are not here")
class TestViMax:
    def story(self, name: str) -> Story:
        return load(VIMAX / f"{name}.json")

    def test_all_files_round_trip(self) -> None:
        for path in VIMAX.glob("*.json"):
            told, source = load(path), json.loads(path.read_text("utf-8"))
            assert len(told.shots) == sum(len(scene["shots"]) for scene in source["scenes"])
            assert told.cast and loads(dumps(told)) == told

    def test_nothing_of_the_prose_is_lost(self) -> None:
        source = json.loads((VIMAX / "gardener_four_seasons_typeA.json").read_text("utf-8"))
        told = self.story("gardener_four_seasons_typeA")
        prose = [shot for scene in source["scenes"] for shot in scene["shots"]]
        for (_, shot), was in zip(told.shots, prose, strict=True):
            assert was["first_frame"].strip() in shot.description and was["video_prompt"].strip() in shot.description

    @pytest.mark.parametrize(
        "name, cast",
        [
            ("artist_extreme_weather_typeA", ["painter"]),
            ("gardener_four_seasons_typeA", ["rowan"]),
            ("puzzle_solving_escape_room_typeB", ["jonas", "mira", "priya"]),
            ("board_game_cafe_interior_typeB", ["cardigan-man", "hoodie-man", "teal-sweater-woman"]),
            ("musicians_band_rehearsal_typeC", ["character-a", "character-b", "character-c"]),
            ("investigation_antique_bookshop_typeB", ["assistant", "owner"]),
        ],
    )
    def test_the_cast_is_found(self, name: str, cast: list[str]) -> None:
        assert sorted(c.id for c in self.story(name).cast) == cast

    def test_places_light_and_wardrobe_are_found(self) -> None:
        told = self.story("artist_extreme_weather_typeA")
        assert [p.id for p in told.locations][:2] == [
            "bright-midday-desert-plain",
            "windswept-rocky-coastline",
        ]
        assert {"midday", "late afternoon", "nighttime"} <= {scene.time for scene in told.scenes}
        assert {"storm", "rain", "blizzard"} <= {scene.weather for scene in told.scenes}
        worn = told.cast[0].wardrobe[0].garments
        assert "muted red scarf" in [g.item for g in worn] and told.cast[0].colour == "sage"

    def test_framing_and_time_are_found(self) -> None:
        told = self.story("board_game_cafe_interior_typeB")
        first, _, third, fourth = [shot for _, shot in told.shots][:4]
        assert (first.size, first.camera) == ("wide", "push-in")
        assert (third.size, third.angle, third.duration) == ("close", "low", 6.0)
        assert fourth.angle == "high"
        assert len(first.staging) == 3 and len({s.x for s in first.staging}) == 3
