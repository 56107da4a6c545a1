"""What is said in a story reaches its shots letter by letter, and whoever says it as the script spells it."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.direct.plan import plan
from planner.edit import apply, read
from planner.language.speech import BREATH, breaths
from planner.read.formats import fountain, script
from planner.story.story import Line, Story
from tests.planner.stories import MINI
from tests.planner.stories import story as told

ASCII = "".join(map(chr, range(33, 127)))
CASES = Path(__file__).parents[3] / "shared" / "cases"
SPOKEN = (
    'Wait... what?! No--no; it\'s "fine" (really), {ok}?',
    "<b>50% off</b> &amp; 3\\4 of it --> C:\\new\\table.",
    ".44 is not a scene heading here.",
    "INT. is not one either, in the middle.",
    "#hash, @at, snake_case_name, 5*3*2, 5 * 3 = 15, [x](y), ~~z~~, `d`.",
    "„German“ «French» 「日本」 안녕, 하늘! Привет. مرحبا بالعالم 👨‍👩‍👧 \U0001fa77",
    "On page 3.14 of 1,000.00 he saw it all, and it was more than one shot could hold, or so.",
    "word " * 60 + "end.",
)
#: Letters that a text may hold: no controls, nothing that is half a letter.
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
SPEECHES = st.text(st.one_of(st.sampled_from("*_\\[](~).!? a/<>{}@\"'"), LETTERS), min_size=1, max_size=60)


def lines(text: str) -> list[Line]:
    return [line for _, shot in plan(text, llm=None, capabilities=MINI).story.shots for line in shot.dialogue]


def words(text: str) -> list[str]:
    return text.split()


def in_a_screenplay(*said: str, cue: str = "ROBOT") -> str:
    return f"INT. STUDIO - NIGHT\n\nA robot reads.\n\n{cue}\n" + "\n".join(said) + "\n"


@pytest.mark.parametrize("said", [*SPOKEN, f"x{ASCII}x".replace("*", r"\*").replace("_", r"\_")])
def test_a_screenplay_keeps_every_letter(said: str) -> None:
    found = lines(in_a_screenplay(said))
    assert words(" ".join(line.text for line in found)) == words(said.replace(r"\*", "*").replace(r"\_", "_"))
    assert {line.cue for line in found} == {"ROBOT"}


@pytest.mark.parametrize("said", SPOKEN)
def test_final_draft_keeps_every_letter(tmp_path: Path, said: str) -> None:
    kinds = (("Scene Heading", "INT. ROOM - DAY"), ("Action", "A cat sits."), ("Character", "CAT"), ("Dialogue", said))
    body = "".join(f'<Paragraph Type="{kind}"><Text>{escape(text)}</Text></Paragraph>' for kind, text in kinds)
    (tmp_path / "film.fdx").write_text(f"<FinalDraft><Content>{body}</Content></FinalDraft>", "utf-8")
    found = lines(script.load(tmp_path / "film.fdx"))
    assert words(" ".join(line.text for line in found)) == words(said)
    assert {line.cue for line in found} == {"CAT"}


@pytest.mark.parametrize("said", [s for s in SPOKEN if '"' not in s])
def test_a_quotation_in_prose_keeps_every_letter(said: str) -> None:
    found = lines(f'A fox says "{said}" and waves.')
    assert words(" ".join(line.text for line in found)) == words(said)
    assert {(line.speaker, line.cue) for line in found} == {("fox", "")}


def test_two_who_speak_one_after_the_other_say_their_own() -> None:
    found = lines('Rua, a fox, says "You first." Vesna, a fox, says "No, you."')
    assert [(line.speaker, line.text) for line in found] == [("rua", "You first."), ("vesna", "No, you.")]


@pytest.mark.parametrize(
    ("cue", "spelled", "name"),
    [
        ("R2K9", "R2K9", "R2K9"),
        ("ИВАН", "ИВАН", "Иван"),
        ("김하늘", "김하늘", "김하늘"),
        ("@McArdle (O.S.)", "McArdle", "McArdle"),
        ("JULIAN (on the radio)", "JULIAN", "Julian"),
        ("WILL LONG", "WILL LONG", "Will Long"),
        ("X", "X", "X"),
    ],
)
def test_a_cue_is_kept_as_it_is_spelled(cue: str, spelled: str, name: str) -> None:
    (passage,) = script.passages(f"INT. ROOM - DAY\n\n{cue}\nYes.\n")
    assert passage.told == (script.Speech(name, "Yes.", spelled),)
    assert [(line.text, line.cue) for line in lines(f"INT. ROOM - DAY\n\n{cue}\nYes.\n")] == [("Yes.", spelled)]


@pytest.mark.parametrize("first", ["23", "A fox waits", "!BOOM", "비가 온다.", "그는 오래 걸어서 왔다"])
def test_what_is_no_cue_speaks_not(first: str) -> None:
    (passage,) = script.passages(f"INT. ROOM - DAY\n\n{first}\nand waits.\n")
    assert not [part for part in passage.told if isinstance(part, script.Speech)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("*italics* **bold** ***both*** _line_", "italics bold both line"),
        ("_**deep**_ and *a **b** c*", "deep and a b c"),
        (r"the keypad: **\*9765\***", "the keypad: *9765*"),
        ("He dialed *69 and then *23, and then hung up.", "He dialed *69 and then *23, and then hung up."),
        (r"C:\new 3\4 snake_case 5*3*2 _Under_line", r"C:\new 3\4 snake_case 5*3*2 _Under_line"),
    ],
)
def test_emphasis_is_what_fountain_says(typed: str, meant: str) -> None:
    assert fountain.letters(typed) == meant


@given(SPEECHES)
@example("*star* [[no note]] /* no comment */ \\* [\\[ _u_")
@example("~(")
@example("(said, though in parentheses)")
@settings(max_examples=300, deadline=None)
def test_what_is_escaped_is_read_back(said: str) -> None:
    line = " ".join(said.split())
    if line:
        (passage,) = script.passages(in_a_screenplay(fountain.escape_speech(line)).replace("A robot reads.\n\n", ""))
        assert [part.text for part in passage.told if isinstance(part, script.Speech)] == [line]


@given(st.text(st.one_of(st.sampled_from(".!? aA\n"), LETTERS), max_size=300))
@settings(max_examples=200, deadline=None)
def test_breaths_lose_nothing_but_space(said: str) -> None:
    pieces = breaths(said)
    assert [w for piece in pieces for w in words(piece)] == words(said)
    assert all(piece == piece.strip() != "" for piece in pieces)


def test_breaths_part_between_sentences_and_nowhere_else() -> None:
    long = "One two three four five six seven eight nine ten eleven twelve."
    assert len(words(long)) < BREATH < 2 * len(words(long))
    assert breaths(f"{long} See 3.14 of it, i.e. all. {long}") == [long, "See 3.14 of it, i.e. all.", long]


def test_lines_break_where_they_broke() -> None:
    assert [line.text for line in lines(in_a_screenplay("The", "line", "breaks.", "(beat)", "~Lyric!"))] == [
        "The\nline\nbreaks.\nLyric!"
    ]


def test_a_handle_that_is_only_said_asks_for_no_picture() -> None:
    planned = plan(in_a_screenplay("Ask @tom."), llm=None, capabilities=MINI)
    assert planned.notes == () and [line.text for _, s in planned.story.shots for line in s.dialogue] == ["Ask @tom."]
    asks = plan('@tom says "Ask @ann, now."', llm=None, capabilities=MINI)
    assert [note.split()[0] for note in asks.notes if "picture" in note] == ["@tom"]


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of given cases is not here")
def test_every_speech_of_a_screenplay_is_said() -> None:
    found = lines((CASES / "03_cues.fountain").read_text("utf-8"))
    assert [line.cue for line in found] == [
        "R2K9", "C-7PX", "GUARD #1", "GUARD #2", "JULIAN", "JULIAN", "ANNA'S BROTHER", "TOM / THE MASK", "McArdle", "X",
    ]  # fmt: skip


def cued() -> Story:
    return told({"staging": [{"entity": "wolf"}], "dialogue": [{"speaker": "wolf", "text": "Ow.", "cue": "RUA"}]})


def test_a_new_line_is_spelled_like_the_old_ones() -> None:
    added = apply(cued(), read('in shot 1 the wolf says "Wait... what?"', cued()), MINI).story
    assert [(line.text, line.cue) for line in added.shots[0][1].dialogue] == [("Ow.", "RUA"), ("Wait... what?", "RUA")]


def test_a_new_name_is_the_one_that_is_shown() -> None:
    renamed = apply(cued(), read('rename Rua to "Max"', cued()), MINI).story
    assert renamed.cast[1].name == "Max" and [line.cue for line in renamed.shots[0][1].dialogue] == [""]


def test_a_line_without_a_cue_is_read() -> None:
    assert Line.model_validate({"speaker": "fox", "text": "Hi."}).cue == ""
