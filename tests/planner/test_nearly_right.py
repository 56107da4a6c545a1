"""Storyboards that are nearly right: read as they are meant and remarked, or refused with every place and its cure."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.read.formats.storyboard import StoryboardError, dumps, load, loads
from planner.story.story import Story

CASES = Path(__file__).parents[3] / "shared" / "cases"
YAML = """\
id: lamp
title: The Lamp
cast: [{id: fox, name: Fox, kind: fox}]
locations: [{id: here, name: Here, kind: forest}]
scenes:
  - id: one
    location: here
    shots:
      - {id: s1, duration: 2.0, staging: [{entity: fox, x: 0.5}]}
"""
LAMP = loads(YAML)
JSON = json.dumps(LAMP.model_dump(mode="json", exclude_defaults=True), indent=2)


def read(path: Path, data: str | bytes) -> tuple[Story, list[str]]:
    """The story of a file with so much in it, and what is remarked."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    remarks: list[str] = []
    return load(path, remark=remarks.append), remarks


def refusal(path: Path, data: str | bytes) -> str:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(StoryboardError) as caught:
        load(path)
    line = str(caught.value)
    assert line.startswith(f"{path.name}: ") and "\n" not in line
    return line


@pytest.mark.parametrize(
    ("name", "data", "remark"),
    [
        ("a.json", b"\xef\xbb\xbf" + JSON.encode(), "byte order mark"),
        ("a.json", JSON.replace('"id"', '// x\n"id"', 1), "line 2, column 3: comments"),
        ("a.json", JSON.replace("{", "{ /* x */ ", 1), "comments are passed over"),
        ("a.json", JSON.replace("\n}", ",\n}"), "a comma after the last value"),
        ("a.json", JSON.replace('"title": "The Lamp"', "“title”: “The Lamp”"), "typographic quotes"),
        ("a.json", JSON.replace('"', "'"), "single quotes"),
        ("a.json", JSON.replace('"title"', "title"), "a key without quotes"),
        ("a.json", JSON.replace("2.0", "+2."), "a number such as +2. is read as 2"),
        ("a.json", f'{{"storyboard": {JSON}}}', "the storyboard under 'storyboard' is read"),
        ("a.json", f'{{"story": {JSON}, "lowering": {{}}}}', "lowering beside it is passed over"),
        ("a.json", f"[{JSON}]", "a list of one storyboard"),
        ("a.json", f"```json\n{JSON}\n```", "the code fence"),
        ("a.yaml", f"Here it is:\n\n```yaml\n{YAML}```\nEnjoy!", "the code fence"),
        ("a.json", YAML, "it is YAML, though it is called .json"),
        ("a.yaml", JSON.replace("{", "{ // x\n", 1), "it is JSON, though it is called .yaml"),
        ("a.yaml", YAML.encode("utf-16"), "it is UTF-16"),
        ("a.yaml", YAML.replace("title: The Lamp", "title: “The Lamp”"), "line 2, column 8: typographic quotes"),
    ],
)
def test_what_has_one_meaning_is_read_and_remarked(tmp_path: Path, name: str, data: str | bytes, remark: str) -> None:
    story, remarks = read(tmp_path / name, data)
    assert story == LAMP
    assert any(line.startswith(f"{name}: ") and remark in line for line in remarks), remarks


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_what_is_right_is_not_remarked(tmp_path: Path, name: str) -> None:
    assert read(tmp_path / name, JSON) == (LAMP, [])
    assert read(tmp_path / "b.yaml", YAML) == (LAMP, [])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("The Lamp", "Night: The Return", "line 2, column 13: a text that holds a colon and a space: put it in quotes"),
        ("The Lamp", "no", "line 2, column 1: title: no is read as false: put it in quotes"),
        ("The Lamp", "1984", "title: 1984 is read as a number: put it in quotes"),
        ("The Lamp", "2026-01-01", "title: 2026-01-01 is read as a date: put it in quotes"),
        ("The Lamp", "~", "~ is read as nothing: leave the line out, or put it in quotes"),
        ("The Lamp", "Night #2", "'#2' is read as a comment: put the whole text in quotes"),
        ("The Lamp", "@Night", "a text cannot begin with @: put it in quotes"),
        ("The Lamp", '"C:\\Users"', "line 2, column 11: in double quotes a backslash begins an escape"),
        ("The Lamp", "!x y", "tags ('!x') are not allowed"),
        ("The Lamp", "&x y", "anchors and aliases (&name, *name) are not allowed"),
        ("The Lamp", '"Stop" she says', "the text goes on after its closing quote"),
        ("The Lamp", '"Stop', "line 2, column 8: the quote that opens here is not closed"),
        ("title: The", "\ttitle: The", "line 2, column 1: is indented with a tab"),
        ("title: The", "title:The", "a space is missing after the colon"),
        ("- id: one", "-id: one", "line 6, column 3: a space is missing after the -"),
        ("title: The Lamp", "titel: The Lamp", "line 2, column 1: titel: unknown field; did you mean 'title'?"),
        ("kind: fox}", "kind: fox, color: red}", "cast[0].color: unknown field; did you mean 'colour'?"),
        ("duration: 2.0", "duration: 1:30", "1:30 is read as minutes and seconds: write 90"),
        ("duration: 2.0", "duration: 2 min", "must be a number, not '2 min': write 120"),
        ("duration: 2.0", "duration: true", "must be a number, not true"),
        ("duration: 2.0", "duration: 2,5", "a number has a decimal point, not a comma"),
        ("duration: 2.0", "duration: 2.0, size: closeup", "not 'closeup'; did you mean 'close'?"),
        ("id: s1", "id: Shot 1", "not 'Shot 1'; write shot-1"),
        ("entity: fox", "entity: foxx", "shot 's1' stages unknown 'foxx'; did you mean 'fox'?"),
        ("[{id: fox, name: Fox, kind: fox}]", "{id: fox}", "cast: must be a list, not a mapping"),
        ("[{id: fox, name: Fox, kind: fox}]", "[fox]", "cast[0]: must be a mapping, not 'fox'"),
        (
            "here\n    shots",
            "here\n    location: here\n    shots",
            "the key 'location' is given twice, first in line 7",
        ),
        (YAML, f"{YAML}---\n{YAML}", "a second document begins here"),
        (YAML, "", "it is empty"),
        (YAML, "INT. MILL - DAY\n\nA fox runs.\n", "is a screenplay, no storyboard"),
    ],
)
def test_yaml_with_several_meanings_is_refused_with_its_cure(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in refusal(tmp_path / "a.yaml", YAML.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"The Lamp",', '"The Lamp"', "line 3, column 22: a comma is missing here"),
        ('"The Lamp"', '"The "Lamp""', 'a " inside the text lacks a backslash'),
        ('"The Lamp"', '"The Lamp”', "line 3, column 12: the line ends inside the text that opens here"),
        ('"The Lamp"', "The Lamp", 'a text needs double quotes: "The Lamp"'),
        ('"The Lamp"', '"C:\\Users"', "is no escape: write a path with /"),
        ('"The Lamp"', '"\\ud83d"', "half of a character"),
        ("2.0", "NaN", "NaN is no number"),
        ("2.0", "02", "02 is no number that JSON knows"),
        ('"title"', '"id": "b", "title"', "the key 'id' is given twice, first in line 2"),
        (JSON, JSON[:-20], "is closed: it was cut off"),
        (JSON, f"{JSON}\n{JSON}", "something follows after the end"),
        (JSON, JSON.replace("}", "]"), "] closes the {"),
        (JSON, f"[{JSON}, {JSON}]", "a list of 2, and a file holds one storyboard"),
        (JSON, f"{JSON[:-1]} /* }}", "the comment that opens here is not closed"),
    ],
)
def test_json_with_several_meanings_is_refused_with_its_cure(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in refusal(tmp_path / "a.json", JSON.replace(old, new, 1))


def test_all_faults_are_listed_up_to_ten(tmp_path: Path) -> None:
    line = refusal(tmp_path / "a.yaml", YAML.replace("Lamp", "Lamp: One").replace("kind: fox", "kind: x: y"))
    assert "2 faults: line 2, column 16 and line 3, column 36: a text that holds a colon" in line
    unknown = "".join(f"k{i}: 1\n" for i in range(30))
    line = refusal(tmp_path / "a.yaml", YAML + unknown)
    assert "30 faults: " in line and "k9: unknown" in line and "k10" not in line and line.endswith("; and 20 more")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"cast": [{"id": "a", "name": "A", "kind": "fox"}] * 2}, "two of kind character, prop have the id 'a'"),
        ({"locations": [{"id": "here", "name": "H", "kind": "mill"}] * 2}, "two of kind location have the id 'here'"),
        (
            {
                "cast": [
                    {"id": "fox", "name": "F", "kind": "fox", "wardrobe": [{"from_shot": "s1"}, {"from_shot": "s1"}]}
                ]
            },
            "wardrobe of 'fox' has two states that begin at the shot 's1'",
        ),
        (
            {"cast": [{"id": "fox", "name": "F", "kind": "fox", "wardrobe": [{}, {}]}]},
            "wardrobe of 'fox' has two states that begin with the film",
        ),
        (
            {"cast": [{"id": "fox", "name": "F", "kind": "fox", "wardrobe": [{"from_shot": "s9"}]}]},
            "starts at unknown shot 's9'; there are: s1",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, object], told: str) -> None:
    with pytest.raises(StoryboardError) as caught:
        loads(json.dumps(LAMP.model_dump(mode="json", exclude_defaults=True) | changed), "json")
    assert told in str(caught.value) and ": line 1, column " in str(caught.value)


