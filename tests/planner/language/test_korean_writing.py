"""Korean that the planner writes: particles and endings."""

from __future__ import annotations

import pytest

from planner.language.generate import conjoined, tell
from planner.language.korean_writing import conjugate, finite, listing, with_particle, write_korean

_PARTICLES = """여우 이 여우가|곰 이 곰이|고양이 이 고양이가|마을 을 마을을|여우 은 여우는|서울 으로 서울로
    숲 으로 숲으로|바다 으로 바다로|Tom 이 Tom이|Mia 이 Mia가|Bolt 을 Bolt를|Pip 을 Pip을|Jack 과 Jack과
    Kate 과 Kate와|Noel 으로 Noel로|Yuna 은 Yuna는|Dmitri 이 Dmitri가|Max 이 Max가|Simon 은 Simon은|TV 을 TV를
    3 으로 3으로|7 으로 7로|2 을 2를|10 이 10이|R2D2 은 R2D2는|여우 에게 여우에게|Tom! 과 Tom!과"""


@pytest.mark.parametrize(
    ("word", "particle", "expected"), [row.split() for line in _PARTICLES.splitlines() for row in line.split("|")]
)
def test_particles_fit_the_sound_before_them(word: str, particle: str, expected: str) -> None:
    assert with_particle(word, particle) == expected


def test_only_particles_of_slots_are_changed() -> None:
    words = {"who": "고양이", "place": "마을", "other": "Tom"}
    assert write_korean("{who}이 {place} 가까이 온다", words) == "고양이가 마을 가까이 온다"
    assert write_korean("{other}이 {who}을 따라 {place}으로 온다", words) == "Tom이 고양이를 따라 마을로 온다"
    assert write_korean("{who}에게 {other}이라는 이름", words) == "고양이에게 Tom이라는 이름"


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["여우", "곰", "Tom"], "여우와 곰과 Tom"), (["Mia", "고양이"], "Mia와 고양이"), (["곰"], "곰")],
)
def test_several_are_joined(names: list[str], expected: str) -> None:
    assert listing(names) == conjoined(names) == expected


_VERBS = """가다 간다 갔다|먹다 먹는다 먹었다|열다 연다 열었다|짓다 짓는다 지었다|돕다 돕는다 도왔다
    춤추다 춤춘다 춤췄다|듣다 듣는다 들었다|부르다 부른다 불렀다|도착하다 도착한다 도착했다|서다 선다 섰다
    있다 있다 있었다"""


@pytest.mark.parametrize(
    ("verb", "present", "past"), [row.split() for line in _VERBS.splitlines() for row in line.split("|")]
)
def test_verbs_end_a_sentence(verb: str, present: str, past: str) -> None:
    assert (finite(verb), finite(verb, past=True)) == (present, past)


def test_other_endings() -> None:
    assert conjugate("걷다", ("으면서", "EC")) == "걸으면서"
    assert finite("작다", adjective=True) == "작다" and finite("크다", adjective=True, past=True) == "컸다"


def test_sentences_of_the_director() -> None:
    assert tell("meet", "고양이", "마을", 1) == "고양이가 마을을 만난다."
    assert tell("arrive", "Tom과 여우", "", 2) == "Tom과 여우가 온다."
    assert tell("arrive", "the fox", "", 1) == "The fox comes."
