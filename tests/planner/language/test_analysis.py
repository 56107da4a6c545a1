"""A text read once: sentences, quotations, languages, and what is said in each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.language.analysis import analyse
from planner.language.document import Document, Language, Span
from planner.language.languages import languages
from planner.language.segments import quotes, stretches
from tests.planner.language.notation import faults, sentences

_LETTERS = st.text(alphabet=st.characters(blacklist_categories=()), max_size=60)
_PIECES = """A fox waves.|여우가|웃는다.|“|”|"|'|\n|the|dogs'|，|¿|ｆｏｘ|é|e\u0301|\u1112\u1161\u11ab|🦊|\ud800|1.
    ...|이것|«|»|\u200d|a.m.|Mr.|named|만|없이|전에|whose|not the|but|everyone but|instead of"""
_MIXED = st.lists(st.sampled_from(_PIECES.split("|")), max_size=25).map(" ".join)


@pytest.mark.parametrize(("name", "floor"), [("english.yaml", 0.96), ("korean.yaml", 0.98)])
def test_sentences_are_understood_as_a_person_does(name: str, floor: float) -> None:
    rows = sentences(name)
    wrong = {sentence: found for sentence, notes in rows if (found := faults(analyse(sentence), notes))}
    assert 1 - len(wrong) / len(rows) >= floor, wrong


@pytest.mark.parametrize("name", ["english.yaml", "korean.yaml"])
def test_a_sentence_is_read_the_same_among_others(name: str) -> None:
    rows = sentences(name)[:40]
    whole = analyse("\n".join(sentence for sentence, _ in rows))
    alone = [analyse(sentence) for sentence, _ in rows]
    assert _said(whole) == [line for document in alone for line in _said(document)]


def _said(document: Document) -> list[str]:
    """Each clause and phrase as written, with those who take part."""
    found = []
    for clause in document.clauses:
        who = [document.at(document.phrases[i].core) for i in (*clause.subjects, -1, *clause.objects) if i >= 0]
        found.append(f"{document.at(clause.span)} | {clause.verb.lemma} | {who}")
    return found


@given(st.one_of(_LETTERS, _MIXED))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_and_every_number_names_something(text: str) -> None:
    document = analyse(text)
    assert [n for s in document.sentences for n in s.clauses] == list(range(len(document.clauses)))
    assert [n for s in document.sentences for n in s.phrases] == list(range(len(document.phrases)))
    assert [n for s in document.sentences for n in s.words] == list(range(len(document.words)))
    for span in _spans(document):
        assert 0 <= span.start < span.end <= len(text)
    for number in _numbers(document):
        assert 0 <= number < len(document.phrases)
    for clause in document.clauses:
        assert clause.parent is None or 0 <= clause.parent < len(document.clauses)


def _spans(document: Document) -> Iterator[Span]:
    yield from (s.span for s in document.sentences)
    yield from (w.span for w in document.words)
    yield from (q.span for q in document.quotes)
    yield from (c.span for c in document.clauses)
    yield from (span for p in document.phrases for span in (p.span, p.core, p.head.span))


def _numbers(document: Document) -> Iterator[int]:
    for phrase in document.phrases:
        yield from (*phrase.joined, *(a.phrase for a in phrase.attached))
        yield from (n for n in (phrase.owner, phrase.alias) if n is not None)
    for clause in document.clauses:
        yield from (*clause.subjects, *clause.objects, *clause.receivers, *clause.complements)
        yield from (a.phrase for a in clause.attached)
        yield from (n for n in (clause.of,) if n is not None)


@pytest.mark.parametrize(
    "piece", ["word ", '"', "“", "가", "a", ".\n", "'a ", "(a, ", "여우가 ", "and ", "she says “", "것 "]
)
def test_texts_without_an_end_are_read(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    assert analyse(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Rua says "You first." Vesna nods.', ["You first."]),
        ("“Go,” he says. ‘No,’ she says.", ["Go,", "No,"]),
        ("«Bonjour», says he, and „Hallo“, says she.", ["Bonjour", "Hallo"]),
        ("여우가 「가자」고 말한다. 『책』을 든다.", ["가자", "책"]),
        ("He says: \"She said 'go' and left.\" Done.", ["She said 'go' and left."]),
        ("The dog's bone and the dogs' bowl aren't 5' 6\" away.", []),
        ("'Stop!' he cries.", ["Stop!"]),
        ("An open “ mark\nand a fox” waves.", []),
    ],
)
def test_quotations(text: str, expected: list[str]) -> None:
    found = analyse(text).quotes
    assert [q.text for q in found] == expected
    assert all(text[q.span.start + 1 : q.span.end - 1] == q.text for q in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Rua, a fox, says "You first." Vesna nods.', ["Rua | say", "Vesna | nod"]),
        ('"Go away! Now!" says the bear.', ["bear | say"]),
        ('The owl, who said "never" once, opens the door.', ["owl | say | | | past", "owl | open | door"]),
        ('A robot called "Bolt" waves.', ["robot | wave", "robot: ~Bolt"]),
        ("여우가 “안녕, 곰아.”라고 말하고 떠난다.", ["여우 | 말하다", "여우 | 떠나다"]),
        ("토끼 “뭉치”가 웃는다.", ["토끼 | 웃다", "토끼: ~뭉치"]),
    ],
)
def test_speech_does_not_disturb_its_sentence(text: str, expected: list[str]) -> None:
    document = analyse(text)
    assert faults(document, expected) == []
    spoken = [q.span for q in document.quotes if len(q.text.split()) > 1]
    assert not [w for w in document.words for s in spoken if w.span.meets(s)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A fox waves. An owl hoots!  The end", ["A fox waves.", "An owl hoots!", "The end"]),
        ("a fox waves. it leaves.", ["a fox waves.", "it leaves."]),
        ("Mr. Fox waves at Dr. Stone, e.g. at 9.30 a.m. on St. John's.", 1),
        ("Wait... what? No.", ["Wait... what?", "No."]),
        ("- one fox\n- two bears\n1. A cat.", ["one fox", "two bears", "A cat."]),
        ("A line that\nis broken, and\nanother", 1),
        ("Night\nA harbour", ["Night", "A harbour"]),
        ("여우가 웃는다. 곰이 운다.밤이 온다", ["여우가 웃는다.", "곰이 운다.", "밤이 온다"]),
        ("狐が橋を渡る。雨が降る。", 2),
        (" \n\t… !", []),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str] | int) -> None:
    found = [text[s.span.start : s.span.end] for s in stretches(text, quotes(text))]
    assert found == expected if isinstance(expected, list) else len(found) == expected


_LANGUAGES: dict[Language, str] = {
    "other": """Un zorro cruza el puente.|Llueve mucho.|La niña abre la puerta.|Dos gatos bailan.|
        Mujer en la playa al atardecer|Il pleut.|Un renard traverse le pont.|Deux chats dansent.|
        Elle regarde la mer.|Ein Fuchs geht über die Brücke.|Es regnet.|Das Mädchen öffnet die Tür.|
        Zwei Katzen tanzen.|Mach es dunkler.|Una volpe attraversa il ponte.|Due gatti ballano.|
        Il cane dorme.|Uma raposa atravessa a ponte.|A menina abre a porta.|O cão dorme.|
        Een vos steekt de brug over.|De hond slaapt.|Lis przechodzi przez most.|Pies śpi.|
        En räv går över bron.|Det regnar.|Hunden sover.|Bir tilki köprüyü geçiyor.|Köpek uyuyor.|
        Vanha mies ruokkii lintuja.|Starý muž krmí ptáky.|Az öreg ember eteti a madarakat.|
        Лиса идёт по мосту.|Γάτα χορεύει.|狐が橋を渡る。|狐狸过桥。|رجل يمشي|एक आदमी चलता है""",
    "en": """A fox waves.|Miguel hugs José.|Chloé and François meet in Montréal.|Señor Gómez waves to María.|
        Akira Tanaka bows.|Giuseppe Verdi sings.|Rua and Vesna wait.|Zwei waves to Hans.|El Greco paints.|
        La Paz at dawn.|A café in São Paulo.|Don Quixote charges.|Sofía and Mateo eat tacos.|
        Babushka Irina knits.|A samurai bows to a ronin.|Marta finds a piñata.|Thor hurls Mjölnir.|
        A fox named 하늘 waves.|SHOW ME A CAT CHASING A MOUSE.|Slower.|Make it darker.|dawn, noon, night|
        No rain.|Old Tom dies.|Penguins!|Cut to black.|Wide shot, static.|an astronaut walks alone|
        Kids dance.""",
    "ko": """여우가 손을 흔든다.|Tom이 meadow로 간다.|밤. 항구. 비.|카메라 static 유지해 줘|Ola 등장|
        하늘이 파랗다|더 어둡게""",
}


@pytest.mark.parametrize("language", ["en", "ko", "other"])
def test_languages_of_short_sentences(language: Language) -> None:
    found = {text: languages([text.strip()])[0] for text in _LANGUAGES[language].split("|")}
    assert {text: other for text, other in found.items() if other != language} == {}


def test_a_text_may_be_in_several_languages() -> None:
    document = analyse("Un zorro cruza el puente. A fox waves. 여우가 웃는다.")
    assert [s.language for s in document.sentences] == ["other", "en", "ko"]
    assert document.sentences[0].phrases == () and document.sentences[0].clauses == ()
    assert [document.phrases[i].head.text for c in document.clauses for i in c.subjects] == ["fox", "여우"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("여우가 숲으로 간다. 모자를 찾는다.", ["여우 | 가다 | | to 숲", "여우 | 찾다 | 모자"]),
        ("여우와 곰이 웃는다. 춤을 추고 떠난다.", ["여우 곰 | 웃다", "여우 곰 | 추다 | 춤", "여우 곰 | 떠나다"]),
        ("여우가 웃는다. 밤이다. 등불을 켜 줘.", ["여우 | 웃다", "| 이다 | | =밤", "| 켜다 | 등불 | | order"]),
    ],
)
def test_who_acted_in_the_korean_sentence_before_acts_still(text: str, expected: list[str]) -> None:
    assert faults(analyse(text), expected) == []


def test_letters_in_pieces_are_whole_and_stand_where_they_stood() -> None:
    text = "José waves. \u110b\u1167\u110b\u116e\u1100\u1161 \u110b\u116e\u11ab\u1103\u1161."
    document = analyse(text)
    assert [document.at(document.phrases[i].span) for c in document.clauses for i in c.subjects] == [
        "José",
        "\u110b\u1167\u110b\u116e",
    ]


def test_the_command_line_opens_no_parser() -> None:
    code = "import sys, omnireel.cli.app, planner.language.analysis; print({'spacy', 'kiwipiepy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