def test_what_is_hardly_meant_is_said_and_filmed(tmp_path: Path) -> None:
    fox = "{id: fox, name: Rosa, kind: fox, wardrobe: [{garments: []}, {from_shot: s1}]}"
    fox += ", {id: owl, name: rosa, kind: owl}"
    doubtful = YAML.replace("{id: fox, name: Fox, kind: fox}", fox).replace("title", "target_duration: 9\ntitle", 1)
    story, remarks = read(tmp_path / "a.yaml", doubtful.replace("x: 0.5}", "x: 0.5}, {entity: fox}"))
    assert len(story.cast) == 2
    for told in ("'owl' is called 'rosa' like 'fox'", "is never seen", "the shots last 2 s together", "2 times"):
        assert any(told in line for line in remarks), told


def test_pictures_are_named_with_what_is_wrong_with_each(tmp_path: Path) -> None:
    def keep(data: bytes) -> str:
        raise StoryboardError("the picture is not a PNG, JPEG or WebP picture")

    (tmp_path / "fox.bmp").write_bytes(b"BM")
    images = ("fox.bmp", "fix.bmp", "'C:\\me\\fox.png'", '"a\\nb.png"', "https://example.com/a.png")
    references = "".join(f"{{image: {image}}}, " for image in images)
    (tmp_path / "a.yaml").write_text(YAML.replace("kind: fox}", f"kind: fox, references: [{references}]}}"))
    with pytest.raises(StoryboardError) as caught:
        load(tmp_path / "a.yaml", keep)
    for i, told in enumerate(
        (
            "'fox.bmp' the picture is not a PNG, JPEG or WebP picture",
            "'fix.bmp' cannot be read: no such file; did you mean fox.bmp?",
            "lies outside the storyboard's folder: put the picture beside it, and write fox.png",
            "holds a control character",
            "is an address",
        )
    ):
        assert told in str(caught.value) and f"cast[0].references[{i}].image: " in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="a backslash is a separator there")
