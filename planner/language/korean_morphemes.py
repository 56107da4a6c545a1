"""Korean sentences as a row of noun groups with their particles and predicates with their endings, by kiwi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from planner.film.ground import find
from planner.language.document import Span, Word
from planner.language.text import lexicon

if TYPE_CHECKING:
    from kiwipiepy import Kiwi  # type: ignore[attr-defined]

_NOUNS = frozenset({"NNG", "NNP", "NNB", "NP", "NR", "SL", "SH", "XR", "SN", "W_URL", "W_HASHTAG", "W_MENTION"})
_STEMS = frozenset({"VV", "VA", "VX", "VCP", "VCN"})
_PARTS = {
    "NNG": "NOUN", "NNB": "NOUN", "NNP": "PROPN", "SL": "PROPN", "NP": "PRON", "NR": "NUM", "SN": "NUM", "VV": "VERB",
    "VX": "AUX", "VA": "ADJ", "VCP": "AUX", "VCN": "AUX", "MM": "DET", "MAG": "ADV", "MAJ": "CCONJ", "XR": "NOUN",
}  # fmt: skip


class Morpheme(NamedTuple):
    """A morpheme as kiwi tags it (Sejong's tags); irregular stems without their mark."""

    form: str
    tag: str
    span: Span

    @property
    def is_stem(self) -> bool:
        return self.tag in _STEMS


@dataclass(eq=False)
class NounGroup:
    """Nouns in a row with the particles after them: '펭귄 일곱 마리가'."""

    morphemes: list[Morpheme]
    particles: list[Morpheme] = field(default_factory=list)
    postposition: str = ""
    """'without' of '비 없이'."""

    @property
    def span(self) -> Span:
        """Without particles."""
        return Span(self.morphemes[0].span.start, self.morphemes[-1].span.end)


@dataclass(eq=False)
class Predicate:
    """A verb, adjective or copula with its auxiliaries and its ending."""

    stem: Word
    adjective: bool
    copula: bool
    span: Span
    auxiliaries: list[str] = field(default_factory=list)
    """Stems of auxiliaries, each after the ending that joins it: '고 있', '지 않', '게 하'."""
    prefinals: list[str] = field(default_factory=list)
    """았, 겠, 시."""
    ending: Morpheme | None = None
    adverbs: list[str] = field(default_factory=list)

    @property
    def lemma(self) -> str:
        return self.stem.lemma


Item = NounGroup | Predicate | Morpheme
"""A morpheme by itself is an adverb, a determiner or a mark."""


@lru_cache(maxsize=1)
def korean_words() -> Mapping[str, Any]:
    """What ``korean_words.yaml`` holds."""
    words: Mapping[str, Any] = yaml.safe_load(
        resources.files("planner.language").joinpath("korean_words.yaml").read_text("utf-8")
    )
    return words


@lru_cache(maxsize=1)
def analyser() -> Kiwi:
    """kiwi with its model, opened once (about two seconds)."""
    from kiwipiepy import Kiwi  # type: ignore[attr-defined]

    # Its dictionary of several words in one takes '비에 젖은 고양이' for a title.
    return Kiwi(num_workers=-1, load_multi_dict=False)


@lru_cache(maxsize=512)
def morphemes(text: str) -> tuple[Morpheme, ...]:
    """The morphemes of a sentence; spans are places in it."""
    found = []
    tokens: Any = analyser().tokenize(text)
    for token in tokens:
        start, end = min(token.start, len(text)), min(token.start + token.len, len(text))
        found.append(Morpheme(token.form, token.tag.split("-")[0], Span(start, end)))
    return tuple(_mended(found))


def _mended(row: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """What kiwi takes for something else.

    '누군가' for a question, '곰이' for a name, '그리고 있다' for 'and is', '그물' for 'that water', the name 지우 for a
    verb, living somewhere (사는) for buying; and '붉어지다' is one verb.
    """
    at = 0
    while at < len(row):
        m, after = row[at], tuple(n.form for n in row[at + 1 : at + 3])
        if m.tag == "NP" and after == ("이", "ᆫ가"):
            yield Morpheme(
                f"{m.form[:-1]}{_with_final_n(m.form[-1])}가", "NP", Span(m.span.start, row[at + 2].span.end)
            )
            at += 2
        elif m.tag == "VA" and after and after[0] in ("어", "아", "여") and after[1:] == ("지",):
            joined = str(analyser().join([(m.form, "VA"), ("어", "EC"), ("지", "VX"), ("다", "EF")]))
            yield Morpheme(joined[:-1], "VV", Span(m.span.start, row[at + 2].span.end))
            at += 2
        elif _is_subject_in_one(row, at):
            middle = m.span.end - 1
            yield Morpheme(m.form[:-1], "NNG", Span(m.span.start, middle))
            yield Morpheme("이", "JKS", Span(middle, m.span.end))
        elif m.tag == "MAJ" and m.form == "그리고" and at + 1 < len(row) and row[at + 1].tag == "VX":
            yield Morpheme("그리", "VV", Span(m.span.start, m.span.end - 1))
            yield Morpheme("고", "EC", Span(m.span.end - 1, m.span.end))
        elif m.tag == "MM" and at + 1 < len(row) and row[at + 1].tag == "NNG" and row[at + 1].span.start == m.span.end:
            yield Morpheme(m.form + row[at + 1].form, "NNG", Span(m.span.start, row[at + 1].span.end))
            at += 1
        elif m.tag == "VV" and m.form in _names() and after[:1] == ("는",):
            yield m._replace(tag="NNP")
            yield row[at + 1]._replace(tag="JX")
            at += 1
        elif m.form == "사" and m.tag == "VV" and after[:1] == ("는",) and (not at or row[at - 1].tag != "JKO"):
            yield m._replace(form="살")
        else:
            yield m
        at += 1


def _with_final_n(syllable: str) -> str:
    return chr(ord(syllable) + 4) if "가" <= syllable <= "힣" and (ord(syllable) - ord("가")) % 28 == 0 else syllable


def _is_subject_in_one(row: Sequence[Morpheme], at: int) -> bool:
    """Whether a being with the particle 이 is taken for a name: '곰이'."""
    m, following = row[at], row[at + 1].tag if at + 1 < len(row) else ""
    return m.tag == "NNP" and m.form.endswith("이") and not following.startswith(("J", "X")) and is_being(m.form[:-1])


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(name for name in lexicon("female_names") | lexicon("male_names") if "가" <= name[0] <= "힣")


def is_being(noun: str) -> bool:
    """Whether film grammar knows a noun as somebody."""
    return any(match.fit != "near" and match.text == noun for match in find("species", noun))


def words(text: str) -> Iterator[Word]:
    """Every morpheme that is no mark, as a word."""
    for m in morphemes(text):
        if m.span.end > m.span.start and not m.tag.startswith(("SF", "SP", "SS", "SE", "SO", "SW", "U")):
            part = _PARTS.get(m.tag, "ADP" if m.tag.startswith("J") else "PART" if m.tag[0] in "EX" else "X")
            lemma = f"{m.form}다" if m.is_stem else m.form
            yield Word(m.span, text[m.span.start : m.span.end], lemma, part)


def items(text: str) -> list[Item]:
    """A sentence as noun groups, predicates and what stands between."""
    return _Grouping(text).items()


class _Grouping:
    """Walks over the morphemes once."""

    def __init__(self, text: str) -> None:
        self.text, self.row, self.at = text, morphemes(text), 0
        self.found: list[Item] = []

    def items(self) -> list[Item]:
        while self.at < len(self.row):
            start = self.at
            if self._is_predicate(self.at):
                self._predicate()
            elif self.row[self.at].tag in _NOUNS or self.row[self.at].tag in ("MM", "XPN"):
                self._nouns()
            elif self._form(self.at) in korean_words()["somebody"] and self._tag(self.at) == "MAG":
                self.found.append(NounGroup([self.row[self.at]._replace(tag="NP")]))
            else:
                self.found.append(self.row[self.at])
            self.at = max(self.at, start + 1)
        return self.found

    def _tag(self, at: int) -> str:
        return self.row[at].tag if at < len(self.row) else ""

    def _is_predicate(self, at: int) -> bool:
        """A stem, or a noun that a verbal suffix follows: '도착하'."""
        return self._tag(at) in _STEMS or (self._tag(at) in _NOUNS and self._tag(at + 1) in ("XSV", "XSA"))

    def _nouns(self) -> None:
        """A group ends with its particles, before a predicate, or where an hour is said by the way."""
        group: list[Morpheme] = []
        while self._tag(self.at) in _NOUNS | {"MM", "XPN", "XSN"} and not self._is_predicate(self.at):
            if group and self._tag(self.at) == "MM" and self.row[self.at].form not in korean_words()["numbers"]:
                break
            group.append(self.row[self.at])
            self.at += 1
            if _is_time_by_the_way(group, self._tag(self.at)) or self._ends_clause(group):
                break
        particles = []
        while self._tag(self.at).startswith("J"):
            particles.append(self.row[self.at])
            self.at += 1
        if not group:
            self.at += not particles
            return
        if not any(m.tag in _NOUNS for m in group):
            self.found += group
            return
        self.found.append(NounGroup(group, particles, self._postposition(particles)))

    def _ends_clause(self, group: Sequence[Morpheme]) -> bool:
        """Whether the group is a noun that says how a clause hangs ('ᆯ 때'), or a postposition follows it ('대신')."""
        before = self.found[-1] if self.found else None
        adnominal = isinstance(before, Predicate) and before.ending is not None and before.ending.tag == "ETM"
        if adnominal and len(group) == 1 and group[0].form in (*korean_words()["times"], "것", "거"):
            return True
        return self._tag(self.at) == "NNG" and self._form(self.at) in korean_words()["postpositions"]

    def _postposition(self, particles: Sequence[Morpheme]) -> str:
        """'없이', '말고', '빼고', '함께' after a noun."""
        table = korean_words()["postpositions"]
        form, tag, after = self._form(self.at), self._tag(self.at), self._form(self.at + 1)
        if self._tag(self.at + 1) == "XSV":
            form, tag, after = f"{form}{after}", "VV", self._form(self.at + 2)
        bare = not [p for p in particles if p.form not in ("만", "은", "는")]
        with_ = bool(particles) and particles[-1].form in ("와", "과", "하고", "랑", "이랑")
        if tag in ("MAG", "NNG") and form in table and (bare or with_):
            self.at += 1
            while tag == "NNG" and self._tag(self.at).startswith("J"):
                self.at += 1
            return str(table[form])
        if tag == "VV" and f"{form}{after}" in table and (bare or particles[-1].form in ("을", "를")):
            if form == "말" and not bare:
                return ""
            self.at += 3 if self._tag(self.at + 1) == "XSV" else 2
            return str(table[f"{form}{after}"])
        return ""

    def _form(self, at: int) -> str:
        return self.row[at].form if at < len(self.row) else ""

    def _predicate(self) -> None:
        """A stem, its auxiliaries, and the ending that closes the clause."""
        start = self.at
        stem = self._stem()
        first = self.row[start]
        suffix = self.row[start + 1].tag if self.at - start > 1 else ""
        found = Predicate(stem, first.tag == "VA" or suffix == "XSA", first.tag == "VCP", stem.span)
        while True:
            while self._tag(self.at) == "EP":
                found.prefinals.append(self._form(self.at))
                self.at += 1
            if self._tag(self.at) in ("EC", "EF", "ETM", "ETN"):
                ending = self.row[self.at]
                self.at += 1
                if self._goes_on(ending):
                    found.auxiliaries.append(f"{ending.form} {self._auxiliary()}")
                    continue
                last = all(m.tag.startswith("S") for m in self.row[self.at :])
                found.ending = ending._replace(tag="EF") if last and ending.form in ("어", "아", "여") else ending
            break
        found.span = Span(stem.span.start, self.row[self.at - 1].span.end)
        self.found.append(found)

    def _stem(self) -> Word:
        """A stem with the noun that it makes a verb of."""
        start = self.at
        self.at += 1
        if self._tag(self.at) in ("XSV", "XSA"):
            self.at += 1
        span = Span(self.row[start].span.start, max(m.span.end for m in self.row[start : self.at]))
        form = "".join(m.form for m in self.row[start : self.at])
        tag = self.row[start].tag
        part = "AUX" if tag.startswith("VC") else "ADJ" if tag == "VA" or self._tag(self.at - 1) == "XSA" else "VERB"
        return Word(span, self.text[span.start : span.end] or form, f"{form}다", part)

    def _goes_on(self, ending: Morpheme) -> bool:
        """Whether an auxiliary follows: '-고 있다', '-지 않다', '-게 해 줘', '-면 좋겠어', '-ㄹ 수 있다'."""
        tag, form = self._tag(self.at), self._form(self.at)
        if ending.tag == "EC" and tag == "VX":
            return True
        if ending.tag == "EC" and ending.form in ("지", "게") and form in ("못하", "않", "말", "만들", "하"):
            return tag.startswith("V")
        if ending.tag == "EC" and ending.form in ("면", "으면"):
            return form in ("좋", "하") and self._form(self.at + 1) in ("겠", "ᆫ다", "어", "아")
        if ending.tag == "EC" and ending.form in ("아야", "어야", "여야", "려고", "으려고"):
            return form in ("하", "되") and tag.startswith("V")
        able = ending.tag == "ETM" and tag == "NNB" and form == "수"
        return able and self._form(self.at + 1) in ("있", "없", "가", "도", "는")

    def _auxiliary(self) -> str:
        """The auxiliary's stem; of '수 있', that."""
        noun = self._tag(self.at) == "NNB"
        if noun:
            self.at += 1
            while self._tag(self.at).startswith("J"):
                self.at += 1
        form = self._form(self.at)
        self.at += 1
        return f"수 {form}" if noun else form


def _is_time_by_the_way(group: Sequence[Morpheme], following: str) -> bool:
    """'다음 날 아침 | 편지가', '한 시간 뒤 | 비가', '오늘 | 비가': when it happens, in two words or with a number."""
    last, words_ = group[-1], korean_words()
    if following not in _NOUNS:
        return False
    if last.form in ("뒤", "후", "전") and len(group) > 1 and group[-2].form in words_["units"]:
        return True
    timed = [m for m in group if m.form in (*words_["hours"], *words_["units"], "다음", "어느", "그")]
    if last.form in ("오늘", "어제", "내일", "이튿날", "그날", "다음날", "지금"):
        return True
    return len(group) > 1 and len(timed) == len(group) and last.form in words_["hours"]
