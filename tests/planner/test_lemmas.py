"""Words compared by lemma, in English and Korean."""

import pytest

from planner.evaluate.lemmas import asserts, content, nouns, says, says_all


@pytest.mark.parametrize(
    "text, sign",
    [
        ("He switches the torch off.", "switch off"),
        ("The mice fell.", "fall"),
        ("Pettibone climbed up Mount Cinder.", "mount cinder"),
        ("the ferry's car deck", "ferry"),
        ("Élodie sleeps", "Elodie"),
        ("소년이 의자 끝에 앉아 있다.", "앉다"),
        ("매미 소리가 뚝 그치면서", "그치다"),
        ("해가 질 때쯤", "해 질"),
        ("거울 속 소년은 안 숙인다", "안 숙이다"),
        ("헌책방에서", "책방"),
    ],
)
def test_an_inflected_word_says_its_sign(text: str, sign: str) -> None:
    assert says(text, sign)


@pytest.mark.parametrize(
    "text, sign",
    [
        ("He switches the torch on.", "switch off"),
        ("She looks out. The cat is off.", "look off"),
        ("a falcon", "fall"),
        ("off he switches it", "switch off"),
        ("손으로 눈을 비벼서", "비"),
        ("소년이 서 있다.", "앉다"),
        ("", "fall"),
    ],
)
def test_another_word_does_not(text: str, sign: str) -> None:
    assert not says(text, sign)


def test_all_groups_must_be_said_by_the_texts_together() -> None:
    texts = ("a girl on a bar", "she leaps")
    assert says_all(texts, [["girl", "athlete"], ["jump", "leap"]])
    assert not says_all(texts, [["girl"], ["sing"]])


@pytest.mark.parametrize(
    "text, sign",
    [("no silhouette, nothing", "silhouette"), ("a room without a wand", "wand"), ("Nobody dances.", "dance"),
     ("귀신은 나오지 않는다", "귀신"), ("버스는 안 온다", "오다")],
)  # fmt: skip
def test_what_is_denied_is_said_and_not_asserted(text: str, sign: str) -> None:
    assert says(text, sign) and not asserts(text, sign)


def test_a_denial_ends_with_its_sentence() -> None:
    assert asserts("Nothing moves. A wand lies there.", "wand")


def test_content_words_are_those_that_carry_a_meaning() -> None:
    assert content("nine lorries on the deck") == ("nine", "lorry", "deck")
    assert nouns("the small boy runs to a boat") == ("boy", "boat")
    assert "우체부" in nouns("신호등 앞에서 우체부가 고개를 듭니다")