def test_backslashes_between_folders_are_read_and_said(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "fox.png").write_bytes(b"fox")
    told = YAML.replace("kind: fox}", "kind: fox, references: [{image: 'pictures\\fox.png'}]}")
    _, remarks = read(tmp_path / "a.yaml", told)
    assert any("the backslashes of a path are read as /" in line for line in remarks)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (YAML.encode("utf-16-le"), "UTF-16 without a byte order mark; save it as UTF-8"),
        (YAML.encode("utf-32"), "UTF-32; save it as UTF-8"),
        ("title: 곰".encode("euc-kr"), "not UTF-8 at byte 7 (line 1)"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PK\x03\x04", "office document"),
    ],
)
def test_other_encodings_and_kinds_of_file_are_refused_by_name(tmp_path: Path, data: bytes, told: str) -> None:
    assert told in refusal(tmp_path / "a.yaml", data)


def test_what_is_no_plain_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, kind in ((tmp_path / "pipe.yaml", "a pipe"), (tmp_path, "a folder"), (Path(os.devnull), "a device")):
        with pytest.raises(StoryboardError, match=f"cannot be read: it is {kind}, no plain file"):
            load(path)
    (tmp_path / "a.yaml").write_text(YAML.replace("kind: fox}", "kind: fox, references: [{image: pipe.yaml}]}"))
    with pytest.raises(StoryboardError, match="it is a pipe"):
        load(tmp_path / "a.yaml")


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "story.yaml").touch()
    with pytest.raises(StoryboardError, match=r"no such file; did you mean story.yaml\?"):
        load(tmp_path / "stroy.yaml")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", "{" + ",".join(f'"k{i}":1' for i in range(20_000)) + "}", "20003 faults"),
        ("a.json", "[" + "1," * 200_000, "more than 100000 values"),
        ("a.yaml", "[" + "1," * 200_000, "more than 100000 values"),
        ("a.yaml", "title: " + "1:59:" * 200_000 + "59", "is read as minutes and seconds"),
        ("a.yaml", "- " * 50_000, "nested more than 32 deep"),
        ("a.yaml", "a: b: c\n" * 20_000, "a text that holds a colon"),
        ("a.json", "['" + "a " * 100_000, "is not closed"),
    ],
)
def test_what_is_made_to_take_long_is_refused(tmp_path: Path, name: str, text: str, told: str) -> None:
    assert told in refusal(tmp_path / name, text)


