"""Final Draft screenplays: the passages that Fountain gives, and nothing but plain XML."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.read.formats import script
from planner.read.formats.script import Passage, ScriptError, ScriptSpeech


def final_draft(*paragraphs: tuple[str, str], head: str = "") -> str:
    told = "".join(f'<Paragraph Type="{kind}"><Text>{escape(text)}</Text></Paragraph>' for kind, text in paragraphs)
    content = f'<FinalDraft DocumentType="Script"><Content>{told}</Content></FinalDraft>'
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n{head}{content}'


def read(folder: Path, text: str | bytes, name: str = "film.fdx") -> tuple[str, list[str]]:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    remarks: list[str] = []
    return script.load(folder / name, remarks.append), remarks


FILM = (
    ("Scene Heading", "EXT. BEACH - DAY"),
    ("Action", "A bear dances."),
    ("Character", "BEAR (CONT'D)"),
    ("Parenthetical", "(out of breath)"),
    ("Dialogue", "Again!"),
    ("Dialogue", "And again."),
    ("Transition", "CUT TO:"),
    ("Scene Heading", "Old Mill - night"),
    ("Action", "INT. is what the sign says."),
    ("Action", "BOOM"),
    ("Character", "Vera"),
    ("Dialogue", "Tom & Jerry < all."),
)
TOLD = [
    Passage("EXT. BEACH - DAY", ("A bear dances.", ScriptSpeech("Bear", "Again!\nAnd again.", "BEAR"))),
    Passage(
        ".Old Mill - night", ("INT. is what the sign says.", "boom", ScriptSpeech("Vera", "Tom & Jerry < all.", "Vera"))
    ),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_it_gives_the_passages_that_fountain_gives(tmp_path: Path, encoding: str) -> None:
    text, _ = read(tmp_path, final_draft(*FILM).encode(encoding))
    assert script.is_screenplay(text)
    found = script.passages(text)
    assert [p.heading for p in found] == [p.heading for p in TOLD]
    assert [part for p in found for part in p.told if isinstance(part, ScriptSpeech)] == [
        part for p in TOLD for part in p.told if isinstance(part, ScriptSpeech)
    ]
    assert [str(part).lower() for p in found for part in p.told if isinstance(part, str)] == [
        str(part).lower() for p in TOLD for part in p.told if isinstance(part, str)
    ]


def test_styles_notes_and_two_who_speak_at_once(tmp_path: Path) -> None:
    told = """<FinalDraft><Content>
      <Paragraph Type="Scene Heading"><Text>INT. MILL - DAY</Text>
        <SceneProperties><Paragraph><Text>no</Text></Paragraph></SceneProperties></Paragraph>
      <Paragraph Type="Action"><Text>A fox </Text><Text Style="Bold">dances</Text><Text>.</Text>
        <ScriptNote><Paragraph><Text>is it?</Text></Paragraph></ScriptNote></Paragraph>
      <Paragraph><DualDialogue>
        <Paragraph Type="Character"><Text>FOX</Text></Paragraph><Paragraph Type="Dialogue"><Text>Hey.</Text></Paragraph>
        <Paragraph Type="Character"><Text>BEAR</Text></Paragraph><Paragraph Type="Dialogue"><Text>Ho.</Text></Paragraph>
      </DualDialogue></Paragraph></Content>
      <TitlePage><Content><Paragraph><Text>A TITLE</Text></Paragraph></Content></TitlePage></FinalDraft>"""
    text, remarks = read(tmp_path, told)
    assert script.passages(text) == [
        Passage(
            "INT. MILL - DAY",
            ("A fox dances.", ScriptSpeech("Fox", "Hey.", "FOX"), ScriptSpeech("Bear", "Ho.", "BEAR")),
        )
    ]
    assert remarks == []


def test_what_is_not_read_as_typed_is_said(tmp_path: Path) -> None:
    text, remarks = read(tmp_path, final_draft(("Scene Heading", "INT. MILL - DAY"), ("Cast List", "Fox, bear.")))
    assert "Fox, bear." in text
    assert remarks == ["film.fdx: 1 of its paragraphs are of the type 'Cast List', and read as action"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (final_draft(("Action", "a"), head='<!DOCTYPE a [<!ENTITY b "bb">]>'), "holds a document type"),
        (final_draft(("Action", "a"), head='<!DOCTYPE a SYSTEM "file:///etc/passwd">'), "holds a document type"),
        (final_draft(("Action", "A fox."))[:-30], "broken XML at line 2, column"),
        (final_draft(("Action", "A fox.")).replace("fox", "&fox;"), "undefined entity"),
        ("<FinalDraft>" + "<a>" * 100_000, "nested more than 64 deep"),
        (final_draft(), "without a paragraph of text"),
        ("<html>FinalDraft</html>", "it holds no <FinalDraft>"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_what_is_none_is_refused_in_one_line(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(ScriptError) as caught:
        read(tmp_path, text)
    line = str(caught.value)
    assert line.startswith("film.fdx: ") and told in line and "\n" not in line


def test_a_storyboard_is_no_story(tmp_path: Path) -> None:
    for text in ('{"title": "A", "scenes": []}', "title: A\nscenes:\n  - id: a\n"):
        with pytest.raises(ScriptError, match=r"`omnireel render a.txt` films it"):
            read(tmp_path, text, "a.txt")


_KINDS = ["Scene Heading", "Action", "Character", "Parenthetical", "Dialogue", "Transition", "General", "Shot", "X"]
_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30)


@given(st.lists(st.tuples(st.sampled_from(_KINDS), _TEXT), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_every_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, paragraphs: list[tuple[str, str]]
) -> None:
    try:
        text, _ = read(tmp_path_factory.getbasetemp(), final_draft(*paragraphs))
        script.passages(text)
    except ScriptError as error:
        assert "\n" not in str(error)