STORYMEM = {
    "story_name": "The Lamps",
    "story_overview": "A robot lights lamps.",
    "scenes": [
        {
            "scene_num": 1,
            "video_prompts": [
                "Wide shot of a snowy village street at night. A tall robot with a red scarf walks to a lamp.",
                "Medium shot. The robot looks up at a small brown owl. Camera slowly pushes in.",
            ],
            "cut": ["True", "False"],
        },
        {"scene_num": 2, "video_prompts": ["Wide shot at dawn, the robot and the owl sit on a roof."], "cut": [True]},
    ],
}


class TestStoryMem:
    def test_each_prompt_is_a_shot_with_its_cast_place_and_light(self, tmp_path: Path) -> None:
        story, remarks = read(tmp_path / "lamps.json", json.dumps(STORYMEM))
        first, second, third = [shot for _, shot in story.shots]
        prompts = [prompt for scene in STORYMEM["scenes"] for prompt in scene["video_prompts"]]  # type: ignore[index]
        assert [shot.description for _, shot in story.shots] == prompts
        assert story.title == "The Lamps" and story.logline == STORYMEM["story_overview"]
        assert {c.kind: c.colour for c in story.cast}["owl"] == "brown"
        robot = next(c for c in story.cast if c.kind == "robot")
        assert [g.item for g in robot.wardrobe[0].garments] == ["scarf"]
        assert [(shot.size, len(shot.staging)) for _, shot in story.shots] == [("wide", 1), ("medium", 2), ("wide", 2)]
        assert [scene.time for scene, _ in story.shots] == ["night", "night", "dawn"]
        assert (second.continues, second.transition, third.continues) == (first.id, "continue", None)
        assert second.staging[0].x == first.staging[0].to_x
        assert any("StoryMem" in line for line in remarks) and loads(dumps(story)) == story

    def test_who_is_called_like_another_is_staged_by_id(self, tmp_path: Path) -> None:
        prompts = ["A brown owl waves to another owl.", "Wren burns a letter; the two owls watch Wren."]
        story, _ = read(tmp_path / "a.json", json.dumps({"scenes": [{"video_prompts": prompts}]}))
        assert {s.entity for _, shot in story.shots for s in shot.staging} <= {c.id for c in story.cast}

    @pytest.mark.parametrize(
        ("scene", "told"),
        [
            ({"video_prompts": ["A fox."], "cut": [True, False]}, "scenes[0].cut: has 2 entries for 1 video_prompts"),
            ({"video_prompts": [3]}, "scenes[0].video_prompts[0]: "),
            ({"video_prompts": []}, "there is no shot to film"),
            ({"video_prompts": ["A fox."], "cut": ["perhaps"]}, "scenes[0].cut[0]: "),
        ],
    )
    def test_what_is_none_is_refused_with_its_place(self, tmp_path: Path, scene: dict[str, object], told: str) -> None:
        assert told in refusal(tmp_path / "a.json", json.dumps({"scenes": [scene]}))

    def test_what_is_not_read_is_said(self, tmp_path: Path) -> None:
        _, remarks = read(tmp_path / "a.json", json.dumps(STORYMEM | {"entity_schedule": {}}))
        assert any("entity_schedule is not read" in line for line in remarks)


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("20_wardrobe.yaml", "two states that begin at the shot 'third'"),
        ("22_storymem.json", ""),
        ("23_bom.json", ""),
        ("23_comments.json", ""),
        ("23_smart_quotes.json", ""),
        ("23_trailing_commas.json", ""),
        ("23_wrapped.json", ""),
        ("23_yaml_called.json", ""),
        ("24_colon_in_text.yaml", "2 faults: line 2, column 13 and line 9, column 54"),
        ("24_norway.yaml", "15 faults"),
        ("24_tabs.yaml", "line 4, column 1: is indented with a tab"),
        ("24_windows_paths.yaml", "in single quotes"),
        ("reference_unnamed_error.yaml", "cast[0].references[0].image: 'bmp_reference.bmp'"),
    ],
)
def test_the_shared_cases(name: str, told: str) -> None:
    remarks: list[str] = []
    if told:
        with pytest.raises(StoryboardError) as caught:
            load(CASES / name)
        assert told in str(caught.value)
    else:
        load(CASES / name, remark=remarks.append)
        assert remarks


_PIECES = st.sampled_from(
    [
        *"{}[]:,#\"'\n\t -|>&*!%@`\\?~“”‘’\x00\x1b\x85\u2028\ufeff",
        "null",
        "1:30",
        "---",
        "```",
        "/*",
        "//",
        "\\u12",
        ": ",
        " #",
    ]
)


@given(
    st.sampled_from([YAML, JSON]), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 9), _PIECES), max_size=6)
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_is_read_or_refused_in_one_line(text: str, changes: list[tuple[int, int, str]]) -> None:
    for at, gone, piece in changes:
        at %= len(text) + 1
        text = text[:at] + piece + text[at + gone :]
    for syntax in ("yaml", "json"):
        try:
            story = loads(text, syntax)  # type: ignore[arg-type]
            assert loads(dumps(story)) == story
        except StoryboardError as error:
            assert "\n" not in str(error)


@given(data=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_whatever_bytes_a_file_holds_are_refused_in_one_line(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    refusal(tmp_path_factory.getbasetemp() / "bytes.yaml", data)
